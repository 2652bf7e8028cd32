// Search over objects, and pickers. Permission is part of each statement. The best hits come
// first: the very title, titles that begin so, names with these pinyin initials, then everything else by age.
#include <algorithm>
#include <numeric>

#include "base/failure.hpp"
#include "base/pinyin.hpp"
#include "base/text.hpp"
#include "meta/field_value.hpp"
#include "record/schema.hpp"
#include "record/scope_plan.hpp"
#include "record/sql_pieces.hpp"
#include "store/search.hpp"

namespace gx::record {

namespace {

constexpr int hits_max = 100;
constexpr int options_max = 100;
constexpr std::size_t typed_bytes_max = 1000;
// Titles of one beginning that are looked at; the search index holds them all anyway.
constexpr std::int64_t beginnings_looked_at = 300;
// More than are shown, so that the better ones come first.
std::int64_t words_found_max(int limit) { return std::int64_t{limit} * 3; }

struct Hit {
    const meta::Object* object = nullptr;
    std::int64_t id = 0;
    int rank = 0;
    std::string title, matched, hint;
};

enum Rank { same_title, title_begins, initials, in_title, elsewhere };

// Text fields whose words are in the index, the title first.
std::vector<const meta::Field*> searched_fields(const Asking& asking, const meta::Object& object) {
    const access::FieldMask mask = access::fields(*asking.caller.grants, object);
    std::vector<const meta::Field*> fields;
    for (const meta::Field& field : object.fields) {
        if (!field.searchable || !field.has_column() || !mask.read[field.index]) continue;
        const std::vector<meta::Column> columns = meta::columns(field);
        if (field.type == meta::FieldType::choice || !columns.front().text || field.name == object.title) continue;
        fields.push_back(&field);
    }
    return fields;
}

// What tells two records of one title apart: the number, else the first other searched field.
const meta::Field* hint_field(const std::vector<const meta::Field*>& fields) {
    for (const meta::Field* field : fields) {
        if (field->type == meta::FieldType::number) return field;
    }
    for (const meta::Field* field : fields) {
        if (field->type != meta::FieldType::mnemonic) return field;
    }
    return nullptr;
}

class Finder {
public:
    Finder(Selection selection, std::string_view typed, int limit)
        : selection_(std::move(selection)),
          asking_(selection_.asking),
          object_(selection_.object),
          folded_(fold(typed)),
          limit_(limit),
          fields_(searched_fields(asking_, object_)),
          hint_(hint_field(fields_)) {}

    // The statements of this object: titles that begin so, and matches of the index, newest first.
    std::vector<Sql> statements() const {
        std::vector<Sql> all;
        if (selection_.nothing && object_.searchable) return all;
        if (std::optional<Sql> sql = by_title()) all.push_back(std::move(*sql));
        if (!object_.searchable) return all;
        for (const Part& part : word_parts(selection_, selection_.from())) all.push_back(by_words(part));
        return all;
    }

    void take(const store::Row& row) {
        if (std::any_of(hits_.begin(), hits_.end(), [&](const Hit& hit) { return hit.id == row.integer(0); })) return;
        Hit hit;
        hit.object = &object_;
        hit.id = row.integer(0);
        hit.title = row.text(1);
        const std::string title = fold(hit.title);
        if (title == folded_) {
            hit.rank = same_title;
        } else if (title.starts_with(folded_)) {
            hit.rank = title_begins;
        } else if (title.find(folded_) != std::string::npos) {
            hit.rank = in_title;
        } else if (pinyin_initials(hit.title).starts_with(folded_)) {
            hit.rank = initials;
        } else {
            hit.rank = elsewhere;
        }
        hit.matched = hit.title;
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            const std::string_view text = row.text(static_cast<int>(i) + 2);
            if (hit.rank == elsewhere && hit.matched == hit.title && !selection_.words.empty() &&
                fold(text).find(selection_.words.front().folded) != std::string::npos) {
                hit.matched = text;
            }
            if (fields_[i] == hint_) hit.hint = text;
        }
        hits_.push_back(std::move(hit));
    }

    std::vector<Hit>& hits() { return hits_; }

private:
    Sql columns(From& from) const {
        Sql list{from.own("id") + ", ", {}};
        list += from.title(from.alias(), object_);
        for (const meta::Field* field : fields_) list += ", " + from.own(field->name);
        return list;
    }

    // Titles of one beginning stand together in the pinyin order.
    std::optional<Sql> by_title() const {
        const std::string sort = title_sort_column(object_);
        if (sort.empty() || folded_.empty()) return std::nullopt;
        const std::string first = title_sort_key(object_.field(object_.title), folded_);
        if (first.empty()) return std::nullopt;
        // The beginnings are cut before the scope is asked: letters alone may begin a good part of all titles. What is
        // cut off is still found by its words, and the very title stands first.
        Sql beginnings{"select \"id\" as id from " + in_quotes(object_.name) + " where \"deleted_at\" is null and " +
                           in_quotes(sort) + " >= ? and " + in_quotes(sort) + " < ? order by " + in_quotes(sort) +
                           " asc nulls first, \"id\" asc nulls first",
                       {first, first + "\xf4\x8f\xbf\xbf"}};
        if (object_.searchable) append_limit(beginnings, beginnings_looked_at);
        From from = selection_.from();
        Sql sql{"select ", {}};
        sql += columns(from);
        Selection titles = selection_;
        titles.words.clear();
        std::vector<Sql> all = titles.conditions(from);
        if (!titles.reach().everything) all.push_back(reach_condition(titles, from));
        // Homophones meet there too: only the typed characters count, unless letters were typed.
        const bool letters =
            std::all_of(folded_.begin(), folded_.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
        if (!letters) {
            all.push_back({std::string(asking_.dialect == Dialect::sqlite ? "instr" : "strpos") + "(lower(" +
                               from.own(object_.title) + "), ?) = 1",
                           {folded_}});
        }
        sql += " from (";
        sql += beginnings;
        sql += asking_.dialect == Dialect::sqlite ? ") w cross join " : ") w join ";
        sql += from.sql_on(from.own("id") + " = w.id");
        sql += " where ";
        sql += joined_with_and(all);
        append_limit(sql, limit_);
        sql.planning = store::Planning::once;
        return sql;
    }

    Sql by_words(const Part& part) const {
        From from = selection_.from();
        const Sql list = columns(from);
        std::vector<Sql> all = selection_.conditions(from, {.words_joined = true});
        all.push_back(*part.condition);
        Sql sql{"select ", {}};
        sql += list;
        sql += " from ";
        sql += part_tables(asking_.dialect, from, part);
        sql += " where ";
        sql += joined_with_and(all);
        sql += " order by " + part.lead->id + " desc";
        append_limit(sql, words_found_max(limit_));
        // How few hold a word and belong to the caller as well, PostgreSQL sees by what is asked for.
        sql.planning = selection_.scope ? store::Planning::anew : store::Planning::once;
        return sql;
    }

    const Selection selection_;
    const Asking& asking_;
    const meta::Object& object_;
    std::string folded_;
    int limit_;
    std::vector<const meta::Field*> fields_;
    const meta::Field* hint_;
    std::vector<Hit> hits_;
};

void find(store::Connection& connection, std::vector<Finder>& finders) {
    std::vector<Sql> statements;
    std::vector<Finder*> owners;
    for (Finder& finder : finders) {
        for (Sql& sql : finder.statements()) {
            statements.push_back(std::move(sql));
            owners.push_back(&finder);
        }
    }
    if (statements.empty()) return;
    connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
        owners[statement]->take(row);
        return true;
    });
}

void sort_hits(std::vector<Hit>& hits, std::size_t limit) {
    // In the order in which they were found where the rank is the same.
    std::vector<std::size_t> order(hits.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return std::pair(hits[a].rank, a) < std::pair(hits[b].rank, b); });
    std::vector<Hit> sorted;
    for (const std::size_t at : order) {
        if (sorted.size() == limit) break;
        sorted.push_back(std::move(hits[at]));
    }
    hits = std::move(sorted);
}

void check_typed(std::string_view typed, int limit, int most) {
    if (typed.size() > typed_bytes_max)
        throw bad_request("search_too_long", {{"max", std::to_string(typed_bytes_max)}});
    if (limit < 1 || limit > most) throw bad_request("limit", {{"max", std::to_string(most)}});
}

void write_hit(const Hit& hit, std::string& out) {
    out += "\"id\":";
    write_id(hit.id, out);
    out += ",\"title\":";
    write_text(hit.title, out);
    out += ",\"hint\":";
    if (hit.hint.empty() || hit.hint == hit.title) {
        out += "null";
    } else {
        write_text(hit.hint, out);
    }
}

}  // namespace

void Records::search(const Caller& caller, std::string_view typed, std::span<const std::string> objects, int limit,
                     std::string& out) const {
    check_typed(typed, limit, hits_max);
    const meta::ModelPtr model = state_->parts.model();
    std::vector<const meta::Object*> searched;
    for (const std::string& name : objects) {
        const meta::Object& object = model->object(name);
        require_view(caller, object);
        if (!object.searchable) throw bad_request("object_not_searchable", {{"object", name}});
        searched.push_back(&object);
    }
    if (objects.empty()) {
        for (const meta::Object& object : model->objects()) {
            if (object.searchable && !object.system && access::may(*caller.grants, object, access::Verb::view)) {
                searched.push_back(&object);
            }
        }
    }
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        std::vector<Finder> finders;
        if (!is_blank(typed)) {
            for (const meta::Object* object : searched) {
                Selection selection(asking, *object);
                add_search(selection, typed);
                narrow_words(*state_, connection, selection, words_found_max(limit));
                finders.emplace_back(std::move(selection), typed, limit);
            }
        }
        find(connection, finders);
        std::vector<Hit> hits;
        for (Finder& finder : finders) {
            std::move(finder.hits().begin(), finder.hits().end(), std::back_inserter(hits));
        }
        sort_hits(hits, static_cast<std::size_t>(limit));
        out += "{\"hits\":[";
        for (std::size_t i = 0; i < hits.size(); ++i) {
            out += i == 0 ? "{\"object\":" : ",{\"object\":";
            write_text(hits[i].object->name, out);
            out += ',';
            write_hit(hits[i], out);
            out += ",\"matched\":";
            write_text(hits[i].matched, out);
            out += '}';
        }
        out += "]}";
    });
}

void Records::options(const Caller& caller, std::string_view object_name, std::string_view typed,
                      const json::value& filter, int limit, std::string& out) const {
    check_typed(typed, limit, options_max);
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(object_name);
    require_view(caller, object);
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        std::optional<expr::Node> node = read_filter(asking, object, filter);
        std::vector<Hit> hits;
        if (is_blank(typed)) {
            Selection selection(asking, object);
            if (node) selection.filters.push_back(std::move(*node));
            const std::vector<const meta::Field*> fields = searched_fields(asking, object);
            const meta::Field* hint = hint_field(fields);
            Paging paging;
            // Whoever may not read the field learns nothing of it by the order.
            const access::FieldMask mask = access::fields(*caller.grants, object);
            if (!object.sort.empty() && mask.read[object.field(object.sort).index])
                paging.sort.push_back({object.sort, false});
            paging.sort.push_back({object.title, false});
            paging.limit = limit;
            int title_at = 0;
            int hint_at = -1;
            const Listing listing =
                make_listing(selection, paging, Columns::For::json, [&](Columns& columns, From& from) {
                    title_at = columns.add_extra(from.title(from.alias(), object));
                    if (hint) hint_at = columns.add_extra({from.own(hint->name), {}});
                });
            connection.query(listing.sql, [&](const store::Row& row) {
                Hit hit;
                hit.id = row.integer(0);
                hit.title = row.text(title_at);
                if (hint_at >= 0) hit.hint = row.text(hint_at);
                hits.push_back(std::move(hit));
                return true;
            });
        } else {
            Selection selection(asking, object);
            if (node) selection.filters.push_back(std::move(*node));
            if (object.searchable) add_search(selection, typed);
            narrow_words(*state_, connection, selection, words_found_max(limit));
            std::vector<Finder> finders;
            finders.emplace_back(std::move(selection), typed, limit);
            find(connection, finders);
            hits = std::move(finders.front().hits());
            sort_hits(hits, static_cast<std::size_t>(limit));
        }
        out += "{\"options\":[";
        for (std::size_t i = 0; i < hits.size(); ++i) {
            out += i == 0 ? "{" : ",{";
            write_hit(hits[i], out);
            out += '}';
        }
        out += "]}";
    });
}

}  // namespace gx::record
