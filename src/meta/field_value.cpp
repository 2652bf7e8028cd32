#include "meta/field_value.hpp"

#include "base/text.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {

const TypeFaces& faces_of(FieldType type) {
    switch (type) {
        case FieldType::text:
            return text_faces();
        case FieldType::long_text:
            return long_text_faces();
        case FieldType::integer:
            return integer_faces();
        case FieldType::decimal:
            return decimal_faces();
        case FieldType::money:
            return money_faces();
        case FieldType::percent:
            return percent_faces();
        case FieldType::date:
            return date_faces();
        case FieldType::time:
            return time_faces();
        case FieldType::boolean:
            return boolean_faces();
        case FieldType::choice:
            return choice_faces();
        case FieldType::choices:
            return choices_faces();
        case FieldType::ref:
            return ref_faces();
        case FieldType::refs:
            return refs_faces();
        case FieldType::user:
            return user_faces();
        case FieldType::department:
            return department_faces();
        case FieldType::phone:
            return phone_faces();
        case FieldType::email:
            return email_faces();
        case FieldType::url:
            return url_faces();
        case FieldType::address:
            return address_faces();
        case FieldType::number:
            return number_faces();
        case FieldType::mnemonic:
            return mnemonic_faces();
        case FieldType::file:
            return file_faces();
        case FieldType::list:
            return list_faces();
    }
    return text_faces();
}

Read from_json(const Field& field, const json::value& in, const ReadContext& context) {
    if (in.is_null() || (in.is_string() && in.get_string().empty())) return Value();
    return faces_of(field.type).from_json(field, in, context);
}

Read from_text(const Field& field, std::string_view in, const ReadContext& context) {
    if (!is_valid_utf8(in)) return problem(field, "not_utf8");
    const std::string_view trimmed = trim(in);
    if (trimmed.empty()) return Value();
    return faces_of(field.type).from_text(field, trimmed, context);
}

std::optional<Problem> check(const Field& field, const Value& value) {
    if (is_null(value)) return std::nullopt;
    return faces_of(field.type).check(field, value);
}

void write_json(const Field& field, const Value& value, JsonWriter& out) {
    if (is_null(value))
        out.null();
    else
        faces_of(field.type).write_json(field, value, out);
}

Value from_stored_json(const Field& field, const json::value& in) {
    if (in.is_null()) return {};
    return faces_of(field.type).from_stored(field, in);
}

std::string to_display(const Field& field, const Value& value, const ReadContext& context) {
    return is_null(value) ? std::string() : faces_of(field.type).to_display(field, value, context);
}

std::vector<Column> columns(const Field& field) {
    std::vector<Column> out;
    if (field.has_column()) faces_of(field.type).add_columns(field, out);
    return out;
}

void to_cells(const Field& field, const Value& value, std::vector<Cell>& out) {
    if (!field.has_column()) return;
    const TypeFaces& faces = faces_of(field.type);
    if (is_null(value))
        out.resize(out.size() + faces.cell_count());
    else
        faces.to_cells(field, value, out);
}

Value from_cells(const Field& field, const Cell* cells) {
    if (!field.has_column()) return {};
    const TypeFaces& faces = faces_of(field.type);
    bool empty = true;
    for (std::size_t i = 0; i < faces.cell_count(); ++i)
        empty = empty && std::holds_alternative<std::monostate>(cells[i]);
    return empty ? Value() : faces.from_cells(field, cells);
}

expr::Type expression_type(FieldType type) { return faces_of(type).expression(); }

namespace {

std::string first_code_points(std::string_view text, std::size_t count) {
    std::size_t end = 0;
    for (std::size_t seen = 0; end < text.size() && seen < count; ++seen) {
        ++end;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) ++end;
    }
    return std::string(text.substr(0, end));
}

}  // namespace

std::string masked_text(const Field& field, std::string_view text) {
    // Of a short number the ends would be nearly all of it.
    constexpr std::size_t head = 3, hidden = 4, tail = 4;
    const auto beginning = [](std::string_view of) {
        return (count_code_points(of) > 1 ? first_code_points(of, 1) : std::string()) + "***";
    };
    if (field.type == FieldType::phone && count_code_points(text) >= head + hidden + tail)
        return first_code_points(text, head) + "****" + std::string(text.substr(text.size() - tail));
    const std::size_t at = text.find('@');
    if (field.type == FieldType::email && at != std::string_view::npos)
        return beginning(text.substr(0, at)) + std::string(text.substr(at));
    return beginning(text);
}

}  // namespace gx::meta
