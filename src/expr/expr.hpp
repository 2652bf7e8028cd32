// The one language of conditions, formulas, defaults, filters and rules. Parsed and typed here; evaluated here on
// Values; turned into SQL by store/expression_sql.hpp; evaluated in the browser by web/src/base/expr.ts.
// tests/expr-vectors.json is run by all three.
//
//   state = 'won' and is_empty(reason)          amount * chance          stage.chance
//   close_on <= today() + 30                    if(level in ('key', 'a'), 45, 30)
//   sum(lines.amount)                           owner = me()             concat(last_name, ' ', first_name)
//
// Three-valued logic is avoided on purpose: a comparison with null is false (its `!=` true), arithmetic with null is
// null, and a condition that is null counts as false. The SQL must agree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "base/value.hpp"

namespace gx::expr {

enum class Type { null, boolean, number, money, date, timestamp, text, id, codes, ids, address };

enum class Op {
    literal,   // value
    path,      // path: {"customer","industry"}; type from the resolver
    call,      // name + children
    op_not, negate,
    op_and, op_or,             // any number of children
    equal, not_equal, less, less_equal, greater, greater_equal,
    in,                        // children[0] in children[1..]
    contains,                  // text contains text, or codes/ids contain one
    starts_with,
    is_empty, is_not_empty,
    add, subtract, multiply, divide,
    conditional                // if(c, a, b)
};

struct Node {
    Op op = Op::literal;
    Type type = Type::null;
    Value value;                         // literal
    std::vector<std::string> path;       // path
    std::string name;                    // call
    std::vector<Node> children;
    std::uint32_t position = 0;          // offset in the source, for messages
};

struct Limits {
    std::size_t length_max = 8000;
    std::size_t depth_max = 32;
    std::size_t nodes_max = 1000;
};

// What the words of an expression mean on one object. Implemented by meta (meta/expr_scope.hpp).
class Scope {
public:
    virtual ~Scope() = default;
    // Type of a path, or empty when there is no such field. {"lines","amount"} through a list has the element type.
    virtual std::optional<Type> type_of(const std::vector<std::string>& path) const = 0;
};

// Parse and type. Throws Failure(invalid, "expression", {position, why, at}) with the offset of the mistake.
// Functions: today() now() me() my_department() is_empty(x) if(c,a,b) concat(…) length(t) lower(t) contains(t,s)
// starts_with(t,s) round(n,d) abs(n) min(…) max(…) coalesce(…) year(d) month(d) quarter(d) days_between(a,b)
// add_days(d,n) sum(list.field) count(list) min/max(list.field) within(d, period).
Node parse(std::string_view source, const Scope& scope, Limits limits = {});
std::string to_source(const Node& node);  // canonical text; parse(to_source(x)) == x

// The JSON form of filters in the API: {"and":[["stage","in",["12","13"]],["owner","is","me"],{"or":[…]}]}.
// Operators: is is_not in not_in contains starts_with before after on_or_before on_or_after < <= > >= between
// within (period) empty not_empty under (trees: the node and below), not. Throws like parse, with the JSON pointer.
Node from_filter(const json::value& filter, const Scope& scope, Limits limits = {});

// Periods for `within`: today yesterday tomorrow this_week last_week next_week this_month last_month next_month
// this_quarter last_quarter next_quarter this_year last_year next_year last_N_days next_N_days more_than_N_days_ago
// overdue. Half-open [from, to) in the caller's zone; empty bound = open.
struct Period { std::optional<Date> from, to; };
std::optional<Period> period(std::string_view name, Date today);

// What an evaluation may look at.
struct Environment {
    FunctionRef<Value(const std::vector<std::string>& path)> get;            // one value
    FunctionRef<std::vector<Value>(const std::vector<std::string>& path)> list;  // values through a list
    Timestamp now;
    const TimeZone* zone;
    RecordId me;          // employee
    RecordId department;
};
Value evaluate(const Node& node, const Environment& environment);
bool holds(const Node& node, const Environment& environment);  // null counts as false

// Every path that the expression reads, for gathering and for dependency order.
std::vector<std::vector<std::string>> paths(const Node& node);

}  // namespace gx::expr
