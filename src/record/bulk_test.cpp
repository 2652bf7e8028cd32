#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/save_test_support.hpp"

namespace gx::record {
namespace {

using test::failure_of;
using test::Office;
using test::problems_of;

const auto go_on = [](std::size_t, std::size_t) { return true; };

class Bulk : public test::OnOffice {
protected:
    void SetUp() override {
        OnOffice::SetUp();
        if (IsSkipped()) return;
        std::vector<Change> changes(5000);
        for (std::size_t i = 0; i < changes.size(); ++i) {
            changes[i].object = "firm";
            changes[i].values = {{"name", "f" + std::to_string(i)},
                                 {"owner", i % 2 == 0 ? office_->ben : office_->cora},
                                 {"staff", Decimal{static_cast<std::int64_t>(i), 0}}};
        }
        ids_ = office_->records().save(office_->boss(), changes, {}).ids;
    }
    const std::vector<RecordId>& ids() { return ids_; }
    static ListQuery firms(std::string_view filter = "null") {
        ListQuery query;
        query.object = "firm";
        query.filter = parse_json(filter);
        return query;
    }

private:
    std::vector<RecordId> ids_;
};
GX_ON_EACH_DATABASE(Bulk);

TEST_P(Bulk, EditReachesEveryRecordOfTheListInOneBatchAndIsUndoneAsOne) {
    const Saved saved = records().change_all(boss(), firms(R"({"and": [["staff", ">=", 1000]]})"),
                                             {{"level", std::string("a")}}, false, go_on);

    EXPECT_EQ(saved.updated, 4000u);
    EXPECT_EQ(office().number("select count(*) from firm where level = 'a'"), 4000);
    EXPECT_EQ(records().batch_size(boss(), saved.batch), 4000);
    EXPECT_EQ(records().undo(boss(), saved.batch, go_on).undone, 4000u);
    EXPECT_EQ(office().number("select count(*) from firm where level = 'b'"), 5000);
}

TEST_P(Bulk, EditTouchesOnlyWhatTheCallerMayChange) {
    const Caller ben = office().person(office().ben, office().north, access::Scope::own);

    EXPECT_EQ(records().change_all(ben, firms(), {{"level", std::string("a")}}, false, go_on).updated, 2500u);

    EXPECT_EQ(office().number("select count(*) from firm where level = 'a' and owner <> " +
                              std::to_string(office().ben.value)),
              0);
    const Caller nobody = office().person(office().ben, office().north, access::Scope::none);
    EXPECT_EQ(failure_of([&] { records().change_all(nobody, firms(), {}, false, go_on); }), Failure::Kind::forbidden);
}

TEST_P(Bulk, EditThatFailsHalfwayLeavesNothingChanged) {
    const RecordId phase{office().number("select id from phase where code = 'lead'")};
    office().create("deal", {{"name", std::string("refers")}, {"phase", phase}, {"firm", ids().back()}});

    EXPECT_THAT(problems_of([&] { records().change_all(boss(), firms(), {}, true, go_on); }),
                ::testing::ElementsAre("[4999]:in_use"));

    EXPECT_EQ(office().number("select count(*) from firm where deleted_at is null"), 5000);
}

TEST_P(Bulk, EditWhoseProcessIsKilledHalfwayIsTakenBackAtTheNextStart) {
    const std::int64_t history = office().number("select count(*) from history");
    fresh().close();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const std::unique_ptr<store::Store> own = store::open(fresh().settings());
        Office of_child(*own, 3);
        of_child.records().change_all(of_child.boss(), firms(), {{"level", std::string("a")}}, false,
                                      [](std::size_t done, std::size_t) {
                                          if (done >= 4000) kill(getpid(), SIGKILL);
                                          return true;
                                      });
        _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));

    fresh().reopen();
    Office again(store(), 4);
    const std::int64_t changed = again.number("select count(*) from firm where level = 'a'");
    EXPECT_GE(changed, 4000);
    again.records().recover();
    EXPECT_EQ(again.number("select count(*) from firm where level = 'b'"), 5000);
    EXPECT_EQ(again.number("select count(*) from unfinished_batch"), 0);
    EXPECT_EQ(again.number("select count(*) from history"), history + 2 * changed) << "both ways are told";
    again.records().recover();
    EXPECT_EQ(again.number("select count(*) from history"), history + 2 * changed);
}

TEST_P(Bulk, EditThatEndsLeavesNothingToTakeBack) {
    records().change_all(boss(), firms(), {{"level", std::string("a")}}, false, go_on);
    EXPECT_EQ(failure_of([&] {
                  records().change_all(boss(), firms(), {{"level", std::string("b")}}, false,
                                       [](std::size_t, std::size_t) { return false; });
              }),
              Failure::Kind::conflict);
    EXPECT_EQ(office().number("select count(*) from unfinished_batch"), 0);
    records().recover();
    EXPECT_EQ(office().number("select count(*) from firm where level = 'a'"), 5000);
}

}  // namespace
}  // namespace gx::record
