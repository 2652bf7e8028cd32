#include "net/multipart.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "net/header_text.hpp"

namespace gx::net {

static Failure malformed() { return bad_request("multipart_malformed"); }

// The value of a parameter of a header: form-data; name="a\"b"; filename=x. False when the header is broken.
static bool header_parameter(std::string_view header, std::string_view wanted, std::string& value, bool& found) {
    found = false;
    std::size_t at = header.find(';');
    while (at != std::string_view::npos) {
        ++at;
        while (at < header.size() && (header[at] == ' ' || header[at] == '\t')) ++at;
        const std::size_t equals = header.find('=', at);
        if (equals == std::string_view::npos) return trim_blanks(header.substr(at)).empty();
        const std::string_view name = trim_blanks(header.substr(at, equals - at));
        std::string text;
        at = equals + 1;
        if (at < header.size() && header[at] == '"') {
            // Browsers escape a quote as %22 and send backslashes as they are; only \" is an escape.
            for (++at; at < header.size() && header[at] != '"'; ++at) {
                if (header[at] == '\\' && at + 1 < header.size() && header[at + 1] == '"') ++at;
                text += header[at];
            }
            if (at >= header.size()) return false;
            at = header.find(';', at + 1);
        } else {
            const std::size_t end = header.find(';', at);
            text = trim_blanks(header.substr(at, end == std::string_view::npos ? end : end - at));
            at = end;
        }
        if (!same_letters(name, wanted)) continue;
        if (found) return false;
        found = true;
        value = std::move(text);
    }
    return true;
}

std::string multipart_boundary(std::string_view content_type) {
    std::string boundary;
    bool found = false;
    if (!header_parameter(content_type, "boundary", boundary, found) || !found) return {};
    if (boundary.empty() || boundary.size() > 70 || boundary.back() == ' ') return {};
    for (const char c : boundary) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!plain && std::string_view("'()+_,-./:=? ").find(c) == std::string_view::npos) return {};
    }
    return boundary;
}

MultipartReader::MultipartReader(std::string boundary, std::string directory, MultipartLimits limits)
    : delimiter_("\r\n--" + std::move(boundary)), directory_(std::move(directory)), limits_(limits), waiting_("\r\n") {}

MultipartReader::~MultipartReader() {
    if (file_ >= 0) ::close(file_);
}

void MultipartReader::feed(std::string_view piece) {
    waiting_ += piece;
    while (step()) {
    }
}

void MultipartReader::finish() {
    if (part_ != Part::end) throw malformed();
}

bool MultipartReader::step() {
    switch (part_) {
        case Part::preamble:
        case Part::data: {
            const std::size_t at = waiting_.find(delimiter_);
            // Only the tail could be the beginning of a delimiter.
            const std::size_t sure =
                at != std::string::npos ? at : waiting_.size() - std::min(waiting_.size(), delimiter_.size() - 1);
            if (part_ == Part::data) append_data(std::string_view(waiting_).substr(0, sure));
            if (at == std::string::npos) {
                waiting_.erase(0, sure);
                return false;
            }
            if (part_ == Part::data) end_part();
            waiting_.erase(0, at + delimiter_.size());
            part_ = Part::after_boundary;
            return true;
        }
        case Part::after_boundary: {
            if (waiting_.size() < 2) return false;
            if (waiting_.starts_with("--")) {
                part_ = Part::end;
                waiting_.clear();
                return false;
            }
            // Blanks may follow a boundary (RFC 2046).
            const std::size_t end = waiting_.find_first_not_of(" \t");
            if (end == std::string::npos) {
                if (waiting_.size() > limits_.part_head_max) throw malformed();
                return false;
            }
            if (waiting_.size() < end + 2) {
                if (waiting_[end] != '\r') throw malformed();
                return false;
            }
            if (waiting_.compare(end, 2, "\r\n") != 0) throw malformed();
            // The line end stays: a head without lines is then found like any other.
            waiting_.erase(0, end);
            part_ = Part::head;
            return true;
        }
        case Part::head: {
            const std::size_t end = waiting_.find("\r\n\r\n");
            if (end == std::string::npos ? waiting_.size() > limits_.part_head_max : end > limits_.part_head_max)
                throw malformed();
            if (end == std::string::npos) return false;
            begin_part(std::string_view(waiting_).substr(2, end < 2 ? 0 : end - 2));
            // Likewise: an empty part ends with the delimiter right after its head.
            waiting_.erase(0, end + 4);
            part_ = Part::data;
            return true;
        }
        case Part::end:
            waiting_.clear();
            return false;
    }
    return false;
}

static std::string plain_file_name(std::string name) {
    // Some browsers once sent the whole path; nothing but the last part is ever of use.
    const std::size_t slash = name.find_last_of("/\\");
    if (slash != std::string::npos) name.erase(0, slash + 1);
    std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (name == "." || name == "..") name.clear();
    return name;
}

void MultipartReader::begin_part(std::string_view head) {
    if (++parts_ > limits_.fields_max) throw Failure(Failure::Kind::too_large, "multipart_too_many_fields");
    std::string name, file_name, content_type;
    bool has_name = false, has_file_name = false, has_disposition = false;
    while (!head.empty()) {
        const std::size_t end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        head = end == std::string_view::npos ? std::string_view{} : head.substr(end + 2);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || colon == 0) throw malformed();
        for (const char c : line)
            if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) throw malformed();
        const std::string_view value = trim_blanks(line.substr(colon + 1));
        if (same_letters(line.substr(0, colon), "content-disposition")) {
            if (has_disposition || !same_letters(trim_blanks(value.substr(0, value.find(';'))), "form-data"))
                throw malformed();
            has_disposition = true;
            if (!header_parameter(value, "name", name, has_name)) throw malformed();
            if (!header_parameter(value, "filename", file_name, has_file_name)) throw malformed();
        } else if (same_letters(line.substr(0, colon), "content-type")) {
            content_type = value;
        }
    }
    if (!has_name || name.size() > limits_.name_max || file_name.size() > limits_.file_name_max) throw malformed();
    if (!is_valid_utf8(name) || !is_valid_utf8(file_name)) throw malformed();

    in_file_ = has_file_name;
    if (!in_file_) {
        form.emplace_back(std::move(name), std::string());
        return;
    }
    std::string path = directory_ + "/upload-XXXXXX";
    file_ = ::mkostemp(path.data(), O_CLOEXEC);  // mode 0600
    if (file_ < 0) throw Failure(Failure::Kind::storage_full, "upload_not_stored");
    UploadedFile& file = files.emplace_back();
    file.temporary = std::make_shared<TemporaryFile>(path);
    file.path = std::move(path);
    file.field = std::move(name);
    file.file_name = plain_file_name(std::move(file_name));
    file.content_type = content_type.empty() ? "application/octet-stream" : content_type.substr(0, 255);
}

void MultipartReader::append_data(std::string_view data) {
    if (!in_file_) {
        std::string& value = form.back().second;
        form_bytes_ += data.size();
        if (value.size() + data.size() > limits_.field_bytes_max || form_bytes_ > limits_.fields_bytes_max)
            throw Failure(Failure::Kind::too_large, "multipart_field_too_large");
        value += data;
        return;
    }
    UploadedFile& file = files.back();
    file.bytes += data.size();
    if (file.bytes > limits_.file_bytes_max) throw Failure(Failure::Kind::too_large, "body_too_large");
    while (!data.empty()) {
        const ssize_t written = ::write(file_, data.data(), data.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw Failure(Failure::Kind::storage_full, "upload_not_stored");
        data.remove_prefix(static_cast<std::size_t>(written));
    }
}

void MultipartReader::end_part() {
    if (in_file_) {
        ::close(std::exchange(file_, -1));
        return;
    }
    if (!is_valid_utf8(form.back().second)) throw malformed();
}

}  // namespace gx::net
