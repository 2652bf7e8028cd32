// Passkeys as rows, and what they are good for in a sign-in. Whether one was really shown: features/passkeys.
#include "access/passkeys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/identity_test_support.hpp"

namespace gx::access {
namespace {

using test::lin;
using test::office;
using test::refusal;
using test::zhou;
using test::zhou_password;

class PasskeysTest : public test::OnIdentity {
protected:
    Passkeys& passkeys() { return identity().passkeys; }
    RecordId add(RecordId user, const std::string& credential, const std::string& name = "Telephone") {
        Passkey made;
        made.user = user;
        made.name = name;
        made.credential = credential;
        made.public_key = "key of " + credential;
        made.algorithm = -7;
        made.site = "crm.example.com";
        return passkeys().add(made);
    }
    SignIn::Entered enter(std::string_view code = "") {
        return identity().sign_in.begin("zhou", zhou_password, code, office);
    }
    Session session(const SignIn::Entered& entered) {
        return identity().sessions.find(entered.tokens.token, office.address).value();
    }
};
GX_ON_EACH_DATABASE(PasskeysTest);

TEST_P(PasskeysTest, AreKeptUnderTheNameThatTheirOwnerGives) {
    EXPECT_FALSE(passkeys().any());
    const RecordId id = add(zhou, std::string("\0\xff", 2), "  手机 ");
    const auto found = passkeys().find(std::string("\0\xff", 2));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, id);
    EXPECT_EQ(found->login, "zhou");
    EXPECT_EQ(found->name, "手机");
    EXPECT_EQ(found->created, clock().now());
    EXPECT_FALSE(found->last_used);
    EXPECT_FALSE(passkeys().find("another"));
    EXPECT_FALSE(passkeys().rename(lin, id, "mine")) << "of somebody else";
    EXPECT_TRUE(passkeys().rename(zhou, id, "平板"));
    EXPECT_EQ(passkeys().of(zhou).front().name, "平板");
    EXPECT_EQ(refusal([&] { passkeys().rename(zhou, id, "　"); }), "name:required");
    EXPECT_EQ(refusal([&] { add(zhou, "b", std::string(61, 'x')); }), "name:too_long");
    EXPECT_FALSE(passkeys().remove(lin, id));
    EXPECT_TRUE(passkeys().remove(zhou, id));
    EXPECT_FALSE(passkeys().any());
}

TEST_P(PasskeysTest, OneCredentialBelongsToOneAccountAndAnAccountHasTwentyAtMost) {
    add(zhou, "a");
    EXPECT_EQ(refusal([&] { add(lin, "a"); }), "passkey:passkey_known");
    for (int i = 1; i < Passkeys::of_account_most; ++i) add(zhou, "a" + std::to_string(i));
    EXPECT_EQ(refusal([&] { add(zhou, "one more"); }), "passkey:passkeys_too_many");
}

TEST_P(PasskeysTest, ACounterGoesOnlyOn) {
    const RecordId id = add(zhou, "a");
    EXPECT_TRUE(passkeys().used(id, 0)) << "many never count";
    EXPECT_TRUE(passkeys().used(id, 7));
    EXPECT_FALSE(passkeys().used(id, 7));
    EXPECT_FALSE(passkeys().used(id, 6));
    EXPECT_FALSE(passkeys().used(id, 0)) << "one that counted does not stop";
    EXPECT_TRUE(passkeys().used(id, 4'294'967'295));
    EXPECT_EQ(passkeys().find("a")->last_used, clock().now());
}

TEST_P(PasskeysTest, AChallengeIsUsedOnceWhicheverProcessIsAsked) {
    const auto other = another_process();
    const Timestamp until = clock().now() + std::chrono::minutes(5);
    EXPECT_TRUE(passkeys().use_challenge("challenge", until));
    EXPECT_FALSE(passkeys().use_challenge("challenge", until));
    EXPECT_FALSE(other->passkeys.use_challenge("challenge", until));
    passkeys().tidy();
    EXPECT_FALSE(passkeys().use_challenge("challenge", until)) << "as long as it could come again";
    clock().advance(std::chrono::minutes(6));
    passkeys().tidy();
    EXPECT_EQ(number("select count(*) from used_challenge"), 0);
}

// covers: PLAT-11
TEST_P(PasskeysTest, OnesOwnAccordChangesNothingForThePassword) {
    add(zhou, "a");
    EXPECT_EQ(enter().step, Step::none);
    enrol_zhou();
    EXPECT_EQ(enter().step, Step::code) << "the app is asked for as before";
}

// covers: PLAT-11
TEST_P(PasskeysTest, AreASecondFactorWhereOneIsAskedFor) {
    add(zhou, "a");
    run("update role set strength = 'second_factor' where code = 'seller'");
    const auto entered = enter();
    ASSERT_EQ(entered.step, Step::passkey);
    const auto done = identity().sign_in.shown_passkey(session(entered), office);
    EXPECT_EQ(done.step, Step::none);
    EXPECT_EQ(session(done).strength, Strength::passkey);
}

// covers: PLAT-11
TEST_P(PasskeysTest, TheStrongestDemandCountsAndTheAppComesBeforeThePasskeyIsMade) {
    set_policy("strength = 'second_factor'");
    run("update role set strength = 'passkey' where code = 'seller'");
    EXPECT_EQ(enter().step, Step::enrol_passkey);
    enrol_zhou();
    const auto entered = enter();
    ASSERT_EQ(entered.step, Step::code);
    const auto coded = identity().sign_in.give_code(session(entered), app_code(zhou_uri), office);
    ASSERT_EQ(coded.step, Step::enrol_passkey);
    EXPECT_EQ(number("select last_sign_in from \"user\" where id = 1"), 0) << "not in yet";
    add(zhou, "a");
    const auto done = identity().sign_in.enrolled(session(coded), Strength::passkey, office);
    EXPECT_EQ(done.step, Step::none);
    EXPECT_EQ(enter().step, Step::passkey) << "the app is not enough any more";
    EXPECT_EQ(identity().sign_in.admit(zhou, Strength::passkey, office).step, Step::none);
}

TEST_P(PasskeysTest, SessionsThatAreWeakerThanWhatIsAskedForEnd) {
    add(zhou, "a");
    const auto by_passkey = identity().sign_in.admit(zhou, Strength::passkey, office);
    const auto by_app = identity().sign_in.admit(zhou, Strength::second_factor, office);
    run("update \"user\" set strength = 'second_factor' where id = 1");
    saved("user");
    EXPECT_TRUE(identity().sessions.find(by_app.tokens.token, office.address));
    run("update \"user\" set strength = 'passkey' where id = 1");
    saved("user");
    EXPECT_FALSE(identity().sessions.find(by_app.tokens.token, office.address));
    EXPECT_TRUE(identity().sessions.find(by_passkey.tokens.token, office.address));
}

TEST_P(PasskeysTest, AStepForAPasskeyIsForNothingElse) {
    add(zhou, "a");
    run("update \"user\" set strength = 'passkey' where id = 1");
    const Session waiting = session(enter());
    EXPECT_EQ(refusal([&] { identity().sign_in.give_code(waiting, "123456", office); }), "unauthenticated");
    EXPECT_EQ(refusal([&] { identity().sign_in.enrolled(waiting, Strength::second_factor, office); }),
              "unauthenticated");
    EXPECT_EQ(refusal([&] { identity().sign_in.choose_password(waiting, "a long new password", office); }),
              "unauthenticated");
    const Session full = session(identity().sign_in.admit(zhou, Strength::passkey, office));
    EXPECT_EQ(refusal([&] { identity().sign_in.shown_passkey(full, office); }), "unauthenticated");
}

}  // namespace
}  // namespace gx::access
