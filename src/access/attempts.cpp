#include "access/attempts.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "base/json_writer.hpp"

namespace gx::access {

namespace {

using store::Cell;
using store::Connection;
using store::Row;

constexpr std::int64_t anywhere_times = 4;
constexpr std::int64_t any_login_times = 10;
constexpr std::size_t login_bytes_max = 100;
constexpr std::size_t agent_bytes_max = 300;

struct Failures {
    std::int64_t of_both = 0;
    std::int64_t of_login = 0;
    std::int64_t of_address = 0;
    std::int64_t last = 0;
};

// A success forgives the failures of its login before it, and of its address those of this login only: otherwise one
// known account would let an attacker try the others without end, while the typing errors of a large office behind one
// address must not add up.
Failures failures_since(Connection& connection, const std::string& login, const std::string& address,
                        std::int64_t since) {
    Failures found;
    connection.query(
        {"select coalesce(sum(case when g.login = ? and g.address = ? and g.at > forgiven then 1 else 0 end), 0), "
         "coalesce(sum(case when g.login = ? and g.at > forgiven then 1 else 0 end), 0), "
         "coalesce(sum(case when g.address = ? and not exists (select 1 from sign_in ok where ok.login = g.login and "
         "ok.at > g.at and ok.address = g.address and ok.outcome = 'signed_in') then 1 else 0 end), 0), "
         "coalesce(max(g.at), 0) from sign_in g, (select coalesce(max(at), 0) as forgiven from sign_in where login = ? "
         "and outcome in ('signed_in', 'reset')) s where g.at > ? and (g.login = ? or g.address = ?) and g.outcome in "
         "('refused', 'code_refused', 'passkey_refused')",
         {login, address, login, address, login, since, login, address}},
        [&](const Row& row) {
            found = {row.integer(0), row.integer(1), row.integer(2), row.integer(3)};
            return false;
        });
    return found;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::signed_in:
            return "signed_in";
        case Outcome::refused:
            return "refused";
        case Outcome::code_refused:
            return "code_refused";
        case Outcome::passkey_refused:
            return "passkey_refused";
        case Outcome::reset:
            return "reset";
    }
    return "refused";
}

std::vector<store::Table> Attempts::tables() {
    return {{"sign_in",
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

void Attempts::admit(std::string_view login, const Peer& peer) {
    using namespace std::chrono_literals;
    const auto rules = policy_.rules();
    const Timestamp now = clock_.now();
    Failures failures;
    store_.read([&](Connection& connection) {
        failures = failures_since(connection, std::string(login.substr(0, login_bytes_max)), peer.address,
                                  stamp(now - rules->wait_most));
    });
    const std::int64_t free = rules->failures_free;
    const std::int64_t beyond = std::max({failures.of_both - free, failures.of_login - anywhere_times * free,
                                          failures.of_address - any_login_times * free});
    if (beyond < 0) return;
    const std::chrono::milliseconds wait = std::min<std::chrono::milliseconds>(
        std::chrono::seconds(1LL << std::min<std::int64_t>(beyond, 20)), rules->wait_most);
    const auto left = std::chrono::milliseconds(failures.last) + wait - now.time_since_epoch();
    if (left <= 0ms) return;
    throw Failure(Failure::Kind::too_many, "too_many_attempts",
                  {{"seconds", std::to_string(std::chrono::ceil<std::chrono::seconds>(left).count())}});
}

void Attempts::log(std::string_view login, RecordId user, const Peer& peer, Outcome outcome, std::string_view why) {
    const std::string name(login.substr(0, login_bytes_max));
    const std::string agent(peer.agent.substr(0, agent_bytes_max));
    store_.change([&](Connection& connection) {
        connection.execute(
            {"insert into sign_in (id, at, login, user_account, address, agent, outcome) values (?, ?, ?, ?, ?, ?, ?)",
             {ids_.next().value, stamp(clock_.now()), name, user ? Cell(user.value) : Cell(), peer.address, agent,
              std::string(name_of(outcome))}});
    });
    AuditEntry entry;
    entry.kind = outcome == Outcome::reset ? audit_kind::password : audit_kind::sign_in;
    entry.outcome = outcome == Outcome::signed_in || outcome == Outcome::reset ? "done" : "refused";
    entry.user = user;
    entry.login = entry.subject = name;
    entry.address = peer.address;
    entry.detail.clear();
    JsonWriter json(entry.detail);
    json.begin_object().key("what").string(name_of(outcome)).key("agent").string(agent);
    if (!why.empty()) json.key("why").string(why);
    json.end_object();
    tell_(std::move(entry));
}

void Attempts::tidy() {
    store_.change([&](Connection& connection) {
        connection.execute({"delete from sign_in where at < ?", {stamp(clock_.now() - std::chrono::hours(24 * 365))}});
    });
}

}  // namespace gx::access
