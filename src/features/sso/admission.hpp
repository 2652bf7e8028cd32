// Whose account it is that a provider speaks of: by the link, by a verified e-mail address, or a new one; and which
// roles its groups bring. The provider's record says what of this is allowed.
#pragma once

#include <string>
#include <vector>

#include "access/access.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "features/sso/client.hpp"
#include "features/sso/links.hpp"
#include "record/records.hpp"

namespace gx::features {

// How the provider calls the person, for people to read.
std::string shown_name(const Proved& proved);

class Admission {
public:
    Admission(record::Records& records, ProviderLinks& links, std::shared_ptr<const TimeZone> zone)
        : records_(records), links_(links), zone_(std::move(zone)) {}

    // Throws Failure(unauthenticated, "sso_no_account" | "sso_login_taken").
    RecordId account_for(const Proved& proved);

private:
    struct Person {
        RecordId user, employee;
    };
    access::Caller program() const;
    std::vector<Person> people_with(const std::string& email) const;
    std::string free_login(const Proved& proved) const;
    RecordId make_account(const Proved& proved, RecordId employee);
    void renew_roles(const Proved& proved, RecordId user);

    record::Records& records_;
    ProviderLinks& links_;
    std::shared_ptr<const TimeZone> zone_;
};

}  // namespace gx::features
