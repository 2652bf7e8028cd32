#include "access/account_list.hpp"

#include "base/text.hpp"

namespace gx::access {

namespace {

using store::Row;
using store::Sql;

std::optional<Timestamp> moment(const Row& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return Timestamp(std::chrono::milliseconds(row.integer(column)));
}

// A pattern for `like` that finds the words anywhere, whatever signs they hold.
std::string anywhere(std::string_view words) {
    std::string pattern = "%";
    for (const char c : words) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + "%";
}

}  // namespace

bool AccountList::is_active(RecordId user) const {
    bool active = false;
    store_.read([&](store::Connection& connection) {
        connection.query(
            {"select 1 from \"user\" where id = ? and status = 'active' and deleted_at is null", {user.value}},
            [&](const Row&) {
                active = true;
                return false;
            });
    });
    return active;
}

std::vector<AccountInfo> AccountList::page(std::string_view words, std::string_view after, int limit) const {
    // The page is cut first: what is counted for each account is counted for these only.
    Sql sql{
        "select u.id, u.login, u.name, u.status, c.user_account, c.temporary, c.changed_at, f.confirmed_at, "
        "u.last_sign_in, (select count(*) from sign_in g where g.login = u.login and g.at > ? and g.outcome in "
        "('refused', 'code_refused', 'passkey_refused') and g.at > coalesce((select max(h.at) from sign_in h where "
        "h.login = u.login "
        "and h.outcome in ('signed_in', 'reset')), 0)), (select count(*) from session s where s.user_account = "
        "u.id and s.ended_at is null), (select count(*) from passkey k where k.user_account = u.id) from (select a.id, "
        "a.login, e.name, a.status, a.last_sign_in from \"user\" a "
        "left join employee e on e.id = a.employee where a.deleted_at is null and a.login > ?",
        {stamp(clock_.now() - std::chrono::hours(24)), std::string(after)}};
    if (!is_blank(words)) {
        const std::string part = anywhere(fold(words));
        (sql += " and (a.login like ? escape '\\' or lower(e.name) like ? escape '\\')").bind(part).bind(part);
    }
    (sql += " order by a.login limit ?").bind(std::int64_t{limit});
    sql +=
        ") u left join credential c on c.user_account = u.id left join second_factor f on f.user_account = u.id "
        "order by u.login";
    std::vector<AccountInfo> found;
    store_.read([&](store::Connection& connection) {
        found.clear();
        connection.query(sql, [&](const Row& row) {
            AccountInfo& info = found.emplace_back();
            info.user = {row.integer(0)};
            info.login = row.text(1);
            info.name = row.text(2);
            info.active = row.text(3) == "active";
            info.has_password = !row.is_null(4);
            info.temporary = row.integer(5) != 0;
            info.password_since = moment(row, 6);
            info.has_second_factor = !row.is_null(7);
            info.last_sign_in = moment(row, 8);
            info.failures = row.integer(9);
            info.sessions = row.integer(10);
            info.passkeys = row.integer(11);
            return true;
        });
    });
    return found;
}

}  // namespace gx::access
