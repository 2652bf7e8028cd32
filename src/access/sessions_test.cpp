// Sessions: how long they last, what ends them, and that other processes know within a moment.
#include "access/sessions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/identity_test_support.hpp"

namespace gx::access {
namespace {

using namespace std::chrono_literals;
using test::elsewhere;
using test::lin;
using test::office;
using test::zhou;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SessionsTest : public test::OnIdentity {
protected:
    Sessions& sessions() { return identity().sessions; }
    Tokens open(RecordId user = zhou, Strength strength = Strength::password) {
        return sessions().open(user, office, strength, Step::none);
    }
    bool lives(const Tokens& tokens) { return sessions().find(tokens.token, office.address).has_value(); }
    // What is remembered of sessions is half a second old at most.
    void wait() { clock().advance(600ms); }
};
GX_ON_EACH_DATABASE(SessionsTest);

TEST_P(SessionsTest, ATokenOpensItsSessionAndNothingElseDoes) {
    const Tokens tokens = open();
    const auto session = sessions().find(tokens.token, office.address);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->user, zhou);
    EXPECT_EQ(session->csrf, tokens.csrf);
    for (const std::string& wrong : {std::string(), tokens.key, tokens.csrf, tokens.token + "x", std::string(500, 'x')})
        EXPECT_FALSE(sessions().find(wrong, office.address)) << wrong;
    EXPECT_EQ(all_texts().find(tokens.token), std::string::npos) << "a stolen database opens no session";
}

// covers: PLAT-12
TEST_P(SessionsTest, LastAsLongAsThePolicySays) {
    set_policy("session_hours = 8, idle_minutes = 30");
    const Tokens tokens = open();
    clock().advance(29min);
    EXPECT_TRUE(lives(tokens));
    clock().advance(29min);
    EXPECT_TRUE(lives(tokens)) << "it was used in between";
    clock().advance(31min);
    EXPECT_FALSE(lives(tokens)) << "idle for too long";

    const Tokens busy = open();
    for (int i = 0; i < 8 * 3 - 1; ++i) {
        clock().advance(20min);
        EXPECT_TRUE(lives(busy));
    }
    clock().advance(21min);
    EXPECT_FALSE(lives(busy)) << "its life is over, however busy it was";

    const Tokens shortened = open();
    clock().advance(10min);
    set_policy("idle_minutes = 5");
    EXPECT_FALSE(lives(shortened)) << "a stricter policy holds for sessions that are open";
}

TEST_P(SessionsTest, EndOneAllOrAllButOne) {
    const Tokens one = open(), two = open(), three = open(), other = open(lin);
    EXPECT_TRUE(sessions().end(one.key, End::sign_out));
    EXPECT_FALSE(sessions().end(one.key, End::sign_out)) << "it has ended already";
    EXPECT_FALSE(lives(one));
    EXPECT_FALSE(sessions().end_of(lin, two.key, End::person)) << "not hers";
    EXPECT_TRUE(lives(two));
    sessions().end_all(zhou, End::password, three.key);
    EXPECT_FALSE(lives(two));
    EXPECT_TRUE(lives(three));
    EXPECT_TRUE(lives(other));
    EXPECT_EQ(cell("select end_reason from session where token = '" + two.key + "'"), "password");
    sessions().end_everybody(End::administrator, three.key);
    EXPECT_TRUE(lives(three));
    EXPECT_FALSE(lives(other));
}

// covers: PLAT-126
TEST_P(SessionsTest, TellWhoIsSignedInSinceWhenAndFromWhere) {
    const Timestamp begun = clock().now();
    const Tokens mine = open();
    clock().advance(5min);
    ASSERT_TRUE(lives(mine));
    open(lin);
    sessions().open(lin, office, Strength::password, Step::code);
    const auto all = sessions().list({}, 10);
    ASSERT_EQ(all.size(), 2u) << "who has not finished is not signed in";
    const auto own = sessions().list(zhou, 10);
    ASSERT_EQ(own.size(), 1u);
    EXPECT_EQ(own[0].key, mine.key);
    EXPECT_EQ(own[0].login, "zhou");
    EXPECT_EQ(own[0].name, "周凯");
    EXPECT_EQ(own[0].since, begun);
    EXPECT_EQ(own[0].seen, begun + 5min);
    EXPECT_EQ(own[0].address, office.address);
    EXPECT_EQ(own[0].agent, office.agent);
    sessions().end(mine.key, End::administrator);
    EXPECT_THAT(sessions().list(zhou, 10), IsEmpty());
}

TEST_P(SessionsTest, ADisabledOrDeletedAccountIsOut) {
    const Tokens disabled = open(), deleted = open(lin);
    run("update \"user\" set status = 'disabled' where id = 1");
    run("update \"user\" set deleted_at = 5 where id = 2");
    saved("user");
    EXPECT_FALSE(lives(disabled));
    EXPECT_FALSE(lives(deleted));
    EXPECT_EQ(cell("select end_reason from session where token = '" + disabled.key + "'"), "account");
}

// covers: PLAT-11
TEST_P(SessionsTest, WeakOnesEndWhenMoreIsAskedFor) {
    const Tokens weak = open(), strong = open(zhou, Strength::second_factor), other = open(lin);
    run("update role set strength = 'second_factor' where code = 'seller'");
    saved("role");
    EXPECT_FALSE(lives(weak));
    EXPECT_TRUE(lives(strong));
    EXPECT_TRUE(lives(other)) << "she has not this role";

    run("update \"user\" set strength = 'second_factor' where id = 2");
    saved("user");
    EXPECT_FALSE(lives(other));

    run("update role set strength = null");
    run("update \"user\" set strength = null");
    const Tokens again = open(lin);
    set_policy("strength = 'second_factor'");
    EXPECT_FALSE(lives(again));
    EXPECT_TRUE(lives(strong));
}

// covers: PLAT-12
TEST_P(SessionsTest, AreOpenOnlyFromWhereThePolicyAllows) {
    const Tokens tokens = open();
    set_policy("addresses = '10.0.0.0/8'");
    EXPECT_TRUE(lives(tokens));
    EXPECT_FALSE(sessions().find(tokens.token, elsewhere.address)) << "carried out of the house";
    set_policy("addresses = '192.168.0.0/16'");
    EXPECT_FALSE(lives(tokens));
    set_policy("addresses = null");
    EXPECT_FALSE(lives(tokens)) << "it has ended for good";
}

TEST_P(SessionsTest, ARenewedOneHasANewTokenOnly) {
    const Tokens first = sessions().open(zhou, office, Strength::password, Step::code);
    const auto session = sessions().find(first.token, office.address);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->step, Step::code);
    const Tokens second = sessions().renew(*session, Strength::second_factor, Step::none);
    EXPECT_FALSE(lives(first)) << "a token that was seen before the code is worth nothing";
    const auto renewed = sessions().find(second.token, office.address);
    ASSERT_TRUE(renewed);
    EXPECT_EQ(renewed->step, Step::none);
    EXPECT_EQ(renewed->strength, Strength::second_factor);
    EXPECT_THROW(sessions().renew(*session, Strength::second_factor, Step::none), Failure) << "only once";
}

TEST_P(SessionsTest, OneThatIsNotFinishedLastsMinutes) {
    const Tokens tokens = sessions().open(zhou, office, Strength::password, Step::code);
    clock().advance(9min);
    EXPECT_TRUE(lives(tokens));
    clock().advance(2min);
    EXPECT_FALSE(lives(tokens));
}

TEST_P(SessionsTest, EveryProcessHearsOfAnEndOnceAndSoon) {
    const auto other = another_process();
    std::vector<std::string> here, there;
    sessions().on_end([&](auto keys, bool) { here.insert(here.end(), keys.begin(), keys.end()); });
    other->sessions.on_end([&](auto keys, bool) { there.insert(there.end(), keys.begin(), keys.end()); });
    const Tokens one = open(), two = open(), three = open(lin);
    EXPECT_TRUE(other->sessions.find(one.token, office.address)) << "and remembers it";

    sessions().end_all(zhou, End::administrator);
    EXPECT_THAT(here, UnorderedElementsAre(one.key, two.key));
    other->sessions.watch();
    EXPECT_THAT(there, UnorderedElementsAre(one.key, two.key));
    EXPECT_FALSE(other->sessions.find(one.token, office.address)) << "what it remembered is gone too";
    other->sessions.watch();
    sessions().watch();
    EXPECT_EQ(there.size(), 2u);
    EXPECT_EQ(here.size(), 2u);

    // Without its watch a process notices by itself when what it remembers is too old.
    EXPECT_TRUE(other->sessions.find(three.token, office.address));
    sessions().end(three.key, End::sign_out);
    wait();
    EXPECT_FALSE(other->sessions.find(three.token, office.address));
}

TEST_P(SessionsTest, WhatExpiresIsToldByTheWatch) {
    set_policy("idle_minutes = 5");
    std::vector<std::string> ended;
    sessions().on_end([&](auto keys, bool) { ended.insert(ended.end(), keys.begin(), keys.end()); });
    const Tokens tokens = open();
    clock().advance(4min);
    sessions().watch();
    EXPECT_THAT(ended, IsEmpty());
    clock().advance(2min);
    sessions().watch();
    EXPECT_THAT(ended, ElementsAre(tokens.key));
    EXPECT_EQ(cell("select end_reason from session"), "expired");
}

TEST_P(SessionsTest, AreForgottenADayAfterTheirEnd) {
    const Tokens tokens = open();
    open(lin);
    sessions().end(tokens.key, End::sign_out);
    clock().advance(23h);
    sessions().tidy();
    EXPECT_EQ(number("select count(*) from session"), 2);
    clock().advance(2h);
    sessions().tidy();
    EXPECT_EQ(number("select count(*) from session"), 1);
}

TEST_P(SessionsTest, LookingAsSomebodyElseIsTheSameSessionUnderAnotherToken) {
    const Tokens before = open();
    const auto other_process = another_process();
    ASSERT_TRUE(other_process->sessions.find(before.token, office.address));
    std::vector<std::string> renewed, ended;
    other_process->sessions.on_end([&](std::span<const std::string> keys, bool goes_on) {
        (goes_on ? renewed : ended).insert((goes_on ? renewed : ended).end(), keys.begin(), keys.end());
    });
    const Tokens looking = sessions().view_as(*sessions().find(before.token, office.address), lin);
    EXPECT_FALSE(lives(before)) << "what was open as oneself does not go on as another";
    const auto session = sessions().find(looking.token, office.address);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->user, zhou);
    EXPECT_EQ(session->view_as, lin);
    EXPECT_EQ(looking.csrf, before.csrf) << "pages beside this one can leave";
    EXPECT_EQ(sessions().list({}, 10).at(0).view_as, "lin");
    other_process->sessions.watch();
    EXPECT_THAT(renewed, ElementsAre(before.key)) << "streams in another process are cut too";
    EXPECT_THAT(ended, IsEmpty());

    const Tokens after = sessions().view_as(*session, {});
    EXPECT_FALSE(sessions().find(after.token, office.address)->view_as);
    EXPECT_FALSE(lives(looking));
    EXPECT_THROW(sessions().view_as(*session, lin), Failure) << "that one is over";
}

TEST_P(SessionsTest, WhoeverEndsWhileLookingEndsThatTooOnTheAudit) {
    const Tokens before = open();
    const Tokens looking = sessions().view_as(*sessions().find(before.token, office.address), lin);
    told.clear();
    sessions().end(looking.key, End::administrator);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0].kind, audit_kind::session_ended);
    EXPECT_EQ(told[1].kind, audit_kind::view_as);
    EXPECT_EQ(told[1].user, zhou);
    EXPECT_EQ(told[1].record, lin);
    EXPECT_EQ(told[1].subject, "lin");
}

}  // namespace
}  // namespace gx::access
