// A field's value between its four forms: Value, JSON of the API, text that people type, and database columns.
// One place for each field type: meta/types/<type>.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "base/value.hpp"
#include "meta/model.hpp"

namespace gx::meta {

struct ReadContext {
    const Model& model;
    const TimeZone& zone;
    Currency currency;  // of the company, when none is given
    Language language;
};

// Either a value or what is wrong with the input ("not_a_date", "too_long" …), at field.name.
using Read = std::variant<Value, Problem>;

// From the API: exact JSON types only. Null and "" are null. References are id text or {"id": …}.
Read from_json(const Field& field, const json::value& in, const ReadContext& context);

// From people and files, lenient: 12.5万, 2024/3/8, 是/否/Y/N, choice by code or by label in either language.
// References are not resolved here (import does, set-wise): their text comes back trimmed, as text.
Read from_text(const Field& field, std::string_view in, const ReadContext& context);

// Limits and pattern of the field: required is checked by save, not here.
std::optional<Problem> check(const Field& field, const Value& value);

// As stored in history and sent to the API; references are the bare id and choices the bare code, because their titles
// are known only to who reads them.
void write_json(const Field& field, const Value& value, JsonWriter& out);
Value from_stored_json(const Field& field, const json::value& in);  // the inverse, trusted

// As shown to a person and in exports: 1,234.50  2026-11-24  choice label. References are shown by their id.
std::string to_display(const Field& field, const Value& value, const ReadContext& context);

// Column(s) of a field: money has <name> and <name>_currency, address <name> and <name>_region, others one.
struct Column {
    std::string name;
    bool text = false;
};
std::vector<Column> columns(const Field& field);
using Cell = std::variant<std::monostate, std::int64_t, std::string>;
void to_cells(const Field& field, const Value& value, std::vector<Cell>& out);  // appends columns(field).size() cells
Value from_cells(const Field& field, const Cell* cells);

// One form of a telephone number however it is grouped, with or without +86 or 0086: to compare by, not to show.
std::string phone_key(std::string_view number);
// What a reader of a masked field sees of a text: 138****5678, w***@example.cn, 张***. How long it was is not told.
std::string masked_text(const Field& field, std::string_view text);

// The type that a field's values have in expressions.
expr::Type expression_type(FieldType type);

}  // namespace gx::meta
