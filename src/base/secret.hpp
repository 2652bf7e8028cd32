// Passwords (argon2id), random tokens and digests, all from libsodium. Nothing of our own.
#pragma once

#include <string>
#include <string_view>

namespace gx {

std::string hash_password(std::string_view password);                       // encoded argon2id; ~50 ms, 64 MiB
bool verify_password(std::string_view encoded, std::string_view password);  // constant time
std::string random_token(std::size_t bytes = 32);                           // base64url without padding
std::string random_password();                                              // 16 readable characters
std::string sha256_hex(std::string_view data);
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace gx
