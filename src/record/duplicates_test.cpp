// What is likely there already: told while typing, and when a new record is saved.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/save_test_support.hpp"
#include "store/store_test_support.hpp"

namespace gx::record {
namespace {

using test::Values;

class Duplicates : public test::OnOffice {
protected:
    Caller ben() const { return office_->person(office_->ben, office_->north, access::Scope::own); }

    json::array found(const Caller& caller, const Values& draft) {
        std::string out;
        office_->records().duplicates(caller, "firm", draft, out);
        return parse_json(out).at("duplicates").as_array();
    }
    bool knows_phone(std::string_view typed) {
        return !found(office_->boss(), {{"phone", std::string(typed)}}).empty();
    }

    RecordId firm(std::string name, std::string phone) {
        return office_->create("firm",
                               {{"name", std::move(name)}, {"owner", office_->cora}, {"phone", std::move(phone)}});
    }
};
GX_ON_EACH_DATABASE(Duplicates);

// covers: CUST-21
TEST_P(Duplicates, AreToldEvenWhenTheyMayNotBeOpened) {
    const RecordId theirs = firm("云峰科技有限公司", "13812345678");
    const json::array of_name = found(ben(), {{"name", std::string("云峰科技（有限公司）")}});
    ASSERT_EQ(of_name.size(), 1u);
    EXPECT_TRUE(of_name.at(0).at("id").is_null());
    EXPECT_EQ(of_name.at(0).at("visible"), json::value(false));

    const json::array of_phone = found(office_->boss(), {{"phone", std::string("13812345678")}});
    ASSERT_EQ(of_phone.size(), 1u);
    EXPECT_EQ(of_phone.at(0).at("id"), json::value(to_string(theirs)));
    EXPECT_EQ(of_phone.at(0).at("matched"), json::value("phone"));
}

TEST_P(Duplicates, OneTelephoneNumberIsTheSameHoweverItIsGrouped) {
    firm("有分隔", "0510-8555 1234");
    for (const char* same : {"051085551234", "0510 85551234", "0510-855 51 234", "+86 510 8555 1234", "+8651085551234",
                             "0086-510-85551234", "86 510 8555 1234", "（０５１０）８５５５１２３４"}) {
        EXPECT_TRUE(knows_phone(same)) << same;
    }
    for (const char* other :
         {"051085551235", "85551234", "0512-8555 1234", "+1 510 8555 1234", "0510-8555 1234 ext. 8"}) {
        EXPECT_FALSE(knows_phone(other)) << other;
    }
    for (const char* stored : {"051285551234", "0513 855 51234", "+86 514 8555 1234", "0515-85551-234"})
        firm(stored, stored);
    for (const char* typed : {"0512-8555-1234", "0513-8555-1234", "0514 8555 1234", "051585551234"}) {
        EXPECT_TRUE(knows_phone(typed)) << typed;
    }
}

TEST_P(Duplicates, AMobileNumberIsTheSameWithAndWithoutTheCountryCode) {
    firm("手机", "13812345678");
    for (const char* same : {"138 1234 5678", "+86 138-1234-5678", "008613812345678", "１３８１２３４５６７８"})
        EXPECT_TRUE(knows_phone(same)) << same;
    EXPECT_FALSE(knows_phone("13812345679"));
}

TEST_P(Duplicates, ANewRecordThatIsLikelyThereIsRefusedOnlyWhenAskedTo) {
    firm("云峰科技有限公司", "0510-8555 1234");
    Change change{"firm",
                  {},
                  {},
                  {{"name", std::string("无锡云峰")}, {"owner", office_->ben}, {"phone", std::string("051085551234")}}};
    SaveOptions options;
    options.refuse_duplicates = true;
    try {
        office_->records().save(office_->boss(), {&change, 1}, options);
        FAIL() << "saved twice";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::conflict);
        EXPECT_EQ(failure.key(), "duplicates");
    }
    EXPECT_EQ(office_->number("select count(*) from firm"), 1);
    options.refuse_duplicates = false;
    EXPECT_EQ(office_->records().save(office_->boss(), {&change, 1}, options).created, 1u);
}

TEST_P(Duplicates, ARequestThatComesAgainIsAnsweredAndNotTakenForItsOwnDuplicate) {
    Change change{"firm", {}, {}, {{"name", std::string("云峰")}, {"owner", office_->ben}}};
    SaveOptions options;
    options.refuse_duplicates = true;
    options.idempotency_key = "once";
    const Saved first = office_->records().save(office_->boss(), {&change, 1}, options);
    const Saved again = office_->records().save(office_->boss(), {&change, 1}, options);
    EXPECT_EQ(first.ids, again.ids);
    EXPECT_EQ(office_->number("select count(*) from firm"), 1);
}

}  // namespace
}  // namespace gx::record
