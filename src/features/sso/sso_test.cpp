// The parts of single sign-on that decide alone: claims, signatures, addresses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "features/sso/applications.hpp"
#include "features/sso/claims.hpp"
#include "features/sso/client.hpp"
#include "features/sso/issuer.hpp"
#include "features/sso/jose.hpp"

namespace gx::features {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const Timestamp now = *parse_timestamp("2026-11-24T06:32:08Z");
const std::int64_t now_seconds = stamp(now) / 1000;

json::object good_claims() {
    return {{"iss", "https://login.example.com"},
            {"aud", "guanxi"},
            {"sub", "p1"},
            {"nonce", "n1"},
            {"iat", now_seconds},
            {"exp", now_seconds + 60}};
}

std::string wrong(std::string_view name, json::value value) {
    json::object claims = good_claims();
    if (value.is_null())
        claims.erase(name);
    else
        claims[name] = std::move(value);
    return wrong_claim(claims, {"https://login.example.com", "guanxi", "n1", now});
}

TEST(Claims, EachMustBeRight) {
    EXPECT_EQ(wrong("more", "x"), "");
    EXPECT_EQ(wrong("iss", "https://login.example.com/"), "iss");
    EXPECT_EQ(wrong("aud", "other"), "aud");
    EXPECT_EQ(wrong("aud", json::array{"guanxi", "other"}), "azp");
    EXPECT_EQ(wrong("azp", "other"), "azp");
    EXPECT_EQ(wrong("nonce", "n2"), "nonce");
    EXPECT_EQ(wrong("sub", ""), "sub");
    EXPECT_EQ(wrong("sub", json::string(256, 'x')), "sub");
    for (const char* name : {"iss", "aud", "sub", "nonce", "iat", "exp"}) EXPECT_EQ(wrong(name, nullptr), name);
}

TEST(Claims, ClocksMayDifferByAMinuteAndNoMore) {
    EXPECT_EQ(wrong("exp", now_seconds - 59), "");
    EXPECT_EQ(wrong("exp", now_seconds - 61), "exp");
    EXPECT_EQ(wrong("iat", now_seconds + 59), "");
    EXPECT_EQ(wrong("iat", now_seconds + 61), "iat");
    EXPECT_EQ(wrong("nbf", now_seconds + 61), "nbf");
    EXPECT_EQ(wrong("exp", "later"), "exp");
    EXPECT_EQ(wrong("exp", -1), "exp");
}

TEST(Claims, AListAndASingleTextAreReadAlike) {
    const json::object claims{{"one", "a"}, {"many", json::array{"a", 1, "b"}}, {"yes", "true"}, {"no", "false"}};
    EXPECT_THAT(texts_claim(claims, "one"), ElementsAre("a"));
    EXPECT_THAT(texts_claim(claims, "many"), ElementsAre("a", "b"));
    EXPECT_TRUE(true_claim(claims, "yes"));
    EXPECT_FALSE(true_claim(claims, "no"));
    EXPECT_FALSE(true_claim(claims, "many"));
}

TEST(Jose, ASignatureOfOursIsRightAndOfNobodyElse) {
    const TokenKey key = TokenKey::make();
    const TokenKey other = TokenKey::make();
    const KeySet keys = KeySet::read(parse_json("{\"keys\":[" + key.open() + "]}"));
    const std::string token = key.sign("{\"a\":1}", "JWT");
    EXPECT_EQ(keys.check(token).verdict, KeySet::Verdict::right);
    EXPECT_EQ(keys.check(token).payload, "{\"a\":1}");
    EXPECT_EQ(keys.check(other.sign("{\"a\":1}", "JWT")).verdict, KeySet::Verdict::unknown_key);
    std::string changed = token;
    changed[changed.find('.') + 2] = changed[changed.find('.') + 2] == 'a' ? 'b' : 'a';
    EXPECT_NE(keys.check(changed).verdict, KeySet::Verdict::right);
    for (const char* strange : {"", ".", "..", "a.b.c", "{}"})
        EXPECT_NE(keys.check(strange).verdict, KeySet::Verdict::right);
}

TEST(Jose, AKeyIsReadAgainAndOnlyItsOpenPartIsPublished) {
    const TokenKey key = TokenKey::make();
    const TokenKey again(key.secret());
    EXPECT_EQ(again.id(), key.id());
    EXPECT_EQ(again.open(), key.open());
    EXPECT_THAT(key.open(), Not(HasSubstr("\"d\"")));
    EXPECT_THROW(TokenKey("{}"), Failure);
}

TEST(Jose, KeysThatCannotCheckSignaturesAreLeftOut) {
    const json::value open = parse_json(TokenKey::make().open());
    const auto with = [&](std::string_view name, std::string_view value) {
        json::value changed = open;
        changed.get_object()[name] = value;
        return KeySet::read(json::object{{"keys", json::array{changed}}}).empty();
    };
    EXPECT_FALSE(with("use", "sig"));
    EXPECT_TRUE(with("use", "enc"));
    EXPECT_TRUE(with("kty", "oct"));
    EXPECT_TRUE(with("n", "AQAB"));  // a short one
    EXPECT_TRUE(KeySet::read(parse_json("{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"},1,null]}")).empty());
    EXPECT_TRUE(KeySet::read(parse_json("[]")).empty());
}

TEST(Client, CookiesHaveNamesWhateverTheState) {
    EXPECT_EQ(SsoClient::cookie_name("abc-DEF_123456789"), "gx_sso_abc-DEF_1234");
    EXPECT_EQ(SsoClient::cookie_name("a;b=c\r\n"), "gx_sso_a_b_c__");
    EXPECT_EQ(SsoClient::cookie_name(""), "gx_sso_");
}

TEST(Applications, AreProvedBySecretOrHaveNone) {
    Application application;
    EXPECT_FALSE(application.is_proved_by(""));
    application.secret_digest = sha256_hex("s");
    EXPECT_TRUE(application.is_proved_by("s"));
    EXPECT_FALSE(application.is_proved_by(""));
    EXPECT_FALSE(application.is_proved_by("t"));
    application.open_client = true;
    EXPECT_TRUE(application.is_proved_by(""));
    EXPECT_FALSE(application.is_proved_by("s"));
    application.redirects = {"https://a/b"};
    EXPECT_TRUE(application.knows("https://a/b"));
    EXPECT_FALSE(application.knows("https://a/b/"));
    EXPECT_FALSE(application.knows("https://a"));
}

TEST(Issuer, ScopesAreWords) {
    EXPECT_TRUE(names_scope("openid profile", "profile"));
    EXPECT_FALSE(names_scope("openid profiles", "profile"));
    EXPECT_FALSE(names_scope("", "openid"));
}

TEST(Pkce, IsThatOfTheStandard) {
    EXPECT_EQ(sha256_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
              "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

}  // namespace
}  // namespace gx::features
