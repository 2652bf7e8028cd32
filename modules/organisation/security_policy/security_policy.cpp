// There is one policy and there always is one; its list of networks can be read.
#include "organisation/security_policy/fields.hpp"

#include <algorithm>

#include "base/address_range.hpp"
#include "record/behaviour.hpp"

namespace gx::security_policy {
namespace {

void stay_one(record::Draft& draft) {
    // The program itself ships it.
    const bool by_people = static_cast<bool>(draft.caller().user());
    if (draft.is_removal() || (draft.is_new() && by_people)) draft.add_problem("", "one_policy");
}

void check_addresses(record::Draft& draft) {
    const auto listed = draft.get(addresses);
    if (!listed) return;
    const AddressRanges parsed = parse_address_ranges(*listed);
    if (!parsed.wrong.empty())
        return draft.problem(addresses, "not_an_address", {{"value", std::string(parsed.wrong.substr(0, 60))}});
    // Whoever saves this would be out a moment later, and nobody could take it back in the browser.
    const std::string& own = draft.caller().address;
    const bool admitted =
        std::ranges::any_of(parsed.ranges, [&](const AddressRange& range) { return range.contains(own); });
    if (draft.changed(addresses) && !own.empty() && !parsed.ranges.empty() && !admitted)
        draft.problem(addresses, "shuts_out", {{"address", own}});
}

}  // namespace

void behave(record::Behaviour& behaviour) {
    behaviour.before_save(stay_one);
    behaviour.before_save(check_addresses);
}

}  // namespace gx::security_policy
