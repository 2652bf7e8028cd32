// Who may see and do what, as one condition and one field mask. The same answer serves list, count, group, search,
// export, event stream and single record. A right is decided in this order: account active, function right of a role,
// data scope or condition, shares of the single record, field rights.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/disclosed.hpp"
#include "access/rights.hpp"
#include "base/failure.hpp"
#include "base/id.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "meta/model.hpp"

namespace gx::access {

// The rows that a caller may reach with one verb, as data; `record` turns it into SQL (record/reach.hpp). A filter
// with nothing in it reaches nothing. The parts widen one another, but for `also`.
struct RowFilter {
    bool everything = false;            // then nothing else stands here
    std::vector<RecordId> owners;       // owner in (…)
    std::vector<RecordId> departments;  // or owner_department in (…)

    // or in this scope, and the condition holds
    struct Conditional {
        bool everything = false;
        std::vector<RecordId> owners, departments;
        std::shared_ptr<const expr::Node> where;
    };
    std::vector<Conditional> conditional;
    // or opened to one of these people, departments and teams, at this level
    std::vector<RecordId> grantees;
    bool shared_for_writing = false;
    // and in reach of this one too: nobody changes what he may not see
    std::shared_ptr<const RowFilter> also;

    static RowFilter all() {
        RowFilter filter;
        filter.everything = true;
        return filter;
    }
    // Owner and department alone decide.
    bool is_plain() const { return conditional.empty() && grantees.empty() && !also; }
    // The plain part of the rule on one row that is already at hand (event stream, drafts).
    bool admits(RecordId owner, RecordId department) const;
};

// How a role came to a person: given to the account itself, or to a department, team, position or level.
struct HeldRole {
    std::string code;
    RecordId role;
    std::string through;  // an object: "user" "department" "team" "position" "employee_level"
    RecordId through_id;
    std::optional<Timestamp> until;
    std::shared_ptr<const RoleRights> rights;
};

// Rights of one user, resolved: an immutable snapshot with a version. A change of roles makes a new one.
struct Grants {
    RecordId user, employee, department;  // department of the main post
    std::shared_ptr<const Rights> rights = std::make_shared<const Rights>();
    std::vector<HeldRole> roles;
    std::vector<RecordId> team_members;       // employees of the caller's teams, caller included
    std::vector<RecordId> departments;        // of all posts
    std::vector<RecordId> departments_below;  // those and all below
    std::vector<RecordId> subordinates;       // everyone below the caller in employee.manager
    std::vector<RecordId> grantees;           // as whom records are shared with the caller: self, departments and those
                                              // above, teams
    std::set<std::string> shared_objects;     // objects of which some record is shared with the caller
    std::optional<Timestamp> valid_until;     // some role ends then, or a post begins or ends
    std::int64_t version = 0;

    bool administrator() const { return rights->administrator; }
    bool has_special(std::string_view right) const {  // "customer.rename"
        return rights->administrator || rights->special.contains(right);
    }
};

// Everyone who asks for something. Made once a request from the session.
struct Caller {
    std::shared_ptr<const Grants> grants;
    Language language = Language::zh;
    std::shared_ptr<const TimeZone> zone;
    std::string login;
    std::string name;
    std::string address{};                   // where the request comes from; kept with what it changes
    std::shared_ptr<Disclosed> disclosed{};  // collects what of sensitive fields is given out; may be absent
    // Who really asks, while looking as somebody else (access/viewing.hpp): the audit names this one.
    struct Viewer {
        RecordId user;
        std::string login, name;
    };
    std::shared_ptr<const Viewer> viewer{};

    RecordId user() const { return grants->user; }
    RecordId employee() const { return grants->employee; }
};

// Function right: may the caller use this verb on this object at all?
bool may(const Grants& grants, const meta::Object& object, Verb verb);
// May the caller open lists of this object? Its records are still met where others refer to them.
bool has_menu(const Grants& grants, const meta::Object& object);
// Data scope of the verb. Objects that are not owned are all or nothing, but for conditions.
RowFilter rows(const Grants& grants, const meta::Object& object, Verb verb);

// Which fields the caller may read and write, by field index. A masked field counts as one that cannot be read, so
// that no filter, sort or search tells its value; what shows records shows it masked.
struct FieldMask {
    std::vector<bool> read, write, masked;
    bool shows(std::size_t field) const { return read[field] || masked[field]; }
};
FieldMask fields(const Grants& grants, const meta::Object& object);
bool is_masked(const Grants& grants, const meta::Object& object, const meta::Field& field);
// Is some searchable field of the object kept from the caller? Then its words must not find the record.
bool hides_words(const Grants& grants, const meta::Object& object);

// The program itself: start-up, demo, command line. Sees and does everything; history names `employee` when given.
std::shared_ptr<const Grants> system_grants(RecordId user = {}, RecordId employee = {}, RecordId department = {});

}  // namespace gx::access
