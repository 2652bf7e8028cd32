#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/save_test_support.hpp"

namespace gx::record {
namespace {

using test::Office;
using test::Values;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Save : public store::test::OnEachDatabase {
protected:
    void SetUp() override {
        OnEachDatabase::SetUp();
        if (IsSkipped()) return;
        office_ = std::make_unique<Office>(store());
        office_->hire();
    }
    Office& office() { return *office_; }
    RecordId phase(const std::string& code) {
        return RecordId{office().number("select id from phase where code = '" + code + "'")};
    }
    static Value text(std::string value) { return value; }

private:
    std::unique_ptr<Office> office_;
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
    office().change(office().boss(), "region", suzhou, {{"name", text("姑苏")}});
    const std::string before = office().dump();

    office().records().prepare();

    EXPECT_EQ(office().dump(), before);
}

}  // namespace
}  // namespace gx::record
