// There is one policy and there always is one; its list of networks can be read; nobody is asked for what cannot be.
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

// A passkey belongs to one address for good, and browsers make none without https. Without this everybody would be out.
void check_passkeys(record::Draft& draft) {
    if (draft.is_removal() || draft.get(strength) != "passkey") return;
    const std::string address = draft.get(site_address).value_or("");
    const bool here = address == "http://localhost" || address.starts_with("http://localhost:");
    if (!address.starts_with("https://") && !here) draft.problem(site_address, "passkeys_need_address");
}

}  // namespace

void behave(record::Behaviour& behaviour) {
    behaviour.before_save(stay_one);
    behaviour.before_save(check_addresses);
    behaviour.before_save(check_passkeys);
}

}  // namespace gx::security_policy
