// Records by what files call them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/save_test_support.hpp"
#include "store/store_test_support.hpp"

namespace gx::record {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class NamedRecords : public test::OnOffice {
protected:
    RecordId firm(std::string name, std::string tax_code = {}) {
        test::Values values{{"name", std::move(name)}, {"owner", office_->cora}};
        if (!tax_code.empty()) values.emplace_back("tax_code", std::move(tax_code));
        return office_->create("firm", std::move(values));
    }
    std::vector<RecordId> named(const Caller& caller, const std::vector<std::string>& texts) {
        std::vector<RecordId> ids;
        for (const Named& one : office_->records().named(caller, "firm", texts)) ids.push_back(one.id);
        return ids;
    }
};
GX_ON_EACH_DATABASE(NamedRecords);

TEST_P(NamedRecords, AreFoundByTitleWhateverTheCaseAndWidthButNotByHomophones) {
    const RecordId huaxin = firm("华信 Medical");
    firm("花心 Medical");
    firm("华信 Medical 二");
    EXPECT_THAT(named(office_->boss(), {"华信 medical"}), UnorderedElementsAre(huaxin));
    EXPECT_THAT(named(office_->boss(), {"华信　ＭＥＤＩＣＡＬ", "没有"}), UnorderedElementsAre(huaxin));
    EXPECT_THAT(named(office_->boss(), {"华信"}), IsEmpty());
    EXPECT_THAT(named(office_->boss(), {""}), IsEmpty());
    EXPECT_THAT(named(office_->boss(), {}), IsEmpty());
}

TEST_P(NamedRecords, AreFoundByNumberAndByUniqueField) {
    const RecordId one = firm("一", "91320200MA1X");
    const RecordId two = firm("二");
    EXPECT_THAT(named(office_->boss(), {"91320200ma1x"}), UnorderedElementsAre(one));
    EXPECT_THAT(named(office_->boss(), {office_->cell("firm", two, "number")}), UnorderedElementsAre(two));
}

TEST_P(NamedRecords, AreThoseThatTheCallerMaySeeAndNotThoseInTheBin) {
    const RecordId theirs = firm("云峰");
    const Caller ben = office_->person(office_->ben, office_->north, access::Scope::own);
    EXPECT_THAT(named(ben, {"云峰"}), IsEmpty());
    EXPECT_THAT(named(office_->boss(), {"云峰"}), UnorderedElementsAre(theirs));
    office_->remove(office_->boss(), "firm", theirs);
    EXPECT_THAT(named(office_->boss(), {"云峰"}), IsEmpty());
}

TEST_P(NamedRecords, AreFoundForThousandsOfTextsAtOnce) {
    std::vector<RecordId> ids;
    std::vector<std::string> texts;
    for (int i = 0; i < 3; ++i) ids.push_back(firm("第" + std::to_string(i)));
    for (int i = 0; i < 5000; ++i) texts.push_back("第" + std::to_string(i));
    EXPECT_THAT(named(office_->boss(), texts), ::testing::UnorderedElementsAreArray(ids));
}

}  // namespace
}  // namespace gx::record
