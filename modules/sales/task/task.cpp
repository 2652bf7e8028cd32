// A task notes when it was received, started and done, so that the sender sees how far it is.
#include "record/behaviour.hpp"
#include "sales/task/fields.hpp"

namespace gx::task {
namespace {

using record::Draft;
using record::Params;

void note(Draft& draft, const record::Field<Timestamp>& when, bool reached) {
    if (!reached)
        draft.clear(when);
    else if (!draft.get(when))
        draft.set(when, draft.now());
}

void before_save(Draft& draft) {
    if (draft.is_removal()) return;
    if (!draft.get(customer))
        if (const auto* of_deal = std::get_if<RecordId>(&draft.linked("opportunity.customer")))
            draft.set(customer, *of_deal);
    const std::string now = draft.get(state).value_or("new");
    note(draft, received_at, now != "new");
    note(draft, started_at, now == "doing" || now == "done");
    note(draft, done_at, now == "done");
}

}  // namespace

void behave(record::Behaviour& behaviour) {
    behaviour.needs("opportunity.customer").before_save(before_save);
    behaviour.action("receive", [](Draft& draft, const Params&) { draft.set(state, std::string("received")); });
    behaviour.action("start", [](Draft& draft, const Params&) { draft.set(state, std::string("doing")); });
    behaviour.action("complete", [](Draft& draft, const Params& params) {
        draft.set(state, std::string("done"));
        const auto told = params.find("result");
        if (told != params.end() && !is_null(told->second)) draft.set_value(result.name, told->second);
    });
    behaviour.action("reopen", [](Draft& draft, const Params&) { draft.set(state, std::string("doing")); });
}

}  // namespace gx::task
