// The sign-in log, and how long the next attempt has to wait after failures. Guessing gets slower and slower; whoever
// types wrong passwords for somebody else from afar does not lock that person out at once.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "access/audit_chain.hpp"
#include "access/policy.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::access {

struct Peer {
    std::string address;
    std::string agent;
};

// Where what matters is told: the audit. It must not take longer for one account than for another.
using Tell = std::function<void(AuditEntry)>;

enum class Outcome {
    signed_in,
    refused,          // unknown login, wrong password, disabled account, address not allowed: never told apart outside
    code_refused,     // the password was right, the second factor was not
    passkey_refused,  // somebody showed a passkey that was not accepted
    reset,            // a new password by a one-time link; forgives the failures before it
};
std::string_view name_of(Outcome outcome);

class Attempts {
public:
    Attempts(store::Store& store, const Clock& clock, IdSource& ids, Policy& policy, Tell tell)
        : store_(store), clock_(clock), ids_(ids), policy_(policy), tell_(std::move(tell)) {}

    static std::vector<store::Table> tables();  // sign_in

    // Throws Failure(too_many, "too_many_attempts", {seconds}). The wait doubles with each failure beyond those that
    // the policy leaves free: for one login from one address, at four times as many for one login from anywhere, at
    // ten times as many for one address and any login.
    void admit(std::string_view login, const Peer& peer);

    // One row for every attempt, and one entry of the audit; `user` may be none. `why` is for the audit alone.
    void log(std::string_view login, RecordId user, const Peer& peer, Outcome outcome, std::string_view why = {});

    void tidy();  // forgets what is older than a year

private:
    store::Store& store_;
    const Clock& clock_;
    IdSource& ids_;
    Policy& policy_;
    Tell tell_;
};

}  // namespace gx::access
