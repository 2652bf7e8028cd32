// Links to choose a new password: once, not for long, and asked for without anybody learning who has an account.
#include "access/one_time_links.hpp"

#include <gtest/gtest.h>

#include "access/identity_test_support.hpp"

namespace gx::access {
namespace {

using namespace std::chrono_literals;
using test::office;
using test::refusal;
using test::zhou;

constexpr RecoveryWays by_mail{true, false}, by_sms{false, true}, by_both{true, true};

class LinksTest : public test::OnIdentity {
protected:
    OneTimeLinks& links() { return identity().links; }
    std::string ask(std::string_view who, const Peer& peer = office) {
        return refusal([&] { links().request(who, peer); });
    }
};
GX_ON_EACH_DATABASE(LinksTest);

TEST_P(LinksTest, AreUsedOnceAndThenAllAreVoid) {
    const auto mailed = links().make_sent(zhou);
    const auto handed = links().make_handed(zhou, test::lin);
    ASSERT_TRUE(links().holder(mailed.token));
    EXPECT_EQ(links().holder(mailed.token)->login, "zhou");
    EXPECT_EQ(all_texts().find(mailed.token), std::string::npos) << "a stolen database holds no link";
    EXPECT_TRUE(links().use(mailed.token));
    EXPECT_FALSE(links().use(mailed.token));
    EXPECT_FALSE(links().holder(mailed.token));
    EXPECT_FALSE(links().use(handed.token));
    for (const std::string& wrong : {std::string(), std::string("x"), std::string(5000, 'x')}) {
        EXPECT_FALSE(links().holder(wrong));
        EXPECT_FALSE(links().use(wrong));
    }
}

// covers: PLAT-12
TEST_P(LinksTest, LiveAsLongAsThePolicySays) {
    set_policy("link_minutes = 20, handed_hours = 5");
    const auto mailed = links().make_sent(zhou);
    const auto handed = links().make_handed(zhou, {});
    clock().advance(19min);
    EXPECT_TRUE(links().holder(mailed.token));
    clock().advance(2min);
    EXPECT_FALSE(links().holder(mailed.token));
    EXPECT_FALSE(links().use(mailed.token));
    clock().advance(4h);
    EXPECT_TRUE(links().holder(handed.token));
    clock().advance(1h);
    EXPECT_FALSE(links().holder(handed.token));
}

TEST_P(LinksTest, ASecondHandedOneVoidsTheFirstAndAMailedOneNone) {
    const auto first = links().make_handed(zhou, {});
    links().make_sent(zhou);
    EXPECT_TRUE(links().holder(first.token)) << "anybody can ask for an e-mail";
    links().make_handed(zhou, {});
    EXPECT_FALSE(links().holder(first.token));
}

TEST_P(LinksTest, ADisabledAccountHasNone) {
    const auto made = links().make_handed(zhou, {});
    run("update \"user\" set status = 'disabled' where id = 1");
    EXPECT_FALSE(links().holder(made.token));
}

// covers: PLAT-07
TEST_P(LinksTest, AskingTellsNobodyWhoHasAnAccount) {
    for (const char* who : {"zhou", "nobody", "gone", "lin", ""}) EXPECT_EQ(ask(who), "") << who;
    EXPECT_EQ(number("select count(*) from recovery_request"), 5) << "the same row for everybody";
    const auto wanted = links().take_request(by_mail);
    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->login, "zhou");
    EXPECT_EQ(wanted->address, "Zhou@example.com");
    EXPECT_FALSE(wanted->by_sms);
    EXPECT_FALSE(links().take_request(by_mail)) << "disabled, unknown, and without an e-mail address: settled";
    links().settle(wanted->request);
    clock().advance(1h);
    EXPECT_FALSE(links().take_request(by_mail));
}

TEST_P(LinksTest, TheEMailAddressIsANameTooWhileItIsOfOneAccountOnly) {
    ask("ZHOU@example.com");
    EXPECT_TRUE(links().take_request(by_mail));
    run("update employee set email = 'zhou@example.com' where id = 12");
    ask("zhou@example.com");
    EXPECT_FALSE(links().take_request(by_mail));
}

TEST_P(LinksTest, NobodyGetsAnEMailAboutAPasswordThatIsKeptElsewhere) {
    struct Elsewhere : OtherPasswords {
        Asked ask(std::string_view, std::string_view, RecordId) override { return {}; }
        bool keeps(RecordId account) override { return account == zhou; }
    } elsewhere;
    identity().ask(elsewhere);
    ask("zhou");
    EXPECT_FALSE(links().take_request(by_mail));
}

TEST_P(LinksTest, ARequestIsTakenByOneProcessAndSurvivesItsDeath) {
    const auto other = another_process();
    ask("zhou");
    ASSERT_TRUE(links().take_request(by_mail));
    EXPECT_FALSE(other->links.take_request(by_mail));
    clock().advance(3min);
    const auto again = other->links.take_request(by_mail);
    ASSERT_TRUE(again) << "the first process died";
    EXPECT_TRUE(other->links.put_off(*again));
    EXPECT_FALSE(other->links.take_request(by_mail));
    clock().advance(31s);
    EXPECT_EQ(other->links.take_request(by_mail)->tries, 1);
    int tries = 1;
    for (clock().advance(1h); const auto more = links().take_request(by_mail); clock().advance(1h)) {
        const bool again = links().put_off(*more);
        ASSERT_LT(++tries, 10) << "it gives up some day";
        EXPECT_EQ(again, tries < 6);
    }
}

TEST_P(LinksTest, NobodyIsFloodedWithEMailsAndNoPlaceAsksWithoutEnd) {
    int mails = 0;
    for (int i = 0; i < 8; ++i) {
        EXPECT_EQ(ask("zhou", {"10.0.1." + std::to_string(i), ""}), "");
        if (const auto taken = links().take_request(by_mail)) {
            ++mails;
            links().settle(taken->request);
        }
    }
    EXPECT_EQ(mails, 3);
    for (int i = 0; i < 10; ++i) ask("name" + std::to_string(i), test::elsewhere);
    EXPECT_EQ(ask("zhou", test::elsewhere), "too_many_attempts");
    clock().advance(16min);
    EXPECT_EQ(ask("zhou", test::elsewhere), "");
}

TEST_P(LinksTest, OldOnesAreForgotten) {
    links().make_sent(zhou);
    ask("zhou");
    clock().advance(26h);
    links().tidy();
    EXPECT_EQ(number("select count(*) from one_time_link"), 0);
    EXPECT_EQ(number("select count(*) from recovery_request"), 0);
}

// covers: PLAT-07
TEST_P(LinksTest, ReachPeopleByTheWayThatIsOpen) {
    const auto reached = [&](std::string_view who, RecoveryWays ways) {
        clock().advance(16min);
        ask(who);
        const auto taken = links().take_request(ways);
        if (taken) links().settle(taken->request);
        return taken ? (taken->by_sms ? "sms " : "mail ") + taken->address : std::string();
    };
    run("update employee set mobile = '13812345678' where id in (11, 12)");
    EXPECT_EQ(reached("zhou", by_both), "mail Zhou@example.com") << "an SMS costs money";
    EXPECT_EQ(reached("zhou", by_sms), "sms 13812345678");
    EXPECT_EQ(reached("lin", by_both), "sms 13812345678") << "no e-mail address";
    EXPECT_EQ(reached("lin", by_mail), "");
    EXPECT_EQ(reached("138 1234 5678", by_both), "") << "the number of two";
    run("update employee set mobile = '+1 780 428-9482' where id = 12");
    EXPECT_EQ(reached("+86 138-1234-5678", by_both), "sms 13812345678") << "whoever names a number waits for an SMS";
    EXPECT_EQ(reached("138 1234 5678", by_mail), "mail Zhou@example.com");
    EXPECT_EQ(reached("+1 780 428-9482", by_sms), "sms +1 780 428-9482");
    EXPECT_EQ(reached("5678", by_both), "") << "a part of a number";
}

TEST_P(LinksTest, NobodyIsFloodedUnderDifferentNames) {
    run("update employee set mobile = '13812345678' where id = 11");
    int sent = 0;
    for (const char* who : {"zhou", "13812345678", "zhou@example.com", "138 1234 5678", "zhou", "138-1234-5678"}) {
        ask(who);
        if (const auto taken = links().take_request(by_both)) {
            ++sent;
            links().make_sent(taken->user);
            links().settle(taken->request);
        }
    }
    EXPECT_EQ(sent, 3);
}

class AccountListTest : public test::OnIdentity {};
GX_ON_EACH_DATABASE(AccountListTest);

// covers: PLAT-50
TEST_P(AccountListTest, TellsHowAccountsStandWithSigningIn) {
    identity().sign_in.begin("zhou", test::zhou_password, "", office);
    refusal([&] { identity().sign_in.begin("lin", "x", "", office); });
    const auto all = identity().accounts.page("", "", 10);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].login, "gone");
    EXPECT_FALSE(all[0].active);
    EXPECT_FALSE(all[1].has_password);
    EXPECT_EQ(all[1].failures, 1);
    EXPECT_TRUE(all[2].has_password);
    EXPECT_EQ(all[2].sessions, 1);
    EXPECT_EQ(all[2].last_sign_in, clock().now());
    EXPECT_EQ(identity().accounts.page("周", "", 10).size(), 1u);
    EXPECT_EQ(identity().accounts.page("%", "", 10).size(), 0u) << "signs of patterns are signs";
    EXPECT_EQ(identity().accounts.page("", "lin", 10).size(), 1u) << "the next page";
}

}  // namespace
}  // namespace gx::access
