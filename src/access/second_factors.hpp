// The second factor of accounts: codes of an authenticator app, and ten recovery codes for the day when the telephone
// is lost. Secrets are sealed with a key outside the database, recovery codes are hashed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::access {

class SecondFactors {
public:
    SecondFactors(store::Store& store, const Clock& clock, Sealer sealer)
        : store_(store), clock_(clock), sealer_(std::move(sealer)) {}

    static std::vector<store::Table> tables();  // second_factor, recovery_code

    // A new secret, which counts once a code of it was given. What is set up already holds until then.
    struct Started {
        std::string secret;  // base32, for typing
        std::string uri;     // for the picture that an app scans
    };
    Started begin(RecordId user, std::string_view issuer, std::string_view account);

    // Somebody showed a code of the secret that was begun. Throws Failure(invalid) at "code" when the code is not of
    // that secret, or nothing was begun in the last half hour. Nothing is changed before take().
    struct Proven {
        RecordId user;
        std::string sealed;              // that secret
        std::int64_t step = 0;           // the code's; it counts no second time
        std::vector<std::string> codes;  // ten recovery codes, to be shown once
        std::vector<std::string> hashed_codes;
    };
    Proven prove(RecordId user, std::string_view code) const;
    // Takes the secret into use, with its recovery codes; the old ones are void. Throws Failure(invalid) at "code" when
    // another request was faster.
    void take(store::Connection& connection, const Proven& proven) const;

    // A code of the app, each only once, or a recovery code, each only once.
    bool verify(RecordId user, std::string_view code);

    bool is_set_up(RecordId user) const;
    int recovery_codes_left(RecordId user) const;
    std::vector<std::string> new_recovery_codes(RecordId user);  // the old ones are void
    void remove(RecordId user);

private:
    bool verify_app_code(RecordId user, std::string_view code);
    bool verify_recovery_code(RecordId user, std::string_view code);
    static std::vector<std::string> hashed(const std::vector<std::string>& codes);
    static void put_codes(store::Connection& connection, RecordId user, const std::vector<std::string>& hashed_codes);
    std::optional<std::string> opened(RecordId user, std::string_view sealed) const;

    store::Store& store_;
    const Clock& clock_;
    Sealer sealer_;
};

}  // namespace gx::access
