#include "access/access.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gx::access {

namespace {

bool holds(const std::vector<RecordId>& sorted, RecordId id) {
    return id && std::binary_search(sorted.begin(), sorted.end(), id);
}

void sort_unique(std::vector<RecordId>& ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

const ObjectRights& rights_of(const Grants& grants, const meta::Object& object) {
    static const ObjectRights none;
    const ObjectRights* rights = grants.rights->of(object.name);
    return rights ? *rights : none;
}

bool is_reading(Verb verb) { return verb == Verb::view || verb == Verb::export_ || verb == Verb::print; }

// A new record has no owner yet that could be seen; of everything else nobody does what he may not see.
bool needs_view(Verb verb) { return verb != Verb::view && verb != Verb::add; }

bool has_function(const ObjectRights& rights, Verb verb) {
    return rights.scope_of(verb) != Scope::none || !rights.conditional_of(verb).empty();
}

// What is one's own stays in reach whatever department it was booked on.
template <class Filter>
void add_scope(const Grants& grants, Scope scope, bool owned, Filter& filter) {
    if (scope == Scope::none) return;
    if (scope == Scope::all || !owned) {
        filter.everything = true;
        return;
    }
    if (grants.employee) filter.owners.push_back(grants.employee);
    if (scope == Scope::team) {
        filter.owners.insert(filter.owners.end(), grants.team_members.begin(), grants.team_members.end());
    } else if (scope == Scope::department) {
        filter.departments = grants.departments;
    } else if (scope == Scope::department_and_below) {
        filter.departments = grants.departments_below;
    }
    sort_unique(filter.owners);
    sort_unique(filter.departments);
}

RowFilter filter_of(const Grants& grants, const meta::Object& object, Verb verb, Scope plain) {
    RowFilter filter;
    add_scope(grants, plain, object.owned, filter);
    if (filter.everything) return filter;
    for (const ObjectRights::Rule& rule : rights_of(grants, object).conditional_of(verb)) {
        if (!rule.where) {
            add_scope(grants, rule.scope, object.owned, filter);
            continue;
        }
        RowFilter::Conditional& conditional = filter.conditional.emplace_back();
        add_scope(grants, rule.scope, object.owned, conditional);
        conditional.where = rule.where;
    }
    if (grants.shared_objects.contains(object.name)) {
        filter.grantees = grants.grantees;
        filter.shared_for_writing = !is_reading(verb);
    }
    return filter;
}

bool is_set_by_platform(std::string_view field) {
    static constexpr std::array<std::string_view, 8> names{
        "id", "version", "created_by", "created_at", "updated_by", "updated_at", "deleted_at", "owner_department"};
    return std::find(names.begin(), names.end(), field) != names.end();
}

}  // namespace

bool RowFilter::admits(RecordId owner, RecordId department) const {
    return everything || holds(owners, owner) || holds(departments, department);
}

bool may(const Grants& grants, const meta::Object& object, Verb verb) {
    if (object.kept_by_platform && !is_reading(verb)) return false;
    if (object.single && (verb == Verb::add || verb == Verb::remove || verb == Verb::import_)) return false;
    if (grants.administrator()) return true;
    const ObjectRights& rights = rights_of(grants, object);
    return has_function(rights, verb) && (!needs_view(verb) || has_function(rights, Verb::view));
}

bool has_menu(const Grants& grants, const meta::Object& object) {
    return grants.administrator() || rights_of(grants, object).menu;
}

RowFilter rows(const Grants& grants, const meta::Object& object, Verb verb) {
    if (!may(grants, object, verb)) return {};
    if (grants.administrator()) return RowFilter::all();
    const ObjectRights& rights = rights_of(grants, object);
    if (!needs_view(verb)) return filter_of(grants, object, verb, rights.scope_of(verb));
    const bool by_scope = rights.conditional_of(verb).empty() && rights.conditional_of(Verb::view).empty();
    const Scope done = rights.scope_of(verb);
    const Scope looked_at = rights.scope_of(Verb::view);
    // A share for writing is one for reading too.
    if (by_scope && holds(done, looked_at)) return filter_of(grants, object, verb, looked_at);
    if (by_scope && holds(looked_at, done)) return filter_of(grants, object, verb, done);
    RowFilter filter = filter_of(grants, object, verb, done);
    RowFilter seen = filter_of(grants, object, Verb::view, looked_at);
    seen.shared_for_writing = !is_reading(verb);  // one for reading opens no change
    if (filter.everything) return seen;
    if (!seen.everything) filter.also = std::make_shared<const RowFilter>(std::move(seen));
    return filter;
}

FieldMask fields(const Grants& grants, const meta::Object& object) {
    FieldMask mask;
    mask.read.resize(object.fields.size());
    mask.write.resize(object.fields.size());
    mask.masked.resize(object.fields.size());
    const ObjectRights& rights = rights_of(grants, object);
    for (const meta::Field& field : object.fields) {
        FieldAccess access = FieldAccess::hidden;
        if (grants.administrator()) {
            access = FieldAccess::write;
        } else if (field.index < rights.fields.size()) {
            access = rights.fields[field.index];
        }
        const bool there = !field.hidden;
        mask.read[field.index] = there && access >= FieldAccess::read;
        mask.masked[field.index] = there && access == FieldAccess::masked;
        mask.write[field.index] = there && access == FieldAccess::write && !object.kept_by_platform &&
                                  !field.read_only && !field.formula && field.type != meta::FieldType::list &&
                                  !is_set_by_platform(field.name);
    }
    return mask;
}

bool is_masked(const Grants& grants, const meta::Object& object, const meta::Field& field) {
    if (grants.administrator()) return false;
    const ObjectRights& rights = rights_of(grants, object);
    return field.index < rights.fields.size() && rights.fields[field.index] == FieldAccess::masked;
}

bool hides_words(const Grants& grants, const meta::Object& object) {
    if (grants.administrator()) return false;
    const ObjectRights& rights = rights_of(grants, object);
    return std::any_of(object.fields.begin(), object.fields.end(), [&](const meta::Field& field) {
        return field.searchable &&
               (field.index >= rights.fields.size() || rights.fields[field.index] < FieldAccess::read);
    });
}

std::shared_ptr<const Grants> system_grants(RecordId user, RecordId employee, RecordId department) {
    static const auto everything = [] {
        auto rights = std::make_shared<Rights>();
        rights->administrator = true;
        return rights;
    }();
    auto grants = std::make_shared<Grants>();
    grants->user = user;
    grants->employee = employee;
    grants->department = department;
    grants->rights = everything;
    return grants;
}

}  // namespace gx::access
