#include "base/totp.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/failure.hpp"
#include "base/secret.hpp"

namespace gx {

namespace {

// Everything but letters and digits as %XX: also safe inside the label, where ":" divides.
std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", byte);
        }
    }
    return out;
}

}  // namespace

std::int64_t totp_step(Timestamp at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count() / totp_seconds;
}

std::string totp_code(std::string_view secret, std::int64_t step) {
    std::array<unsigned char, 8> counter{};
    for (std::size_t i = 0; i < counter.size(); ++i)
        counter[counter.size() - 1 - i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (8 * i));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    ensure(HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter.data(), counter.size(),
                digest.data(), &length) != nullptr,
           "HMAC-SHA-1 fails");
    // RFC 4226, section 5.3: the last four bits say where the 31 bits of the number begin.
    const std::size_t at = digest[length - 1] & 0x0fu;
    const std::uint32_t number =
        (static_cast<std::uint32_t>(digest[at] & 0x7fu) << 24) | (static_cast<std::uint32_t>(digest[at + 1]) << 16) |
        (static_cast<std::uint32_t>(digest[at + 2]) << 8) | static_cast<std::uint32_t>(digest[at + 3]);
    return fmt::format("{:06}", number % 1'000'000);
}

std::optional<std::int64_t> matching_totp_step(std::string_view secret, std::string_view code, Timestamp at) {
    const std::int64_t now = totp_step(at);
    std::optional<std::int64_t> found;
    // Always all three, so that the time does not tell which one it was.
    for (const std::int64_t step : {now - 1, now, now + 1}) {
        if (equal_in_constant_time(totp_code(secret, step), code)) found = step;
    }
    return found;
}

std::string base32(std::string_view bytes) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string out;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
        held = (held << 8) | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 5; bits -= 5) out += alphabet[(held >> (bits - 5)) & 31u];
    }
    if (bits > 0) out += alphabet[(held << (5 - bits)) & 31u];
    return out;
}

std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account) {
    return fmt::format("otpauth://totp/{0}:{1}?secret={2}&issuer={0}", percent_encoded(issuer),
                       percent_encoded(account), base32(secret));
}

}  // namespace gx
