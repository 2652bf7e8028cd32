// How the rows of a caller's scope are found: along the order when the caller sees much, from branch to branch of the
// scope when little. docs/decisions/0016 tells why. No row is in two parts of one plan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/listing.hpp"

namespace gx::record {

// More owners and departments than this are no branches.
inline constexpr std::size_t branches_max = 60;
// More shares than this are walked in their order, grantee by grantee.
inline constexpr std::int64_t shares_gathered_max = 20'000;
// As many are named to PostgreSQL one by one: it meets those that hold a word in its indexes, without reading a row for
// each match of the word, as it does when it knows them by a subquery only.
inline constexpr std::int64_t shares_named_max = 5'000;

// A table that leads to rows of the object, before the object's own.
struct Lead {
    Sql table;
    std::string id;
    std::string seen;  // its copy of updated_at, where it has one
};

// One way to some of the rows of a scope.
struct Part {
    std::optional<Sql> condition = std::nullopt;  // none: every row
    std::optional<Lead> lead = std::nullopt;
    bool in_order = false;  // by id, the newest first, without being sorted
    // The page of these is made first, as "walked" with the keys k0, k1 …, for the others to look at.
    bool walked = false;
};

// For a page of `rows_wanted` rows in the order of `keys`; `from` reads the rows.
std::vector<Part> plan_scope(const Selection& selection, const From& from, const std::vector<OrderKey>& keys,
                             std::int64_t rows_wanted);
// Ids of the records that are shared with the caller, as one column.
Sql shared_ids(const Selection& selection);
// What the words of a selection find, within the scope of the caller.
std::vector<Part> word_parts(const Selection& selection, const From& from);
// For counting, where no order matters.
std::vector<Part> count_scope(const Selection& selection, const From& from);
// The tables of a part's statement.
Sql part_tables(Dialect dialect, const From& from, const Part& part);

// An index gives the rows in this order.
bool is_plain_index(const meta::Object& object, const std::vector<OrderKey>& keys);
// The newest first: the order in which the index of words is walked, so that a common word costs no more than a page.
bool walks_words(const Selection& selection, const std::vector<OrderKey>& keys);
// Without statistics SQLite takes an index of a filter for selective, finds half the table by it and sorts that. Where
// enough rows pass, they come soon enough along the index of the order.
bool walks_past_filters(const Selection& selection, const std::vector<OrderKey>& keys, std::int64_t rows_wanted);

// So few shares that putting them in order costs little.
bool few_shares(const Selection& selection);
// How much of all rows these owners and departments hold, by a sample.
double fraction_of(const access::RowFilter& filter, const ScopeSizes* sizes);
// How much of all rows the caller reaches: counted by owner and department, else as a sample told.
double reached_share(const Selection& selection, const access::RowFilter& filter);

}  // namespace gx::record
