#include "record/plan.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "meta/expr_scope.hpp"
#include "record/query.hpp"
#include "record/schema.hpp"
#include "store/sql_text.hpp"

namespace gx::record {
namespace {

using store::identifier;

constexpr std::string_view bookkeeping_columns =
    "id, version, created_by, created_at, updated_by, updated_at, deleted_at";

int index_of(const meta::Object& object, std::string_view name) {
    const meta::Field* field = object.find(name);
    return field == nullptr ? -1 : static_cast<int>(field->index);
}

void plan_columns(ObjectPlan& plan) {
    const meta::Object& object = *plan.object;
    plan.column_of_field.assign(object.fields.size(), -1);
    for (const meta::Field& field : object.fields) {
        if (is_bookkeeping(field)) continue;
        if (field.is_multiple() && !field.formula) {
            plan.links.push_back({field.index, link_table(object, field), field.type == meta::FieldType::choices,
                                  std::string(meta::target_of(field))});
            continue;
        }
        if (!field.has_column()) continue;
        plan.column_of_field[field.index] = static_cast<int>(plan.columns.size());
        plan.columns.push_back({field.index, plan.cells, meta::columns(field)});
        for (meta::Column& column : plan.columns.back().columns) column.name = identifier(column.name);
        plan.cells += plan.columns.back().columns.size();
        if (field.is_reference()) plan.references.push_back({field.index, std::string(meta::target_of(field))});
        if (field.type == meta::FieldType::address) plan.references.push_back({field.index, "region"});
    }
}

void plan_statements(ObjectPlan& plan) {
    plan.select = "select " + std::string(bookkeeping_columns);
    for (const std::string_view name :
         {"id", "version", "created_by", "created_at", "updated_by", "updated_at", "deleted_at"})
        plan.insert_columns.emplace_back(name);
    for (const ColumnPlan& column : plan.columns)
        for (const meta::Column& cell : column.columns) plan.select += ", " + cell.name;
    for (const ColumnPlan& column : plan.columns)
        for (const meta::Column& cell : meta::columns(plan.object->fields[column.field]))
            plan.insert_columns.push_back(cell.name);
    if (!plan.sort_column.empty()) plan.insert_columns.push_back(plan.sort_column);
}

void plan_fields(ObjectPlan& plan) {
    const meta::Object& object = *plan.object;
    plan.owner = object.owned ? index_of(object, "owner") : -1;
    plan.owner_department = object.owned ? index_of(object, "owner_department") : -1;
    plan.title = index_of(object, object.title);
    plan.sort_column = title_sort_column(object);
    plan.formulas = object.formula_order;
    for (const meta::Field& field : object.fields) {
        if (is_bookkeeping(field)) continue;
        if (field.type == meta::FieldType::number && plan.number < 0 && !object.number_pattern.empty())
            plan.number = static_cast<int>(field.index);
        if (field.default_expression) plan.defaults.push_back({field.index, &*field.default_expression});
        if (field.type == meta::FieldType::mnemonic && !field.mnemonic_of.empty())
            plan.mnemonics.push_back(field.index);
        if (field.unique && field.has_column()) plan.uniques.push_back({{field.index}});
        if (field.searchable && field.has_column()) plan.searchables.push_back(field.index);
        if (field.tree && field.has_column()) plan.trees.push_back(field.index);
    }
    for (const meta::Index& index : object.indexes) {
        if (!index.unique) continue;
        UniquePlan unique;
        for (const std::string& name : index.fields) unique.fields.push_back(object.field(name).index);
        plan.uniques.push_back(std::move(unique));
    }
}

void add_path(const meta::Model& model, ObjectPlan& plan, const std::vector<std::string>& path) {
    if (path.empty()) return;
    const meta::ResolvedPath resolved = meta::resolve(model, *plan.object, path);
    if (resolved.fields.empty()) return;
    if (resolved.fields.front()->type == meta::FieldType::list) {
        const meta::Field& list = *resolved.fields.front();
        auto known = std::find_if(plan.lists.begin(), plan.lists.end(),
                                  [&](const ListPlan& one) { return one.field == list.name; });
        if (known == plan.lists.end()) {
            plan.lists.push_back({list.name, list.to, list.by, identifier(list.by), {}});
            known = std::prev(plan.lists.end());
        }
        if (resolved.fields.size() > 1) {
            const std::uint32_t child = resolved.fields[1]->index;
            if (std::find(known->values.begin(), known->values.end(), child) == known->values.end())
                known->values.push_back(child);
        }
        return;
    }
    if (path.size() < 2 || resolved.through_list) return;
    const bool known =
        std::any_of(plan.paths.begin(), plan.paths.end(), [&](const PathPlan& one) { return one.names == path; });
    if (known) return;
    PathPlan resolved_path{path, {}, {}};
    for (std::size_t step = 0; step < path.size(); ++step) {
        resolved_path.fields.push_back(resolved.fields[step]->index);
        resolved_path.objects.push_back(resolved.objects[step]->name);
    }
    plan.paths.push_back(std::move(resolved_path));
}

void plan_paths(const meta::Model& model, ObjectPlan& plan) {
    // A formula that is not stored is evaluated where it is used, so it brings its own paths.
    std::set<std::uint32_t> seen;
    const std::function<void(const expr::Node&)> add_all = [&](const expr::Node& node) {
        for (const std::vector<std::string>& path : expr::paths(node)) {
            add_path(model, plan, path);
            const meta::Field* own = path.size() == 1 ? plan.object->find(path.front()) : nullptr;
            if (own != nullptr && own->formula && !own->formula_stored && seen.insert(own->index).second)
                add_all(*own->formula);
        }
    };
    for (const ExpressionPlan& plan_default : plan.defaults) add_all(*plan_default.node);
    for (const std::uint32_t field : plan.formulas) add_all(*plan.object->fields[field].formula);
    for (const meta::Rule& rule : plan.object->rules) add_all(rule.when);
    for (const meta::Action& action : plan.object->actions)
        if (action.when) add_all(*action.when);
    if (plan.behaviour != nullptr)
        for (const std::string& path : plan.behaviour->paths) add_path(model, plan, split_path(path));
    if (plan.owner >= 0) add_path(model, plan, {"owner", "department"});
}

// Whether a list field of `target` that shows these children says that they go with it.
bool cascades(const meta::Object& target, const meta::Object& child, const meta::Field& by) {
    return std::any_of(target.fields.begin(), target.fields.end(), [&](const meta::Field& field) {
        if (field.type != meta::FieldType::list || field.to != child.name || field.by != by.name) return false;
        const json::object* raw = field.raw.if_object();
        const json::value* cascade = raw == nullptr ? nullptr : raw->if_contains("cascade");
        return cascade != nullptr && cascade->is_bool() && cascade->get_bool();
    });
}

void plan_referrers(const meta::Model& model, Plans& plans) {
    for (const meta::Object& child : model.objects()) {
        if (child.kept_by_platform) continue;  // what happened keeps nobody from going
        for (const meta::Field& field : child.fields) {
            if (is_bookkeeping(field) || field.formula) continue;
            if (field.system && field.name != "owner" && field.name != "owner_department") continue;
            const bool link = field.type == meta::FieldType::refs;
            if (!field.is_reference() && !link) continue;
            const auto target = plans.objects.find(meta::target_of(field));
            if (target == plans.objects.end()) continue;
            ReferrerPlan referrer{child.name,
                                  field.name,
                                  identifier(link ? link_table(child, field) : child.name),
                                  identifier(link ? "item" : field.name),
                                  link,
                                  false};
            referrer.cascade = !link && cascades(*target->second.object, child, field);
            target->second.referrers.push_back(std::move(referrer));
        }
    }
}

// Through every path, the fields that are read at its far ends.
void plan_linked_fields(Plans& plans) {
    for (const auto& [name, plan] : plans.objects)
        for (const PathPlan& path : plan.paths)
            for (std::size_t step = 1; step < path.fields.size(); ++step) {
                ObjectPlan& passed = plans.objects.find(path.objects[step])->second;
                if (passed.column_of_field[path.fields[step]] >= 0) passed.linked_fields.insert(path.fields[step]);
            }
}

}  // namespace

const ObjectPlan& Plans::of(std::string_view object) const {
    const auto found = objects.find(object);
    if (found == objects.end()) throw not_found();
    return found->second;
}

std::shared_ptr<const Plans> PlanCache::of(const meta::ModelPtr& model, const Behaviours& behaviours) {
    const std::lock_guard lock(mutex_);
    if (plans_ && plans_->model == model) return plans_;

    auto plans = std::make_shared<Plans>();
    plans->model = model;
    for (const meta::Object& object : model->objects()) {
        ObjectPlan& plan = plans->objects[object.name];
        plan.object = &object;
        plan.behaviour = behaviours.find(object.name);
        plan.table = identifier(object.name);
        plan_columns(plan);
        plan_fields(plan);
        plan_statements(plan);
        plan_paths(*model, plan);
    }
    plan_referrers(*model, *plans);
    plan_linked_fields(*plans);
    plans_ = std::move(plans);
    return plans_;
}

}  // namespace gx::record
