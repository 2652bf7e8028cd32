#include "store/search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "store/schema.hpp"
#include "store/store_test_support.hpp"

namespace gx::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Term = QueryWord::Term;

QueryWord word(std::vector<std::vector<Term>> alternatives) { return {std::move(alternatives), "", false}; }

class SearchTest : public test::OnEachDatabase {
protected:
    void SetUp() override {
        OnEachDatabase::SetUp();
        if (IsSkipped()) return;
        migrate(store(), {{{"customer", {{"id", false, true}}, {"id"}, {}}}, {{"customer"}}});
    }
    void write(const std::vector<SearchEntry>& entries) {
        store().change([&](Connection& connection) {
            std::vector<std::vector<Cell>> rows;
            for (const SearchEntry& entry : entries) {
                if (entry.old_tokens.empty()) rows.push_back({entry.id});
            }
            connection.insert_rows("customer", std::vector<std::string>{"id"}, rows);
            write_search(connection, "customer", entries);
        });
    }
    void rewrite(const std::vector<SearchEntry>& entries) {
        store().change([&](Connection& connection) { write_search(connection, "customer", entries); });
    }
    std::vector<std::int64_t> found(const std::vector<QueryWord>& words) {
        std::vector<std::int64_t> ids;
        store().read([&](Connection& connection) {
            Sql sql{"select c.id from customer c where ", {}};
            sql += search_condition(dialect(), "customer", "c", words);
            sql += " order by c.id";
            connection.query(sql, [&](const Row& row) {
                ids.push_back(row.integer(0));
                return true;
            });
        });
        return ids;
    }
    std::vector<std::int64_t> typed(std::string_view text) { return found(query_words(text)); }
};
GX_ON_EACH_DATABASE(SearchTest);

TEST_P(SearchTest, EveryWordMustMatchByOneOfItsAlternatives) {
    write({{1, {"华信", "信科", "科技", "技", ":huaxinkeji"}, {}},
           {2, {"华信", "信", ":huaxin"}, {}},
           {3, {"tech"}, {}}});

    EXPECT_THAT(found({word({{{"华信"}}})}), ElementsAre(1, 2));
    EXPECT_THAT(found({word({{{"华信"}, {"科技"}}})}), ElementsAre(1));
    EXPECT_THAT(found({word({{{"华信"}}}), word({{{"科技"}}})}), ElementsAre(1));
    EXPECT_THAT(found({word({{{"tech"}}, {{"科技"}}})}), ElementsAre(1, 3));
    EXPECT_THAT(found({word({{{"华"}}})}), IsEmpty());
    EXPECT_THAT(found({word({{{"华", true}}})}), ElementsAre(1, 2));
    EXPECT_THAT(found({word({{{":huaxink", true}}, {{"te", true}}})}), ElementsAre(1, 3));
    EXPECT_THAT(found({}), ElementsAre(1, 2, 3));
    EXPECT_THAT(found({word({})}), IsEmpty());
    EXPECT_THAT(found({word({{{""}}})}), IsEmpty());
}

TEST_P(SearchTest, ConditionOfTheWholeSearchLetsEverythingMatchOrNothing) {
    write({{1, {"a"}, {}}, {2, {"b"}, {}}, {3, {"a"}, {}}});
    const auto matching = [&](const Sql& only_if) {
        std::vector<std::int64_t> ids;
        const SearchJoin index = search_join(dialect(), "customer", std::vector{word({{{"a"}}})}, only_if);
        Sql sql{"select " + index.id + " from " + index.table + " where ", {}};
        sql += index.matches;
        sql += " order by " + index.id;
        store().read([&](Connection& connection) {
            connection.query(sql, [&](const Row& row) {
                ids.push_back(row.integer(0));
                return true;
            });
        });
        return ids;
    };
    EXPECT_THAT(matching({"exists (select 1 from customer where id = ?)", {std::int64_t{2}}}), ElementsAre(1, 3));
    EXPECT_THAT(matching({"exists (select 1 from customer where id = ?)", {std::int64_t{9}}}), IsEmpty());
}

TEST_P(SearchTest, SignsOfTheQueryLanguagesAreOnlyTokens) {
    const std::vector<std::string> odd{"\"",   "'",  "\\",  "a\"b", "a'b", "a\\b", "*",   ":*",   "and", "OR",   "NOT",
                                       "NEAR", "(",  ")",   "!",    "&",   "|",    "<->", ":a",   "<a",  "~a",   "'a'b",
                                       "@1",   "#1", "{x}", ",",    "a:b", "-x",   "^",   "NULL", "''",  "\\\\", "?"};
    std::vector<SearchEntry> entries;
    for (std::size_t i = 0; i < odd.size(); ++i)
        entries.push_back({static_cast<std::int64_t>(i + 1), {odd[i], "all"}, {}});
    write(entries);

    for (std::size_t i = 0; i < odd.size(); ++i) {
        EXPECT_THAT(found({word({{{odd[i]}}}), word({{{"all"}}})}), ElementsAre(static_cast<std::int64_t>(i + 1)))
            << odd[i];
        EXPECT_THAT(found({word({{{odd[i], true}}})}), ::testing::Contains(static_cast<std::int64_t>(i + 1))) << odd[i];
    }
}

TEST_P(SearchTest, AnEntryIsReplacedAndRemoved) {
    write({{1, {"old", "both"}, {}}, {2, {"old"}, {}}});

    rewrite({{1, {"new", "both"}, {"old", "both"}}});
    EXPECT_THAT(found({word({{{"old"}}})}), ElementsAre(2));
    EXPECT_THAT(found({word({{{"new"}}})}), ElementsAre(1));
    EXPECT_THAT(found({word({{{"both"}}})}), ElementsAre(1));

    rewrite({{1, {}, {"new", "both"}}, {2, {"old"}, {"old"}}});
    EXPECT_THAT(found({word({{{"new"}}, {{"both"}}, {{"old"}}})}), ElementsAre(2));

    rewrite({{1, {"back"}, {}}});
    EXPECT_THAT(found({word({{{"back"}}})}), ElementsAre(1));
}

TEST_P(SearchTest, OfARecordWithOtherTokensOnlyWhatChangesIsNamed) {
    write({{1, {"华信", "@7"}, {}}, {2, {"@7"}, {}}, {3, {}, {}}});

    rewrite({{3, {"@8"}, {}, true}, {1, {"@8"}, {"@7"}, true}, {2, {}, {"@7"}, true}});
    EXPECT_THAT(found({word({{{"@7"}}})}), IsEmpty());
    EXPECT_THAT(found({word({{{"@8"}}})}), ElementsAre(1, 3));
    EXPECT_THAT(found({word({{{"华信"}}}), word({{{"@8"}}})}), ElementsAre(1));

    rewrite({{1, {"@7"}, {"@8"}, true}, {2, {"@7", "云峰"}, {}, true}});
    rewrite({{1, {}, {"华信", "@7"}}});
    EXPECT_THAT(found({word({{
                                 {"华信"},
                             },
                             {{"@7"}}})}),
                ElementsAre(2));
    rewrite({{1, {"华信"}, {}}});
    EXPECT_THAT(found({word({{{"华信"}}})}), ElementsAre(1));
}

TEST_P(SearchTest, AnEntryGoesWithTheTransactionThatWroteIt) {
    EXPECT_ANY_THROW(store().change([&](Connection& connection) {
        write_search(connection, "customer", std::vector<SearchEntry>{{1, {"gone"}, {}}});
        throw std::runtime_error("undo");
    }));
    write({{1, {"kept"}, {}}});
    EXPECT_THAT(found({word({{{"gone"}}})}), IsEmpty());
    EXPECT_THAT(found({word({{{"kept"}}})}), ElementsAre(1));
}

TEST_P(SearchTest, TheIndexIsClearedAndFilledAgain) {
    write({{1, {"a"}, {}}, {2, {"a"}, {}}});
    store().change([&](Connection& connection) { clear_search(connection, "customer"); });
    EXPECT_THAT(found({word({{{"a"}}})}), IsEmpty());
    rewrite({{2, {"a"}, {}}});
    EXPECT_THAT(found({word({{{"a"}}})}), ElementsAre(2));
}

TEST_P(SearchTest, WhatPeopleTypeFindsTheCompanyThroughTheTokeniser) {
    std::vector<SearchEntry> entries;
    const std::vector<std::string> companies{"华信科技有限公司", "云峰山旅游", "Huaxin Tech 13812345678"};
    for (std::size_t i = 0; i < companies.size(); ++i) {
        SearchEntry entry{static_cast<std::int64_t>(i + 1), {}, {}};
        index_tokens(companies[i], {true, PinyinOf::text}, entry.tokens);
        entries.push_back(std::move(entry));
    }
    write(entries);

    EXPECT_THAT(typed("华信"), ElementsAre(1));
    EXPECT_THAT(typed("云峰"), ElementsAre(2));
    EXPECT_THAT(typed("yunfeng"), ElementsAre(2));
    EXPECT_THAT(typed("yf"), ElementsAre(2));
    EXPECT_THAT(typed("5678"), ElementsAre(3));
    EXPECT_THAT(typed("科技 有限"), ElementsAre(1));
    EXPECT_THAT(typed("科技 云峰"), IsEmpty());
}

TEST_P(SearchTest, RandomWritesLeaveTheSameIndexAsASimpleSetOfSets) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::map<std::int64_t, std::vector<std::string>> model;
    store().change([&](Connection& connection) {
        std::vector<std::vector<Cell>> rows;
        for (std::int64_t id = 1; id <= 40; ++id) rows.push_back({id});
        connection.insert_rows("customer", std::vector<std::string>{"id"}, rows);
    });
    for (int round = 0; round < 60; ++round) {
        std::map<std::int64_t, SearchEntry> entries;
        for (int i = 0; i < 5; ++i) {
            const std::int64_t id = 1 + static_cast<std::int64_t>(random() % 40);
            std::set<std::string> tokens;
            for (auto t = random() % 6; t > 0; --t) tokens.insert("t" + std::to_string(random() % 30));
            entries[id] = {id, {tokens.begin(), tokens.end()}, model[id]};
        }
        std::vector<SearchEntry> batch;
        for (auto& [id, entry] : entries) {
            model[id] = entry.tokens;
            batch.push_back(entry);
        }
        rewrite(batch);
    }
    for (int token = 0; token < 30; ++token) {
        const std::string text = "t" + std::to_string(token);
        std::vector<std::int64_t> exact;
        std::vector<std::int64_t> prefixed;
        for (const auto& [id, tokens] : model) {
            if (std::ranges::find(tokens, text) != tokens.end()) exact.push_back(id);
            if (std::ranges::any_of(tokens, [&](const std::string& one) { return one.starts_with(text); }))
                prefixed.push_back(id);
        }
        EXPECT_EQ(found({word({{{text}}})}), exact);
        EXPECT_EQ(found({word({{{text, true}}})}), prefixed);
    }
}

}  // namespace
}  // namespace gx::store
