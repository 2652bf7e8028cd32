// API keys: what opens something, for how long, and what ends them.
#include "access/api_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/identity_test_support.hpp"

namespace gx::access {
namespace {

using namespace std::chrono_literals;
using test::lin;
using test::office;
using test::refusal;
using test::zhou;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class ApiKeysTest : public test::OnIdentity {
protected:
    ApiKeys& keys() { return identity().api_keys; }
    MadeKey make(RecordId user = zhou, bool reads_only = false) {
        return keys().make(user, {"库存报表", {}, reads_only});
    }
    bool opens(const MadeKey& made) { return keys().find(made.key, office.address).has_value(); }
    std::string reason(const MadeKey& made) {
        return cell("select end_reason from api_key where id = " + std::to_string(made.id.value));
    }
};
GX_ON_EACH_DATABASE(ApiKeysTest);

TEST_P(ApiKeysTest, AKeyWorksForItsOwnerAndNothingElseOpensIt) {
    const MadeKey made = make(zhou, true);
    EXPECT_THAT(made.key, StartsWith("gx_"));
    const auto session = keys().find(made.key, office.address);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->user, zhou);
    EXPECT_EQ(session->api_key, made.id);
    EXPECT_TRUE(session->reads_only);
    const auto info = keys().list(zhou, 10);
    ASSERT_EQ(info.size(), 1u);
    for (const std::string& wrong :
         {std::string(), info[0].begins, made.key + "x", made.key.substr(3), "gx_" + std::string(500, 'x')})
        EXPECT_FALSE(keys().find(wrong, office.address)) << wrong;
}

TEST_P(ApiKeysTest, OnlyADigestIsKept) {
    const MadeKey made = make();
    EXPECT_EQ(all_texts().find(made.key), std::string::npos);
    EXPECT_EQ(cell("select begins from api_key"), made.key.substr(0, 8));
}

TEST_P(ApiKeysTest, LiveNoLongerThanTheyAskAndThePolicyAllows) {
    set_policy("key_days = 30");
    EXPECT_EQ(refusal([&] { keys().make(zhou, {"", {}, false}); }), "name:required");
    EXPECT_EQ(refusal([&] { keys().make(zhou, {"x", clock().now() - 1s, false}); }), "until:in_the_past");
    EXPECT_EQ(refusal([&] { keys().make(zhou, {"x", clock().now() + 31 * 24h, false}); }), "until:key_too_long");
    const MadeKey longest = make();
    EXPECT_EQ(longest.until, clock().now() + 30 * 24h);
    const MadeKey brief = keys().make(zhou, {"x", clock().now() + 1h, false});
    EXPECT_TRUE(opens(brief));
    clock().advance(1h + 1s);
    EXPECT_FALSE(opens(brief));
    EXPECT_TRUE(opens(longest));
    identity().watch();
    EXPECT_EQ(reason(brief), "expired");
    EXPECT_EQ(reason(longest), "");
}

TEST_P(ApiKeysTest, EndAtOnceWhenTheOwnerOrAnAdministratorEndsThem) {
    const MadeKey own = make(), other = make(), hers = make(lin);
    EXPECT_TRUE(opens(own) && opens(other) && opens(hers));
    EXPECT_FALSE(keys().end(zhou, hers.id, KeyEnd::person)) << "not his";
    ASSERT_TRUE(keys().end(zhou, own.id, KeyEnd::person));
    EXPECT_FALSE(keys().end(zhou, own.id, KeyEnd::person)) << "it has ended already";
    EXPECT_FALSE(opens(own)) << "although it was remembered a moment ago";
    EXPECT_TRUE(opens(other));
    ASSERT_TRUE(keys().end({}, hers.id, KeyEnd::administrator));
    EXPECT_FALSE(opens(hers));
    EXPECT_EQ(reason(hers), "administrator");
}

TEST_P(ApiKeysTest, EndWithTheAccountAndDoNotComeBackWithIt) {
    const MadeKey disabled = make(), deleted = make(lin);
    EXPECT_TRUE(opens(disabled) && opens(deleted));
    run("update \"user\" set status = 'disabled' where id = 1");
    run("update \"user\" set deleted_at = 5 where id = 2");
    saved("user");
    EXPECT_FALSE(opens(disabled));
    EXPECT_FALSE(opens(deleted));
    run("update \"user\" set status = 'active' where id = 1");
    saved("user");
    clock().advance(1s);
    EXPECT_FALSE(opens(disabled));
    EXPECT_EQ(reason(disabled), "account");
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back().kind, audit_kind::api_key);
}

TEST_P(ApiKeysTest, EndWithAChangedPasswordUnlessThePolicyLetsThemLive) {
    const MadeKey first = make(), hers = make(lin);
    identity().passwords.set(zhou, "another one for zhou", ChosenBy::person);
    EXPECT_FALSE(opens(first));
    EXPECT_EQ(reason(first), "password");
    EXPECT_TRUE(opens(hers));
    set_policy("password_ends_keys = 0");
    const MadeKey second = make();
    identity().passwords.set(zhou, "and another one for zhou", ChosenBy::person);
    EXPECT_TRUE(opens(second));
    set_policy("password_ends_keys = 1");
    identity().passwords.remove(zhou);
    EXPECT_FALSE(opens(second)) << "an administrator made a link";
}

TEST_P(ApiKeysTest, HoldOnlyFromWhereThePolicyAllows) {
    set_policy("addresses = '10.0.0.0/8'");
    const MadeKey made = make();
    EXPECT_TRUE(opens(made));
    EXPECT_FALSE(keys().find(made.key, test::elsewhere.address));
}

TEST_P(ApiKeysTest, OtherProcessesKnowOfEndsWithinAMoment) {
    const auto other = another_process();
    const MadeKey made = make();
    ASSERT_TRUE(other->api_keys.find(made.key, office.address));
    const std::string name = keys().find(made.key, office.address)->key;
    EXPECT_THAT(other->api_keys.over(std::vector{name}), IsEmpty());
    keys().end(zhou, made.id, KeyEnd::person);
    EXPECT_THAT(other->api_keys.over(std::vector{name, std::string("a session")}), ElementsAre(name));
    clock().advance(600ms);
    EXPECT_FALSE(other->api_keys.find(made.key, office.address));
}

TEST_P(ApiKeysTest, TellWhenTheyWereUsedAndFromWhere) {
    const MadeKey made = make();
    EXPECT_FALSE(keys().list(zhou, 10).at(0).last_used);
    clock().advance(5min);
    const Timestamp used = clock().now();
    ASSERT_TRUE(opens(made));
    clock().advance(20s);
    ASSERT_TRUE(opens(made));
    const KeyInfo info = keys().list(zhou, 10).at(0);
    EXPECT_EQ(info.last_used, used) << "not written at every request";
    EXPECT_EQ(info.last_address, office.address);
    EXPECT_EQ(info.person, "周凯");
}

TEST_P(ApiKeysTest, NobodyHasMoreThanFifty) {
    for (int i = 0; i < 50; ++i) make();
    EXPECT_EQ(refusal([&] { make(); }), "name:too_many_keys");
    make(lin);
    keys().end_all(zhou, KeyEnd::person);
    make();
}

}  // namespace
}  // namespace gx::access
