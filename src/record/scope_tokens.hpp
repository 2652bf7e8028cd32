// The search index knows whose a record is, so that a search over a small scope meets only rows of that scope: looking
// through all matches of a common word for the few that a salesperson may see would grow with the company. The
// condition on the row itself still decides.
#pragma once

#include <string>
#include <vector>

#include "access/access.hpp"
#include "base/id.hpp"
#include "base/tokens.hpp"
#include "meta/model.hpp"

namespace gx::record {

inline IndexOptions index_options(const meta::Field& field) {
    return {field.pinyin, field.person ? PinyinOf::person : PinyinOf::text};
}

// Marks that base/tokens.hpp gives to no token of a text.
inline std::string owner_token(RecordId owner) { return "@" + to_string(owner); }
inline std::string department_token(RecordId department) { return "#" + to_string(department); }

inline void append_scope_tokens(RecordId owner, RecordId department, std::vector<std::string>& tokens) {
    if (owner) tokens.push_back(owner_token(owner));
    if (department) tokens.push_back(department_token(department));
}

// A word that every record of the scope has and no other.
inline QueryWord scope_word(const access::RowFilter& filter) {
    QueryWord word;
    for (const RecordId owner : filter.owners) word.alternatives.push_back({{owner_token(owner), false}});
    for (const RecordId department : filter.departments)
        word.alternatives.push_back({{department_token(department), false}});
    return word;
}

}  // namespace gx::record
