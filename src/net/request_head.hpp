// Reads the head of an HTTP/1.1 request strictly (RFC 9112): CRLF only, no folded lines, one Host, one body length.
// What two readers could understand in two ways is refused, because a proxy in front is the other reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http.hpp"

namespace gx::net {

struct HeadLimits {
    std::size_t bytes_max = 32u << 10;
    std::size_t target_max = 8u << 10;
    std::size_t headers_max = 100;
    std::size_t query_max = 256;
};

struct RequestHead {
    Request request;
    bool keep_alive = true;
    bool http_1_0 = false;
    bool chunked = false;
    bool expects_continue = false;
    std::uint64_t content_length = 0;
};

class HeadReader {
public:
    enum class State { incomplete, complete, refused };

    // `bytes` start at the request and grow from call to call. When complete, `consumed()` bytes are the head.
    State read(std::string_view bytes, const HeadLimits& limits, RequestHead& head);
    void reset() { *this = {}; }

    std::size_t consumed() const { return consumed_; }
    int status() const { return status_; }           // why it was refused: 400, 414, 431, 501, 505
    std::string_view code() const { return code_; }  // key of the problem: "header_malformed"

private:
    State refuse(int status, std::string_view code);
    bool read_request_line(std::string_view line, const HeadLimits& limits, RequestHead& head);
    bool read_target(std::string_view target, const HeadLimits& limits, Request& request);
    bool read_headers(std::string_view lines, const HeadLimits& limits, RequestHead& head);
    bool decide_body(RequestHead& head);

    std::size_t scanned_ = 0;
    std::size_t consumed_ = 0;
    bool line_checked_ = false;
    int status_ = 0;
    std::string_view code_;
};

// Decodes %XX and, in queries, "+". False for broken escapes, control characters and text that is not UTF-8.
bool decode_url(std::string_view encoded, bool plus_is_space, std::string& out);

}  // namespace gx::net
