#include "features/sso/admission.hpp"

#include <algorithm>
#include <set>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "features/sso/claims.hpp"

namespace gx::features {

namespace {

using store::Connection;
using store::Row;

constexpr std::size_t login_bytes_least = 2;
constexpr std::size_t login_bytes_most = 60;

std::string verified_email(const Proved& proved) {
    return true_claim(proved.claims, "email_verified") ? fold(text_claim(proved.claims, "email")) : std::string();
}

bool is_login(std::string_view text) {
    return text.size() >= login_bytes_least && text.size() <= login_bytes_most && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '@' || c == '-';
           });
}

std::string name_of(const Proved& proved) {
    std::string name(trim(text_claim(proved.claims, "name")));
    if (name.empty()) name = text_claim(proved.claims, "preferred_username");
    if (name.empty()) name = text_claim(proved.claims, "email");
    if (name.empty()) name = proved.subject;
    while (count_code_points(name) > login_bytes_most) {
        do name.pop_back();
        while (!name.empty() && !is_valid_utf8(name));
    }
    return name;
}

const Value* value_of(const std::vector<std::pair<std::string, Value>>& values, std::string_view name) {
    for (const auto& [field, value] : values)
        if (field == name) return &value;
    return nullptr;
}

Ids roles_of(const std::vector<std::pair<std::string, Value>>& values) {
    const Value* found = value_of(values, "roles");
    const Ids* ids = found == nullptr ? nullptr : std::get_if<Ids>(found);
    return ids == nullptr ? Ids{} : *ids;
}

record::Change new_record(std::string object) {
    record::Change change;
    change.object = std::move(object);
    return change;
}

}  // namespace

std::string shown_name(const Proved& proved) {
    for (const char* name : {"email", "preferred_username", "name"})
        if (std::string text = text_claim(proved.claims, name); !text.empty()) return text;
    return proved.subject;
}

access::Caller Admission::program() const {
    access::Caller caller;
    caller.grants = access::system_grants();
    caller.zone = zone_;
    caller.login = caller.name = "guanxi";
    return caller;
}

RecordId Admission::account_for(const Proved& proved) {
    const Provider& provider = proved.provider;
    std::optional<RecordId> user = links_.account(provider.id, proved.subject);
    if (!user) {
        const std::string email = provider.match_email ? verified_email(proved) : std::string();
        const std::vector<Person> people = email.empty() ? std::vector<Person>() : people_with(email);
        // Two people with one address: nobody can tell which one it is.
        if (people.size() > 1) throw Failure(Failure::Kind::unauthenticated, "sso_no_account");
        if (!people.empty() && people.front().user) {
            user = people.front().user;
        } else if (provider.makes_accounts) {
            user = make_account(proved, people.empty() ? RecordId{} : people.front().employee);
        } else {
            throw Failure(Failure::Kind::unauthenticated, "sso_no_account");
        }
        if (!links_.add(provider.id, proved.subject, *user, shown_name(proved)))
            throw Failure(Failure::Kind::unauthenticated, "sso_no_account");
    }
    renew_roles(proved, *user);
    return *user;
}

std::vector<Admission::Person> Admission::people_with(const std::string& email) const {
    std::vector<Person> found;
    records_.parts().store.read([&](Connection& connection) {
        found.clear();
        connection.query(
            {"select u.id, e.id from employee e left join \"user\" u on u.employee = e.id and u.deleted_at is "
             "null where lower(e.email) = ? and e.deleted_at is null limit 2",
             {email}},
            [&](const Row& row) {
                found.push_back({{row.integer(0)}, {row.integer(1)}});
                return true;
            });
    });
    return found;
}

// An account that is there already is never taken over by its name.
std::string Admission::free_login(const Proved& proved) const {
    for (const char* claim : {"preferred_username", "email"}) {
        const std::string login = fold(text_claim(proved.claims, claim));
        if (!is_login(login)) continue;
        bool taken = false;
        records_.parts().store.read([&](Connection& connection) {
            taken = false;
            connection.query({"select 1 from \"user\" where login = ? and deleted_at is null", {login}},
                             [&](const Row&) {
                                 taken = true;
                                 return false;
                             });
        });
        if (!taken) return login;
    }
    throw Failure(Failure::Kind::unauthenticated, "sso_login_taken");
}

RecordId Admission::make_account(const Proved& proved, RecordId employee) {
    const access::Caller caller = program();
    const std::string login = free_login(proved);
    record::SaveOptions options;
    options.operation = "create";
    if (!employee) {
        record::Change person = new_record("employee");
        person.values.emplace_back("name", name_of(proved));
        if (const std::string email = verified_email(proved); !email.empty())
            person.values.emplace_back("email", email);
        if (proved.provider.department) person.values.emplace_back("department", proved.provider.department);
        employee = records_.save(caller, {&person, 1}, options).ids.at(0);
    }
    record::Change account = new_record("user");
    account.values = {{"login", login},
                      {"employee", employee},
                      {"roles", roles_of(records_.values(caller, "sign_in_provider", proved.provider.id))},
                      {"status", std::string("active")}};
    return records_.save(caller, {&account, 1}, options).ids.at(0);
}

// Only roles that the list of groups names come and go; what was given here by hand stays.
void Admission::renew_roles(const Proved& proved, RecordId user) {
    if (proved.provider.groups_claim.empty()) return;
    const std::vector<std::string> said = texts_claim(proved.claims, proved.provider.groups_claim);
    std::set<RecordId> governed;
    std::set<RecordId> given;
    records_.parts().store.read([&](Connection& connection) {
        governed.clear();
        given.clear();
        connection.query(
            {"select g.name, g.role from provider_group g join role r on r.id = g.role and r.deleted_at is "
             "null where g.provider = ? and g.deleted_at is null",
             {proved.provider.id.value}},
            [&](const Row& row) {
                const RecordId role{row.integer(1)};
                governed.insert(role);
                if (std::ranges::find(said, row.text(0)) != said.end()) given.insert(role);
                return true;
            });
    });
    if (governed.empty()) return;
    const access::Caller caller = program();
    std::vector<std::pair<std::string, Value>> stored;
    try {
        stored = records_.values(caller, "user", user);
    } catch (const Failure& failure) {
        if (failure.kind() == Failure::Kind::not_found) return;  // the account is gone: it is not let in anyway
        throw;
    }
    const Ids before = roles_of(stored);
    Ids after;
    for (const RecordId role : before)
        if (!governed.contains(role)) after.push_back(role);
    after.insert(after.end(), given.begin(), given.end());
    if (std::set<RecordId>(before.begin(), before.end()) == std::set<RecordId>(after.begin(), after.end())) return;
    record::Change change = new_record("user");
    change.id = user;
    change.values.emplace_back("roles", after);
    record::SaveOptions options;
    options.note = proved.provider.name;
    records_.save(caller, {&change, 1}, options);
}

}  // namespace gx::features
