// One-time codes of an authenticator app: RFC 6238 with SHA-1, six digits, thirty seconds. These are the only
// parameters that every app understands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace gx {

inline constexpr int totp_digits = 6;
inline constexpr std::int64_t totp_seconds = 30;

std::int64_t totp_step(Timestamp at);
std::string totp_code(std::string_view secret, std::int64_t step);

// The step that this code belongs to: the present one, the one before or the one after, because clocks differ.
// Compared in constant time.
std::optional<std::int64_t> matching_totp_step(std::string_view secret, std::string_view code, Timestamp at);

// Base32 without padding, as authenticator apps read secrets.
std::string base32(std::string_view bytes);

// otpauth://totp/… for the picture that an app scans.
std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account);

}  // namespace gx
