// A caller from an account: rights, name, language. Kept for a moment, so that a request costs no statement for it.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "access/access.hpp"
#include "access/load.hpp"
#include "store/store.hpp"

namespace gx::access {

class Callers {
public:
    Callers(store::Store& store, GrantsCache& grants, std::shared_ptr<const TimeZone> zone)
        : store_(store), grants_(grants), zone_(std::move(zone)) {}

    // Throws Failure(unauthenticated) when the account is gone.
    Caller of(RecordId user);
    void forget(RecordId user);  // language changed
    void clear();                // accounts or people changed

private:
    struct Known {
        std::string login, name;
        Language language = Language::zh;
    };

    store::Store& store_;
    GrantsCache& grants_;
    std::shared_ptr<const TimeZone> zone_;
    std::mutex mutex_;
    std::unordered_map<RecordId, Known> known_;
};

}  // namespace gx::access
