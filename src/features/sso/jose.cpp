#include "features/sso/jose.hpp"

#include <cjose/cjose.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/failure.hpp"
#include "base/secret.hpp"

namespace gx::features {

namespace {

constexpr std::array<std::string_view, 6> rsa_algorithms{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"};
constexpr std::array<std::string_view, 3> curve_algorithms{"ES256", "ES384", "ES512"};
constexpr std::size_t rsa_bits_least = 2048;
constexpr std::size_t own_bits = 3072;
constexpr std::size_t token_bytes_most = 64u << 10;
constexpr std::size_t keys_most = 64;

struct Ends {
    void operator()(cjose_jws_t* token) const { cjose_jws_release(token); }
    void operator()(cjose_header_t* header) const { cjose_header_release(header); }
    void operator()(char* text) const { std::free(text); }
};
template <class T>
using Owned = std::unique_ptr<T, Ends>;

std::shared_ptr<void> shared(cjose_jwk_t* key) {
    return {key, [](void* held) { cjose_jwk_release(static_cast<cjose_jwk_t*>(held)); }};
}
cjose_jwk_t* raw(const std::shared_ptr<void>& key) { return static_cast<cjose_jwk_t*>(key.get()); }

std::shared_ptr<void> imported(std::string_view jwk) {
    cjose_err error{};
    cjose_jwk_t* key = cjose_jwk_import(jwk.data(), jwk.size(), &error);
    return key == nullptr ? nullptr : shared(key);
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* member = object.if_contains(name);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

std::string header_text(cjose_header_t* header, const char* name) {
    cjose_err error{};
    const char* text = cjose_header_get(header, name, &error);
    return text == nullptr ? std::string() : std::string(text);
}

bool contains(const auto& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

void must(bool holds, const cjose_err& error) {
    if (!holds)
        throw Failure(Failure::Kind::broken, "broken", {{"why", error.message == nullptr ? "" : error.message}});
}

}  // namespace

KeySet KeySet::read(const json::value& jwks) {
    KeySet set;
    const json::object* root = jwks.if_object();
    const json::value* keys = root == nullptr ? nullptr : root->if_contains("keys");
    if (keys == nullptr || !keys->is_array()) return set;
    for (const json::value& one : keys->get_array()) {
        const json::object* jwk = one.if_object();
        if (jwk == nullptr || set.keys_.size() >= keys_most) continue;
        const std::string kind = text_of(*jwk, "kty");
        const std::string use = text_of(*jwk, "use");
        if ((kind != "RSA" && kind != "EC") || (!use.empty() && use != "sig")) continue;
        auto key = imported(json::serialize(one));
        cjose_err error{};
        if (!key || (kind == "RSA" && cjose_jwk_get_keysize(raw(key), &error) < rsa_bits_least)) continue;
        set.keys_.push_back({text_of(*jwk, "kid"), kind == "RSA", text_of(*jwk, "alg"), std::move(key)});
    }
    return set;
}

KeySet::Checked KeySet::check(std::string_view compact) const {
    if (compact.empty() || compact.size() > token_bytes_most) return {};
    cjose_err error{};
    const Owned<cjose_jws_t> token(cjose_jws_import(compact.data(), compact.size(), &error));
    if (!token) return {};
    cjose_header_t* header = cjose_jws_get_protected(token.get());
    const std::string algorithm = header_text(header, CJOSE_HDR_ALG);
    const bool by_rsa = contains(rsa_algorithms, algorithm);
    if (!by_rsa && !contains(curve_algorithms, algorithm)) return {};
    // Extensions that must be understood: there are none that are.
    if (const Owned<char> critical(cjose_header_get_raw(header, "crit", &error)); critical) return {};
    const std::string id = header_text(header, CJOSE_HDR_KID);
    bool known = false;
    for (const Key& key : keys_) {
        if (key.is_rsa != by_rsa || (!key.algorithm.empty() && key.algorithm != algorithm)) continue;
        if (!id.empty() && key.id != id) continue;
        known = true;
        if (!cjose_jws_verify(token.get(), raw(key.key), &error)) continue;
        std::uint8_t* payload = nullptr;
        std::size_t length = 0;
        if (!cjose_jws_get_plaintext(token.get(), &payload, &length, &error)) return {};
        return {Verdict::right, std::string(reinterpret_cast<const char*>(payload), length)};
    }
    // Without the name of a key the right one may have come since.
    return {known && !id.empty() ? Verdict::wrong : Verdict::unknown_key, {}};
}

TokenKey::TokenKey(std::shared_ptr<void> key) : key_(std::move(key)) {
    cjose_err error{};
    const char* id = cjose_jwk_get_kid(raw(key_), &error);
    must(id != nullptr, error);
    id_ = id;
}

TokenKey TokenKey::make() {
    cjose_err error{};
    static constexpr std::array<std::uint8_t, 3> exponent{1, 0, 1};
    cjose_jwk_t* made = cjose_jwk_create_RSA_random(own_bits, exponent.data(), exponent.size(), &error);
    must(made != nullptr, error);
    auto key = shared(made);
    const std::string id = random_token(9);
    must(cjose_jwk_set_kid(made, id.data(), id.size(), &error), error);
    return TokenKey(std::move(key));
}

TokenKey::TokenKey(std::string_view secret)
    : TokenKey([&] {
          auto key = imported(secret);
          ensure(key != nullptr, "a stored key can be read");
          return key;
      }()) {}

std::string TokenKey::secret() const {
    cjose_err error{};
    const Owned<char> text(cjose_jwk_to_json(raw(key_), true, &error));
    must(text != nullptr, error);
    return text.get();
}

std::string TokenKey::open() const {
    cjose_err error{};
    const Owned<char> text(cjose_jwk_to_json(raw(key_), false, &error));
    must(text != nullptr, error);
    json::value jwk = parse_json(text.get());
    jwk.get_object()["use"] = "sig";
    jwk.get_object()["alg"] = "RS256";
    return json::serialize(jwk);
}

std::string TokenKey::sign(std::string_view payload, std::string_view type) const {
    cjose_err error{};
    const Owned<cjose_header_t> header(cjose_header_new(&error));
    must(header != nullptr, error);
    must(cjose_header_set(header.get(), CJOSE_HDR_ALG, CJOSE_HDR_ALG_RS256, &error), error);
    must(cjose_header_set(header.get(), CJOSE_HDR_KID, id_.c_str(), &error), error);
    must(cjose_header_set(header.get(), "typ", std::string(type).c_str(), &error), error);
    const Owned<cjose_jws_t> token(cjose_jws_sign(
        raw(key_), header.get(), reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size(), &error));
    must(token != nullptr, error);
    const char* compact = nullptr;
    must(cjose_jws_export(token.get(), &compact, &error), error);
    return compact;
}

}  // namespace gx::features
