#include "net/request_head.hpp"

#include <charconv>

#include "base/text.hpp"
#include "net/header_text.hpp"

namespace gx::net {

using State = HeadReader::State;

State HeadReader::refuse(int status, std::string_view code) {
    status_ = status;
    code_ = code;
    return State::refused;
}

State HeadReader::read(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
    // RFC 9112 2.2: an empty line before the request line is to be forgiven; one, not many.
    const std::size_t skip = bytes.starts_with("\r\n") ? 2 : 0;
    std::size_t end = 0;
    for (std::size_t i = std::max(scanned_, skip); i < bytes.size(); ++i) {
        const auto c = static_cast<unsigned char>(bytes[i]);
        if (c == '\n') {
            if (i == 0 || bytes[i - 1] != '\r') return refuse(400, "line_end_malformed");
            if (i >= skip + 3 && bytes[i - 2] == '\n') {
                end = i + 1;
                break;
            }
        } else if (i > 0 && bytes[i - 1] == '\r') {
            return refuse(400, "line_end_malformed");
        } else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
            return refuse(400, "control_character");
        } else if (i == skip && !is_token_letter(c)) {
            return refuse(400, "request_line_malformed");
        }
        if (i >= limits.bytes_max) return refuse(431, "header_too_large");
    }
    scanned_ = bytes.size();
    const std::string_view text = bytes.substr(0, end ? end : bytes.size()).substr(std::min(skip, bytes.size()));
    // The first line is judged before the rest arrives, so that nonsense is answered at once and not after a timeout.
    if (!line_checked_) {
        const std::size_t line_end = text.find("\r\n");
        if (line_end == std::string_view::npos) {
            if (text.size() > limits.target_max + 32) return refuse(414, "target_too_long");
            return State::incomplete;
        }
        if (!read_request_line(text.substr(0, line_end), limits, head)) return State::refused;
        line_checked_ = true;
    }
    if (!end) return State::incomplete;

    consumed_ = end;
    std::string_view lines = text.substr(text.find("\r\n") + 2);
    lines.remove_suffix(2);
    if (!read_headers(lines, limits, head) || !decide_body(head)) return State::refused;
    return State::complete;
}

bool HeadReader::read_request_line(std::string_view line, const HeadLimits& limits, RequestHead& head) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || first == 0) {
        refuse(400, "request_line_malformed");
        return false;
    }
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    for (const char c : method) {
        if (is_token_letter(static_cast<unsigned char>(c))) continue;
        refuse(400, "request_line_malformed");
        return false;
    }
    if (version == "HTTP/1.0") {
        head.http_1_0 = true;
        head.keep_alive = false;
    } else if (version != "HTTP/1.1") {
        const bool other = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.';
        refuse(other ? 505 : 400, other ? "version_unsupported" : "request_line_malformed");
        return false;
    }
    static constexpr Method known[] = {Method::get,   Method::head,    Method::post,   Method::put,
                                       Method::patch, Method::delete_, Method::options};
    bool found = false;
    for (const Method candidate : known) {
        if (name_of(candidate) != method) continue;
        head.request.method = candidate;
        found = true;
    }
    if (!found) {
        refuse(501, "method_unknown");
        return false;
    }
    if (target.size() > limits.target_max) {
        refuse(414, "target_too_long");
        return false;
    }
    return read_target(target, limits, head.request);
}

static bool well_formed_path(std::string_view path) {
    while (!path.empty()) {
        const std::size_t slash = path.find('/', 1);
        const std::string_view segment = path.substr(1, slash == std::string_view::npos ? slash : slash - 1);
        if (segment == "." || segment == "..") return false;
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
    }
    return true;
}

bool HeadReader::read_target(std::string_view target, const HeadLimits& limits, Request& request) {
    const auto malformed = [this] {
        refuse(400, "target_malformed");
        return false;
    };
    // Absolute form, as sent to proxies: the authority says no more than Host does.
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!target.starts_with(scheme)) continue;
        const std::size_t slash = target.find('/', scheme.size());
        if (slash == std::string_view::npos) return malformed();
        target = target.substr(slash);
        break;
    }
    if (!target.starts_with('/')) return malformed();
    for (const char c : target)
        if (static_cast<unsigned char>(c) <= 0x20 || c == '#' || c == '\\') return malformed();

    const std::string_view path = take_until(target, '?');
    // An encoded slash would be a separator to some readers and a letter to others.
    for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
        const std::string_view escape = path.substr(at, 3);
        if (same_letters(escape, "%2f") || same_letters(escape, "%5c")) return malformed();
    }
    if (!decode_url(path, false, request.path) || !well_formed_path(request.path)) return malformed();

    while (!target.empty()) {
        std::string_view pair = take_until(target, '&');
        if (pair.empty()) continue;
        if (request.query.size() == limits.query_max) return malformed();
        auto& [name, value] = request.query.emplace_back();
        const std::string_view encoded_name = take_until(pair, '=');
        if (!decode_url(encoded_name, true, name) || !decode_url(pair, true, value)) return malformed();
    }
    return true;
}

bool HeadReader::read_headers(std::string_view lines, const HeadLimits& limits, RequestHead& head) {
    NamedTexts& headers = head.request.headers;
    headers.reserve(16);
    while (!lines.empty()) {
        const std::size_t end = lines.find("\r\n");
        const std::string_view line = lines.substr(0, end);
        lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 2);
        const std::size_t colon = line.find(':');
        bool good = colon != std::string_view::npos && colon > 0;
        // Also refuses folded lines and blanks before the colon: neither is a token.
        for (std::size_t i = 0; good && i < colon; ++i) good = is_token_letter(static_cast<unsigned char>(line[i]));
        if (!good) {
            refuse(400, "header_malformed");
            return false;
        }
        if (headers.size() == limits.headers_max) {
            refuse(431, "header_too_large");
            return false;
        }
        auto& [name, value] = headers.emplace_back();
        name.reserve(colon);
        for (const char c : line.substr(0, colon)) name += lower_letter(c);
        value = trim_blanks(line.substr(colon + 1));
    }
    return true;
}

static bool is_host(std::string_view host) {
    for (const char c : host) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!plain && std::string_view("-._~:[]%").find(c) == std::string_view::npos) return false;
    }
    return host.size() <= 255;
}

bool HeadReader::decide_body(RequestHead& head) {
    int hosts = 0, lengths = 0, codings = 0, types = 0, credentials = 0;
    for (const auto& [name, value] : head.request.headers) {
        if (name == "host") {
            ++hosts;
            if (is_host(value)) continue;
            refuse(400, "host_malformed");
            return false;
        }
        if (name == "content-length") {
            ++lengths;
            const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), head.content_length);
            if (error == std::errc{} && stop == value.data() + value.size() && !value.starts_with('-')) continue;
            refuse(400, "length_malformed");
            return false;
        }
        if (name == "transfer-encoding") {
            ++codings;
            if (same_letters(value, "chunked")) continue;
            refuse(501, "coding_unsupported");
            return false;
        }
        if (name == "content-type") ++types;
        if (name == "authorization") ++credentials;
        if (name == "connection") {
            std::string_view list = value;
            while (!list.empty()) {
                const std::string_view option = trim_blanks(take_until(list, ','));
                if (same_letters(option, "close")) head.keep_alive = false;
                if (same_letters(option, "keep-alive") && head.http_1_0) head.keep_alive = true;
            }
        }
        if (name == "expect") {
            head.expects_continue = same_letters(value, "100-continue");
            if (head.expects_continue) continue;
            refuse(417, "expectation_unknown");
            return false;
        }
    }
    if (hosts > 1 || (hosts == 0 && !head.http_1_0)) {
        refuse(400, "host_malformed");
        return false;
    }
    if (lengths > 1 || codings > 1 || lengths + codings > 1 || (codings && head.http_1_0)) {
        refuse(400, "length_malformed");
        return false;
    }
    if (types > 1 || credentials > 1) {
        refuse(400, "header_repeated");
        return false;
    }
    head.chunked = codings == 1;
    return true;
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = lower_letter(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool decode_url(std::string_view encoded, bool plus_is_space, std::string& out) {
    out.clear();
    out.reserve(encoded.size());
    bool ascii = true;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        char c = encoded[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            const int high = i + 2 < encoded.size() ? digit_of(encoded[i + 1]) : -1;
            const int low = high < 0 ? -1 : digit_of(encoded[i + 2]);
            if (low < 0) return false;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        const auto byte = static_cast<unsigned char>(c);
        // Texts in queries may hold line ends and tabs; nothing else below a space means anything.
        if ((byte < 0x20 && !(plus_is_space && (c == '\n' || c == '\r' || c == '\t'))) || byte == 0x7f) return false;
        ascii = ascii && byte < 0x80;
        out += c;
    }
    return ascii || is_valid_utf8(out);
}

}  // namespace gx::net
