// Digests of what is too long to hold, and signatures (Ed25519), from libsodium. Keys and signatures are hexadecimal.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace gx {

// SHA-256 of pieces that come one after another.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    Sha256& add(std::string_view piece);
    std::string hex();  // of all pieces; once, at the end

private:
    struct State;
    std::unique_ptr<State> state_;
};

struct SigningKey {
    std::string secret;
    std::string open;  // what others check signatures with
};
SigningKey make_signing_key();
// Empty `open` when the text is no secret key.
SigningKey signing_key(std::string_view secret);
std::string sign(const SigningKey& key, std::string_view text);
bool is_signature(std::string_view open_key, std::string_view text, std::string_view signature);

}  // namespace gx
