// Which account stands for which person at a provider. The provider's own name for a person (the subject) never changes
// and never goes to another, unlike names and e-mail addresses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::features {

struct ProviderLink {
    RecordId provider{};
    std::string code{}, name{}, name_en{};  // of the provider
    std::string shown{};                    // how the provider calls the person: e-mail address or name
    std::optional<Timestamp> since{};       // none: not linked
};

class ProviderLinks {
public:
    ProviderLinks(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

    static std::vector<store::Table> tables();  // provider_link, provider_sign_in

    std::optional<RecordId> account(RecordId provider, std::string_view subject) const;
    // False when the subject belongs to another account already, or the account has another subject there.
    bool add(RecordId provider, std::string_view subject, RecordId user, std::string_view shown);
    bool remove(RecordId provider, RecordId user);
    // Every provider in use, with the link of this account.
    std::vector<ProviderLink> of(RecordId user) const;

    // For signing out there too: keeps the token of the provider, sealed, under the digest of a token of ours.
    struct SignedIn {
        std::string provider;  // code
        std::string id_token;  // sealed
    };
    void remember(std::string_view token, const SignedIn& signed_in);
    std::optional<SignedIn> remembered(std::string_view token) const;
    void forget(std::string_view token);
    void tidy();  // what nobody signed out of within a month

private:
    store::Store& store_;
    const Clock& clock_;
};

}  // namespace gx::features
