// Decimal numbers; and what all numbers share.
#include "base/decimal.hpp"

#include "base/failure.hpp"
#include "meta/types/decimal_type.hpp"

namespace gx::meta {

std::variant<Decimal, Problem> fit(const Field& field, Decimal value) {
    if (!fits_scale(value, field.scale))
        return problem(field, field.scale == 0 ? "not_an_integer" : "too_many_decimals",
                       {{"scale", std::to_string(field.scale)}});
    try {
        return rescale(value, field.scale);
    } catch (const Failure&) {
        return problem(field, "number_too_large");
    }
}

std::variant<Decimal, Problem> decimal_from_json(const Field& field, const json::value& in) {
    if (in.is_int64()) return fit(field, {in.get_int64(), 0});
    if (in.is_uint64()) return problem(field, "number_too_large");
    // A binary fraction cannot be told from the decimal that was meant.
    if (in.is_double()) return problem(field, "decimal_as_text");
    const std::optional<Decimal> value = in.is_string() ? parse_decimal(in.get_string()) : std::nullopt;
    if (!value) return problem(field, "not_a_number");
    return fit(field, *value);
}

std::optional<Problem> check_bounds(const Field& field, Decimal value) {
    if (field.least && value < *field.least) return problem(field, "too_small", {{"least", to_string(*field.least)}});
    if (field.most && value > *field.most) return problem(field, "too_large", {{"most", to_string(*field.most)}});
    return std::nullopt;
}

std::string grouped(Decimal value) {
    std::string text = to_string(value);
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    std::size_t end = std::min(text.find('.'), text.size());
    while (end > first + 3) text.insert(end -= 3, 1, ',');
    return text;
}

Decimal stored_decimal(const json::value& in) {
    if (in.is_int64()) return {in.get_int64(), 0};
    return in.is_string() ? parse_decimal(in.get_string()).value_or(Decimal{}) : Decimal{};
}

Read DecimalFaces::from_json(const Field& field, const json::value& in, const ReadContext&) const {
    auto read = decimal_from_json(field, in);
    if (auto* bad = std::get_if<Problem>(&read)) return std::move(*bad);
    return Value(std::get<Decimal>(read));
}

Read DecimalFaces::from_text(const Field& field, std::string_view in, const ReadContext&) const {
    const std::optional<Decimal> value = parse_decimal_leniently(in);
    if (!value) return problem(field, "not_a_number");
    auto read = fit(field, *value);
    if (auto* bad = std::get_if<Problem>(&read)) return std::move(*bad);
    return Value(std::get<Decimal>(read));
}

std::optional<Problem> DecimalFaces::check(const Field& field, const Value& value) const {
    return check_bounds(field, std::get<Decimal>(value));
}

void DecimalFaces::write_json(const Field& field, const Value& value, JsonWriter& out) const {
    out.decimal(rescale(std::get<Decimal>(value), field.scale));
}

Value DecimalFaces::from_stored(const Field& field, const json::value& in) const {
    return rescale(stored_decimal(in), field.scale);
}

std::string DecimalFaces::to_display(const Field& field, const Value& value, const ReadContext&) const {
    return grouped(rescale(std::get<Decimal>(value), field.scale));
}

void DecimalFaces::add_columns(const Field& field, std::vector<Column>& out) const {
    out.push_back({field.name, false});
}

void DecimalFaces::to_cells(const Field& field, const Value& value, std::vector<Cell>& out) const {
    out.emplace_back(rescale(std::get<Decimal>(value), field.scale).unscaled);
}

Value DecimalFaces::from_cells(const Field& field, const Cell* cells) const {
    return Decimal{std::get<std::int64_t>(cells[0]), field.scale};
}

const TypeFaces& decimal_faces() {
    static const DecimalFaces faces;
    return faces;
}

}  // namespace gx::meta
