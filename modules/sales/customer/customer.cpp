// How complete a customer's file is (the front line fills in the rest later), and its last contact.
#include <algorithm>
#include <array>

#include "record/behaviour.hpp"
#include "sales/customer/fields.hpp"

namespace gx::customer {
namespace {

using record::Draft;

// What a salesperson should know of a customer. Each counts the same; fields with a default do not count.
constexpr std::array counted{type.name,
                             level.name,
                             industry.name,
                             source.name,
                             phone.name,
                             email.name,
                             website.name,
                             address.name,
                             country.name,
                             licence_number.name,
                             legal_person.name,
                             registered_capital.name,
                             business_form.name,
                             annual_revenue.name,
                             employees.name,
                             trade_standing.name,
                             current_strategy.name,
                             bank.name,
                             taxpayer_kind.name,
                             payment_attitude.name};

bool is_filled(const Draft& draft, const char* field) { return !is_null(draft.value(field)); }

void measure(Draft& draft) {
    const auto filled = std::ranges::count_if(counted, [&](const char* field) { return is_filled(draft, field); });
    draft.set(completeness, Decimal{filled * 100 / static_cast<std::int64_t>(counted.size()), 2});
}

// Activities are also entered afterwards; an older one does not hide a newer one.
void keep_latest(Draft& draft) {
    const auto* before = std::get_if<Timestamp>(&draft.old_value(last_follow_at.name));
    const auto now = draft.get(last_follow_at);
    if (before != nullptr && (!now || *now < *before)) draft.set(last_follow_at, *before);
}

void before_save(Draft& draft) {
    if (draft.is_removal()) return;
    measure(draft);
    keep_latest(draft);
}

}  // namespace

void behave(record::Behaviour& behaviour) { behaviour.before_save(before_save); }

}  // namespace gx::customer
