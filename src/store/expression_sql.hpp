// An expression as an SQL condition or value, with the meaning of expr::evaluate (tests/expr-vectors.json).
//
// Whatever needs no record (today(), me(), literals) is worked out here and becomes a parameter, so `close_on <=
// today() + 30` is a bare column beside a number and an index serves it. A condition is never null, so it may stand
// under `not`. On SQLite exact arithmetic and local days come from functions of ours (sqlite/functions.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"
#include "expr/expr.hpp"
#include "store/store.hpp"

namespace gx::store {

// Where a path is found. The record layer makes joins as paths are asked for.
struct ColumnRef {
    std::string column;    // "c.stage"; for multiple fields: a subquery giving the members
    std::string currency;  // money: "c.amount_currency"; address: the column of the region
    expr::Type type = expr::Type::null;
    std::uint8_t scale = 0;              // of the integer in the column
    bool multiple = false;               // codes / ids: column is "select code from … where …"
    std::string tree;                    // for `under`: table of the tree
    std::string tree_parent = "parent";  // its column that points upwards
};
struct ExpressionContext {
    Dialect dialect;
    // For a path through a list only the scale is looked at.
    FunctionRef<ColumnRef(const std::vector<std::string>& path)> column;
    // sum(lines.amount), count(lines): the whole aggregated subquery for (function, path)
    FunctionRef<Sql(std::string_view function, const std::vector<std::string>& path)> aggregate;
    Timestamp now;
    const TimeZone* zone;
    RecordId me, department;
    // Money through a list: a subquery with the one currency of all items that have an amount, null when there are
    // several. Without it the amounts are taken to have one currency.
    std::optional<FunctionRef<Sql(const std::vector<std::string>& path)>> aggregate_currency = std::nullopt;
};
// A boolean expression as a condition that is never null.
// Throws Failure(invalid, "expression_too_complex") when the SQL would be too long, ("expression_not_in_queries")
// for what has no value in SQL: several choices or an address as a whole.
Sql condition_sql(const expr::Node& node, const ExpressionContext& context);
// Any expression as a value: integers at `scale` for numbers, text otherwise.
Sql value_sql(const expr::Node& node, const ExpressionContext& context, std::uint8_t scale);

}  // namespace gx::store
