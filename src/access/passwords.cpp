#include "access/passwords.hpp"

#include <algorithm>
#include <array>

#include "access/common_passwords.hpp"
#include "base/failure.hpp"
#include "base/pinyin.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

namespace gx::access {

namespace {

using store::Connection;
using store::Row;

constexpr std::size_t length_most = 128;
constexpr std::size_t bytes_most = 1000;  // of what somebody types; longer ones are never right

// Small letters, capitals, digits, and everything else: signs, Chinese, blanks.
int kinds_of(std::string_view password) {
    std::array<bool, 4> seen{};
    for (const char c : password) {
        if (c >= 'a' && c <= 'z') {
            seen[0] = true;
        } else if (c >= 'A' && c <= 'Z') {
            seen[1] = true;
        } else if (c >= '0' && c <= '9') {
            seen[2] = true;
        } else {
            seen[3] = true;
        }
    }
    return static_cast<int>(std::ranges::count(seen, true));
}

Problem problem_at(std::string_view field, std::string rule, TextParams params = {}) {
    return {std::string(field), std::move(rule), std::move(params), {}};
}

}  // namespace

std::vector<std::string> words_of(std::string_view login, std::string_view name, std::string_view company) {
    std::vector<std::string> words;
    const auto add = [&](std::string word) {
        if (!word.empty() && std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
    };
    add(fold(login));
    add(fold(name));
    add(pinyin_full(name, PinyinOf::person));
    add(fold(company));
    add(pinyin_full(company));
    // Longest first: "zhoukai" is looked for before "zhou".
    std::ranges::sort(words, {}, [](const std::string& word) { return -static_cast<std::ptrdiff_t>(word.size()); });
    return words;
}

std::vector<store::Table> Passwords::tables() {
    return {{"credential",
             {{"user_account"}, {"password", true, true}, {"changed_at", false, true}, {"temporary"}},
             {"user_account"},
             {}},
            {"old_password",
             {{"user_account", false, true}, {"at", false, true}, {"password", true, true}},
             {"user_account", "at"},
             {}},
            {"application_password",
             {{"application"}, {"at", false, true}, {"password", true, true}},
             {"application"},
             {}}};
}

void Passwords::check(std::string_view password, const std::vector<std::string>& own_words, std::string_view field) {
    const auto rules = policy_.rules();
    const std::size_t length = is_valid_utf8(password) ? count_code_points(password) : 0;
    if (length < rules->length_least) {
        throw invalid({problem_at(field, "password_too_short", {{"least", std::to_string(rules->length_least)}})});
    }
    if (length > length_most) {
        throw invalid({problem_at(field, "too_long",
                                  {{"max", std::to_string(length_most)}, {"length", std::to_string(length)}})});
    }
    if (kinds_of(password) < rules->classes_least) {
        throw invalid({problem_at(field, "password_too_few_kinds", {{"least", std::to_string(rules->classes_least)}})});
    }
    if (is_made_of(password, own_words)) throw invalid({problem_at(field, "password_is_own_name")});
    if (rules->refuse_common && is_common_password(password)) throw invalid({problem_at(field, "password_common")});
}

Passwords::Owner Passwords::owner(RecordId user, int remembered) {
    Owner owner;
    std::string name;
    store_.read([&](Connection& connection) {
        owner = {};
        connection.query(
            {"select u.login, e.name, c.password from \"user\" u left join employee e on e.id = u.employee "
             "left join credential c on c.user_account = u.id where u.id = ?",
             {user.value}},
            [&](const Row& row) {
                owner.login = row.text(0);
                name = row.text(1);
                if (!row.is_null(2)) owner.encoded.emplace_back(row.text(2));
                return false;
            });
        connection.query({"select password from old_password where user_account = ? order by at desc limit ?",
                          {user.value, std::int64_t{remembered}}},
                         [&](const Row& row) {
                             owner.encoded.emplace_back(row.text(0));
                             return true;
                         });
    });
    owner.words = words_of(owner.login, name, company_());
    return owner;
}

std::string Passwords::accepted(RecordId user, std::string_view password, std::string_view field) {
    if (kept_elsewhere(user)) throw invalid({problem_at(field, "password_elsewhere")});
    const int remembered = policy_.rules()->remembered;
    // The present one counts as the first of those remembered.
    const Owner of = owner(user, std::max(0, remembered - 1));
    check(password, of.words, field);
    if (remembered > 0) {
        for (const std::string& before : of.encoded) {
            if (verify_password(before, password)) {
                throw invalid({problem_at(field, "password_used_before", {{"count", std::to_string(remembered)}})});
            }
        }
    }
    return hash_password(password);
}

void Passwords::set(RecordId user, std::string_view password, ChosenBy by, std::string_view field) {
    store_accepted(user, accepted(user, password, field), by);
}

void Passwords::store_accepted(RecordId user, const std::string& encoded, ChosenBy by) {
    const int remembered = policy_.rules()->remembered;
    const std::int64_t now = stamp(clock_.now());
    store_.change([&](Connection& connection) {
        connection.execute(
            {"insert into old_password (user_account, at, password) select user_account, changed_at, "
             "password from credential where user_account = ? on conflict (user_account, at) do nothing",
             {user.value}});
        connection.execute(
            {"insert into credential (user_account, password, changed_at, temporary) values (?, ?, ?, ?) on conflict "
             "(user_account) do update set password = excluded.password, changed_at = excluded.changed_at, temporary = "
             "excluded.temporary",
             {user.value, encoded, now, std::int64_t{by == ChosenBy::other}}});
        // Only as many as the policy asks for: an old password may still be in use elsewhere.
        connection.execute(
            {"delete from old_password where user_account = ? and at not in (select at from old_password "
             "where user_account = ? order by at desc limit ?)",
             {user.value, user.value, std::int64_t{std::max(0, remembered - 1)}}});
    });
    changed_(user);
}

void Passwords::confirm(RecordId user, const Peer& peer, std::string_view password, std::string_view field) {
    std::string login, encoded;
    store_.read([&](Connection& connection) {
        connection.query({"select u.login, c.password from \"user\" u left join credential c on c.user_account = u.id "
                          "where u.id = ?",
                          {user.value}},
                         [&](const Row& row) {
                             login = row.text(0);
                             encoded = row.text(1);
                             return false;
                         });
    });
    attempts_.admit(login, peer);
    const bool right = kept_elsewhere(user) ? other_->ask(login, password, user).answer == OtherPasswords::Answer::right
                                            : verify(encoded, password);
    if (right) return;
    attempts_.log(login, user, peer, Outcome::refused);
    throw invalid({problem_at(field, "password_wrong")});
}

void Passwords::change(RecordId user, const Peer& peer, std::string_view old_password, std::string_view new_password) {
    confirm(user, peer, old_password, "old");
    set(user, new_password, ChosenBy::person, "new");
}

bool Passwords::verify(std::string_view encoded, std::string_view typed) {
    const std::string& otherwise = decoy();
    const bool right =
        verify_password(encoded.empty() ? std::string_view(otherwise) : encoded, typed.substr(0, bytes_most));
    return right && !encoded.empty() && typed.size() <= bytes_most;
}

// Verified instead of a real password when there is none. Made at the first use, known or not: it takes as long as a
// sign-in, and most starts and every command need none.
const std::string& Passwords::decoy() {
    std::call_once(decoy_made_, [this] { decoy_ = hash_password(random_token()); });
    return decoy_;
}

bool Passwords::is_due(Timestamp changed_at, bool temporary) {
    if (temporary) return true;
    const auto age_most = policy_.rules()->age_most;
    return age_most.count() > 0 && clock_.now() - changed_at > age_most;
}

void Passwords::remove(RecordId user) {
    store_.change([&](Connection& connection) {
        // Kept among the old ones, so that it is not chosen again.
        connection.execute(
            {"insert into old_password (user_account, at, password) select user_account, changed_at, "
             "password from credential where user_account = ? on conflict (user_account, at) do nothing",
             {user.value}});
        connection.execute({"delete from credential where user_account = ?", {user.value}});
    });
    changed_(user);
}

bool Passwords::exists(RecordId user) {
    if (kept_elsewhere(user)) return true;
    bool found = false;
    store_.read([&](Connection& connection) {
        connection.query({"select 1 from credential where user_account = ?", {user.value}}, [&](const Row&) {
            found = true;
            return false;
        });
    });
    return found;
}

void Passwords::keep_for_application(RecordId application, const std::string& encoded) {
    store_.change([&](Connection& connection) {
        connection.execute({"insert into application_password (application, at, password) values (?, ?, ?)",
                            {application.value, stamp(clock_.now()), encoded}});
    });
}

void Passwords::adopt_applications() {
    bool waiting = false;
    store_.read([&](Connection& connection) {
        connection.query({"select 1 from application_password limit 1", {}}, [&](const Row&) {
            waiting = true;
            return false;
        });
    });
    if (!waiting) return;
    store_.change([&](Connection& connection) {
        connection.execute(
            {"insert into credential (user_account, password, changed_at, temporary) select u.id, "
             "a.password, a.at, 0 from application_password a join \"user\" u on u.application = "
             "a.application where u.deleted_at is null on conflict (user_account) do nothing",
             {}});
        // Also those of applications that were refused or thrown away: nobody needs them any more.
        connection.execute(
            {"delete from application_password where application in (select u.application from \"user\" "
             "u where u.application is not null) or application not in (select id from "
             "account_application where deleted_at is null and status = 'waiting')",
             {}});
    });
}

std::string Passwords::made() {
    constexpr std::size_t group = 4;
    const std::size_t least = policy_.rules()->length_least;
    std::string password;
    do {
        std::string letters = random_password();
        while (letters.size() + (letters.size() - 1) / group < least) letters += random_password();
        password.clear();
        // In groups of four, which are easier to copy; the dash is the fourth kind of character.
        for (std::size_t at = 0; at < letters.size(); at += group) {
            if (at > 0) password += '-';
            password += letters.substr(at, group);
        }
    } while (kinds_of(password) < 4);
    return password;
}

}  // namespace gx::access
