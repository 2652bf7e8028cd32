// One value of one field, whatever the field's type. Drafts, expressions, history and import speak in Values;
// the database speaks in integers and text (meta/field_value.hpp converts).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/decimal.hpp"
#include "base/id.hpp"
#include "base/time.hpp"

namespace gx {

// A place: the region (a record of object region: province, city or district) and the rest of the address as text.
struct Address {
    RecordId region;
    std::string street;

    friend bool operator==(const Address&, const Address&) = default;
};

using Codes = std::vector<std::string>;  // several choices, by code
using Ids = std::vector<RecordId>;       // several references

// Null is std::monostate. An empty text is stored as null, so that "empty" has one meaning.
// integer, decimal and percent are Decimal; choice, phone, e-mail, url … are text; ref, user, department are RecordId.
using Value =
    std::variant<std::monostate, bool, Decimal, Money, Date, Timestamp, std::string, RecordId, Codes, Ids, Address>;

inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }

}  // namespace gx
