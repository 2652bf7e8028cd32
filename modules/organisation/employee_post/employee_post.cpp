// The main post and the employee say the same: who is given another main post has its department and position. What
// becomes of the posts beside it is decided with the employee, who knows them all (employee.cpp).
#include "organisation/employee_post/fields.hpp"

#include "organisation/employee/fields.hpp"
#include "record/behaviour.hpp"

namespace gx::employee_post {
namespace {

using record::Draft;

bool differs(const Draft& draft, const char* path, std::string_view own) {
    return draft.linked(path) != draft.value(own);
}

void keep_main(Draft& draft, Draft& holder) {
    const bool is_main = draft.get(main).value_or(false);
    const bool elsewhere =
        differs(draft, "employee.department", department.name) || differs(draft, "employee.position", position.name);
    if (draft.linked("employee.status") == Value(std::string("left"))) return;
    if (!is_main) {
        const bool was_main = !draft.is_new() && draft.old_value(main.name) == Value(true);
        if (was_main && !elsewhere) draft.problem(main, "main_needed");
        return;
    }
    const bool chosen = draft.changed(main) || draft.changed(department) || draft.changed(position);
    const auto last = draft.get(until_on);
    if (last && *last < draft.today() && (chosen || draft.changed(until_on)))
        return draft.problem(until_on, "main_has_ended");
    // Otherwise it was the employee that moved, and this post ends with that.
    if (!chosen || !elsewhere) return;
    holder.set_value(employee::department.name, draft.value(department.name));
    holder.set_value(employee::position.name, draft.value(position.name));
}

void before_save(Draft& draft) {
    const auto person = draft.get(employee);
    if (!person || is_null(draft.linked("employee.name"))) return;  // told by the platform
    if (!draft.is_new() && draft.changed(employee)) return draft.problem(employee, "employee_stays");
    Draft& holder = draft.add("employee", *person);
    if (holder.is_removal()) return;
    if (!draft.is_removal()) return keep_main(draft, holder);
    if (draft.get(main).value_or(false)) draft.add_problem("", "main_needed");
}

}  // namespace

void behave(record::Behaviour& behaviour) {
    for (const char* path : {"employee.name", "employee.department", "employee.position", "employee.status"})
        behaviour.needs(path);
    behaviour.before_save(before_save);
}

}  // namespace gx::employee_post
