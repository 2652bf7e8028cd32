// Posts are called like the department they are in.
#include "organisation/department/fields.hpp"
#include "record/behaviour.hpp"

namespace gx::department {
namespace {

void rename_posts(record::Draft& draft) {
    if (draft.is_new() || draft.is_removal() || !draft.changed(name)) return;
    for (const Value& post : draft.children("posts"))
        if (const auto* id = std::get_if<RecordId>(&post)) draft.add("employee_post", *id);
}

}  // namespace

void behave(record::Behaviour& behaviour) { behaviour.needs("posts").before_save(rename_posts); }

}  // namespace gx::department
