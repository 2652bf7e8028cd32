#include "record/listing.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "record/reach.hpp"
#include "record/scope_tokens.hpp"
#include "record/sql_pieces.hpp"
#include "store/search.hpp"

namespace gx::record {

using meta::FieldType;
using meta::Object;

namespace {

constexpr std::int64_t sample_rows = 1000;
constexpr std::chrono::seconds sample_life{60};
constexpr std::size_t counts_max = 1000;
// Up to here, walking along the order and checking each row is cheaper than finding all rows and sorting them.
constexpr double walk_max = 20'000;
// Common words: the texts of so many rows are asked; the index has few enough of all rarer ones.
constexpr double words_walk_max = 5'000;
// What asking the index for the caller's own alone costs, in matches that are looked at one by one.
constexpr double own_words_cost = 100;
constexpr double own_token_cost = 40;
constexpr std::size_t fields_max = 200;
// Costs in rows walked along an index. A branch begins with a search of its own, and its rows pass a merge.
constexpr double branch_start_cost = 4;
constexpr double branch_row_cost = 1.5;
constexpr std::size_t branches_max = 60;
// A scope that holds more of the rows than this is checked row by row, never gathered from indexes.
constexpr double wide_fraction = 0.3;
// More shares than this are walked in their order, grantee by grantee.
constexpr std::int64_t shares_gathered_max = 20'000;

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

// The scope may have an index of its own that ends in this order.
bool is_scope_index(const std::vector<OrderKey>& keys) {
    return keys.size() == 2 && keys[0].plain && keys[0].column == "updated_at" && keys[1].column == "id";
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

bool few_shares(const Selection& selection) {
    return selection.shares_held && *selection.shares_held <= shares_gathered_max;
}

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

// The newest first: the order in which the index of words is walked, so that a common word costs no more than a page.
bool walks_words(const Selection& selection, const std::vector<OrderKey>& keys) {
    return selection.by_index() && keys.size() == 1 && keys.front().column == "id" && keys.front().descending;
}

// How much of all rows the caller reaches: counted by owner and department, else as a sample told.
double reached_share(const Selection& selection, const access::RowFilter& filter) {
    if (filter.everything) return 1;
    return selection.reach_share ? *selection.reach_share : fraction_of(filter, selection.sizes.get());
}

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

// Without statistics SQLite takes an index of a filter for selective, finds half the table by it and sorts that. Where
// enough rows pass, they come soon enough along the index of the order.
bool walks_past_filters(const Selection& selection, const std::vector<OrderKey>& keys, std::int64_t rows_wanted) {
    if (!selection.filter_share || !is_plain_index(selection.object, keys)) return false;
    const double reached = reached_share(selection, selection.reach());
    return static_cast<double>(rows_wanted) / (*selection.filter_share * reached) < walk_max;
}

}  // namespace

Sql recheck_word(const Asking& asking, const meta::Object& object, const From& from, const QueryWord& word) {
    const std::string place = asking.dialect == Dialect::sqlite ? "instr(" : "strpos(";
    const access::FieldMask mask = access::fields(*asking.caller.grants, object);
    Sql out;
    for (const meta::Field& field : object.fields) {
        if (!field.searchable || !field.has_column() || field.is_reference() || field.type == FieldType::choice)
            continue;
        if (!field.hidden && !mask.read[field.index]) continue;
        std::string column = "lower(" + from.own(field.name) + ")";
        std::string folded = word.folded;
        // People group digits as they like.
        if (field.type == FieldType::phone) {
            column = "replace(replace(" + column + ", '-', ''), ' ', '')";
            std::erase(folded, '-');
        }
        append_part(out, Sql{place + column + ", ?) > 0", {std::move(folded)}}, " or ");
    }
    if (out.text.empty()) return {access::hides_words(*asking.caller.grants, object) ? "1 = 0" : "1 = 1", {}};
    out.text = "(" + out.text + ")";
    return out;
}

std::vector<Part> word_parts(const Selection& selection, const From& from) {
    const Dialect dialect = selection.asking.dialect;
    const bool sqlite = dialect == Dialect::sqlite;
    const ScopeOf scope = scope_of(selection, from);
    const auto part = [&](store::SearchJoin index) {
        return Part{.condition = std::move(index.matches), .lead = Lead{{index.table, {}}, index.id, {}}};
    };
    if (!selection.scope_leaves_shares) {
        Part all = part(store::search_join(dialect, selection.object.name, selection.asked_words()));
        if (const auto checked = checked_scope(scope, sqlite)) append_part(*all.condition, *checked, " and ");
        return {std::move(all)};
    }
    std::vector<QueryWord> words = selection.words;
    words.push_back(*selection.scope);
    Part held = part(store::search_join(dialect, selection.object.name, words));
    append_part(*held.condition, checked_columns(scope, sqlite), " and ");
    // The id alone tells whether a match is shared: no row is read for the others, and no match where nothing is
    // shared.
    Sql any{"exists (", {}};
    any += caller_shares(selection, scope.filter, "1");
    any += ")";
    Part shared = part(store::search_join(dialect, selection.object.name, selection.words, any));
    Sql among{(sqlite ? "+" : "") + shared.lead->id + " in (", {}};
    among += caller_shares(selection, scope.filter, "s.record");
    among += ")";
    append_part(*shared.condition, among, " and ");
    leave_out_scope(scope, *shared.condition);
    return {std::move(held), std::move(shared)};
}

Sql part_tables(Dialect dialect, const From& from, const Part& part) {
    if (!part.lead) return from.sql();
    Sql tables = part.lead->table;
    tables += dialect == Dialect::sqlite ? " cross join " : " join ";  // SQLite: it leads
    tables += from.sql_on(from.own("id") + " = " + part.lead->id);
    return tables;
}

// ── statements ─────────────────────────────────────────────────────────────────────────────────────────────────────

From Selection::from(std::string alias) const {
    if (table.empty()) return From(asking, object, std::move(alias));
    From past(asking, object, Sql{table, {}}, std::move(alias));
    past.use_links(links);
    return past;
}

access::RowFilter Selection::reach() const { return access::rows(*asking.caller.grants, object, verb); }

std::vector<QueryWord> Selection::asked_words() const {
    std::vector<QueryWord> asked = words;
    if (scope && !scope_leaves_shares) asked.push_back(*scope);
    return asked;
}

std::vector<Sql> Selection::conditions(From& from, Ways ways) const {
    std::vector<Sql> all;
    if (nothing) all.push_back({"1 = 0", {}});
    if (parent) all.push_back({from.own(by) + " = ?", {parent.value}});
    all.push_back({from.own("deleted_at") + (bin ? " is not null" : " is null"), {}});
    if (by_index() && !ways.words_joined)
        all.push_back(store::search_condition(asking.dialect, object.name, from.alias(), asked_words()));
    // The index knows today's words only: in the past the text itself is asked.
    const bool hides_words = !words.empty() && access::hides_words(*asking.caller.grants, object);
    for (const QueryWord& word : words) {
        const bool by_text = hides_words || !has_index() || (words_by_text && !ways.words_joined);
        if (word.recheck || by_text) all.push_back(recheck_word(asking, object, from, word));
    }
    if (const access::RowFilter filter = reach(); filter.also)
        all.push_back(reach_sql(asking, object, *filter.also, from.alias(), !table.empty()));
    for (const expr::Node& filter : filters) {
        Sql condition = from.condition(filter, filters_of);
        if (ways.check_filters && asking.dialect == Dialect::sqlite) condition.text = "+(" + condition.text + ")";
        all.push_back(std::move(condition));
    }
    return all;
}

std::vector<store::Cell> Listing::key_values(const store::Row& row) const {
    std::vector<store::Cell> values;
    for (std::size_t i = 0; i < keys.size(); ++i)
        values.push_back(row.cell(first_key + static_cast<int>(i), keys[i].text));
    return values;
}

namespace {

// Where another table leads to the rows, its own copies of the keys let the database see the order.
std::vector<OrderKey> part_keys(std::vector<OrderKey> keys, const Part& part) {
    for (OrderKey& key : keys) {
        if (!part.lead) continue;
        if (key.column == "id") key.value = {part.lead->id, {}};
        if (key.column == "updated_at" && !part.lead->seen.empty()) key.value = {part.lead->seen, {}};
    }
    return keys;
}

// "id, k0, k1 …": the id and the keys of the order.
Sql part_columns(const From& from, const std::vector<OrderKey>& keys) {
    Sql list{from.own("id") + " as id", {}};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        Sql key = keys[i].value;
        key += " as k" + std::to_string(i);
        append_part(list, key);
    }
    return list;
}

}  // namespace

Listing make_listing(const Selection& selection, const Paging& paging, Columns::For purpose, AddColumns add) {
    From inner = selection.from();
    Listing listing;
    const std::vector<OrderKey> inner_keys = order_keys(selection.asking, inner, paging.sort);
    const std::vector<Part> scope = plan_scope(selection, inner, inner_keys, paging.limit + paging.offset);
    std::vector<Sql> from_here{Sql{}};
    if (!paging.after.empty()) from_here = behind(inner_keys, paging.after);
    const bool one_walk = scope.size() == 1 && !scope.front().lead && from_here.size() <= 1;
    const bool walks = one_walk || scope.front().walked;
    const bool check_filters = walks && walks_past_filters(selection, inner_keys, paging.limit + paging.offset);

    // The last key of `from_here` may hold nothing at all behind: then no row is.
    const bool nothing_behind = from_here.empty();

    listing.from = std::make_unique<From>(selection.from());
    From& from = *listing.from;
    listing.columns = std::make_unique<Columns>(selection.asking, from, purpose);
    Columns& columns = *listing.columns;
    columns.add_extra({from.own("id"), {}});
    columns.add_extra({from.own("version"), {}});
    add(columns, from);

    const auto finish = [&](const std::vector<OrderKey>& keys) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const int at = columns.add_extra(keys[i].value);
            if (i == 0) listing.first_key = at;
        }
    };
    const auto add_limit = [&](Sql& sql) {
        sql += " limit ?";
        sql.bind(std::int64_t{paging.limit});
        if (paging.offset > 0) {
            sql += " offset ?";
            sql.bind(paging.offset);
        }
    };

    if (scope.size() == 1 && walks_words(selection, inner_keys)) {
        const Part& part = scope.front();
        listing.keys = order_keys(selection.asking, from, paging.sort);
        std::vector<Sql> conditions = selection.conditions(from, {.words_joined = true});
        conditions.push_back(*part.condition);
        if (!paging.after.empty()) {
            conditions.push_back({part.lead->id + " < ?", {}});
            conditions.back().bind(paging.after.front());
        }
        finish(listing.keys);
        listing.sql += "select ";
        listing.sql += columns.select_list();
        listing.sql += " from ";
        listing.sql += part_tables(selection.asking.dialect, from, part);
        listing.sql += " where ";
        listing.sql += joined_with_and(conditions);
        listing.sql += " order by " + part.lead->id + " desc";
        add_limit(listing.sql);
        return listing;
    }

    if (one_walk && paging.offset == 0 && (is_plain_index(selection.object, inner_keys) || selection.parent)) {
        // The rows come in order from an index: take everything on the way.
        listing.keys = order_keys(selection.asking, from, paging.sort);
        std::vector<Sql> conditions = selection.conditions(from, {.check_filters = check_filters});
        if (scope.front().condition) conditions.push_back(*scope.front().condition);
        if (nothing_behind) {
            conditions.push_back({"1 = 0", {}});
        } else if (!from_here.front().text.empty()) {
            conditions.push_back(from_here.front());
        }
        finish(listing.keys);
        listing.sql = selection.before;
        listing.sql += "select ";
        listing.sql += columns.select_list();
        listing.sql += " from ";
        listing.sql += from.sql();
        listing.sql += " where ";
        listing.sql += joined_with_and(conditions);
        listing.sql += " order by ";
        listing.sql += order_by(listing.keys);
        add_limit(listing.sql);
        return listing;
    }

    // Find the keys first, so that a sort moves little and the titles of references are read for one page only.
    const bool words_joined = selection.by_index() && scope.front().lead.has_value();
    std::vector<Sql> conditions =
        selection.conditions(inner, {.check_filters = check_filters, .words_joined = words_joined});
    if (nothing_behind) conditions.push_back({"1 = 0", {}});
    listing.keys = inner_keys;
    for (std::size_t i = 0; i < inner_keys.size(); ++i) listing.keys[i].value = {"k.k" + std::to_string(i), {}};
    Sql page_order;
    for (std::size_t i = 0; i < inner_keys.size(); ++i) {
        append_part(
            page_order,
            {"k" + std::to_string(i) + (inner_keys[i].descending ? " desc nulls last" : " asc nulls first"), {}});
    }
    const auto rows_of = [&](const Part& part, const std::vector<OrderKey>& keys, const Sql& from_this) {
        std::vector<Sql> all = conditions;
        if (part.condition) all.push_back(*part.condition);
        if (!from_this.text.empty()) all.push_back(from_this);
        Sql rows{"select ", {}};
        rows += part_columns(inner, keys);
        rows += " from ";
        rows += part_tables(selection.asking.dialect, inner, part);
        rows += " where ";
        rows += joined_with_and(all);
        return rows;
    };
    const auto end = [&](Sql& rows) {
        rows += " order by ";
        rows += page_order;
        rows += " limit ?";
        rows.bind(std::int64_t{paging.limit} + paging.offset);
    };
    // PostgreSQL plans a part for its first rows only when it is told that no more are wanted.
    const bool ends_itself = scope.size() > 1 && selection.asking.dialect == Dialect::postgres;
    Sql page, before = selection.before;
    for (const Part& part : scope) {
        const std::vector<OrderKey> keys = part_keys(inner_keys, part);
        if (!paging.after.empty() && !nothing_behind) from_here = behind(keys, paging.after);
        for (const Sql& from_this : from_here) {
            Sql rows = rows_of(part, keys, from_this);
            if (part.walked) {
                end(rows);
                before += "with walked as materialized (";
                before += rows;
                before += ") ";
                rows = {"select * from walked", {}};
            } else if (ends_itself) {
                rows.text.insert(0, "(");
                end(rows);
                rows += ")";
            }
            append_part(page, rows, " union all ");
        }
    }
    page += " order by ";
    page += page_order;
    add_limit(page);

    finish(listing.keys);
    listing.sql = before;
    listing.sql += "select ";
    listing.sql += columns.select_list();
    listing.sql += " from (";
    listing.sql += page;
    listing.sql += ") k join ";
    listing.sql += from.sql_on(from.own("id") + " = k.id");
    listing.sql += " order by ";
    listing.sql += order_by(listing.keys);
    listing.sql.one_plan = scope.front().walked && (selection.filters.empty() || check_filters);
    return listing;
}

Sql reach_condition(const Selection& selection, const From& from) {
    return checked_scope(scope_of(selection, from), false).value_or(Sql{"1 = 1", {}});
}

Stream make_stream(const Selection& selection, const std::vector<SortKey>& sort, AddColumns add) {
    Stream stream;
    stream.from = std::make_unique<From>(selection.from());
    From& from = *stream.from;
    stream.columns = std::make_unique<Columns>(selection.asking, from, Columns::For::values);
    stream.columns->add_extra({from.own("id"), {}});
    add(*stream.columns, from);
    const std::vector<OrderKey> keys = order_keys(selection.asking, from, sort);
    std::vector<Sql> conditions = selection.conditions(from);
    if (auto scope = checked_scope(scope_of(selection, from), false)) conditions.push_back(std::move(*scope));
    stream.sql = selection.before;
    stream.sql += "select ";
    stream.sql += stream.columns->select_list();
    stream.sql += " from ";
    stream.sql += from.sql();
    stream.sql += " where ";
    stream.sql += joined_with_and(conditions);
    stream.sql += " order by ";
    stream.sql += order_by(keys);
    return stream;
}

Sql make_count(const Selection& selection, bool capped) {
    From from = selection.from();
    const ScopeOf reach = scope_of(selection, from);
    const bool words_joined = selection.has_index();
    const std::vector<Sql> conditions = selection.conditions(from, {.words_joined = words_joined});
    std::vector<Part> scope;
    if (words_joined) scope = word_parts(selection, from);
    const bool gather = !reach.filter.everything && !selection.parent && selection.words.empty() &&
                        selection.table.empty() && reached_share(selection, reach.filter) < wide_fraction;
    if (gather) scope = gathered_scope(selection, from, reach);
    if (scope.empty())
        scope.push_back({.condition = checked_scope(reach, selection.asking.dialect == Dialect::sqlite && !gather)});

    Sql rows;
    for (const Part& part : scope) {
        std::vector<Sql> all = conditions;
        if (part.condition) all.push_back(*part.condition);
        if (!rows.text.empty()) rows += " union all ";
        rows += capped || scope.size() > 1 ? "select 1 as one from " : "select count(*) from ";
        rows += part_tables(selection.asking.dialect, from, part);
        rows += " where ";
        rows += joined_with_and(all);
    }
    Sql out = selection.before;
    if (!capped && scope.size() == 1) {
        out += rows;
        return out;
    }
    out += "select count(*) from (";
    out += rows;
    if (capped) append_limit(out, count_cap + 1);
    out += ") c";
    return out;
}

// ── from the caller's words ────────────────────────────────────────────────────────────────────────────────────────

Asking asking_for(Records::State& state, const meta::Model& model, const Caller& caller, Dialect dialect) {
    return {
        model, caller, dialect, state.parts.clock.now(), caller.zone ? *caller.zone : state.zone, state.parts.currency};
}

void require_view(const Caller& caller, const Object& object) {
    if (!access::may(*caller.grants, object, access::Verb::view)) throw forbidden("view");
}

void add_search(Selection& selection, std::string_view typed) {
    if (is_blank(typed)) return;
    if (!selection.object.searchable) throw bad_request("object_not_searchable", {{"object", selection.object.name}});
    selection.words = query_words(typed);
    selection.nothing = selection.words.empty();
}

namespace {

std::vector<SortKey> read_sort(const json::value& stored) {
    std::vector<SortKey> sort;
    const auto* list = stored.if_array();
    if (!list) return sort;
    for (const json::value& item : *list) {
        const auto* pair = item.if_array();
        if (!pair || pair->empty() || !(*pair)[0].is_string()) continue;
        const bool descending = pair->size() > 1 && (*pair)[1].is_string() && (*pair)[1].get_string() == "desc";
        sort.push_back({std::string((*pair)[0].get_string()), descending});
    }
    return sort;
}

struct ViewParts {
    json::value filter;
    std::vector<SortKey> sort;
};

// A shipped view by code, or a saved one by id when it is the caller's own or shared.
ViewParts find_view(store::Connection& connection, const Asking& asking, const Object& object,
                    const std::string& name) {
    for (const meta::View& view : object.views) {
        if (view.code != name) continue;
        ViewParts parts{view.filter, {}};
        for (const auto& [field, descending] : view.sort) parts.sort.push_back({field, descending});
        return parts;
    }
    const std::optional<RecordId> id = parse_record_id(name);
    const Object* saved = asking.model.find("saved_view");
    if (!id || !saved) throw bad_request("unknown_view", {{"view", name}});
    std::optional<ViewParts> parts;
    connection.query({"select filter, sort from saved_view where id = ? and object = ? and deleted_at is null and "
                      "(created_by = ? or shared = 1)",
                      {id->value, object.name, asking.caller.employee().value}},
                     [&](const store::Row& row) {
                         parts.emplace();
                         if (!row.text(0).empty()) parts->filter = parse_json(row.text(0));
                         if (!row.text(1).empty()) parts->sort = read_sort(parse_json(row.text(1)));
                         return false;
                     });
    if (!parts) throw bad_request("unknown_view", {{"view", name}});
    return *parts;
}

// Who holds how much, from the rows at the front of the usual order: a plan walks exactly there.
std::shared_ptr<const ScopeSizes> scope_sizes(Records::State& state, store::Connection& connection,
                                              const Object& object, Timestamp now) {
    {
        const std::lock_guard lock(state.reading.mutex);
        const auto found = state.reading.scope_sizes.find(object.name);
        if (found != state.reading.scope_sizes.end() && now - found->second->counted_at < sample_life &&
            now >= found->second->counted_at) {
            return found->second;
        }
    }
    auto sizes = std::make_shared<ScopeSizes>();
    sizes->counted_at = now;
    connection.query({"select owner, owner_department from " + in_quotes(object.name) +
                          " where deleted_at is null order by updated_at desc nulls last, id desc nulls last limit ?",
                      {sample_rows}},
                     [&](const store::Row& row) {
                         ++sizes->all;
                         ++sizes->owners[RecordId{row.integer(0)}];
                         ++sizes->departments[RecordId{row.integer(1)}];
                         return true;
                     });
    const std::lock_guard lock(state.reading.mutex);
    state.reading.scope_sizes[object.name] = sizes;
    return sizes;
}

// The number that a statement counts; asked once for some time.
std::int64_t counted(Records::State& state, store::Connection& connection, const Sql& sql, Timestamp now) {
    std::string key = sql.text;
    for (const store::Cell& cell : sql.params) {
        key += '\n';
        if (const auto* text = std::get_if<std::string>(&cell)) key += *text;
        if (const auto* number = std::get_if<std::int64_t>(&cell)) key += std::to_string(*number);
    }
    {
        const std::lock_guard lock(state.reading.mutex);
        const auto found = state.reading.counts.find(key);
        if (found != state.reading.counts.end() && now - found->second.counted_at < sample_life &&
            now >= found->second.counted_at) {
            return found->second.count;
        }
    }
    std::int64_t count = 0;
    connection.query(sql, [&](const store::Row& row) {
        count = row.integer(0);
        return true;
    });
    const std::lock_guard lock(state.reading.mutex);
    if (state.reading.counts.size() >= counts_max) state.reading.counts.clear();
    state.reading.counts[key] = {count, now};
    return count;
}

// The share of some conditions, from the same rows.
double sampled_share(Records::State& state, store::Connection& connection, const Selection& selection, const From& from,
                     const std::vector<Sql>& conditions) {
    Sql sql{"select count(*) from (select id from " + in_quotes(selection.object.name) +
                " where deleted_at is null order by updated_at desc nulls last, id desc nulls last limit ?) s " +
                std::string(selection.asking.dialect == Dialect::sqlite ? "cross join " : "join "),
            {sample_rows}};
    sql += from.sql_on(from.own("id") + " = s.id");
    sql += " where ";
    sql += joined_with_and(conditions);
    const auto passed = static_cast<double>(counted(state, connection, sql, selection.asking.now));
    return (passed + 0.5) / (static_cast<double>(sample_rows) + 1);
}

std::int64_t shares_held(Records::State& state, store::Connection& connection, const Selection& selection,
                         const access::RowFilter& reach) {
    Sql sql{"select count(*) from (select 1 as one from share s where s.object = ? and ", {selection.object.name}};
    sql += in_list(selection.asking.dialect, "s.grantee", reach.grantees);
    append_limit(sql, shares_gathered_max + 1);
    sql += ") c";
    return counted(state, connection, sql, selection.asking.now);
}

double filter_share(Records::State& state, store::Connection& connection, const Selection& selection) {
    From from = selection.from();
    std::vector<Sql> conditions;
    for (const expr::Node& filter : selection.filters)
        conditions.push_back(from.condition(filter, selection.filters_of));
    for (const QueryWord& word : selection.words)
        conditions.push_back(recheck_word(selection.asking, selection.object, from, word));
    return sampled_share(state, connection, selection, from, conditions);
}

}  // namespace

void narrow_words(Records::State& state, store::Connection& connection, Selection& selection,
                  std::int64_t rows_wanted) {
    if (!selection.object.owned || selection.words.empty()) return;
    const access::RowFilter filter = selection.reach();
    // What is reached by a condition has no token of the caller.
    const std::size_t tokens = filter.owners.size() + filter.departments.size();
    if (filter.everything || !filter.conditional.empty() || filter.also || tokens == 0 || tokens > branches_max) return;
    if (!filter.grantees.empty()) {
        if (!selection.shares_held) selection.shares_held = shares_held(state, connection, selection, filter);
        if (!few_shares(selection)) return;
    }
    const auto sizes = scope_sizes(state, connection, selection.object, selection.asking.now);
    const double looked_at = static_cast<double>(rows_wanted) / fraction_of(filter, sizes.get());
    if (looked_at < own_words_cost + own_token_cost * static_cast<double>(tokens)) return;
    selection.scope = scope_word(filter);
    selection.scope_leaves_shares = !filter.grantees.empty();
}

Selection select(Records::State& state, store::Connection& connection, const Asking& asking, const Object& object,
                 const ListQuery& query, std::vector<SortKey>& sort) {
    Selection selection(asking, object);
    selection.bin = query.bin;
    selection.verb = query.verb;
    sort = query.sort;
    if (!query.view.empty()) {
        ViewParts view = find_view(connection, asking, object, query.view);
        if (auto filter = read_filter(asking, object, view.filter)) selection.filters.push_back(std::move(*filter));
        // Whoever searches wants what is found; only an order that was asked for by name is kept.
        if (sort.empty() && is_blank(query.search)) sort = std::move(view.sort);
    }
    if (auto filter = read_filter(asking, object, query.filter)) selection.filters.push_back(std::move(*filter));
    add_search(selection, query.search);
    if (sort.empty()) sort.push_back({selection.words.empty() ? "updated_at" : "id", true});
    narrow_words(state, connection, selection, query.limit + query.offset);
    const access::RowFilter reach = selection.reach();
    if (object.owned && !reach.everything) selection.sizes = scope_sizes(state, connection, object, asking.now);
    if (!reach.conditional.empty()) {
        const From from = selection.from();
        selection.reach_share =
            sampled_share(state, connection, selection, from, {reach_sql(asking, object, reach, from.alias())});
    }
    const std::size_t branches = reach.owners.size() + reach.departments.size();
    const bool in_usual_order = sort.front().field == "updated_at" && !reach.everything && reach.conditional.empty();
    // Few owners and departments have indexes of their own in the usual order.
    const bool branched = in_usual_order && branches <= branches_max;
    if (in_usual_order && !reach.grantees.empty() && !selection.shares_held)
        selection.shares_held = shares_held(state, connection, selection, reach);
    if (query.bin) return selection;
    const bool walks_for_shares = in_usual_order && few_shares(selection);
    const bool walks = walks_for_shares || (asking.dialect == Dialect::sqlite && !branched);
    if (!selection.filters.empty() && selection.words.empty() && walks)
        selection.filter_share = filter_share(state, connection, selection);
    if (asking.dialect != Dialect::sqlite) return selection;
    const auto is_literal = [](const QueryWord& word) { return word.literal; };
    if (!selection.words.empty() && sort.front().field != "id" && std::ranges::all_of(selection.words, is_literal)) {
        From scratch = selection.from();
        const std::vector<OrderKey> keys = order_keys(asking, scratch, sort);
        if (!is_plain_index(object, keys)) return selection;
        const double share = filter_share(state, connection, selection);
        const double reached = branched ? 1 : reached_share(selection, reach);
        const auto wanted = static_cast<double>(query.limit + query.offset);
        selection.words_by_text = wanted / (share * reached) < words_walk_max;
        if (selection.words_by_text && !branched) selection.filter_share = share;
    }
    return selection;
}

std::vector<std::string> shown_fields(const Asking& asking, const Object& object,
                                      const std::vector<std::string>& fields, bool long_texts) {
    const ReadableScope scope(asking, object);
    std::vector<std::string> names;
    if (fields.empty()) {
        const access::FieldMask mask = access::fields(*asking.caller.grants, object);
        for (const meta::Field& field : object.fields) {
            if (!mask.shows(field.index) || field.type == FieldType::list) continue;
            if (field.name == "id" || field.name == "version" || field.name == "deleted_at") continue;
            if (field.type == FieldType::long_text && !long_texts) continue;
            names.push_back(field.name);
        }
        return names;
    }
    if (fields.size() > fields_max) throw bad_request("too_many_fields", {{"max", std::to_string(fields_max)}});
    for (const std::string& name : fields) {
        if (name == "id" || name == "version") continue;
        const meta::ResolvedPath path = meta::resolve(asking.model, object, split_path(name));
        if (!scope.shown(path) || path.through_list || path.fields.back()->type == FieldType::list) {
            throw bad_request("unknown_field", {{"field", name}});
        }
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    return names;
}

}  // namespace gx::record
