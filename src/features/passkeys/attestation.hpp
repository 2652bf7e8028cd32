// What authenticators say, as bytes, before libfido2 looks at it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gx::features {

struct Attestation {
    std::string format;     // "none", "packed" …
    std::string statement;  // CBOR again, for libfido2
    bool with_certificate = false;
    std::string authenticator_data;
};

// {"fmt": text, "attStmt": map, "authData": bytes}; empty when it is anything else.
std::optional<Attestation> read_attestation(std::string_view cbor);

// Authenticator data with a new key, and without one: are all parts there, none longer than it can be, and nothing
// else?
bool is_whole_with_key(std::string_view authenticator_data);
bool is_whole(std::string_view authenticator_data);

}  // namespace gx::features
