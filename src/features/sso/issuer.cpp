#include "features/sso/issuer.hpp"

#include "base/json_writer.hpp"
#include "base/secret.hpp"
#include "features/sso/claims.hpp"

namespace gx::features {

namespace {

using namespace std::chrono_literals;
using store::Connection;
using store::Row;

constexpr auto code_life = 60s;
constexpr auto id_token_life = 300s;
constexpr auto kept_for = 24h;
constexpr std::size_t token_bytes_most = 200;

std::int64_t seconds(Timestamp at) { return stamp(at) / 1000; }

void write_person(JsonWriter& json, const Application& application, std::string_view scope,
                  const PersonClaims& person) {
    if (names_scope(scope, "profile")) {
        json.key("name").string(person.name).key("preferred_username").string(person.login);
        json.key("locale").string(person.language == "en" ? "en" : "zh-CN");
    }
    // People change their address themselves: it is theirs, but nobody has verified it.
    if (names_scope(scope, "email") && application.tells_email && !person.email.empty())
        json.key("email").string(person.email).key("email_verified").boolean(false);
    if (names_scope(scope, "groups") && application.tells_roles) {
        json.key("groups").begin_array();
        for (const std::string& role : person.roles) json.string(role);
        json.end_array();
    }
}

}  // namespace

bool names_scope(std::string_view scope, std::string_view word) {
    const std::string words = " " + std::string(scope) + " ";
    return words.find(" " + std::string(word) + " ") != std::string::npos;
}

std::vector<store::Table> Issuer::tables() {
    return {{"sso_code",
             {{"digest", true, true},
              {"application", false, true},
              {"user_account", false, true},
              {"session", true, true},
              {"redirect", true, true},
              {"challenge", true, true},
              {"nonce", true},
              {"scope", true, true},
              {"signed_in_at", false, true},
              {"expires_at", false, true},
              {"used_at"}},
             {"digest"},
             {{"sso_code_expires_at", {"expires_at"}}}},
            {"sso_token",
             {{"digest", true, true},
              {"code", true, true},
              {"application", false, true},
              {"user_account", false, true},
              {"session", true, true},
              {"scope", true, true},
              {"expires_at", false, true}},
             {"digest"},
             {{"sso_token_code", {"code"}}, {"sso_token_expires_at", {"expires_at"}}}}};
}

std::string Issuer::make_code(const CodeWish& wish) {
    const std::string code = random_token();
    const std::int64_t until = stamp(clock_.now() + code_life);
    store_.change([&](Connection& connection) {
        connection.execute(
            {"insert into sso_code (digest, application, user_account, session, redirect, challenge, nonce, "
             "scope, signed_in_at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
             {sha256_hex(code), wish.application.value, wish.user.value, wish.session, wish.redirect, wish.challenge,
              wish.nonce, wish.scope, stamp(wish.signed_in_at), until}});
    });
    return code;
}

Issuer::Redeemed Issuer::redeem(const Shown& shown) {
    Redeemed redeemed;
    if (shown.code.empty() || shown.code.size() > token_bytes_most) {
        redeemed.why = "unknown";
        return redeemed;
    }
    redeemed.code_digest = sha256_hex(shown.code);
    const std::int64_t now = stamp(clock_.now());
    std::int64_t expires = 0;
    bool found = false;
    std::int64_t spent = 0;
    store_.change([&](Connection& connection) {
        found = false;
        spent = 0;
        connection.query({"select application, user_account, session, redirect, challenge, nonce, scope, signed_in_at, "
                          "expires_at from sso_code where digest = ?",
                          {redeemed.code_digest}},
                         [&](const Row& row) {
                             found = true;
                             redeemed.wish = {
                                 {row.integer(0)},         {row.integer(1)},
                                 std::string(row.text(2)), std::string(row.text(3)),
                                 std::string(row.text(4)), std::string(row.text(5)),
                                 std::string(row.text(6)), Timestamp(std::chrono::milliseconds(row.integer(7)))};
                             expires = row.integer(8);
                             return false;
                         });
        if (!found) return;
        // Of two who show it at once the database lets one go first.
        spent = connection.execute(
            {"update sso_code set used_at = ? where digest = ? and used_at is null", {now, redeemed.code_digest}});
        if (spent == 0) connection.execute({"delete from sso_token where code = ?", {redeemed.code_digest}});
    });
    if (!found)
        redeemed.why = "unknown";
    else if (spent == 0)
        redeemed.why = "used";
    else if (expires < now)
        redeemed.why = "expired";
    else if (redeemed.wish.application != shown.application)
        redeemed.why = "other_application";
    else if (redeemed.wish.redirect != shown.redirect)
        redeemed.why = "redirect";
    else if (!equal_in_constant_time(sha256_base64url(shown.verifier), redeemed.wish.challenge))
        redeemed.why = "verifier";
    return redeemed;
}

std::string Issuer::id_token(const std::string& issuer, const Application& application, const CodeWish& wish,
                             const PersonClaims& person) {
    const Timestamp now = clock_.now();
    std::string payload;
    JsonWriter json(payload);
    json.begin_object().key("iss").string(issuer).key("sub").id(wish.user).key("aud").string(application.client_id);
    json.key("iat").integer(seconds(now)).key("exp").integer(seconds(now + id_token_life));
    json.key("auth_time").integer(seconds(wish.signed_in_at));
    if (!wish.nonce.empty()) json.key("nonce").string(wish.nonce);
    write_person(json, application, wish.scope, person);
    json.end_object();
    return keys_.current().sign(payload, "JWT");
}

std::string Issuer::access_token(const Redeemed& redeemed) {
    const std::string token = random_token();
    const std::int64_t until = stamp(clock_.now() + access_life);
    store_.change([&](Connection& connection) {
        connection.execute(
            {"insert into sso_token (digest, code, application, user_account, session, scope, expires_at) "
             "values (?, ?, ?, ?, ?, ?, ?)",
             {sha256_hex(token), redeemed.code_digest, redeemed.wish.application.value, redeemed.wish.user.value,
              redeemed.wish.session, redeemed.wish.scope, until}});
    });
    return token;
}

std::optional<Issuer::Access> Issuer::access(std::string_view token) const {
    std::optional<Access> found;
    if (token.empty() || token.size() > token_bytes_most) return found;
    store_.read([&](Connection& connection) {
        connection.query(
            {"select application, user_account, session, scope from sso_token where digest = ? and "
             "expires_at > ?",
             {sha256_hex(token), stamp(clock_.now())}},
            [&](const Row& row) {
                found = Access{{row.integer(0)}, {row.integer(1)}, std::string(row.text(2)), std::string(row.text(3))};
                return false;
            });
    });
    return found;
}

std::string Issuer::user_information(const Application& application, const Access& access,
                                     const PersonClaims& person) const {
    std::string out;
    JsonWriter json(out);
    json.begin_object().key("sub").id(access.user);
    write_person(json, application, access.scope, person);
    json.end_object();
    return out;
}

std::optional<Issuer::Hint> Issuer::read_hint(std::string_view id_token, const std::string& issuer) {
    if (id_token.empty()) return std::nullopt;
    const auto checked = KeySet::read(parse_json(keys_.open_keys())).check(id_token);
    if (checked.verdict != KeySet::Verdict::right) return std::nullopt;
    const json::value said = parse_json(checked.payload);
    const json::object& claims = said.get_object();
    const auto user = parse_record_id(text_claim(claims, "sub"));
    if (!user || text_claim(claims, "iss") != issuer) return std::nullopt;
    return Hint{*user, text_claim(claims, "aud")};
}

PersonClaims Issuer::person(RecordId user) const {
    PersonClaims person;
    store_.read([&](Connection& connection) {
        connection.query({"select u.login, e.name, e.email, s.value from \"user\" u left join employee e on e.id = "
                          "u.employee left join user_setting s on s.user_account = u.id and s.name = 'language' where "
                          "u.id = ? and u.status = 'active' and u.deleted_at is null",
                          {user.value}},
                         [&](const Row& row) {
                             person.login = row.text(0);
                             person.name = row.is_null(1) ? row.text(0) : row.text(1);
                             person.email = row.text(2);
                             person.language = row.text(3) == "\"en\"" ? "en" : "zh";
                             return false;
                         });
    });
    return person;
}

void Issuer::tidy() {
    const std::int64_t before = stamp(clock_.now() - kept_for);
    store_.change([&](Connection& connection) {
        connection.execute({"delete from sso_code where expires_at < ?", {before}});
        connection.execute({"delete from sso_token where expires_at < ?", {before}});
    });
}

}  // namespace gx::features
