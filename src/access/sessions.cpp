#include "access/sessions.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

namespace gx::access {

namespace {

using namespace std::chrono_literals;
using store::Cell;
using store::Connection;
using store::Row;

// A session is read from the database at most once in this time; sign-out in this process is seen at once, in another
// process within it.
constexpr auto cache_life = 500ms;
// seen_at is written at most once in this time, so that reading pages does not become writing rows.
constexpr auto seen_step = 60s;

struct Account {
    RecordId id;
    bool active = false;
    std::string password;
};

std::optional<Account> find_account(Connection& connection, std::string_view login) {
    std::optional<Account> account;
    connection.query(
        {"select u.id, u.status, c.password from \"user\" u left join credential c on c.user_account = u.id "
         "where u.login = ? and u.deleted_at is null",
         {std::string(login)}},
        [&](const Row& row) {
            account = Account{{row.integer(0)}, row.text(1) == "active", std::string(row.text(2))};
            return false;
        });
    return account;
}

}  // namespace

struct Sessions::State {
    store::Store& store;
    const Clock& clock;
    IdSource& ids;
    SessionSettings settings;
    struct Cached {
        std::optional<Session> session;
        Timestamp until;
    };
    std::mutex mutex;
    std::unordered_map<std::string, Cached> cache;

    // Verified instead of a real password when there is none, so that both take the same time. Made at the first
    // sign-in, known or not: it takes as long as a sign-in, and most starts and every command need none.
    const std::string& decoy() {
        std::call_once(decoy_made, [&] { decoy_text = hash_password(random_token()); });
        return decoy_text;
    }
    std::once_flag decoy_made;
    std::string decoy_text;

    void forget(const std::string& key) {
        std::lock_guard lock(mutex);
        cache.erase(key);
    }

    std::chrono::seconds wait_needed(Connection& connection, std::string_view login, const Peer& peer,
                                     Timestamp now) const {
        std::int64_t failures = 0;
        std::int64_t last = 0;
        // A success forgives what came before it for this login, but not for the address: otherwise one known
        // account would let an attacker try the others without end.
        connection.query({"select count(*), max(at) from sign_in where outcome = 'refused' and at > ? and (login = ? "
                          "or address = ?) and at > "
                          "coalesce((select max(at) from sign_in where login = ? and outcome = 'signed_in'), 0)",
                          {stamp(now - settings.failure_window), std::string(login), peer.address, std::string(login)}},
                         [&](const Row& row) {
                             failures = row.integer(0);
                             last = row.integer(1);
                             return false;
                         });
        if (failures < settings.failures_free) return 0s;
        const auto doublings = std::min<std::int64_t>(failures - settings.failures_free, 10);
        const auto wait =
            std::min<std::chrono::seconds>(std::chrono::seconds(1LL << doublings), settings.failure_window);
        const auto left = std::chrono::milliseconds(last) + wait - now.time_since_epoch();
        return std::max<std::chrono::seconds>(0s, std::chrono::ceil<std::chrono::seconds>(left));
    }

    void log(Connection& connection, std::string_view login, RecordId user, const Peer& peer, std::string_view outcome,
             Timestamp now) {
        connection.execute(
            {"insert into sign_in (id, at, login, user_account, address, agent, outcome) values (?, ?, ?, ?, ?, ?, ?)",
             {ids.next().value, stamp(now), std::string(login.substr(0, 100)), user ? Cell(user.value) : Cell(),
              peer.address, peer.agent.substr(0, 300), std::string(outcome)}});
    }
};

Sessions::Sessions(store::Store& store, const Clock& clock, IdSource& ids, SessionSettings settings)
    : state_(new State{store, clock, ids, settings, {}, {}, {}, {}}) {}
Sessions::~Sessions() = default;

std::vector<store::Table> Sessions::tables() {
    return {
        {"credential", {{"user_account"}, {"password", true, true}, {"changed_at", false, true}}, {"user_account"}, {}},
        {"session",
         {{"token", true, true},
          {"user_account", false, true},
          {"csrf", true, true},
          {"created_at", false, true},
          {"seen_at", false, true},
          {"expires_at", false, true},
          {"address", true},
          {"agent", true}},
         {"token"},
         {{"session_user_account", {"user_account"}}}},
        {"sign_in",
         {{"id"},
          {"at", false, true},
          {"login", true},
          {"user_account"},
          {"address", true},
          {"agent", true},
          {"outcome", true}},
         {"id"},
         {{"sign_in_login", {"login", "at"}}, {"sign_in_address", {"address", "at"}}}}};
}

SignedIn Sessions::sign_in(std::string_view login_as_typed, std::string_view password, const Peer& peer) {
    const std::string login = fold(login_as_typed.substr(0, 200));
    const Timestamp now = state_->clock.now();
    std::optional<Account> account;
    std::chrono::seconds wait{0};
    state_->store.read([&](Connection& connection) {
        wait = state_->wait_needed(connection, login, peer, now);
        if (wait == 0s) account = find_account(connection, login);
    });
    if (wait > 0s) {
        throw Failure(Failure::Kind::too_many, "too_many_attempts", {{"seconds", std::to_string(wait.count())}});
    }

    const std::string& decoy = state_->decoy();
    const bool known = account && !account->password.empty();
    const bool right =
        verify_password(known ? account->password : decoy, password.substr(0, 1000)) && known && account->active;
    if (!right) {
        state_->store.change([&](Connection& connection) {
            state_->log(connection, login, account ? account->id : RecordId{}, peer, "refused", now);
        });
        throw Failure(Failure::Kind::unauthenticated, "sign_in_failed");
    }

    SignedIn signed_in{account->id, random_token(), random_token(18)};
    state_->store.change([&](Connection& connection) {
        connection.execute(
            {"insert into session (token, user_account, csrf, created_at, seen_at, expires_at, address, agent) values "
             "(?, ?, ?, ?, ?, ?, ?, ?)",
             {sha256_hex(signed_in.token), signed_in.user.value, signed_in.csrf, stamp(now), stamp(now),
              stamp(now + state_->settings.life), peer.address, peer.agent.substr(0, 300)}});
        state_->log(connection, login, signed_in.user, peer, "signed_in", now);
    });
    return signed_in;
}

std::optional<Session> Sessions::find(std::string_view token) {
    if (token.empty() || token.size() > 200) return std::nullopt;
    const std::string key = sha256_hex(token);
    const Timestamp now = state_->clock.now();
    {
        std::lock_guard lock(state_->mutex);
        if (const auto found = state_->cache.find(key); found != state_->cache.end() && found->second.until > now) {
            return found->second.session;
        }
    }
    std::optional<Session> session;
    std::int64_t seen_at = 0;
    state_->store.read([&](Connection& connection) {
        connection.query(
            {"select s.user_account, s.csrf, s.seen_at from session s join \"user\" u on u.id = s.user_account "
             "where s.token = ? and s.expires_at > ? and s.seen_at > ? and u.status = 'active' and u.deleted_at is "
             "null",
             {key, stamp(now), stamp(now - state_->settings.idle)}},
            [&](const Row& row) {
                session = Session{{row.integer(0)}, key, std::string(row.text(1))};
                seen_at = row.integer(2);
                return false;
            });
    });
    if (session && stamp(now) - seen_at > std::chrono::milliseconds(seen_step).count()) {
        state_->store.change([&](Connection& connection) {
            connection.execute({"update session set seen_at = ? where token = ?", {stamp(now), key}});
        });
    }
    std::lock_guard lock(state_->mutex);
    if (state_->cache.size() > 20'000) state_->cache.clear();
    state_->cache[key] = {session, now + cache_life};
    return session;
}

void Sessions::sign_out(std::string_view token) {
    const std::string key = sha256_hex(token);
    state_->store.change(
        [&](Connection& connection) { connection.execute({"delete from session where token = ?", {key}}); });
    state_->forget(key);
}

std::vector<std::string> Sessions::end_all(RecordId user, std::string_view except_key) {
    std::vector<std::string> keys;
    state_->store.change([&](Connection& connection) {
        keys.clear();
        connection.query(
            {"select token from session where user_account = ? and token <> ?", {user.value, std::string(except_key)}},
            [&](const Row& row) {
                keys.emplace_back(row.text(0));
                return true;
            });
        connection.execute(
            {"delete from session where user_account = ? and token <> ?", {user.value, std::string(except_key)}});
    });
    for (const std::string& key : keys) state_->forget(key);
    return keys;
}

void Sessions::set_password(RecordId user, std::string_view login, std::string_view password) {
    constexpr std::size_t length_least = 8;
    constexpr std::size_t length_most = 128;
    const std::size_t length = is_valid_utf8(password) ? count_code_points(password) : 0;
    if (length < length_least)
        throw invalid({{"password", "password_too_short", {{"least", std::to_string(length_least)}}, {}}});
    if (length > length_most)
        throw invalid(
            {{"password", "too_long", {{"max", std::to_string(length_most)}, {"length", std::to_string(length)}}, {}}});
    if (fold(password) == fold(login)) throw invalid({{"password", "password_is_login", {}, {}}});
    const std::string encoded = hash_password(password);
    const Timestamp now = state_->clock.now();
    state_->store.change([&](Connection& connection) {
        connection.execute(
            {"insert into credential (user_account, password, changed_at) values (?, ?, ?) on conflict (user_account) "
             "do update set password = excluded.password, changed_at = excluded.changed_at",
             {user.value, encoded, stamp(now)}});
    });
}

void Sessions::change_password(RecordId user, std::string_view login, std::string_view old_password,
                               std::string_view new_password) {
    std::string stored;
    state_->store.read([&](Connection& connection) {
        connection.query({"select password from credential where user_account = ?", {user.value}}, [&](const Row& row) {
            stored = row.text(0);
            return false;
        });
    });
    const std::string& decoy = state_->decoy();
    if (!verify_password(stored.empty() ? decoy : stored, old_password) || stored.empty()) {
        throw invalid({{"old", "password_wrong", {}, {}}});
    }
    set_password(user, login, new_password);
}

bool Sessions::has_password(RecordId user) {
    bool found = false;
    state_->store.read([&](Connection& connection) {
        connection.query({"select 1 from credential where user_account = ?", {user.value}}, [&](const Row&) {
            found = true;
            return false;
        });
    });
    return found;
}

void Sessions::tidy() {
    const Timestamp now = state_->clock.now();
    state_->store.change([&](Connection& connection) {
        connection.execute({"delete from session where expires_at <= ? or seen_at <= ?",
                            {stamp(now), stamp(now - state_->settings.idle)}});
        connection.execute({"delete from sign_in where at < ?", {stamp(now - std::chrono::hours(24 * 365))}});
    });
}

}  // namespace gx::access
