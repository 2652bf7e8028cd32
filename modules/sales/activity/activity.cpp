// What an activity leaves behind: the last contact of customer and people, and the next step of customer and deal.
#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "record/behaviour.hpp"
#include "sales/activity/fields.hpp"
#include "sales/contact/fields.hpp"
#include "sales/customer/fields.hpp"
#include "sales/opportunity/fields.hpp"

namespace gx::activity {
namespace {

using record::Draft;
using record::Params;

constexpr const char* done = "done";
constexpr std::size_t subject_from_content_max = 40;
// Clocks of browsers and telephones are not exact.
constexpr std::chrono::minutes ahead_max{60};

template <class T>
std::optional<T> given(const Params& params, std::string_view name) {
    const auto found = params.find(name);
    const T* value = found == params.end() ? nullptr : std::get_if<T>(&found->second);
    return value ? std::optional<T>(*value) : std::nullopt;
}

std::string beginning(std::string_view text) {
    std::string line;
    std::size_t taken = 0;
    for (const char32_t c : to_code_points(trim(text))) {
        if (c == U'\n' || c == U'\r') break;
        if (++taken > subject_from_content_max) return line + "…";
        append_utf8(line, c);
    }
    return line;
}

void fill(Draft& draft) {
    if (!draft.get(at)) draft.set(at, draft.now());
    if (!draft.get(subject))
        if (const auto text = draft.get(content)) draft.set(subject, beginning(*text));
    if (!draft.get(customer))
        if (const auto* of_deal = std::get_if<RecordId>(&draft.linked("opportunity.customer")))
            draft.set(customer, *of_deal);
}

void tell_customer(Draft& draft) {
    const auto one = draft.get(customer);
    if (!one) return;
    Draft& touched = draft.add("customer", *one);
    touched.set(customer::last_follow_at, *draft.get(at));
    if (const auto next = draft.get(next_on)) touched.set(customer::next_follow_on, *next);
}

void tell_contacts(Draft& draft) {
    for (const RecordId person : draft.get(contacts).value_or(Ids{}))
        draft.add("contact", person).set(contact::last_follow_at, *draft.get(at));
}

// A closed deal has no next step.
void tell_opportunity(Draft& draft) {
    const auto deal = draft.get(opportunity);
    const auto* state_of_deal = std::get_if<std::string>(&draft.linked("opportunity.state"));
    if (!deal || state_of_deal == nullptr || *state_of_deal != "open") return;
    if (!draft.get(next_step) && !draft.get(next_on)) return;
    Draft& touched = draft.add("opportunity", *deal);
    if (const auto step = draft.get(next_step)) touched.set(opportunity::next_step, *step);
    if (const auto day = draft.get(next_on)) touched.set(opportunity::next_on, *day);
}

void before_save(Draft& draft) {
    if (draft.is_removal()) return;
    fill(draft);
    if (draft.get(state) != done) return draft.clear(done_at);
    if (*draft.get(at) > draft.now() + ahead_max) return draft.problem(at, "done_in_future");
    if (!draft.get(done_at)) draft.set(done_at, draft.now());
    const bool news = draft.is_new() || draft.changed(state) || draft.changed(at) || draft.changed(customer) ||
                      draft.changed(contacts) || draft.changed(next_step) || draft.changed(next_on);
    if (!news) return;
    tell_customer(draft);
    tell_contacts(draft);
    tell_opportunity(draft);
}

void complete(Draft& draft, const Params& params) {
    draft.set(state, std::string(done));
    draft.set(result, *given<std::string>(params, "result"));
    // The parameter is not named as the field: forms offer what a field of the same name holds, and that is the plan.
    const Timestamp planned = draft.get(at).value_or(draft.now());
    draft.set(at, given<Timestamp>(params, "happened_at").value_or(std::min(planned, draft.now())));
    if (const auto step = given<std::string>(params, "next_step")) draft.set(next_step, *step);
    if (const auto day = given<Date>(params, "next_on")) draft.set(next_on, *day);
}

void cancel(Draft& draft, const Params& params) {
    draft.set(state, std::string("cancelled"));
    if (const auto reason = given<std::string>(params, "reason")) draft.set(result, *reason);
}

}  // namespace

void behave(record::Behaviour& behaviour) {
    behaviour.needs("opportunity.customer").needs("opportunity.state").before_save(before_save);
    behaviour.action("complete", complete).action("cancel", cancel);
}

}  // namespace gx::activity
