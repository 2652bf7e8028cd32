#include "access/identity_test_support.hpp"

#include "base/totp.hpp"

namespace gx::access::test {

namespace {

store::Table table(std::string name, std::vector<store::TableColumn> columns) {
    columns.insert(columns.begin(), {"id", false, true});
    columns.push_back({"deleted_at"});
    return {std::move(name), std::move(columns), {"id"}, {}};
}

store::Schema schema() {
    store::Schema schema;
    schema.tables = {
        table("user",
              {{"login", true}, {"employee"}, {"status", true}, {"strength", true}, {"last_sign_in"}, {"application"}}),
        table("employee", {{"name", true}, {"email", true}, {"mobile", true}}),
        table("role", {{"code", true}, {"strength", true}}),
        table("account_application", {{"status", true}}),
        table("security_policy", {{"length_least"},
                                  {"classes_least"},
                                  {"refuse_common"},
                                  {"remembered"},
                                  {"days_most"},
                                  {"strength", true},
                                  {"failures_free"},
                                  {"wait_minutes_most"},
                                  {"addresses", true},
                                  {"applications"},
                                  {"session_hours"},
                                  {"idle_minutes"},
                                  {"link_minutes"},
                                  {"handed_hours"},
                                  {"site_address", true},
                                  {"mail_sender", true},
                                  {"key_days"},
                                  {"password_ends_keys"}}),
        table("api_key", {{"version"},
                          {"created_at"},
                          {"updated_at"},
                          {"name", true},
                          {"user_account"},
                          {"begins", true},
                          {"reads_only"},
                          {"made_at"},
                          {"until"},
                          {"last_used"},
                          {"last_address", true},
                          {"ended_at"},
                          {"end_reason", true}}),
        {"user_roles", {{"record", false, true}, {"item", false, true}}, {"record", "item"}, {}, true}};
    for (const auto& tables : {Identity::tables(), UserSettings::tables()})
        schema.tables.insert(schema.tables.end(), tables.begin(), tables.end());
    return schema;
}

std::string secret_of(const std::string& uri) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const std::size_t begin = uri.find("secret=") + 7;
    std::string secret;
    unsigned held = 0, bits = 0;
    for (const char c : uri.substr(begin, uri.find('&') - begin)) {
        held = (held << 5) | static_cast<unsigned>(alphabet.find(c));
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        secret += static_cast<char>((held >> bits) & 0xff);
    }
    return secret;
}

}  // namespace

void OnIdentity::SetUp() {
    OnEachDatabase::SetUp();
    if (IsSkipped()) return;
    store::migrate(store(), schema());
    ids_ = std::make_unique<IdSource>(clock_, 0);
    key_ = random_bytes(32);
    identity_ = another_process();
    run("insert into employee (id, name, email) values (11, '周凯', 'Zhou@example.com'), (12, '林悦', null), (13, "
        "'离职者', "
        "'gone@example.com')");
    run("insert into \"user\" (id, login, employee, status) values (1, 'zhou', 11, 'active'), (2, 'lin', 12, "
        "'active'), "
        "(3, 'gone', 13, 'disabled')");
    run("insert into role (id, code) values (70, 'seller'), (71, 'treasurer')");
    run("insert into user_roles (record, item) values (1, 70), (2, 71)");
    run("insert into security_policy (id) values (90)");
    identity().passwords.set(zhou, zhou_password, ChosenBy::person);
    identity().passwords.set(gone, "correct horse of gone", ChosenBy::person);
    clock().advance(std::chrono::hours(1));
}

std::unique_ptr<Identity> OnIdentity::another_process() {
    return std::make_unique<Identity>(
        store(), clock_, *ids_, Sealer(key_), [] { return std::string("华信科技"); },
        [this](RecordId user) {
            std::vector<RecordId> roles;
            store().read([&](store::Connection& connection) {
                connection.query({"select item from user_roles where record = ?", {user.value}},
                                 [&](const store::Row& row) {
                                     roles.push_back({row.integer(0)});
                                     return true;
                                 });
            });
            return roles;
        },
        [this](AuditEntry entry) { told.push_back(std::move(entry)); });
}

void OnIdentity::run(const std::string& sql) {
    store().change([&](store::Connection& connection) { connection.execute({sql, {}}); });
}

void OnIdentity::saved(std::string_view object) {
    identity().committed(object, true);
    identity().watch();
}

void OnIdentity::set_policy(const std::string& assignments) {
    run("update security_policy set " + assignments);
    saved("security_policy");
}

std::int64_t OnIdentity::number(const std::string& sql) {
    std::int64_t found = 0;
    store().read([&](store::Connection& connection) {
        connection.query({sql, {}}, [&](const store::Row& row) { return found = row.integer(0), false; });
    });
    return found;
}

std::string OnIdentity::cell(const std::string& sql) {
    std::string found;
    store().read([&](store::Connection& connection) {
        connection.query({sql, {}}, [&](const store::Row& row) { return found = row.text(0), false; });
    });
    return found;
}

std::string OnIdentity::all_texts() {
    std::string texts;
    store().read([&](store::Connection& connection) {
        for (const store::Table& one : Identity::tables()) {
            for (const store::TableColumn& column : one.columns) {
                if (!column.text) continue;
                connection.query({"select " + column.name + " from " + one.name, {}}, [&](const store::Row& row) {
                    texts += std::string(row.text(0)) + "\n";
                    return true;
                });
            }
        }
    });
    return texts;
}

std::string OnIdentity::app_code(const std::string& uri) { return totp_code(secret_of(uri), totp_step(clock().now())); }

void OnIdentity::take(const SecondFactors::Proven& proven) {
    store().change([&](store::Connection& connection) { identity().second_factors.take(connection, proven); });
}

std::vector<std::string> OnIdentity::enrol_zhou() {
    zhou_uri = identity().second_factors.begin(zhou, "Guanxi", "zhou").uri;
    const auto proven = identity().second_factors.prove(zhou, app_code(zhou_uri));
    take(proven);
    clock().advance(std::chrono::seconds(totp_seconds));
    return proven.codes;
}

std::string refusal(FunctionRef<void()> work) {
    try {
        work();
    } catch (const Failure& failure) {
        if (failure.problems().empty()) return failure.key();
        std::string all;
        for (const Problem& problem : failure.problems())
            all += (all.empty() ? "" : " ") + problem.field + ":" + problem.rule;
        return all;
    }
    return {};
}

}  // namespace gx::access::test
