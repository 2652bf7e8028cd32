// Where passkeys are made and shown. Each needs a challenge of this desk, for one purpose, in one session, within five
// minutes, and once. The challenge itself goes out sealed and comes back: whoever asks for many fills no table.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "access/passkeys.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "features/passkeys/site.hpp"
#include "features/passkeys/verify.hpp"

namespace gx::features {

// What a challenge is good for: "sign_in", "step", "make"; and the session it belongs to, empty where there is none
// yet.
struct PasskeyUse {
    std::string_view purpose;
    std::string_view session = {};
};

class PasskeyDesk {
public:
    PasskeyDesk(access::Passkeys& kept, const Clock& clock, Sealer sealer)
        : kept_(kept), clock_(clock), sealer_(std::move(sealer)) {}

    struct Begun {
        std::string challenge;  // bytes, for the authenticator
        std::string ticket;     // comes back with its answer
    };
    Begun begin(const PasskeyUse& use) const;

    // Keeps the new passkey; gives its id. Throws PasskeyRefused, or as access::Passkeys::add.
    RecordId keep(std::string_view ticket, const PasskeyUse& use, RecordId user, std::string name, const Made& made,
                  const Site& site);

    // Whose passkey was shown; `expected`: nobody else's will do. Throws PasskeyRefused.
    access::Passkey shown(std::string_view ticket, const PasskeyUse& use, RecordId expected, const Shown& shown,
                          const Site& site);

    // What the authenticator keeps of an account, to say whose passkey it shows.
    static std::string handle_of(RecordId user) { return to_string(user); }

private:
    struct Challenge {
        std::string text;
        Timestamp until;
    };
    Challenge open(std::string_view ticket, const PasskeyUse& use) const;
    void use(const Challenge& challenge);

    access::Passkeys& kept_;
    const Clock& clock_;
    Sealer sealer_;
};

}  // namespace gx::features
