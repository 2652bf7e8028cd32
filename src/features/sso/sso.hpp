// Single sign-on, put together: signing in with a provider, and being one for other applications of the company.
#pragma once

#include <memory>
#include <vector>

#include "features/outside.hpp"
#include "features/sso/admission.hpp"
#include "features/sso/applications.hpp"
#include "features/sso/client.hpp"
#include "features/sso/discovery.hpp"
#include "features/sso/issuer.hpp"
#include "features/sso/key_ring.hpp"
#include "features/sso/links.hpp"
#include "features/sso/providers.hpp"

namespace gx::features {

struct SingleSignOn {
    SingleSignOn(record::Records& records, Sealer with_key, std::shared_ptr<const TimeZone> zone)
        : sealer(std::move(with_key)),
          providers(records.parts().store, records.parts().clock, sealer),
          links(records.parts().store, records.parts().clock),
          discovery(outside, records.parts().clock),
          client(providers, discovery, outside, records.parts().clock, sealer),
          admission(records, links, std::move(zone)),
          applications(records.parts().store, records.parts().clock),
          keys(records.parts().store, records.parts().clock, sealer),
          issuer(records.parts().store, records.parts().clock, keys) {}

    static std::vector<store::Table> tables() {
        std::vector<store::Table> all;
        for (const auto& tables : {Providers::tables(), ProviderLinks::tables(), Applications::tables(),
                                   KeyRing::tables(), Issuer::tables()})
            all.insert(all.end(), tables.begin(), tables.end());
        return all;
    }

    // Tell of every commit.
    void committed(std::string_view object) {
        if (object == "sign_in_provider") discovery.forget();
    }

    void tidy() {
        links.tidy();
        keys.tidy();
        issuer.tidy();
    }

    Sealer sealer;
    Outside outside{"sso_provider_away"};
    Providers providers;
    ProviderLinks links;
    Discovery discovery;
    SsoClient client;
    Admission admission;

    Applications applications;
    KeyRing keys;
    Issuer issuer;
};

}  // namespace gx::features
