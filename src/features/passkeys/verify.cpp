#include "features/passkeys/verify.hpp"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include <memory>
#include <mutex>
#include <optional>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "base/secret.hpp"
#include "features/passkeys/attestation.hpp"

namespace gx::features {

namespace {

template <auto free_it>
struct Freed {
    template <class T>
    void operator()(T* one) const {
        free_it(&one);
    }
};
using Credential = std::unique_ptr<fido_cred_t, Freed<fido_cred_free>>;
using Assertion = std::unique_ptr<fido_assert_t, Freed<fido_assert_free>>;

constexpr unsigned user_present = 0x01, user_verified = 0x04;
constexpr std::size_t credential_bytes_most = 1023;  // WebAuthn, 4 "Credential ID"
constexpr std::size_t domain_hash_bytes = 32;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
std::string text(const unsigned char* data, std::size_t size) {
    return data == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

void refuse_unless(bool holds, std::string_view why) {
    if (!holds) throw PasskeyRefused{why};
}

void start_fido() {
    static std::once_flag once;
    std::call_once(once, [] { fido_init(0); });
}

// What the browser itself says, signed by the authenticator: what for, which challenge, at which site.
void check_client_data(std::string_view json_text, std::string_view type, std::string_view challenge,
                       const Site& site) {
    json::value parsed;
    try {
        parsed = parse_json(json_text, {.bytes_max = 4 << 10, .depth_max = 4});
    } catch (const Failure&) {
        throw PasskeyRefused{"client_data"};
    }
    refuse_unless(parsed.is_object(), "client_data");
    const json::object& members = parsed.get_object();
    const auto says = [&](std::string_view name, std::string_view expected) {
        const json::value* member = members.if_contains(name);
        return member != nullptr && member->is_string() && std::string_view(member->get_string()) == expected;
    };
    refuse_unless(says("type", type), "type");
    refuse_unless(says("challenge", base64url(challenge)), "challenge");
    refuse_unless(says("origin", site.origin), "origin");
    // Inside a page of somebody else nobody signs in.
    const json::value* const framed = members.if_contains("crossOrigin");
    refuse_unless(framed == nullptr || framed->is_null() || (framed->is_bool() && !framed->get_bool()), "framed");
    refuse_unless(!members.contains("topOrigin"), "framed");
}

void check_domain(std::string_view authenticator_data, const Site& site) {
    refuse_unless(sha256(site.domain) == authenticator_data.substr(0, domain_hash_bytes), "domain");
}

void check_flags(unsigned flags) {
    refuse_unless((flags & user_present) != 0, "user_presence");
    refuse_unless((flags & user_verified) != 0, "user_verification");
}

// Reads authData as that of a key of this algorithm; null when it is of another one.
Credential read_credential(const Attestation& attestation, int algorithm) {
    Credential credential(fido_cred_new());
    ensure(credential != nullptr, "memory for a passkey");
    const std::string& data = attestation.authenticator_data;
    if (fido_cred_set_type(credential.get(), algorithm) != FIDO_OK ||
        fido_cred_set_authdata_raw(credential.get(), bytes(data), data.size()) != FIDO_OK)
        return nullptr;
    return credential;
}

// No statement was asked for, so most often there is none. Where there is one, it must be right; whether its
// certificate is to be trusted is not asked, for no model of authenticator is demanded.
void check_statement(fido_cred_t* credential, const Attestation& attestation, std::string_view client_data,
                     const Site& site) {
    if (attestation.format == "none") return;
    const std::string& statement = attestation.statement;
    const bool readable = fido_cred_set_fmt(credential, attestation.format.c_str()) == FIDO_OK &&
                          fido_cred_set_rp(credential, site.domain.c_str(), nullptr) == FIDO_OK &&
                          fido_cred_set_clientdata(credential, bytes(client_data), client_data.size()) == FIDO_OK &&
                          fido_cred_set_uv(credential, FIDO_OPT_TRUE) == FIDO_OK &&
                          fido_cred_set_attstmt(credential, bytes(statement), statement.size()) == FIDO_OK;
    refuse_unless(readable, "attestation");
    // Some authenticators add a level of protection by themselves; libfido2 wants to be told which.
    constexpr int protection_most = 3;
    for (int protection = 0; protection <= protection_most; ++protection) {
        if (fido_cred_set_prot(credential, protection) != FIDO_OK) continue;
        const int verified =
            attestation.with_certificate ? fido_cred_verify(credential) : fido_cred_verify_self(credential);
        if (verified == FIDO_OK) return;
    }
    throw PasskeyRefused{"attestation"};
}

int verify_with(const fido_assert_t* assertion, const KnownKey& key) {
    const unsigned char* const data = bytes(key.public_key);
    const std::size_t size = key.public_key.size();
    if (key.algorithm == COSE_ES256) {
        const std::unique_ptr<es256_pk_t, Freed<es256_pk_free>> known(es256_pk_new());
        if (!known || es256_pk_from_ptr(known.get(), data, size) != FIDO_OK) return FIDO_ERR_INVALID_ARGUMENT;
        return fido_assert_verify(assertion, 0, key.algorithm, known.get());
    }
    if (key.algorithm == COSE_RS256) {
        const std::unique_ptr<rs256_pk_t, Freed<rs256_pk_free>> known(rs256_pk_new());
        if (!known || rs256_pk_from_ptr(known.get(), data, size) != FIDO_OK) return FIDO_ERR_INVALID_ARGUMENT;
        return fido_assert_verify(assertion, 0, key.algorithm, known.get());
    }
    if (key.algorithm == COSE_EDDSA) {
        const std::unique_ptr<eddsa_pk_t, Freed<eddsa_pk_free>> known(eddsa_pk_new());
        if (!known || eddsa_pk_from_ptr(known.get(), data, size) != FIDO_OK) return FIDO_ERR_INVALID_ARGUMENT;
        return fido_assert_verify(assertion, 0, key.algorithm, known.get());
    }
    return FIDO_ERR_UNSUPPORTED_ALGORITHM;
}

}  // namespace

NewKey verify_made(const Made& made, std::string_view challenge, const Site& site) {
    start_fido();
    check_client_data(made.client_data, "webauthn.create", challenge, site);
    const auto attestation = read_attestation(made.attestation);
    refuse_unless(attestation.has_value(), "attestation");
    refuse_unless(is_whole_with_key(attestation->authenticator_data), "authenticator_data");
    check_domain(attestation->authenticator_data, site);
    Credential credential;
    for (const int algorithm : passkey_algorithms) {
        credential = read_credential(*attestation, algorithm);
        if (credential) break;
    }
    refuse_unless(credential != nullptr, "key");
    check_flags(fido_cred_flags(credential.get()));
    check_statement(credential.get(), *attestation, made.client_data, site);
    NewKey key;
    key.credential = text(fido_cred_id_ptr(credential.get()), fido_cred_id_len(credential.get()));
    key.public_key = text(fido_cred_pubkey_ptr(credential.get()), fido_cred_pubkey_len(credential.get()));
    key.algorithm = fido_cred_type(credential.get());
    key.counter = fido_cred_sigcount(credential.get());
    refuse_unless(!key.credential.empty() && key.credential.size() <= credential_bytes_most, "credential");
    return key;
}

std::int64_t verify_shown(const Shown& shown, const KnownKey& key, std::string_view challenge, const Site& site) {
    start_fido();
    check_client_data(shown.client_data, "webauthn.get", challenge, site);
    refuse_unless(is_whole(shown.authenticator_data), "authenticator_data");
    check_domain(shown.authenticator_data, site);
    const Assertion assertion(fido_assert_new());
    ensure(assertion != nullptr, "memory for a passkey");
    const bool readable =
        fido_assert_set_count(assertion.get(), 1) == FIDO_OK &&
        fido_assert_set_rp(assertion.get(), site.domain.c_str()) == FIDO_OK &&
        fido_assert_set_clientdata(assertion.get(), bytes(shown.client_data), shown.client_data.size()) == FIDO_OK &&
        fido_assert_set_authdata_raw(assertion.get(), 0, bytes(shown.authenticator_data),
                                     shown.authenticator_data.size()) == FIDO_OK &&
        fido_assert_set_sig(assertion.get(), 0, bytes(shown.signature), shown.signature.size()) == FIDO_OK &&
        fido_assert_set_up(assertion.get(), FIDO_OPT_TRUE) == FIDO_OK &&
        fido_assert_set_uv(assertion.get(), FIDO_OPT_TRUE) == FIDO_OK;
    refuse_unless(readable, "authenticator_data");
    check_flags(fido_assert_flags(assertion.get(), 0));
    refuse_unless(verify_with(assertion.get(), key) == FIDO_OK, "signature");
    return fido_assert_sigcount(assertion.get(), 0);
}

}  // namespace gx::features
