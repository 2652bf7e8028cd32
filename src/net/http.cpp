#include "net/http.hpp"

#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

#include "net/header_text.hpp"

namespace gx::net {

std::string_view name_of(Method method) {
    switch (method) {
        case Method::get:
            return "GET";
        case Method::head:
            return "HEAD";
        case Method::post:
            return "POST";
        case Method::put:
            return "PUT";
        case Method::patch:
            return "PATCH";
        case Method::delete_:
            return "DELETE";
        case Method::options:
            return "OPTIONS";
    }
    return "GET";
}

std::string_view reason_of(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return "Status";
    }
}

TemporaryFile::~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

std::string UploadedFile::take() {
    if (temporary) temporary->keep();
    temporary.reset();
    return std::exchange(path, {});
}

std::string_view Request::header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers)
        if (name == lower_case_name) return value;
    return {};
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
    for (const auto& [key, value] : query)
        if (key == name) return value;
    return std::nullopt;
}

std::string_view Request::param(std::string_view name) const {
    for (const auto& [key, value] : params)
        if (key == name) return value;
    return {};
}

std::string_view Request::cookie(std::string_view name) const {
    std::string_view rest = header("cookie");
    while (!rest.empty()) {
        const std::string_view pair = trim_blanks(take_until(rest, ';'));
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
    }
    return {};
}

static bool lists_token(std::string_view list, std::string_view wanted, std::string_view any) {
    while (!list.empty()) {
        std::string_view item = trim_blanks(take_until(list, ','));
        const std::string_view token = trim_blanks(take_until(item, ';'));
        if (!same_letters(token, wanted) && token != any) continue;
        bool refused = false;
        while (!item.empty()) {
            const std::string_view parameter = trim_blanks(take_until(item, ';'));
            if (parameter.starts_with("q=") || parameter.starts_with("Q="))
                refused = parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
        }
        if (same_letters(token, wanted)) return !refused;
        if (!refused) return true;
    }
    return false;
}

bool Request::accepts_encoding(std::string_view coding) const {
    return lists_token(header("accept-encoding"), coding, coding);
}

bool Request::accepts_type(std::string_view type) const { return lists_token(header("accept"), type, type); }

std::string_view Response::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (same_letters(key, name)) return value;
    return {};
}

Response& Response::set_header(std::string_view name, std::string value) {
    for (auto& [key, old] : headers) {
        if (!same_letters(key, name)) continue;
        old = std::move(value);
        return *this;
    }
    headers.emplace_back(name, std::move(value));
    return *this;
}

std::string make_etag(std::string_view bytes) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr);
    static constexpr char digits[] = "0123456789abcdef";
    std::string tag = "\"";
    for (unsigned int i = 0; i < std::min(length, 12u); ++i) {
        tag += digits[digest[i] >> 4];
        tag += digits[digest[i] & 15];
    }
    return tag += '"';
}

bool etag_matches(const Request& request, std::string_view etag) {
    const auto strong_part = [](std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; };
    std::string_view list = request.header("if-none-match");
    while (!list.empty()) {
        const std::string_view tag = trim_blanks(take_until(list, ','));
        if (tag == "*" || (!tag.empty() && strong_part(tag) == strong_part(etag))) return true;
    }
    return false;
}

Response plain_problem(const Request& request, int status, std::string_view code) {
    Response response;
    response.status = status;
    response.content_type = "application/problem+json";
    response.body.append(R"({"title":")")
        .append(reason_of(status))
        .append(R"(","status":)")
        .append(std::to_string(status));
    response.body.append(R"(,"code":")").append(code).append(R"(","request_id":")").append(request.id).append("\"}");
    return response;
}

}  // namespace gx::net
