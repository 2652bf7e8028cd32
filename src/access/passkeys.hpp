// The passkeys of accounts: public keys, which open nothing for who steals the database. Whether one was really shown
// is verified elsewhere (features/passkeys); here they are rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::access {

struct Passkey {
    RecordId id;
    RecordId user;
    std::string login;       // of the account
    std::string name;        // what its owner calls it
    std::string credential;  // the id that the authenticator gave it, bytes
    std::string public_key;  // bytes, in the form that belongs to the algorithm
    int algorithm = 0;       // of COSE: -7 ES256, -8 EdDSA, -257 RS256
    std::int64_t counter = 0;
    std::string site;  // the domain it was made for
    Timestamp created{};
    std::optional<Timestamp> last_used{};
};

class Passkeys {
public:
    static constexpr int of_account_most = 20;
    static constexpr std::size_t name_letters_most = 60;

    Passkeys(store::Store& store, const Clock& clock, IdSource& ids) : store_(store), clock_(clock), ids_(ids) {}

    static std::vector<store::Table> tables();  // passkey, used_challenge

    // Throws Failure(invalid) at "name" when it is empty or too long, at "passkey" when the account has too many or the
    // credential is there already.
    RecordId add(const Passkey& made);
    std::vector<Passkey> of(RecordId user) const;  // oldest first
    std::optional<Passkey> find(std::string_view credential) const;
    bool rename(RecordId user, RecordId passkey, std::string_view name);  // false: this account has no such passkey
    bool remove(RecordId user, RecordId passkey);
    void remove_all(RecordId user);
    bool any() const;

    // False when the counter did not go on: then there are two of this passkey.
    bool used(RecordId passkey, std::int64_t counter);
    // True the first time only, whichever process is asked.
    bool use_challenge(std::string_view challenge, Timestamp until);

    void tidy();

private:
    std::vector<Passkey> where(const store::Sql& condition) const;

    store::Store& store_;
    const Clock& clock_;
    IdSource& ids_;
};

}  // namespace gx::access
