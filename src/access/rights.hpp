// What roles grant. A role is declared or edited as JSON:
//
//   { "administrator": false,
//     "objects": { "*": {"view": "all"},                       // objects not named, but for restricted ones
//                  "customer": {"view": "department", "add": "all", "change": "own",
//                               "export": {"scope": "all", "where": "level = 'a'"}} },
//     "fields": {"contact.mobile": "masked", "contact.ethnicity": "write"},   // or a list of names: all "write"
//     "menus": {"product": false},                             // areas and objects that the role does not show
//     "special": ["customer.rename"] }
//
// A person has the union of all roles: of each object and verb the widest scope and every condition, of each field the
// widest right that a role which has to do with the object gives.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "expr/expr.hpp"
#include "meta/model.hpp"

namespace gx::access {

enum class Verb { view, add, change, remove, assign, approve, export_, import_, print };
inline constexpr std::size_t verb_count = 9;
inline constexpr std::array<Verb, verb_count> all_verbs{Verb::view,    Verb::add,     Verb::change,
                                                        Verb::remove,  Verb::assign,  Verb::approve,
                                                        Verb::export_, Verb::import_, Verb::print};
std::string_view name_of(Verb verb);  // "view" "add" "change" "delete" "assign" "approve" "export" "import" "print"
std::optional<Verb> parse_verb(std::string_view name);

enum class Scope { none, own, team, department, department_and_below, all };
std::string_view name_of(Scope scope);
// Is everything of the narrow scope in the wide one? A team crosses departments: neither holds the other.
bool holds(Scope wide, Scope narrow);

// Masked: that there is a value, and its ends where that is of use (138****5678), but not the value.
enum class FieldAccess { hidden, masked, read, write };
std::string_view name_of(FieldAccess access);

struct VerbRight {
    Scope scope = Scope::none;
    std::string where;  // expression on the object; empty: every row of the scope
};

struct RoleRights {
    std::map<std::string, std::map<Verb, VerbRight>> objects;  // "*" for objects not named
    std::map<std::string, FieldAccess> fields;                 // "contact.mobile"
    std::set<std::string> special, menus_hidden;
    bool administrator = false;

    // Of the object by name, else of "*" when the object is not restricted; null when the role grants nothing on it.
    const std::map<Verb, VerbRight>* of(const meta::Object& object) const;
};
// Throws Failure(invalid, "role_rights", {what, at}) for an unknown verb, scope, field right or shape.
RoleRights parse_role_rights(const json::value& in);
// What such rights name wrongly in this model: unknown objects, fields, menus and special rights, conditions that do
// not parse, titles that nobody could be without. The field of a problem is the place in the JSON.
std::vector<Problem> check_role_rights(const RoleRights& rights, const meta::Model& model);

// Of one object, the union of all roles of a person.
struct ObjectRights {
    struct Rule {
        Scope scope = Scope::none;
        std::shared_ptr<const expr::Node> where;  // none: all of the scope
    };
    std::array<Scope, verb_count> scope{};                  // without a condition
    std::array<std::vector<Rule>, verb_count> conditional;  // what that does not hold: with a condition, or the team
    std::vector<FieldAccess> fields;                        // by field index
    bool menu = true;

    Scope scope_of(Verb verb) const { return scope[static_cast<std::size_t>(verb)]; }
    const std::vector<Rule>& conditional_of(Verb verb) const { return conditional[static_cast<std::size_t>(verb)]; }
};

// The union of some roles on one model: immutable, and shared by everybody who has just these roles.
struct Rights {
    bool administrator = false;
    std::vector<std::string> roles;  // codes
    std::map<std::string, ObjectRights, std::less<>> objects;
    std::set<std::string, std::less<>> special;
    std::uint64_t digest = 0;  // the same rights have the same digest in every process

    const ObjectRights* of(std::string_view object) const;
};

struct NamedRole {
    std::string code;
    const RoleRights* rights;
};
// A condition that does not parse grants nothing; check_role_rights keeps such from being stored.
std::shared_ptr<const Rights> join(const meta::Model& model, const std::vector<NamedRole>& roles);

}  // namespace gx::access
