// A company of three accounts for tests of signing in: tables as the product has them, a clock that stands still.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "access/identity.hpp"
#include "access/user_settings.hpp"
#include "base/failure.hpp"
#include "base/secret.hpp"
#include "store/schema.hpp"
#include "store/store_test_support.hpp"

namespace gx::access::test {

inline constexpr RecordId zhou{1}, lin{2}, gone{3};
inline constexpr std::string_view zhou_password = "correct horse of zhou";
inline const Peer office{"10.0.0.7", "Firefox"};
inline const Peer elsewhere{"203.0.113.9", "curl"};

class OnIdentity : public store::test::OnEachDatabase {
protected:
    void SetUp() override;

    Identity& identity() { return *identity_; }
    FixedClock& clock() { return clock_; }
    // A second process on the same database.
    std::unique_ptr<Identity> another_process();

    void run(const std::string& sql);
    // Records of this object were saved, and the watch went round.
    void saved(std::string_view object);
    // Sets fields of the policy: "length_least = 10, classes_least = 3".
    void set_policy(const std::string& assignments);
    std::int64_t number(const std::string& sql);
    std::string cell(const std::string& sql);
    // Secrets of a database that was stolen: every text of every table.
    std::string all_texts();

    // The code that an app shows now for the secret that was given out.
    std::string app_code(const std::string& uri);
    // An app is taken into use, without a session.
    void take(const SecondFactors::Proven& proven);
    // zhou with an app; gives the recovery codes. The clock goes on, so that the next code is a new one.
    std::vector<std::string> enrol_zhou();

    std::string zhou_uri;
    std::vector<AuditEntry> told;  // to the audit

private:
    FixedClock clock_{*parse_timestamp("2026-11-24T06:32:08Z")};
    std::unique_ptr<IdSource> ids_;
    std::string key_;
    std::unique_ptr<Identity> identity_;
};

// "field:rule" of the problems that `work` is refused with, the key of the failure when it has none, "" when it
// succeeds.
std::string refusal(FunctionRef<void()> work);

}  // namespace gx::access::test
