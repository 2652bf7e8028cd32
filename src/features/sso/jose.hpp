// Signed tokens (JWS) and keys (JWK), by cjose. Which algorithms are taken is decided here and not by the token:
// signatures with RSA or elliptic curves, each only with a key of its own kind.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace gx::features {

// Keys that others sign with, as they publish them.
class KeySet {
public:
    // {"keys":[…]}; what cannot check signatures, is too short, or is not known here is left out.
    static KeySet read(const json::value& jwks);

    enum class Verdict { right, wrong, unknown_key };
    struct Checked {
        Verdict verdict = Verdict::wrong;
        std::string payload{};  // only when right
    };
    Checked check(std::string_view compact) const;

    bool empty() const { return keys_.empty(); }

private:
    struct Key {
        std::string id;  // may be empty
        bool is_rsa = false;
        std::string algorithm;  // the only one, when the key says so
        std::shared_ptr<void> key;
    };
    std::vector<Key> keys_;
};

// A key of our own: RSA, RS256, which every application can check.
class TokenKey {
public:
    static TokenKey make();
    // What `secret` gave. Throws Failure(broken) when it is none.
    explicit TokenKey(std::string_view secret);

    const std::string& id() const { return id_; }
    std::string secret() const;  // JWK with the private part
    std::string open() const;    // JWK for the world: {"kty","kid","use","alg","n","e"}
    std::string sign(std::string_view payload, std::string_view type) const;

private:
    explicit TokenKey(std::shared_ptr<void> key);

    std::shared_ptr<void> key_;
    std::string id_;
};

}  // namespace gx::features
