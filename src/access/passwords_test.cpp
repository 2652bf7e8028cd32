// What passwords must be like, and which ones come back.
#include "access/passwords.hpp"

#include <gtest/gtest.h>

#include "access/common_passwords.hpp"
#include "access/identity_test_support.hpp"

namespace gx::access {
namespace {

using namespace std::chrono_literals;
using test::refusal;
using test::zhou;

TEST(CommonPasswords, ThoseOfLeaksAreKnownHoweverTheyAreWritten) {
    for (const char* common :
         {"password",     "Password1",    "123456789", "qwertyuiop",    "woaini1314", "a123456",
          "5201314",      "iloveyou",     "admin@123", "P@ssw0rd",      "letmein123", "zhang123456",
          "1qaz2wsx",     "abc123456",    "88888888",  "woaini5201314", "Aa123456",   "ｗｏａｉｎｉ１３１４",
          "PASSWORD123!", "passw0rd2026", "qazwsxedc", "dearbook",      "147258369",  "wangwei1990"}) {
        EXPECT_TRUE(is_common_password(common)) << common;
    }
}

TEST(CommonPasswords, EasyVariantsAreRefusedThatNoListHolds) {
    for (const char* easy :
         {"19900101", "dragon19851224", "aaaaaaaaaaaa", "abababab", "abcdefgh", "98765432", "sdfghjkl", "lkjhgfds",
          "dragondragon", "13812345678", "4711081", "!!sunshine!!", "zaq12wsx", "520zhou"}) {
        EXPECT_TRUE(is_common_password(easy)) << easy;
    }
}

TEST(CommonPasswords, WhatTakesAnEffortIsNotRefused) {
    for (const char* good :
         {"correct horse of zhou", "月落乌啼霜满天", "an entirely new password", "Tr4wler-Quince-Mud", "kx7-Vq2m-HnP4",
          "another long password", "我家门前有两棵枣树", "a long enough password"}) {
        EXPECT_FALSE(is_common_password(good)) << good;
    }
}

TEST(CommonPasswords, OwnNamesWithDigitsAndSignsAreNoPassword) {
    const std::vector<std::string> words = words_of("zhou.kai", "周凯", "华信科技");
    for (const char* own :
         {"zhou.kai", "Zhou.Kai2026!", "zhoukai123", "周凯周凯88", "888zhoukai", "huaxinkeji@1", "华信科技2026"})
        EXPECT_TRUE(is_made_of(own, words)) << own;
    for (const char* good : {"correct horse of zhou.kai", "zhoukai likes tea", "2026-11-24 08:00"})
        EXPECT_FALSE(is_made_of(good, words)) << good;
}

class PasswordsTest : public test::OnIdentity {
protected:
    std::string set(std::string_view password) {
        return refusal([&] { identity().passwords.set(zhou, password, ChosenBy::person); });
    }
};
GX_ON_EACH_DATABASE(PasswordsTest);

// covers: PLAT-12
TEST_P(PasswordsTest, ThePolicySaysHowTheyMustBe) {
    EXPECT_EQ(set("short"), "password:password_too_short");
    EXPECT_EQ(set(std::string(200, 'x') + "y"), "password:too_long");
    EXPECT_EQ(set("\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "password:password_too_short") << "no text at all";
    EXPECT_EQ(set("zhou1234"), "password:password_is_own_name");
    EXPECT_EQ(set("woaini1314"), "password:password_common");
    EXPECT_EQ(set("月落乌啼霜满天寒"), "") << "eight characters of any language";

    set_policy("length_least = 12, classes_least = 3, refuse_common = 0");
    EXPECT_EQ(set("月落乌啼霜满天寒"), "password:password_too_short");
    EXPECT_EQ(set("small letters only"), "password:password_too_few_kinds");
    EXPECT_EQ(set("Small letters 2"), "");
    EXPECT_EQ(set("Password1234"), "") << "the list of common ones is switched off";
}

TEST_P(PasswordsTest, AMadeOneFitsEveryPolicy) {
    set_policy("length_least = 40, classes_least = 4");
    for (int i = 0; i < 20; ++i) EXPECT_EQ(set(identity().passwords.made()), "");
}

// covers: PLAT-12
TEST_P(PasswordsTest, TheLastOnesDoNotComeBack) {
    set_policy("remembered = 3");
    const std::vector<std::string> some{"first of many", "second of many", "third of many", "fourth of many"};
    for (const std::string& one : some) {
        EXPECT_EQ(set(one), "");
        clock().advance(1s);
    }
    EXPECT_EQ(set(some[3]), "password:password_used_before") << "the present one";
    EXPECT_EQ(set(some[2]), "password:password_used_before");
    EXPECT_EQ(set(some[1]), "password:password_used_before");
    EXPECT_EQ(number("select count(*) from old_password where user_account = 1"), 2) << "no more than are needed";
    EXPECT_EQ(set(some[0]), "") << "the fourth one back is free again";

    set_policy("remembered = 0");
    EXPECT_EQ(set(some[0]), "");
}

TEST_P(PasswordsTest, OneThatAnAdministratorRemovedCountsAsUsed) {
    identity().passwords.remove(zhou);
    EXPECT_FALSE(identity().passwords.exists(zhou));
    EXPECT_EQ(set(test::zhou_password), "password:password_used_before");
}

TEST_P(PasswordsTest, AreDueWhenSomebodyElseChoseThemOrTheyAreTooOld) {
    EXPECT_TRUE(identity().passwords.is_due(clock().now(), true));
    EXPECT_FALSE(identity().passwords.is_due(clock().now() - std::chrono::hours(24 * 3000), false))
        << "no limit of age";
    set_policy("days_most = 90");
    EXPECT_FALSE(identity().passwords.is_due(clock().now() - std::chrono::hours(24 * 89), false));
    EXPECT_TRUE(identity().passwords.is_due(clock().now() - std::chrono::hours(24 * 91), false));
}

TEST_P(PasswordsTest, AChangeNeedsTheOldOneAndGuessingItIsSlowedDown) {
    const auto change = [&](std::string_view old_one) {
        return refusal([&] { identity().passwords.change(zhou, test::office, old_one, "a fresh long one"); });
    };
    for (int i = 0; i < 5; ++i) EXPECT_EQ(change("not it"), "old:password_wrong");
    EXPECT_EQ(change(test::zhou_password), "too_many_attempts");
    clock().advance(1h);
    EXPECT_EQ(change(test::zhou_password), "");
}

TEST_P(PasswordsTest, NoneStandsInTheDatabase) {
    EXPECT_EQ(set("a secret that nobody sees"), "");
    EXPECT_EQ(all_texts().find("a secret that nobody sees"), std::string::npos);
    EXPECT_EQ(all_texts().find(test::zhou_password), std::string::npos);
    EXPECT_FALSE(identity().passwords.verify("", "")) << "an account without a password has none that fits";
}

TEST_P(PasswordsTest, OneOfAnApplicationBecomesThatOfTheAccountThatIsMadeOfIt) {
    Passwords& passwords = identity().passwords;
    run("insert into account_application (id, status) values (501, 'waiting'), (502, 'refused')");
    passwords.keep_for_application(RecordId{501}, hash_password("chosen when applying"));
    passwords.keep_for_application(RecordId{502}, hash_password("chosen in vain"));
    passwords.adopt_applications();
    EXPECT_EQ(number("select count(*) from application_password"), 1) << "the refused one is forgotten";

    run("insert into \"user\" (id, login, status, application) values (4, 'new', 'active', 501)");
    saved("user");
    EXPECT_TRUE(
        passwords.verify(cell("select password from credential where user_account = 4"), "chosen when applying"));
    EXPECT_EQ(number("select count(*) from application_password"), 0);
}

}  // namespace
}  // namespace gx::access
