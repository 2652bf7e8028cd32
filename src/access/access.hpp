// Who may see and do what, as one condition and one field mask. The same answer serves list, count, group, search,
// export, event stream and single record. This issue has function rights by role and the five data scopes; the place
// of shares, conditions, field rights and reasons is here.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "meta/model.hpp"

namespace gx::access {

enum class Verb { view, add, change, remove, assign, approve, export_, import_, print };
std::string_view name_of(Verb verb);  // "view" "add" "change" "delete" "assign" "approve" "export" "import" "print"
std::optional<Verb> parse_verb(std::string_view name);

enum class Scope { none, own, team, department, department_and_below, all };
std::string_view name_of(Scope scope);

// The rows that a caller may reach with one verb, as data; `record` turns it into SQL. An empty filter with
// everything=false reaches nothing.
struct RowFilter {
    bool everything = false;
    std::vector<RecordId> owners;       // owner in (…)
    std::vector<RecordId> departments;  // or owner_department in (…)

    // The same rule on one row that is already at hand (event stream, drafts).
    bool admits(RecordId owner, RecordId department) const;
};

// Rights of one user, resolved: an immutable snapshot with a version. A change of roles makes a new one.
struct Grants {
    RecordId user, employee, department;
    std::vector<std::string> roles;  // codes
    bool administrator = false;
    std::map<std::string, std::map<Verb, Scope>> objects;  // object -> verb -> widest scope
    std::set<std::string> special;                         // "customer.rename"
    std::set<std::string> sensitive_fields;                // "contact.ethnicity" that a role names
    std::vector<RecordId> team_members;                    // employees of the caller's teams, caller included
    std::vector<RecordId> departments_below;               // own department and all below
    std::vector<RecordId> subordinates;                    // everyone below the caller in employee.manager
    std::int64_t version = 0;
};

// Everyone who asks for something. Made once a request from the session.
struct Caller {
    std::shared_ptr<const Grants> grants;
    Language language = Language::zh;
    std::shared_ptr<const TimeZone> zone;
    std::string login;
    std::string name;

    RecordId user() const { return grants->user; }
    RecordId employee() const { return grants->employee; }
};

// Function right: may the caller use this verb on this object at all?
bool may(const Grants& grants, const meta::Object& object, Verb verb);
// Data scope of the verb. Objects that are not owned are all or nothing.
RowFilter rows(const Grants& grants, const meta::Object& object, Verb verb);

// Why a verb on a row is allowed or not, for people: a key of src/access/texts.*.json. `owner` and `department` are
// those of the row; none for objects that are not owned.
struct Reason {
    bool allowed = false;
    std::string key;
    TextParams params;
};
Reason explain(const Grants& grants, const meta::Object& object, Verb verb, RecordId owner, RecordId department);

// Which fields the caller may read and write, by field index.
struct FieldMask {
    std::vector<bool> read, write;
};
FieldMask fields(const Grants& grants, const meta::Object& object);

// The program itself: start-up, demo, command line. Sees and does everything; history names `employee` when given.
std::shared_ptr<const Grants> system_grants(RecordId user = {}, RecordId employee = {}, RecordId department = {});

// Roles as declared in modules/organisation/role/*.role.json; seeded into the database, editable there.
// { "code": "salesperson", "label": {…}, "objects": {"customer": {"view": "own", "add": "all", …}, "*": {…}},
//   "special": ["…"], "fields": ["contact.ethnicity"] }
struct RoleRights {
    std::map<std::string, std::map<Verb, Scope>> objects;  // "*" for objects not named
    std::set<std::string> special, sensitive_fields;
    bool administrator = false;
};
// Throws Failure(invalid, "role_rights", {what, at}) for an unknown verb, scope or shape.
RoleRights parse_role_rights(const json::value& in);

}  // namespace gx::access
