#include "base/json.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "base/text.hpp"

namespace gx {

namespace {

std::string reason(const boost::system::error_code& error, std::string_view text) {
    if (!is_valid_utf8(text)) return "why.json_not_utf8";
    if (error == json::error::incomplete) return "why.json_incomplete";
    if (error == json::error::extra_data) return "why.json_extra_data";
    if (error == json::error::not_number || error == json::error::exponent_overflow) return "why.json_number";
    return "why.json_syntax";
}

Failure malformed(std::string_view text, std::size_t at, std::string why) {
    const std::string_view before = text.substr(0, std::min(at, text.size()));
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return bad_request("json_malformed", {{"line", std::to_string(line)},
                                          {"column", std::to_string(count_code_points(before.substr(line_start)) + 1)},
                                          {"why", std::move(why)}});
}

json::value parse_with(std::string_view text, JsonLimits limits, json::parse_options options) {
    if (text.size() > limits.bytes_max)
        throw Failure(Failure::Kind::too_large, "body_too_large", {{"max", std::to_string(limits.bytes_max)}});
    options.max_depth = limits.depth_max;
    json::stream_parser parser({}, options);
    boost::system::error_code error;
    std::size_t consumed = parser.write_some(text.data(), text.size(), error);
    if (!error && consumed < text.size()) error = json::error::extra_data;
    if (!error) parser.finish(error);
    if (!error) return parser.release();
    if (error == json::error::too_deep) throw bad_request("json_too_deep", {{"max", std::to_string(limits.depth_max)}});
    throw malformed(text, consumed, reason(error, text));
}

}  // namespace

json::value parse_json(std::string_view text, JsonLimits limits) { return parse_with(text, limits, {}); }

json::value parse_json_with_comments(std::string_view text, JsonLimits limits) {
    json::parse_options options;
    options.allow_comments = true;
    options.allow_trailing_commas = true;
    return parse_with(text, limits, options);
}

namespace {

// Walks text that was parsed before, so it need not judge it; it only must end on anything.
class LineScanner {
public:
    explicit LineScanner(std::string_view text) : text_(text) {}

    std::vector<std::pair<std::string, int>> scan() {
        scan_value("", 0);
        std::ranges::sort(lines_);
        return std::move(lines_);
    }

private:
    void skip_blank() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\n') {
                ++line_;
                ++at_;
            } else if (c == ' ' || c == '\t' || c == '\r' || c == ',') {
                ++at_;
            } else if (text_.substr(at_).starts_with("//")) {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (text_.substr(at_).starts_with("/*")) {
                const std::size_t end = std::min(text_.find("*/", at_ + 2), text_.size());
                line_ += static_cast<int>(std::ranges::count(text_.substr(at_, end - at_), '\n'));
                at_ = std::min(end + 2, text_.size());
            } else {
                return;
            }
        }
    }

    // The text of a member name as it stands, with "\/" and the like left alone but for the escape sign.
    std::string scan_string() {
        std::string out;
        ++at_;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            if (text_[at_] == '\n') ++line_;
            out.push_back(text_[at_++]);
        }
        if (at_ < text_.size()) ++at_;
        return out;
    }

    static std::string step(const std::string& parent, std::string_view name) {
        std::string out = parent + "/";
        for (const char c : name) {
            if (c == '~') {
                out += "~0";
            } else if (c == '/') {
                out += "~1";
            } else {
                out.push_back(c);
            }
        }
        return out;
    }

    void scan_value(const std::string& pointer, std::size_t depth) {
        skip_blank();
        if (at_ >= text_.size() || depth > depth_max) {
            at_ = text_.size();
            return;
        }
        if (text_[at_] == '{') {
            scan_object(pointer, depth);
        } else if (text_[at_] == '[') {
            scan_array(pointer, depth);
        } else if (text_[at_] == '"') {
            scan_string();
        } else {
            const std::size_t begin = at_;
            while (at_ < text_.size() && std::string_view(",]}/ \t\r\n").find(text_[at_]) == std::string_view::npos)
                ++at_;
            if (at_ == begin) ++at_;
        }
    }

    void scan_object(const std::string& pointer, std::size_t depth) {
        ++at_;
        while (true) {
            skip_blank();
            if (at_ >= text_.size() || text_[at_] != '"') break;
            const int line = line_;
            const std::string member = step(pointer, scan_string());
            lines_.emplace_back(member, line);
            skip_blank();
            if (at_ < text_.size() && text_[at_] == ':') ++at_;
            scan_value(member, depth + 1);
        }
        if (at_ < text_.size()) ++at_;
    }

    void scan_array(const std::string& pointer, std::size_t depth) {
        ++at_;
        for (std::size_t index = 0;; ++index) {
            skip_blank();
            if (at_ >= text_.size() || text_[at_] == ']' || text_[at_] == '}') break;
            const std::string item = step(pointer, std::to_string(index));
            lines_.emplace_back(item, line_);
            scan_value(item, depth + 1);
        }
        if (at_ < text_.size()) ++at_;
    }

    static constexpr std::size_t depth_max = 64;

    std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 1;
    std::vector<std::pair<std::string, int>> lines_;
};

}  // namespace

JsonLines JsonLines::of(std::string_view text) {
    JsonLines lines;
    lines.lines_ = LineScanner(text).scan();
    return lines;
}

int JsonLines::line(std::string_view pointer) const {
    while (!pointer.empty()) {
        const auto found = std::ranges::lower_bound(lines_, pointer, {},
                                                    [](const auto& entry) { return std::string_view(entry.first); });
        if (found != lines_.end() && found->first == pointer) return found->second;
        const auto slash = pointer.rfind('/');
        pointer = pointer.substr(0, slash == std::string_view::npos ? 0 : slash);
    }
    return 1;
}

}  // namespace gx
