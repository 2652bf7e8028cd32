// Everything about who somebody is, put together: policy, passwords, second factors, passkeys, sessions, links, signing
// in.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "access/account_list.hpp"
#include "access/api_keys.hpp"
#include "access/attempts.hpp"
#include "access/one_time_links.hpp"
#include "access/passkeys.hpp"
#include "access/passwords.hpp"
#include "access/policy.hpp"
#include "access/second_factors.hpp"
#include "access/sessions.hpp"
#include "access/sign_in.hpp"
#include "access/strength.hpp"
#include "base/secret.hpp"

namespace gx::access {

struct Identity {
    Identity(store::Store& store, const Clock& clock, IdSource& ids, Sealer sealer,
             std::function<std::string()> company, Demands::RolesOf roles_of, const Tell& tell)
        : policy(store, clock),
          demands(store, policy, std::move(roles_of)),
          attempts(store, clock, ids, policy, tell),
          passwords(store, clock, policy, attempts, std::move(company)),
          second_factors(store, clock, std::move(sealer)),
          passkeys(store, clock, ids),
          sessions(store, clock, policy, demands, tell),
          api_keys(store, clock, ids, policy, tell),
          links(store, clock, ids, policy),
          accounts(store, clock),
          sign_in({store, clock, policy, demands, attempts, passwords, second_factors, sessions}) {
        passwords.on_change([this](RecordId user) {
            if (policy.rules()->password_ends_keys) api_keys.end_all(user, KeyEnd::password);
        });
    }

    static std::vector<store::Table> tables() {
        std::vector<store::Table> all;
        for (const auto& tables : {Attempts::tables(), Passwords::tables(), SecondFactors::tables(), Passkeys::tables(),
                                   Sessions::tables(), OneTimeLinks::tables(), ApiKeys::tables()}) {
            all.insert(all.end(), tables.begin(), tables.end());
        }
        return all;
    }

    // Tell of every commit. `organisation`: roles of people may have changed. What accounts, roles and the policy ask
    // for then holds for open sessions too, from the next round of the watch on.
    void committed(std::string_view object, bool organisation) {
        if (object == "security_policy") policy.forget();
        if (object == "user" || object == "account_application") passwords.adopt_applications();
        if (organisation || object == "security_policy") sessions.check_again();
        if (object == "user") api_keys.check_again();
    }

    // Called a few times a second: ends what is over, and what other processes ended.
    void watch() {
        sessions.watch();
        api_keys.watch();
    }

    void tidy() {
        // Should a process have died between a change and its check, this one makes up for it.
        sessions.check_again();
        api_keys.check_again();
        attempts.tidy();
        sessions.tidy();
        links.tidy();
        passkeys.tidy();
    }

    void ask(OtherPasswords& other) {
        passwords.ask(other);
        sign_in.ask(other);
        links.ask(other);
    }

    Policy policy;
    Demands demands;
    Attempts attempts;
    Passwords passwords;
    SecondFactors second_factors;
    Passkeys passkeys;
    Sessions sessions;
    ApiKeys api_keys;
    OneTimeLinks links;
    AccountList accounts;
    SignIn sign_in;
};

}  // namespace gx::access
