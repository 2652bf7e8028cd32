// What reading statements are made of: the tables of one statement with the joins that its paths need, conditions,
// values, sort keys and cursors. Everything a caller sends passes a scope that knows only the fields this caller may
// read, so that no filter or sort can tell what a list would hide.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "access/access.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "expr/expr.hpp"
#include "meta/expr_scope.hpp"
#include "meta/model.hpp"
#include "record/path.hpp"
#include "record/records.hpp"
#include "store/expression_sql.hpp"
#include "store/store.hpp"

namespace gx::record {

using store::Dialect;
using store::Sql;

// Who asks, of what, and when. Lives as long as one call.
struct Asking {
    const meta::Model& model;
    const Caller& caller;
    Dialect dialect;
    Timestamp now;
    const TimeZone& zone;  // of the caller, else of the company
    Currency currency;     // of the company
};

std::string in_quotes(std::string_view identifier);
std::string link_table_sql(const meta::Object& object, const meta::Field& field);  // quoted
// A comma and a new part, without knowing whether it is the first one.
void append_part(Sql& list, const Sql& part, std::string_view separator = ", ");
Sql joined_with_and(const std::vector<Sql>& conditions);  // "1 = 1" when there are none

// Is this reference shown with its title? People and departments always: whoever sees a record may know whose it is.
// Others when the caller may view that object at all; the record itself may then be in the bin or out of the
// caller's scope, because an opportunity without the name of its customer helps nobody.
bool shows_title(const Asking& asking, const meta::Object& target);

// Who named a path. What lies behind a reference is told to a caller of records that he may see, beside their titles;
// conditions of roles, rules and formulas look at all.
enum class PathOf { program, caller };

// The tables of one statement.
class From {
public:
    From(const Asking& asking, const meta::Object& object, std::string alias = "t");
    From(const Asking& asking, const meta::Object& object, Sql table, std::string alias);
    // Reads the members of these fields of the first table from elsewhere (as_of.cpp). Quoted names by field.
    void use_links(const std::map<std::string, std::string>& links) { links_ = links; }
    std::string links_of(const std::string& alias, const meta::Object& object, const meta::Field& field) const;

    const meta::Object& object() const { return object_; }
    const std::string& alias() const { return alias_; }
    std::string own(std::string_view column) const { return alias_ + "." + in_quotes(column); }

    // Tables and joins asked for so far: `"customer" t left join "employee" t1 on t1."id" = t."owner"`.
    Sql sql() const;
    bool has_joins() const { return !joins_.empty(); }
    // The same behind a "join": `on` stands after the first table and before its own joins.
    Sql sql_on(std::string_view on) const;

    // A stored field, through references when the path has several steps.
    store::ColumnRef column(const std::vector<std::string>& path);
    Sql condition(const expr::Node& node, PathOf of = PathOf::program);  // never null
    Sql value(const expr::Node& node, std::uint8_t scale);
    // One field by path as the database keeps it; a formula that is not stored is computed.
    Sql value_of(const std::vector<std::string>& path, PathOf of = PathOf::program);

    // Alias of the record that a reference of `alias` points to.
    std::string join(const std::string& alias, const meta::Field& reference);
    std::string join(const std::string& alias, std::string_view column, const meta::Object& target);
    Sql title(const std::string& alias, const meta::Object& object);  // as a person reads it
    Sql region_path(const std::string& alias);                        // 「江苏省 苏州市」 of a joined region

    // Rows that the caller reaches with this verb.
    std::optional<Sql> access(access::Verb verb) const;

    struct Place {
        std::string alias;
        const meta::Object* object;
        const meta::Field* field;
    };
    // Joins what stands before the last step.
    Place place(const std::vector<std::string>& path, PathOf of = PathOf::program);

private:
    using Paths = std::vector<std::vector<std::string>>;
    Place place_named(const std::vector<std::string>& asked);
    std::string join_seen(const std::string& alias, const meta::Field& reference);
    std::size_t steps_of_caller(const std::vector<std::string>& path) const;
    Sql aggregate(std::string_view function, const std::vector<std::string>& path);
    template <class Use>
    Sql with_context(Use use);

    const Asking& asking_;
    const meta::Object& object_;
    Sql table_;
    std::string alias_;
    std::vector<Sql> joins_;
    std::map<std::string, std::string> links_;
    std::map<std::pair<std::string, std::string>, std::string> joined_;  // (alias, column) -> alias
    Paths named_;                                                        // by the caller, of what is being written
    int nested_ = 0;
};

// Formulas that are not stored, written out at the places where they are read.
expr::Node write_out_formulas(const meta::Model& model, const meta::Object& object, expr::Node node);

// Only what the caller may read exists.
class ReadableScope final : public expr::Scope {
public:
    ReadableScope(const Asking& asking, const meta::Object& object) : asking_(asking), object_(object) {}
    std::optional<expr::Type> type_of(const std::vector<std::string>& path) const override;
    bool readable(const meta::ResolvedPath& path) const;
    bool shown(const meta::ResolvedPath& path) const;  // readable, but the last field may be a masked one

private:
    bool reaches(const meta::ResolvedPath& path, bool masked_end) const;

    const Asking& asking_;
    const meta::Object& object_;
    mutable std::unordered_map<const meta::Object*, access::FieldMask> masks_;
};

// The JSON form of a filter, with the people words of the caller (my_subordinates, my_team) filled in.
std::optional<expr::Node> read_filter(const Asking& asking, const meta::Object& object, const json::value& filter);

// ── order ──────────────────────────────────────────────────────────────────────────────────────────────────────────

struct OrderKey {
    Sql value;
    bool descending = false;
    bool text = false;
    bool nullable = true;
    bool plain = false;  // a column of the table itself
    std::string column;  // its name, when plain
};
// The last key is always the id. Nulls come first when rising and last when falling, which is index order.
std::vector<OrderKey> order_keys(const Asking& asking, From& from, const std::vector<SortKey>& sort);
Sql order_by(const std::vector<OrderKey>& keys);

// The place behind a row in one order, as opaque text. A cursor of another order is refused.
std::string order_signature(const meta::Object& object, const std::vector<SortKey>& sort);
std::string write_cursor(std::string_view signature, const std::vector<store::Cell>& values);
// Throws Failure(bad_request, "cursor").
std::vector<store::Cell> read_cursor(std::string_view cursor, std::string_view signature,
                                     const std::vector<OrderKey>& keys);
// Rows behind these values, as alternatives that do not overlap: each can walk an index.
std::vector<Sql> behind(const std::vector<OrderKey>& keys, const std::vector<store::Cell>& values);

}  // namespace gx::record
