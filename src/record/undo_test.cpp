#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/save_test_support.hpp"
#include "store/search.hpp"

namespace gx::record {
namespace {

using test::failure_of;
using test::Values;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Undo : public test::OnOffice {
protected:
    Undone undo(RecordId batch) {
        return records().undo(boss(), batch, [](std::size_t, std::size_t) { return true; });
    }
    static Value text(std::string value) { return value; }
    RecordId batch_of(const std::string& object, RecordId id) {
        return RecordId{office().number("select max(batch) from history where object = '" + object +
                                        "' and record = " + std::to_string(id.value))};
    }
    // All that users see of records, without the columns that tell of the writing itself.
    std::string state() {
        return office().number("select count(*) from firm where deleted_at is null") == 0 ? "" : firms();
    }
    std::string firms() {
        std::string all;
        store().read([&](store::Connection& connection) {
            connection.query({"select name, name_sort, phone, owner, owner_department, level from firm where "
                              "deleted_at is null order by id",
                              {}},
                             [&](const store::Row& row) {
                                 for (const int i : {0, 1, 2, 5}) all += std::string(row.text(i)) + "|";
                                 all += std::to_string(row.integer(3)) + "|" + std::to_string(row.integer(4)) + "\n";
                                 return true;
                             });
            connection.query({"select record, item from firm_tags order by record, item", {}},
                             [&](const store::Row& row) {
                                 all += std::to_string(row.integer(0)) + ":" + std::string(row.text(1)) + "\n";
                                 return true;
                             });
        });
        return all;
    }
};
GX_ON_EACH_DATABASE(Undo);

TEST_P(Undo, OfACreationLeavesNothing) {
    const RecordId firm = office().create("firm", {{"name", text("华信")}, {"tags", Codes{"vip"}}});
    const RecordId batch = batch_of("firm", firm);

    const Undone undone = undo(batch);

    EXPECT_EQ(undone.undone, 1u);
    EXPECT_EQ(office().cell("firm", firm, "name"), "gone");
    EXPECT_THAT(office().found("firm", "华信"), IsEmpty());
    EXPECT_THAT(office().history("firm", firm), IsEmpty());
    EXPECT_EQ(office().number("select count(*) from firm_tags"), 0);
    EXPECT_EQ(office().cell("batch", batch, "undone_by"), std::to_string(undone.batch.value));
    EXPECT_EQ(failure_of([&] { undo(batch); }), Failure::Kind::conflict);
}

// covers: PLAT-140
TEST_P(Undo, OfAnUpdatePutsEveryValueBackAndCanItselfBeUndone) {
    const RecordId firm =
        office().create("firm", {{"name", text("华信")}, {"phone", text("13812345678")}, {"tags", Codes{"vip"}}});
    const std::string before = state();
    office().change(boss(), "firm", firm,
                    {{"name", text("云峰")},
                     {"phone", Value()},
                     {"tags", Codes{"new"}},
                     {"level", text("a")},
                     {"owner", office().cora}});
    const std::string after = state();

    const Undone undone = undo(batch_of("firm", firm));
    EXPECT_EQ(state(), before);
    EXPECT_THAT(office().found("firm", "华信"), ElementsAre(firm));
    EXPECT_THAT(office().found("firm", "云峰"), IsEmpty());

    EXPECT_EQ(undo(undone.batch).undone, 1u);
    EXPECT_EQ(state(), after);
    EXPECT_THAT(office().found("firm", "yunfeng"), ElementsAre(firm));
}

// covers: PLAT-140
TEST_P(Undo, OfARemovalBringsParentAndChildrenBack) {
    const RecordId phase{office().number("select id from phase where code = 'lead'")};
    const RecordId deal = office().create("deal", {{"name", text("一期")}, {"phase", phase}});
    const RecordId line = office().create("deal_line", {{"name", text("a")}, {"deal", deal}});
    const Saved removed = office().remove(boss(), "deal", deal);

    const Undone undone = undo(removed.batch);

    EXPECT_EQ(undone.undone, 2u);
    EXPECT_EQ(office().cell("deal", deal, "deleted_at"), "null");
    EXPECT_EQ(office().cell("deal_line", line, "deleted_at"), "null");
    EXPECT_EQ(undo(undone.batch).undone, 2u);
    EXPECT_NE(office().cell("deal_line", line, "deleted_at"), "null");
}

TEST_P(Undo, LeavesWhatOthersHaveChangedSinceAndCountsIt) {
    std::vector<Change> changes(5);
    for (std::size_t i = 0; i < changes.size(); ++i) {
        changes[i].object = "firm";
        changes[i].values = {{"name", text("f" + std::to_string(i))}};
    }
    const Saved saved = records().save(boss(), changes, {});
    office().change(boss(), "firm", saved.ids[1], {{"name", text("changed")}});
    const RecordId phase{office().number("select id from phase where code = 'lead'")};
    office().create("deal", {{"name", text("refers")}, {"phase", phase}, {"firm", saved.ids[3]}});

    const Undone undone = undo(saved.batch);

    EXPECT_EQ(undone.undone, 3u);
    EXPECT_EQ(undone.skipped, 2u);
    EXPECT_EQ(office().cell("firm", saved.ids[1], "name"), "changed");
    EXPECT_EQ(office().cell("firm", saved.ids[3], "name"), "f3");
}

TEST_P(Undo, GivesAValueBackThatARecordOfTheSameBatchHasTaken) {
    const RecordId old = office().create("firm", {{"name", text("华信")}, {"tax_code", text("T1")}});
    std::vector<Change> changes(2);
    changes[0].object = changes[1].object = "firm";
    changes[0].id = old;
    changes[0].values = {{"tax_code", text("T2")}};
    changes[1].row = 1;
    changes[1].values = {{"name", text("云峰")}, {"tax_code", text("T1")}};
    const Saved saved = records().save(boss(), changes, {});

    const Undone undone = undo(saved.batch);

    EXPECT_EQ(undone.undone, 2u);
    EXPECT_EQ(undone.skipped, 0u);
    EXPECT_EQ(office().cell("firm", old, "tax_code"), "T1");
    EXPECT_EQ(office().cell("firm", saved.ids[1], "name"), "gone");
}

TEST_P(Undo, OfAnImportInPiecesLeavesNothing) {
    SaveOptions options;
    options.operation = "import";
    RecordId first;
    std::vector<std::string> tables{"firm", "firm_tags", "search"};
    for (int piece = 0; piece < 3; ++piece) {
        std::vector<Change> changes(1200);
        for (std::size_t i = 0; i < changes.size(); ++i) {
            changes[i].object = "firm";
            changes[i].values = {{"name", text("导入" + std::to_string(i))}, {"tags", Codes{"vip"}}};
            // The earlier rows are the parents of the later ones.
            if (first) changes[i].values.emplace_back("parent", first);
        }
        const Saved saved = records().save(boss(), changes, options);
        options.batch = saved.batch;
        if (!first) first = saved.ids[0];
    }
    ASSERT_EQ(records().batch_size(boss(), options.batch), 3600);

    const Undone undone = undo(options.batch);

    EXPECT_EQ(undone.undone, 3600u);
    EXPECT_EQ(undone.skipped, 0u);
    EXPECT_EQ(office().number("select count(*) from firm"), 0);
    EXPECT_EQ(office().number("select count(*) from firm_tags"), 0);
    EXPECT_EQ(office().number("select count(*) from history where object = 'firm'"), 0);
    EXPECT_THAT(office().found("firm", "导入"), IsEmpty());
}

TEST_P(Undo, ThatWasStoppedGoesOnWhereItWas) {
    std::vector<Change> changes(2500);
    for (std::size_t i = 0; i < changes.size(); ++i) {
        changes[i].object = "firm";
        changes[i].values = {{"name", text("f" + std::to_string(i))}};
    }
    const Saved made = records().save(boss(), changes, {});
    for (std::size_t i = 0; i < changes.size(); ++i) {
        changes[i].id = made.ids[i];
        changes[i].values = {{"level", text("a")}};
    }
    const Saved changed = records().save(boss(), changes, {});
    ASSERT_EQ(changed.updated, 2500u);

    const Undone part = records().undo(boss(), changed.batch, [](std::size_t, std::size_t) { return false; });
    EXPECT_EQ(part.undone, 1000u);
    const Undone rest = undo(changed.batch);

    EXPECT_EQ(rest.undone, 1500u);
    EXPECT_EQ(rest.batch, part.batch);
    EXPECT_EQ(office().number("select count(*) from firm where level = 'b'"), 2500);
    EXPECT_EQ(failure_of([&] { undo(changed.batch); }), Failure::Kind::conflict);
}

TEST_P(Undo, IsForTheOneWhoDidItOrAnAdministrator) {
    const Caller ben = office().person(office().ben, office().north, access::Scope::own);
    const Caller cora = office().person(office().cora, office().south, access::Scope::all);
    const RecordId firm = office().create(ben, "firm", {{"name", text("Ben's")}});
    const RecordId batch = batch_of("firm", firm);
    const auto as = [&](const Caller& caller) {
        return records().undo(caller, batch, [](std::size_t, std::size_t) { return true; });
    };

    EXPECT_EQ(failure_of([&] { as(cora); }), Failure::Kind::not_found);
    EXPECT_EQ(failure_of([&] { records().batch_size(cora, batch); }), Failure::Kind::not_found);
    EXPECT_EQ(as(ben).undone, 1u);
}

TEST_P(Undo, ReachesOnlyWhatTheCallerMayStillChange) {
    const Caller ben = office().person(office().ben, office().north, access::Scope::own);
    const RecordId firm = office().create(ben, "firm", {{"name", text("one")}});
    const Saved changed = office().change(ben, "firm", firm, {{"name", text("two")}});
    const std::vector<RecordId> ids{firm};
    records().act(boss(), "firm", ids, "assign", {{"owner", office().cora}}, {}, {});

    const Undone undone = records().undo(ben, changed.batch, [](std::size_t, std::size_t) { return true; });

    EXPECT_EQ(undone.undone, 0u);
    EXPECT_EQ(undone.skipped, 1u);
    EXPECT_EQ(office().cell("firm", firm, "name"), "two");
}

TEST_P(Undo, PurgeRemovesForGoodWhatWasLongInTheBin) {
    const RecordId old = office().create("firm", {{"name", text("老旧")}});
    const RecordId kept = office().create("firm", {{"name", text("老友")}});
    office().remove(boss(), "firm", old);
    office().clock().advance(std::chrono::days(31));
    office().remove(boss(), "firm", kept);

    EXPECT_EQ(records().purge(30), 1u);

    EXPECT_EQ(office().cell("firm", old, "name"), "gone");
    EXPECT_NE(office().cell("firm", kept, "deleted_at"), "null");
    EXPECT_THAT(office().found("firm", "老旧"), IsEmpty());
    EXPECT_THAT(office().history("firm", old), IsEmpty());
}

TEST_P(Undo, RebuildingTheSearchIndexGivesTheSameIndex) {
    const RecordId firm = office().create("firm", {{"name", text("华信科技")}, {"phone", text("13812345678")}});
    office().store().change([&](store::Connection& connection) { store::clear_search(connection, "firm"); });
    EXPECT_THAT(office().found("firm", "hxkj"), IsEmpty());

    records().rebuild_search("firm", [](std::size_t, std::size_t) { return true; });

    EXPECT_THAT(office().found("firm", "hxkj"), ElementsAre(firm));
    EXPECT_THAT(office().found("firm", "5678"), ElementsAre(firm));
    office().change(boss(), "firm", firm, {{"name", text("云峰")}});
    EXPECT_THAT(office().found("firm", "hxkj"), IsEmpty());
}

}  // namespace
}  // namespace gx::record
