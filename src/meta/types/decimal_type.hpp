// Decimal, on which integer and percent are built.
#pragma once

#include "meta/types/type.hpp"

namespace gx::meta {

class DecimalFaces : public TypeFaces {
public:
    std::string_view name() const override { return "decimal"; }
    expr::Type expression() const override { return expr::Type::number; }
    Read from_json(const Field& field, const json::value& in, const ReadContext& context) const override;
    Read from_text(const Field& field, std::string_view in, const ReadContext& context) const override;
    std::optional<Problem> check(const Field& field, const Value& value) const override;
    void write_json(const Field& field, const Value& value, JsonWriter& out) const override;
    Value from_stored(const Field& field, const json::value& in) const override;
    std::string to_display(const Field& field, const Value& value, const ReadContext& context) const override;
    std::size_t cell_count() const override { return 1; }
    void add_columns(const Field& field, std::vector<Column>& out) const override;
    void to_cells(const Field& field, const Value& value, std::vector<Cell>& out) const override;
    Value from_cells(const Field& field, const Cell* cells) const override;
};

}  // namespace gx::meta
