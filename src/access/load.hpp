// Grants from the tables of the organisation, and a cache of them by user.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/access.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::access {

// Single records opened to an employee, a department (with those below) or a team. `writes` is 0 or 1;
// `seen` repeats when the record was updated, so that what is open to somebody stands in the usual order of lists.
std::vector<store::Table> share_tables();

// Rights of roles, each read once; people with the same roles share what they have in common.
class RoleBook {
public:
    // `text` is the stored JSON. What cannot be read grants nothing: one broken role must not lock everybody out.
    std::shared_ptr<const RoleRights> role(const std::string& code, const std::string& text);
    std::shared_ptr<const Rights> joined(const meta::Model& model, const std::vector<HeldRole>& roles);

private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const RoleRights>> roles_;  // by JSON
    std::map<std::vector<std::shared_ptr<const RoleRights>>, std::shared_ptr<const Rights>> joined_;
};

// One round trip. Throws Failure(unauthenticated) when there is no such user. Posts run by the days of `zone`.
std::shared_ptr<const Grants> load_grants(store::Connection& connection, const meta::Model& model, RoleBook& book,
                                          RecordId user, Timestamp now, const TimeZone& zone);

// Every change of the organisation drops all of it: such changes are rare, and a load is one round trip.
class GrantsCache {
public:
    GrantsCache(store::Store& store, std::function<meta::ModelPtr()> model, const Clock& clock, TimeZone zone)
        : store_(store),
          model_(std::move(model)),
          clock_(clock),
          zone_(std::move(zone)),
          book_(std::make_shared<RoleBook>()) {}

    std::shared_ptr<const Grants> of(RecordId user);
    // Tell of every commit (Records::on_commit). True when rights may have changed.
    bool committed(std::string_view object);
    void clear();

private:
    store::Store& store_;
    std::function<meta::ModelPtr()> model_;
    const Clock& clock_;
    const TimeZone zone_;
    std::mutex mutex_;
    std::uint64_t generation_ = 0;  // a load that began before a change must not stay
    std::string model_version_;
    std::shared_ptr<RoleBook> book_;  // renewed with the model
    std::unordered_map<RecordId, std::shared_ptr<const Grants>> grants_;
};

}  // namespace gx::access
