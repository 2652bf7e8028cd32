#include "access/one_time_links.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "meta/field_value.hpp"

namespace gx::access {

namespace {

using namespace std::chrono_literals;
using store::Cell;
using store::Connection;
using store::Row;

constexpr auto request_window = 15min;
constexpr std::int64_t requests_from_address_most = 10;  // in the window; more are refused
constexpr std::int64_t links_for_account_most = 3;       // sent in the window; more wishes get none
constexpr auto taken_life = 2min;                        // a process that died holds a request no longer
constexpr int tries_most = 6;
constexpr auto first_pause = 30s;  // doubles with every try
constexpr auto kept_for = 24h;

constexpr std::size_t token_bytes_most = 100;

}  // namespace

std::vector<store::Table> OneTimeLinks::tables() {
    return {{"one_time_link",
             {{"token", true, true},
              {"user_account", false, true},
              {"handed", false, true},
              {"made_by"},
              {"made_at", false, true},
              {"expires_at", false, true},
              {"used_at"}},
             {"token"},
             {{"one_time_link_user_account", {"user_account"}}}},
            {"recovery_request",
             {{"id"},
              {"at", false, true},
              {"login", true, true},
              {"address", true, true},
              {"state", true, true},
              {"next_at", false, true},
              {"tries", false, true}},
             {"id"},
             {{"recovery_request_address", {"address", "at"}}, {"recovery_request_state", {"state", "next_at"}}}}};
}

OneTimeLinks::Made OneTimeLinks::make(RecordId user, RecordId by, Way way, std::chrono::milliseconds life) {
    const Timestamp now = clock_.now();
    Made made{random_token(), now + life};
    store_.change([&](Connection& connection) {
        if (way == Way::handed)
            connection.execute({"delete from one_time_link where user_account = ? and handed = 1", {user.value}});
        connection.execute(
            {"insert into one_time_link (token, user_account, handed, made_by, made_at, expires_at) "
             "values (?, ?, ?, ?, ?, ?)",
             {sha256_hex(made.token), user.value, std::int64_t{way == Way::handed}, by ? Cell(by.value) : Cell(),
              stamp(now), stamp(made.until)}});
    });
    return made;
}

OneTimeLinks::Made OneTimeLinks::make_handed(RecordId user, RecordId by) {
    return make(user, by, Way::handed, policy_.rules()->handed_link_life);
}

OneTimeLinks::Made OneTimeLinks::make_sent(RecordId user) {
    return make(user, {}, Way::sent, policy_.rules()->link_life);
}

std::optional<OneTimeLinks::Holder> OneTimeLinks::holder(std::string_view token) const {
    std::optional<Holder> found;
    if (token.empty() || token.size() > token_bytes_most) return found;
    store_.read([&](Connection& connection) {
        connection.query({"select u.id, u.login, e.name from one_time_link l join \"user\" u on u.id = l.user_account "
                          "left join employee e on e.id = u.employee where l.token = ? and l.used_at is null and "
                          "l.expires_at > ? and u.status = 'active' and u.deleted_at is null",
                          {sha256_hex(token), stamp(clock_.now())}},
                         [&](const Row& row) {
                             found = Holder{{row.integer(0)}, std::string(row.text(1)), std::string(row.text(2))};
                             return false;
                         });
    });
    return found;
}

bool OneTimeLinks::use(std::string_view token) {
    std::int64_t used = 0;
    const std::int64_t now = stamp(clock_.now());
    store_.change([&](Connection& connection) {
        used = connection.execute(
            {"update one_time_link set used_at = ? where token = ? and used_at is null and expires_at > ?",
             {now, sha256_hex(token), now}});
        if (used != 1) return;
        connection.execute(
            {"delete from one_time_link where used_at is null and user_account = (select user_account "
             "from one_time_link where token = ?)",
             {sha256_hex(token)}});
    });
    return used == 1;
}

void OneTimeLinks::request(std::string_view login_or_address, const Peer& peer) {
    const Timestamp now = clock_.now();
    const std::string asked_for = fold(login_or_address.substr(0, 300));
    std::int64_t before = 0;
    store_.read([&](Connection& connection) {
        connection.query({"select count(*) from recovery_request where address = ? and at > ?",
                          {peer.address, stamp(now - request_window)}},
                         [&](const Row& row) {
                             before = row.integer(0);
                             return false;
                         });
    });
    if (before >= requests_from_address_most) {
        throw Failure(Failure::Kind::too_many, "too_many_attempts",
                      {{"seconds", std::to_string(std::chrono::seconds(request_window).count())}});
    }
    store_.change([&](Connection& connection) {
        connection.execute(
            {"insert into recovery_request (id, at, login, address, state, next_at, tries) values (?, ?, "
             "?, ?, 'waiting', ?, 0)",
             {ids_.next().value, stamp(now), asked_for, peer.address, stamp(now)}});
    });
}

// Whoever named a number is answered there; otherwise by e-mail before SMS, which costs money. `tries` have failed, and
// each of them made a link.
std::optional<OneTimeLinks::Recovery> OneTimeLinks::addressee(RecordId request, const std::string& asked_for, int tries,
                                                              RecoveryWays ways) const {
    const std::string key = meta::phone_key(asked_for);
    const std::string& number = key.empty() ? asked_for : key;
    const std::int64_t since = stamp(clock_.now() - request_window);
    std::vector<Recovery> found;
    store_.read([&](Connection& connection) {
        found.clear();
        connection.query(
            {"select u.id, u.login, e.name, e.email, e.mobile, s.value from \"user\" u join employee e on e.id = "
             "u.employee left join user_setting s on s.user_account = u.id and s.name = 'language' where u.status = "
             "'active' and u.deleted_at is null and (u.login = ? or lower(e.email) = ? or e.mobile in (?, ?)) and "
             "(select count(*) from recovery_request r where r.login = ? and r.at > ? and r.id < ?) < ? and (select "
             "count(*) from one_time_link l where l.user_account = u.id and l.handed = 0 and l.made_at > ?) < ?",
             {asked_for, asked_for, asked_for, number, asked_for, since, request.value, links_for_account_most, since,
              links_for_account_most + tries}},
            [&](const Row& row) {
                const std::string email(row.text(3)), mobile(row.text(4));
                const bool named = mobile == asked_for || mobile == number;
                const bool by_sms = ways.sms && !mobile.empty() && (named || !ways.mail || email.empty());
                if (!by_sms && (!ways.mail || email.empty())) return true;
                found.push_back({request,
                                 {row.integer(0)},
                                 std::string(row.text(1)),
                                 std::string(row.text(2)),
                                 row.text(5) == "\"en\"" ? "en" : "zh",
                                 by_sms,
                                 by_sms ? mobile : email,
                                 tries});
                return true;
            });
    });
    // Several accounts with one address: only the sign-in name says which one is meant.
    const auto by_login = std::ranges::find(found, asked_for, &Recovery::login);
    if (by_login != found.end()) return *by_login;
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

std::optional<OneTimeLinks::Recovery> OneTimeLinks::take_request(RecoveryWays ways) {
    for (;;) {
        RecordId id;
        std::string asked_for;
        int tries = 0;
        const Timestamp now = clock_.now();
        store_.read([&](Connection& connection) {
            connection.query({"select id, login, tries from recovery_request where state = 'waiting' and next_at <= ? "
                              "order by next_at limit 1",
                              {stamp(now)}},
                             [&](const Row& row) {
                                 id = {row.integer(0)};
                                 asked_for = row.text(1);
                                 tries = static_cast<int>(row.integer(2));
                                 return false;
                             });
        });
        if (!id) return std::nullopt;
        std::int64_t won = 0;
        store_.change([&](Connection& connection) {
            // Put off, not marked as taken: when this process dies, another takes it up after a while by itself.
            won = connection.execute(
                {"update recovery_request set next_at = ? where id = ? and state = 'waiting' and next_at <= ?",
                 {stamp(now + taken_life), id.value, stamp(now)}});
        });
        if (won != 1) continue;  // another process was faster
        auto recovery = addressee(id, asked_for, tries, ways);
        if (recovery && !(other_ != nullptr && other_->keeps(recovery->user))) return recovery;
        settle(id);
    }
}

void OneTimeLinks::settle(RecordId request) {
    store_.change([&](Connection& connection) {
        connection.execute({"update recovery_request set state = 'done' where id = ?", {request.value}});
    });
}

bool OneTimeLinks::put_off(const Recovery& recovery) {
    if (recovery.tries + 1 >= tries_most) {
        settle(recovery.request);
        return false;
    }
    const Timestamp next = clock_.now() + first_pause * (1LL << recovery.tries);
    store_.change([&](Connection& connection) {
        connection.execute({"update recovery_request set tries = ?, next_at = ? where id = ?",
                            {std::int64_t{recovery.tries + 1}, stamp(next), recovery.request.value}});
    });
    return true;
}

void OneTimeLinks::tidy() {
    const std::int64_t before = stamp(clock_.now() - kept_for);
    store_.change([&](Connection& connection) {
        connection.execute({"delete from one_time_link where expires_at < ?", {before}});
        connection.execute({"delete from recovery_request where at < ?", {before}});
    });
}

}  // namespace gx::access
