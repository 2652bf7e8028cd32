#include "app/system.hpp"

#include <iostream>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "meta/load.hpp"
#include "record/shipped.hpp"
#include "store/schema.hpp"

namespace gx::app {

namespace {

store::Schema platform_tables() {
    store::Schema schema;
    for (const auto& tables : {access::Identity::tables(), access::UserSettings::tables(), features::Files::tables(),
                               features::Directories::tables(), features::Jobs::tables(), features::Imports::tables(),
                               features::Notices::tables(), features::SingleSignOn::tables(), access::audit_tables()}) {
        schema.tables.insert(schema.tables.end(), tables.begin(), tables.end());
    }
    return schema;
}

std::filesystem::path made(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    return folder;
}

}  // namespace

meta::ModelPtr load_declarations() {
    meta::Loaded loaded = meta::load(meta::embedded_sources());
    for (const meta::Mistake& mistake : loaded.mistakes)
        std::cerr << mistake.file << ":" << mistake.line << ": " << mistake.what << "\n";
    if (!loaded.model) throw Failure(Failure::Kind::broken, "declarations");
    return loaded.model;
}

System::System(const Settings& given)
    : settings(given),
      ids(clock, given.node),
      zone(std::make_shared<const TimeZone>(given.zone)),
      currency(*parse_currency(given.currency)),
      store(store::open((made(given.store.directory), given.store))),
      model(load_declarations()),
      declared_(model.get()) {
    modules::register_behaviours(behaviours);
    records = std::make_unique<record::Records>(
        record::Parts{*store, clock, ids, [this] { return model.get(); }, given.zone, currency}, behaviours);
    store::migrate(*store, platform_tables());
    records->prepare();
    records->tell_commits_elsewhere();  // from here on: nothing was kept in mind before
    model.set(with_stored_dictionaries(declared_));
    audit = std::make_unique<access::Audit>(*store, clock, ids);
    recorder = std::make_unique<features::Recorder>(*records, *audit, noted_head());
    recorder->begin();
    audit_archives = std::make_unique<features::AuditArchives>(*records, *audit, settings.store.directory / "audit.key",
                                                               settings.store.directory / "audit");

    grants = std::make_unique<access::GrantsCache>(*store, [this] { return model.get(); }, clock, *zone);
    callers = std::make_unique<access::Callers>(*store, *grants, zone);
    identity = std::make_unique<access::Identity>(
        *store, clock, ids, Sealer::from_file(given.key_file()), [this] { return company_name(); },
        [this](RecordId user) { return roles_of(user); },
        [this](access::AuditEntry entry) { audit->append_later(std::move(entry)); });
    passkeys = std::make_unique<features::PasskeyDesk>(identity->passkeys, clock, Sealer::from_file(given.key_file()));
    directories = std::make_unique<features::Directories>(*store, clock, Sealer::from_file(given.key_file()));
    directory_people =
        std::make_unique<features::DirectoryPeople>(*directories, *records, [this] { return program(); });
    directory_sign_in = std::make_unique<features::DirectorySignIn>(*directories, *directory_people);
    identity->ask(*directory_sign_in);
    user_settings = std::make_unique<access::UserSettings>(*store);
    files = std::make_unique<features::Files>(*store, clock, ids, made(given.store.directory / "files"));
    jobs = std::make_unique<features::Jobs>(*store, clock, ids);
    imports = std::make_unique<features::Imports>(features::Imports::Parts{*records, *files, *jobs, audit.get()});
    exporter = std::make_unique<features::Exporter>(*records);
    notices = std::make_unique<features::Notices>(*store, *records, clock, ids);
    message_log = std::make_unique<features::MessageLog>(*store, clock);
    sso = std::make_unique<features::SingleSignOn>(*records, Sealer::from_file(given.key_file()), zone);

    records->on_commit([this](const record::Records::Committed& committed) {
        if (committed.operation == "share") grants->clear();
        if (const meta::Object* object = model.get()->find(committed.object);
            committed.operation == "delete" || committed.operation == "undo" || (object && object->audited))
            recorder->wake();
        const bool rights_changed = grants->committed(committed.object);
        identity->committed(committed.object, rights_changed);
        sso->committed(committed.object);
        if (rights_changed) callers->clear();
        bool changed = rights_changed;
        if (committed.object == "dictionary" || committed.object == "dictionary_item") {
            model.set(with_stored_dictionaries(declared_));
            changed = true;
        }
        if (committed.object == "saved_view" || committed.object == "company") changed = true;
        if (!changed) return;
        {
            std::lock_guard lock(mutex_);
            company_.clear();
            role_titles_.clear();
        }
        if (on_meta_changed) on_meta_changed();
        if (rights_changed && on_rights_changed) on_rights_changed();
    });
}

System::~System() {
    jobs.reset();      // first: running work uses everything else
    recorder.reset();  // tells what they did
    try {
        // What a command changed holds for the sessions of a server beside it.
        if (identity) identity->watch();
    } catch (const Failure& failure) {
        log::warning("sessions were not checked at the end", {{"why", failure.key()}});
    }
}

std::vector<RecordId> System::roles_of(RecordId user) const {
    std::vector<RecordId> roles;
    try {
        for (const access::HeldRole& held : grants->of(user)->roles) roles.push_back(held.role);
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::unauthenticated) throw;  // there is no such account any more
    }
    return roles;
}

meta::ModelPtr System::with_stored_dictionaries(const meta::ModelPtr& declared) const {
    std::map<std::string, meta::Dictionary> stored;
    store->read([&](store::Connection& connection) { stored = record::stored_dictionaries(connection); });
    return meta::with_dictionaries(declared, std::move(stored));
}

access::Caller System::program() const {
    access::Caller caller;
    caller.grants = access::system_grants();
    caller.zone = zone;
    caller.login = "guanxi";
    caller.name = "guanxi";
    return caller;
}

bool System::has_accounts() const {
    bool found = false;
    store->read([&](store::Connection& connection) {
        connection.query({"select 1 from credential limit 1", {}}, [&](const store::Row&) {
            found = true;
            return false;
        });
    });
    return found;
}

RecordId System::account_of(const std::string& login) const {
    RecordId id;
    store->read([&](store::Connection& connection) {
        connection.query({"select id from \"user\" where login = ? and deleted_at is null", {fold(login)}},
                         [&](const store::Row& row) {
                             id = {row.integer(0)};
                             return false;
                         });
    });
    if (!id) throw not_found();
    return id;
}

RecordId System::person_called(const std::string& word) const {
    RecordId id;
    store->read([&](store::Connection& connection) {
        connection.query({"select employee from \"user\" where login = ? and deleted_at is null union all "
                          "select id from employee where number = ? and deleted_at is null limit 1",
                          {fold(word), word}},
                         [&](const store::Row& row) {
                             id = {row.integer(0)};
                             return false;
                         });
    });
    if (!id) throw invalid({{word, "unknown_reference", {{"value", word}}, {}}});
    return id;
}

RecordId System::policy_record() const {
    RecordId id;
    store->read([&](store::Connection& connection) {
        connection.query({"select id from security_policy where deleted_at is null order by id limit 1", {}},
                         [&](const store::Row& row) {
                             id = {row.integer(0)};
                             return false;
                         });
    });
    if (!id) throw not_found();
    return id;
}

RecordId System::add_account(const std::string& login, const std::string& name, const std::string& role,
                             const std::string& department_code, const std::string& password,
                             access::ChosenBy chosen_by) {
    RecordId role_id;
    RecordId department;
    RecordId employee;
    const std::string account = fold(login);
    store->read([&](store::Connection& connection) {
        const auto find = [&](const char* sql, const std::string& key) {
            RecordId id;
            connection.query({sql, {key}}, [&](const store::Row& row) {
                id = {row.integer(0)};
                return false;
            });
            return id;
        };
        role_id = find("select id from role where code = ? and deleted_at is null", role);
        if (!department_code.empty())
            department = find("select id from department where code = ? and deleted_at is null", department_code);
        // An imported person without an account gets this one; two people of one name are two people.
        std::vector<RecordId> same;
        connection.query({"select e.id from employee e where e.name = ? and e.deleted_at is null and not exists "
                          "(select 1 from \"user\" u where u.employee = e.id and u.deleted_at is null)",
                          {name}},
                         [&](const store::Row& row) {
                             same.push_back({row.integer(0)});
                             return true;
                         });
        if (same.size() == 1) employee = same.front();
    });
    std::vector<Problem> problems;
    if (!role_id) problems.push_back({"role", "unknown_reference", {{"value", role}}, {}});
    if (!department_code.empty() && !department)
        problems.push_back({"department", "unknown_reference", {{"value", department_code}}, {}});
    if (!problems.empty()) throw invalid(std::move(problems));
    // Before anything is made: a weak password leaves no account without one.
    identity->passwords.check(password, access::words_of(account, name, company_name()), "password");

    record::SaveOptions options;
    options.operation = "create";
    if (!employee) {
        record::Change change{"employee", {}, {}, {{"name", name}}, false, false, 0};
        if (department) change.values.emplace_back("department", department);
        employee = records->save(program(), {&change, 1}, options).ids.at(0);
    }
    record::Change change{
        "user",
        {},
        {},
        {{"login", account}, {"employee", employee}, {"roles", Ids{role_id}}, {"status", std::string("active")}},
        false,
        false,
        0};
    const RecordId user = records->save(program(), {&change, 1}, options).ids.at(0);
    identity->passwords.set(user, password, chosen_by);
    return user;
}

access::RecoveryWays System::recovery_ways() const {
    return features::RecoveryMessages::ways(*identity->policy.rules(), !settings.mail_server.empty(),
                                            !settings.sms_gateway.empty());
}

features::Verdict System::verify_audit(std::optional<features::Anchor> noted) {
    audit->drain();
    while (recorder->round()) {
    }
    std::vector<features::Anchor> places;
    if (noted) places.push_back(std::move(*noted));
    if (auto anchor = features::read_anchor(noted_head())) places.push_back(std::move(*anchor));
    return features::verify(*records, places);
}

std::string System::company_name() const {
    {
        std::lock_guard lock(mutex_);
        if (!company_.empty()) return company_;
    }
    std::string name = "Guanxi";
    store->read([&](store::Connection& connection) {
        connection.query(
            {"select coalesce(short_name, name) from company where deleted_at is null order by id limit 1", {}},
            [&](const store::Row& row) {
                name = row.text(0);
                return false;
            });
    });
    std::lock_guard lock(mutex_);
    return company_ = name;
}

std::string System::role_title(std::string_view code, Language language) const {
    std::lock_guard lock(mutex_);
    if (role_titles_.empty()) {
        store->read([&](store::Connection& connection) {
            connection.query(
                {"select code, name, name_en from role where deleted_at is null", {}}, [&](const store::Row& row) {
                    role_titles_[std::string(row.text(0))] = {std::string(row.text(1)), std::string(row.text(2))};
                    return true;
                });
        });
    }
    const auto found = role_titles_.find(std::string(code));
    if (found == role_titles_.end()) return std::string(code);
    return language == Language::en && !found->second.second.empty() ? found->second.second : found->second.first;
}

}  // namespace gx::app
