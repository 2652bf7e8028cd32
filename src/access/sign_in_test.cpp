// Signing in step by step: password, second factor, new password; and how guessing gets slower.
#include "access/sign_in.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <span>
#include <thread>

#include "access/identity_test_support.hpp"

namespace gx::access {
namespace {

using namespace std::chrono_literals;
using test::elsewhere;
using test::lin;
using test::office;
using test::refusal;
using test::zhou;
using test::zhou_password;

class SignInTest : public test::OnIdentity {
protected:
    SignIn& sign_in() { return identity().sign_in; }
    std::string attempt(std::string_view login, std::string_view password, const Peer& peer = office) {
        return refusal([&] { sign_in().begin(login, password, "", peer); });
    }
    SignIn::Entered enter(std::string_view code = "") { return sign_in().begin("zhou", zhou_password, code, office); }
    Session session(const SignIn::Entered& entered) {
        return identity().sessions.find(entered.tokens.token, office.address).value();
    }
    std::string code(const SignIn::Entered& entered, std::string_view typed) {
        const Session of = session(entered);
        return refusal([&] { sign_in().give_code(of, typed, office); });
    }
};
GX_ON_EACH_DATABASE(SignInTest);

// covers: PLAT-02
TEST_P(SignInTest, OneAnswerForEverythingThatIsWrong) {
    EXPECT_EQ(attempt("zhou", "wrong"), "sign_in_failed");
    EXPECT_EQ(attempt("nobody", zhou_password), "sign_in_failed");
    EXPECT_EQ(attempt("gone", "correct horse of gone"), "sign_in_failed") << "disabled";
    EXPECT_EQ(attempt("lin", ""), "sign_in_failed") << "has no password yet";
    EXPECT_EQ(attempt("", ""), "sign_in_failed");
    EXPECT_EQ(number("select count(*) from session"), 0);
    EXPECT_EQ(number("select count(*) from sign_in where outcome = 'refused'"), 5) << "every attempt is in the log";
    EXPECT_EQ(attempt(" ZHOU ", zhou_password), "") << "as people type names";
    EXPECT_EQ(number("select last_sign_in from \"user\" where id = 1"), stamp(clock().now()));
}

// covers: PLAT-122
TEST_P(SignInTest, TheAuditHearsOfEveryAttemptAndOfTheEnd) {
    attempt("nobody", "x", elsewhere);
    const auto entered = enter();
    identity().sessions.end(entered.tokens.key, End::sign_out);
    ASSERT_EQ(told.size(), 3u);
    EXPECT_EQ(told[0].kind, audit_kind::sign_in);
    EXPECT_EQ(told[0].outcome, "refused");
    EXPECT_EQ(told[0].login, "nobody");
    EXPECT_EQ(told[0].address, elsewhere.address);
    EXPECT_FALSE(told[0].user);
    EXPECT_EQ(told[1].outcome, "done");
    EXPECT_EQ(told[1].user, zhou);
    EXPECT_EQ(told[2].kind, audit_kind::sign_out);
    EXPECT_EQ(told[2].login, "zhou");
    EXPECT_EQ(told[2].detail, R"({"why":"sign_out"})");
}

// covers: PLAT-12
TEST_P(SignInTest, NobodyEntersFromWhereThePolicyDoesNotAllow) {
    set_policy("addresses = '10.0.0.0/8'");
    EXPECT_EQ(attempt("zhou", zhou_password, elsewhere), "sign_in_failed");
    EXPECT_EQ(attempt("zhou", zhou_password), "");
}

// covers: PLAT-12
TEST_P(SignInTest, FailuresBeyondThoseThatAreFreeHaveToWaitTwiceAsLongEachTime) {
    set_policy("failures_free = 3, wait_minutes_most = 15");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(attempt("zhou", "wrong"), "sign_in_failed");
    EXPECT_EQ(attempt("zhou", zhou_password), "too_many_attempts") << "the right one has to wait too";
    clock().advance(1s);
    EXPECT_EQ(attempt("zhou", "wrong"), "sign_in_failed");
    clock().advance(1s);
    EXPECT_EQ(attempt("zhou", "wrong"), "too_many_attempts") << "now two seconds";
    clock().advance(1s);
    EXPECT_EQ(attempt("zhou", "wrong"), "sign_in_failed");
    clock().advance(4s);
    EXPECT_EQ(attempt("zhou", zhou_password), "");
    EXPECT_EQ(attempt("zhou", "wrong"), "sign_in_failed") << "a success forgives";
    EXPECT_EQ(attempt("zhou", zhou_password), "");
}

TEST_P(SignInTest, WhoGuessesFromAfarDoesNotLockThePersonOut) {
    set_policy("failures_free = 3");
    for (int i = 0; i < 3; ++i) attempt("zhou", "wrong", elsewhere);
    EXPECT_EQ(attempt("zhou", zhou_password, elsewhere), "too_many_attempts");
    EXPECT_EQ(attempt("zhou", zhou_password, office), "");
}

TEST_P(SignInTest, GuessingFromManyPlacesOrManyNamesIsSlowedDownToo) {
    set_policy("failures_free = 3");
    for (int i = 0; i < 12; ++i) attempt("zhou", "wrong", {"203.0.113." + std::to_string(i), ""});
    EXPECT_EQ(attempt("zhou", zhou_password, office), "too_many_attempts") << "one name, many places";
    for (int i = 0; i < 30; ++i) attempt("name" + std::to_string(i), "wrong", elsewhere);
    EXPECT_EQ(attempt("lin", "x", elsewhere), "too_many_attempts") << "many names, one place";
    EXPECT_EQ(attempt("lin", "x", office), "sign_in_failed");
}

TEST_P(SignInTest, TypingErrorsOfALargeOfficeBehindOneAddressDoNotAddUp) {
    set_policy("failures_free = 3");
    for (int i = 0; i < 35; ++i) {
        const std::string login = "person" + std::to_string(i);
        identity().attempts.log(login, {}, office, Outcome::refused);
        clock().advance(1s);
        identity().attempts.log(login, {}, office, Outcome::signed_in);
    }
    EXPECT_EQ(attempt("zhou", zhou_password, office), "");
    for (int i = 0; i < 31; ++i) identity().attempts.log("guess" + std::to_string(i), {}, office, Outcome::refused);
    EXPECT_EQ(attempt("zhou", zhou_password, office), "too_many_attempts") << "these never got in";
}

// covers: PLAT-11
TEST_P(SignInTest, WhoHasASecondFactorGivesItsCodeBeforeAnythingElse) {
    enrol_zhou();
    const auto entered = enter();
    EXPECT_EQ(entered.step, Step::code);
    EXPECT_EQ(session(entered).step, Step::code);
    EXPECT_EQ(code(entered, "000000"), "code:code_wrong");
    const auto done = sign_in().give_code(session(entered), app_code(zhou_uri), office);
    EXPECT_EQ(done.step, Step::none);
    EXPECT_EQ(session(done).strength, Strength::second_factor);
    EXPECT_FALSE(identity().sessions.find(entered.tokens.token, office.address));
    EXPECT_EQ(number("select count(*) from sign_in where outcome = 'signed_in'"), 1) << "only when it was finished";
}

TEST_P(SignInTest, PasswordAndCodeMayComeTogether) {
    enrol_zhou();
    EXPECT_EQ(refusal([&] { enter("000000"); }), "code:code_wrong");
    EXPECT_EQ(enter(app_code(zhou_uri)).step, Step::none);
}

TEST_P(SignInTest, ACodeCountsOnceAndNoneBeforeIt) {
    enrol_zhou();
    const std::string before = app_code(zhou_uri);
    clock().advance(30s);
    const std::string now = app_code(zhou_uri);
    EXPECT_EQ(code(enter(), now), "");
    EXPECT_EQ(code(enter(), now), "code:code_wrong") << "somebody looked over the shoulder";
    EXPECT_EQ(code(enter(), before), "code:code_wrong") << "older than one that was used";
    clock().advance(30s);
    EXPECT_EQ(code(enter(), app_code(zhou_uri)), "");
}

TEST_P(SignInTest, GuessingCodesIsSlowedDownLikeGuessingPasswords) {
    set_policy("failures_free = 3");
    enrol_zhou();
    const auto entered = enter();
    for (const char* guess : {"000001", "000002", "000003"}) EXPECT_EQ(code(entered, guess), "code:code_wrong");
    EXPECT_EQ(code(entered, app_code(zhou_uri)), "too_many_attempts");
    EXPECT_EQ(attempt("zhou", zhou_password), "too_many_attempts") << "a new session does not help";
}

TEST_P(SignInTest, ARecoveryCodeCountsOnceHoweverItIsTyped) {
    const std::vector<std::string> codes = enrol_zhou();
    ASSERT_EQ(codes.size(), 10u);
    EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), 10u);
    std::string loud = codes[3];
    for (char& c : loud) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(code(enter(), " " + loud + " "), "");
    EXPECT_EQ(code(enter(), codes[3]), "code:code_wrong");
    EXPECT_EQ(code(enter(), codes[4]), "");
    EXPECT_EQ(identity().second_factors.recovery_codes_left(zhou), 8);
    identity().second_factors.new_recovery_codes(zhou);
    EXPECT_EQ(code(enter(), codes[5]), "code:code_wrong") << "the old ones are void";
}

// covers: NFR-26
TEST_P(SignInTest, SecretsAndRecoveryCodesCannotBeReadInTheDatabase) {
    const std::vector<std::string> codes = enrol_zhou();
    const std::string texts = all_texts();
    const std::string secret = zhou_uri.substr(zhou_uri.find("secret=") + 7, 32);
    EXPECT_EQ(texts.find(secret), std::string::npos);
    for (const std::string& one : codes) {
        EXPECT_EQ(texts.find(one), std::string::npos);
        std::string plain = one;
        std::erase(plain, '-');
        EXPECT_EQ(texts.find(plain), std::string::npos);
    }
    // A database without the key of its process.
    Identity thief(
        store(), clock(), *std::make_unique<IdSource>(clock(), 1), Sealer(random_bytes(32)),
        [] { return std::string(); }, [](RecordId) { return std::vector<RecordId>(); }, [](AuditEntry) {});
    EXPECT_FALSE(thief.second_factors.verify(zhou, app_code(zhou_uri)));
}

TEST_P(SignInTest, ANewSecretCountsFromItsFirstCodeOn) {
    enrol_zhou();
    const std::string old_uri = zhou_uri;
    const std::string next_uri = identity().second_factors.begin(zhou, "Guanxi", "zhou").uri;
    EXPECT_EQ(code(enter(), app_code(next_uri)), "code:code_wrong") << "not before it was confirmed";
    clock().advance(30s);
    EXPECT_EQ(code(enter(), app_code(old_uri)), "");
    EXPECT_EQ(refusal([&] { identity().second_factors.prove(zhou, "123456"); }), "code:code_wrong");
    take(identity().second_factors.prove(zhou, app_code(next_uri)));
    clock().advance(30s);
    EXPECT_EQ(code(enter(), app_code(old_uri)), "code:code_wrong");
    EXPECT_EQ(code(enter(), app_code(next_uri)), "");

    identity().second_factors.begin(zhou, "Guanxi", "zhou");
    clock().advance(31min);
    EXPECT_EQ(refusal([&] { identity().second_factors.prove(zhou, "123456"); }), "code:code_wrong") << "too late";
}

// covers: PLAT-11
TEST_P(SignInTest, TheStrongestOfPolicyRolesAndAccountCounts) {
    EXPECT_EQ(enter().step, Step::none);
    run("update role set strength = 'password' where code = 'seller'");
    EXPECT_EQ(enter().step, Step::none);
    run("update \"user\" set strength = 'second_factor' where id = 1");
    EXPECT_EQ(enter().step, Step::enrol) << "the account";
    EXPECT_EQ(identity().demands.of(zhou).demanded, Strength::second_factor);
    run("update \"user\" set strength = 'password' where id = 1");
    EXPECT_EQ(enter().step, Step::none);
    run("update role set strength = 'second_factor' where code = 'seller'");
    EXPECT_EQ(enter().step, Step::enrol) << "a role";
    run("update role set deleted_at = 5 where code = 'seller'");
    EXPECT_EQ(enter().step, Step::none) << "a role that is no more";
    set_policy("strength = 'second_factor'");
    EXPECT_EQ(enter().step, Step::enrol) << "the policy";
    EXPECT_EQ(identity().demands.of(lin).demanded, Strength::second_factor);
}

TEST_P(SignInTest, WhoMustHaveASecondFactorSetsItUpWhileSigningIn) {
    set_policy("strength = 'second_factor'");
    const auto entered = enter();
    ASSERT_EQ(entered.step, Step::enrol);
    const std::string uri = identity().second_factors.begin(zhou, "Guanxi", "zhou").uri;
    const auto proven = identity().second_factors.prove(zhou, app_code(uri));
    const auto done =
        sign_in().enrolled(session(entered), Strength::second_factor, office,
                           [&](store::Connection& connection) { identity().second_factors.take(connection, proven); });
    EXPECT_EQ(done.step, Step::none);
    EXPECT_EQ(session(done).strength, Strength::second_factor);
    EXPECT_EQ(enter().step, Step::code) << "the next time it is asked for";
}

TEST_P(SignInTest, AnAppIsNotSetUpForASessionThatHasEnded) {
    const Session ended = session(enter());
    const std::string uri = identity().second_factors.begin(zhou, "Guanxi", "zhou").uri;
    const auto proven = identity().second_factors.prove(zhou, app_code(uri));
    identity().sessions.end(ended.key, End::administrator);
    EXPECT_EQ(refusal([&] {
                  sign_in().enrolled(ended, Strength::second_factor, office, [&](store::Connection& connection) {
                      identity().second_factors.take(connection, proven);
                  });
              }),
              "unauthenticated");
    EXPECT_FALSE(identity().second_factors.is_set_up(zhou)) << "its recovery codes would never have been shown";
    EXPECT_EQ(identity().second_factors.recovery_codes_left(zhou), 0);
}

// The account asks for a code from the moment on in which its app is set up. The watch may go round in any moment.
TEST_P(SignInTest, WhoSetsAnAppUpStaysSignedIn) {
    std::vector<std::string> ended;
    std::mutex mutex;
    identity().sessions.on_end([&](std::span<const std::string> keys, bool renewed) {
        const std::lock_guard lock(mutex);
        if (!renewed) ended.insert(ended.end(), keys.begin(), keys.end());
    });
    std::atomic<bool> over = false;
    std::thread watching([&] {
        while (!over) {
            identity().sessions.check_again();
            identity().watch();
        }
    });
    std::vector<std::string> problems;
    for (int round = 0; round < 30 && problems.empty(); ++round) {
        const Session before = session(enter());
        const std::string uri = identity().second_factors.begin(zhou, "Guanxi", "zhou").uri;
        const auto proven = identity().second_factors.prove(zhou, app_code(uri));
        const std::string refused = refusal([&] {
            const auto done = sign_in().enrolled(
                before, Strength::second_factor, office,
                [&](store::Connection& connection) { identity().second_factors.take(connection, proven); });
            if (!identity().sessions.find(done.tokens.token, office.address)) problems.emplace_back("signed out");
        });
        if (!refused.empty()) problems.push_back(refused);
        const std::lock_guard lock(mutex);
        if (std::ranges::find(ended, before.key) != ended.end()) problems.emplace_back("told as ended");
        identity().second_factors.remove(zhou);
    }
    over = true;
    watching.join();
    identity().sessions.forget_listeners();
    EXPECT_EQ(problems, std::vector<std::string>());
}

TEST_P(SignInTest, APasswordThatSomebodyElseChoseIsReplacedFirst) {
    identity().passwords.set(zhou, "told on the telephone", ChosenBy::other);
    const auto entered = sign_in().begin("zhou", "told on the telephone", "", office);
    ASSERT_EQ(entered.step, Step::password);
    const Session of = session(entered);
    EXPECT_EQ(refusal([&] { sign_in().choose_password(of, "told on the telephone", office); }),
              "new:password_used_before");
    EXPECT_EQ(refusal([&] { sign_in().choose_password(of, "zhou2026", office); }), "new:password_is_own_name");
    const auto done = sign_in().choose_password(of, "my very own choice", office);
    EXPECT_EQ(done.step, Step::none);
    EXPECT_EQ(session(done).step, Step::none);
    EXPECT_EQ(sign_in().begin("zhou", "my very own choice", "", office).step, Step::none);
}

// covers: PLAT-12
TEST_P(SignInTest, AnOldPasswordIsReplacedAfterTheCodeWasGiven) {
    set_policy("days_most = 30, session_hours = 2000, idle_minutes = 43200");
    enrol_zhou();
    clock().advance(31 * 24h);
    const auto entered = enter();
    EXPECT_EQ(entered.step, Step::code);
    const auto next = sign_in().give_code(session(entered), app_code(zhou_uri), office);
    EXPECT_EQ(next.step, Step::password);
    EXPECT_EQ(sign_in().choose_password(session(next), "a password of this month", office).step, Step::none);
    EXPECT_EQ(cell("select strength from session where step = '' order by seen_at desc limit 1"), "second_factor");
}

TEST_P(SignInTest, StepsAreTakenInTheirOrderOnly) {
    enrol_zhou();
    const Session waiting = session(enter());
    EXPECT_EQ(refusal([&] { sign_in().choose_password(waiting, "a long new password", office); }), "unauthenticated");
    const Session full = session(enter(app_code(zhou_uri)));
    EXPECT_EQ(refusal([&] { sign_in().give_code(full, "123456", office); }), "unauthenticated");
    EXPECT_EQ(refusal([&] { sign_in().choose_password(full, "a long new password", office); }), "unauthenticated");
}

TEST_P(SignInTest, OtherWaysToProveWhoOneIsOpenTheSameSessions) {
    EXPECT_EQ(sign_in().admit(lin, Strength::password, office).step, Step::none);
    set_policy("strength = 'second_factor'");
    EXPECT_EQ(sign_in().admit(lin, Strength::password, office).step, Step::enrol);
    EXPECT_EQ(sign_in().admit(lin, Strength::second_factor, office).step, Step::none);
    EXPECT_EQ(refusal([&] { sign_in().admit(test::gone, Strength::second_factor, office); }), "sign_in_failed");
}

}  // namespace
}  // namespace gx::access
