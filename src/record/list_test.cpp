// Lists, groups, search and the past against a slow and obvious model: all rows in memory, sorted and filtered here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

#include "base/json.hpp"
#include "base/pinyin.hpp"
#include "base/text.hpp"
#include "record/save_test_support.hpp"

namespace gx::record {
namespace {

using test::Values;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string text_of(const json::value& value) { return std::string(value.as_string()); }
json::value amount_of(std::string_view amount, std::string_view currency) {
    return json::object{{"amount", amount}, {"currency", currency}};
}

// What a test knows of a firm, as it was saved.
struct Firm {
    RecordId id, owner, department;
    std::string name, level, phone;
    std::optional<std::int64_t> capital;  // fen
    std::optional<std::int64_t> staff;
    std::optional<std::int64_t> founded;  // days
    std::set<std::string> tags;
};

class List : public test::OnOffice {
protected:
    void SetUp() override {
        OnOffice::SetUp();
        if (IsSkipped()) return;
        const unsigned seed = std::random_device()();
        RecordProperty("seed", std::to_string(seed));
        trace_ = std::make_unique<::testing::ScopedTrace>(__FILE__, __LINE__, "seed " + std::to_string(seed));
        random_.seed(seed);
    }

    int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
    bool chance(int percent) { return below(100) < percent; }

    void make_firms(int count) {
        static const std::vector<std::string> starts{"云峰", "华信",     "苏州恒达", "重庆长江",
                                                     "Acme", "北京曾氏", "云",       "Ａcme"};
        static const std::vector<std::string> ends{"科技有限公司", "贸易", "集团", " Trading", "机械厂", "有限公司"};
        std::vector<Change> changes;
        std::vector<RecordId> people{office_->anna, office_->ben, office_->cora};
        for (int i = 0; i < count; ++i) {
            Firm firm;
            firm.owner = people[static_cast<std::size_t>(below(3))];
            firm.department = firm.owner == office_->cora ? office_->south : office_->north;
            firm.name = starts[static_cast<std::size_t>(below(8))] + ends[static_cast<std::size_t>(below(6))] +
                        (chance(70) ? std::to_string(below(50)) : "");
            if (chance(80)) firm.level = chance(50) ? "a" : "b";
            if (chance(60)) firm.capital = below(20) * 50;
            if (chance(60)) firm.staff = below(10);
            if (chance(60)) firm.founded = 18'000 + below(900);
            for (const char* tag : {"vip", "new", "old"}) {
                if (chance(30)) firm.tags.insert(tag);
            }
            if (chance(50)) firm.phone = "138" + std::to_string(10'000'000 + below(90'000'000));
            Change change;
            change.object = "firm";
            change.values = {{"name", firm.name}, {"owner", firm.owner}};
            if (!firm.level.empty()) change.values.emplace_back("level", firm.level);
            if (firm.capital) change.values.emplace_back("capital", Money{{*firm.capital, 2}, Currency{}});
            if (firm.staff) change.values.emplace_back("staff", Decimal{*firm.staff, 0});
            if (firm.founded) change.values.emplace_back("founded", Date(std::chrono::days(*firm.founded)));
            if (!firm.tags.empty()) change.values.emplace_back("tags", Codes(firm.tags.begin(), firm.tags.end()));
            if (!firm.phone.empty()) change.values.emplace_back("phone", firm.phone);
            changes.push_back(std::move(change));
            firms_.push_back(std::move(firm));
        }
        const Saved saved = office_->records().save(office_->boss(), changes, {});
        for (std::size_t i = 0; i < firms_.size(); ++i) firms_[i].id = saved.ids[i];
        // The field has a default, so a firm without a level is made by hand.
        std::vector<std::vector<store::Cell>> without;
        for (const Firm& one : firms_) {
            if (one.level.empty()) without.push_back({one.id.value});
        }
        store().change([&](store::Connection& connection) {
            connection.execute_many("update firm set level = null where id = ?", without);
        });
    }

    json::value list(const Caller& caller, const ListQuery& query) {
        std::string out;
        office_->records().list(caller, query, out);
        return parse_json(out);
    }
    json::value group(const Caller& caller, const GroupQuery& query) {
        std::string out;
        office_->records().group(caller, query, out);
        return parse_json(out);
    }
    json::value read(const Caller& caller, const std::string& object, RecordId id,
                     std::vector<std::string> include = {}) {
        std::string out;
        office_->records().read(caller, object, id, include, std::nullopt, out);
        return parse_json(out);
    }
    std::vector<std::string> found(const Caller& caller, const std::string& typed) {
        std::string out;
        office_->records().search(caller, typed, std::vector<std::string>{"firm"}, 100, out);
        std::vector<std::string> ids;
        const json::value hits = parse_json(out).at("hits");
        for (const json::value& hit : hits.as_array()) ids.push_back(text_of(hit.at("id")));
        return ids;
    }
    static std::vector<std::string> ids_of(const json::value& page) {
        std::vector<std::string> ids;
        for (const json::value& record : page.at("records").as_array()) ids.push_back(text_of(record.at("id")));
        return ids;
    }
    const Firm& firm(const std::string& id) const {
        return *std::find_if(firms_.begin(), firms_.end(), [&](const Firm& one) { return to_string(one.id) == id; });
    }
    std::vector<std::string> expected(const std::function<bool(const Firm&)>& holds) const {
        std::vector<std::string> ids;
        for (const Firm& one : firms_) {
            if (holds(one)) ids.push_back(to_string(one.id));
        }
        return ids;
    }

    Caller ben() const { return office_->person(office_->ben, office_->north, access::Scope::own); }
    Caller north() const { return office_->person(office_->anna, office_->north, access::Scope::department); }

    std::vector<Firm> firms_;
    std::mt19937 random_;
    std::unique_ptr<::testing::ScopedTrace> trace_;
};
GX_ON_EACH_DATABASE(List);

struct Filter {
    std::string json;
    std::function<bool(const Firm&)> holds;
};

std::vector<Filter> filters() {
    return {{"null", [](const Firm&) { return true; }},
            {R"(["level","is","a"])", [](const Firm& f) { return f.level == "a"; }},
            {R"(["level","empty"])", [](const Firm& f) { return f.level.empty(); }},
            {R"({"and":[["staff",">","3"],["capital","not_empty"]]})",
             [](const Firm& f) { return f.staff && *f.staff > 3 && f.capital; }},
            {R"({"or":[["level","in",["b"]],["tags","contains","vip"]]})",
             [](const Firm& f) { return f.level == "b" || f.tags.contains("vip"); }},
            {R"(["owner.name","is","Ben"])", [](const Firm& f) { return f.owner.value != 0; }}};
}

using Key = std::function<int(const Firm&, const Firm&)>;

template <class T>
int order(const std::optional<T>& a, const std::optional<T>& b) {
    return a < b ? -1 : b < a ? 1 : 0;  // no value comes first
}

std::map<std::string, Key> sort_keys() {
    const auto level = [](const Firm& f) {
        return f.level.empty() ? std::optional<int>() : std::optional<int>(f.level == "a" ? 0 : 1);
    };
    return {{"name",
             [](const Firm& a, const Firm& b) {
                 const std::string x = pinyin_full(fold(a.name)), y = pinyin_full(fold(b.name));
                 return x < y ? -1 : y < x ? 1 : 0;
             }},
            {"capital", [](const Firm& a, const Firm& b) { return order(a.capital, b.capital); }},
            {"staff", [](const Firm& a, const Firm& b) { return order(a.staff, b.staff); }},
            {"founded", [](const Firm& a, const Firm& b) { return order(a.founded, b.founded); }},
            {"level", [level](const Firm& a, const Firm& b) { return order(level(a), level(b)); }},
            {"updated_at", [](const Firm&, const Firm&) { return 0; }}};
}

TEST_P(List, PagingForwardVisitsEachVisibleRowOnceInOrder) {
    make_firms(300);
    const auto keys = sort_keys();
    std::vector<std::string> names;
    for (const auto& [name, key] : keys) names.push_back(name);
    const std::vector<Filter> all = filters();

    for (int round = 0; round < 60; ++round) {
        Filter filter = all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
        if (filter.json.find("Ben") != std::string::npos)
            filter.holds = [&](const Firm& f) { return f.owner == office_->ben; };
        const std::vector<Caller> callers{office_->boss(), ben(), north()};
        const int who = below(3);
        ListQuery query;
        query.object = "firm";
        query.filter = parse_json(filter.json);
        static const std::vector<std::vector<std::string>> searches{{"有限"}, {"云"}, {"云峰", "有限"}, {"科技有限"}};
        std::vector<std::string> words;
        if (chance(40)) words = searches[static_cast<std::size_t>(below(static_cast<int>(searches.size())))];
        for (const std::string& word : words) query.search += word + " ";
        const auto holds_words = [&](const Firm& f) {
            return std::all_of(words.begin(), words.end(),
                               [&](const std::string& word) { return fold(f.name).find(word) != std::string::npos; });
        };
        // A search in no order of its own gives the newest first.
        if (words.empty() || chance(60))
            for (int i = below(3); i >= 0; --i)
                query.sort.push_back(
                    {names[static_cast<std::size_t>(below(static_cast<int>(names.size())))], chance(50)});
        query.limit = 1 + below(40);
        query.fields = {"name", "level", "capital"};
        query.count = Count::exact;
        std::string description = filter.json + " search " + query.search + " caller " + std::to_string(who);
        for (const SortKey& key : query.sort) description += " " + key.field + (key.descending ? " down" : " up");
        SCOPED_TRACE(description);

        std::vector<const Firm*> wanted;
        for (const Firm& one : firms_) {
            const bool visible =
                who == 0 || (who == 1 && one.owner == office_->ben) || (who == 2 && one.department == office_->north);
            if (visible && filter.holds(one) && holds_words(one)) wanted.push_back(&one);
        }
        std::sort(wanted.begin(), wanted.end(), [&](const Firm* a, const Firm* b) {
            for (const SortKey& sort : query.sort) {
                const int result = keys.at(sort.field)(*a, *b);
                if (result != 0) return sort.descending ? result > 0 : result < 0;
            }
            return query.sort.empty() || query.sort.back().descending ? a->id > b->id : a->id < b->id;
        });
        std::vector<std::string> wanted_ids;
        for (const Firm* one : wanted) wanted_ids.push_back(to_string(one->id));

        std::vector<std::string> visited;
        while (true) {
            const json::value page = list(callers[static_cast<std::size_t>(who)], query);
            ASSERT_EQ(page.at("count").at("value").to_number<std::int64_t>(), static_cast<std::int64_t>(wanted.size()));
            for (const std::string& id : ids_of(page)) visited.push_back(id);
            if (page.at("next").is_null() || visited.size() > wanted.size()) break;
            query.after = text_of(page.at("next"));
        }
        ASSERT_EQ(visited, wanted_ids);
        EXPECT_EQ(office_->records().count(callers[static_cast<std::size_t>(who)], query),
                  static_cast<std::int64_t>(wanted.size()));

        query.after.clear();
        query.offset = below(static_cast<int>(wanted.size()) + 5);
        const auto from = std::min(wanted_ids.size(), static_cast<std::size_t>(query.offset));
        const auto until = std::min(wanted_ids.size(), from + static_cast<std::size_t>(query.limit));
        EXPECT_EQ(ids_of(list(callers[static_cast<std::size_t>(who)], query)),
                  std::vector<std::string>(wanted_ids.begin() + static_cast<std::ptrdiff_t>(from),
                                           wanted_ids.begin() + static_cast<std::ptrdiff_t>(until)));
    }
}

TEST_P(List, WritesEveryKindOfFieldInTheFormOfTheApi) {
    RecordId suzhou;
    store().read([&](store::Connection& connection) {
        connection.query({"select id from region where code = ?", {std::string("sz")}}, [&](const store::Row& row) {
            suzhou = RecordId{row.integer(0)};
            return false;
        });
    });
    const RecordId id = office_->create("firm", {{"name", std::string("云峰 \"Yun\"")},
                                                 {"owner", office_->ben},
                                                 {"level", std::string("a")},
                                                 {"tags", Codes{"old", "vip"}},
                                                 {"helpers", Ids{office_->anna, office_->cora}},
                                                 {"address", Address{suzhou, "人民路 1 号"}},
                                                 {"capital", Money{{1250, 2}, Currency{}}},
                                                 {"staff", Decimal{12, 0}},
                                                 {"rating", Decimal{45, 1}},
                                                 {"founded", *parse_date("2020-02-29")},
                                                 {"met_at", *parse_timestamp("2026-11-24T06:32:08.123Z")},
                                                 {"listed", true}});
    ListQuery query;
    query.object = "firm";
    query.fields = {"name",   "owner",   "level",  "tags",   "helpers", "address", "capital",   "staff",
                    "rating", "founded", "met_at", "listed", "parent",  "score",   "owner.name"};

    const json::value record = list(office_->boss(), query).at("records").at(0);

    EXPECT_EQ(record.at("id"), json::value(to_string(id)));
    EXPECT_EQ(record.at("version"), json::value(1));
    EXPECT_EQ(text_of(record.at("name")), "云峰 \"Yun\"");
    EXPECT_EQ(record.at("owner"), (json::object{{"id", to_string(office_->ben)}, {"title", "Ben"}}));
    EXPECT_EQ(record.at("level"), (json::object{{"code", "a"}, {"title", "甲"}}));
    EXPECT_EQ(record.at("tags"), (json::array{json::object{{"code", "old"}, {"title", "老"}},
                                              json::object{{"code", "vip"}, {"title", "贵宾"}}}));
    EXPECT_EQ(record.at("helpers"), (json::array{json::object{{"id", to_string(office_->anna)}, {"title", "Anna"}},
                                                 json::object{{"id", to_string(office_->cora)}, {"title", "Cora"}}}));
    EXPECT_EQ(record.at("address").at("region").at("title"), json::value("中国 江苏 苏州"));
    EXPECT_EQ(record.at("address").at("street"), json::value("人民路 1 号"));
    EXPECT_EQ(record.at("capital"), (json::object{{"amount", "12.50"}, {"currency", "CNY"}}));
    EXPECT_EQ(record.at("staff"), json::value(12));
    EXPECT_EQ(record.at("rating"), json::value("4.5"));
    EXPECT_EQ(record.at("founded"), json::value("2020-02-29"));
    EXPECT_EQ(record.at("met_at"), json::value("2026-11-24T06:32:08.123Z"));
    EXPECT_EQ(record.at("listed"), json::value(true));
    EXPECT_TRUE(record.at("parent").is_null());
    EXPECT_TRUE(record.at("score").is_null());
    EXPECT_EQ(record.at("owner.name"), json::value("Ben"));
}

TEST_P(List, ACursorOfAnotherOrderIsRefused) {
    make_firms(20);
    ListQuery query;
    query.object = "firm";
    query.limit = 5;
    query.sort = {{"name", false}};
    query.after = text_of(list(office_->boss(), query).at("next"));

    query.sort = {{"name", true}};
    EXPECT_EQ(test::failure_of([&] { list(office_->boss(), query); }), Failure::Kind::bad_request);
    for (const char* wrong : {"x", "!!", "WyJhIl0", ""}) {
        query.sort = {{"staff", false}};
        query.after = std::string(wrong) + "AA";
        EXPECT_EQ(test::failure_of([&] { list(office_->boss(), query); }), Failure::Kind::bad_request) << wrong;
    }
}

TEST_P(List, UnknownFieldsAreRefusedEverywhere) {
    ListQuery query;
    query.object = "firm";
    query.fields = {"nothing"};
    EXPECT_EQ(test::failure_of([&] { list(office_->boss(), query); }), Failure::Kind::bad_request);
    query.fields = {};
    query.sort = {{"nothing", false}};
    EXPECT_EQ(test::failure_of([&] { list(office_->boss(), query); }), Failure::Kind::bad_request);
    query.sort = {};
    query.filter = parse_json(R"(["nothing","is","1"])");
    EXPECT_TRUE(test::failure_of([&] { list(office_->boss(), query); }));
    query.filter = nullptr;
    query.view = "nothing";
    EXPECT_EQ(test::failure_of([&] { list(office_->boss(), query); }), Failure::Kind::bad_request);
    query.object = "nothing";
    EXPECT_EQ(test::failure_of([&] { list(office_->boss(), query); }), Failure::Kind::not_found);
}

// covers: PLAT-60
TEST_P(List, ASalespersonSeesOwnRecordsOnlyWhereverItLooks) {
    make_firms(60);
    const std::vector<std::string> own = expected([&](const Firm& f) { return f.owner == office_->ben; });
    ListQuery query;
    query.object = "firm";
    query.limit = 500;
    query.count = Count::capped;

    const json::value page = list(ben(), query);
    EXPECT_THAT(ids_of(page), ::testing::UnorderedElementsAreArray(own));
    EXPECT_EQ(page.at("count").at("value").to_number<std::size_t>(), own.size());

    GroupQuery groups;
    groups.object = "firm";
    groups.by = {"owner"};
    EXPECT_EQ(group(ben(), groups).at("total").at("count").to_number<std::size_t>(), own.size());

    for (const char* typed : {"云峰", "有限公司", "yf", "hx", "acme"}) {
        for (const std::string& id : found(ben(), typed)) EXPECT_EQ(firm(id).owner, office_->ben) << typed;
    }
    for (const Firm& one : firms_) {
        if (one.owner == office_->ben) {
            EXPECT_NO_THROW(read(ben(), "firm", one.id));
        } else {
            EXPECT_EQ(test::failure_of([&] { read(ben(), "firm", one.id); }), Failure::Kind::not_found);
            std::string out;
            EXPECT_EQ(test::failure_of([&] { office_->records().history(ben(), "firm", one.id, "", out); }),
                      Failure::Kind::not_found);
            EXPECT_EQ(test::failure_of([&] { office_->records().values(ben(), "firm", one.id); }),
                      Failure::Kind::not_found);
            EXPECT_EQ(test::failure_of([&] { office_->records().timeline(ben(), "firm", one.id, "", {}, out); }),
                      Failure::Kind::not_found);
        }
    }
}

TEST_P(List, GroupsAddUpToWhatTheRowsHold) {
    make_firms(200);
    for (const bool own : {false, true}) {
        const Caller caller = own ? ben() : office_->boss();
        GroupQuery query;
        query.object = "firm";
        query.by = {"level", "founded:month"};
        query.sum = {"capital", "staff"};
        query.average = {"staff"};
        query.minimum = {"founded"};
        query.maximum = {"capital"};
        const json::value result = group(caller, query);

        struct Expected {
            std::int64_t count = 0, capital = 0, staff = 0;
        };
        std::map<std::pair<std::string, std::string>, Expected> wanted;
        Expected total;
        for (const Firm& one : firms_) {
            if (own && one.owner != office_->ben) continue;
            const std::string month =
                one.founded ? format_date(Date(std::chrono::days(*one.founded))).substr(0, 7) : "";
            for (Expected* held : {&wanted[{one.level, month}], &total}) {
                held->count += 1;
                held->capital += one.capital.value_or(0);
                held->staff += one.staff.value_or(0);
            }
        }
        ASSERT_EQ(result.at("groups").as_array().size(), wanted.size());
        for (const json::value& one : result.at("groups").as_array()) {
            const json::value& key = one.at("key");
            const auto text = [](const json::value& value) { return value.is_null() ? std::string() : text_of(value); };
            const Expected& held = wanted.at({text(key.at(0)), text(key.at(1))});
            EXPECT_EQ(one.at("count").to_number<std::int64_t>(), held.count);
            EXPECT_EQ(one.at("sum").at("staff").to_number<std::int64_t>(), held.staff);
            EXPECT_EQ(one.at("sum").at("capital"), amount_of(to_string(Decimal{held.capital, 2}), "CNY"));
            if (key.at(0).is_string()) {
                EXPECT_EQ(text_of(one.at("title").at(0)), text_of(key.at(0)) == "a" ? "甲" : "乙");
            }
        }
        EXPECT_EQ(result.at("total").at("count").to_number<std::int64_t>(), total.count);
        EXPECT_EQ(result.at("total").at("sum").at("capital"), amount_of(to_string(Decimal{total.capital, 2}), "CNY"));
    }
}

TEST_P(List, SumsBeyondSixtyFourBitsAreExact) {
    for (int i = 0; i < 3; ++i) {
        const RecordId id = office_->create("firm", {{"name", "big" + std::to_string(i)}, {"owner", office_->ben}});
        store().change([&](store::Connection& connection) {
            connection.execute({"update firm set capital = ?, capital_currency = 'CNY' where id = ?",
                                {std::int64_t{9'000'000'000'000'000'017}, id.value}});
        });
    }
    GroupQuery query;
    query.object = "firm";
    query.sum = {"capital"};
    EXPECT_EQ(group(office_->boss(), query).at("total").at("sum").at("capital"),
              amount_of("270000000000000000.51", "CNY"));
}

TEST_P(List, SumsOfOneForeignCurrencyAreGivenInThatCurrency) {
    for (const std::int64_t cents : {1'00, 5'50}) {
        office_->create("firm", {{"name", std::to_string(cents)},
                                 {"owner", office_->ben},
                                 {"capital", Money{{cents, 2}, *parse_currency("USD")}}});
    }
    office_->create("firm", {{"name", std::string("without")}, {"owner", office_->ben}});
    GroupQuery query;
    query.object = "firm";
    query.sum = query.average = query.minimum = query.maximum = {"capital"};
    const json::value total = group(office_->boss(), query).at("total");
    EXPECT_EQ(total.at("count"), json::value(3));
    EXPECT_EQ(total.at("sum").at("capital"), amount_of("6.50", "USD"));
    EXPECT_EQ(total.at("average").at("capital"), amount_of("3.25", "USD"));
    EXPECT_EQ(total.at("minimum").at("capital"), amount_of("1.00", "USD"));
    EXPECT_EQ(total.at("maximum").at("capital"), amount_of("5.50", "USD"));
}

TEST_P(List, AmountsOfSeveralCurrenciesAreAddedApart) {
    const auto firm = [&](const RecordId& owner, std::int64_t cents, std::string_view currency) {
        office_->create("firm", {{"name", std::to_string(cents)},
                                 {"owner", owner},
                                 {"staff", Decimal{2, 0}},
                                 {"capital", Money{{cents, 2}, *parse_currency(currency)}}});
    };
    firm(office_->ben, 1'00, "USD");
    firm(office_->ben, 2'00, "CNY");
    firm(office_->ben, 4'00, "EUR");
    firm(office_->ben, 8'00, "USD");
    firm(office_->anna, 16'00, "EUR");
    office_->create("firm", {{"name", std::string("without")}, {"owner", office_->cora}});
    GroupQuery query;
    query.object = "firm";
    query.by = {"owner"};
    query.sum = {"capital", "staff"};
    query.average = {"capital"};
    const json::value answer = group(office_->boss(), query);
    const json::array home_first{amount_of("2.00", "CNY"), amount_of("4.00", "EUR"), amount_of("9.00", "USD")};
    std::map<std::string, json::value> sums, averages;
    for (const json::value& one : answer.at("groups").as_array()) {
        sums[text_of(one.at("key"))] = one.at("sum").at("capital");
        averages[text_of(one.at("key"))] = one.at("average").at("capital");
    }
    EXPECT_EQ(sums.at(std::to_string(office_->ben.value)), home_first);
    EXPECT_EQ(sums.at(std::to_string(office_->anna.value)), amount_of("16.00", "EUR"));
    EXPECT_EQ(sums.at(std::to_string(office_->cora.value)), amount_of("0.00", "CNY"));
    EXPECT_EQ(averages.at(std::to_string(office_->ben.value)).at(2), amount_of("4.50", "USD"));
    EXPECT_EQ(averages.at(std::to_string(office_->cora.value)), json::value());
    const json::value& total = answer.at("total");
    EXPECT_EQ(total.at("count"), json::value(6));
    EXPECT_EQ(total.at("sum").at("staff"), json::value(10));
    EXPECT_EQ(total.at("sum").at("capital"),
              (json::array{amount_of("2.00", "CNY"), amount_of("20.00", "EUR"), amount_of("9.00", "USD")}));
}

TEST_P(List, MomentsAreGroupedByTheDaysOfTheCallersZone) {
    // 16:30 UTC is already the next day in Shanghai, and still the same day in New York.
    for (const char* at : {"2026-01-31T16:30:00Z", "2026-01-31T15:30:00Z", "2026-07-01T03:59:00Z"}) {
        office_->create("firm", {{"name", std::string(at)}, {"owner", office_->ben}, {"met_at", *parse_timestamp(at)}});
    }
    GroupQuery query;
    query.object = "firm";
    query.by = {"met_at:month"};
    const auto months = [&](const Caller& caller) {
        std::map<std::string, std::int64_t> counts;
        const json::value result = group(caller, query);
        for (const json::value& one : result.at("groups").as_array()) {
            counts[text_of(one.at("key"))] = one.at("count").to_number<std::int64_t>();
        }
        return counts;
    };
    EXPECT_EQ(months(office_->boss()),
              (std::map<std::string, std::int64_t>{{"2026-01", 1}, {"2026-02", 1}, {"2026-07", 1}}));
    Caller abroad = office_->boss();
    abroad.zone = std::make_shared<const TimeZone>("America/New_York");
    EXPECT_EQ(months(abroad), (std::map<std::string, std::int64_t>{{"2026-01", 2}, {"2026-06", 1}}));
}

// covers: PLAT-97, PLAT-99
TEST_P(List, SearchFindsWhatAPlainScanFinds) {
    make_firms(150);
    const auto contains = [&](const std::string& word) {
        return expected([&](const Firm& f) { return fold(f.name).find(word) != std::string::npos; });
    };
    for (const std::string word : {"云峰", "有限", "有限公司", "长江", "科技有限", "恒达"}) {
        auto wanted = contains(word);
        if (wanted.size() > 100) continue;
        EXPECT_THAT(found(office_->boss(), word), ::testing::UnorderedElementsAreArray(wanted)) << word;
    }
    EXPECT_THAT(found(office_->boss(), "yunfeng"), ::testing::IsSupersetOf(contains("云峰")));
    EXPECT_THAT(found(office_->boss(), "yf"), ::testing::IsSupersetOf(contains("云峰")));
    EXPECT_THAT(found(office_->boss(), "zhongqing"), IsEmpty());
    EXPECT_THAT(found(office_->boss(), "chongqing"), ::testing::IsSupersetOf(contains("重庆")));
    for (const Firm& one : firms_) {
        if (!one.phone.empty()) {
            const auto tail = one.phone.substr(one.phone.size() - 4);
            EXPECT_THAT(found(office_->boss(), tail), ::testing::Contains(to_string(one.id))) << one.phone;
            break;
        }
    }
    ListQuery query;
    query.object = "firm";
    query.search = "云峰";
    query.limit = 500;
    EXPECT_THAT(ids_of(list(office_->boss(), query)), ::testing::UnorderedElementsAreArray(contains("云峰")));
}

TEST_P(List, ARecordThatChangesHandsIsFoundByItsNewOwnerOnly) {
    for (int i = 0; i < 20; ++i) {
        office_->create("firm", {{"name", "云峰" + std::to_string(i)}, {"owner", office_->cora}});
    }
    const RecordId id = office_->create("firm", {{"name", std::string("云峰")}, {"owner", office_->ben}});
    EXPECT_THAT(found(ben(), "云峰"), ElementsAre(to_string(id)));

    office_->change(office_->boss(), "firm", id, {{"owner", office_->cora}});
    EXPECT_THAT(found(ben(), "云峰"), IsEmpty());
    office_->change(office_->boss(), "firm", id, {{"owner", office_->ben}});
    EXPECT_THAT(found(ben(), "yf"), ElementsAre(to_string(id)));
}

TEST_P(List, TheBestHitsComeFirst) {
    const auto firm = [&](const char* name) {
        return to_string(office_->create("firm", {{"name", std::string(name)}, {"owner", office_->ben}}));
    };
    const std::string exact = firm("云峰");
    const std::string inside = firm("大云峰贸易");
    const std::string begins = firm("云峰科技");
    EXPECT_THAT(found(office_->boss(), "云峰"), ElementsAre(exact, begins, inside));
}

// covers: PLAT-32
TEST_P(List, PickersOfferTitlesInOrderAndByPinyin) {
    make_firms(30);
    std::string out;
    office_->records().options(ben(), "firm", "", nullptr, 5, out);
    const json::value own = parse_json(out).at("options");
    for (const json::value& one : own.as_array()) {
        EXPECT_EQ(firm(text_of(one.at("id"))).owner, office_->ben);
    }
    out.clear();
    office_->records().options(office_->boss(), "employee", "be", nullptr, 5, out);
    const json::value options = parse_json(out).at("options");
    ASSERT_EQ(options.as_array().size(), 1u);
    EXPECT_EQ(options.at(0).at("title"), json::value("Ben"));
}

TEST_P(List, ARecordComesWithItsActionsRightsAndChildren) {
    const RecordId firm = office_->create("firm", {{"name", std::string("云峰")}, {"owner", office_->ben}});
    RecordId phase;
    store().read([&](store::Connection& connection) {
        connection.query({"select id from phase where code = 'lead'", {}}, [&](const store::Row& row) {
            phase = RecordId{row.integer(0)};
            return false;
        });
    });
    const RecordId mine = office_->create(
        "deal", {{"name", std::string("one")}, {"firm", firm}, {"phase", phase}, {"owner", office_->ben}});
    office_->create("deal", {{"name", std::string("two")}, {"firm", firm}, {"phase", phase}, {"owner", office_->cora}});

    const json::value whole = read(office_->boss(), "firm", firm, {"deals", "timeline"});
    EXPECT_EQ(whole.at("included").at("deals").at("count"), json::value(2));
    EXPECT_EQ(whole.at("included").at("deals").at("records").as_array().size(), 2u);
    EXPECT_EQ(whole.at("included").at("timeline").at("items").at(0).at("kind"), json::value("change"));
    EXPECT_EQ(whole.at("rights"), (json::object{{"change", true}, {"delete", true}, {"assign", true}}));

    const json::value part = read(ben(), "firm", firm, {"deals"});
    EXPECT_EQ(part.at("included").at("deals").at("count"), json::value(1));
    EXPECT_EQ(part.at("included").at("deals").at("records").at(0).at("id"), json::value(to_string(mine)));
    EXPECT_EQ(part.at("rights").at("assign"), json::value(false));

    EXPECT_EQ(read(ben(), "deal", mine).at("actions"), (json::array{"win"}));
    store().change([&](store::Connection& connection) {
        connection.execute({"update deal set state = 'lost' where id = ?", {mine.value}});
    });
    EXPECT_EQ(read(ben(), "deal", mine).at("actions"), json::array());
}

// covers: PLAT-123
TEST_P(List, TheTimelineJoinsChildrenAndChangesPageByPage) {
    RecordId phase;
    store().read([&](store::Connection& connection) {
        connection.query({"select id from phase where code = 'lead'", {}}, [&](const store::Row& row) {
            phase = RecordId{row.integer(0)};
            return false;
        });
    });
    const RecordId deal =
        office_->create("deal", {{"name", std::string("one")}, {"phase", phase}, {"owner", office_->ben}});
    std::multiset<std::string> wanted{"create"};
    for (int i = 0; i < 40; ++i) {
        office_->clock().advance(std::chrono::seconds(below(3)));
        if (chance(60)) {
            // Some before the deal was made, some at the very moment of others.
            const Timestamp at = office_->clock().now() - std::chrono::seconds(chance(30) ? 1000 : below(3));
            office_->create("remark", {{"text", "remark " + std::to_string(i)}, {"deal", deal}, {"at", at}});
            wanted.insert("remark " + std::to_string(i));
        } else {
            office_->change(office_->boss(), "deal", deal, {{"reason", "reason " + std::to_string(i)}});
            wanted.insert("update");
        }
    }

    std::multiset<std::string> titles;
    std::string after, last = "9999";
    do {
        std::string out;
        office_->records().timeline(ben(), "deal", deal, after, {}, out);
        const json::value page = parse_json(out);
        for (const json::value& item : page.at("items").as_array()) {
            EXPECT_LE(text_of(item.at("at")), last);
            last = text_of(item.at("at"));
            titles.insert(text_of(item.at("title")));
        }
        after = page.at("next").is_null() ? "" : text_of(page.at("next"));
    } while (!after.empty() && titles.size() <= wanted.size());
    EXPECT_EQ(titles, wanted);

    std::string out;
    office_->records().timeline(ben(), "deal", deal, "", std::vector<std::string>{"remark"}, out);
    const json::value remarks = parse_json(out).at("items");
    for (const json::value& item : remarks.as_array()) EXPECT_EQ(item.at("kind"), json::value("remark"));
}

TEST_P(List, HistoryTellsOldAndNewWithTitles) {
    const RecordId id = office_->create(
        "firm", {{"name", std::string("before")}, {"owner", office_->ben}, {"level", std::string("a")}});
    office_->change(office_->boss(), "firm", id,
                    {{"name", std::string("after")}, {"level", std::string("b")}, {"helpers", Ids{office_->anna}}});

    std::string out;
    office_->records().history(office_->boss(), "firm", id, "", out);
    const json::value history = parse_json(out).at("history");

    ASSERT_EQ(history.as_array().size(), 2u);
    std::map<std::string, json::value> changes;
    for (const json::value& change : history.at(0).at("changes").as_array())
        changes[text_of(change.at("field"))] = change;
    EXPECT_EQ(changes.at("name").at("old"), json::value("before"));
    EXPECT_EQ(changes.at("name").at("new"), json::value("after"));
    EXPECT_EQ(changes.at("level").at("new"), (json::object{{"code", "b"}, {"title", "乙"}}));
    EXPECT_EQ(changes.at("helpers").at("new"),
              (json::array{json::object{{"id", to_string(office_->anna)}, {"title", "Anna"}}}));

    out.clear();
    office_->records().batches(office_->boss(), 10, out);
    EXPECT_EQ(parse_json(out).at("batches").at(0).at("count"), json::value(1));
}

TEST_P(List, AListAsOfAMomentIsTheListOfThatMoment) {
    make_firms(60);
    ListQuery query;
    query.object = "firm";
    query.limit = 500;
    query.sort = {{"name", false}};
    query.fields = {"name", "level", "capital", "tags", "owner", "phone", "updated_at"};
    query.count = Count::exact;
    GroupQuery groups;
    groups.object = "firm";
    groups.by = {"level"};
    groups.sum = {"capital"};
    const json::value before = list(office_->boss(), query);
    const json::value groups_before = group(office_->boss(), groups);
    const Timestamp moment = office_->clock().now();

    for (int step = 0; step < 60; ++step) {
        office_->clock().advance(std::chrono::milliseconds(1 + below(3)));
        const Firm& one = firms_[static_cast<std::size_t>(below(60))];
        try {
            switch (below(4)) {
                case 0:
                    office_->remove(office_->boss(), "firm", one.id);
                    break;
                case 1:
                    office_->create("firm", {{"name", "later" + std::to_string(step)}, {"owner", office_->ben}});
                    break;
                case 2:
                    office_->change(office_->boss(), "firm", one.id,
                                    {{"name", "changed" + std::to_string(step)},
                                     {"tags", chance(50) ? Value(Codes{"new"}) : Value()}});
                    break;
                default:
                    office_->change(office_->boss(), "firm", one.id,
                                    {{"level", std::string(chance(50) ? "a" : "b")},
                                     {"capital", Money{{below(1000), 2}, Currency{}}},
                                     {"owner", office_->cora}});
            }
        } catch (const Failure& failure) {
            ASSERT_EQ(failure.kind(), Failure::Kind::not_found);  // already in the bin
        }
    }
    EXPECT_NE(list(office_->boss(), query), before);

    query.as_of = moment;
    EXPECT_EQ(list(office_->boss(), query), before);
    query.search = "云峰";
    for (const std::string& id : ids_of(list(office_->boss(), query)))
        EXPECT_NE(fold(firm(id).name).find("云峰"), std::string::npos);
    groups.as_of = moment;
    EXPECT_EQ(group(office_->boss(), groups), groups_before);

    std::string out;
    office_->records().read(office_->boss(), "firm", firms_[0].id, {}, moment, out);
    EXPECT_EQ(text_of(parse_json(out).at("name")), firms_[0].name);
    // Who may see it is decided by whose it is today.
    query.search.clear();
    for (const std::string& id : ids_of(list(ben(), query))) {
        EXPECT_EQ(office_->cell("firm", *parse_record_id(id), "owner"), to_string(office_->ben));
    }
}

TEST_P(List, EveryRecordIsStreamedInOrder) {
    make_firms(40);
    ListQuery query;
    query.object = "firm";
    query.sort = {{"name", false}};
    query.fields = {"name", "tags", "owner"};
    std::vector<std::string> streamed;
    office_->records().each(north(), query, [&](RecordId id, std::span<const Value> values) {
        const Firm& one = firm(to_string(id));
        EXPECT_EQ(values[0], Value(one.name));
        EXPECT_EQ(values[2], Value(one.owner));
        const auto* tags = std::get_if<Codes>(&values[1]);
        EXPECT_EQ(tags ? std::set<std::string>(tags->begin(), tags->end()) : std::set<std::string>(), one.tags);
        streamed.push_back(to_string(id));
        return true;
    });
    query.limit = 500;
    EXPECT_EQ(streamed, ids_of(list(north(), query)));
}

TEST_P(List, AStreamGivesExactlyTheFieldsThatWereNamed) {
    make_firms(5);
    ListQuery query;
    query.object = "firm";
    query.fields = {"id", "name", "version", "name"};
    std::size_t rows = 0;
    office_->records().each(office_->boss(), query, [&](RecordId id, std::span<const Value> values) {
        EXPECT_EQ(values.size(), 4u);
        if (values.size() != 4) return false;
        EXPECT_EQ(std::get<RecordId>(values[0]), id);
        EXPECT_EQ(std::get<std::string>(values[1]), std::get<std::string>(values[3]));
        EXPECT_EQ(std::get<Decimal>(values[2]), (Decimal{1, 0}));
        ++rows;
        return true;
    });
    EXPECT_EQ(rows, 5u);
}

TEST_P(List, TheBinHoldsWhatWasRemoved) {
    make_firms(10);
    office_->remove(office_->boss(), "firm", firms_[3].id);
    ListQuery query;
    query.object = "firm";
    EXPECT_EQ(ids_of(list(office_->boss(), query)).size(), 9u);
    query.bin = true;
    EXPECT_THAT(ids_of(list(office_->boss(), query)), ElementsAre(to_string(firms_[3].id)));
}

TEST_P(List, ARecordInTheBinIsReadByWhoeverReachedItAndCanOnlyBeRestored) {
    const RecordId id = office_->create("firm", {{"name", std::string("云峰")}, {"owner", office_->cora}});
    office_->remove(office_->boss(), "firm", id);
    const auto read = [&](const Caller& caller, Records::Among among) {
        std::string out;
        office_->records().read(caller, "firm", id, {}, std::nullopt, out, among);
        return parse_json(out);
    };
    const json::value record = read(office_->boss(), Records::Among::bin);
    EXPECT_EQ(record.at("name"), json::value("云峰"));
    EXPECT_FALSE(record.at("deleted_at").is_null());
    EXPECT_TRUE(record.at("actions").as_array().empty());
    EXPECT_EQ(record.at("rights"),
              (json::object{{"change", false}, {"delete", false}, {"assign", false}, {"restore", true}}));
    const Caller cora = office_->person(office_->cora, office_->south, access::Scope::own);
    EXPECT_EQ(read(cora, Records::Among::bin).at("id"), json::value(to_string(id)));
    EXPECT_EQ(test::failure_of([&] { read(ben(), Records::Among::bin); }), Failure::Kind::not_found);
    EXPECT_EQ(test::failure_of([&] { read(office_->boss(), Records::Among::live); }), Failure::Kind::not_found);

    std::string out;
    office_->records().timeline(cora, "firm", id, {}, {}, out);
    out.clear();
    EXPECT_EQ(test::failure_of([&] { office_->records().timeline(ben(), "firm", id, {}, {}, out); }),
              Failure::Kind::not_found);
}

}  // namespace
}  // namespace gx::record
