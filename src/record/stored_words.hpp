// What the search index holds of a stored row: for making it anew, and for taking a row out of it.
#pragma once

#include <string>
#include <vector>

#include "record/plan.hpp"
#include "record/scope_tokens.hpp"

namespace gx::record {

// The searched columns for a select list, each behind a comma.
inline std::string searched_columns(const ObjectPlan& plan) {
    std::string list;
    for (const std::uint32_t field : plan.searchables)
        list += ", " + plan.columns[static_cast<std::size_t>(plan.column_of_field[field])].columns[0].name;
    return list;
}

// Tokens of those columns, the first of which is number `column` of the row.
inline void append_stored_words(const ObjectPlan& plan, const store::Row& row, int column,
                                std::vector<std::string>& tokens) {
    for (const std::uint32_t field : plan.searchables)
        index_tokens(row.text(column++), index_options(plan.object->fields[field]), tokens);
}

}  // namespace gx::record
