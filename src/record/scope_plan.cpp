#include "record/scope_plan.hpp"

#include <algorithm>
#include <limits>

#include "record/reach.hpp"
#include "record/sql_pieces.hpp"
#include "store/search.hpp"

namespace gx::record {

using meta::Object;

bool is_plain_index(const Object& object, const std::vector<OrderKey>& keys) {
    if (!std::all_of(keys.begin(), keys.end(),
                     [&](const OrderKey& key) { return key.plain && key.descending == keys.front().descending; })) {
        return false;
    }
    std::vector<std::string> columns;
    for (const OrderKey& key : keys) {
        if (key.column != "id") columns.push_back(key.column);
    }
    if (columns.empty()) return true;
    if (columns.size() == 1 && (columns[0] == "updated_at" || columns[0] == object.title)) return true;
    return std::any_of(object.indexes.begin(), object.indexes.end(), [&](const meta::Index& index) {
        return index.fields.size() >= columns.size() &&
               std::equal(columns.begin(), columns.end(), index.fields.begin());
    });
}

double fraction_of(const access::RowFilter& filter, const ScopeSizes* sizes) {
    if (!sizes || sizes->all == 0) return 1;
    std::int64_t held = 0;
    for (const RecordId id : filter.owners) {
        if (const auto found = sizes->owners.find(id); found != sizes->owners.end()) held += found->second;
    }
    for (const RecordId id : filter.departments) {
        if (const auto found = sizes->departments.find(id); found != sizes->departments.end()) held += found->second;
    }
    held = std::min(held, sizes->all);
    return (static_cast<double>(held) + 0.5) / (static_cast<double>(sizes->all) + 1);
}

bool few_shares(const Selection& selection) {
    return selection.shares_held && *selection.shares_held <= shares_gathered_max;
}

bool walks_words(const Selection& selection, const std::vector<OrderKey>& keys) {
    return selection.by_index() && keys.size() == 1 && keys.front().column == "id" && keys.front().descending;
}

double reached_share(const Selection& selection, const access::RowFilter& filter) {
    if (filter.everything) return 1;
    return selection.reach_share ? *selection.reach_share : fraction_of(filter, selection.sizes.get());
}

namespace {

// Up to here, walking along the order and checking each row is cheaper than finding all rows and sorting them.
constexpr double walk_max = 20'000;
// Costs in rows walked along an index. A branch begins with a search of its own, and its rows pass a merge.
constexpr double branch_start_cost = 4;
constexpr double branch_row_cost = 1.5;
// A scope that holds more of the rows than this is checked row by row, never gathered from indexes.
constexpr double wide_fraction = 0.3;

// The scope may have an index of its own that ends in this order.
bool is_scope_index(const std::vector<OrderKey>& keys) {
    return keys.size() == 2 && keys[0].plain && keys[0].column == "updated_at" && keys[1].column == "id";
}

// The scope of a caller on the rows of one statement.
struct ScopeOf {
    Dialect dialect;
    const access::RowFilter filter;
    std::string owner, department;
    std::optional<Sql> beyond;  // conditions and shares
};

ScopeOf scope_of(const Selection& selection, const From& from) {
    access::RowFilter filter = selection.reach();
    std::optional<Sql> beyond =
        reach_beyond_scope(selection.asking, selection.object, filter, from.alias(), !selection.table.empty());
    return {selection.asking.dialect, std::move(filter), from.own(selection.owner_column),
            from.own(selection.department_column), std::move(beyond)};
}

Sql outside(Dialect dialect, const std::string& column, const std::vector<RecordId>& ids) {
    Sql out{"(" + column + " is null or ", {}};
    out += checked_in_list(dialect, column, ids, false);
    out += ")";
    return out;
}

// Owner and department as one condition that is checked on rows found otherwise. On SQLite a `+` keeps its indexes out
// of the plan, because without statistics every equality looks selective. Empty when neither is asked for.
Sql checked_columns(const ScopeOf& scope, bool keep_indexes_out) {
    const std::string plus = keep_indexes_out ? "+" : "";
    Sql out;
    if (!scope.filter.owners.empty())
        append_part(out, checked_in_list(scope.dialect, plus + scope.owner, scope.filter.owners), " or ");
    if (!scope.filter.departments.empty())
        append_part(out, checked_in_list(scope.dialect, plus + scope.department, scope.filter.departments), " or ");
    if (!out.text.empty()) out.text = "(" + out.text + ")";
    return out;
}

// The same of the whole scope; none when everything is reached.
std::optional<Sql> checked_scope(const ScopeOf& scope, bool keep_indexes_out) {
    if (scope.filter.everything) return std::nullopt;
    Sql out = checked_columns(scope, keep_indexes_out);
    if (scope.beyond) append_part(out, *scope.beyond, " or ");
    if (out.text.empty()) return Sql{"1 = 0", {}};
    out.text = "(" + out.text + ")";
    return out;
}

void leave_out_owners(const ScopeOf& scope, Sql& part) {
    if (!scope.filter.owners.empty())
        append_part(part, outside(scope.dialect, scope.owner, scope.filter.owners), " and ");
}

void leave_out_scope(const ScopeOf& scope, Sql& part) {
    leave_out_owners(scope, part);
    if (!scope.filter.departments.empty())
        append_part(part, outside(scope.dialect, scope.department, scope.filter.departments), " and ");
}

// "select <columns> from share s …": the shares that count for the caller. SQLite has to be told that grantees lead: it
// takes "object = ?", which all rows may fulfil, for as good a way.
Sql caller_shares(const Selection& selection, const access::RowFilter& filter, std::string_view columns) {
    const bool sqlite = selection.asking.dialect == Dialect::sqlite;
    Sql out{"select " + std::string(columns) + " from share s " + (sqlite ? "indexed by share_grantee " : "") +
                "where s.object = ? and ",
            {selection.object.name}};
    out += in_list(selection.asking.dialect, "s.grantee", filter.grantees);
    out += " and ";
    out += live_share(selection.asking, filter, "s");
    return out;
}

// What conditions and shares add to owners and departments.
void add_beyond(const Selection& selection, const From& from, const ScopeOf& scope, std::vector<Part>& parts) {
    const access::RowFilter& filter = scope.filter;
    const bool past = !selection.table.empty();
    const auto conditions = reach_by_condition(selection.asking, selection.object, filter, from.alias(), past);
    if (conditions) {
        Sql part = *conditions;
        leave_out_scope(scope, part);
        parts.push_back({.condition = std::move(part)});
    }
    if (filter.grantees.empty()) return;
    Sql part{from.own("id") + " in (", {}};
    part += caller_shares(selection, filter, "s.record");
    part += ")";
    leave_out_scope(scope, part);
    if (conditions) {
        part += " and ";
        part += *conditions;
        part += " is not true";  // of a record without an owner it is neither true nor false
    }
    parts.push_back({.condition = std::move(part)});
}

Lead lead_of_shares(Sql table) { return {std::move(table), "s.record", "s.seen"}; }

// The shares of each grantee stand in the usual order: one part each, without what an earlier one holds. PostgreSQL
// thinks longer about ten parts than it takes to put a few thousand shares in order: there all grantees are one.
void add_shares_in_order(const Selection& selection, const ScopeOf& scope, bool falling, std::vector<Part>& parts) {
    const access::RowFilter& filter = scope.filter;
    if (selection.asking.dialect == Dialect::postgres && few_shares(selection)) {
        Sql shares{"(", {}};
        shares += caller_shares(selection, filter, "distinct s.record, s.seen");
        const std::string direction = falling ? " desc nulls last" : " asc nulls first";
        shares += " order by s.seen" + direction + ", s.record" + direction + ") s";
        Sql part;
        leave_out_scope(scope, part);
        parts.push_back({.condition = std::move(part), .lead = lead_of_shares(std::move(shares))});
        return;
    }
    for (std::size_t i = 0; i < filter.grantees.size(); ++i) {
        Sql part{"s.object = ? and s.grantee = ? and ", {selection.object.name, filter.grantees[i].value}};
        part += live_share(selection.asking, filter, "s");
        leave_out_scope(scope, part);
        if (i > 0) {
            part += " and not exists (select 1 from share e where e.object = s.object and e.record = s.record and ";
            const std::vector<RecordId> earlier(filter.grantees.begin(),
                                                filter.grantees.begin() + static_cast<std::ptrdiff_t>(i));
            part += in_list(scope.dialect, scope.dialect == Dialect::sqlite ? "+e.grantee" : "e.grantee", earlier);
            part += " and ";
            part += live_share(selection.asking, filter, "e");
            part += ")";
        }
        parts.push_back({.condition = std::move(part), .lead = lead_of_shares({"share s", {}})});
    }
}

// Of a page along the usual order, what is shared lies behind no row that owner and department let in: with the page
// of those at hand (`walked`), only the newest shares are looked at, and no share is looked up row by row.
std::vector<Part> walked_scope(const Selection& selection, const ScopeOf& scope, bool falling, std::int64_t rows) {
    std::vector<Part> parts;
    parts.push_back({.condition = checked_columns(scope, selection.asking.dialect == Dialect::sqlite), .walked = true});
    Sql shares{"(", {}};
    shares += caller_shares(selection, scope.filter, "distinct s.record, s.seen");
    shares += falling ? " and s.seen >= coalesce((select case when count(*) >= ? then min(k0) end from walked), ?)) s"
                      : " and s.seen <= coalesce((select case when count(*) >= ? then max(k0) end from walked), ?)) s";
    shares.bind(rows);
    using Limits = std::numeric_limits<std::int64_t>;
    shares.bind(falling ? Limits::min() : Limits::max());
    Sql part;
    leave_out_scope(scope, part);
    parts.push_back({.condition = std::move(part), .lead = lead_of_shares(std::move(shares))});
    return parts;
}

// The scope as parts that share no row, each with one index: all owners, then all departments.
std::vector<Part> gathered_scope(const Selection& selection, const From& from, const ScopeOf& scope) {
    std::vector<Part> parts;
    const access::RowFilter& filter = scope.filter;
    if (!filter.owners.empty()) parts.push_back({.condition = in_list(scope.dialect, scope.owner, filter.owners)});
    if (!filter.departments.empty()) {
        Sql part = in_list(scope.dialect, scope.department, filter.departments);
        leave_out_owners(scope, part);
        parts.push_back({.condition = std::move(part)});
    }
    add_beyond(selection, from, scope, parts);
    return parts;
}

// One part an owner and a department, so that each is already in order.
std::vector<Part> branched_scope(const Selection& selection, const ScopeOf& scope, bool falling) {
    std::vector<Part> parts;
    const access::RowFilter& filter = scope.filter;
    for (const RecordId owner : filter.owners) parts.push_back({.condition = Sql{scope.owner + " = ?", {owner.value}}});
    for (const RecordId department : filter.departments) {
        Sql part{scope.department + " = ?", {department.value}};
        leave_out_owners(scope, part);
        parts.push_back({.condition = std::move(part)});
    }
    add_shares_in_order(selection, scope, falling, parts);
    return parts;
}

}  // namespace

std::vector<Part> plan_scope(const Selection& selection, const From& from, const std::vector<OrderKey>& keys,
                             std::int64_t rows_wanted) {
    if (selection.by_index() && (selection.scope_leaves_shares || walks_words(selection, keys)))
        return word_parts(selection, from);
    const ScopeOf scope = scope_of(selection, from);
    const access::RowFilter& filter = scope.filter;
    const std::size_t branches = filter.owners.size() + filter.departments.size() + filter.grantees.size();
    const bool sqlite = selection.asking.dialect == Dialect::sqlite;
    std::vector<Part> plan;
    if (filter.everything) {
        plan.emplace_back();
        return plan;
    }
    const bool other_way_in = selection.parent || selection.by_index() || !selection.table.empty();
    if (branches == 0 || other_way_in) {
        plan.push_back({.condition = checked_scope(scope, sqlite && other_way_in)});
        return plan;
    }
    const double fraction = reached_share(selection, filter);
    const double walked = static_cast<double>(rows_wanted) / fraction;
    if (is_scope_index(keys)) {
        const double branched =
            static_cast<double>(branches) * branch_start_cost + static_cast<double>(rows_wanted) * branch_row_cost;
        // Conditions are no branch: their rows stand in no order of their own.
        const bool ordered = filter.conditional.empty();
        if (ordered && (branches == 1 || (branched < walked && branches <= branches_max)))
            return branched_scope(selection, scope, keys.front().descending);
    }
    const bool walks = is_plain_index(selection.object, keys) && walked < walk_max;
    if (!walks && fraction < wide_fraction) return gathered_scope(selection, from, scope);
    const bool has_columns = !filter.owners.empty() || !filter.departments.empty();
    if (walks && is_scope_index(keys) && has_columns && filter.conditional.empty() && few_shares(selection))
        return walked_scope(selection, scope, keys.front().descending, rows_wanted);
    plan.push_back({.condition = checked_scope(scope, sqlite)});
    return plan;
}

bool walks_past_filters(const Selection& selection, const std::vector<OrderKey>& keys, std::int64_t rows_wanted) {
    if (!selection.filter_share || !is_plain_index(selection.object, keys)) return false;
    const double reached = reached_share(selection, selection.reach());
    return static_cast<double>(rows_wanted) / (*selection.filter_share * reached) < walk_max;
}

std::vector<Part> count_scope(const Selection& selection, const From& from) {
    if (selection.has_index()) return word_parts(selection, from);
    const ScopeOf scope = scope_of(selection, from);
    const bool gather = !scope.filter.everything && !selection.parent && selection.words.empty() &&
                        selection.table.empty() && reached_share(selection, scope.filter) < wide_fraction;
    std::vector<Part> plan;
    if (gather) plan = gathered_scope(selection, from, scope);
    if (plan.empty())
        plan.push_back({.condition = checked_scope(scope, selection.asking.dialect == Dialect::sqlite && !gather)});
    return plan;
}

Sql reach_condition(const Selection& selection, const From& from) {
    return checked_scope(scope_of(selection, from), false).value_or(Sql{"1 = 1", {}});
}

Sql shared_ids(const Selection& selection) { return caller_shares(selection, selection.reach(), "distinct s.record"); }

std::vector<Part> word_parts(const Selection& selection, const From& from) {
    const Dialect dialect = selection.asking.dialect;
    const bool sqlite = dialect == Dialect::sqlite;
    const ScopeOf scope = scope_of(selection, from);
    // The search index, asked for the words and perhaps for the scope.
    const auto index = [&](bool with_scope, const std::optional<Sql>& only_if = std::nullopt) {
        std::vector<QueryWord> words = selection.led_by ? std::vector{*selection.led_by} : selection.words;
        if (with_scope) words.push_back(*selection.scope);
        store::SearchJoin join = only_if ? store::search_join(dialect, selection.object.name, words, *only_if)
                                         : store::search_join(dialect, selection.object.name, words);
        if (selection.led_by) append_part(join.matches, store::checked_words(selection.words), " and ");
        return join;
    };
    // Of rare words PostgreSQL shall find all matches by their index and put the ids in order. It takes too many of the
    // records for reachable, and would rather walk through them all, newest first, until it has met enough.
    const auto part = [&](store::SearchJoin join, const std::optional<Sql>& among = std::nullopt) {
        if (among) append_part(join.matches, *among, " and ");
        if (sqlite || !(selection.rare_words || among))
            return Part{
                .condition = std::move(join.matches), .lead = Lead{{join.table, {}}, join.id, {}}, .in_order = true};
        Sql ids{"(select " + join.id + " as id from " + join.table + " where ", {}};
        ids += join.matches;
        ids += " order by " + join.id + " desc offset 0) w";
        return Part{.condition = Sql{"1 = 1", {}}, .lead = Lead{std::move(ids), "w.id", {}}, .in_order = true};
    };
    if (!selection.scope_leaves_shares) {
        Part all = part(index(selection.scope.has_value()));
        if (const auto checked = checked_scope(scope, sqlite)) append_part(*all.condition, *checked, " and ");
        return {std::move(all)};
    }
    Part held = part(index(true));
    Sql columns = checked_columns(scope, sqlite);
    // The index has chosen by owner and department already. PostgreSQL would take both for independent of each other.
    if (!sqlite) columns.text = "case when " + columns.text + " then true else false end";
    append_part(*held.condition, columns, " and ");
    if (selection.shared) {
        if (selection.shared->empty()) return {std::move(held)};
        Part shared = part(index(false), in_list(dialect, "w.id", *selection.shared));
        leave_out_scope(scope, *shared.condition);
        return {std::move(held), std::move(shared)};
    }
    // The id alone tells whether a match is shared: no row is read for the others, and no match where nothing is
    // shared.
    Sql any{"exists (", {}};
    any += caller_shares(selection, scope.filter, "1");
    any += ")";
    Part shared = part(index(false, any));
    Sql among{(sqlite ? "+" : "") + shared.lead->id + " in (", {}};
    among += caller_shares(selection, scope.filter, "s.record");
    among += ")";
    append_part(*shared.condition, among, " and ");
    leave_out_scope(scope, *shared.condition);
    shared.in_order = sqlite;  // PostgreSQL knows too little of what is shared to walk well
    return {std::move(held), std::move(shared)};
}

Sql part_tables(Dialect dialect, const From& from, const Part& part) {
    if (!part.lead) return from.sql();
    Sql tables = part.lead->table;
    tables += dialect == Dialect::sqlite ? " cross join " : " join ";  // SQLite: it leads
    tables += from.sql_on(from.own("id") + " = " + part.lead->id);
    return tables;
}

}  // namespace gx::record
