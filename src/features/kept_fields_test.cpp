// What leaves and enters as files tells nothing that is kept from the caller.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "features/exporting/exporter.hpp"
#include "features/importing/references.hpp"
#include "record/save_test_support.hpp"

namespace gx::features {
namespace {

class KeptFields : public record::test::OnOffice {
protected:
    access::Caller ben(const std::string& role) { return office().holder(office().ben, office().north, {role}); }
};
GX_ON_EACH_DATABASE(KeptFields);

TEST_P(KeptFields, AnExportNamesOnlyWhatReferencesShowTheCaller) {
    const RecordId firm = office().create("firm", {{"name", std::string("云峰")}});
    const RecordId phase{office().number("select id from phase where code = 'lead'")};
    office().create("deal", {{"name", std::string("一期")}, {"phase", phase}, {"firm", firm}, {"owner", office().ben}});
    const auto exported = [&](const std::string& role) {
        record::ListQuery query;
        query.object = "deal";
        query.fields = {"name", "firm", "owner"};
        std::string text;
        Exporter(records()).write(ben(role), query, ExportFormat::csv, [&](std::string_view piece) {
            text += piece;
            return true;
        });
        return text;
    };
    const std::string deals = R"("deal": {"view": "all", "export": "all"})";
    EXPECT_THAT(exported(R"({"objects": {)" + deals + R"(, "firm": {"view": "own"}}})"), ::testing::HasSubstr("云峰"));
    const std::string without = exported(R"({"objects": {)" + deals + "}}");
    EXPECT_THAT(without, ::testing::HasSubstr("一期"));
    EXPECT_THAT(without, ::testing::HasSubstr("Ben")) << "whose a record is may be known";
    EXPECT_THAT(without, ::testing::Not(::testing::HasSubstr("云峰")));
}

TEST_P(KeptFields, AnImportNamesNoRecordByAFieldThatIsKept) {
    const RecordId firm = office().create("firm", {{"name", std::string("云峰")}, {"tax_code", std::string("T1")}});
    const auto found = [&](const std::string& role, const std::string& text) {
        const access::Caller caller = ben(role);
        References references(records(), caller, office().model());
        references.find("firm", {text});
        RecordId id;
        const References::Found result = references.get("firm", text, id);
        if (result == References::Found::one) EXPECT_EQ(id, firm);
        return result;
    };
    const std::string all = R"({"objects": {"firm": {"view": "all"}}})";
    const std::string hides = R"({"objects": {"firm": {"view": "all"}}, "fields": {"firm.tax_code": "hidden"}})";
    EXPECT_EQ(found(all, "T1"), References::Found::one);
    EXPECT_EQ(found(hides, "T1"), References::Found::none);
    EXPECT_EQ(found(hides, "云峰"), References::Found::one);
}

}  // namespace
}  // namespace gx::features
