// Did an authenticator really say this? What a browser hands over after navigator.credentials.create() and .get(),
// checked as WebAuthn level 2 demands (sections 7.1 and 7.2); signatures and flags by libfido2.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "features/passkeys/site.hpp"

namespace gx::features {

// Which keys are taken, the best liked first. Numbers of COSE: ES256, EdDSA, RS256.
inline constexpr std::array<int, 3> passkey_algorithms{-7, -8, -257};

// `why` is for the audit, never for who tried: "challenge", "origin", "signature" …
struct PasskeyRefused {
    std::string_view why;
};

struct Made {
    std::string client_data;  // JSON, as the browser signed it
    std::string attestation;  // CBOR
};
struct NewKey {
    std::string credential;
    std::string public_key;
    int algorithm = 0;
    std::int64_t counter = 0;
};
// Throws PasskeyRefused.
NewKey verify_made(const Made& made, std::string_view challenge, const Site& site);

struct Shown {
    std::string credential;
    std::string client_data;
    std::string authenticator_data;
    std::string signature;
    std::string user_handle;  // empty: the authenticator does not tell
};
struct KnownKey {
    std::string_view public_key;
    int algorithm = 0;
};
// Gives the counter of the authenticator. Throws PasskeyRefused.
std::int64_t verify_shown(const Shown& shown, const KnownKey& key, std::string_view challenge, const Site& site);

}  // namespace gx::features
