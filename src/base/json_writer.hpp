// Writes JSON into a string as it goes, without a tree: one scan for escapes and to_chars.
// Commas are placed by the writer; balance of begin/end is the caller's duty (checked in debug builds).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/decimal.hpp"
#include "base/id.hpp"
#include "base/time.hpp"

namespace gx {

class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);                   // escapes; use raw_key for names known to be plain
    JsonWriter& raw_key(std::string_view quoted_with_colon);  // "\"name\":"
    JsonWriter& null();
    JsonWriter& boolean(bool value);
    JsonWriter& integer(std::int64_t value);
    JsonWriter& string(std::string_view text);  // invalid UTF-8 becomes U+FFFD
    JsonWriter& id(RecordId id);                // as text
    JsonWriter& decimal(Decimal value);         // as text: "12.50"
    JsonWriter& money(const Money& value);      // {"amount":"12.50","currency":"CNY"}
    JsonWriter& date(Date value);
    JsonWriter& timestamp(Timestamp value);
    JsonWriter& raw(std::string_view json);  // one complete value, trusted

    std::string& out() { return out_; }

private:
    void separate();

    std::string& out_;
    bool comma_ = false;
    int depth_ = 0;
};

}  // namespace gx
