#include "base/json_writer.hpp"

#include <array>
#include <cassert>
#include <charconv>

namespace gx {

namespace {

constexpr std::string_view hex = "0123456789abcdef";

bool is_tail(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// Length of the valid UTF-8 sequence at `at`, 0 when there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
    };
    const unsigned char lead = byte(at);
    const unsigned char second = byte(at + 1);
    if (lead >= 0xC2 && lead <= 0xDF) return is_tail(second) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (!is_tail(second) || !is_tail(byte(at + 2))) return 0;
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (!is_tail(second) || !is_tail(byte(at + 2)) || !is_tail(byte(at + 3))) return 0;
        if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
        return 4;
    }
    return 0;
}

void append_escape(std::string& out, unsigned char byte) {
    switch (byte) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    out += "\\u00";
    out.push_back(hex[byte >> 4]);
    out.push_back(hex[byte & 0xF]);
}

void append_quoted(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t written = 0;  // what lies before needs no change and is copied in one piece
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80) {
            if (byte >= 0x20 && byte != '"' && byte != '\\') {
                ++i;
                continue;
            }
            out.append(text, written, i - written);
            append_escape(out, byte);
            written = ++i;
            continue;
        }
        if (const std::size_t length = sequence_length(text, i); length != 0) {
            i += length;
            continue;
        }
        out.append(text, written, i - written);
        out += "\xEF\xBF\xBD";
        written = ++i;
    }
    out.append(text, written);
    out.push_back('"');
}

}  // namespace

void JsonWriter::separate() {
    if (comma_) out_.push_back(',');
    comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
    separate();
    out_.push_back('{');
    comma_ = false;
    ++depth_;
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    assert(depth_ > 0);
    --depth_;
    out_.push_back('}');
    comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::begin_array() {
    separate();
    out_.push_back('[');
    comma_ = false;
    ++depth_;
    return *this;
}

JsonWriter& JsonWriter::end_array() {
    assert(depth_ > 0);
    --depth_;
    out_.push_back(']');
    comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    append_quoted(out_, name);
    out_.push_back(':');
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::raw_key(std::string_view quoted_with_colon) {
    separate();
    out_ += quoted_with_colon;
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::null() { return raw("null"); }
JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::integer(std::int64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

JsonWriter& JsonWriter::string(std::string_view text) {
    separate();
    append_quoted(out_, text);
    return *this;
}

JsonWriter& JsonWriter::id(RecordId id) {
    separate();
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), id.value).ptr;
    out_.push_back('"');
    out_.append(digits.data(), end);
    out_.push_back('"');
    return *this;
}

JsonWriter& JsonWriter::decimal(Decimal value) { return string(to_string(value)); }

JsonWriter& JsonWriter::money(const Money& value) {
    begin_object().raw_key("\"amount\":").decimal(value.amount);
    return raw_key("\"currency\":").string(value.currency.text()).end_object();
}

JsonWriter& JsonWriter::date(Date value) { return string(format_date(value)); }
JsonWriter& JsonWriter::timestamp(Timestamp value) { return string(format_timestamp(value)); }

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

}  // namespace gx
