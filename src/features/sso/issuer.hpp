// We as the provider: codes for applications, what they are worth, and what a token of ours says. Codes and access
// tokens are rows, kept by their digest only; each ends with the session it was given in, the account, the role and the
// application that it hangs on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "features/sso/applications.hpp"
#include "features/sso/key_ring.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::features {

// What a code was given for.
struct CodeWish {
    RecordId application{}, user{};
    std::string session{};  // its key
    std::string redirect{}, challenge{}, nonce{}, scope{};
    Timestamp signed_in_at{};
};

// What is told of a person; roles are codes.
struct PersonClaims {
    std::string login{}, name{}, email{}, language{};
    std::vector<std::string> roles{};
};

class Issuer {
public:
    Issuer(store::Store& store, const Clock& clock, KeyRing& keys) : store_(store), clock_(clock), keys_(keys) {}

    static std::vector<store::Table> tables();  // sso_code, sso_token

    std::string make_code(const CodeWish& wish);

    // What a code was worth. A code is spent by being shown, rightly or not; shown again it takes back what it gave.
    struct Redeemed {
        CodeWish wish{};
        std::string why{};  // not empty: refused
        std::string code_digest{};
    };
    struct Shown {
        std::string code, redirect, verifier;
        RecordId application;
    };
    Redeemed redeem(const Shown& shown);

    // `person` is told as far as scope and application allow.
    std::string id_token(const std::string& issuer, const Application& application, const CodeWish& wish,
                         const PersonClaims& person);
    std::string access_token(const Redeemed& redeemed);
    static constexpr std::chrono::seconds access_life{600};

    struct Access {
        RecordId application{}, user{};
        std::string session{}, scope{};
    };
    std::optional<Access> access(std::string_view token) const;
    std::string user_information(const Application& application, const Access& access,
                                 const PersonClaims& person) const;

    // Whom a token of ours was about and for whom; also one that has expired, for signing out.
    struct Hint {
        RecordId user{};
        std::string client_id{};
    };
    std::optional<Hint> read_hint(std::string_view id_token, const std::string& issuer);

    PersonClaims person(RecordId user) const;  // without roles; an empty login when the account cannot be used
    void tidy();

private:
    store::Store& store_;
    const Clock& clock_;
    KeyRing& keys_;
};

// A scope has this word.
bool names_scope(std::string_view scope, std::string_view word);

}  // namespace gx::features
