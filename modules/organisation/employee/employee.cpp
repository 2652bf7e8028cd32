// Leaving is a state with a date.
#include "organisation/employee/fields.hpp"
#include "record/behaviour.hpp"

namespace gx::employee {
namespace {

void note_leaving(record::Draft& draft) {
    if (draft.is_removal() || !draft.changed(status)) return;
    if (draft.get(status) != "left")
        draft.clear(left_on);
    else if (!draft.get(left_on))
        draft.set(left_on, draft.today());
}

}  // namespace

void behave(record::Behaviour& behaviour) { behaviour.before_save(note_leaving); }

}  // namespace gx::employee
