// How strong the proof of who somebody is must be: the strongest of policy, roles and account counts.
#pragma once

#include <functional>
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
        bool demanded = false;  // by policy, roles or account
        bool set_up = false;    // a second factor is there; then it is asked for, demanded or not
        bool asked_for() const { return demanded || set_up; }
    };
    Of second_factor(RecordId user) const;

    // Of these accounts those that are asked for a second factor.
    std::vector<RecordId> asked_for(std::vector<RecordId> users) const;

private:
    std::vector<RecordId> strong_roles() const;
    bool has_one_of(RecordId user, const std::vector<RecordId>& roles) const;

    store::Store& store_;
    Policy& policy_;
    RolesOf roles_of_;
};

}  // namespace gx::access
