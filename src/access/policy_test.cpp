// The policy as values: what the record says, else what ships, and known everywhere within a moment.
#include "access/policy.hpp"

#include <gtest/gtest.h>

#include "access/identity_test_support.hpp"

namespace gx::access {
namespace {

using namespace std::chrono_literals;

class PolicyTest : public test::OnIdentity {};
GX_ON_EACH_DATABASE(PolicyTest);

TEST_P(PolicyTest, WhatTheRecordDoesNotSayIsAsShipped) {
    const PolicyRules shipped;
    const auto rules = identity().policy.rules();
    EXPECT_EQ(rules->length_least, shipped.length_least);
    EXPECT_EQ(rules->session_life, shipped.session_life);
    EXPECT_TRUE(rules->admits("203.0.113.9"));
    run("delete from security_policy");
    identity().policy.forget();
    EXPECT_EQ(identity().policy.rules()->failures_free, shipped.failures_free) << "no record at all";
}

// covers: PLAT-12
TEST_P(PolicyTest, EveryFieldArrives) {
    run("update security_policy set length_least = 12, classes_least = 3, refuse_common = 0, remembered = 7, days_most "
        "= "
        "90, strength = 'second_factor', failures_free = 4, wait_minutes_most = 30, addresses = '10.0.0.0/8 # office', "
        "applications = 1, session_hours = 8, idle_minutes = 20, link_minutes = 10, handed_hours = 24, site_address = "
        "'https://crm.example.com/', mail_sender = 'crm@example.com'");
    identity().policy.forget();
    const auto rules = identity().policy.rules();
    EXPECT_EQ(rules->length_least, 12u);
    EXPECT_EQ(rules->classes_least, 3);
    EXPECT_FALSE(rules->refuse_common);
    EXPECT_EQ(rules->remembered, 7);
    EXPECT_EQ(rules->age_most, std::chrono::days(90));
    EXPECT_EQ(rules->strength, Strength::second_factor);
    EXPECT_EQ(rules->failures_free, 4);
    EXPECT_EQ(rules->wait_most, 30min);
    EXPECT_TRUE(rules->admits("10.1.2.3"));
    EXPECT_FALSE(rules->admits("11.1.2.3"));
    EXPECT_TRUE(rules->applications);
    EXPECT_EQ(rules->session_life, 8h);
    EXPECT_EQ(rules->session_idle, 20min);
    EXPECT_EQ(rules->link_life, 10min);
    EXPECT_EQ(rules->handed_link_life, 24h);
    EXPECT_EQ(rules->site_address, "https://crm.example.com") << "links put the slash themselves";
    EXPECT_EQ(rules->mail_sender, "crm@example.com");
}

// covers: PLAT-12
TEST_P(PolicyTest, AChangeIsInForceAtOnceHereAndSoonInOtherProcesses) {
    const auto other = another_process();
    EXPECT_EQ(other->policy.rules()->failures_free, 5);
    set_policy("failures_free = 3");
    EXPECT_EQ(identity().policy.rules()->failures_free, 3);
    EXPECT_EQ(other->policy.rules()->failures_free, 5) << "what it read a moment ago";
    clock().advance(500ms);
    EXPECT_EQ(other->policy.rules()->failures_free, 3);
}

}  // namespace
}  // namespace gx::access
