#include "base/secret.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "base/failure.hpp"

namespace gx {

namespace {

void start_sodium() { ensure(sodium_init() >= 0, "libsodium does not start"); }

constexpr int base64url_kind = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string in_base64(std::string_view data, int kind) {
    std::string text(sodium_base64_encoded_len(data.size(), kind), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes_of(data), data.size(), kind);
    text.pop_back();  // the terminating zero
    return text;
}

std::optional<std::string> read_base64(std::string_view text, int kind) {
    std::string data(text.size(), '\0');
    std::size_t length = 0;
    if (sodium_base642bin(bytes_of(data), data.size(), text.data(), text.size(), nullptr, &length, nullptr, kind) != 0)
        return std::nullopt;
    data.resize(length);
    return data;
}

[[noreturn]] void key_file_failure(const std::filesystem::path& file, std::string why) {
    throw Failure(Failure::Kind::broken, "sealing_key_file", {{"file", file.string()}, {"why", std::move(why)}});
}

// What is sealed with the key is durable at once; the name of its file must be too.
void sync_folder(const std::filesystem::path& folder) {
    const int handle = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return;
    ::fsync(handle);
    ::close(handle);
}

// Under another name first: a process that dies in between leaves no half of a key, and of two that start together
// one wins and both read the same.
void make_key_file(const std::filesystem::path& file) {
    const std::string text = base64url(random_bytes(crypto_secretbox_KEYBYTES)) + "\n";
    const std::string temporary = file.string() + "." + random_token(6);
    const int handle = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (handle < 0) key_file_failure(file, std::strerror(errno));
    const bool written =
        ::write(handle, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(handle) == 0;
    const int write_error = errno;
    ::close(handle);
    const bool linked = written && (::link(temporary.c_str(), file.c_str()) == 0 || errno == EEXIST);
    const int link_error = errno;
    ::unlink(temporary.c_str());
    sync_folder(file.parent_path());
    if (!linked) key_file_failure(file, std::strerror(written ? link_error : write_error));
}

}  // namespace

std::string base64url(std::string_view data) { return in_base64(data, base64url_kind); }

std::optional<std::string> from_base64url(std::string_view text) { return read_base64(text, base64url_kind); }

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

std::string base64(std::string_view data) { return in_base64(data, sodium_base64_VARIANT_ORIGINAL); }

std::optional<std::string> from_base64(std::string_view text) {
    return read_base64(text, sodium_base64_VARIANT_ORIGINAL);
}

std::string random_bytes(std::size_t count) {
    start_sodium();
    std::string noise(count, '\0');
    randombytes_buf(noise.data(), noise.size());
    return noise;
}

std::string random_token(std::size_t bytes) { return base64url(random_bytes(bytes)); }

std::string random_password() {
    start_sodium();
    // Without characters that are read for one another: 0 O o 1 l I i.
    static constexpr std::string_view alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    std::string password;
    for (int i = 0; i < 16; ++i)
        password.push_back(alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))]);
    return password;
}

std::string sha256(std::string_view data) {
    start_sodium();
    std::string digest(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256(bytes_of(digest), bytes_of(data), data.size());
    return digest;
}

std::string sha256_hex(std::string_view data) {
    const std::string digest = sha256(data);
    std::string text(digest.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes_of(std::string_view(digest)), digest.size());
    text.pop_back();
    return text;
}

std::string sha256_base64url(std::string_view data) { return base64url(sha256(data)); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

Sealer::Sealer(std::string key) : key_(std::move(key)) {
    start_sodium();
    ensure(key_.size() == crypto_secretbox_KEYBYTES, "a key has 32 bytes");
}

Sealer Sealer::from_file(const std::filesystem::path& file) {
    start_sodium();
    if (!std::filesystem::exists(file)) make_key_file(file);
    std::ifstream in(file, std::ios::binary);
    std::string text;
    if (!in || !(in >> text)) key_file_failure(file, "cannot be read");
    auto key = from_base64url(text);
    if (!key || key->size() != crypto_secretbox_KEYBYTES) key_file_failure(file, "holds no key");
    return Sealer(std::move(*key));
}

std::string Sealer::seal(std::string_view plain) const {
    std::string sealed = random_bytes(crypto_secretbox_NONCEBYTES);
    sealed.resize(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size());
    crypto_secretbox_easy(bytes_of(sealed) + crypto_secretbox_NONCEBYTES, bytes_of(plain), plain.size(),
                          bytes_of(std::as_const(sealed)), bytes_of(key_));
    return base64url(sealed);
}

std::optional<std::string> Sealer::open(std::string_view sealed) const {
    const auto raw = from_base64url(sealed);
    if (!raw || raw->size() < crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES) return std::nullopt;
    std::string plain(raw->size() - crypto_secretbox_NONCEBYTES - crypto_secretbox_MACBYTES, '\0');
    const std::string_view box = std::string_view(*raw).substr(crypto_secretbox_NONCEBYTES);
    if (crypto_secretbox_open_easy(bytes_of(plain), bytes_of(box), box.size(), bytes_of(*raw), bytes_of(key_)) != 0)
        return std::nullopt;
    return plain;
}

}  // namespace gx
