// An expression as an SQL condition or value, with the meaning of expr::evaluate (tests/expr-vectors.json).
#pragma once

#include <string>
#include <vector>

#include "base/function_ref.hpp"
#include "expr/expr.hpp"
#include "store/store.hpp"

namespace gx::store {

// Where a path is found. The record layer makes joins as paths are asked for.
struct ColumnRef {
    std::string column;    // "c.stage"; for multiple fields: a subquery giving the members
    std::string currency;  // money: "c.amount_currency"
    expr::Type type = expr::Type::null;
    std::uint8_t scale = 0;  // of the integer in the column
    bool multiple = false;   // codes / ids: column is "select code from … where …"
    std::string tree;        // for `under`: table of the tree
};
struct ExpressionContext {
    Dialect dialect;
    FunctionRef<ColumnRef(const std::vector<std::string>& path)> column;
    // sum(lines.amount), count(lines): the whole aggregated subquery for (function, path)
    FunctionRef<Sql(std::string_view function, const std::vector<std::string>& path)> aggregate;
    Timestamp now;
    const TimeZone* zone;
    RecordId me, department;
};
// A boolean expression as a condition that is never null.
Sql condition_sql(const expr::Node& node, const ExpressionContext& context);
// Any expression as a value: integers at `scale` for numbers, text otherwise.
Sql value_sql(const expr::Node& node, const ExpressionContext& context, std::uint8_t scale);

}  // namespace gx::store
