// Grants from the tables of the organisation, and a cache of them by user.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "access/access.hpp"
#include "store/store.hpp"

namespace gx::access {

// One round trip. Throws Failure(unauthenticated) when there is no such user.
std::shared_ptr<const Grants> load_grants(store::Connection& connection, const meta::Model& model, RecordId user);

// Every change of the organisation drops all of it: such changes are rare, and a load is one round trip.
class GrantsCache {
public:
    GrantsCache(store::Store& store, std::function<meta::ModelPtr()> model) : store_(store), model_(std::move(model)) {}

    std::shared_ptr<const Grants> of(RecordId user);
    // Tell of every commit (Records::on_commit). True when rights may have changed.
    bool committed(std::string_view object);
    void clear();

private:
    store::Store& store_;
    std::function<meta::ModelPtr()> model_;
    std::mutex mutex_;
    std::uint64_t generation_ = 0;  // a load that began before a change must not stay
    std::string model_version_;
    std::unordered_map<RecordId, std::shared_ptr<const Grants>> grants_;
};

}  // namespace gx::access
