#include "access/access.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gx::access {

namespace {

constexpr std::array<std::pair<Verb, std::string_view>, 9> verbs{{{Verb::view, "view"},
                                                                  {Verb::add, "add"},
                                                                  {Verb::change, "change"},
                                                                  {Verb::remove, "delete"},
                                                                  {Verb::assign, "assign"},
                                                                  {Verb::approve, "approve"},
                                                                  {Verb::export_, "export"},
                                                                  {Verb::import_, "import"},
                                                                  {Verb::print, "print"}}};
constexpr std::array<std::string_view, 6> scopes{"none", "own", "team", "department", "department_and_below", "all"};

bool holds(const std::vector<RecordId>& sorted, RecordId id) {
    return id && std::binary_search(sorted.begin(), sorted.end(), id);
}

bool is_reading(Verb verb) { return verb == Verb::view || verb == Verb::export_ || verb == Verb::print; }

Scope scope_of(const Grants& grants, const meta::Object& object, Verb verb) {
    if (object.kept_by_platform && !is_reading(verb)) return Scope::none;
    if (grants.administrator) return Scope::all;
    auto rights = grants.objects.find(object.name);
    if (rights == grants.objects.end() && !object.restricted) rights = grants.objects.find("*");
    if (rights == grants.objects.end()) return Scope::none;
    const auto scope = [&](Verb wanted) {
        const auto found = rights->second.find(wanted);
        return found == rights->second.end() ? Scope::none : found->second;
    };
    // Nobody changes, exports or gives away what he may not see; a new record has no owner yet that could be seen.
    return verb == Verb::view || verb == Verb::add ? scope(verb) : std::min(scope(verb), scope(Verb::view));
}

Failure wrong_rights(std::string_view what, std::string_view at) {
    return {Failure::Kind::invalid, "role_rights", {{"what", std::string(what)}, {"at", std::string(at)}}};
}

Scope parse_scope(std::string_view name, std::string_view at) {
    const auto found = std::find(scopes.begin(), scopes.end(), name);
    if (found == scopes.end()) throw wrong_rights(name, at);
    return static_cast<Scope>(found - scopes.begin());
}

std::set<std::string> parse_names(const json::value& in, std::string_view at) {
    std::set<std::string> names;
    if (in.is_null()) return names;
    const auto* list = in.if_array();
    if (!list) throw wrong_rights("list of names", at);
    for (const json::value& item : *list) {
        const auto* name = item.if_string();
        if (!name) throw wrong_rights("list of names", at);
        names.emplace(std::string_view(*name));
    }
    return names;
}

bool is_set_by_platform(std::string_view field) {
    static constexpr std::array<std::string_view, 8> names{
        "id", "version", "created_by", "created_at", "updated_by", "updated_at", "deleted_at", "owner_department"};
    return std::find(names.begin(), names.end(), field) != names.end();
}

}  // namespace

std::string_view name_of(Verb verb) {
    for (const auto& [value, name] : verbs) {
        if (value == verb) return name;
    }
    return {};
}

std::optional<Verb> parse_verb(std::string_view name) {
    for (const auto& [value, known] : verbs) {
        if (known == name) return value;
    }
    return std::nullopt;
}

std::string_view name_of(Scope scope) { return scopes[static_cast<std::size_t>(scope)]; }

bool RowFilter::admits(RecordId owner, RecordId department) const {
    return everything || holds(owners, owner) || holds(departments, department);
}

bool may(const Grants& grants, const meta::Object& object, Verb verb) {
    return scope_of(grants, object, verb) != Scope::none;
}

RowFilter rows(const Grants& grants, const meta::Object& object, Verb verb) {
    const Scope scope = scope_of(grants, object, verb);
    RowFilter filter;
    if (scope == Scope::none) return filter;
    if (scope == Scope::all || !object.owned) {
        filter.everything = true;
        return filter;
    }
    // Each scope contains the narrower ones: what is one's own stays in reach whatever department it was booked on.
    if (grants.employee) filter.owners.push_back(grants.employee);
    if (scope == Scope::team) {
        filter.owners.insert(filter.owners.end(), grants.team_members.begin(), grants.team_members.end());
    } else if (scope == Scope::department && grants.department) {
        filter.departments.push_back(grants.department);
    } else if (scope == Scope::department_and_below) {
        filter.departments = grants.departments_below;
    }
    for (auto* ids : {&filter.owners, &filter.departments}) {
        std::sort(ids->begin(), ids->end());
        ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
    }
    return filter;
}

Reason explain(const Grants& grants, const meta::Object& object, Verb verb, RecordId owner, RecordId department) {
    if (object.kept_by_platform && !is_reading(verb)) return {false, "access_kept_by_platform", {}};
    if (grants.administrator) return {true, "access_administrator", {}};
    const Scope scope = scope_of(grants, object, verb);
    if (scope == Scope::none) return {false, "access_no_right", {}};
    if (scope == Scope::all || !object.owned) return {true, "access_all", {}};
    if (owner && owner == grants.employee) return {true, "access_own", {}};
    if (rows(grants, object, verb).admits(owner, department)) {
        return {true, "access_" + std::string(name_of(scope)), {}};
    }
    return {false, "access_outside_" + std::string(name_of(scope)), {}};
}

FieldMask fields(const Grants& grants, const meta::Object& object) {
    FieldMask mask;
    mask.read.resize(object.fields.size());
    mask.write.resize(object.fields.size());
    for (const meta::Field& field : object.fields) {
        const bool read = !field.hidden && (!field.sensitive || grants.administrator ||
                                            grants.sensitive_fields.contains(object.name + "." + field.name));
        mask.read[field.index] = read;
        mask.write[field.index] = read && !object.kept_by_platform && !field.read_only && !field.formula &&
                                  field.type != meta::FieldType::list && !is_set_by_platform(field.name);
    }
    return mask;
}

std::shared_ptr<const Grants> system_grants(RecordId user, RecordId employee, RecordId department) {
    auto grants = std::make_shared<Grants>();
    grants->user = user;
    grants->employee = employee;
    grants->department = department;
    grants->administrator = true;
    return grants;
}

RoleRights parse_role_rights(const json::value& in) {
    RoleRights rights;
    const auto* whole = in.if_object();
    if (!whole) throw wrong_rights("object", "");
    if (const json::value* administrator = whole->if_contains("administrator")) {
        if (!administrator->is_bool()) throw wrong_rights("true or false", "administrator");
        rights.administrator = administrator->get_bool();
    }
    if (const json::value* objects = whole->if_contains("objects"); objects && !objects->is_null()) {
        if (!objects->is_object()) throw wrong_rights("object", "objects");
        for (const auto& [object, granted] : objects->get_object()) {
            const std::string at = "objects." + std::string(object);
            if (!granted.is_object()) throw wrong_rights("object", at);
            auto& scope_by_verb = rights.objects[std::string(object)];
            for (const auto& [name, scope] : granted.get_object()) {
                const auto verb = parse_verb(name);
                if (!verb) throw wrong_rights(name, at);
                if (!scope.is_string()) throw wrong_rights("name of a scope", at);
                scope_by_verb[*verb] = parse_scope(scope.get_string(), at);
            }
        }
    }
    if (const json::value* special = whole->if_contains("special")) rights.special = parse_names(*special, "special");
    if (const json::value* sensitive = whole->if_contains("fields")) {
        rights.sensitive_fields = parse_names(*sensitive, "fields");
    }
    return rights;
}

}  // namespace gx::access
