#include "base/secret.hpp"

#include <sodium.h>

#include <array>
#include <vector>

#include "base/failure.hpp"

namespace gx {

namespace {

void start_sodium() { ensure(sodium_init() >= 0, "libsodium does not start"); }

}  // namespace

std::string hash_password(std::string_view password) {
    start_sodium();
    std::array<char, crypto_pwhash_STRBYTES> encoded{};
    const int result =
        crypto_pwhash_str_alg(encoded.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
    if (result != 0) throw Failure(Failure::Kind::unavailable, "unavailable");  // only for want of memory
    return encoded.data();
}

bool verify_password(std::string_view encoded, std::string_view password) {
    start_sodium();
    // The library reads up to a zero byte and no further than its own longest encoding.
    if (encoded.size() >= crypto_pwhash_STRBYTES || encoded.find('\0') != std::string_view::npos) return false;
    const std::string terminated(encoded);
    return crypto_pwhash_str_verify(terminated.c_str(), password.data(), password.size()) == 0;
}

std::string random_token(std::size_t bytes) {
    start_sodium();
    std::vector<unsigned char> noise(bytes);
    randombytes_buf(noise.data(), noise.size());
    std::string token(sodium_base64_ENCODED_LEN(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
    sodium_bin2base64(token.data(), token.size(), noise.data(), noise.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    token.pop_back();  // the terminating zero
    return token;
}

std::string random_password() {
    start_sodium();
    // Without characters that are read for one another: 0 O o 1 l I i.
    static constexpr std::string_view alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    std::string password;
    for (int i = 0; i < 16; ++i)
        password.push_back(alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))]);
    return password;
}

std::string sha256_hex(std::string_view data) {
    start_sodium();
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(data.data()), data.size());
    std::string text(digest.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
    text.pop_back();
    return text;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace gx
