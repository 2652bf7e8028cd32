// Our own Request and Response: all that handlers see of HTTP. Asio stays inside src/net.
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

class Subscription;

enum class Method { get, head, post, put, patch, delete_, options };
std::string_view name_of(Method method);
std::string_view reason_of(int status);  // "Not Found"; the phrase of the protocol, not a text for people

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

// Removes its file when the last owner lets go.
class TemporaryFile {
public:
    explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    const std::string& path() const { return path_; }
    void keep() { path_.clear(); }

private:
    std::string path_;
};

struct UploadedFile {
    std::string field;      // form field
    std::string file_name;  // as sent, UTF-8, path parts removed
    std::string content_type;
    std::string path;  // temporary file, removed with the Request unless taken
    std::uint64_t bytes = 0;
    std::shared_ptr<TemporaryFile> temporary;

    // From now on the file is the caller's to rename or remove.
    std::string take();
};

class Request {
public:
    Method method = Method::get;
    std::string path;                 // decoded, "/api/records/customer"
    NamedTexts query;                 // decoded, in order
    NamedTexts headers;               // names in lower case
    NamedTexts params;                // from the route pattern: {"object","customer"}
    std::string body;                 // not for multipart
    std::vector<UploadedFile> files;  // multipart, already on disk
    NamedTexts form;                  // multipart text fields
    std::string remote_address;
    std::string id;  // request id, sent back as X-Request-Id
    bool secure = false;

    std::string_view header(std::string_view lower_case_name) const;  // empty when absent
    std::optional<std::string_view> query_value(std::string_view name) const;
    std::string_view param(std::string_view name) const;
    std::string_view cookie(std::string_view name) const;
    // True when Accept-Encoding or Accept names the token with a quality above zero.
    bool accepts_encoding(std::string_view coding) const;
    bool accepts_type(std::string_view type) const;
};

// Sends a body in pieces from a thread for streams; write() blocks while the client is slow and returns false when the
// client has gone. Small pieces are gathered; flush() sends what there is.
class BodyWriter {
public:
    virtual ~BodyWriter() = default;
    virtual bool write(std::string_view piece) = 0;
    virtual bool flush() { return true; }
};

struct Response {
    int status = 200;
    std::string content_type = "application/json; charset=utf-8";
    NamedTexts headers{};
    std::string body{};
    std::function<void(BodyWriter&)> stream{};  // instead of body; chunked
    std::string event_stream{};                 // non-empty: becomes an event stream with this subscriber key
    bool compress = true;                       // gzip/zstd level 1 when the client takes it and it is worth it

    std::string_view static_body{};                // instead of body: bytes that outlive the server (embedded files)
    std::optional<std::uint64_t> stream_length{};  // known length of `stream`: sent as Content-Length, not chunked
    // For an event stream whose subscription was made before the backlog in `body` was read, so that nothing falls
    // between the two. Without it the server subscribes `event_stream` itself, with `event_data`.
    std::shared_ptr<Subscription> subscription{};
    std::shared_ptr<const void> event_data{};

    std::string_view header(std::string_view name) const;  // in any case of letters
    Response& set_header(std::string_view name, std::string value);
};

using Handler = std::function<Response(Request&)>;

// A quoted ETag of these bytes.
std::string make_etag(std::string_view bytes);
// True when If-None-Match of the request names the tag. A Response to GET with an ETag header needs no check by its
// handler: the server turns it into 304 by itself.
bool etag_matches(const Request& request, std::string_view etag);

// application/problem+json with the protocol's own phrase as title; the API layer replaces it by one with texts
// (Router::set_problem).
Response plain_problem(const Request& request, int status, std::string_view code);

}  // namespace gx::net
