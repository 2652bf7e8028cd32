// Deciding on an application: approving makes the employee and the account in the same change.
#include "base/text.hpp"
#include "organisation/account_application/fields.hpp"
#include "organisation/employee/fields.hpp"
#include "organisation/user/fields.hpp"
#include "record/behaviour.hpp"

namespace gx::account_application {
namespace {

using record::Draft;
using record::Params;

template <class T>
void copy(const Params& params, std::string_view name, Draft& to, record::Field<T> field) {
    const auto found = params.find(name);
    if (found == params.end()) return;
    if (const T* value = std::get_if<T>(&found->second)) to.set(field, *value);
}

void decide(Draft& draft, std::string_view outcome) {
    if (draft.get(status) != "waiting") return draft.add_problem("", "decided_already");
    draft.set(status, std::string(outcome));
    if (const RecordId by = draft.caller().employee()) draft.set(decided_by, by);
    draft.set(decided_at, draft.now());
}

void approve(Draft& draft, const Params& params) {
    decide(draft, "approved");
    Draft& person = draft.add("employee");
    person.set(employee::name, draft.get(name).value_or(""));
    if (const auto address = draft.get(email)) person.set(employee::email, *address);
    if (const auto phone = draft.get(mobile)) person.set(employee::mobile, *phone);
    copy(params, "department", person, employee::department);
    copy(params, "level", person, employee::level);

    Draft& account = draft.add("user");
    account.set(user::login, draft.get(login).value_or(""));
    copy(params, "login", account, user::login);
    account.set(user::employee, person.id());
    copy(params, "roles", account, user::roles);
    copy(params, "user_type", account, user::user_type);
    account.set(user::application, draft.id());
}

void refuse(Draft& draft, const Params& params) {
    decide(draft, "refused");
    copy(params, "answer", draft, answer);
}

void fold_login(Draft& draft) {
    if (const auto wanted = draft.get(login)) draft.set(login, fold(*wanted));
}

}  // namespace

void behave(record::Behaviour& behaviour) {
    behaviour.before_save(fold_login);
    behaviour.action("approve", approve);
    behaviour.action("refuse", refuse);
}

}  // namespace gx::account_application
