// How accounts stand with signing in, for who looks after them: what is set up, since when, and what went wrong lately.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

namespace gx::access {

struct AccountInfo {
    RecordId user;
    std::string login, name;
    bool active = false;
    bool has_password = false;
    bool temporary = false;  // somebody else chose the password
    std::optional<Timestamp> password_since;
    bool has_second_factor = false;
    std::int64_t passkeys = 0;
    std::optional<Timestamp> last_sign_in;
    std::int64_t failures = 0;  // in the last day, since the last success
    std::int64_t sessions = 0;
};

class AccountList {
public:
    AccountList(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

    // Those whose sign-in name or name holds `words`, by sign-in name; at most `limit`, behind `after`.
    bool is_active(RecordId user) const;
    std::vector<AccountInfo> page(std::string_view words, std::string_view after, int limit) const;

private:
    store::Store& store_;
    const Clock& clock_;
};

}  // namespace gx::access
