// Sign-in providers as they are set up: records of sign_in_provider, with the secret that is kept beside them, sealed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "features/outside.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::features {

struct Provider {
    RecordId id{};
    std::string code{}, name{}, name_en{};
    std::string issuer{}, client_id{}, secret{}, scopes{}, groups_claim{};
    Outside::Walls walls = Outside::Walls::out_only;
    bool active = false;
    bool match_email = false, makes_accounts = false, second_factor = false;
    bool has_secret = false;
    RecordId department{};
};

class Providers {
public:
    Providers(store::Store& store, const Clock& clock, Sealer sealer)
        : store_(store), clock_(clock), sealer_(std::move(sealer)) {}

    static std::vector<store::Table> tables();  // provider_secret

    // In their order, without secrets.
    std::vector<Provider> all() const;
    std::optional<Provider> active(std::string_view code) const;  // with its secret
    std::optional<Provider> find(RecordId id) const;              // also one that is not in use

    // An empty text takes it away: the provider then knows us by PKCE alone.
    void set_secret(RecordId provider, std::string_view secret);

private:
    std::vector<Provider> read(const store::Sql& condition) const;

    store::Store& store_;
    const Clock& clock_;
    Sealer sealer_;
};

}  // namespace gx::features
