#include "features/sso/providers.hpp"

#include "base/log.hpp"

namespace gx::features {

namespace {

using store::Connection;
using store::Row;
using store::Sql;

}  // namespace

std::vector<store::Table> Providers::tables() {
    return {{"provider_secret", {{"provider"}, {"secret", true, true}, {"set_at", false, true}}, {"provider"}, {}}};
}

std::vector<Provider> Providers::read(const Sql& condition) const {
    std::vector<Provider> found;
    Sql sql{
        "select p.id, p.code, p.name, p.name_en, p.issuer, p.client_id, p.scopes, p.groups_claim, p.inside, "
        "p.active, p.match_email, p.makes_accounts, p.second_factor, p.department, s.secret from sign_in_provider p "
        "left join provider_secret s on s.provider = p.id where p.deleted_at is null and ",
        {}};
    sql += condition;
    sql += " order by p.\"order\", p.id";
    store_.read([&](Connection& connection) {
        found.clear();
        connection.query(sql, [&](const Row& row) {
            Provider& one = found.emplace_back();
            one.id = {row.integer(0)};
            one.code = row.text(1);
            one.name = row.text(2);
            one.name_en = row.is_null(3) ? row.text(2) : row.text(3);
            one.issuer = row.text(4);
            one.client_id = row.text(5);
            one.scopes = row.text(6);
            one.groups_claim = row.text(7);
            one.walls = row.integer(8) != 0 ? Outside::Walls::inside_too : Outside::Walls::out_only;
            one.active = row.integer(9) != 0;
            one.match_email = row.integer(10) != 0;
            one.makes_accounts = row.integer(11) != 0;
            one.second_factor = row.integer(12) != 0;
            one.department = {row.integer(13)};
            one.has_secret = !row.is_null(14);
            one.secret = row.text(14);  // sealed
            return true;
        });
    });
    return found;
}

std::vector<Provider> Providers::all() const {
    std::vector<Provider> found = read({"1 = 1", {}});
    for (Provider& one : found) one.secret.clear();
    return found;
}

std::optional<Provider> Providers::active(std::string_view code) const {
    for (Provider& one : read({"p.active = 1 and p.code = ?", {std::string(code.substr(0, 100))}})) {
        if (!one.has_secret) return one;
        const auto secret = sealer_.open(one.secret);
        if (!secret) {
            log::error("the secret of a sign-in provider cannot be opened with the key of this process",
                       {{"provider", one.code}});
            return std::nullopt;
        }
        one.secret = *secret;
        return one;
    }
    return std::nullopt;
}

std::optional<Provider> Providers::find(RecordId id) const {
    for (Provider& one : read({"p.id = ?", {id.value}})) {
        one.secret.clear();
        return one;
    }
    return std::nullopt;
}

void Providers::set_secret(RecordId provider, std::string_view secret) {
    const std::string sealed = secret.empty() ? std::string() : sealer_.seal(secret);
    const std::int64_t now = stamp(clock_.now());
    store_.change([&](Connection& connection) {
        connection.execute({"delete from provider_secret where provider = ?", {provider.value}});
        if (sealed.empty()) return;
        connection.execute(
            {"insert into provider_secret (provider, secret, set_at) values (?, ?, ?)", {provider.value, sealed, now}});
    });
}

}  // namespace gx::features
