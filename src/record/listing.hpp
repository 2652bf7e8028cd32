// From a ListQuery to its one statement: which rows (Selection, made in select.cpp), in which order and from where on
// (Paging), and on which way (scope_plan.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/tokens.hpp"
#include "record/columns.hpp"
#include "record/query.hpp"
#include "record/state.hpp"

namespace gx::record {

// Rows of one object that a caller may reach and asks for.
struct Selection {
    Selection(const Asking& who, const meta::Object& what) : asking(who), object(what) {}

    const Asking& asking;
    const meta::Object& object;
    access::Verb verb = access::Verb::view;
    std::vector<expr::Node> filters;
    PathOf filters_of = PathOf::caller;
    std::vector<QueryWord> words;
    std::optional<QueryWord> scope;               // goes with the words to the search index
    bool scope_leaves_shares = false;             // … which knows of no share: those are another part of the plan
    std::optional<std::vector<RecordId>> shared;  // ids of what is shared with the caller, where they are named
    bool rare_words = false;          // so few matches that PostgreSQL finds them all before it looks at the first
    std::optional<QueryWord> led_by;  // the rarest piece of one long word that is common: PostgreSQL checks the others
    bool words_by_text = false;       // common words: rows are met on the way and their texts asked, not the index
    bool nothing = false;             // the search holds no word that could match
    bool bin = false;
    std::string by;   // children: this reference …
    RecordId parent;  // … is this record
    // The past (as_of.cpp): "with … " of the whole statement, and what stands for today's tables.
    Sql before;
    std::map<std::string, std::string> links;  // quoted, by field
    std::string table;                         // quoted; the object's own when empty
    std::string owner_column = "owner", department_column = "owner_department";
    std::shared_ptr<const ScopeSizes> sizes;
    std::optional<double> reach_share;        // how much of all rows the caller reaches, where conditions decide on it
    std::optional<std::int64_t> shares_held;  // by all that the caller is, where a plan depends on it
    std::optional<double> filter_share;  // how much filters and common words let through, where a plan depends on it

    From from(std::string alias = "t") const;
    // Without the scope of the caller.
    struct Ways {
        bool check_filters = false;  // on rows found otherwise, never a way to find them (SQLite)
        bool words_joined = false;   // the search index is a table of the statement
    };
    std::vector<Sql> conditions(From& from, Ways ways) const;
    std::vector<Sql> conditions(From& from) const { return conditions(from, Ways()); }
    bool has_index() const { return !words.empty() && table.empty(); }
    bool by_index() const { return has_index() && !words_by_text; }
    std::vector<QueryWord> asked_words() const;  // with the scope, where that is the whole of it
    access::RowFilter reach() const;
};

struct Paging {
    std::vector<SortKey> sort;
    std::vector<store::Cell> after;  // values of the keys; empty: from the start
    int limit = 50;                  // rows read; ask for one more to know whether there is a next page
    std::int64_t offset = 0;
    bool by_ids = false;  // the caller asks for the ids first where the listing says so
};

// A finished statement. The first columns of a row are id and version.
struct Listing {
    Sql sql;
    std::unique_ptr<From> from;  // columns borrow it
    std::unique_ptr<Columns> columns;
    std::vector<OrderKey> keys;
    int first_key = 0;  // position of the first key in the row
    std::vector<store::Cell> key_values(const store::Row& row) const;
    // To be asked first, where it is there: the ids of the page, which `sql` then wants.
    std::optional<Sql> ids;
    std::size_t ids_at = 0;  // their place among the parameters of `sql`
    const Sql& rows_of(const std::vector<RecordId>& page);
};

using AddColumns = FunctionRef<void(Columns&, From&)>;
Listing make_listing(const Selection& selection, const Paging& paging, Columns::For purpose, AddColumns add);
// All rows in order, nothing held back: id first, then the columns, as Values.
struct Stream {
    Sql sql;
    std::unique_ptr<From> from;
    std::unique_ptr<Columns> columns;
};
Stream make_stream(const Selection& selection, const std::vector<SortKey>& sort, AddColumns add);
// With `capped`, counts no further than count_cap + 1.
Sql make_count(const Selection& selection, bool capped);

// ── from the caller's words ────────────────────────────────────────────────────────────────────────────────────────

// The caller's scope on rows that are found by their id or their parent.
Sql reach_condition(const Selection& selection, const From& from);

Asking asking_for(Records::State& state, const meta::Model& model, const Caller& caller, Dialect dialect);

// View, filter, search and scope of a query; throws Failure for what cannot be read or may not be named.
Selection select(Records::State& state, store::Connection& connection, const Asking& asking, const meta::Object& object,
                 const ListQuery& query, std::vector<SortKey>& sort);

// Names of the fields to show, checked; empty: every readable one that suits a list.
std::vector<std::string> shown_fields(const Asking& asking, const meta::Object& object,
                                      const std::vector<std::string>& fields, bool long_texts);

// "contains all these words": the index, and where the index is coarser than a person, the text itself.
void add_search(Selection& selection, std::string_view typed);

// Turns the selection to the rows as they were at a moment (as_of.cpp).
void look_back(store::Connection& connection, Selection& selection, Timestamp moment);

// Learns how common the words of a selection are, where a plan depends on it, and gives them the scope as one more word
// of the search index (scope_tokens.hpp), when it holds so few of the rows that finding `rows_wanted` by checking one
// match after the other would take long.
void narrow_words(Records::State& state, store::Connection& connection, Selection& selection, std::int64_t rows_wanted);

// The word stands in a searchable text of the record that the caller may read: for words that the index finds too
// coarsely, and for callers from whom some of those texts are kept.
Sql recheck_word(const Asking& asking, const meta::Object& object, const From& from, const QueryWord& word);

void require_view(const Caller& caller, const meta::Object& object);

}  // namespace gx::record
