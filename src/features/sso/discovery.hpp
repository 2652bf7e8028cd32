// What a provider says about itself, and the keys it signs with. Both are asked for when they are needed and kept for a
// while; a key that is not known yet is looked for at once, but not more often than somebody could abuse.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "features/outside.hpp"
#include "features/sso/jose.hpp"
#include "features/sso/providers.hpp"

namespace gx::features {

struct ProviderFacts {
    std::string issuer{}, authorization{}, token{}, userinfo{}, keys{}, end_session{};
    bool secret_in_body = false;  // the provider takes it there only
    bool names_itself = false;    // sends "iss" back with the code (RFC 9207)
};

class Discovery {
public:
    Discovery(Outside& outside, const Clock& clock) : outside_(outside), clock_(clock) {}

    // Throws Failure(unavailable, "sso_provider_away" | "sso_provider_strange", {why}). What failed is not asked again
    // for some seconds: pages that everybody may open must not become a storm of requests.
    ProviderFacts facts(const Provider& provider);
    // What the token holds when its signature is right. Throws also when keys cannot be read.
    std::optional<std::string> checked(const Provider& provider, const std::string& token);

    void forget();  // the provider was set up anew

private:
    struct Known {
        std::timed_mutex mutex{};  // one asks, the others wait for the answer, but not for long
        std::optional<ProviderFacts> facts{};
        Timestamp facts_until{};
        std::string failed_why{};
        Timestamp failed_until{};
        KeySet keys{};
        Timestamp keys_until{};
        Timestamp keys_asked{};
    };
    std::shared_ptr<Known> known(const Provider& provider);
    static std::unique_lock<std::timed_mutex> locked(Known& known);
    ProviderFacts facts_of(Known& known, const Provider& provider);
    void read_keys(Known& known, const Provider& provider);

    Outside& outside_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Known>> known_;  // by issuer and whether it may lie inside
};

}  // namespace gx::features
