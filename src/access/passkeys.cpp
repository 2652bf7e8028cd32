#include "access/passkeys.hpp"

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

namespace gx::access {

namespace {

using store::Connection;
using store::Row;
using store::Sql;

std::string checked_name(std::string_view typed) {
    const std::string name(trim(typed));
    if (name.empty()) throw invalid({{"name", "required", {}, {}}});
    if (count_code_points(name) > Passkeys::name_letters_most)
        throw invalid({{"name", "too_long", {{"max", std::to_string(Passkeys::name_letters_most)}}, {}}});
    return name;
}

}  // namespace

std::vector<store::Table> Passkeys::tables() {
    return {{"passkey",
             {{"id"},
              {"user_account", false, true},
              {"credential", true, true},
              {"public_key", true, true},
              {"algorithm", false, true},
              {"counter", false, true},
              {"site", true, true},
              {"name", true, true},
              {"created_at", false, true},
              {"last_used_at"}},
             {"id"},
             {{"passkey_credential", {"credential"}, true}, {"passkey_user_account", {"user_account"}}}},
            {"used_challenge", {{"challenge", true, true}, {"until", false, true}}, {"challenge"}, {}}};
}

RecordId Passkeys::add(const Passkey& made) {
    const std::string name = checked_name(made.name);
    const RecordId id = ids_.next();
    bool full = false;
    std::int64_t added = 0;
    store_.change([&](Connection& connection) {
        connection.query({"select count(*) from passkey where user_account = ?", {made.user.value}},
                         [&](const Row& row) {
                             full = row.integer(0) >= of_account_most;
                             return false;
                         });
        if (full) return;
        added =
            connection.execute({"insert into passkey (id, user_account, credential, public_key, algorithm, counter, "
                                "site, name, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict "
                                "(credential) do nothing",
                                {id.value, made.user.value, base64url(made.credential), base64url(made.public_key),
                                 std::int64_t{made.algorithm}, made.counter, made.site, name, stamp(clock_.now())}});
    });
    if (full) throw invalid({{"passkey", "passkeys_too_many", {{"max", std::to_string(of_account_most)}}, {}}});
    if (added != 1) throw invalid({{"passkey", "passkey_known", {}, {}}});
    return id;
}

std::vector<Passkey> Passkeys::where(const Sql& condition) const {
    std::vector<Passkey> found;
    Sql sql{
        "select p.id, p.user_account, u.login, p.name, p.credential, p.public_key, p.algorithm, p.counter, p.site, "
        "p.created_at, p.last_used_at from passkey p join \"user\" u on u.id = p.user_account where ",
        {}};
    sql += condition;
    sql += " order by p.created_at, p.id";
    store_.read([&](Connection& connection) {
        found.clear();
        connection.query(sql, [&](const Row& row) {
            Passkey& one = found.emplace_back();
            one.id = {row.integer(0)};
            one.user = {row.integer(1)};
            one.login = row.text(2);
            one.name = row.text(3);
            one.credential = from_base64url(row.text(4)).value_or("");
            one.public_key = from_base64url(row.text(5)).value_or("");
            one.algorithm = static_cast<int>(row.integer(6));
            one.counter = row.integer(7);
            one.site = row.text(8);
            one.created = Timestamp(std::chrono::milliseconds(row.integer(9)));
            if (!row.is_null(10)) one.last_used = Timestamp(std::chrono::milliseconds(row.integer(10)));
            return true;
        });
    });
    return found;
}

std::vector<Passkey> Passkeys::of(RecordId user) const { return where({"p.user_account = ?", {user.value}}); }

std::optional<Passkey> Passkeys::find(std::string_view credential) const {
    auto found = where({"p.credential = ?", {base64url(credential)}});
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

bool Passkeys::rename(RecordId user, RecordId passkey, std::string_view typed) {
    const std::string name = checked_name(typed);
    std::int64_t changed = 0;
    store_.change([&](Connection& connection) {
        changed = connection.execute(
            {"update passkey set name = ? where id = ? and user_account = ?", {name, passkey.value, user.value}});
    });
    return changed == 1;
}

bool Passkeys::remove(RecordId user, RecordId passkey) {
    std::int64_t removed = 0;
    store_.change([&](Connection& connection) {
        removed =
            connection.execute({"delete from passkey where id = ? and user_account = ?", {passkey.value, user.value}});
    });
    return removed == 1;
}

void Passkeys::remove_all(RecordId user) {
    store_.change([&](Connection& connection) {
        connection.execute({"delete from passkey where user_account = ?", {user.value}});
    });
}

bool Passkeys::any() const {
    bool found = false;
    store_.read([&](Connection& connection) {
        connection.query({"select 1 from passkey limit 1", {}}, [&](const Row&) {
            found = true;
            return false;
        });
    });
    return found;
}

bool Passkeys::used(RecordId passkey, std::int64_t counter) {
    // Many authenticators do not count and always say 0. Two requests at the same time are settled by the database.
    Sql sql{"update passkey set counter = ?, last_used_at = ? where id = ? and ",
            {counter, stamp(clock_.now()), passkey.value}};
    if (counter == 0) {
        sql += "counter = 0";
    } else {
        (sql += "counter < ?").bind(counter);
    }
    std::int64_t changed = 0;
    store_.change([&](Connection& connection) { changed = connection.execute(sql); });
    return changed == 1;
}

bool Passkeys::use_challenge(std::string_view challenge, Timestamp until) {
    std::int64_t added = 0;
    store_.change([&](Connection& connection) {
        added =
            connection.execute({"insert into used_challenge (challenge, until) values (?, ?) on conflict (challenge) "
                                "do nothing",
                                {sha256_hex(challenge), stamp(until)}});
    });
    return added == 1;
}

void Passkeys::tidy() {
    store_.change([&](Connection& connection) {
        connection.execute({"delete from used_challenge where until < ?", {stamp(clock_.now())}});
        connection.execute(
            {"delete from passkey where not exists (select 1 from \"user\" u where u.id = "
             "passkey.user_account)",
             {}});
    });
}

}  // namespace gx::access
