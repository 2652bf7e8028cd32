#include "access/api_keys.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

namespace gx::access {

namespace {

using namespace std::chrono_literals;
using store::Cell;
using store::Connection;
using store::Row;
using store::Sql;

// As for sessions: the end in this process is seen at once, in another process within this time.
constexpr auto cache_life = 500ms;
constexpr std::size_t cache_most = 20'000;
constexpr auto used_step = 60s;
constexpr auto expiry_step = 1s;

constexpr std::string_view prefix = "gx_";  // so that a key is recognised where it was left by mistake
constexpr std::size_t begins_length = prefix.size() + 5;
constexpr std::size_t name_most = 60;
constexpr int keys_most = 50;  // in use, a person
constexpr std::string_view stream_prefix = "key:";

constexpr std::array<std::string_view, 5> end_names{"person", "administrator", "password", "account", "expired"};

std::optional<Timestamp> moment(const Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return Timestamp(std::chrono::milliseconds(row.integer(column)));
}

}  // namespace

std::string_view name_of(KeyEnd end) { return end_names.at(static_cast<std::size_t>(end)); }

std::vector<store::Table> ApiKeys::tables() {
    return {{"api_key_digest",
             {{"digest", true, true}, {"api_key", false, true}},
             {"digest"},
             {{"api_key_digest_key", {"api_key"}, true}}}};
}

MadeKey ApiKeys::make(RecordId user, const KeyWish& wish) {
    const Timestamp now = clock_.now();
    const Timestamp latest = now + std::chrono::days(policy_.rules()->key_days_most);
    const std::string name(trim(wish.name));
    std::vector<Problem> problems;
    if (name.empty()) problems.push_back({"name", "required", {}, {}});
    if (const std::size_t length = count_code_points(name); length > name_most)
        problems.push_back(
            {"name", "too_long", {{"max", std::to_string(name_most)}, {"length", std::to_string(length)}}, {}});
    const Timestamp until = wish.until.value_or(latest);
    if (until <= now) problems.push_back({"until", "in_the_past", {}, {}});
    if (until > latest)
        problems.push_back({"until", "key_too_long", {{"days", std::to_string(policy_.rules()->key_days_most)}}, {}});
    if (!problems.empty()) throw invalid(std::move(problems));

    MadeKey made{ids_.next(), std::string(prefix) + random_token(), until};
    bool too_many = false;
    store_.change([&](Connection& connection) {
        too_many = false;
        connection.query(
            {"select count(*) from api_key where user_account = ? and ended_at is null and deleted_at is null",
             {user.value}},
            [&](const Row& row) {
                too_many = row.integer(0) >= keys_most;
                return false;
            });
        if (too_many) return;
        connection.execute(
            {"insert into api_key (id, version, created_at, updated_at, name, user_account, begins, "
             "reads_only, made_at, until) values (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
             {made.id.value, stamp(now), stamp(now), name, user.value, made.key.substr(0, begins_length),
              std::int64_t{wish.reads_only}, stamp(now), stamp(until)}});
        connection.execute(
            {"insert into api_key_digest (digest, api_key) values (?, ?)", {sha256_hex(made.key), made.id.value}});
    });
    if (too_many) throw invalid({{"name", "too_many_keys", {{"max", std::to_string(keys_most)}}, {}}});
    return made;
}

std::optional<Session> ApiKeys::find(std::string_view key, std::string_view address) {
    if (!key.starts_with(prefix) || key.size() > 200 || !policy_.rules()->admits(address)) return std::nullopt;
    const std::string digest = sha256_hex(key);
    const Timestamp now = clock_.now();
    std::uint64_t ends = 0;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = cache_.find(digest); found != cache_.end() && found->second.until > now)
            return found->second.session;
        ends = ends_;
    }
    std::optional<Session> session;
    std::int64_t last_used = 0;
    store_.read([&](Connection& connection) {
        connection.query(
            {"select k.id, k.user_account, k.reads_only, k.last_used from api_key_digest d join api_key k on k.id = "
             "d.api_key join \"user\" u on u.id = k.user_account where d.digest = ? and k.ended_at is null and "
             "k.deleted_at is null and k.until > ? and u.status = 'active' and u.deleted_at is null",
             {digest, stamp(now)}},
            [&](const Row& row) {
                session.emplace();
                session->api_key = {row.integer(0)};
                session->user = {row.integer(1)};
                session->reads_only = row.integer(2) != 0;
                session->key = std::string(stream_prefix) + digest;
                last_used = row.integer(3);
                return false;
            });
    });
    if (session && stamp(now) - last_used > std::chrono::milliseconds(used_step).count())
        note_use(session->api_key, address);
    const std::lock_guard lock(mutex_);
    if (cache_.size() > cache_most) cache_.clear();
    if (ends == ends_) cache_[digest] = {session, now + cache_life};
    return session;
}

void ApiKeys::note_use(RecordId id, std::string_view address) {
    store_.change([&](Connection& connection) {
        connection.execute({"update api_key set last_used = ?, last_address = ? where id = ?",
                            {stamp(clock_.now()), std::string(address.substr(0, 200)), id.value}});
    });
}

std::vector<std::string> ApiKeys::over(std::span<const std::string> names) const {
    std::vector<std::string> ended;
    std::unordered_set<std::string> live;
    Sql sql{
        "select d.digest from api_key_digest d join api_key k on k.id = d.api_key join \"user\" u on u.id = "
        "k.user_account where k.ended_at is null and k.deleted_at is null and k.until > ? and u.status = 'active' "
        "and u.deleted_at is null and d.digest in (",
        {stamp(clock_.now())}};
    bool any = false;
    for (const std::string& name : names) {
        if (!name.starts_with(stream_prefix)) continue;
        (sql += any ? ", ?" : "?").bind(name.substr(stream_prefix.size()));
        any = true;
    }
    if (!any) return ended;
    sql += ")";
    store_.read([&](Connection& connection) {
        live.clear();
        connection.query(sql, [&](const Row& row) {
            live.emplace(row.text(0));
            return true;
        });
    });
    for (const std::string& name : names) {
        if (name.starts_with(stream_prefix) && !live.contains(name.substr(stream_prefix.size()))) ended.push_back(name);
    }
    return ended;
}

std::vector<KeyInfo> ApiKeys::select(const Sql& condition, int limit) const {
    std::vector<KeyInfo> found;
    Sql sql{
        "select k.id, k.user_account, u.login, e.name, k.name, k.begins, k.reads_only, k.made_at, k.until, "
        "k.last_used, k.ended_at, k.last_address, k.end_reason from api_key k left join \"user\" u on u.id = "
        "k.user_account left join employee e on e.id = u.employee where k.deleted_at is null and (",
        {}};
    sql += condition;
    (sql += ") order by k.made_at desc, k.id desc limit ?").bind(std::int64_t{limit});
    store_.read([&](Connection& connection) {
        found.clear();
        connection.query(sql, [&](const Row& row) {
            KeyInfo& key = found.emplace_back();
            key.id = {row.integer(0)};
            key.user = {row.integer(1)};
            key.login = row.text(2);
            key.person = row.text(3);
            key.name = row.text(4);
            key.begins = row.text(5);
            key.reads_only = row.integer(6) != 0;
            key.made = moment(row, 7).value_or(Timestamp{});
            key.until = moment(row, 8).value_or(Timestamp{});
            key.last_used = moment(row, 9);
            key.ended = moment(row, 10);
            key.last_address = row.text(11);
            key.end_reason = row.text(12);
            return true;
        });
    });
    return found;
}

// `tells`: nobody else tells the audit of it.
std::vector<KeyInfo> ApiKeys::end_where(const Sql& condition, KeyEnd why, bool tells) {
    constexpr int at_once = 1000;  // what is left ends with the next round
    Sql live{"k.ended_at is null and (", {}};
    live += condition;
    live += ")";
    std::vector<KeyInfo> keys = select(live, at_once);
    if (keys.empty()) return keys;
    const std::int64_t now = stamp(clock_.now());
    std::vector<std::vector<Cell>> rows;
    for (const KeyInfo& key : keys) rows.push_back({now, std::string(name_of(why)), now, key.id.value});
    std::vector<std::int64_t> ended;
    store_.change([&](Connection& connection) {
        ended = connection.execute_many(
            "update api_key set ended_at = ?, end_reason = ?, updated_at = ?, version = "
            "version + 1 where id = ? and ended_at is null",
            rows);
    });
    {
        const std::lock_guard lock(mutex_);
        ++ends_;
        cache_.clear();
    }
    std::vector<KeyInfo> done;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (ended[i] != 1) continue;  // another process was faster and tells
        done.push_back(std::move(keys[i]));
        if (!tells) continue;
        AuditEntry entry;
        entry.kind = audit_kind::api_key;
        entry.user = done.back().user;
        entry.login = done.back().login;
        entry.object = "api_key";
        entry.record = done.back().id;
        entry.subject = done.back().name;
        entry.detail = "{\"what\":\"end\",\"why\":\"" + std::string(name_of(why)) + "\"}";
        tell_(std::move(entry));
    }
    return done;
}

std::optional<KeyInfo> ApiKeys::end(RecordId user, RecordId id, KeyEnd why) {
    Sql which{"k.id = ?", {id.value}};
    if (user) (which += " and k.user_account = ?").bind(user.value);
    auto ended = end_where(which, why, false);
    if (ended.empty()) return std::nullopt;
    return std::move(ended.front());
}

void ApiKeys::end_all(RecordId user, KeyEnd why) { end_where({"k.user_account = ?", {user.value}}, why, true); }

std::vector<KeyInfo> ApiKeys::list(RecordId user, int limit) const {
    return user ? select({"k.user_account = ?", {user.value}}, limit) : select({"1 = 1", {}}, limit);
}

void ApiKeys::watch() {
    const Timestamp now = clock_.now();
    if (check_again_.exchange(false)) {
        end_where({"not exists (select 1 from \"user\" a where a.id = k.user_account and a.status = 'active' and "
                   "a.deleted_at is null)",
                   {}},
                  KeyEnd::account, true);
    }
    if (now - expiry_checked_ < expiry_step) return;
    expiry_checked_ = now;
    end_where({"k.until <= ?", {stamp(now)}}, KeyEnd::expired, true);
}

}  // namespace gx::access
