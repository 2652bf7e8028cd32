// What each user likes: language, theme, density, remembered widths and panels. Small JSON values by key.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::access {

class UserSettings {
public:
    explicit UserSettings(store::Store& store) : store_(store) {}
    static std::vector<store::Table> tables();

    // Key -> JSON text.
    std::map<std::string, std::string> of(RecordId user) const;
    // "null" removes. Throws Failure(bad_request) above 200 keys, 100 bytes a key or 16 KiB a value.
    void set(RecordId user, const std::map<std::string, std::string>& values);

private:
    store::Store& store_;
};

}  // namespace gx::access
