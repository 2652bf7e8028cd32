#include "base/signature.hpp"

#include <sodium.h>

#include <array>
#include <vector>

#include "base/failure.hpp"

namespace gx {

namespace {

void start_sodium() { ensure(sodium_init() >= 0, "libsodium does not start"); }

template <class Bytes>
std::string to_hex(const Bytes& bytes) {
    std::string text(bytes.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    text.pop_back();
    return text;
}

// Exactly as many bytes as wanted, or false.
template <class Bytes>
bool from_hex(std::string_view text, Bytes& bytes) {
    std::size_t length = 0;
    const char* end = nullptr;
    return sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, &end) == 0 &&
           length == bytes.size() && end == text.data() + text.size();
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

using Secret = std::array<unsigned char, crypto_sign_SECRETKEYBYTES>;
using Open = std::array<unsigned char, crypto_sign_PUBLICKEYBYTES>;
using Signature = std::array<unsigned char, crypto_sign_BYTES>;

}  // namespace

struct Sha256::State {
    crypto_hash_sha256_state state;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    start_sodium();
    crypto_hash_sha256_init(&state_->state);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::add(std::string_view piece) {
    crypto_hash_sha256_update(&state_->state, bytes_of(piece), piece.size());
    return *this;
}

std::string Sha256::hex() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state_->state, digest.data());
    return to_hex(digest);
}

SigningKey make_signing_key() {
    start_sodium();
    Secret secret{};
    Open open{};
    crypto_sign_keypair(open.data(), secret.data());
    return {to_hex(secret), to_hex(open)};
}

SigningKey signing_key(std::string_view text) {
    start_sodium();
    Secret secret{};
    Open open{};
    if (!from_hex(text, secret) || crypto_sign_ed25519_sk_to_pk(open.data(), secret.data()) != 0) return {};
    return {std::string(text), to_hex(open)};
}

std::string sign(const SigningKey& key, std::string_view text) {
    Secret secret{};
    ensure(from_hex(key.secret, secret), "a signing key that is none");
    Signature signature{};
    crypto_sign_detached(signature.data(), nullptr, bytes_of(text), text.size(), secret.data());
    return to_hex(signature);
}

bool is_signature(std::string_view open_key, std::string_view text, std::string_view signature) {
    start_sodium();
    Open open{};
    Signature bytes{};
    return from_hex(open_key, open) && from_hex(signature, bytes) &&
           crypto_sign_verify_detached(bytes.data(), bytes_of(text), text.size(), open.data()) == 0;
}

}  // namespace gx
