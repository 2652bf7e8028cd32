// The security policy of the company: what passwords, sign-ins and sessions must be like. It is the one record of the
// object security_policy; here it is values. A change is in force within a second in every process.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address_range.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

namespace gx::access {

// From weak to strong. The strongest of policy, roles and account counts.
enum class Strength { password, second_factor, passkey };
std::string_view name_of(Strength strength);  // code of the dictionary sign_in_strength
// Unknown and empty codes ask for nothing more than a password.
Strength parse_strength(std::string_view code);

struct PolicyRules {
    std::size_t length_least = 8;
    int classes_least = 1;
    bool refuse_common = true;
    int remembered = 5;
    std::chrono::days age_most{0};  // 0: no limit

    Strength strength = Strength::password;
    int failures_free = 5;
    std::chrono::minutes wait_most{15};
    std::vector<AddressRange> addresses{};  // empty: from everywhere
    bool applications = false;

    std::chrono::hours session_life{168};
    std::chrono::minutes session_idle{1440};

    std::chrono::minutes link_life{60};
    std::chrono::hours handed_link_life{72};
    int key_days_most = 365;
    bool password_ends_keys = true;
    std::string site_address{};  // without a slash at its end; empty: not told yet
    std::string mail_sender{};

    bool admits(std::string_view address) const;
};

class Policy {
public:
    Policy(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

    std::shared_ptr<const PolicyRules> rules();
    void forget();  // the record changed in this process; others see it when what they know is half a second old

private:
    store::Store& store_;
    const Clock& clock_;
    std::mutex mutex_;
    std::shared_ptr<const PolicyRules> rules_;
    Timestamp until_{};
};

}  // namespace gx::access
