// The parts of a running system, put together in the order in which they need each other. Every command works on one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "access/audit.hpp"
#include "access/callers.hpp"
#include "access/identity.hpp"
#include "access/load.hpp"
#include "access/user_settings.hpp"
#include "app/settings.hpp"
#include "features/auditing/archive.hpp"
#include "features/auditing/recorder.hpp"
#include "features/auditing/verifier.hpp"
#include "features/directory/directory_sign_in.hpp"
#include "features/exporting/exporter.hpp"
#include "features/files/files.hpp"
#include "features/importing/imports.hpp"
#include "features/jobs/jobs.hpp"
#include "features/messages/recovery_messages.hpp"
#include "features/notices/notices.hpp"
#include "features/passkeys/passkey_desk.hpp"
#include "features/sso/sso.hpp"
#include "meta/model.hpp"
#include "record/behaviour.hpp"
#include "record/records.hpp"
#include "store/store.hpp"

namespace gx::app {

// The current model. Readers take a shared pointer; a change puts a new one in place.
class CurrentModel {
public:
    explicit CurrentModel(meta::ModelPtr model) : model_(std::move(model)) {}
    meta::ModelPtr get() const {
        std::lock_guard lock(mutex_);
        return model_;
    }
    void set(meta::ModelPtr model) {
        std::lock_guard lock(mutex_);
        model_ = std::move(model);
    }

private:
    mutable std::mutex mutex_;
    meta::ModelPtr model_;
};

// Reads the declarations inside the program. Prints every mistake to standard error and throws when there is one.
meta::ModelPtr load_declarations();

class System {
public:
    // Opens the database (made when absent), brings its tables up to date, and seeds what is shipped.
    explicit System(const Settings& settings);
    ~System();

    // The program itself as caller: for commands, start-up and the demo.
    access::Caller program() const;
    bool has_accounts() const;
    // Makes an employee (when `name` has none) and an account with this role. Throws Failure(invalid | conflict).
    RecordId add_account(const std::string& login, const std::string& name, const std::string& role,
                         const std::string& department_code, const std::string& password, access::ChosenBy chosen_by);
    RecordId account_of(const std::string& login) const;  // throws not_found()
    // The employee of this sign-in name or with this number. Throws Failure(invalid).
    RecordId person_called(const std::string& word) const;
    RecordId policy_record() const;  // the one record of the security policy
    // Seals what is fresh and reads the whole audit and history. `noted`: one more place that the chain must hold.
    features::Verdict verify_audit(std::optional<features::Anchor> noted = {});
    std::string company_name() const;
    // How a link can be sent to who forgot the password.
    access::RecoveryWays recovery_ways() const;

    Settings settings;
    SystemClock clock;
    IdSource ids;
    std::shared_ptr<const TimeZone> zone;
    Currency currency;
    std::unique_ptr<store::Store> store;
    CurrentModel model;
    record::Behaviours behaviours;
    std::unique_ptr<record::Records> records;
    std::unique_ptr<access::Audit> audit;
    std::unique_ptr<features::Recorder> recorder;
    std::unique_ptr<features::AuditArchives> audit_archives;
    std::unique_ptr<access::GrantsCache> grants;
    std::unique_ptr<access::Callers> callers;
    std::unique_ptr<access::Identity> identity;
    std::unique_ptr<features::PasskeyDesk> passkeys;
    std::unique_ptr<features::Directories> directories;
    std::unique_ptr<features::DirectoryPeople> directory_people;
    std::unique_ptr<features::DirectorySignIn> directory_sign_in;
    std::unique_ptr<access::UserSettings> user_settings;
    std::unique_ptr<features::Files> files;
    std::unique_ptr<features::Jobs> jobs;
    std::unique_ptr<features::Imports> imports;
    std::unique_ptr<features::Exporter> exporter;
    std::unique_ptr<features::Notices> notices;
    std::unique_ptr<features::MessageLog> message_log;
    std::unique_ptr<features::SingleSignOn> sso;

private:
    std::filesystem::path noted_head() const { return settings.store.directory / "audit.head"; }
    meta::ModelPtr with_stored_dictionaries(const meta::ModelPtr& declared) const;
    std::vector<RecordId> roles_of(RecordId user) const;

    meta::ModelPtr declared_;
    mutable std::mutex mutex_;
    mutable std::string company_;  // dropped when the company's record changes
    mutable std::map<std::string, std::pair<std::string, std::string>> role_titles_;

public:
    std::string role_title(std::string_view code, Language language) const;
    // Called when declarations, rights or dictionaries changed, after the caches were renewed.
    std::function<void()> on_meta_changed;
    // Called besides when it was rights: what people have on their screens may no longer be theirs to see.
    std::function<void()> on_rights_changed;
};

}  // namespace gx::app
