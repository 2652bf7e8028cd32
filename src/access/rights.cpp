#include "access/rights.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "meta/expr_scope.hpp"

namespace gx::access {

namespace {

constexpr std::array<std::string_view, verb_count> verbs{"view",    "add",    "change", "delete", "assign",
                                                         "approve", "export", "import", "print"};
constexpr std::array<std::string_view, 6> scopes{"none", "own", "team", "department", "department_and_below", "all"};
constexpr std::array<std::string_view, 4> field_accesses{"hidden", "masked", "read", "write"};

Failure wrong_rights(std::string_view what, std::string_view at) {
    return {Failure::Kind::invalid, "role_rights", {{"what", std::string(what)}, {"at", std::string(at)}}};
}

template <class Enum, std::size_t N>
Enum parse_name(const std::array<std::string_view, N>& names, const json::value& in, std::string_view kind,
                std::string_view at) {
    if (!in.is_string()) throw wrong_rights(kind, at);
    const auto found = std::find(names.begin(), names.end(), std::string_view(in.get_string()));
    if (found == names.end()) throw wrong_rights(in.get_string(), at);
    return static_cast<Enum>(found - names.begin());
}

VerbRight parse_verb_right(const json::value& in, const std::string& at) {
    VerbRight right;
    if (const auto* parts = in.if_object()) {
        for (const auto& [name, value] : *parts) {
            if (name == "scope") {
                right.scope = parse_name<Scope>(scopes, value, "name of a scope", at);
            } else if (name == "where" && value.is_string()) {
                right.where = value.get_string();
            } else {
                throw wrong_rights(name, at);
            }
        }
        return right;
    }
    right.scope = parse_name<Scope>(scopes, in, "name of a scope", at);
    return right;
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

std::map<std::string, FieldAccess> parse_fields(const json::value& in) {
    std::map<std::string, FieldAccess> fields;
    if (const auto* named = in.if_object()) {
        for (const auto& [name, access] : *named)
            fields[std::string(name)] =
                parse_name<FieldAccess>(field_accesses, access, "name of a field right", "fields." + std::string(name));
        return fields;
    }
    for (const std::string& name : parse_names(in, "fields")) fields[name] = FieldAccess::write;
    return fields;
}

std::set<std::string> parse_menus(const json::value& in) {
    std::set<std::string> hidden;
    if (in.is_null()) return hidden;
    const auto* named = in.if_object();
    if (!named) throw wrong_rights("object", "menus");
    for (const auto& [name, shown] : *named) {
        if (!shown.is_bool()) throw wrong_rights("true or false", "menus." + std::string(name));
        if (!shown.get_bool()) hidden.emplace(name);
    }
    return hidden;
}

std::optional<expr::Node> parse_condition(const meta::Model& model, const meta::Object& object,
                                          const std::string& source) {
    expr::Node node = expr::parse(source, meta::ObjectScope(model, object));
    if (node.type != expr::Type::boolean) return std::nullopt;
    return node;
}

std::string default_name(const meta::Object& object, std::string_view field) {
    return object.name + "." + std::string(field);
}

class Digest {
public:
    void add(std::string_view text) {
        for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1099511628211u;
        hash_ = (hash_ ^ 0xffu) * 1099511628211u;
    }
    std::uint64_t value() const { return hash_; }

private:
    std::uint64_t hash_ = 14695981039346656037u;
};

std::uint64_t digest_of(const Rights& rights) {
    Digest digest;
    digest.add(rights.administrator ? "administrator" : "");
    for (const auto& [name, object] : rights.objects) {
        digest.add(name);
        for (std::size_t verb = 0; verb < verb_count; ++verb) {
            digest.add(name_of(object.scope[verb]));
            for (const auto& rule : object.conditional[verb]) {
                digest.add(name_of(rule.scope));
                digest.add(rule.where ? expr::to_source(*rule.where) : "");
            }
        }
        for (const FieldAccess access : object.fields) digest.add(name_of(access));
        digest.add(object.menu ? "menu" : "");
    }
    for (const std::string& name : rights.special) digest.add(name);
    return digest.value();
}

void join_verb(const meta::Model& model, const meta::Object& object, const NamedRole& role, Verb verb,
               const VerbRight& right, ObjectRights& into) {
    const auto at = static_cast<std::size_t>(verb);
    if (right.where.empty()) {
        Scope& held = into.scope[at];
        // Of two scopes of which none holds the other, the team stands beside.
        if (!holds(held, right.scope) && !holds(right.scope, held)) into.conditional[at].push_back({Scope::team, {}});
        held = std::max(held, right.scope);
        return;
    }
    if (right.scope == Scope::none) return;
    try {
        if (auto node = parse_condition(model, object, right.where)) {
            into.conditional[at].push_back({right.scope, std::make_shared<const expr::Node>(std::move(*node))});
            return;
        }
    } catch (const Failure&) {
        // Told below: a field that the condition names may have gone with a new version of the declarations.
    }
    log::warning("a role has a condition that cannot be read and grants nothing by it",
                 {{"role", role.code}, {"object", object.name}, {"verb", name_of(verb)}});
}

// Fields of an object that nobody speaks of: everything, but for what is sensitive.
FieldAccess default_access(const meta::Field& field) {
    return field.sensitive ? FieldAccess::hidden : FieldAccess::write;
}

void join_fields(const meta::Object& object, const RoleRights& role, std::vector<FieldAccess>& into) {
    for (const meta::Field& field : object.fields) {
        const auto named = role.fields.find(default_name(object, field.name));
        const FieldAccess access = named == role.fields.end() ? default_access(field) : named->second;
        into[field.index] = std::max(into[field.index], access);
    }
}

// A role that has nothing to do with an object says nothing of its fields.
bool concerns(const RoleRights& role, const meta::Object& object) {
    const auto* rights = role.of(object);
    return rights && std::any_of(rights->begin(), rights->end(),
                                 [](const auto& right) { return right.second.scope != Scope::none; });
}

}  // namespace

std::string_view name_of(Verb verb) { return verbs[static_cast<std::size_t>(verb)]; }

std::optional<Verb> parse_verb(std::string_view name) {
    const auto found = std::find(verbs.begin(), verbs.end(), name);
    if (found == verbs.end()) return std::nullopt;
    return static_cast<Verb>(found - verbs.begin());
}

std::string_view name_of(Scope scope) { return scopes[static_cast<std::size_t>(scope)]; }

bool holds(Scope wide, Scope narrow) {
    const bool crosses = narrow == Scope::team && (wide == Scope::department || wide == Scope::department_and_below);
    return narrow <= wide && !crosses;
}

std::string_view name_of(FieldAccess access) { return field_accesses[static_cast<std::size_t>(access)]; }

const std::map<Verb, VerbRight>* RoleRights::of(const meta::Object& object) const {
    auto found = objects.find(object.name);
    if (found == objects.end() && !object.restricted) found = objects.find("*");
    return found == objects.end() ? nullptr : &found->second;
}

RoleRights parse_role_rights(const json::value& in) {
    RoleRights rights;
    const auto* whole = in.if_object();
    if (!whole) throw wrong_rights("object", "");
    const auto member = [&](std::string_view name) -> const json::value& {
        static const json::value none;
        const json::value* found = whole->if_contains(name);
        return found ? *found : none;
    };
    if (const json::value& administrator = member("administrator"); !administrator.is_null()) {
        if (!administrator.is_bool()) throw wrong_rights("true or false", "administrator");
        rights.administrator = administrator.get_bool();
    }
    if (const json::value& objects = member("objects"); !objects.is_null()) {
        if (!objects.is_object()) throw wrong_rights("object", "objects");
        for (const auto& [object, granted] : objects.get_object()) {
            const std::string at = "objects." + std::string(object);
            if (!granted.is_object()) throw wrong_rights("object", at);
            auto& by_verb = rights.objects[std::string(object)];
            for (const auto& [name, right] : granted.get_object()) {
                const auto verb = parse_verb(name);
                if (!verb) throw wrong_rights(name, at);
                by_verb[*verb] = parse_verb_right(right, at + "." + std::string(name));
            }
        }
    }
    rights.special = parse_names(member("special"), "special");
    rights.fields = parse_fields(member("fields"));
    rights.menus_hidden = parse_menus(member("menus"));
    return rights;
}

std::vector<Problem> check_role_rights(const RoleRights& rights, const meta::Model& model) {
    std::vector<Problem> problems;
    const auto unknown = [&](const std::string& at, const std::string& what) {
        problems.push_back({at, "role_rights", {{"what", what}, {"at", at}}, {}});
    };
    for (const auto& [name, by_verb] : rights.objects) {
        const meta::Object* object = model.find(name);
        if (!object && name != "*") unknown("objects." + name, name);
        for (const auto& [verb, right] : by_verb) {
            if (right.where.empty()) continue;
            const std::string at = "objects." + name + "." + std::string(name_of(verb));
            // Of every object there is no field to ask; a new record is not there yet to be asked.
            if (!object || verb == Verb::add) {
                unknown(at, right.where);
                continue;
            }
            try {
                if (!parse_condition(model, *object, right.where)) unknown(at, right.where);
            } catch (const Failure& failure) {
                problems.push_back({at, failure.key(), failure.params(), {}});
            }
        }
    }
    for (const auto& [name, access] : rights.fields) {
        const std::size_t dot = name.find('.');
        const meta::Object* object = model.find(name.substr(0, dot));
        const meta::Field* field = object && dot != std::string::npos ? object->find(name.substr(dot + 1)) : nullptr;
        if (!field) {
            unknown("fields." + name, name);
        } else if (access < FieldAccess::read && (field->name == object->title || field->name == object->title_en ||
                                                  (field->system && field->name != "owner"))) {
            problems.push_back({"fields." + name, "field_always_read", {{"field", name}}, {}});
        }
    }
    for (const std::string& name : rights.special) {
        const std::size_t dot = name.find('.');
        const meta::Object* object = model.find(name.substr(0, dot));
        const auto& known = object ? object->special_rights : std::vector<std::string>();
        if (dot == std::string::npos || std::find(known.begin(), known.end(), name.substr(dot + 1)) == known.end())
            unknown("special", name);
    }
    for (const std::string& name : rights.menus_hidden) {
        const bool area = std::any_of(model.areas().begin(), model.areas().end(),
                                      [&](const meta::Area& one) { return one.code == name; });
        if (!area && !model.find(name)) unknown("menus." + name, name);
    }
    return problems;
}

const ObjectRights* Rights::of(std::string_view object) const {
    const auto found = objects.find(object);
    return found == objects.end() ? nullptr : &found->second;
}

std::shared_ptr<const Rights> join(const meta::Model& model, const std::vector<NamedRole>& roles) {
    auto joined = std::make_shared<Rights>();
    for (const NamedRole& role : roles) {
        joined->roles.push_back(role.code);
        joined->administrator = joined->administrator || role.rights->administrator;
        joined->special.insert(role.rights->special.begin(), role.rights->special.end());
    }
    for (const meta::Object& object : model.objects()) {
        ObjectRights& into = joined->objects[object.name];
        into.fields.assign(object.fields.size(), FieldAccess::hidden);
        // Hidden when every role hides it, by its own name or with its area.
        into.menu = roles.empty() || std::any_of(roles.begin(), roles.end(), [&](const NamedRole& role) {
                        const auto& hidden = role.rights->menus_hidden;
                        return !hidden.contains(object.name) && !hidden.contains(object.area);
                    });
        for (const NamedRole& role : roles) {
            if (const auto* by_verb = role.rights->of(object)) {
                for (const auto& [verb, right] : *by_verb) join_verb(model, object, role, verb, right, into);
            }
            if (concerns(*role.rights, object)) join_fields(object, *role.rights, into.fields);
        }
        for (std::size_t verb = 0; verb < verb_count; ++verb) {
            std::erase_if(into.conditional[verb],
                          [&](const ObjectRights::Rule& rule) { return holds(into.scope[verb], rule.scope); });
        }
    }
    joined->digest = digest_of(*joined);
    return joined;
}

}  // namespace gx::access
