// Signing in at a provider: where the browser is sent, and what it brings back. Authorization code flow with PKCE,
// state and nonce (OpenID Connect Core, RFC 7636, RFC 9700). What has to be remembered meanwhile goes along in a cookie
// that is sealed: nothing is stored for visitors that never come back, and the answer counts only in the browser that
// asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "features/outside.hpp"
#include "features/sso/discovery.hpp"
#include "features/sso/providers.hpp"

namespace gx::features {

// Why somebody goes to a provider.
struct Errand {
    std::string next{};     // where to go afterwards, a path of ours
    std::string session{};  // not empty: to link the provider with the account of this session
};

// Who the provider says it is.
struct Proved {
    Provider provider{};
    Errand errand{};
    std::string subject{};
    json::object claims{};  // of the token, and of the user information where that was asked
    std::string id_token{};
};

class SsoClient {
public:
    SsoClient(Providers& providers, Discovery& discovery, Outside& outside, const Clock& clock, Sealer sealer)
        : providers_(providers), discovery_(discovery), outside_(outside), clock_(clock), sealer_(std::move(sealer)) {}

    struct Begun {
        std::string location;  // of the provider
        std::string cookie_name, cookie;
    };
    static constexpr std::chrono::minutes life{10};

    // `site`: how the world calls this system. Throws not_found(), or as Discovery::facts.
    Begun begin(std::string_view code, const std::string& site, const Errand& errand);

    // What came back to the redirect address.
    struct Answer {
        std::string code, state, issuer, error;
    };
    static std::string cookie_name(std::string_view state);
    // Throws Failure(unauthenticated) with keys sso_state, sso_denied, sso_token {why}; or as Discovery::facts.
    Proved finish(std::string_view code, const std::string& site, const Answer& answer, std::string_view cookie);

    // Where to end the session at the provider; empty when it has no such place.
    std::string end_session_address(const std::string& code, const std::string& id_token, const std::string& site);

private:
    struct Flow;
    std::string token_for(const Provider& provider, const ProviderFacts& facts, const std::string& site,
                          const std::string& code, const std::string& verifier, std::string& access_token);
    void add_user_information(const Provider& provider, const ProviderFacts& facts, const std::string& access_token,
                              json::object& claims);

    Providers& providers_;
    Discovery& discovery_;
    Outside& outside_;
    const Clock& clock_;
    Sealer sealer_;
};

}  // namespace gx::features
