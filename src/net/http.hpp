// Our own Request and Response: all that handlers see of HTTP. Beast and Asio stay inside src/net.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/function_ref.hpp"

namespace gx::net {

enum class Method { get, head, post, put, patch, delete_, options };
std::string_view name_of(Method method);

struct UploadedFile {
    std::string field;         // form field
    std::string file_name;     // as sent, UTF-8, path parts removed
    std::string content_type;
    std::string path;          // temporary file, removed with the Request unless taken
    std::uint64_t bytes = 0;
};

class Request {
public:
    Method method = Method::get;
    std::string path;                                            // decoded, "/api/records/customer"
    std::vector<std::pair<std::string, std::string>> query;      // decoded, in order
    std::vector<std::pair<std::string, std::string>> headers;    // names in lower case
    std::vector<std::pair<std::string, std::string>> params;     // from the route pattern: {"object","customer"}
    std::string body;                                            // not for multipart
    std::vector<UploadedFile> files;                             // multipart, already on disk
    std::vector<std::pair<std::string, std::string>> form;       // multipart text fields
    std::string remote_address;
    std::string id;                                              // request id, sent back as X-Request-Id
    bool secure = false;

    std::string_view header(std::string_view lower_case_name) const;        // empty when absent
    std::optional<std::string_view> query_value(std::string_view name) const;
    std::string_view param(std::string_view name) const;
    std::string_view cookie(std::string_view name) const;
};

// Sends a body in pieces from the worker thread; write() blocks while the client is slow and returns false when the
// client has gone.
class BodyWriter {
public:
    virtual ~BodyWriter() = default;
    virtual bool write(std::string_view piece) = 0;
};

struct Response {
    int status = 200;
    std::string content_type = "application/json; charset=utf-8";
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::function<void(BodyWriter&)> stream;     // instead of body; chunked
    std::string event_stream;                    // non-empty: becomes an event stream with this subscriber key
    bool compress = true;                        // gzip/zstd level 1 when the client takes it and it is worth it
};

using Handler = std::function<Response(Request&)>;

}  // namespace gx::net
