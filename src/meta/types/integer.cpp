// Whole numbers: a decimal of scale 0 that JSON writes as a number.
#include "meta/types/decimal_type.hpp"

namespace gx::meta {
namespace {

class IntegerFaces final : public DecimalFaces {
public:
    std::string_view name() const override { return "integer"; }
    Read from_json(const Field& field, const json::value& in, const ReadContext& context) const override {
        if (!in.is_int64() && !in.is_uint64()) return problem(field, "not_an_integer", {{"scale", "0"}});
        return DecimalFaces::from_json(field, in, context);
    }
    void write_json(const Field&, const Value& value, JsonWriter& out) const override {
        out.integer(rescale(std::get<Decimal>(value), 0).unscaled);
    }
    // Without grouping: years and counts are whole numbers too.
    std::string to_display(const Field&, const Value& value, const ReadContext&) const override {
        return to_string(rescale(std::get<Decimal>(value), 0));
    }
};

}  // namespace

const TypeFaces& integer_faces() {
    static const IntegerFaces faces;
    return faces;
}

}  // namespace gx::meta
