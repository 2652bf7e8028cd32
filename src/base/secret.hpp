// Passwords (argon2id), random tokens and digests, all from libsodium. Nothing of our own.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gx {

std::string hash_password(std::string_view password);                       // encoded argon2id; ~50 ms, 64 MiB
bool verify_password(std::string_view encoded, std::string_view password);  // constant time
std::string random_token(std::size_t bytes = 32);                           // base64url without padding
std::string random_password();                                              // 16 readable characters
std::string sha256(std::string_view data);                                  // 32 bytes
std::string sha256_hex(std::string_view data);
std::string sha256_base64url(std::string_view data);  // without padding, as RFC 7636 has it
bool equal_in_constant_time(std::string_view a, std::string_view b);

std::string base64(std::string_view data);     // with padding, in one line
std::string base64url(std::string_view data);  // without padding
std::optional<std::string> from_base64(std::string_view text);
std::optional<std::string> from_base64url(std::string_view text);

// Random bytes as they are, for secrets that others write down in their own way.
std::string random_bytes(std::size_t count);

// Keeps what must be readable again, but not by whoever steals the database: secretbox with a key that lies in a file
// of its own.
class Sealer {
public:
    explicit Sealer(std::string key);  // 32 bytes

    // Reads the file, or makes it, readable by its owner only. Throws Failure(broken, "sealing_key_file", {file, why}).
    static Sealer from_file(const std::filesystem::path& file);

    std::string seal(std::string_view plain) const;  // text for a column
    // Empty when the text was changed, or sealed with another key.
    std::optional<std::string> open(std::string_view sealed) const;

private:
    std::string key_;
};

}  // namespace gx
