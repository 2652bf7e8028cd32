#include "features/directory/directory_people.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "base/failure.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "features/directory/directory_groups.hpp"
#include "meta/field_value.hpp"

namespace gx::features {

namespace {

using record::Change;
using store::Connection;
using store::Row;
using store::Sql;

constexpr std::size_t piece = 500;  // people in one save
constexpr std::size_t skipped_shown = 20;
constexpr std::size_t gone_at_ease = 5;  // so few may leave at once without a question

Change change_of(std::string object, RecordId id, std::vector<std::pair<std::string, Value>> values) {
    return {std::move(object), id, {}, std::move(values), false, false, 0};
}

record::SaveOptions options_of(const Directory& directory, std::string operation) {
    record::SaveOptions options;
    options.operation = std::move(operation);
    options.note = directory.name;
    options.keep_good = true;
    return options;
}

void skip(SyncResult& result, const std::string& login) {
    ++result.skipped_count;
    if (result.skipped.size() < skipped_shown) result.skipped.push_back(login);
}

// Texts of one column for an SQL list, in pieces that both databases take.
template <class Rows>
void each_in(store::Store& store, const std::string& before, const std::vector<std::string>& texts, Rows rows) {
    for (std::size_t from = 0; from < texts.size(); from += piece) {
        Sql sql{before + " (", {}};
        for (std::size_t i = from; i < std::min(texts.size(), from + piece); ++i)
            (sql += i == from ? "?" : ", ?").bind(texts[i]);
        sql += ")";
        store.read([&](Connection& connection) { connection.query(sql, rows); });
    }
}

}  // namespace

std::string to_json(const SyncResult& result) {
    std::string text;
    JsonWriter json(text);
    json.begin_object();
    json.key("found").integer(result.found);
    json.key("made").integer(result.made);
    json.key("changed").integer(result.changed);
    json.key("disabled").integer(result.disabled);
    json.key("enabled").integer(result.enabled);
    json.key("skipped").integer(result.skipped_count);
    json.key("skipped_names").begin_array();
    for (const std::string& login : result.skipped) json.string(login);
    json.end_array().end_object();
    return text;
}

std::vector<DirectoryPeople::Account> DirectoryPeople::accounts_of(const Directory& directory, RecordId only) const {
    std::vector<Account> accounts;
    std::unordered_map<RecordId, std::size_t> places;
    directories_.store().read([&](Connection& connection) {
        accounts.clear();
        places.clear();
        Sql people{
            "select u.id, u.employee, a.key, u.login, e.name, e.email, e.mobile, u.status, a.ended from "
            "directory_account a join \"user\" u on u.id = a.user_account left join employee e on e.id = "
            "u.employee where a.directory = ? and u.deleted_at is null",
            {directory.id.value}};
        Sql held{
            "select r.record, r.item from user_roles r join directory_account a on a.user_account = r.record where "
            "a.directory = ?",
            {directory.id.value}};
        Sql given{
            "select g.user_account, g.role from directory_role g join directory_account a on a.user_account = "
            "g.user_account where a.directory = ?",
            {directory.id.value}};
        if (only) {
            (people += " and u.id = ?").bind(only.value);
            (held += " and r.record = ?").bind(only.value);
            (given += " and g.user_account = ?").bind(only.value);
        }
        connection.query(people, [&](const Row& row) {
            Account& account = accounts.emplace_back();
            account.user = {row.integer(0)};
            account.employee = {row.integer(1)};
            account.key = row.text(2);
            account.login = row.text(3);
            account.name = row.text(4);
            account.email = row.text(5);
            account.mobile = row.text(6);
            account.active = row.text(7) == "active";
            account.ended = row.integer(8) != 0;
            places[account.user] = accounts.size() - 1;
            return true;
        });
        connection.query(held, [&](const Row& row) {
            if (const auto found = places.find({row.integer(0)}); found != places.end())
                accounts[found->second].roles.push_back({row.integer(1)});
            return true;
        });
        connection.query(given, [&](const Row& row) {
            if (const auto found = places.find({row.integer(0)}); found != places.end())
                accounts[found->second].given.push_back({row.integer(1)});
            return true;
        });
    });
    for (Account& account : accounts) {
        std::ranges::sort(account.roles);
        std::ranges::sort(account.given);
    }
    return accounts;
}

// What a directory says may not be what a field takes; then the field stays as it is.
std::vector<std::pair<std::string, Value>> DirectoryPeople::person_values(const DirectoryPerson& person) const {
    const meta::ModelPtr model = records_.parts().model();
    const meta::Object& employee = model->object("employee");
    const access::Caller caller = program_();
    const meta::ReadContext context{*model, *caller.zone, records_.parts().currency, caller.language};
    std::vector<std::pair<std::string, Value>> values;
    for (const auto& [name, text] :
         {std::pair{"name", &person.name}, std::pair{"email", &person.email}, std::pair{"mobile", &person.mobile}}) {
        if (text->empty()) continue;
        meta::Read read = meta::from_text(employee.field(name), *text, context);
        if (auto* value = std::get_if<Value>(&read)) values.emplace_back(name, std::move(*value));
    }
    return values;
}

std::vector<RecordId> DirectoryPeople::gifts(const Directory& directory, const Known& known) {
    if (known.roles.empty() && directory.default_role) return {directory.default_role};
    return known.roles;
}

void DirectoryPeople::add_change(Plan& plan, Step step, Change change) {
    change.row = plan.changes.size();
    plan.changes.push_back(std::move(change));
    plan.steps.push_back(std::move(step));
}

// Only what the directory gave does it take away; what people gave stays, though a group may stand for it too.
void DirectoryPeople::plan_change(const Directory& directory, const Known& known, const Account& account,
                                  Plan& plan) const {
    std::vector<std::pair<std::string, Value>> of_person, of_account;
    for (auto& [name, value] : person_values(known.person)) {
        const std::string& now = name == "name" ? account.name : name == "email" ? account.email : account.mobile;
        if (const auto* text = std::get_if<std::string>(&value); text != nullptr && *text != now)
            of_person.emplace_back(name, value);
    }
    const std::vector<RecordId> wanted = gifts(directory, known);
    std::vector<RecordId> by_people, roles, given;
    std::ranges::set_difference(account.roles, account.given, std::back_inserter(by_people));
    std::ranges::set_union(by_people, wanted, std::back_inserter(roles));
    std::ranges::set_difference(wanted, by_people, std::back_inserter(given));
    if (roles != account.roles) of_account.emplace_back("roles", Ids(roles));
    if (given != account.given) plan.given.emplace_back(account.user, given);
    if (known.person.login != account.login) of_account.emplace_back("login", known.person.login);
    const bool back = !account.active && account.ended;
    if (back) of_account.emplace_back("status", std::string("active"));
    if (of_person.empty() && of_account.empty()) return;
    ++plan.result.changed;
    const Step step{account.login, account.user, Step::update};
    if (!of_person.empty() && account.employee)
        add_change(plan, step, change_of("employee", account.employee, std::move(of_person)));
    if (!of_account.empty())
        add_change(plan, {account.login, account.user, back ? Step::back : Step::update},
                   change_of("user", account.user, std::move(of_account)));
}

void DirectoryPeople::plan_people(const Directory& directory, std::vector<Known> everybody, Plan& plan) const {
    const std::vector<Account> accounts = accounts_of(directory, {});
    std::unordered_map<std::string, const Account*> by_key;
    for (const Account& account : accounts) by_key[account.key] = &account;
    std::unordered_set<std::string> seen;
    for (Known& known : everybody) {
        seen.insert(known.person.key);
        const auto found = by_key.find(known.person.key);
        if (found != by_key.end()) {
            plan_change(directory, known, *found->second, plan);
        } else if (directory.makes_accounts) {
            plan.fresh.push_back(std::move(known));
        }
    }
    if (!directory.ends_accounts) return;
    for (const Account& account : accounts) {
        if (!account.active) continue;
        ++plan.active;
        if (seen.contains(account.key)) continue;
        ++plan.gone;
        add_change(plan, {account.login, account.user, Step::gone},
                   change_of("user", account.user, {{"status", std::string("disabled")}}));
    }
}

// An employee of the same e-mail address who has no account gets this one.
void DirectoryPeople::make(const Directory& directory, std::span<const Known> people, Plan& plan) {
    std::unordered_map<std::string, RecordId> with_email;
    std::unordered_set<std::string> taken;
    std::vector<std::string> emails, logins;
    for (const Known& known : people) {
        logins.push_back(known.person.login);
        if (!known.person.email.empty()) emails.push_back(fold(known.person.email));
    }
    store::Store& store = directories_.store();
    each_in(store, "select login from \"user\" where deleted_at is null and login in", logins, [&](const Row& row) {
        taken.insert(std::string(row.text(0)));
        return true;
    });
    each_in(store,
            "select lower(e.email), e.id from employee e where e.deleted_at is null and not exists (select 1 from "
            "\"user\" u where u.employee = e.id and u.deleted_at is null) and lower(e.email) in",
            emails, [&](const Row& row) {
                RecordId& known = with_email[std::string(row.text(0))];
                // Two of one address: which of them is meant is not for the program to say.
                known = known ? RecordId{-1} : RecordId{row.integer(1)};
                return true;
            });

    const access::Caller program = program_();
    std::vector<const Known*> made;
    std::vector<RecordId> employees;
    std::vector<Change> changes;
    const meta::ModelPtr model = records_.parts().model();
    const meta::Field& login = model->object("user").field("login");
    const meta::ReadContext context{*model, *program.zone, records_.parts().currency, program.language};
    for (const Known& known : people) {
        // Before an employee is made for who then gets no account.
        const bool can_be = std::holds_alternative<Value>(meta::from_text(login, known.person.login, context));
        if (!can_be || !taken.insert(known.person.login).second) {
            skip(plan.result, known.person.login);
            continue;
        }
        const auto found = known.person.email.empty() ? with_email.end() : with_email.find(fold(known.person.email));
        const bool adopted = found != with_email.end() && found->second.value > 0;
        made.push_back(&known);
        employees.push_back(adopted ? std::exchange(found->second, RecordId{-1}) : RecordId{});
        if (!adopted) {
            changes.push_back(change_of("employee", {}, person_values(known.person)));
            changes.back().row = made.size() - 1;
        }
    }
    record::SaveOptions options = options_of(directory, "create");
    if (!changes.empty()) {
        const record::Saved saved = records_.save(program, changes, options);
        for (std::size_t i = 0; i < changes.size(); ++i) employees[changes[i].row] = saved.ids[i];
        options.batch = saved.batch;
    }
    changes.clear();
    for (std::size_t i = 0; i < made.size(); ++i) {
        if (!employees[i]) {
            skip(plan.result, made[i]->person.login);
            continue;
        }
        changes.push_back(change_of("user", {},
                                    {{"login", made[i]->person.login},
                                     {"employee", employees[i]},
                                     {"roles", Ids(gifts(directory, *made[i]))},
                                     {"status", std::string("active")}}));
        changes.back().row = i;
    }
    if (changes.empty()) return;
    const record::Saved saved = records_.save(program, changes, options);
    std::vector<std::pair<RecordId, std::string>> links;
    Directories::Given given;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const DirectoryPerson& person = made[changes[i].row]->person;
        if (saved.ids[i]) {
            links.emplace_back(saved.ids[i], person.key);
            given.emplace_back(saved.ids[i], gifts(directory, *made[changes[i].row]));
        } else {
            skip(plan.result, person.login);
        }
    }
    directories_.set_given(given);
    directories_.link(directory.id, links);
    plan.result.made += static_cast<std::int64_t>(links.size());
}

void DirectoryPeople::carry_out(const Directory& directory, Plan& plan, const Progress& progress) {
    const auto all = static_cast<std::int64_t>(plan.changes.size() + plan.fresh.size());
    std::int64_t done = 0;
    // Noted before they are given: a run that ends in between leaves none that nobody takes away again.
    directories_.add_given(plan.given);
    for (std::size_t from = 0; from < plan.changes.size(); from += piece) {
        const auto some =
            std::span(std::as_const(plan.changes)).subspan(from, std::min(piece, plan.changes.size() - from));
        save(directory, some, plan);
        done += static_cast<std::int64_t>(some.size());
        if (!progress(done, all)) throw Failure(Failure::Kind::conflict, "cancelled");
    }
    directories_.set_given(plan.given);
    for (std::size_t from = 0; from < plan.fresh.size(); from += piece) {
        const auto some = std::span(std::as_const(plan.fresh)).subspan(from, std::min(piece, plan.fresh.size() - from));
        make(directory, some, plan);
        done += static_cast<std::int64_t>(some.size());
        if (!progress(done, all)) throw Failure(Failure::Kind::conflict, "cancelled");
    }
}

void DirectoryPeople::save(const Directory& directory, std::span<const Change> some, Plan& plan) {
    const record::Saved saved = records_.save(program_(), some, options_of(directory, "save"));
    std::unordered_set<std::size_t> failed;
    for (const record::RowProblems& row : saved.problems) {
        failed.insert(row.row);
        skip(plan.result, plan.steps.at(row.row).login);
    }
    std::vector<RecordId> back, gone;
    for (const Change& change : some) {
        const Step& step = plan.steps.at(change.row);
        if (step.what == Step::update || failed.contains(change.row)) continue;
        (step.what == Step::back ? back : gone).push_back(step.user);
    }
    directories_.mark_ended(gone, true);
    directories_.mark_ended(back, false);
    plan.result.disabled += static_cast<std::int64_t>(gone.size());
    plan.result.enabled += static_cast<std::int64_t>(back.size());
}

std::vector<DirectoryPeople::Known> DirectoryPeople::everybody(const Directory& directory) const {
    Ldap ldap = directories_.open(directory);
    const RolesOfGroups roles(ldap, directory);
    std::vector<Known> people;
    ldap.each(Directories::about_people(directory, directory.people_filter), [&](const LdapEntry& entry) {
        if (auto person = Directories::person_of(directory, entry)) {
            std::vector<RecordId> of_person = roles.of(*person);
            people.push_back({std::move(*person), std::move(of_person)});
        }
        return true;
    });
    return people;
}

RecordId DirectoryPeople::admit(const Directory& directory, const Known& known) {
    Plan plan;
    const auto nobody_asks = [](std::int64_t, std::int64_t) { return true; };
    const auto user = directories_.user_of(directory.id, known.person.key);
    if (!user && !directory.makes_accounts) return {};
    if (user) {
        for (const Account& account : accounts_of(directory, *user)) plan_change(directory, known, account, plan);
    } else {
        plan.fresh.push_back(known);
    }
    carry_out(directory, plan, nobody_asks);
    return user ? *user : directories_.user_of(directory.id, known.person.key).value_or(RecordId{});
}

SyncResult DirectoryPeople::synchronise(RecordId id, bool even_many, const Progress& progress) {
    const Directory directory = directories_.read(id);
    std::vector<Known> people = everybody(directory);
    if (people.empty()) throw Failure(Failure::Kind::conflict, "directory_nobody");
    Plan plan;
    plan.result.found = static_cast<std::int64_t>(people.size());
    plan_people(directory, std::move(people), plan);
    if (!even_many && plan.gone > gone_at_ease && plan.gone > plan.active / 2) throw ManyGone{plan.gone};
    carry_out(directory, plan, progress);
    directories_.note_run(id, to_json(plan.result));
    return plan.result;
}

}  // namespace gx::features
