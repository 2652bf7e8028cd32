// The last contact with a person never moves back when an older activity is entered afterwards.
#include "record/behaviour.hpp"
#include "sales/contact/fields.hpp"

namespace gx::contact {
namespace {

void keep_latest(record::Draft& draft) {
    const auto* before = std::get_if<Timestamp>(&draft.old_value(last_follow_at.name));
    const auto now = draft.get(last_follow_at);
    if (before != nullptr && (!now || *now < *before)) draft.set(last_follow_at, *before);
}

void before_save(record::Draft& draft) {
    if (!draft.is_removal()) keep_latest(draft);
}

}  // namespace

void behave(record::Behaviour& behaviour) { behaviour.before_save(before_save); }

}  // namespace gx::contact
