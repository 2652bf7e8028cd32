// What a field type must be able to do: one class a type, and the compiler names every missing face.
// Null is dealt with by field_value.cpp: the faces never see it, except among the cells of an address.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/expr.hpp"
#include "meta/field_value.hpp"
#include "meta/model.hpp"

namespace gx::meta {

class TypeFaces {
public:
    virtual ~TypeFaces() = default;
    virtual std::string_view name() const = 0;
    virtual expr::Type expression() const = 0;
    virtual Read from_json(const Field& field, const json::value& in, const ReadContext& context) const = 0;
    virtual Read from_text(const Field& field, std::string_view in, const ReadContext& context) const = 0;
    virtual std::optional<Problem> check(const Field& field, const Value& value) const = 0;
    virtual void write_json(const Field& field, const Value& value, JsonWriter& out) const = 0;
    virtual Value from_stored(const Field& field, const json::value& in) const = 0;
    virtual std::string to_display(const Field& field, const Value& value, const ReadContext& context) const = 0;
    virtual std::size_t cell_count() const = 0;
    virtual void add_columns(const Field& field, std::vector<Column>& out) const = 0;
    virtual void to_cells(const Field& field, const Value& value, std::vector<Cell>& out) const = 0;
    virtual Value from_cells(const Field& field, const Cell* cells) const = 0;
};

inline constexpr std::array field_types{
    FieldType::text,     FieldType::long_text, FieldType::integer, FieldType::decimal, FieldType::money,
    FieldType::percent,  FieldType::date,      FieldType::time,    FieldType::boolean, FieldType::choice,
    FieldType::choices,  FieldType::ref,       FieldType::refs,    FieldType::user,    FieldType::department,
    FieldType::phone,    FieldType::email,     FieldType::url,     FieldType::address, FieldType::number,
    FieldType::mnemonic, FieldType::file,      FieldType::list};

const TypeFaces& faces_of(FieldType type);

// One a file of this folder.
const TypeFaces& text_faces();
const TypeFaces& long_text_faces();
const TypeFaces& number_faces();
const TypeFaces& mnemonic_faces();
const TypeFaces& integer_faces();
const TypeFaces& decimal_faces();
const TypeFaces& money_faces();
const TypeFaces& percent_faces();
const TypeFaces& date_faces();
const TypeFaces& time_faces();
const TypeFaces& boolean_faces();
const TypeFaces& choice_faces();
const TypeFaces& choices_faces();
const TypeFaces& ref_faces();
const TypeFaces& refs_faces();
const TypeFaces& user_faces();
const TypeFaces& department_faces();
const TypeFaces& file_faces();
const TypeFaces& phone_faces();
const TypeFaces& email_faces();
const TypeFaces& url_faces();
const TypeFaces& address_faces();
const TypeFaces& list_faces();

// What several types share.

inline Problem problem(const Field& field, std::string rule, TextParams params = {}) {
    return {field.name, std::move(rule), std::move(params), {}};
}

// Types that are held as one text in one column.
class TextFaces : public TypeFaces {
public:
    expr::Type expression() const override { return expr::Type::text; }
    Read from_json(const Field& field, const json::value& in, const ReadContext& context) const override;
    std::optional<Problem> check(const Field& field, const Value& value) const override;
    void write_json(const Field& field, const Value& value, JsonWriter& out) const override;
    Value from_stored(const Field& field, const json::value& in) const override;
    std::string to_display(const Field& field, const Value& value, const ReadContext& context) const override;
    std::size_t cell_count() const override { return 1; }
    void add_columns(const Field& field, std::vector<Column>& out) const override;
    void to_cells(const Field& field, const Value& value, std::vector<Cell>& out) const override;
    Value from_cells(const Field& field, const Cell* cells) const override;

protected:
    // From JSON as from text: the normal form, or what is wrong.
    virtual Read normalise(const Field& field, std::string_view in) const = 0;
};

// The text without white space around it, with "\n" as the only line end; a problem when it holds what no text may.
enum class Lines { one, many };
std::variant<std::string, Problem> clean_text(const Field& field, std::string_view in, Lines lines);

// A number in the field's own scale, or what is wrong.
std::variant<Decimal, Problem> fit(const Field& field, Decimal value);
std::variant<Decimal, Problem> decimal_from_json(const Field& field, const json::value& in);
std::optional<Problem> check_bounds(const Field& field, Decimal value);
std::string grouped(Decimal value);  // 1,234.50
Decimal stored_decimal(const json::value& in);

// An id: "123" or {"id":"123"}.
std::optional<RecordId> id_from_json(const json::value& in);

// Text of several values, cut at , ; 、 | and line ends.
std::vector<std::string_view> split_values(std::string_view in);
inline constexpr std::size_t values_max = 1000;

}  // namespace gx::meta
