// Moments: UTC in storage and API, the caller's zone in what people type and read.
#include "base/time.hpp"
#include "base/text.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

// "14:30", "9:05:30". Not 24:00.
std::optional<std::chrono::seconds> parse_clock(std::string_view in) {
    int parts[3] = {0, 0, 0};
    int part = 0, digits = 0;
    for (const char c : in) {
        if (c == ':') {
            if (digits == 0 || ++part > 2) return std::nullopt;
            digits = 0;
        } else if (c >= '0' && c <= '9' && digits < 2) {
            parts[part] = parts[part] * 10 + (c - '0');
            ++digits;
        } else {
            return std::nullopt;
        }
    }
    if (part == 0 || digits == 0 || parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
    return std::chrono::hours(parts[0]) + std::chrono::minutes(parts[1]) + std::chrono::seconds(parts[2]);
}

std::optional<Timestamp> parse_local(std::string_view in, const TimeZone& zone) {
    if (const std::optional<Timestamp> exact = parse_timestamp(in)) return exact;
    // A lenient date would leave a clock behind it aside.
    if (in.find(':') == std::string_view::npos) {
        const std::optional<Date> day = parse_date_leniently(in);
        return day ? std::optional<Timestamp>(zone.start_of(*day)) : std::nullopt;
    }
    const std::size_t cut = in.find_last_of(" T");
    if (cut == std::string_view::npos) return std::nullopt;
    const std::optional<Date> day = parse_date_leniently(trim(in.substr(0, cut)));
    const std::optional<std::chrono::seconds> clock = parse_clock(trim(in.substr(cut + 1)));
    if (!day || !clock) return std::nullopt;
    // The offset depends on the moment and the moment on the offset; the second look settles days of change.
    const Timestamp as_if_utc = Timestamp(*day) + *clock;
    const Timestamp guess = as_if_utc - zone.offset_at(as_if_utc);
    return as_if_utc - zone.offset_at(guess);
}

class TimeFaces final : public TypeFaces {
public:
    std::string_view name() const override { return "time"; }
    expr::Type expression() const override { return expr::Type::timestamp; }
    Read from_json(const Field& field, const json::value& in, const ReadContext&) const override {
        const std::optional<Timestamp> at = in.is_string() ? parse_timestamp(in.get_string()) : std::nullopt;
        if (!at) return problem(field, "not_a_time");
        return Value(*at);
    }
    Read from_text(const Field& field, std::string_view in, const ReadContext& context) const override {
        const std::optional<Timestamp> at = parse_local(in, context.zone);
        if (!at) return problem(field, "not_a_time");
        return Value(*at);
    }
    std::optional<Problem> check(const Field&, const Value&) const override { return std::nullopt; }
    void write_json(const Field&, const Value& value, JsonWriter& out) const override {
        out.timestamp(std::get<Timestamp>(value));
    }
    Value from_stored(const Field&, const json::value& in) const override {
        const std::optional<Timestamp> at = in.is_string() ? parse_timestamp(in.get_string()) : std::nullopt;
        return at ? Value(*at) : Value();
    }
    std::string to_display(const Field&, const Value& value, const ReadContext& context) const override {
        const Timestamp at = std::get<Timestamp>(value);
        std::string text = format_timestamp(at + context.zone.offset_at(at));
        text[10] = ' ';
        text.resize(text.compare(16, 3, ":00") == 0 ? 16 : 19);
        return text;
    }
    std::size_t cell_count() const override { return 1; }
    void add_columns(const Field& field, std::vector<Column>& out) const override {
        out.push_back({field.name, false});
    }
    void to_cells(const Field&, const Value& value, std::vector<Cell>& out) const override {
        out.emplace_back(static_cast<std::int64_t>(std::get<Timestamp>(value).time_since_epoch().count()));
    }
    Value from_cells(const Field&, const Cell* cells) const override {
        return Timestamp(std::chrono::milliseconds(std::get<std::int64_t>(cells[0])));
    }
};

}  // namespace

const TypeFaces& time_faces() {
    static const TimeFaces faces;
    return faces;
}

}  // namespace gx::meta
