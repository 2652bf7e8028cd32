// Calendar days, without a time zone.
#include "base/time.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

class DateFaces final : public TypeFaces {
public:
    std::string_view name() const override { return "date"; }
    expr::Type expression() const override { return expr::Type::date; }
    Read from_json(const Field& field, const json::value& in, const ReadContext&) const override {
        const std::optional<Date> date = in.is_string() ? parse_date(in.get_string()) : std::nullopt;
        if (!date) return problem(field, "not_a_date");
        return Value(*date);
    }
    Read from_text(const Field& field, std::string_view in, const ReadContext&) const override {
        const std::optional<Date> date = parse_date_leniently(in);
        if (!date) return problem(field, "not_a_date");
        return Value(*date);
    }
    std::optional<Problem> check(const Field&, const Value&) const override { return std::nullopt; }
    void write_json(const Field&, const Value& value, JsonWriter& out) const override {
        out.date(std::get<Date>(value));
    }
    Value from_stored(const Field&, const json::value& in) const override {
        const std::optional<Date> date = in.is_string() ? parse_date(in.get_string()) : std::nullopt;
        return date ? Value(*date) : Value();
    }
    std::string to_display(const Field&, const Value& value, const ReadContext&) const override {
        return format_date(std::get<Date>(value));
    }
    std::size_t cell_count() const override { return 1; }
    void add_columns(const Field& field, std::vector<Column>& out) const override {
        out.push_back({field.name, false});
    }
    void to_cells(const Field&, const Value& value, std::vector<Cell>& out) const override {
        out.emplace_back(static_cast<std::int64_t>(std::get<Date>(value).time_since_epoch().count()));
    }
    Value from_cells(const Field&, const Cell* cells) const override {
        return Date(std::chrono::days(static_cast<int>(std::get<std::int64_t>(cells[0]))));
    }
};

}  // namespace

const TypeFaces& date_faces() {
    static const DateFaces faces;
    return faces;
}

}  // namespace gx::meta
