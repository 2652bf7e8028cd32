#include "features/sso/links.hpp"

#include "base/secret.hpp"

namespace gx::features {

namespace {

using store::Connection;
using store::Row;

constexpr auto signed_in_kept = std::chrono::hours(24 * 31);

}  // namespace

std::vector<store::Table> ProviderLinks::tables() {
    return {{"provider_link",
             {{"provider", false, true},
              {"subject", true, true},
              {"user_account", false, true},
              {"shown", true},
              {"linked_at", false, true}},
             {"provider", "subject"},
             {{"provider_link_account", {"user_account", "provider"}, true}}},
            {"provider_sign_in",
             {{"token", true, true}, {"provider", true, true}, {"id_token", true, true}, {"at", false, true}},
             {"token"},
             {{"provider_sign_in_at", {"at"}}}}};
}

std::optional<RecordId> ProviderLinks::account(RecordId provider, std::string_view subject) const {
    std::optional<RecordId> found;
    store_.read([&](Connection& connection) {
        connection.query({"select user_account from provider_link where provider = ? and subject = ?",
                          {provider.value, std::string(subject)}},
                         [&](const Row& row) {
                             found = RecordId{row.integer(0)};
                             return false;
                         });
    });
    return found;
}

bool ProviderLinks::add(RecordId provider, std::string_view subject, RecordId user, std::string_view shown) {
    try {
        store_.change([&](Connection& connection) {
            connection.execute(
                {"insert into provider_link (provider, subject, user_account, shown, linked_at) values "
                 "(?, ?, ?, ?, ?)",
                 {provider.value, std::string(subject), user.value, std::string(shown.substr(0, 200)),
                  stamp(clock_.now())}});
        });
    } catch (const store::UniqueViolation&) {
        return false;
    }
    return true;
}

bool ProviderLinks::remove(RecordId provider, RecordId user) {
    std::int64_t removed = 0;
    store_.change([&](Connection& connection) {
        removed = connection.execute(
            {"delete from provider_link where provider = ? and user_account = ?", {provider.value, user.value}});
    });
    return removed == 1;
}

std::vector<ProviderLink> ProviderLinks::of(RecordId user) const {
    std::vector<ProviderLink> found;
    store_.read([&](Connection& connection) {
        found.clear();
        connection.query(
            {"select p.id, p.code, p.name, p.name_en, l.shown, l.linked_at from sign_in_provider p left join "
             "provider_link l on l.provider = p.id and l.user_account = ? where p.active = 1 and "
             "p.deleted_at is null order by p.\"order\", p.id",
             {user.value}},
            [&](const Row& row) {
                ProviderLink& one = found.emplace_back();
                one.provider = {row.integer(0)};
                one.code = row.text(1);
                one.name = row.text(2);
                one.name_en = row.is_null(3) ? row.text(2) : row.text(3);
                one.shown = row.text(4);
                if (!row.is_null(5)) one.since = Timestamp(std::chrono::milliseconds(row.integer(5)));
                return true;
            });
    });
    return found;
}

void ProviderLinks::remember(std::string_view token, const SignedIn& signed_in) {
    store_.change([&](Connection& connection) {
        connection.execute({"insert into provider_sign_in (token, provider, id_token, at) values (?, ?, ?, ?)",
                            {sha256_hex(token), signed_in.provider, signed_in.id_token, stamp(clock_.now())}});
    });
}

std::optional<ProviderLinks::SignedIn> ProviderLinks::remembered(std::string_view token) const {
    std::optional<SignedIn> found;
    if (token.empty() || token.size() > 100) return found;
    store_.read([&](Connection& connection) {
        connection.query({"select provider, id_token from provider_sign_in where token = ?", {sha256_hex(token)}},
                         [&](const Row& row) {
                             found = SignedIn{std::string(row.text(0)), std::string(row.text(1))};
                             return false;
                         });
    });
    return found;
}

void ProviderLinks::forget(std::string_view token) {
    store_.change([&](Connection& connection) {
        connection.execute({"delete from provider_sign_in where token = ?", {sha256_hex(token)}});
    });
}

void ProviderLinks::tidy() {
    store_.change([&](Connection& connection) {
        connection.execute({"delete from provider_sign_in where at < ?", {stamp(clock_.now() - signed_in_kept)}});
    });
}

}  // namespace gx::features
