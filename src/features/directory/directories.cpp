#include "features/directory/directories.hpp"

#include <algorithm>
#include <thread>

#include "base/failure.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace gx::features {

namespace {

using namespace std::chrono_literals;
using store::Cell;
using store::Connection;
using store::Row;
using store::Sql;

// Workers that wait for a directory are missing elsewhere: half of them talk to it, a quarter may wait for a moment.
unsigned talking_most() { return std::max(4U, 2 * std::thread::hardware_concurrency()); }
unsigned waiting_most() { return talking_most() / 2; }
constexpr auto wait_for_place = 1s;
constexpr auto silence = 10s;

// What a password is sealed with: where it may be sent.
std::string place_of(std::string_view url, bool start_tls) { return std::string(url) + (start_tls ? " tls\n" : "\n"); }

std::string opened(const Sealer& sealer, std::string_view sealed, const std::string& place) {
    const std::string plain = sealer.open(sealed).value_or("");
    return plain.starts_with(place) ? plain.substr(place.size()) : std::string();
}

void log_trouble(const DirectoryTrouble& trouble, const Directory& directory) {
    log::warning("a directory gives trouble",
                 {{"directory", directory.name}, {"why", std::string(trouble.why)}, {"detail", trouble.detail}});
}

}  // namespace

Failure failure_of(const DirectoryTrouble& trouble, const Directory& directory) {
    log_trouble(trouble, directory);
    return {Failure::Kind::conflict, std::string(trouble.why)};
}

std::string Directory::person_with(std::string_view attribute, std::string_view value) const {
    return "(&" + people_filter + "(" + std::string(attribute) + "=" + in_filter(value) + "))";
}

std::vector<store::Table> Directories::tables() {
    return {{"directory_account",
             {{"user_account"}, {"directory", false, true}, {"key", true, true}, {"ended"}},
             {"user_account"},
             {{"directory_account_key", {"directory", "key"}, true}}},
            {"directory_role", {{"user_account"}, {"role"}}, {"user_account", "role"}, {}},
            {"directory_secret", {{"directory"}, {"password", true, true}}, {"directory"}, {}}};
}

std::vector<Directory> Directories::where(const Sql& condition) const {
    std::vector<Directory> found;
    Sql sql{
        "select d.id, d.name, d.active, d.address, d.start_tls, d.authority, d.seconds, d.bind_name, s.password, "
        "d.base, d.people_filter, d.group_filter, d.login_attribute, d.key_attribute, d.name_attribute, "
        "d.email_attribute, d.mobile_attribute, d.makes_accounts, d.ends_accounts, d.default_role from directory d "
        "left join directory_secret s on s.directory = d.id where d.deleted_at is null and ",
        {}};
    sql += condition;
    sql += " order by d.id";
    std::unordered_map<RecordId, std::vector<std::pair<std::string, RecordId>>> roles;
    store_.read([&](Connection& connection) {
        found.clear();
        roles.clear();
        connection.query(sql, [&](const Row& row) {
            Directory& one = found.emplace_back();
            one.id = {row.integer(0)};
            one.name = row.text(1);
            one.active = row.integer(2) != 0;
            one.address = {std::string(row.text(3)), row.integer(4) != 0, std::string(row.text(5)),
                           std::chrono::seconds(std::max<std::int64_t>(1, row.integer(6)))};
            one.bind_name = row.text(7);
            if (!row.is_null(8))
                one.bind_password = opened(sealer_, row.text(8), place_of(one.address.url, one.address.start_tls));
            one.base = row.text(9);
            one.people_filter = row.text(10);
            one.group_filter = row.text(11);
            one.login_attribute = row.text(12);
            one.key_attribute = row.text(13);
            one.name_attribute = row.text(14);
            one.email_attribute = row.text(15);
            one.mobile_attribute = row.text(16);
            one.makes_accounts = row.integer(17) != 0;
            one.ends_accounts = row.integer(18) != 0;
            one.default_role = {row.integer(19)};
            return true;
        });
        if (found.empty()) return;
        connection.query(
            {"select g.directory, g.name, g.role from directory_group g join role r on r.id = g.role where "
             "g.deleted_at is null and r.deleted_at is null order by g.id",
             {}},
            [&](const Row& row) {
                roles[{row.integer(0)}].emplace_back(fold(row.text(1)), RecordId{row.integer(2)});
                return true;
            });
    });
    for (Directory& one : found) one.roles = std::move(roles[one.id]);
    return found;
}

std::vector<Directory> Directories::active() const { return where({"d.active = 1", {}}); }

Directory Directories::read(RecordId id) const {
    auto found = where({"d.id = ?", {id.value}});
    if (found.empty()) throw not_found();
    return std::move(found.front());
}

RecordId Directories::called(std::string_view name) const {
    const auto found = where({"d.name = ?", {std::string(name)}});
    if (found.empty()) throw not_found();
    return found.front().id;
}

void Directories::set_password(RecordId id, std::string_view password) {
    const LdapAddress address = read(id).address;
    const std::string sealed = password.empty()
                                   ? std::string()
                                   : sealer_.seal(place_of(address.url, address.start_tls) + std::string(password));
    store_.change([&](Connection& connection) {
        connection.execute({"delete from directory_secret where directory = ?", {id.value}});
        if (!sealed.empty())
            connection.execute(
                {"insert into directory_secret (directory, password) values (?, ?)", {id.value, sealed}});
    });
}

std::vector<DirectoryState> Directories::states() const {
    std::vector<DirectoryState> found;
    store_.read([&](Connection& connection) {
        found.clear();
        connection.query(
            {"select d.id, d.name, d.address, d.active, s.password, (select count(*) from directory_account a join "
             "\"user\" u on u.id = a.user_account where a.directory = d.id and u.deleted_at is null), d.last_run, "
             "d.last_result, d.start_tls from directory d left join directory_secret s on s.directory = d.id where "
             "d.deleted_at is null order by d.name",
             {}},
            [&](const Row& row) {
                DirectoryState& one = found.emplace_back();
                one.id = {row.integer(0)};
                one.name = row.text(1);
                one.address = row.text(2);
                one.active = row.integer(3) != 0;
                const bool start_tls = row.integer(8) != 0;
                one.encrypted = start_tls || one.address.starts_with("ldaps:");
                one.has_password =
                    !row.is_null(4) && !opened(sealer_, row.text(4), place_of(one.address, start_tls)).empty();
                one.accounts = row.integer(5);
                if (!row.is_null(6)) one.last_run = Timestamp(std::chrono::milliseconds(row.integer(6)));
                one.last_result = row.text(7);
                return true;
            });
    });
    return found;
}

std::optional<Directories::Account> Directories::account_of(RecordId user) const {
    std::optional<Account> found;
    store_.read([&](Connection& connection) {
        found.reset();
        connection.query({"select directory, key from directory_account where user_account = ?", {user.value}},
                         [&](const Row& row) {
                             found = Account{user, {row.integer(0)}, std::string(row.text(1))};
                             return false;
                         });
    });
    return found;
}

std::optional<RecordId> Directories::user_of(RecordId directory, std::string_view key) const {
    std::optional<RecordId> found;
    store_.read([&](Connection& connection) {
        found.reset();
        connection.query(
            {"select a.user_account from directory_account a join \"user\" u on u.id = a.user_account where "
             "a.directory = ? and a.key = ? and u.deleted_at is null",
             {directory.value, std::string(key)}},
            [&](const Row& row) {
                found = RecordId{row.integer(0)};
                return false;
            });
    });
    return found;
}

std::unordered_map<std::string, RecordId> Directories::users_of(RecordId directory) const {
    std::unordered_map<std::string, RecordId> users;
    store_.read([&](Connection& connection) {
        users.clear();
        connection.query({"select a.key, a.user_account from directory_account a join \"user\" u on u.id = "
                          "a.user_account where a.directory = ? and u.deleted_at is null",
                          {directory.value}},
                         [&](const Row& row) {
                             users[std::string(row.text(0))] = {row.integer(1)};
                             return true;
                         });
    });
    return users;
}

void Directories::link(RecordId directory, const std::vector<std::pair<RecordId, std::string>>& users) {
    std::vector<std::vector<Cell>> old, rows;
    for (const auto& [user, key] : users) {
        old.push_back({directory.value, key});
        rows.push_back({user.value, directory.value, key});
    }
    store_.change([&](Connection& connection) {
        // The account that this person had before went for good.
        connection.execute_many("delete from directory_account where directory = ? and key = ?", old);
        connection.execute_many("insert into directory_account (user_account, directory, key) values (?, ?, ?)", rows);
    });
}

void Directories::add_given(const Given& given) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& [user, roles] : given)
        for (const RecordId role : roles) rows.push_back({user.value, role.value});
    if (rows.empty()) return;
    store_.change([&](Connection& connection) {
        connection.execute_many(
            "insert into directory_role (user_account, role) values (?, ?) on conflict (user_account, role) do nothing",
            rows);
    });
}

void Directories::set_given(const Given& given) {
    if (given.empty()) return;
    std::vector<std::vector<Cell>> users, rows;
    for (const auto& [user, roles] : given) {
        users.push_back({user.value});
        for (const RecordId role : roles) rows.push_back({user.value, role.value});
    }
    store_.change([&](Connection& connection) {
        connection.execute_many("delete from directory_role where user_account = ?", users);
        if (!rows.empty())
            connection.execute_many("insert into directory_role (user_account, role) values (?, ?)", rows);
    });
}

void Directories::mark_ended(const std::vector<RecordId>& users, bool ended) {
    if (users.empty()) return;
    std::vector<std::vector<Cell>> rows;
    for (const RecordId user : users) rows.push_back({std::int64_t{ended}, user.value});
    store_.change([&](Connection& connection) {
        connection.execute_many("update directory_account set ended = ? where user_account = ?", rows);
    });
}

Ldap Directories::open(const Directory& directory) const {
    if (!directory.bind_name.empty() && directory.bind_password.empty())
        throw DirectoryTrouble{"directory_no_password", {}};
    Ldap ldap(directory.address);
    if (!directory.bind_name.empty() && !ldap.bind(directory.bind_name, directory.bind_password))
        throw DirectoryTrouble{"directory_bind", {}};
    return ldap;
}

Ldap::Question Directories::about_people(const Directory& directory, const std::string& filter) {
    Ldap::Question question{directory.base, filter, {}};
    for (const std::string* attribute :
         {&directory.login_attribute, &directory.key_attribute, &directory.name_attribute, &directory.email_attribute,
          &directory.mobile_attribute}) {
        if (!attribute->empty()) question.attributes.push_back(*attribute);
    }
    return question;
}

std::optional<DirectoryPerson> Directories::person_of(const Directory& directory, const LdapEntry& entry) {
    DirectoryPerson person;
    person.key = readable_id(entry.first(directory.key_attribute));
    person.dn = entry.dn;
    person.login = fold(entry.first(directory.login_attribute));
    person.name = trim(entry.first(directory.name_attribute));
    person.email = trim(entry.first(directory.email_attribute));
    person.mobile = trim(entry.first(directory.mobile_attribute));
    if (person.key.empty() || person.login.empty() || person.dn.empty()) return std::nullopt;
    if (person.name.empty()) person.name = person.login;
    return person;
}

bool Directories::is_silent(const Directory& directory) const {
    const auto found = silent_.find(directory.id);
    return found != silent_.end() && found->second.url == directory.address.url && clock_.now() < found->second.until;
}

void Directories::take_place(const Directory& directory) {
    std::unique_lock lock(mutex_);
    if (is_silent(directory)) throw DirectoryTrouble{"directory_silent", {}};
    if (talking_ >= talking_most()) {
        if (waiting_ >= waiting_most()) throw DirectoryTrouble{"directory_busy", {}};
        ++waiting_;
        const bool free = place_free_.wait_for(lock, wait_for_place,
                                               [&] { return talking_ < talking_most() || is_silent(directory); });
        --waiting_;
        if (is_silent(directory)) throw DirectoryTrouble{"directory_silent", {}};
        if (!free) throw DirectoryTrouble{"directory_busy", {}};
    }
    ++talking_;
}

void Directories::careful(const Directory& directory, const std::function<void()>& work) {
    take_place(directory);
    struct Done {
        Directories& of;
        ~Done() {
            const std::lock_guard lock(of.mutex_);
            --of.talking_;
            of.place_free_.notify_all();
        }
    } const done{*this};
    try {
        work();
    } catch (const DirectoryTrouble& trouble) {
        log_trouble(trouble, directory);
        const std::lock_guard lock(mutex_);
        if (trouble.why == "directory_silent") silent_[directory.id] = {directory.address.url, clock_.now() + silence};
        throw;
    }
}

void Directories::note_run(RecordId id, std::string_view result) {
    store_.change([&](Connection& connection) {
        connection.execute({"update directory set last_run = ?, last_result = ? where id = ?",
                            {stamp(clock_.now()), std::string(result), id.value}});
    });
}

}  // namespace gx::features
