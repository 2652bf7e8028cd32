// The keys that we sign tokens with for other applications: made at the first use, sealed, and replaced every three
// months. A key that is no longer used is published for as long as something signed with it may still be checked.
#pragma once

#include <string>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "features/sso/jose.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::features {

class KeyRing {
public:
    KeyRing(store::Store& store, const Clock& clock, Sealer sealer)
        : store_(store), clock_(clock), sealer_(std::move(sealer)) {}

    static std::vector<store::Table> tables();  // token_key

    TokenKey current();
    std::string open_keys();  // {"keys":[…]}
    void tidy();

private:
    std::vector<TokenKey> younger_than(std::chrono::milliseconds age) const;  // the newest first

    store::Store& store_;
    const Clock& clock_;
    Sealer sealer_;
};

}  // namespace gx::features
