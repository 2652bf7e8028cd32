// A directory can be asked: its filters are whole, and its connection is encrypted in one way.
#include "organisation/directory/fields.hpp"

#include "record/behaviour.hpp"

namespace gx::directory {
namespace {

// In brackets as a whole, and every bracket has its other half.
bool is_filter(std::string_view filter) {
    if (!filter.starts_with('(') || !filter.ends_with(')')) return false;
    int open = 0;
    for (std::size_t at = 0; at < filter.size(); ++at) {
        if (filter[at] == '(') ++open;
        if (filter[at] == ')') --open;
        if (open < 0 || (open == 0 && at + 1 != filter.size())) return false;
    }
    return open == 0;
}

void check(record::Draft& draft) {
    if (draft.is_removal()) return;
    if (const auto filter = draft.get(people_filter); filter && !is_filter(*filter))
        draft.problem(people_filter, "not_a_filter");
    if (const auto filter = draft.get(group_filter); filter && !is_filter(*filter))
        draft.problem(group_filter, "not_a_filter");
    const std::string reached = draft.get(address).value_or("");
    if (draft.get(start_tls).value_or(false) && reached.starts_with("ldaps:")) draft.problem(start_tls, "secure_twice");
}

}  // namespace

void behave(record::Behaviour& behaviour) { behaviour.before_save(check); }

}  // namespace gx::directory
