// The directories of the company as they are declared, who of their people has which account here, and how much they
// may be troubled: one that does not answer must not hold up everybody else.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/failure.hpp"
#include "base/id.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "features/directory/ldap.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::features {

struct Directory {
    RecordId id;
    std::string name;
    bool active = false;
    LdapAddress address;
    std::string bind_name, bind_password;
    std::string base, people_filter, group_filter;
    std::string login_attribute, key_attribute, name_attribute, email_attribute, mobile_attribute;
    bool makes_accounts = false, ends_accounts = false;
    RecordId default_role;
    std::vector<std::pair<std::string, RecordId>> roles;  // group, folded → role

    // In a filter: a person that has this value, as written, in the attribute.
    std::string person_with(std::string_view attribute, std::string_view value) const;
};

// Somebody as a directory knows him.
struct DirectoryPerson {
    std::string key;  // stays when somebody is renamed
    std::string dn, login, name, email, mobile;
};

// For the page of who looks after them.
struct DirectoryState {
    RecordId id;
    std::string name, address;
    bool active = false, encrypted = false, has_password = false;
    std::int64_t accounts = 0;
    std::optional<Timestamp> last_run{};
    std::string last_result;  // JSON, empty before the first run
};

// For people; what the directory itself said goes to the log.
Failure failure_of(const DirectoryTrouble& trouble, const Directory& directory);

class Directories {
public:
    Directories(store::Store& store, const Clock& clock, Sealer sealer)
        : store_(store), clock_(clock), sealer_(std::move(sealer)) {}

    static std::vector<store::Table> tables();  // directory_account, directory_role, directory_secret

    std::vector<Directory> active() const;
    Directory read(RecordId id) const;             // throws not_found()
    RecordId called(std::string_view name) const;  // throws not_found()
    // Empty: none. It counts for the address that the directory has now: whoever may change the address cannot have the
    // password sent to a place of his own.
    void set_password(RecordId id, std::string_view password);
    std::vector<DirectoryState> states() const;

    struct Account {
        RecordId user, directory;
        std::string key;
    };
    std::optional<Account> account_of(RecordId user) const;
    std::optional<RecordId> user_of(RecordId directory, std::string_view key) const;
    std::unordered_map<std::string, RecordId> users_of(RecordId directory) const;  // by key
    void link(RecordId directory, const std::vector<std::pair<RecordId, std::string>>& users);
    // Which roles an account has from the directory, so that it takes no other. By account.
    using Given = std::vector<std::pair<RecordId, std::vector<RecordId>>>;
    void add_given(const Given& given);
    void set_given(const Given& given);
    // Whose account the directory itself ended: it is back when the person is back. What people disable stays so.
    void mark_ended(const std::vector<RecordId>& users, bool ended);

    // A connection that is bound as the program. Throws DirectoryTrouble.
    Ldap open(const Directory& directory) const;
    static Ldap::Question about_people(const Directory& directory, const std::string& filter);
    static std::optional<DirectoryPerson> person_of(const Directory& directory, const LdapEntry& entry);

    // Runs when the directory answered lately and there is a place among those who wait for it; else throws
    // DirectoryTrouble.
    void careful(const Directory& directory, const std::function<void()>& work);
    void note_run(RecordId id, std::string_view result);

    store::Store& store() const { return store_; }

private:
    std::vector<Directory> where(const store::Sql& condition) const;

    store::Store& store_;
    const Clock& clock_;
    Sealer sealer_;
    std::mutex mutex_;
    std::condition_variable place_free_;
    unsigned talking_ = 0, waiting_ = 0;
    struct Silence {
        std::string url;
        Timestamp until;
    };
    std::unordered_map<RecordId, Silence> silent_;
    bool is_silent(const Directory& directory) const;
    void take_place(const Directory& directory);
};

}  // namespace gx::features
