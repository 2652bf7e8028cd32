// How strong the proof of who somebody is must be: the strongest of policy, roles and account counts.
#pragma once

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <vector>

#include "access/policy.hpp"
#include "base/id.hpp"
#include "store/store.hpp"

namespace gx::access {

class Demands {
public:
    // `roles_of` gives the roles of an account, however they came to it; empty when there is no such account.
    using RolesOf = std::function<std::vector<RecordId>(RecordId user)>;

    Demands(store::Store& store, Policy& policy, RolesOf roles_of)
        : store_(store), policy_(policy), roles_of_(std::move(roles_of)) {}

    struct Of {
        Strength demanded = Strength::password;  // by policy, roles or account
        bool has_app = false;                    // then its code is asked for, demanded or not
        bool has_passkey = false;                // good for every step; without a demand nobody is asked for it
        Strength needed() const { return has_app ? std::max(demanded, Strength::second_factor) : demanded; }
    };
    Of of(RecordId user) const;

    // What each of these accounts is asked for; those that need no more than a password are left out.
    std::unordered_map<RecordId, Strength> needed(const std::vector<RecordId>& users) const;

private:
    using Roles = std::unordered_map<RecordId, Strength>;
    Roles strong_roles() const;
    Strength by_roles(RecordId user, const Roles& strong) const;

    store::Store& store_;
    Policy& policy_;
    RolesOf roles_of_;
};

}  // namespace gx::access
