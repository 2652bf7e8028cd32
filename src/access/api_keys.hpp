// Keys with which programs work for a person: they may do what the account may, or only read, until they end. Only the
// SHA-256 of a key is kept: a stolen database opens nothing. What people see of keys is the object api_key.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/attempts.hpp"
#include "access/policy.hpp"
#include "access/sessions.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::access {

inline constexpr std::string_view use_keys_right = "api_key.use";
inline constexpr std::string_view end_keys_right = "api_key.end";

// Why a key is over; items of the dictionary api_key_end.
enum class KeyEnd { person, administrator, password, account, expired };
std::string_view name_of(KeyEnd end);

struct KeyWish {
    std::string name;
    std::optional<Timestamp> until;  // none: as long as the policy allows
    bool reads_only = false;
};

struct MadeKey {
    RecordId id;
    std::string key;  // shown once, kept nowhere
    Timestamp until;
};

struct KeyInfo {
    RecordId id, user;
    std::string login, person, name, begins;
    bool reads_only = false;
    Timestamp made, until;
    std::optional<Timestamp> last_used, ended;
    std::string last_address, end_reason;
};

class ApiKeys {
public:
    ApiKeys(store::Store& store, const Clock& clock, IdSource& ids, Policy& policy, Tell tell)
        : store_(store), clock_(clock), ids_(ids), policy_(policy), tell_(std::move(tell)) {}

    static std::vector<store::Table> tables();  // api_key_digest; api_key is a declared object

    // Throws Failure(invalid) for a name that is missing or too long, and an end that is past or later than the policy
    // allows.
    MadeKey make(RecordId user, const KeyWish& wish);

    // As whom a request with this key works; its `key` names it like that of a session. Empty when the key is unknown
    // or over, its account not active, or the address not allowed by the policy.
    std::optional<Session> find(std::string_view key, std::string_view address);
    // Of these names (Session::key) those that are over, in one round trip: for what is open for long.
    std::vector<std::string> over(std::span<const std::string> names) const;

    // The owner's name of it, or nothing when there is no such key in use. No user: whosever it is.
    std::optional<KeyInfo> end(RecordId user, RecordId id, KeyEnd why);
    void end_all(RecordId user, KeyEnd why);
    // Newest first, those that ended too. No user: of everybody.
    std::vector<KeyInfo> list(RecordId user, int limit) const;

    // Accounts may have changed: at the next watch(), keys of those that are no longer active end.
    void check_again() { check_again_ = true; }
    void watch();  // a few times a second

private:
    std::vector<KeyInfo> select(const store::Sql& condition, int limit) const;
    std::vector<KeyInfo> end_where(const store::Sql& condition, KeyEnd why, bool tells);
    void note_use(RecordId id, std::string_view address);

    struct Cached {
        std::optional<Session> session;
        Timestamp until;
    };
    store::Store& store_;
    const Clock& clock_;
    IdSource& ids_;
    Policy& policy_;
    Tell tell_;
    std::mutex mutex_;
    std::unordered_map<std::string, Cached> cache_;  // by digest
    std::uint64_t ends_ = 0;                         // a key that was read before an end is not remembered after it
    std::atomic<bool> check_again_ = true;
    Timestamp expiry_checked_{};
};

}  // namespace gx::access
