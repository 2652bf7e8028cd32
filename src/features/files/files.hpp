// Uploaded files: bytes in the folder files/ under the data directory, one row each. The bytes are on disk (temporary
// name, fsync, rename, fsync of the folder) before the row is written, so a row never names a missing file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::features {

struct File {
    RecordId id;
    std::string name;  // as the user knows it
    std::string content_type;
    std::int64_t bytes = 0;
    std::string sha256;
    RecordId user;  // account that uploaded it
    std::filesystem::path path;
};

class Files {
public:
    Files(store::Store& store, const Clock& clock, IdSource& ids, std::filesystem::path folder);

    static std::vector<store::Table> tables();

    // Takes over the bytes at `uploaded` (moved, same file system or not).
    File keep(RecordId user, std::string_view name, std::string_view content_type,
              const std::filesystem::path& uploaded);
    std::optional<File> find(RecordId id) const;

private:
    store::Store& store_;
    const Clock& clock_;
    IdSource& ids_;
    std::filesystem::path folder_;
};

}  // namespace gx::features
