#include "features/sso/applications.hpp"

#include <algorithm>
#include <sstream>

#include "base/secret.hpp"

namespace gx::features {

namespace {

using store::Connection;
using store::Row;
using store::Sql;

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) lines.push_back(std::move(line));
    }
    return lines;
}

// "a.roles holds one of these", as a condition on the application `a`.
Sql opened_by(const std::vector<RecordId>& roles) {
    Sql sql{"exists (select 1 from sso_application_roles l where l.record = a.id and l.item in (", {}};
    for (std::size_t i = 0; i < roles.size(); ++i) (sql += i == 0 ? "?" : ", ?").bind(roles[i].value);
    sql += "))";
    return sql;
}

}  // namespace

bool Application::knows(std::string_view redirect) const {
    return std::ranges::find(redirects, redirect) != redirects.end();
}

bool Application::knows_after_sign_out(std::string_view wanted) const {
    return std::ranges::find(after_sign_out, wanted) != after_sign_out.end();
}

bool Application::is_proved_by(std::string_view secret) const {
    if (open_client) return secret.empty();
    return !secret_digest.empty() && !secret.empty() && equal_in_constant_time(secret_digest, sha256_hex(secret));
}

std::vector<store::Table> Applications::tables() {
    return {{"application_secret",
             {{"application"}, {"digest", true, true}, {"set_at", false, true}},
             {"application"},
             {}}};
}

std::vector<Application> Applications::read(const Sql& condition) const {
    std::vector<Application> found;
    Sql sql{
        "select a.id, a.client_id, a.name, a.name_en, a.description, a.address, a.redirects, a.after_sign_out, "
        "a.active, a.open_client, a.tells_email, a.tells_roles, s.digest from sso_application a left join "
        "application_secret s on s.application = a.id where a.deleted_at is null and ",
        {}};
    sql += condition;
    sql += " order by a.\"order\", a.id";
    store_.read([&](Connection& connection) {
        found.clear();
        connection.query(sql, [&](const Row& row) {
            Application& one = found.emplace_back();
            one.id = {row.integer(0)};
            one.client_id = row.text(1);
            one.name = row.text(2);
            one.name_en = row.is_null(3) ? row.text(2) : row.text(3);
            one.description = row.text(4);
            one.address = row.text(5);
            one.redirects = lines_of(row.text(6));
            one.after_sign_out = lines_of(row.text(7));
            one.active = row.integer(8) != 0;
            one.open_client = row.integer(9) != 0;
            one.tells_email = row.integer(10) != 0;
            one.tells_roles = row.integer(11) != 0;
            one.secret_digest = row.text(12);
            return true;
        });
    });
    return found;
}

std::optional<Application> Applications::active(std::string_view client_id) const {
    auto found = read({"a.active = 1 and a.client_id = ?", {std::string(client_id.substr(0, 200))}});
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::optional<Application> Applications::find(RecordId id) const {
    auto found = read({"a.id = ?", {id.value}});
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<Application> Applications::all() const { return read({"1 = 1", {}}); }

std::vector<Application> Applications::open_to(const std::vector<RecordId>& roles) const {
    if (roles.empty()) return {};
    Sql condition{"a.active = 1 and ", {}};
    condition += opened_by(roles);
    return read(condition);
}

bool Applications::is_open_to(RecordId application, const std::vector<RecordId>& roles) const {
    if (roles.empty()) return false;
    Sql condition{"a.active = 1 and a.id = ? and ", {application.value}};
    condition += opened_by(roles);
    return !read(condition).empty();
}

std::string Applications::make_secret(RecordId application) {
    const std::string secret = random_token();
    const std::int64_t now = stamp(clock_.now());
    store_.change([&](Connection& connection) {
        connection.execute({"delete from application_secret where application = ?", {application.value}});
        connection.execute({"insert into application_secret (application, digest, set_at) values (?, ?, ?)",
                            {application.value, sha256_hex(secret), now}});
    });
    return secret;
}

}  // namespace gx::features
