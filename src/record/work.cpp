#include "record/work.hpp"

#include <algorithm>
#include <utility>

#include "record/reach.hpp"
#include "record/schema.hpp"

namespace gx::record {

ObjectWork& Work::object_work(std::string_view object) {
    const auto known = objects_.find(object);
    if (known != objects_.end()) return known->second;
    ObjectWork& of = objects_[std::string(object)];
    of.plan = &plans_.of(object);
    return of;
}

WorkDraft& Work::make(ObjectWork& of, WorkDraft::Kind kind, RecordId id) {
    // Here, because every way to a draft leads through here: callers of any right, behaviours and the program itself.
    if (of.plan->object->kept_by_platform) throw Failure(Failure::Kind::forbidden, "kept_by_platform");
    WorkDraft& draft = drafts_.emplace_back(*this, of, kind, id);
    draft.loaded_ = kind == WorkDraft::Kind::create;
    of.drafts.push_back(&draft);
    of.by_id.emplace(id, &draft);
    return draft;
}

const access::FieldMask& Work::mask(ObjectWork& of) {
    if (!of.mask_known) {
        of.mask = access::fields(*caller_.grants, *of.plan->object);
        of.mask_known = true;
    }
    return of.mask;
}

void Work::check_right(ObjectWork& of, access::Verb verb) {
    if (!how_.trusted && !access::may(*caller_.grants, *of.plan->object, verb))
        throw forbidden(std::string(access::name_of(verb)));
}

store::Sql Work::reach(const store::Connection& connection, const ObjectPlan& plan, access::Verb verb) const {
    const Asking asking{*plans_.model,  caller_, connection.dialect(), now_, caller_.zone ? *caller_.zone : zone_,
                        parts_.currency};
    return reach_sql(asking, *plan.object, access::rows(*caller_.grants, *plan.object, verb), plan.table);
}

access::Verb Work::verb_of(const WorkDraft& draft) const {
    if (how_.action != nullptr && draft.acted_)
        return access::parse_verb(how_.action->right).value_or(access::Verb::change);
    if (how_.mode == Mode::exact) return access::Verb::change;
    if (how_.assigns) return access::Verb::assign;
    switch (draft.kind_) {
        case WorkDraft::Kind::create:
            return access::Verb::add;
        case WorkDraft::Kind::change:
            return access::Verb::change;
        case WorkDraft::Kind::remove:
        case WorkDraft::Kind::restore:
            return access::Verb::remove;
    }
    return access::Verb::change;
}

void Work::take(std::span<const Change> changes) {
    const auto is_creation = [](const Change& change) { return !change.id && !change.remove && !change.restore; };
    const auto creations = static_cast<std::size_t>(std::count_if(changes.begin(), changes.end(), is_creation));
    const std::vector<RecordId> ids = creations == 0 ? std::vector<RecordId>() : parts_.ids.next_many(creations);
    std::size_t next_id = 0;
    ObjectWork* of = nullptr;
    for (const Change& change : changes) {
        if (of == nullptr || of->plan->object->name != change.object) of = &object_work(change.object);
        const WorkDraft::Kind kind = is_creation(change) ? WorkDraft::Kind::create
                                     : change.remove     ? WorkDraft::Kind::remove
                                     : change.restore    ? WorkDraft::Kind::restore
                                                         : WorkDraft::Kind::change;
        if (kind != WorkDraft::Kind::create && !change.id) throw bad_request("id_missing");
        WorkDraft* draft = nullptr;
        if (kind == WorkDraft::Kind::create) {
            draft = &make(*of, kind, ids[next_id++]);
        } else if (const auto known = of->by_id.find(change.id); known != of->by_id.end()) {
            // The same record twice, as in an import: the later row adds to the earlier one.
            draft = known->second;
            if (draft->kind_ != kind) throw bad_request("id_twice");
        } else {
            draft = &make(*of, kind, change.id);
        }
        draft->row_ = change.row;
        draft->acted_ = how_.action != nullptr;
        if (change.version) draft->wanted_version_ = change.version;
        check_right(*of, verb_of(*draft));
        for (const auto& [name, value] : change.values) {
            const meta::Field* field = of->plan->object->find(name);
            if (field == nullptr || field->type == meta::FieldType::list)
                draft->unknown_fields_.push_back(name);
            else
                draft->inputs_.push_back({field->index, value, false});
        }
        for (const Swap& swap : change.swaps)
            draft->inputs_.push_back(
                {of->plan->object->field(swap.field).index, {}, false, std::pair(swap.from, swap.to)});
        positions_.push_back(draft);
    }
}

Draft& Work::anchor(std::string_view object) {
    ObjectWork& of = object_work(object);
    WorkDraft& draft = make(of, WorkDraft::Kind::create, parts_.ids.next());
    draft.anchor_ = true;
    draft.acted_ = how_.action != nullptr;
    check_right(of, verb_of(draft));
    return draft;
}

WorkDraft& Work::root(WorkDraft& draft) {
    WorkDraft* up = &draft;
    while (up->origin_ != nullptr) up = up->origin_;
    return *up;
}

bool Work::is_bad(const WorkDraft& draft) { return root(const_cast<WorkDraft&>(draft)).problems_below_ > 0; }

void Work::problem(WorkDraft& draft, std::string field, std::string rule, TextParams params, std::string object) {
    // Texts of an object's own problems are looked up there; a key it does not declare is one of the platform.
    if (!object.empty() && !draft.object().problems.contains(rule)) object.clear();
    Problem added{std::move(field), std::move(rule), std::move(params), std::move(object)};
    if (std::find(draft.problems_.begin(), draft.problems_.end(), added) != draft.problems_.end()) return;
    draft.problems_.push_back(std::move(added));
    ++root(draft).problems_below_;
}

void Work::forget_problems(WorkDraft& draft) {
    root(draft).problems_below_ -= draft.problems_.size();
    draft.problems_.clear();
}

void Work::settle() {
    std::map<std::size_t, std::vector<Problem>> by_row;
    for (WorkDraft& draft : drafts_)
        for (const Problem& one : draft.problems_) {
            Problem told = one;
            // In a record that was added on behalf of the row, the field alone would name the wrong one.
            if (draft.origin_ != nullptr)
                told.field = draft.object().name + (told.field.empty() ? "" : "." + told.field);
            by_row[root(draft).row_].push_back(std::move(told));
        }
    if (by_row.empty()) return;
    if (!options_.keep_good && !options_.dry_run) {
        std::vector<Problem> all;
        for (auto& [row, problems] : by_row)
            for (Problem& one : problems) {
                if (positions_.size() > 1)
                    one.field = "[" + std::to_string(row) + "]" + (one.field.empty() ? "" : "." + one.field);
                all.push_back(std::move(one));
            }
        throw invalid(std::move(all));
    }
    for (auto& [row, problems] : by_row) saved_.problems.push_back({row, std::move(problems)});
    for (WorkDraft& draft : drafts_)
        if (is_bad(draft)) draft.left_out_ = true;
}

}  // namespace gx::record
