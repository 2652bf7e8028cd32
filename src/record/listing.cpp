#include "record/listing.hpp"

#include "record/reach.hpp"
#include "record/scope_plan.hpp"
#include "record/sql_pieces.hpp"
#include "store/search.hpp"

namespace gx::record {

using meta::FieldType;

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

const Sql& Listing::rows_of(const std::vector<RecordId>& page) {
    sql.params.at(ids_at) = id_array(page);
    return sql;
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

    // PostgreSQL plans what is searched anew for each word, because words differ so much, and with the titles of all
    // references that takes many times longer than the search. So only the ids are searched; the statement that reads
    // the rows is planned once.
    const bool ids_first =
        paging.by_ids && selection.asking.dialect == Dialect::postgres && walks_words(selection, inner_keys);
    if (!ids_first && scope.size() == 1 && walks_words(selection, inner_keys)) {
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
    const bool in_order = scope.size() == 1 && scope.front().in_order;
    for (std::size_t i = 0; i < inner_keys.size(); ++i) {
        // PostgreSQL takes what comes by id, falling, as in order for "desc" alone, even where no null can be.
        const bool null = inner_keys[i].nullable || !in_order;
        append_part(page_order, {"k" + std::to_string(i) +
                                     (inner_keys[i].descending ? (null ? " desc nulls last" : " desc")
                                                               : (null ? " asc nulls first" : " asc")),
                                 {}});
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
    const auto end = [&](Sql& rows, bool comes_by_id = false) {
        rows += " order by ";
        rows += comes_by_id && walks_words(selection, inner_keys) ? Sql{"k0 desc", {}} : page_order;
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
                end(rows, part.in_order);
                rows += ")";
            }
            append_part(page, rows, " union all ");
        }
    }
    page += " order by ";
    page += page_order;
    add_limit(page);

    if (ids_first) {
        listing.ids = Sql{"select k0 from (", {}};
        *listing.ids += page;
        *listing.ids += ") k";
        listing.ids->planning = store::Planning::anew;
        listing.keys = order_keys(selection.asking, from, paging.sort);
        finish(listing.keys);
        listing.sql = {"select ", {}};
        listing.sql += columns.select_list();
        listing.sql += " from ";
        listing.sql += from.sql();
        listing.sql += " where " + from.own("id") + " = any(?::bigint[]) order by ";
        listing.ids_at = listing.sql.params.size();
        listing.sql.bind(std::string("{}"));
        listing.sql += order_by(listing.keys);
        listing.sql.planning = store::Planning::once;
        return listing;
    }

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
    if (scope.front().walked && (selection.filters.empty() || check_filters))
        listing.sql.planning = store::Planning::once;
    return listing;
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
    if (!selection.reach().everything) conditions.push_back(reach_condition(selection, from));
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
    const std::vector<Sql> conditions = selection.conditions(from, {.words_joined = selection.has_index()});
    const std::vector<Part> scope = count_scope(selection, from);
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

}  // namespace gx::record
