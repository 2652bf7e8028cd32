// Everything that a decision needs, read for all drafts at once.
#include <algorithm>
#include <utility>

#include "meta/expr_scope.hpp"
#include "record/sql_pieces.hpp"
#include "record/work.hpp"
#include "store/sql_text.hpp"

namespace gx::record {
namespace {

using store::identifier;

const Value null_value;

std::optional<std::int64_t> optional_integer(const store::Row& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.integer(column));
}

// The value of a field whose cells stand from `column` on; moves `column` behind them.
Value read_value(const meta::Field& field, const std::vector<meta::Column>& columns, const store::Row& row,
                 int& column) {
    meta::Cell cells[2];
    for (std::size_t i = 0; i < columns.size(); ++i) cells[i] = row.cell(column++, columns[i].text);
    return meta::from_cells(field, cells);
}

std::string reference_target(const meta::Field& field) {
    return field.type == meta::FieldType::address ? "region" : std::string(meta::target_of(field));
}

RecordId reference_of(const Value& value) {
    if (const auto* id = std::get_if<RecordId>(&value)) return *id;
    if (const auto* address = std::get_if<Address>(&value)) return address->region;
    return {};
}

}  // namespace

void Work::load_stored(store::Connection& connection) {
    // Rights differ by what is to be done, so one statement for each kind.
    using Group = std::pair<int, bool>;  // verb (-1: trusted), from the bin
    for (auto& [name, of] : objects_) {
        std::map<Group, std::vector<std::int64_t>> groups;
        std::vector<WorkDraft*> fresh;
        for (WorkDraft* draft : of.drafts) {
            if (draft->loaded_ || draft->left_out_) continue;
            const bool free = how_.trusted || draft->trusted_;
            const int verb = free ? -1 : static_cast<int>(verb_of(*draft));
            groups[{verb, draft->kind_ == WorkDraft::Kind::restore}].push_back(draft->id_.value);
            fresh.push_back(draft);
        }
        for (auto& [group, ids] : groups) {
            std::sort(ids.begin(), ids.end());
            in_pieces(ids, [&, verb = group.first, bin = group.second](std::span<const std::int64_t> piece) {
                // Whether the record may be given away is known with it: only a changed owner will ask.
                store::Sql sql{of.plan->select + ", ", {}};
                const bool asks = verb >= 0 && of.plan->owner >= 0 &&
                                  access::may(*caller_.grants, *of.plan->object, access::Verb::assign);
                if (asks) {
                    sql += "case when ";
                    sql += reach(connection, *of.plan, access::Verb::assign);
                    sql += " then 1 else 0 end";
                } else {
                    sql += "0";
                }
                sql += " from " + of.plan->table + " where id in ";
                append_list(sql, piece);
                sql += bin ? " and deleted_at is not null" : " and deleted_at is null";
                if (verb >= 0) {
                    sql += " and ";
                    sql += reach(connection, *of.plan, static_cast<access::Verb>(verb));
                }
                connection.query(sql, [&](const store::Row& row) {
                    WorkDraft& draft = *of.by_id.at(RecordId{row.integer(0)});
                    draft.version_ = row.integer(1);
                    draft.created_by_ = RecordId{row.integer(2)};
                    draft.created_at_ = row.integer(3);
                    draft.updated_by_ = RecordId{row.integer(4)};
                    draft.updated_at_ = row.integer(5);
                    draft.deleted_at_ = optional_integer(row, 6);
                    draft.old_.assign(of.plan->object->fields.size(), Value());
                    int column = static_cast<int>(bookkeeping_cells);
                    for (const ColumnPlan& plan : of.plan->columns)
                        draft.old_[plan.field] =
                            read_value(of.plan->object->fields[plan.field], plan.columns, row, column);
                    draft.may_assign_ = row.integer(column) != 0;
                    draft.loaded_ = true;
                    return true;
                });
            });
        }
        load_links(connection, of, fresh);

        for (WorkDraft* draft : fresh) {
            if (!draft->loaded_) {
                if (!options_.keep_good && !options_.dry_run) throw not_found();
                problem(*draft, "", "not_found");
                draft->left_out_ = true;
                draft->loaded_ = true;
                continue;
            }
            if (draft->wanted_version_ && *draft->wanted_version_ != draft->version_) {
                if (!options_.keep_good && !options_.dry_run)
                    throw Failure(Failure::Kind::stale, "stale", {{"version", std::to_string(draft->version_)}});
                problem(*draft, "", "stale");
                draft->left_out_ = true;
            }
        }
    }
}

void Work::load_links(store::Connection& connection, ObjectWork& of, std::span<WorkDraft* const> drafts) {
    if (of.plan->links.empty()) return;
    std::vector<std::int64_t> ids;
    for (const WorkDraft* draft : drafts)
        if (draft->loaded_ && !draft->old_.empty()) ids.push_back(draft->id_.value);
    if (ids.empty()) return;

    for (const LinkPlan& link : of.plan->links)
        in_pieces(ids, [&](std::span<const std::int64_t> piece) {
            store::Sql sql{"select record, item from " + identifier(link.table) + " where record in ", {}};
            append_list(sql, piece);
            sql += " order by record, item";
            connection.query(sql, [&](const store::Row& row) {
                Value& value = of.by_id.at(RecordId{row.integer(0)})->old_[link.field];
                if (link.codes) {
                    if (is_null(value)) value = Codes();
                    std::get<Codes>(value).emplace_back(row.text(1));
                } else {
                    if (is_null(value)) value = Ids();
                    std::get<Ids>(value).push_back(RecordId{row.integer(1)});
                }
                return true;
            });
        });
}

void Work::want(std::string_view object, RecordId id) {
    if (!id) return;
    ObjectWork& of = object_work(object);
    if (!of.by_id.contains(id) && !of.linked.contains(id)) of.wanted.insert(id);
}

// What the drafts as they stand refer to, and what their paths lead to.
void Work::want_references() {
    for (WorkDraft& draft : drafts_) {
        if (draft.decided_ || draft.left_out_ || !draft.loaded_) continue;
        for (const ReferencePlan& reference : draft.plan().references)
            if (draft.is_new() || draft.changed(reference.field))
                want(reference.target, reference_of(draft.values_[reference.field]));
        for (const LinkPlan& link : draft.plan().links)
            if (!link.codes && (draft.is_new() || draft.changed(link.field)))
                if (const auto* ids = std::get_if<Ids>(&draft.values_[link.field]))
                    for (const RecordId id : *ids) want(link.target, id);
        for (const PathPlan& path : draft.plan().paths) {
            bool missing = false;
            follow(draft, path, &missing);
        }
    }
}

// Reads what is wanted. True when there was something to read.
bool Work::load_linked(store::Connection& connection) {
    bool any = false;
    for (auto& [name, of] : objects_) {
        if (of.wanted.empty()) continue;
        any = true;
        std::vector<std::int64_t> ids;
        for (const RecordId id : of.wanted) ids.push_back(id.value);
        of.wanted.clear();
        std::sort(ids.begin(), ids.end());
        for (const std::int64_t id : ids) of.linked.try_emplace(RecordId{id});

        const bool everything =
            how_.trusted || access::rows(*caller_.grants, *of.plan->object, access::Verb::view).everything;
        in_pieces(ids, [&, &plan = *of.plan](std::span<const std::int64_t> piece) {
            store::Sql sql{"select id, version, deleted_at", {}};
            if (!everything) {
                sql += ", case when ";
                sql += reach(connection, plan, access::Verb::view);
                sql += " then 1 else 0 end";
            } else {
                sql += ", 1";
            }
            for (const std::uint32_t field : plan.linked_fields)
                for (const meta::Column& column :
                     plan.columns[static_cast<std::size_t>(plan.column_of_field[field])].columns)
                    sql += ", " + column.name;
            sql += " from " + plan.table + " where id in ";
            append_list(sql, piece);
            connection.query(sql, [&](const store::Row& row) {
                LinkedRow& linked = of.linked[RecordId{row.integer(0)}];
                linked.version = row.integer(1);
                linked.live = row.is_null(2);
                linked.visible = row.integer(3) != 0;
                linked.values.clear();
                int column = 4;
                for (const std::uint32_t field : plan.linked_fields)
                    linked.values.push_back(read_value(
                        plan.object->fields[field],
                        plan.columns[static_cast<std::size_t>(plan.column_of_field[field])].columns, row, column));
                return true;
            });
        });
    }
    return any;
}

// Null when the path ends at an empty reference. Sets `missing` and asks for the record when it is not here yet.
const Value* Work::follow(const WorkDraft& draft, const PathPlan& path, bool* missing) const {
    const Value* value = &draft.values_[path.fields[0]];
    const meta::Object* object = &draft.object();
    for (std::size_t step = 1; step < path.fields.size(); ++step) {
        const RecordId id = reference_of(*value);
        if (!id) return nullptr;
        const std::string target = reference_target(object->fields[path.fields[step - 1]]);
        const auto known = objects_.find(target);
        const ObjectWork* of = known == objects_.end() ? nullptr : &known->second;
        const WorkDraft* other = nullptr;
        if (of != nullptr) {
            const auto found = of->by_id.find(id);
            if (found != of->by_id.end()) other = found->second;
        }
        // A draft that a behaviour has just added is not loaded yet; waiting for it would drop and add it for ever.
        if (other != nullptr && other->values_.empty() && other->origin_ != nullptr &&
            other->kind_ == WorkDraft::Kind::change)
            other = nullptr;
        if (other != nullptr) {
            if (other->values_.empty()) {
                *missing = true;
                return nullptr;
            }
            value = &other->values_[path.fields[step]];
        } else {
            const LinkedRow* row = nullptr;
            if (of != nullptr) {
                const auto found = of->linked.find(id);
                if (found != of->linked.end()) row = &found->second;
            }
            if (row == nullptr) {
                const_cast<Work*>(this)->want(target, id);
                *missing = true;
                return nullptr;
            }
            if (!row->live) return nullptr;
            const std::set<std::uint32_t>& fields = of->plan->linked_fields;
            const auto slot = fields.find(path.fields[step]);
            if (slot == fields.end()) return nullptr;
            value = &row->values[static_cast<std::size_t>(std::distance(fields.begin(), slot))];
        }
        object = plans_.of(target).object;
    }
    return value;
}

const Value& Work::linked(const WorkDraft& draft, std::string_view path) {
    const auto same = [&](const PathPlan& plan) {
        std::string_view rest = path;
        for (std::size_t i = 0; i < plan.names.size(); ++i) {
            if (!rest.starts_with(plan.names[i])) return false;
            rest.remove_prefix(plan.names[i].size());
            const bool last = i + 1 == plan.names.size();
            if (last) return rest.empty();
            if (!rest.starts_with('.')) return false;
            rest.remove_prefix(1);
        }
        return false;
    };
    const std::vector<PathPlan>& paths = draft.plan().paths;
    const auto found = std::find_if(paths.begin(), paths.end(), same);
    ensure(found != paths.end(),
           "a path that the behaviour did not ask for: " + draft.object().name + "." + std::string(path));
    bool missing = false;
    const Value* value = follow(draft, *found, &missing);
    missing_ = missing_ || missing;
    return value == nullptr ? null_value : *value;
}

// Stored children of the drafts, for rules such as count(lines) = 0.
void Work::load_children(store::Connection& connection) {
    std::vector<std::pair<ObjectWork*, std::vector<std::int64_t>>> parents;
    for (auto& [name, of] : objects_) {
        if (of.plan->lists.empty()) continue;
        std::vector<std::int64_t> ids;
        for (const WorkDraft* draft : of.drafts)
            if (!draft->decided_ && !draft->left_out_ && draft->loaded_ && !draft->is_new())
                ids.push_back(draft->id_.value);
        if (!ids.empty()) parents.emplace_back(&of, std::move(ids));
    }
    for (auto& [of, ids] : parents)
        for (const ListPlan& list : of->plan->lists) {
            auto& children = of->children[list.field];
            std::vector<std::int64_t> wanted;
            for (const std::int64_t id : ids)
                if (children.try_emplace(RecordId{id}).second) wanted.push_back(id);
            const ObjectPlan& child = plans_.of(list.child);
            in_pieces(wanted, [&, &children = children](std::span<const std::int64_t> piece) {
                store::Sql sql{"select " + list.by_column + ", id, version", {}};
                for (const std::uint32_t field : list.values)
                    if (child.column_of_field[field] >= 0)
                        for (const meta::Column& column :
                             child.columns[static_cast<std::size_t>(child.column_of_field[field])].columns)
                            sql += ", " + column.name;
                sql += " from " + child.table + " where " + list.by_column + " in ";
                append_list(sql, piece);
                sql += " and deleted_at is null";
                connection.query(sql, [&](const store::Row& row) {
                    ObjectWork::Child read{RecordId{row.integer(1)}, {}, row.integer(2)};
                    int column = 3;
                    for (const std::uint32_t field : list.values)
                        read.values.push_back(
                            child.column_of_field[field] < 0
                                ? Value()
                                : read_value(
                                      child.object->fields[field],
                                      child.columns[static_cast<std::size_t>(child.column_of_field[field])].columns,
                                      row, column));
                    children[RecordId{row.integer(0)}].push_back(std::move(read));
                    return true;
                });
            });
        }
}

// Counts that behaviours asked for, of the records that are to be removed.
void Work::load_counts(store::Connection& connection) {
    for (auto& [name, of] : objects_) {
        if (of.plan->behaviour == nullptr || of.plan->behaviour->counts.empty()) continue;
        std::vector<std::int64_t> ids;
        for (const WorkDraft* draft : of.drafts)
            if (!draft->decided_ && !draft->left_out_ && draft->loaded_ && draft->is_removal())
                ids.push_back(draft->id_.value);
        for (const auto& [object, field] : of.plan->behaviour->counts) {
            auto& counted = of.counts[{object, field}];
            in_pieces(ids, [&, &object = object, &field = field](std::span<const std::int64_t> piece) {
                const std::string column = identifier(field);
                store::Sql sql{
                    "select " + column + ", count(*) from " + identifier(object) + " where " + column + " in ", {}};
                append_list(sql, piece);
                sql += " and deleted_at is null group by " + column;
                connection.query(sql, [&](const store::Row& row) {
                    counted[RecordId{row.integer(0)}] = row.integer(1);
                    return true;
                });
            });
        }
    }
}

}  // namespace gx::record
