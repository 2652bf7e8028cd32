// What lists, counts, groups, searches and exports cost under each kind of right: how many statements, and on SQLite
// how many instructions of its machine. A page must not cost more because the table is large, and a count nothing more
// than what the caller reaches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>

#include "base/json.hpp"
#include "record/save_test_support.hpp"
#include "store/search.hpp"

namespace gx::record {
namespace {

using store::Connection;
using store::Row;
using store::Sql;

std::atomic<std::int64_t> sqlite_instructions{0};

int add_instructions(unsigned, void*, void* statement, void*) {
    sqlite_instructions +=
        sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, /*reset=*/1);
    return 0;
}
int watch_connection(sqlite3* database, const char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, add_instructions, nullptr);
}
void (*watcher())() { return reinterpret_cast<void (*)()>(watch_connection); }

struct Effort {
    std::size_t statements = 0;
    std::int64_t work = 0;
};

// Passes everything on, and counts.
class Watched : public Connection {
public:
    Watched(Connection& inner, Effort& effort) : inner_(inner), effort_(effort) {}
    store::Dialect dialect() const override { return inner_.dialect(); }
    void query(const Sql& sql, store::EachRow each) override {
        ++effort_.statements;
        inner_.query(sql, each);
    }
    std::int64_t execute(const Sql& sql) override {
        ++effort_.statements;
        return inner_.execute(sql);
    }
    std::vector<std::int64_t> execute_many(std::string_view sql,
                                           std::span<const std::vector<store::Cell>> rows) override {
        ++effort_.statements;
        return inner_.execute_many(sql, rows);
    }
    void insert_rows(std::string_view table, std::span<const std::string> columns,
                     std::span<const std::vector<store::Cell>> rows) override {
        ++effort_.statements;
        inner_.insert_rows(table, columns, rows);
    }
    void query_many(std::span<const Sql> statements, FunctionRef<bool(std::size_t, const Row&)> each) override {
        effort_.statements += statements.size();
        inner_.query_many(statements, each);
    }
    void savepoint(FunctionRef<void()> work) override { inner_.savepoint(work); }
    void allow_long_statements() override { inner_.allow_long_statements(); }

private:
    Connection& inner_;
    Effort& effort_;
};

class WatchedStore : public store::Store {
public:
    explicit WatchedStore(store::Store& inner) : inner_(inner) {}
    store::Dialect dialect() const override { return inner_.dialect(); }
    void read(FunctionRef<void(Connection&)> work) override {
        inner_.read([&](Connection& connection) {
            Watched watched(connection, effort);
            work(watched);
        });
    }
    void change(FunctionRef<void(Connection&)> work) override { inner_.change(work); }
    void maintain() override { inner_.maintain(); }

    Effort effort;

private:
    store::Store& inner_;
};

constexpr int own_firms = 40;      // of Ben
constexpr int mates_firms = 60;    // of Anna, of his department and his team
constexpr int other_firms = 6000;  // of Cora
constexpr int shared_firms = 30;   // of Cora's, opened to Ben or to his department
constexpr int rare_firms = 200;    // of Cora's, with a word that no other has
constexpr int page = 20;

class EffortOfRights : public store::test::OnEachDatabase {
protected:
    void SetUp() override {
        sqlite3_auto_extension(watcher());
        OnEachDatabase::SetUp();
        if (IsSkipped()) return;
        watched_ = std::make_unique<WatchedStore>(store());
        office_ = std::make_unique<test::Office>(*watched_);
        office_->hire();
        make(own_firms, office_->ben, "云峰");
        make(mates_firms, office_->anna, "云峰");
        const std::vector<RecordId> others = make(other_firms, office_->cora, "云峰");
        make(rare_firms, office_->cora, "恒达");
        const auto opened = std::span(others).subspan(1000, shared_firms);
        office_->records().share(office_->boss(), "firm", opened.first(shared_firms / 2),
                                 {"employee", office_->ben, false, {}});
        office_->records().share(office_->boss(), "firm", opened.subspan(shared_firms / 2),
                                 {"department", office_->north, false, {}});
        office_->records().share(office_->boss(), "firm", std::span(others).first(1000),
                                 {"employee", office_->anna, false, {}});
        store().maintain();
    }
    void TearDown() override {
        sqlite3_cancel_auto_extension(watcher());
        OnEachDatabase::TearDown();
    }

    std::vector<RecordId> make(int count, RecordId owner, const std::string& word) {
        std::vector<RecordId> ids;
        for (int from = 0; from < count; from += 2000) {
            std::vector<Change> changes(static_cast<std::size_t>(std::min(2000, count - from)));
            for (std::size_t i = 0; i < changes.size(); ++i) {
                changes[i].object = "firm";
                changes[i].values = {{"name", word + std::to_string(ids.size() + i)},
                                     {"owner", owner},
                                     {"level", std::string(i % 2 == 0 ? "a" : "b")},
                                     {"staff", Decimal{static_cast<std::int64_t>(i % 10), 0}},
                                     {"capital", Money{{100, 2}, Currency{}}}};
            }
            office_->clock().advance(std::chrono::seconds(1));
            const Saved saved = office_->records().save(office_->boss(), changes, {});
            ids.insert(ids.end(), saved.ids.begin(), saved.ids.end());
        }
        return ids;
    }

    Caller ben(const std::vector<std::string>& roles, bool shares) const {
        Caller caller = office_->holder(office_->ben, office_->north, roles);
        auto grants = std::make_shared<access::Grants>(*caller.grants);
        grants->team_members = {office_->anna, office_->ben};
        if (shares) {
            grants->grantees = {office_->north, office_->ben};
            grants->shared_objects = {"firm"};
        }
        caller.grants = std::move(grants);
        return caller;
    }
    static std::string role(const std::string& right) {
        return R"({"objects": {"firm": {"view": )" + right + R"(, "export": )" + right + "}}}";
    }

    Effort effort_of(FunctionRef<void()> work) {
        work();  // what is kept between calls is known by then
        watched_->effort = {};
        sqlite_instructions = 0;
        work();
        Effort effort = watched_->effort;
        if (dialect() == store::Dialect::sqlite) effort.work = sqlite_instructions;
        return effort;
    }

    std::unique_ptr<WatchedStore> watched_;
    std::unique_ptr<test::Office> office_;
};
GX_ON_EACH_DATABASE(EffortOfRights);

TEST_P(EffortOfRights, EachIsOneStatementAPageCostsAPageAndACountWhatIsReached) {
    struct Right {
        const char* name;
        std::vector<std::string> roles;
        bool shares;
    };
    const std::vector<Right> rights{
        {"own", {role(R"("own")")}, false},
        {"team", {role(R"("team")")}, false},
        {"department", {role(R"("department")")}, false},
        {"department and below", {role(R"("department_and_below")")}, false},
        {"all", {role(R"("all")")}, false},
        {"own and shares", {role(R"("own")")}, true},
        {"department and shares", {role(R"("department")")}, true},
        {"condition", {role(R"({"scope": "all", "where": "level = 'b'"})")}, false},
        {"own and condition", {role(R"("own")"), role(R"({"scope": "all", "where": "level = 'b'"})")}, false},
        {"own, condition and shares", {role(R"("own")"), role(R"({"scope": "all", "where": "level = 'b'"})")}, true}};
    std::string out;
    for (const Right& right : rights) {
        const Caller caller = ben(right.roles, right.shares);
        ListQuery query;
        query.object = "firm";
        query.fields = {"name", "owner", "level"};
        query.limit = page;
        GroupQuery groups;
        groups.object = "firm";
        groups.by = {"level"};
        groups.sum = {"capital"};
        const std::int64_t reached = office_->records().count(caller, query);
        auto& records = office_->records();
        ListQuery common = query, rare = query, exported = query;
        common.search = "云峰";
        rare.search = "恒达";
        exported.verb = access::Verb::export_;
        const auto list = [&](const ListQuery& asked) {
            return effort_of([&] {
                out.clear();
                records.list(caller, asked, out);
            });
        };
        SCOPED_TRACE(right.name);
        const Effort page_of_all = list(query);
        const Effort counted = effort_of([&] { records.count(caller, query); });
        const Effort grouped = effort_of([&] {
            out.clear();
            records.group(caller, groups, out);
        });
        const Effort found = list(common);
        const Effort rarely_found = list(rare);
        const Effort left =
            effort_of([&] { records.each(caller, exported, [](RecordId, std::span<const Value>) { return true; }); });
        for (const Effort& effort : {page_of_all, counted, grouped, left}) EXPECT_EQ(effort.statements, 1u);
        // PostgreSQL is asked for the ids first, because it plans a search anew for each word, and named what is
        // shared.
        const unsigned most = dialect() == store::Dialect::sqlite ? 1 : right.shares ? 3 : 2;
        for (const Effort& effort : {found, rarely_found}) EXPECT_LE(effort.statements, most);
        if (dialect() != store::Dialect::sqlite) continue;
        // Instructions of SQLite's machine; a row with its titles takes up to a hundred. 6,300 rows lie in the table.
        EXPECT_LE(page_of_all.work, 125 * page);
        EXPECT_LE(counted.work, 40 * reached);
        EXPECT_LE(rarely_found.work, 30 * rare_firms);
    }
}

// PostgreSQL meets a common word along the index and gathers a rare one from it, as far as it has counted the words.
TEST_P(EffortOfRights, WhatAWordFindsDoesNotDependOnHowCommonItIsTakenToBe) {
    const std::string condition = role(R"({"scope": "all", "where": "level = 'b'"})");
    const std::vector<Caller> callers{ben({role(R"("own")")}, true), ben({role(R"("department")")}, true),
                                      ben({role(R"("department_and_below")")}, false), ben({role(R"("all")")}, false),
                                      ben({role(R"("own")"), condition}, true)};
    const auto found = [&](const Caller& caller, const std::string& word) {
        std::vector<std::string> ids;
        ListQuery query;
        query.object = "firm";
        query.fields = {"name"};
        query.search = word;
        query.limit = 500;
        do {
            std::string out;
            office_->records().list(caller, query, out);
            const json::value answer = parse_json(out);
            for (const json::value& record : answer.at("records").as_array())
                ids.emplace_back(record.at("id").as_string());
            query.after = answer.at("next").is_string() ? std::string(answer.at("next").as_string()) : std::string();
        } while (!query.after.empty());
        return ids;
    };
    std::map<std::pair<std::size_t, std::string>, std::vector<std::string>> before;
    for (std::size_t i = 0; i < callers.size(); ++i)
        for (const char* word : {"云峰", "恒达", "云峰7", "没有"}) before[{i, word}] = found(callers[i], word);
    EXPECT_EQ((before[{0, "云峰"}].size()), static_cast<std::size_t>(own_firms + shared_firms));
    EXPECT_EQ((before[{3, "云峰"}].size()), static_cast<std::size_t>(own_firms + mates_firms + other_firms));
    EXPECT_EQ((before[{3, "恒达"}].size()), static_cast<std::size_t>(rare_firms));

    if (dialect() == store::Dialect::postgres)
        store().change([](store::Connection& connection) { connection.execute({"analyze search_firm", {}}); });
    store().read([&](store::Connection& connection) {
        const auto common = store::common_tokens(connection, "firm", 1000);
        EXPECT_EQ(common.contains("云峰"), dialect() == store::Dialect::postgres);
        EXPECT_FALSE(common.contains("恒达"));
    });
    office_->clock().advance(std::chrono::minutes(2));
    for (const auto& [asked, ids] : before)
        EXPECT_EQ(found(callers[asked.first], asked.second), ids) << asked.first << " " << asked.second;
}

// Rows of a wide scope and what is shared beside it, newest first, page by page.
TEST_P(EffortOfRights, APageOfAWideScopeLooksAtTheNewestSharesOnly) {
    const std::vector<RecordId> oldest = make(page, office_->anna, "金石");
    const std::vector<RecordId> own = make(page, office_->cora, "海天");
    const std::vector<RecordId> newest = make(page, office_->anna, "金石");
    auto& records = office_->records();
    for (const auto& shared : {std::span(oldest), std::span(newest).first(3)})
        records.share(office_->boss(), "firm", shared, {"employee", office_->cora, false, {}});
    Caller caller = office_->holder(office_->cora, office_->south, {role(R"("department")")});
    auto grants = std::make_shared<access::Grants>(*caller.grants);
    grants->grantees = {office_->south, office_->cora};
    grants->shared_objects = {"firm"};
    caller.grants = std::move(grants);

    ListQuery query;
    query.object = "firm";
    query.fields = {"name"};
    query.limit = page;
    std::string out;
    const auto names = [&] {
        std::vector<std::string> found;
        const json::value answer = parse_json(out);
        for (const json::value& record : answer.at("records").as_array())
            found.emplace_back(record.at("name").as_string());
        query.after = answer.at("next").is_string() ? std::string(answer.at("next").as_string()) : std::string();
        return found;
    };
    const auto expected = [](const std::string& word, int from, int until) {
        std::vector<std::string> of;
        for (int i = from; i > until; --i) of.push_back(word + std::to_string(i - 1));
        return of;
    };
    const auto both = [](std::vector<std::string> first, const std::vector<std::string>& then) {
        first.insert(first.end(), then.begin(), then.end());
        return first;
    };
    const auto expect_pages = [&](const std::vector<std::vector<std::string>>& pages) {
        query.after.clear();
        for (const auto& wanted : pages) {
            const Effort effort = effort_of([&] {
                out.clear();
                records.list(caller, query, out);
            });
            EXPECT_EQ(names(), wanted);
            EXPECT_EQ(effort.statements, 1u);
            // A page, and the shares beside it; a filter that few rows pass is looked for in all of them.
            if (dialect() == store::Dialect::sqlite && query.filter.is_null()) EXPECT_LE(effort.work, 150 * page);
        }
    };
    const auto first = both(expected("金石", 3, 0), expected("海天", page, 3));
    const auto second = both(expected("海天", 3, 0), expected("金石", page, 3));
    expect_pages({first, second, both(expected("金石", 3, 0), expected("恒达", rare_firms, rare_firms - page + 3))});
    // The last rows of the scope end no page: what is shared and older still comes.
    query.filter = parse_json(R"({"or": [["name", "starts_with", "海天"], ["name", "starts_with", "金石"]]})");
    expect_pages({first, second, expected("金石", 3, 0)});
}

}  // namespace
}  // namespace gx::record
