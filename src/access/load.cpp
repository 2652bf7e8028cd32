#include "access/load.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

namespace gx::access {

using store::Sql;

namespace {

constexpr std::string_view employee_of_user = "(select employee from \"user\" where id = ?)";

struct Role {
    std::string code;
    RoleRights rights;
};

RoleRights read_rights(std::string_view code, std::string_view text) {
    if (text.empty()) return {};
    try {
        return parse_role_rights(parse_json(text));
    } catch (const Failure& failure) {
        // One broken role must not lock everybody out, and must not grant anything either.
        log::warning("a role has rights that cannot be read and grants nothing",
                     {{"role", code}, {"key", failure.key()}});
        return {};
    }
}

void widen(std::map<Verb, Scope>& into, const std::map<Verb, Scope>& more) {
    for (const auto& [verb, scope] : more) {
        auto& held = into[verb];
        held = std::max(held, scope);
    }
}

// A role says what it grants on an object by name, or else with "*", which does not count for restricted ones; the
// widest of all roles counts.
void join_roles(Grants& grants, const meta::Model& model, const std::vector<Role>& roles) {
    for (const Role& role : roles) {
        grants.roles.push_back(role.code);
        grants.administrator = grants.administrator || role.rights.administrator;
        grants.special.insert(role.rights.special.begin(), role.rights.special.end());
        grants.sensitive_fields.insert(role.rights.sensitive_fields.begin(), role.rights.sensitive_fields.end());
        const auto others = role.rights.objects.find("*");
        if (others != role.rights.objects.end()) widen(grants.objects["*"], others->second);
        for (const meta::Object& object : model.objects()) {
            const auto named = role.rights.objects.find(object.name);
            if (named != role.rights.objects.end()) {
                widen(grants.objects[object.name], named->second);
            } else if (others != role.rights.objects.end() && !object.restricted) {
                widen(grants.objects[object.name], others->second);
            } else {
                grants.objects[object.name];
            }
        }
    }
}

void sort_unique(std::vector<RecordId>& ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

// The same rights have the same version in every process.
std::int64_t digest(const Grants& grants) {
    std::uint64_t hash = 14695981039346656037u;
    const auto add = [&hash](std::string_view text) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
        hash = (hash ^ 0xffu) * 1099511628211u;
    };
    add(to_string(grants.employee));
    add(to_string(grants.department));
    add(grants.administrator ? "administrator" : "");
    for (const auto& [object, rights] : grants.objects) {
        add(object);
        for (const auto& [verb, scope] : rights) {
            add(name_of(verb));
            add(name_of(scope));
        }
    }
    for (const auto* names : {&grants.special, &grants.sensitive_fields}) {
        for (const std::string& name : *names) add(name);
        add("");
    }
    for (const auto* ids : {&grants.team_members, &grants.departments_below, &grants.subordinates}) {
        for (const RecordId id : *ids) add(to_string(id));
        add("");
    }
    return static_cast<std::int64_t>(hash >> 11);
}

}  // namespace

std::shared_ptr<const Grants> load_grants(store::Connection& connection, const meta::Model& model, RecordId user) {
    // A company may run without teams or without a tree of departments: only what is declared is asked for.
    enum Asked { account, roles, team, below, subordinates };
    std::vector<Asked> asked;
    std::vector<Sql> statements;
    const auto ask = [&](Asked what, std::string text) {
        asked.push_back(what);
        statements.push_back({std::move(text), {user.value}});
    };
    const auto declares = [&model](std::string_view object, std::string_view field) {
        const meta::Object* found = model.find(object);
        return found && found->find(field);
    };
    const std::string employee(employee_of_user);

    ask(account,
        "select u.employee, e.department from \"user\" u left join employee e on e.id = u.employee "
        "where u.id = ? and u.deleted_at is null");
    ask(roles,
        "select r.code, r.rights from user_roles l join role r on r.id = l.item "
        "where l.record = ? and r.deleted_at is null order by r.code");
    if (declares("team", "members")) {
        ask(team,
            "select m.item from team_members m join team t on t.id = m.record and t.deleted_at is null "
            "where m.record in (select record from team_members where item = " +
                employee + ")");
    }
    if (declares("department", "parent")) {
        ask(below, "with recursive below(id) as (select department from employee where id = " + employee +
                       " union select d.id from department d join below b on d.parent = b.id) "
                       "select id from below where id is not null");
    }
    if (declares("employee", "manager")) {
        ask(subordinates,
            "with recursive under(id) as (select id from employee where manager = " + employee +
                " union select e.id from employee e join under u on e.manager = u.id) select id from under");
    }

    auto grants = std::make_shared<Grants>();
    grants->user = user;
    bool known = false;
    std::vector<Role> held;
    connection.query_many(statements, [&](std::size_t index, const store::Row& row) {
        switch (asked[index]) {
            case account:
                known = true;
                grants->employee = RecordId{row.integer(0)};
                grants->department = RecordId{row.integer(1)};
                break;
            case roles:
                held.push_back({std::string(row.text(0)), read_rights(row.text(0), row.text(1))});
                break;
            case team:
                grants->team_members.push_back(RecordId{row.integer(0)});
                break;
            case below:
                grants->departments_below.push_back(RecordId{row.integer(0)});
                break;
            case subordinates:
                grants->subordinates.push_back(RecordId{row.integer(0)});
                break;
        }
        return true;
    });
    if (!known) throw Failure(Failure::Kind::unauthenticated, "unauthenticated");

    if (grants->employee) grants->team_members.push_back(grants->employee);
    if (grants->department) grants->departments_below.push_back(grants->department);
    for (auto* ids : {&grants->team_members, &grants->departments_below, &grants->subordinates}) sort_unique(*ids);
    join_roles(*grants, model, held);
    grants->version = digest(*grants);
    return grants;
}

std::shared_ptr<const Grants> GrantsCache::of(RecordId user) {
    const meta::ModelPtr model = model_();
    std::uint64_t generation = 0;
    {
        const std::lock_guard lock(mutex_);
        if (model_version_ != model->version()) {
            grants_.clear();
            model_version_ = model->version();
        }
        if (const auto found = grants_.find(user); found != grants_.end()) return found->second;
        generation = generation_;
    }
    std::shared_ptr<const Grants> loaded;
    store_.read([&](store::Connection& connection) { loaded = load_grants(connection, *model, user); });
    const std::lock_guard lock(mutex_);
    if (generation == generation_ && model_version_ == model->version()) grants_[user] = loaded;
    return loaded;
}

bool GrantsCache::committed(std::string_view object) {
    static constexpr std::array<std::string_view, 5> organisation{"user", "role", "employee", "department", "team"};
    if (std::find(organisation.begin(), organisation.end(), object) == organisation.end()) return false;
    clear();
    return true;
}

void GrantsCache::clear() {
    const std::lock_guard lock(mutex_);
    ++generation_;
    grants_.clear();
}

}  // namespace gx::access
