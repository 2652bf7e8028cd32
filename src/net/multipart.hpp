// multipart/form-data (RFC 7578), read piece by piece: files go to disk as they come, text fields stay in memory.
// Every part of it has a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"

namespace gx::net {

struct MultipartLimits {
    std::size_t fields_max = 256;  // fields and files together
    std::size_t name_max = 256;    // bytes of a field name
    std::size_t file_name_max = 1024;
    std::size_t part_head_max = 8u << 10;
    std::size_t field_bytes_max = 1u << 20;   // of one text field
    std::size_t fields_bytes_max = 4u << 20;  // of all text fields
    std::uint64_t file_bytes_max = 2ull << 30;
};

// The boundary of "multipart/form-data; boundary=…"; empty when there is none or it is malformed.
std::string multipart_boundary(std::string_view content_type);

class MultipartReader {
public:
    // Throws nothing; files are made in `directory`.
    MultipartReader(std::string boundary, std::string directory, MultipartLimits limits = {});
    ~MultipartReader();
    MultipartReader(const MultipartReader&) = delete;
    MultipartReader& operator=(const MultipartReader&) = delete;

    // Throws Failure(bad_request, "multipart_malformed"), Failure(too_large, …) or Failure(storage_full, …).
    void feed(std::string_view piece);
    // After the last piece; throws Failure(bad_request) when the closing boundary is missing.
    void finish();

    std::vector<UploadedFile> files;
    NamedTexts form;

private:
    enum class Part { preamble, after_boundary, head, data, end };

    bool step();
    void begin_part(std::string_view head);
    void append_data(std::string_view data);
    void end_part();

    const std::string delimiter_;  // "\r\n--boundary"
    const std::string directory_;
    const MultipartLimits limits_;
    Part part_ = Part::preamble;
    std::string waiting_;  // not yet understood; shorter than a part's head or a delimiter
    std::size_t parts_ = 0;
    std::size_t form_bytes_ = 0;
    bool in_file_ = false;
    int file_ = -1;
};

}  // namespace gx::net
