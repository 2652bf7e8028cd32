// What behaviours see of a draft, and what they do to it.
#include <algorithm>
#include <utility>

#include "record/path.hpp"
#include "record/schema.hpp"
#include "record/work.hpp"

namespace gx::record {
namespace {

const Value null_value;

constexpr int depth_max = 8;  // drafts that add drafts
constexpr std::size_t drafts_max = 200'000;

}  // namespace

const Behaviour* Behaviours::find(std::string_view object) const {
    const auto found = behaviours_.find(object);
    return found == behaviours_.end() ? nullptr : &found->second;
}

Behaviour& Behaviour::needs(std::string path) {
    paths.push_back(std::move(path));
    return *this;
}

Behaviour& Behaviour::needs_count(std::string object, std::string field) {
    counts.emplace_back(std::move(object), std::move(field));
    return *this;
}

Behaviour& Behaviour::before_save(BeforeSave function) {
    before_saves.push_back(std::move(function));
    return *this;
}

Behaviour& Behaviour::action(std::string name, Act function) {
    actions.insert_or_assign(std::move(name), std::move(function));
    return *this;
}

const ObjectPlan& WorkDraft::plan() const { return *of_.plan; }

const meta::Object& WorkDraft::object() const { return *of_.plan->object; }

const Value& WorkDraft::value(std::string_view field) const {
    const std::uint32_t index = object().field(field).index;
    return index < values_.size() ? values_[index] : null_value;
}

const Value& WorkDraft::old_value(std::string_view field) const {
    const std::uint32_t index = object().field(field).index;
    return index < old_.size() ? old_[index] : null_value;
}

bool WorkDraft::changed(std::string_view field) const { return changed(object().field(field).index); }

bool WorkDraft::changed(std::uint32_t field) const {
    if (field >= values_.size()) return false;
    return old_.empty() ? !is_null(values_[field]) : !(values_[field] == old_[field]);
}

void WorkDraft::set_value(std::string_view field, Value value) {
    const meta::Field& known = object().field(field);
    ensure(!is_bookkeeping(known) && known.type != meta::FieldType::list && !known.formula,
           "a behaviour sets " + object().name + "." + known.name + ", which the platform keeps");
    if (work_.current_ == this) {
        // What stands in place of the caller's choice is not the caller's: whether he may see it is not asked.
        if (given_[known.index] && values_[known.index] != value) given_[known.index] = 2;
        values_[known.index] = std::move(value);
        return;
    }
    // Set from the behaviour of another draft: kept as input, because this draft may not be loaded yet and is decided
    // once more.
    inputs_.push_back({known.index, std::move(value), true});
    decided_ = false;
}

void WorkDraft::add_problem(std::string_view field, std::string_view key, TextParams params) {
    work_.problem(*this, std::string(field), std::string(key), std::move(params), object().name);
}

const Value& WorkDraft::linked(std::string_view path) const { return work_.linked(*this, path); }

std::vector<Value> WorkDraft::children(std::string_view path) const {
    const std::vector<std::string> steps = split_path(path);
    const std::vector<ListPlan>& lists = plan().lists;
    const auto list =
        std::find_if(lists.begin(), lists.end(), [&](const ListPlan& one) { return one.field == steps.front(); });
    ensure(list != lists.end(), "a list that the behaviour did not ask for: " + object().name + "." + steps.front());
    if (steps.size() > 1) {
        const std::uint32_t wanted = work_.plans_.of(list->child).object->field(steps[1]).index;
        ensure(std::find(list->values.begin(), list->values.end(), wanted) != list->values.end(),
               "a path that the behaviour did not ask for: " + object().name + "." + std::string(path));
    }
    return work_.list_values(*this, steps);
}

const access::Caller& WorkDraft::caller() const { return work_.caller_; }
Timestamp WorkDraft::now() const { return work_.now_; }
Date WorkDraft::today() const { return work_.today_; }

bool WorkDraft::may(std::string_view special_right) const {
    const access::Grants& grants = *work_.caller_.grants;
    return work_.how_.trusted || grants.has_special(object().name + "." + std::string(special_right));
}

Draft& WorkDraft::add(std::string_view object) {
    ensure(depth_ < depth_max && work_.drafts_.size() < drafts_max,
           "behaviours that add drafts without end, last of " + this->object().name);
    WorkDraft& added = work_.make(work_.object_work(object), Kind::create, work_.parts_.ids.next());
    added.trusted_ = true;
    added.origin_ = this;
    added.depth_ = depth_ + 1;
    added.row_ = row_;
    added.loaded_ = true;
    return added;
}

Draft& WorkDraft::add(std::string_view object, RecordId id) {
    ensure(depth_ < depth_max && work_.drafts_.size() < drafts_max,
           "behaviours that add drafts without end, last of " + this->object().name);
    ObjectWork& of = work_.object_work(object);
    const auto known = of.by_id.find(id);
    if (known != of.by_id.end()) return *known->second;
    WorkDraft& added = work_.make(of, Kind::change, id);
    added.trusted_ = true;
    added.origin_ = this;
    added.depth_ = depth_ + 1;
    added.row_ = row_;
    return added;
}

std::int64_t WorkDraft::count(std::string_view object, std::string_view field) const {
    const auto counted = of_.counts.find({std::string(object), std::string(field)});
    ensure(counted != of_.counts.end(),
           "a count that the behaviour did not ask for: " + std::string(object) + "." + std::string(field));
    const auto found = counted->second.find(id_);
    return found == counted->second.end() ? 0 : found->second;
}

}  // namespace gx::record
