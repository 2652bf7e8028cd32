// Records that are likely the same as a draft, by the rules that its object declares.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/state.hpp"

namespace gx::record {

struct Duplicate {
    RecordId id;
    std::string title;
    std::string matched;   // the field
    bool visible = false;  // may the caller open it
};

using DraftValues = std::vector<std::pair<std::string, Value>>;
std::vector<Duplicate> find_duplicates(Records::State& state, const Caller& caller, std::string_view object,
                                       const DraftValues& draft);

}  // namespace gx::record
