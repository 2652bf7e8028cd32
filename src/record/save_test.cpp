#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

#include "record/save_test_support.hpp"

namespace gx::record {
namespace {

using test::failure_of;
using test::problems_of;
using test::Values;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Save : public test::OnOffice {
protected:
    RecordId phase(const std::string& code) {
        return RecordId{office().number("select id from phase where code = '" + code + "'")};
    }
    static Value text(std::string value) { return value; }
    static Value yuan(std::string_view amount) { return Money{*parse_decimal(amount), Currency{}}; }
    static Change creation(std::string object, Values values, std::size_t row = 0) {
        Change change;
        change.object = std::move(object);
        change.values = std::move(values);
        change.row = row;
        return change;
    }
    RecordId deal(std::string name, Values more = {}) {
        more.emplace_back("name", text(std::move(name)));
        more.emplace_back("phase", phase("lead"));
        return office().create("deal", std::move(more));
    }
};
GX_ON_EACH_DATABASE(Save);

TEST_P(Save, ANewRecordHasDefaultsNumberMnemonicOwnerAndHistory) {
    const RecordId firm = office().create("firm", {{"name", text("　华信科技 ")}});

    EXPECT_EQ(office().cell("firm", firm, "name"), "华信科技");
    EXPECT_EQ(office().cell("firm", firm, "number"), "F202600001");
    EXPECT_EQ(office().cell("firm", firm, "mnemonic"), "HXKJ");
    EXPECT_EQ(office().cell("firm", firm, "level"), "b");
    EXPECT_EQ(office().cell("firm", firm, "listed"), "0");
    EXPECT_EQ(office().cell("firm", firm, "version"), "1");
    EXPECT_EQ(office().cell("firm", firm, "name_sort"), "huaxinkeji");
    EXPECT_EQ(office().cell("firm", firm, "owner"), std::to_string(office().anna.value));
    EXPECT_EQ(office().cell("firm", firm, "owner_department"), std::to_string(office().north.value));
    EXPECT_THAT(office().history("firm", firm), ElementsAre("created"));
    EXPECT_THAT(office().found("firm", "信科"), ElementsAre(firm));
    EXPECT_THAT(office().found("firm", "hxkj"), ElementsAre(firm));
    EXPECT_THAT(office().found("firm", "F202600001"), ElementsAre(firm));
}

TEST_P(Save, ShippedRecordsAreWrittenOnceAndThenTheCompanysOwn) {
    EXPECT_EQ(office().number("select count(*) from region"), 3);
    const RecordId suzhou{office().number("select id from region where code = 'sz'")};
    const RecordId jiangsu{office().number("select id from region where code = 'js'")};
    EXPECT_EQ(office().cell("region", suzhou, "parent"), std::to_string(jiangsu.value));
    office().change(boss(), "region", suzhou, {{"name", text("姑苏")}});
    const std::string before = office().dump();

    records().prepare();

    EXPECT_EQ(office().dump(), before);
}

TEST_P(Save, AnUpdateWritesTheFieldsItNamesAndTellsThemInTheHistory) {
    const RecordId firm = office().create("firm", {{"name", text("华信")},
                                                   {"phone", text("13812345678")},
                                                   {"tags", Codes{"vip", "old"}},
                                                   {"capital", yuan("10.00")}});

    const Saved saved =
        office().change(boss(), "firm", firm,
                        {{"name", text("华信科技")}, {"tags", Codes{"new", "vip"}}, {"capital", yuan("12.5")}}, 1);

    EXPECT_THAT(saved.versions, ElementsAre(2));
    EXPECT_EQ(office().cell("firm", firm, "capital"), "1250");
    EXPECT_EQ(office().cell("firm", firm, "mnemonic"), "HXKJ");
    EXPECT_THAT(
        office().history("firm", firm),
        ElementsAre(
            "created",
            R"({"name":["华信","华信科技"],"mnemonic":["HX","HXKJ"],"capital":[{"amount":"10.00","currency":"CNY"},{"amount":"12.50","currency":"CNY"}],"tags":[["old","vip"],["new","vip"]]})"));
    EXPECT_THAT(office().found("firm", "科技"), ElementsAre(firm));
    EXPECT_THAT(office().found("firm", "5678"), ElementsAre(firm));
    EXPECT_EQ(office().number("select count(*) from firm_tags"), 2);
}

TEST_P(Save, WhatIsTheSameAsStoredIsNoChange) {
    const RecordId firm = office().create("firm", {{"name", text("华信")}, {"capital", yuan("10.00")}});
    const std::string before = office().dump();

    const Saved saved =
        office().change(boss(), "firm", firm, {{"name", text(" 华信 ")}, {"capital", yuan("10")}, {"score", Value()}});

    EXPECT_EQ(saved.unchanged, 1u);
    EXPECT_EQ(office().dump(), before);
}

TEST_P(Save, TheSecondWriterOfTheSameVersionGetsStale) {
    const RecordId firm = office().create("firm", {{"name", text("华信")}});
    office().change(boss(), "firm", firm, {{"name", text("华信科技")}}, 1);
    const std::string before = office().dump();

    EXPECT_EQ(failure_of([&] { office().change(boss(), "firm", firm, {{"name", text("华为")}}, 1); }),
              Failure::Kind::stale);

    EXPECT_EQ(office().dump(), before);
}

TEST_P(Save, EveryProblemOfEveryRowIsToldAndNothingIsWritten) {
    const std::string before = office().dump();
    const std::vector<Change> changes{
        creation("firm", {{"name", Value()}, {"capital", yuan("-1")}, {"level", text("z")}}, 0),
        creation("firm", {{"name", text("good")}}, 1),
        creation("firm",
                 {{"name", std::string(61, 'x')},
                  {"parent", RecordId{77}},
                  {"score", Decimal{5, 0}},
                  {"nonsense", text("x")}},
                 2)};

    EXPECT_THAT(
        problems_of([&] { records().save(boss(), changes, {}); }),
        ElementsAre("[0].capital:too_small", "[0].level:unknown_choice", "[0].name:required", "[2].name:too_long",
                    "[2].nonsense:unknown_field", "[2].parent:no_such_record", "[2].score:read_only"));
    EXPECT_EQ(office().dump(), before);
}

TEST_P(Save, KeepGoodWritesTheOthersAndADryRunNothing) {
    const std::vector<Change> changes{creation("firm", {{"name", Value()}}, 10),
                                      creation("firm", {{"name", text("good")}}, 11)};
    const std::string before = office().dump();
    SaveOptions options;
    options.dry_run = true;
    EXPECT_EQ(records().save(boss(), changes, options).problems.at(0).row, 10u);
    EXPECT_EQ(office().dump(), before);

    options.dry_run = false;
    options.keep_good = true;
    const Saved saved = records().save(boss(), changes, options);

    EXPECT_FALSE(saved.ids.at(0));
    EXPECT_EQ(office().cell("firm", saved.ids.at(1), "name"), "good");
    EXPECT_EQ(saved.created, 1u);
    EXPECT_EQ(saved.problems.size(), 1u);
}

TEST_P(Save, AValueThatMustBeUniqueIsAProblemAtItsField) {
    office().create("firm", {{"name", text("one")}, {"tax_code", text("T1")}});
    const std::vector<Change> twice{creation("firm", {{"name", text("two")}, {"tax_code", text("T2")}}, 0),
                                    creation("firm", {{"name", text("three")}, {"tax_code", text("T2")}}, 1)};

    EXPECT_THAT(problems_of([&] { office().create("firm", {{"name", text("two")}, {"tax_code", text("T1")}}); }),
                ElementsAre("tax_code:duplicate"));
    EXPECT_THAT(problems_of([&] { records().save(boss(), twice, {}); }), ElementsAre("[1].tax_code:duplicate"));
}

TEST_P(Save, AUniqueValueIsFreeAgainWhenItsRecordIsInTheBin) {
    const RecordId first = office().create("firm", {{"name", text("one")}, {"tax_code", text("T1")}});
    office().remove(boss(), "firm", first);

    EXPECT_TRUE(office().create("firm", {{"name", text("two")}, {"tax_code", text("T1")}}));

    const std::vector<RecordId> ids{first};
    EXPECT_THAT(problems_of([&] { records().act(boss(), "firm", ids, "restore", {}, {}, {}); }),
                ElementsAre("tax_code:duplicate"));
}

TEST_P(Save, RulesDefaultsAndStoredFormulasReadThroughReferences) {
    const RecordId id = deal("一期", {{"amount", yuan("200.00")}});
    EXPECT_EQ(office().cell("deal", id, "chance"), "1000");
    EXPECT_EQ(office().cell("deal", id, "weighted"), "2000");

    office().change(boss(), "deal", id, {{"phase", phase("offer")}});

    EXPECT_EQ(office().cell("deal", id, "chance"), "5000");
    EXPECT_EQ(office().cell("deal", id, "weighted"), "10000");
    EXPECT_THAT(problems_of([&] { office().change(boss(), "deal", id, {{"state", text("won")}}); }),
                ElementsAre("lines:no_lines", "reason:reason_needed"));
}

TEST_P(Save, ABehaviourAddsRecordsToTheSameChange) {
    const RecordId id = deal("一期");

    const Saved saved = office().change(boss(), "deal", id, {{"phase", phase("won")}});

    EXPECT_EQ(saved.created, 1u);
    EXPECT_EQ(office().number("select count(*) from remark where deal = " + std::to_string(id.value)), 1);
    EXPECT_EQ(office().number("select count(*) from history where batch = " + std::to_string(saved.batch.value)), 2);
    EXPECT_THAT(problems_of([&] { deal("room 13"); }), ElementsAre("name:bad_luck"));
}

TEST_P(Save, AnActionIsPossibleOnlyWhenItsConditionHolds) {
    const RecordId id = deal("一期");
    office().create("deal_line", {{"name", text("a")}, {"deal", id}});
    const std::vector<RecordId> ids{id};
    EXPECT_THAT(problems_of([&] { records().act(boss(), "deal", ids, "win", {}, {}, {}); }),
                ElementsAre("reason:required"));
    EXPECT_THAT(problems_of([&] {
                    records().act(boss(), "deal", ids, "win", {{"reason", text(std::string(21, 'x'))}}, {}, {});
                }),
                ElementsAre("reason:too_long"));

    records().act(boss(), "deal", ids, "win", {{"reason", text("price")}}, 1, {});

    EXPECT_EQ(office().cell("deal", id, "state"), "won");
    EXPECT_THAT(problems_of([&] { records().act(boss(), "deal", ids, "win", {{"reason", text("again")}}, {}, {}); }),
                ElementsAre(":action_not_possible"));
    EXPECT_EQ(failure_of([&] { records().act(boss(), "deal", ids, "fly", {}, {}, {}); }), Failure::Kind::not_found);
}

TEST_P(Save, ARecordThatOthersReferToStaysAndCascadingChildrenGoAlong) {
    const RecordId firm = office().create("firm", {{"name", text("华信")}});
    const RecordId id = deal("一期", {{"firm", firm}});
    const RecordId line = office().create("deal_line", {{"name", text("a")}, {"deal", id}});
    EXPECT_THAT(problems_of([&] { office().remove(boss(), "firm", firm); }), ElementsAre(":in_use"));

    const Saved removed = office().remove(boss(), "deal", id);

    EXPECT_EQ(removed.removed, 2u);
    EXPECT_NE(office().cell("deal_line", line, "deleted_at"), "null");
    office().remove(boss(), "firm", firm);
    const std::vector<RecordId> ids{id};
    EXPECT_THAT(problems_of([&] { records().act(boss(), "deal", ids, "restore", {}, {}, {}); }),
                ElementsAre("firm:no_such_record"));
}

TEST_P(Save, WhatWentToTheBinWithARecordComesBackWithIt) {
    const RecordId id = deal("一期");
    const RecordId earlier = office().create("deal_line", {{"name", text("a")}, {"deal", id}});
    office().remove(boss(), "deal_line", earlier);
    office().clock().advance(std::chrono::seconds(1));
    const RecordId line = office().create("deal_line", {{"name", text("b")}, {"deal", id}});
    office().remove(boss(), "deal", id);
    const std::vector<RecordId> ids{id};

    records().act(boss(), "deal", ids, "restore", {}, {}, {});

    EXPECT_EQ(office().cell("deal", id, "deleted_at"), "null");
    EXPECT_EQ(office().cell("deal_line", line, "deleted_at"), "null");
    EXPECT_NE(office().cell("deal_line", earlier, "deleted_at"), "null") << "was removed by itself";
}

TEST_P(Save, NothingStandsBelowItself) {
    const RecordId top = office().create("firm", {{"name", text("top")}});
    const RecordId middle = office().create("firm", {{"name", text("middle")}, {"parent", top}});
    const RecordId low = office().create("firm", {{"name", text("low")}, {"parent", middle}});

    EXPECT_THAT(problems_of([&] { office().change(boss(), "firm", top, {{"parent", low}}); }),
                ElementsAre("parent:below_itself"));
    EXPECT_THAT(problems_of([&] { office().change(boss(), "firm", top, {{"parent", top}}); }),
                ElementsAre("parent:below_itself"));
    office().change(boss(), "firm", low, {{"parent", top}});
}

TEST_P(Save, WhoMayNotChangesNothing) {
    const Caller ben = office().person(office().ben, office().north, access::Scope::own);
    const Caller cora = office().person(office().cora, office().south, access::Scope::department);
    const Caller nobody = office().person(office().cora, office().south, access::Scope::none);
    const RecordId of_ben = office().create(ben, "firm", {{"name", text("Ben's")}});
    const std::vector<RecordId> ids{of_ben};
    const std::string before = office().dump();

    EXPECT_EQ(failure_of([&] { office().change(cora, "firm", of_ben, {{"name", text("x")}}); }),
              Failure::Kind::not_found);
    EXPECT_EQ(failure_of([&] { office().change(cora, "firm", RecordId{42}, {{"name", text("x")}}); }),
              Failure::Kind::not_found);
    EXPECT_EQ(failure_of([&] { office().remove(cora, "firm", of_ben); }), Failure::Kind::not_found);
    EXPECT_EQ(failure_of([&] { office().change(nobody, "firm", of_ben, {{"name", text("x")}}); }),
              Failure::Kind::forbidden);
    EXPECT_EQ(failure_of([&] { office().create(nobody, "firm", {{"name", text("x")}}); }), Failure::Kind::forbidden);
    EXPECT_EQ(failure_of([&] { records().act(ben, "firm", ids, "assign", {{"owner", office().cora}}, {}, {}); }),
              Failure::Kind::forbidden);
    EXPECT_EQ(failure_of([&] { office().change(ben, "firm", of_ben, {{"owner", office().cora}}); }),
              Failure::Kind::forbidden);
    EXPECT_THAT(problems_of([&] { office().create(ben, "firm", {{"name", text("x")}, {"owner", office().cora}}); }),
                ElementsAre("owner:owner_outside_scope"));
    EXPECT_THAT(problems_of([&] { deal("refers", {{"firm", RecordId{99}}}); }), ElementsAre("firm:no_such_record"));
    EXPECT_THAT(problems_of([&] {
                    office().create(cora, "deal",
                                    {{"name", text("foreign")}, {"phase", phase("lead")}, {"firm", of_ben}});
                }),
                ElementsAre("firm:no_such_record"));
    EXPECT_EQ(office().dump(), before);
}

TEST_P(Save, AFixedFieldIsSetAtCreationAndThenNeedsTheRightThatItNames) {
    const Caller ben = office().person(office().ben, office().north, access::Scope::all);
    const RecordId firm = office().create(ben, "firm", {{"name", text("华信")}, {"kind", text("x")}});

    EXPECT_THAT(problems_of([&] { office().change(ben, "firm", firm, {{"kind", text("y")}}); }),
                ElementsAre("kind:fixed"));

    Caller trusted = ben;
    const auto give = [&](std::string right) {
        auto rights = std::make_shared<access::Rights>(*ben.grants->rights);
        rights->special.insert(std::move(right));
        auto grants = std::make_shared<access::Grants>(*ben.grants);
        grants->rights = std::move(rights);
        trusted.grants = std::move(grants);
    };
    give("firm.audit");
    EXPECT_THAT(problems_of([&] { office().change(trusted, "firm", firm, {{"kind", text("y")}}); }),
                ElementsAre("kind:fixed"))
        << "another special right of the object";

    give("firm.rekind");
    office().change(trusted, "firm", firm, {{"kind", text("y")}});
    EXPECT_EQ(office().cell("firm", firm, "kind"), "y");
}

TEST_P(Save, AssigningTakesTheDepartmentAlong) {
    const RecordId firm = office().create("firm", {{"name", text("华信")}});
    const std::vector<RecordId> ids{firm};

    records().act(boss(), "firm", ids, "assign", {{"owner", office().cora}}, {}, {});

    EXPECT_EQ(office().cell("firm", firm, "owner"), std::to_string(office().cora.value));
    EXPECT_EQ(office().cell("firm", firm, "owner_department"), std::to_string(office().south.value));
}

TEST_P(Save, ARepeatedRequestMakesOneRecordAndGivesTheSameAnswer) {
    const Change change = creation("firm", {{"name", text("once")}});
    SaveOptions options;
    options.idempotency_key = "k1";

    const Saved first = records().save(boss(), {&change, 1}, options);
    const Saved second = records().save(boss(), {&change, 1}, options);

    EXPECT_EQ(first.ids, second.ids);
    EXPECT_EQ(first.batch, second.batch);
    EXPECT_EQ(office().number("select count(*) from firm"), 1);
}

TEST_P(Save, ListenersHearOfACommitAfterItAndTheOutboxKeepsIt) {
    std::vector<std::string> heard;
    records().on_commit([&](const Records::Committed& committed) {
        heard.push_back(committed.object + ":" + committed.operation + ":" +
                        office().cell("firm", committed.rows.at(0).id, "name"));
    });
    const RecordId firm = office().create("firm", {{"name", text("华信")}});
    EXPECT_THAT(problems_of([&] { office().create("firm", {}); }), ElementsAre("name:required"));
    office().remove(boss(), "firm", firm);

    EXPECT_THAT(heard, ElementsAre("firm:create:华信", "firm:delete:华信"));
    const std::vector<Records::Committed> kept = records().committed_after(0, 1000);
    ASSERT_GE(kept.size(), 2u);
    EXPECT_EQ(kept.back().operation, "delete");
    EXPECT_TRUE(kept.back().rows.at(0).removed);
    EXPECT_EQ(kept.back().rows.at(0).owner, office().anna);
    EXPECT_THAT(records().committed_after(kept.back().event, 10), IsEmpty());
    for (std::size_t i = 1; i < kept.size(); ++i) EXPECT_LT(kept[i - 1].event, kept[i].event);
}

TEST_P(Save, ListenersHearWhatAnotherProcessCommittedOnce) {
    test::Office other(store(), 1);  // sees the rows of the first, and has ids and listeners of its own
    std::vector<std::string> here, there;
    const auto noting = [](std::vector<std::string>& heard) {
        return [&heard](const Records::Committed& committed) {
            heard.push_back(committed.operation + " " + std::to_string(committed.rows.at(0).version));
        };
    };
    const RecordId before = office().create("firm", {{"name", text("before")}});
    other.records().tell_commits_elsewhere();  // from here on
    records().tell_commits_elsewhere();
    records().on_commit(noting(here));
    other.records().on_commit(noting(there));

    office().change(boss(), "firm", before, {{"name", text("after")}});
    EXPECT_THAT(here, ElementsAre("update 2"));
    EXPECT_THAT(there, IsEmpty());
    records().tell_commits_elsewhere();
    other.records().tell_commits_elsewhere();
    other.records().tell_commits_elsewhere();
    EXPECT_THAT(here, ElementsAre("update 2")) << "what it did itself it has told";
    EXPECT_THAT(there, ElementsAre("update 2"));

    // Both at once, and more than are read at a time.
    for (int i = 0; i < 300; ++i) {
        office().change(boss(), "firm", before, {{"name", text("a" + std::to_string(i))}});
        other.change(boss(), "firm", before, {{"name", text("b" + std::to_string(i))}});
    }
    records().tell_commits_elsewhere();
    other.records().tell_commits_elsewhere();
    const auto sorted = [](std::vector<std::string> heard) { return std::set(heard.begin(), heard.end()); };
    EXPECT_EQ(here.size(), 601u);
    EXPECT_EQ(there.size(), 601u);
    EXPECT_EQ(sorted(here), sorted(there));
}

// covers: PLAT-79
TEST_P(Save, ManyWritersAtOnceGetNumbersWithoutGapOrDuplicate) {
    constexpr int writers = 32, each = 6;
    std::vector<std::thread> threads;
    std::atomic<int> refused = 0;
    for (int w = 0; w < writers; ++w)
        threads.emplace_back([&, w] {
            for (int i = 0; i < each; ++i) {
                // Every third one is refused, which must not leave a gap.
                const bool bad = i % 3 == 2;
                try {
                    office().create("firm", bad ? Values{{"name", text("x")}, {"tax_code", text("same")}}
                                                : Values{{"name", text("w" + std::to_string(w))}});
                } catch (const Failure&) {
                    ++refused;
                }
            }
        });
    for (std::thread& thread : threads) thread.join();

    const std::int64_t made = office().number("select count(*) from firm");
    EXPECT_EQ(made + refused, writers * each);
    EXPECT_EQ(office().number("select count(*) from firm where tax_code = 'same'"), 1);
    EXPECT_EQ(office().number("select count(distinct number) from firm"), made);
    EXPECT_EQ(office().number("select count(*) from firm where number > 'F2026" +
                              (std::string(5 - std::to_string(made).size(), '0') + std::to_string(made)) + "'"),
              0);
}

TEST_P(Save, ManyWritersOfOneRecordLoseNothing) {
    const RecordId firm = office().create("firm", {{"name", text("x")}});
    std::vector<std::thread> threads;
    for (int w = 0; w < 8; ++w)
        threads.emplace_back([&, w] {
            for (int i = 0; i < 5; ++i)
                office().change(boss(), "firm", firm, {{"note", text(std::to_string(w * 100 + i))}});
        });
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(office().cell("firm", firm, "version"), "41");
    EXPECT_EQ(office().history("firm", firm).size(), 41u);
}

TEST_P(Save, OneDraftAndTenThousandGiveTheSameResult) {
    const auto values = [&](int i) {
        return Values{
            {"name", text("公司" + std::to_string(i))},   {"phone", text("138" + std::to_string(10000000 + i))},
            {"level", text(i % 2 == 0 ? "a" : "b")},      {"tags", i % 3 == 0 ? Value(Codes{"vip", "new"}) : Value()},
            {"capital", yuan(std::to_string(i) + ".50")}, {"owner", i % 2 == 0 ? office().ben : office().cora}};
    };
    constexpr int count = 10'000;
    std::vector<Change> changes;
    for (int i = 0; i < count; ++i) changes.push_back(creation("firm", values(i), static_cast<std::size_t>(i)));
    const Saved many = records().save(boss(), changes, {});
    ASSERT_EQ(many.created, static_cast<std::size_t>(count));

    for (const int i : {0, 1, 2, 3, 4999, 9999}) {
        const RecordId alone = office().create("firm", values(i));
        for (const std::string column : {"name", "name_sort", "mnemonic", "phone", "level", "capital",
                                         "capital_currency", "owner", "owner_department", "listed", "version"})
            EXPECT_EQ(office().cell("firm", alone, column),
                      office().cell("firm", many.ids[static_cast<std::size_t>(i)], column))
                << column << " of " << i;
        EXPECT_THAT(office().found("firm", "138" + std::to_string(10000000 + i)),
                    ElementsAre(many.ids[static_cast<std::size_t>(i)], alone));
        EXPECT_EQ(office().number("select count(*) from firm_tags where record = " + std::to_string(alone.value)),
                  i % 3 == 0 ? 2 : 0);
    }
    EXPECT_EQ(office().number("select count(distinct number) from firm"), count + 6);
    EXPECT_EQ(office().number("select count(*) from history where batch = " + std::to_string(many.batch.value)), count);
}

TEST_P(Save, ADecisionThatLookedAtChildrenIsMadeAgainWhenTheyChangeMeanwhile) {
    const RecordId phase{office().number("select id from phase where code = 'lead'")};
    const RecordId deal = office().create("deal", {{"name", text("一期")}, {"phase", phase}});
    const RecordId line = office().create("deal_line", {{"name", text("a")}, {"deal", deal}});
    const Change won{"deal", deal, {}, {{"state", text("won")}, {"reason", text("price")}}, false, false, 0};
    SaveOptions options;
    bool gone = false;
    options.before_write = [&] {
        if (!std::exchange(gone, true)) office().remove(boss(), "deal_line", line);
    };

    EXPECT_THAT(problems_of([&] { records().save(boss(), {&won, 1}, options); }),
                ::testing::ElementsAre("lines:no_lines"));

    EXPECT_TRUE(gone);
    EXPECT_EQ(office().cell("deal", deal, "state"), "open");
}

TEST_P(Save, AnyUnicodeComesBackAsItWas) {
    for (const std::string name : {"𠮷野家 🏠", "Ελληνικά", "a\xCC\x81", "'; drop table firm; --", "100% _\\", "نص"}) {
        const RecordId firm = office().create("firm", {{"name", text(name)}});
        EXPECT_EQ(office().cell("firm", firm, "name"), name);
    }
    EXPECT_FALSE(problems_of([&] { office().create("firm", {{"name", text(std::string("a\0b", 3))}}); }).empty());
    EXPECT_FALSE(problems_of([&] { office().create("firm", {{"name", text("\xff\xfe")}}); }).empty());
}

}  // namespace
}  // namespace gx::record
