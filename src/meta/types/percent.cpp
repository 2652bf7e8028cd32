// Percentages: held as a fraction (0.25), shown and typed as 25%. A bare number that people type is the fraction,
// as spreadsheets hold it.
#include "meta/types/decimal_type.hpp"

namespace gx::meta {
namespace {

class PercentFaces final : public DecimalFaces {
public:
    std::string_view name() const override { return "percent"; }
    std::string to_display(const Field& field, const Value& value, const ReadContext&) const override {
        std::string text = to_string(rescale(std::get<Decimal>(value), field.scale) * Decimal{100, 0});
        if (text.find('.') != std::string::npos) {
            text.erase(text.find_last_not_of('0') + 1);
            if (text.back() == '.') text.pop_back();
        }
        return text + '%';
    }
};

}  // namespace

const TypeFaces& percent_faces() {
    static const PercentFaces faces;
    return faces;
}

}  // namespace gx::meta
