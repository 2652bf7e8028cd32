// The one language of conditions, formulas, defaults, filters and rules. Parsed and typed here; evaluated here on
// Values; turned into SQL by store/expression_sql.hpp; evaluated in the browser by web/src/base/expr.ts.
// tests/expr-vectors.json is run by all three.
//
//   state = 'won' and is_empty(reason)          amount * chance          stage.chance
//   close_on <= today() + 30                    if(level in ('key', 'a'), 45, 30)
//   sum(lines.amount)                           owner = me()             concat(last_name, ' ', first_name)
//
// Three-valued logic is avoided on purpose: a comparison with null is false (its `!=` true), arithmetic with null is
// null, and a condition that is null counts as false. The SQL must agree. So must these:
//   null = null is false and null != null true; only is_empty() asks for null. Empty text is null.
//   Division has 6 decimals, half away from zero; by zero it is null. Products keep at most 9 decimals.
//   Money compares with a number by its amount. Two currencies: comparisons are false (`!=` true), arithmetic is null.
//   A date against a timestamp compares the local day of the timestamp. Days are added whole (timestamps: 24 hours).
//   contains, starts_with and lower take A-Z and a-z as equal and nothing else; `=` is exact; order is by code point.
//   length(null) is 0; concat leaves nulls out; min(a, b) and max(a, b) with a null are null.
//   sum(list.f) of nothing is 0 for numbers and null for money; nulls in lists are left out, two currencies give null.
//   days_between(a, b) is b - a. Weeks begin on Monday. last_7_days and next_7_days are 7 days with today among them.
// Literals: 12.5  'it''s'  true false null  date('2026-11-24')  time('2026-11-24T06:32:08Z')  id('123')
// money('12.50', 'CNY'). Beside a date, timestamp or id a plain text is read as one: close_on >= '2026-11-24'.
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
    literal,  // value
    path,     // path: {"customer","industry"}; type from the resolver
    call,     // name + children
    op_not,
    negate,
    op_and,
    op_or,  // any number of children
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    in,        // children[0] in children[1..]
    contains,  // text contains text, or codes/ids contain one
    starts_with,
    is_empty,
    is_not_empty,
    add,
    subtract,
    multiply,
    divide,
    conditional  // if(c, a, b)
};

struct Node {
    Op op = Op::literal;
    Type type = Type::null;
    Value value;                    // literal
    std::vector<std::string> path;  // path
    std::string name;               // call
    std::vector<Node> children;
    std::uint32_t position = 0;  // offset in the source, for messages

    // The same meaning: everything but the position.
    friend bool operator==(const Node& a, const Node& b) {
        return a.op == b.op && a.type == b.type && a.value == b.value && a.path == b.path && a.name == b.name &&
               a.children == b.children;
    }
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
// add_days(d,n) sum(list.field) count(list) min/max(list.field) within(d, period) under(tree, id).
// `why` is the key of a text ("why.expression_…"); `position` counts characters from 1.
Node parse(std::string_view source, const Scope& scope, Limits limits = {});
std::string to_source(const Node& node);  // canonical text; parse(to_source(x)) == x

// The JSON form of filters in the API: {"and":[["stage","in",["12","13"]],["owner","is","me"],{"or":[…]}]}.
// Operators: is is_not in not_in contains starts_with before after on_or_before on_or_after < <= > >= between
// within (period) empty not_empty under (trees: the node and below); {"not": …} turns one around. Values are as in the
// API; "me", "my_department", "today" and "now" stand for themselves. Throws Failure(invalid, "expression_at", {at,
// why}), `at` being the JSON pointer. Null and {} hold for every record.
Node from_filter(const json::value& filter, const Scope& scope, Limits limits = {});

// Periods for `within`: today yesterday tomorrow this_week last_week next_week this_month last_month next_month
// this_quarter last_quarter next_quarter this_year last_year next_year last_N_days next_N_days more_than_N_days_ago
// overdue. Half-open [from, to) in the caller's zone; empty bound = open.
struct Period {
    std::optional<Date> from, to;
};
std::optional<Period> period(std::string_view name, Date today);

// What an evaluation may look at.
struct Environment {
    FunctionRef<Value(const std::vector<std::string>& path)> get;                // one value
    FunctionRef<std::vector<Value>(const std::vector<std::string>& path)> list;  // values through a list
    Timestamp now;
    const TimeZone* zone;
    RecordId me;  // employee
    RecordId department;
    // Does the record at `path` stand at `node` of its tree or below? Without it only the node itself counts.
    std::optional<FunctionRef<bool(const std::vector<std::string>& path, RecordId node)>> under = std::nullopt;
};
Value evaluate(const Node& node, const Environment& environment);
bool holds(const Node& node, const Environment& environment);  // null counts as false

// Every path that the expression reads, for gathering and for dependency order.
std::vector<std::vector<std::string>> paths(const Node& node);

}  // namespace gx::expr
