// Records that the platform writes by itself: everybody with the right reads them, nobody changes them.
#include <gtest/gtest.h>

#include "record/save_test_support.hpp"

namespace gx::record {
namespace {

class KeptByPlatform : public test::OnOffice {
protected:
    void SetUp() override {
        OnOffice::SetUp();
        if (IsSkipped()) return;
        store().change([](store::Connection& connection) {
            connection.execute(
                {"insert into visit (id, version, created_at, updated_at, name) values "
                 "(1, 1, 5, 5, 'Wang'), (2, 1, 6, 6, 'Chen'), (3, 1, 7, 7, null)",
                 {}});
        });
    }

    // Why a call is refused; empty when it is not.
    static std::string refusal(FunctionRef<void()> work) {
        try {
            work();
            return {};
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::forbidden);
            return failure.key();
        }
    }
};
GX_ON_EACH_DATABASE(KeptByPlatform);

// covers: PLAT-127
TEST_P(KeptByPlatform, RefusesEveryWayOfWritingToEverybody) {
    const std::string before = office().dump();
    const RecordId visit{1};
    const auto save = [&](Change change) {
        change.object = "visit";
        return refusal([&] { records().save(boss(), {&change, 1}, {}); });
    };

    EXPECT_EQ(save({{}, {}, {}, {{"name", std::string("Li")}}}), "kept_by_platform");
    EXPECT_EQ(save({{}, visit, {}, {{"name", std::string("Li")}}}), "kept_by_platform");
    EXPECT_EQ(save({{}, visit, {}, {}, true}), "kept_by_platform");
    EXPECT_EQ(save({{}, visit, {}, {}, false, true}), "kept_by_platform");
    for (const char* verb : {"delete", "restore"})
        EXPECT_EQ(refusal([&] { records().act(boss(), "visit", {&visit, 1}, verb, {}, {}, {}); }), "kept_by_platform");
    ListQuery all;
    all.object = "visit";
    const auto on = [](std::size_t, std::size_t) { return true; };
    EXPECT_EQ(refusal([&] { records().change_all(boss(), all, {{"name", std::string("Li")}}, false, on); }),
              "kept_by_platform");
    EXPECT_EQ(refusal([&] { records().change_all(boss(), all, {}, true, on); }), "kept_by_platform");

    EXPECT_EQ(office().dump(), before);
}

TEST_P(KeptByPlatform, ListsSortsAndCountsThemLikeOthers) {
    ListQuery query;
    query.object = "visit";
    query.sort = {{"name", false}};
    query.fields = {"name"};
    query.count = Count::exact;
    std::string out;
    records().list(boss(), query, out);
    EXPECT_EQ(out, R"({"records":[{"id":"3","version":1,"name":null},{"id":"2","version":1,"name":"Chen"},)"
                   R"({"id":"1","version":1,"name":"Wang"}],"next":null,"count":{"value":3,"exact":true}})");
}

TEST_P(KeptByPlatform, HaveNoHistoryAndAreNeverThrownAway) {
    std::string out;
    records().history(boss(), "visit", RecordId{1}, "", out);
    EXPECT_EQ(out, R"({"history":[],"next":null})");
    office().clock().advance(std::chrono::days(400));
    EXPECT_EQ(records().purge(30), 0u);
    EXPECT_EQ(office().cell("visit", RecordId{1}, "name"), "Wang");
}

}  // namespace
}  // namespace gx::record
