// Nobody locks himself out: an own account is disabled or deleted by somebody else.
#include "base/text.hpp"
#include "organisation/user/fields.hpp"
#include "record/behaviour.hpp"

namespace gx::user {
namespace {

void keep_own_account(record::Draft& draft) {
    if (draft.id() != draft.caller().user()) return;
    if (draft.is_removal())
        draft.add_problem("", "own_account");
    else if (draft.changed(status) && draft.get(status) != "active")
        draft.problem(status, "own_account");
}

// Whoever signs in need not remember how the name was written.
void fold_login(record::Draft& draft) {
    if (const auto name = draft.get(login)) draft.set(login, fold(*name));
}

}  // namespace

void behave(record::Behaviour& behaviour) {
    behaviour.before_save(keep_own_account);
    behaviour.before_save(fold_login);
}

}  // namespace gx::user
