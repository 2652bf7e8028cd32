// How an opportunity moves: state and chance follow the stage, each stage passed is noted, closing needs a reason and
// locks the record. The same holds for a form, a dragged card, an action and an import.
#include <algorithm>
#include <array>
#include <chrono>

#include "record/behaviour.hpp"
#include "sales/opportunity/fields.hpp"
#include "sales/opportunity_stage/fields.hpp"

namespace gx::opportunity {
namespace {

using record::Draft;
using record::Params;

constexpr const char* open = "open";
constexpr const char* won = "won";
constexpr const char* unrecorded = "unrecorded";

// What is still written when the deal is over. Its owner may change too: that is a field of the platform.
constexpr std::array written_after_closing{summary.name, reason_note.name, competitors.name};

template <class T>
std::optional<T> held(const Value& value) {
    const T* found = std::get_if<T>(&value);
    return found ? std::optional<T>(*found) : std::nullopt;
}

template <class T>
std::optional<T> given(const Params& params, std::string_view name) {
    const auto found = params.find(name);
    return found == params.end() ? std::nullopt : held<T>(found->second);
}

bool was_closed(const Draft& draft) {
    const auto before = held<std::string>(draft.old_value(state.name));
    return before && *before != open;
}

void lock_closed(Draft& draft) {
    for (const meta::Field& field : draft.object().fields) {
        if (field.system || field.hidden || field.read_only) continue;
        if (std::ranges::find(written_after_closing, field.name) != written_after_closing.end()) continue;
        if (draft.changed(field.name))
            draft.add_problem(field.name, field.name == stage.name ? "stage_not_open" : "closed");
    }
}

// People seldom invent names for deals; customer and product say it best.
void give_name(Draft& draft) {
    if (draft.get(name)) return;
    std::string made = held<std::string>(draft.linked("customer.name")).value_or("");
    if (const auto product_name = held<std::string>(draft.linked("product.name")))
        made += (made.empty() ? "" : " ") + *product_name;
    if (made.empty()) made = draft.get(external_number).value_or("");
    if (made.empty()) return draft.problem(name, "name_needed");
    draft.set(name, made);
}

// The chance of the stage, unless somebody judged it by hand. Closing and reopening end that judgement.
void follow_stage(Draft& draft, const std::string& kind, bool moved) {
    const Decimal usual = held<Decimal>(draft.linked("stage.chance")).value_or(Decimal{});
    const bool judged = draft.changed(chance) && draft.get(chance) && *draft.get(chance) != usual;
    draft.set(state, kind);
    if (kind != open) {
        draft.set(chance, usual);
        draft.set(chance_by_hand, false);
    } else if (judged) {
        draft.set(chance_by_hand, true);
    } else if (draft.changed(chance) || was_closed(draft) || (moved && !draft.get(chance_by_hand).value_or(false))) {
        draft.set(chance, usual);
        draft.set(chance_by_hand, false);
    }
}

// A record that arrives closed is history, from an import or entered afterwards: nobody can be asked any more, so its
// reason is "not recorded". Whoever closes a deal that is open here has to say why.
void give_reason(Draft& draft, const std::string& kind) {
    const auto& asked = kind == won ? win_reason : lose_reason;
    draft.clear(kind == won ? lose_reason : win_reason);
    if (!draft.get(closed_on)) draft.set(closed_on, draft.today());
    if (draft.get(asked)) return;
    if (draft.is_new())
        draft.set(asked, std::string(unrecorded));
    else
        draft.problem(asked, "reason_needed");
}

void forget_closing(Draft& draft) {
    draft.clear(closed_on);
    draft.clear(win_reason);
    draft.clear(lose_reason);
}

// When the stage was entered: now, but for records of the past the day that they name.
Timestamp entered(const Draft& draft, const std::string& kind) {
    const auto day = !draft.is_new() ? std::nullopt : kind == open ? draft.get(engaged_on) : draft.get(closed_on);
    // Noon, so that it is the same day in nearly every time zone.
    return day ? std::min(draft.now(), Timestamp(*day) + std::chrono::hours(12)) : draft.now();
}

// One row for each stage passed, with plan and fact (opportunity_stage).
void note_stage(Draft& draft, const std::string& kind) {
    const Timestamp at = entered(draft, kind);
    const Date day = draft.is_new() ? std::chrono::floor<std::chrono::days>(at) : draft.today();
    if (const auto before = draft.get(stage_entry)) {
        Draft& left = draft.add("opportunity_stage", *before);
        left.set(opportunity_stage::left_at, at);
        left.set(opportunity_stage::left_on, day);
    }
    const auto planned_days = held<Decimal>(draft.linked("stage.planned_days"));
    if (kind != open)
        draft.clear(stage_due_on);
    else if (planned_days && !draft.changed(stage_due_on))
        draft.set(stage_due_on, day + std::chrono::days(rescale(*planned_days, 0).unscaled));

    Draft& entry = draft.add("opportunity_stage");
    entry.set(opportunity_stage::opportunity, draft.id());
    entry.set(opportunity_stage::stage, *draft.get(stage));
    entry.set(opportunity_stage::entered_at, at);
    if (const auto due = draft.get(stage_due_on)) entry.set(opportunity_stage::planned_on, *due);
    if (const RecordId person = draft.caller().employee()) entry.set(opportunity_stage::by, person);
    draft.set(stage_entry, entry.id());
    draft.set(stage_entered_at, at);
}

// A new date for the present stage is a new plan of its row too.
void note_plan(Draft& draft) {
    const auto entry = draft.get(stage_entry);
    if (!entry || !draft.changed(stage_due_on)) return;
    draft.add("opportunity_stage", *entry)
        .set_value(opportunity_stage::planned_on.name, draft.value(stage_due_on.name));
}

void before_save(Draft& draft) {
    if (draft.is_removal()) return;
    give_name(draft);
    const auto kind = held<std::string>(draft.linked("stage.kind"));
    if (!kind) return;  // no stage: told by the platform, because it is required
    const bool moved = draft.is_new() || draft.changed(stage);
    if (was_closed(draft)) {
        if (*kind != open) return lock_closed(draft);
        if (!draft.may("reopen")) return draft.problem(stage, "reopen_needs_right");
        forget_closing(draft);
    }
    follow_stage(draft, *kind, moved);
    if (*kind != open) give_reason(draft, *kind);
    if (moved)
        note_stage(draft, *kind);
    else
        note_plan(draft);
}

void advance(Draft& draft, const Params& params) { draft.set(stage, *given<RecordId>(params, "stage")); }

void close(Draft& draft, const Params& params, const char* next, const record::Field<std::string>& reason) {
    const auto into = held<RecordId>(draft.linked(next));
    if (!into) return draft.problem(stage, "no_closing_stage");
    draft.set(stage, *into);
    draft.set(reason, *given<std::string>(params, "reason"));
    if (const auto note = given<std::string>(params, "note")) draft.set(reason_note, *note);
    if (const auto day = given<Date>(params, "closed_on")) draft.set(closed_on, *day);
}

void win(Draft& draft, const Params& params) {
    close(draft, params, "stage.on_win", win_reason);
    if (const auto paid = given<Money>(params, "amount")) draft.set(amount, *paid);
}

void lose(Draft& draft, const Params& params) {
    close(draft, params, "stage.on_lose", lose_reason);
    if (const auto rivals = given<std::string>(params, "competitors")) draft.set(competitors, *rivals);
}

// Whether the stage is an open one is checked with the rest, before saving.
void reopen(Draft& draft, const Params& params) { draft.set(stage, *given<RecordId>(params, "stage")); }

}  // namespace

void behave(record::Behaviour& behaviour) {
    for (const char* path : {"stage.kind", "stage.chance", "stage.planned_days", "stage.on_win", "stage.on_lose",
                             "customer.name", "product.name"})
        behaviour.needs(path);
    behaviour.before_save(before_save);
    behaviour.action("advance", advance).action("win", win).action("lose", lose).action("reopen", reopen);
}

}  // namespace gx::opportunity
