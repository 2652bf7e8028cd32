// The rows that a caller reaches, as SQL: what access::RowFilter says, on a table of the object in a statement.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "record/query.hpp"

namespace gx::record {

// "column in (…)"; `ids` is not empty. On PostgreSQL the ids are one array: reading hundreds of values takes it longer
// than finding a page of rows.
Sql in_list(Dialect dialect, const std::string& column, const std::vector<RecordId>& ids);

// The same, or "column not in (…)", of rows that are found by something else: never a way to find them on PostgreSQL,
// which then looks into a hash table and neither weighs nor compares one id after the other.
Sql checked_in_list(Dialect dialect, const std::string& column, const std::vector<RecordId>& ids, bool inside = true);

// One condition in brackets, never empty. `alias` is how the table is called in the statement; the table's own name,
// quoted, when it has no other. Rights are asked of the record as it is today, so `past` tells that the table holds the
// rows of another day.
Sql reach_sql(const Asking& asking, const meta::Object& object, const access::RowFilter& filter, std::string_view alias,
              bool past = false);

// Only what owner and department do not decide, conditions and shares; nothing when there is none.
std::optional<Sql> reach_beyond_scope(const Asking& asking, const meta::Object& object, const access::RowFilter& filter,
                                      std::string_view alias, bool past = false);

// The conditions of these alone.
std::optional<Sql> reach_by_condition(const Asking& asking, const meta::Object& object, const access::RowFilter& filter,
                                      std::string_view alias, bool past = false);

// A row of the table of shares that counts for this filter now.
Sql live_share(const Asking& asking, const access::RowFilter& filter, std::string_view alias);

}  // namespace gx::record
