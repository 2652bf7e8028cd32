#include "access/sessions.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/failure.hpp"
#include "base/secret.hpp"

namespace gx::access {

namespace {

using namespace std::chrono_literals;
using store::Cell;
using store::Connection;
using store::Row;
using store::Sql;

// A session is read from the database at most once in this time; its end in this process is seen at once, in another
// process within it.
constexpr auto cache_life = 500ms;
constexpr std::size_t cache_most = 20'000;
// seen_at is written at most once in this time, so that reading pages does not become writing rows.
constexpr auto seen_step = 60s;
// Steps of signing in take minutes, not days.
constexpr auto unfinished_life = 10min;
// How far back the ends in other processes are looked for: more than their clocks may differ.
constexpr auto look_back = 30s;
constexpr auto ended_kept = 24h;
// What has expired is looked for less often: it reads every session.
constexpr auto expiry_step = 1s;

constexpr std::array<std::string_view, 6> step_names{"", "code", "enrol", "password", "passkey", "enrol_passkey"};
constexpr std::array<std::string_view, 9> end_names{
    "sign_out", "another_sign_in", "password", "administrator", "person", "account", "policy", "expired", "renewed"};

Tokens new_tokens() {
    Tokens tokens{random_token(), random_token(18), {}};
    tokens.key = sha256_hex(tokens.token);
    return tokens;
}

}  // namespace

std::string_view name_of(Step step) { return step_names.at(static_cast<std::size_t>(step)); }
std::string_view name_of(End end) { return end_names.at(static_cast<std::size_t>(end)); }

Step parse_step(std::string_view name) {
    const auto found = std::ranges::find(step_names, name);
    // What another version wrote and this one does not know is not finished.
    return found == step_names.end() ? Step::code : static_cast<Step>(found - step_names.begin());
}

struct Sessions::State {
    store::Store& store;
    const Clock& clock;
    Policy& policy;
    Demands& demands;
    Tell tell_audit;

    struct Cached {
        std::optional<Session> session;
        Timestamp until;
    };
    std::mutex mutex;
    std::unordered_map<std::string, Cached> cache;
    std::vector<Listener> listeners;
    std::unordered_set<std::string> told;  // ends that the listeners know of
    Timestamp expiry_checked{};
    std::atomic<bool> check_again = true;  // also at start: something may have changed while nobody watched

    // Which rows are sessions that can still be used; `s` is the table.
    Sql live(Timestamp now) const {
        const auto rules = policy.rules();
        return {"s.ended_at is null and s.expires_at > ? and s.created_at > ? and s.seen_at > ?",
                {stamp(now), stamp(now - rules->session_life), stamp(now - rules->session_idle)}};
    }

    void tell(std::span<const std::string> keys, bool renewed = false) {
        if (keys.empty()) return;
        std::vector<Listener> listening;
        std::vector<std::string> fresh;
        {
            const std::lock_guard lock(mutex);
            for (const std::string& key : keys) {
                cache.erase(key);
                if (told.insert(key).second) fresh.push_back(key);
            }
            listening = listeners;
        }
        if (fresh.empty()) return;
        for (const Listener& listener : listening) listener(fresh, renewed);
    }

    struct Open {
        std::string key;
        RecordId user;
        std::string login, address;
        bool finished = false;  // the person was in
        Strength strength = Strength::password;
        RecordId view_as;
        std::string viewed{};  // sign-in name of that account
    };
    // Sessions that have not ended and for which the condition holds; `s` is the table.
    std::vector<Open> open_where(const Sql& condition) const {
        std::vector<Open> found;
        Sql sql{
            "select s.token, s.user_account, a.login, s.address, s.step, s.view_as, v.login, s.strength from session s "
            "left join "
            "\"user\" a on a.id = s.user_account left join \"user\" v on v.id = s.view_as where s.ended_at is null and "
            "(",
            {}};
        sql += condition;
        sql += ") order by s.user_account";
        store.read([&](Connection& connection) {
            found.clear();
            connection.query(sql, [&](const Row& row) {
                found.push_back({std::string(row.text(0)),
                                 {row.integer(1)},
                                 std::string(row.text(2)),
                                 std::string(row.text(3)),
                                 row.text(4).empty(),
                                 parse_strength(row.text(7)),
                                 {row.integer(5)},
                                 std::string(row.text(6))});
                return true;
            });
        });
        return found;
    }

    // Most often there is nothing to end, and reading disturbs nobody. True when there was.
    bool end_where(const Sql& condition, End why) {
        const std::vector<Open> open = open_where(condition);
        end_these(open, why);
        return !open.empty();
    }

    void end_these(std::span<const Open> open, End why) {
        if (open.empty()) return;
        std::vector<std::vector<Cell>> rows;
        for (const Open& one : open) rows.push_back({stamp(clock.now()), std::string(name_of(why)), one.key});
        std::vector<std::int64_t> ended;
        store.change([&](Connection& connection) {
            ended = connection.execute_many(
                "update session set ended_at = ?, end_reason = ? where token = ? and ended_at is null", rows);
        });
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < open.size(); ++i) {
            // Ended by another process, which tells then; or it goes on under another token since it was read, and must
            // not be told of as ended. watch() hears of both.
            if (ended[i] != 1) continue;
            keys.push_back(open[i].key);
            if (open[i].finished) tell_end(open[i], why);
        }
        tell(keys);
    }

    void tell_end(const Open& one, End why) const {
        AuditEntry entry;
        entry.kind =
            why == End::sign_out || why == End::another_sign_in ? audit_kind::sign_out : audit_kind::session_ended;
        entry.user = one.user;
        entry.login = entry.subject = one.login;
        entry.address = one.address;
        entry.detail = "{\"why\":\"" + std::string(name_of(why)) + "\"}";
        tell_audit(entry);
        if (!one.view_as) return;
        // Whoever ends while looking as another has ended that too.
        entry.kind = audit_kind::view_as;
        entry.object = "user";
        entry.record = one.view_as;
        entry.subject = one.viewed;
        entry.detail = "{\"what\":\"end\",\"why\":\"" + std::string(name_of(why)) + "\"}";
        tell_audit(std::move(entry));
    }

    // The row goes on under another token. The one before stays as an ended one, so that every process hears of it.
    bool replace(const Session& session, const Tokens& tokens, Sql changes, FunctionRef<void(Connection&)> together) {
        bool replaced = false;
        const Timestamp now = clock.now();
        Sql update{"update session set token = ?, csrf = ?, seen_at = ?, ", {tokens.key, tokens.csrf, stamp(now)}};
        update += changes;
        (update += " where token = ? and ended_at is null").bind(session.key);
        store.change([&](Connection& connection) {
            replaced = connection.execute(update) == 1;
            if (!replaced) return;
            connection.execute(
                {"insert into session (token, user_account, csrf, created_at, seen_at, expires_at, step, ended_at, "
                 "end_reason) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 {session.key, session.user.value, std::string("-"), stamp(now), stamp(now), stamp(now),
                  std::string(name_of(session.step)), stamp(now), std::string(name_of(End::renewed))}});
            together(connection);
        });
        return replaced;
    }
};

Sessions::Sessions(store::Store& store, const Clock& clock, Policy& policy, Demands& demands, Tell tell)
    : state_(new State{store, clock, policy, demands, std::move(tell), {}, {}, {}, {}, {}}) {}
Sessions::~Sessions() = default;

std::vector<store::Table> Sessions::tables() {
    return {{"session",
             {{"token", true, true},
              {"user_account", false, true},
              {"csrf", true, true},
              {"created_at", false, true},
              {"seen_at", false, true},
              {"expires_at", false, true},
              {"address", true},
              {"agent", true},
              {"step", true},
              {"strength", true},
              {"view_as"},
              {"ended_at"},
              {"end_reason", true}},
             {"token"},
             {{"session_user_account", {"user_account"}}, {"session_ended_at", {"ended_at"}}}}};
}

Tokens Sessions::open(RecordId user, const Peer& peer, Strength strength, Step step) {
    Tokens tokens = new_tokens();
    const Timestamp now = state_->clock.now();
    const Timestamp expires =
        now + (step == Step::none ? std::chrono::milliseconds(state_->policy.rules()->session_life)
                                  : std::chrono::milliseconds(unfinished_life));
    state_->store.change([&](Connection& connection) {
        connection.execute(
            {"insert into session (token, user_account, csrf, created_at, seen_at, expires_at, address, "
             "agent, step, strength) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
             {tokens.key, user.value, tokens.csrf, stamp(now), stamp(now), stamp(expires), peer.address,
              peer.agent.substr(0, 300), std::string(name_of(step)), std::string(name_of(strength))}});
    });
    return tokens;
}

Tokens Sessions::renew(const Session& session, Strength strength, Step step, FunctionRef<void(Connection&)> together) {
    const Tokens tokens = new_tokens();
    const Timestamp expires =
        state_->clock.now() + (step == Step::none ? std::chrono::milliseconds(state_->policy.rules()->session_life)
                                                  : std::chrono::milliseconds(unfinished_life));
    if (!state_->replace(session, tokens,
                         {"expires_at = ?, step = ?, strength = ?",
                          {stamp(expires), std::string(name_of(step)), std::string(name_of(strength))}},
                         together)) {
        throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
    }
    state_->tell({&session.key, 1}, true);
    return tokens;
}

Tokens Sessions::view_as(const Session& session, RecordId other) {
    Tokens tokens = new_tokens();
    tokens.csrf = session.csrf;
    if (!state_->replace(session, tokens, {"view_as = ?", {other ? Cell(other.value) : Cell()}}, [](Connection&) {}))
        throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
    state_->tell({&session.key, 1}, true);
    return tokens;
}

std::optional<Session> Sessions::find(std::string_view token, std::string_view address) {
    if (token.empty() || token.size() > 200 || !state_->policy.rules()->admits(address)) return std::nullopt;
    const std::string key = sha256_hex(token);
    const Timestamp now = state_->clock.now();
    {
        const std::lock_guard lock(state_->mutex);
        if (const auto found = state_->cache.find(key); found != state_->cache.end() && found->second.until > now) {
            return found->second.session;
        }
    }
    std::optional<Session> session;
    std::int64_t seen_at = 0;
    Sql sql{
        "select s.user_account, s.csrf, s.seen_at, s.step, s.strength, s.view_as from session s join \"user\" u on "
        "u.id = "
        "s.user_account where s.token = ? and u.status = 'active' and u.deleted_at is null and ",
        {key}};
    sql += state_->live(now);
    state_->store.read([&](Connection& connection) {
        connection.query(sql, [&](const Row& row) {
            session.emplace();
            session->user = {row.integer(0)};
            session->key = key;
            session->csrf = row.text(1);
            session->step = parse_step(row.text(3));
            session->strength = parse_strength(row.text(4));
            session->view_as = {row.integer(5)};
            seen_at = row.integer(2);
            return false;
        });
    });
    if (session && stamp(now) - seen_at > std::chrono::milliseconds(seen_step).count()) {
        state_->store.change([&](Connection& connection) {
            connection.execute({"update session set seen_at = ? where token = ?", {stamp(now), key}});
        });
    }
    const std::lock_guard lock(state_->mutex);
    if (state_->cache.size() > cache_most) state_->cache.clear();
    // What ended while it was being read stays ended.
    if (session && state_->told.contains(key)) session.reset();
    state_->cache[key] = {session, now + cache_life};
    return session;
}

bool Sessions::end(std::string_view key, End why) {
    return state_->end_where({"s.token = ?", {std::string(key)}}, why);
}

bool Sessions::end_of(RecordId user, std::string_view key, End why) {
    return state_->end_where({"s.token = ? and s.user_account = ?", {std::string(key), user.value}}, why);
}

void Sessions::end_all(RecordId user, End why, std::string_view except_key) {
    state_->end_where({"s.user_account = ? and s.token <> ?", {user.value, std::string(except_key)}}, why);
}

void Sessions::end_everybody(End why, std::string_view except_key) {
    state_->end_where({"s.token <> ?", {std::string(except_key)}}, why);
}

void Sessions::check_again() { state_->check_again = true; }

void Sessions::end_unfit() {
    state_->end_where({"not exists (select 1 from \"user\" u where u.id = s.user_account and u.status = 'active' and "
                       "u.deleted_at is null)",
                       {}},
                      End::account);
    end_weak();
    end_from_elsewhere();
}

// Who is still signing in is led through what is asked for now.
void Sessions::end_weak() {
    const std::string weakest(name_of(Strength::password)), strongest(name_of(Strength::passkey));
    std::vector<State::Open> weak =
        state_->open_where({"coalesce(s.step, '') = '' and coalesce(s.strength, ?) <> ?", {weakest, strongest}});
    std::vector<RecordId> users;
    for (const State::Open& one : weak)
        if (users.empty() || users.back() != one.user) users.push_back(one.user);
    const auto needed = state_->demands.needed(users);
    std::erase_if(weak, [&](const State::Open& one) {
        const auto found = needed.find(one.user);
        return found == needed.end() || one.strength >= found->second;
    });
    state_->end_these(weak, End::policy);
}

// Sessions that were opened from where the policy no longer admits anybody.
void Sessions::end_from_elsewhere() {
    const auto rules = state_->policy.rules();
    if (rules->addresses.empty()) return;
    std::vector<State::Open> open = state_->open_where({"1 = 1", {}});
    std::erase_if(open, [&](const State::Open& one) { return rules->admits(one.address); });
    state_->end_these(open, End::policy);
}

std::optional<RecordId> Sessions::holder(std::string_view key) const {
    const auto open = state_->open_where({"s.token = ?", {std::string(key)}});
    return open.empty() ? std::nullopt : std::optional(open.front().user);
}

std::vector<SessionInfo> Sessions::list(RecordId user, int limit) const {
    std::vector<SessionInfo> found;
    Sql sql{
        "select s.token, s.user_account, u.login, e.name, s.created_at, s.seen_at, s.address, s.agent, "
        "s.strength, v.login from session s join \"user\" u on u.id = s.user_account left join employee e on e.id = "
        "u.employee left join \"user\" v on v.id = s.view_as where coalesce(s.step, '') = '' and ",
        {}};
    sql += state_->live(state_->clock.now());
    if (user) (sql += " and s.user_account = ?").bind(user.value);
    (sql += " order by s.seen_at desc, s.created_at desc limit ?").bind(std::int64_t{limit});
    state_->store.read([&](Connection& connection) {
        found.clear();
        connection.query(sql, [&](const Row& row) {
            SessionInfo& info = found.emplace_back();
            info.key = row.text(0);
            info.user = {row.integer(1)};
            info.login = row.text(2);
            info.name = row.text(3);
            info.since = Timestamp(std::chrono::milliseconds(row.integer(4)));
            info.seen = Timestamp(std::chrono::milliseconds(row.integer(5)));
            info.address = row.text(6);
            info.agent = row.text(7);
            info.strength = parse_strength(row.text(8));
            info.view_as = row.text(9);
            return true;
        });
    });
    return found;
}

void Sessions::on_end(Listener listener) {
    const std::lock_guard lock(state_->mutex);
    state_->listeners.push_back(std::move(listener));
}

void Sessions::forget_listeners() {
    const std::lock_guard lock(state_->mutex);
    state_->listeners.clear();
}

void Sessions::watch() {
    const Timestamp now = state_->clock.now();
    if (state_->check_again.exchange(false)) end_unfit();
    if (now - state_->expiry_checked >= expiry_step) {
        state_->expiry_checked = now;
        Sql over = state_->live(now);
        over.text = "not (" + over.text + ")";
        state_->end_where(over, End::expired);
    }

    std::vector<std::string> ended, renewed;
    state_->store.read([&](Connection& connection) {
        ended.clear();
        renewed.clear();
        connection.query({"select token, end_reason from session where ended_at > ?", {stamp(now - look_back)}},
                         [&](const Row& row) {
                             (row.text(1) == name_of(End::renewed) ? renewed : ended).emplace_back(row.text(0));
                             return true;
                         });
    });
    state_->tell(ended);
    state_->tell(renewed, true);
}

void Sessions::tidy() {
    state_->store.change([&](Connection& connection) {
        connection.execute({"delete from session where ended_at < ?", {stamp(state_->clock.now() - ended_kept)}});
    });
    const std::lock_guard lock(state_->mutex);
    // Long after look_back nothing brings these keys again.
    state_->told.clear();
}

}  // namespace gx::access
