// From the caller's words to a Selection: view, filter, search and what is known of the rows for planning.
#include <algorithm>
#include <limits>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "record/reach.hpp"
#include "record/scope_plan.hpp"
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
// Common words: the texts of so many rows are asked; the index has few enough of all rarer ones.
constexpr double words_walk_max = 5'000;
// What asking the index for the caller's own alone costs, in matches that are looked at one by one.
constexpr double own_words_cost = 100;
// PostgreSQL reads a row of the index for each match that it finds by it: some 2 microseconds. Walking along the index
// costs half of one a record. So far the matches of a word are all found before one is looked at.
constexpr std::int64_t rare_words_max = 5'000;
// The same where nothing but the word decides, so that the walk ends sooner.
constexpr std::int64_t rare_words_max_of_all = 2'500;
constexpr double own_token_cost = 40;
constexpr std::size_t fields_max = 200;

}  // namespace

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

bool is_fresh(Timestamp counted_at, Timestamp now) { return now - counted_at < sample_life && now >= counted_at; }

// What `count` counts of an object, once for some time.
template <class Counted, class Count>
std::shared_ptr<const Counted> counted_of(
    Records::State& state, std::map<std::string, std::shared_ptr<const Counted>, std::less<>> ReadingState::* cache,
    const Object& object, Timestamp now, Count count) {
    {
        const std::lock_guard lock(state.reading.mutex);
        const auto found = (state.reading.*cache).find(object.name);
        if (found != (state.reading.*cache).end() && is_fresh(found->second->counted_at, now)) return found->second;
    }
    auto counted = std::make_shared<Counted>();
    counted->counted_at = now;
    count(*counted);
    const std::lock_guard lock(state.reading.mutex);
    (state.reading.*cache)[object.name] = counted;
    return counted;
}

// Who holds how much, from the rows at the front of the usual order: a plan walks exactly there.
std::shared_ptr<const ScopeSizes> scope_sizes(Records::State& state, store::Connection& connection,
                                              const Object& object, Timestamp now) {
    return counted_of(state, &ReadingState::scope_sizes, object, now, [&](ScopeSizes& sizes) {
        connection.query(
            {"select owner, owner_department from " + in_quotes(object.name) +
                 " where deleted_at is null order by updated_at desc nulls last, id desc nulls last limit ?",
             {sample_rows}},
            [&](const store::Row& row) {
                ++sizes.all;
                ++sizes.owners[RecordId{row.integer(0)}];
                ++sizes.departments[RecordId{row.integer(1)}];
                return true;
            });
    });
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
        if (found != state.reading.counts.end() && is_fresh(found->second.counted_at, now)) return found->second.count;
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

std::shared_ptr<const CommonTokens> common_tokens(Records::State& state, store::Connection& connection,
                                                  const Selection& selection) {
    const Object& object = selection.object;
    return counted_of(state, &ReadingState::common_tokens, object, selection.asking.now, [&](CommonTokens& common) {
        common.records = store::common_tokens(connection, object.name, rare_words_max_of_all);
    });
}

std::int64_t records_with(const CommonTokens& common, const QueryWord::Term& term) {
    std::int64_t records = 0;
    for (auto found = common.records.lower_bound(term.token); found != common.records.end(); ++found) {
        if (term.prefix ? !found->first.starts_with(term.token) : found->first != term.token) break;
        records += found->second;
    }
    return records;
}

// One of the words is held by few: no more records can hold all of them.
bool are_rare(const CommonTokens& common, const std::vector<QueryWord>& words, std::int64_t max) {
    return std::ranges::any_of(words, [&](const QueryWord& word) {
        std::int64_t records = 0;
        for (const std::vector<QueryWord::Term>& terms : word.alternatives) {
            std::int64_t least = std::numeric_limits<std::int64_t>::max();
            for (const QueryWord::Term& term : terms) least = std::min(least, records_with(common, term));
            if (!terms.empty()) records += least;
        }
        return records <= max;
    });
}

// Of one word in several pieces.
std::optional<QueryWord> rarest_piece(const CommonTokens& common, const std::vector<QueryWord>& words) {
    if (words.size() != 1 || words.front().alternatives.size() != 1) return std::nullopt;
    const std::vector<QueryWord::Term>& terms = words.front().alternatives.front();
    if (terms.size() < 2) return std::nullopt;
    QueryWord rarest;
    rarest.alternatives = {{*std::ranges::min_element(
        terms, {}, [&](const QueryWord::Term& term) { return records_with(common, term); })}};
    return rarest;
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
    if (selection.words.empty()) return;
    const access::RowFilter filter = selection.reach();
    if (connection.dialect() == Dialect::postgres) {
        const bool words_decide = filter.everything && selection.filters.empty();
        const auto common = common_tokens(state, connection, selection);
        selection.rare_words =
            are_rare(*common, selection.words, words_decide ? rare_words_max_of_all : rare_words_max);
        if (!selection.rare_words) selection.led_by = rarest_piece(*common, selection.words);
    }
    if (!selection.object.owned) return;
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
    if (!selection.scope_leaves_shares || connection.dialect() != Dialect::postgres ||
        *selection.shares_held > shares_named_max)
        return;
    selection.shared.emplace();
    connection.query(shared_ids(selection), [&](const store::Row& row) {
        selection.shared->push_back({row.integer(0)});
        return true;
    });
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
