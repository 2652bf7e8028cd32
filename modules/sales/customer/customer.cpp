// How complete a customer's file is (the front line fills in the rest later), its last contact, and since when it
// trades.
#include <algorithm>
#include <array>

#include "record/behaviour.hpp"
#include "sales/customer/fields.hpp"

namespace gx::customer {
namespace {

using record::Draft;
using record::Params;

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

// Potential and trading customers are kept apart: when and by whom one became the other stays on the record.
void note_trading(Draft& draft) {
    if (!draft.changed(trading)) return;
    if (!draft.get(trading).value_or(false)) {
        draft.clear(trading_since);
        return draft.clear(trading_by);
    }
    if (!draft.changed(trading_since)) draft.set(trading_since, draft.today());
    if (const RecordId person = draft.caller().employee()) draft.set(trading_by, person);
}

void convert(Draft& draft, const Params& params) {
    draft.set(trading, true);
    const auto since = params.find("since");
    const auto* day = since == params.end() ? nullptr : std::get_if<Date>(&since->second);
    if (day == nullptr) return;
    if (*day > draft.today()) return draft.problem(trading_since, "trading_later");
    draft.set(trading_since, *day);
}

void before_save(Draft& draft) {
    if (draft.is_removal()) return;
    measure(draft);
    keep_latest(draft);
    note_trading(draft);
}

}  // namespace

void behave(record::Behaviour& behaviour) { behaviour.before_save(before_save).action("convert", convert); }

}  // namespace gx::customer
