// Changes to many records of several objects at once, and what is told of records that cannot go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/save_test_support.hpp"

namespace gx::record {
namespace {

using access::Verb;
using test::failure_of;
using ::testing::ElementsAre;

const auto go_on = [](std::size_t, std::size_t) { return true; };

class SweepTest : public test::OnOffice {
protected:
    void SetUp() override {
        OnOffice::SetUp();
        if (IsSkipped()) return;
        phase_ = RecordId{office_->number("select id from phase where code = 'lead'")};
        firm_ = office_->create(
            "firm",
            {{"name", std::string("华信")}, {"owner", office_->ben}, {"helpers", Ids{office_->ben, office_->cora}}});
        deal_ = office_->create(
            "deal", {{"name", std::string("一期")}, {"phase", phase_}, {"firm", firm_}, {"owner", office_->ben}});
    }

    static ListQuery owned_by(std::string object, RecordId owner, Verb verb = Verb::assign) {
        ListQuery query;
        query.object = std::move(object);
        query.filter = json::array{"owner", "is", to_string(owner)};
        query.verb = verb;
        return query;
    }
    Sweep move(std::string object, RecordId from, RecordId to) {
        Sweep sweep;
        sweep.which = owned_by(std::move(object), from);
        sweep.values = {{"owner", to ? Value(to) : Value()}};
        sweep.whole = true;
        return sweep;
    }
    Swept run(const Caller& caller, std::vector<Sweep> sweeps) {
        SaveOptions options;
        options.operation = "hand_over";
        return records().sweep(caller, sweeps, options, go_on);
    }
    // The same person, with this scope of the verb on every object.
    static Caller with(Caller caller, Verb verb, access::Scope scope) {
        auto rights = std::make_shared<access::Rights>(*caller.grants->rights);
        for (auto& [name, object] : rights->objects) object.scope[static_cast<std::size_t>(verb)] = scope;
        auto grants = std::make_shared<access::Grants>(*caller.grants);
        grants->rights = std::move(rights);
        caller.grants = std::move(grants);
        return caller;
    }
    Caller assigner(access::Scope scope) {
        return with(office().person(office().cora, office().south, access::Scope::all), Verb::assign, scope);
    }
    std::string id(RecordId id) const { return std::to_string(id.value); }

    RecordId phase_, firm_, deal_;
};
GX_ON_EACH_DATABASE(SweepTest);

// covers: OPP-07, CUST-60
TEST_P(SweepTest, ChangesRecordsOfSeveralObjectsInOneBatchWhichOneUndoTakesBack) {
    const std::vector<std::string> history_before = office().history("deal", deal_);

    const Swept swept =
        run(boss(), {move("firm", office().ben, office().cora), move("deal", office().ben, office().cora)});

    EXPECT_THAT(swept.moved, ElementsAre(1u, 1u));
    EXPECT_EQ(office().cell("firm", firm_, "owner"), id(office().cora));
    EXPECT_EQ(office().cell("firm", firm_, "owner_department"), id(office().south)) << "booked where the new owner is";
    EXPECT_EQ(office().cell("deal", deal_, "owner"), id(office().cora));
    EXPECT_EQ(office().history("deal", deal_).size(), history_before.size() + 1) << "nothing of its past is lost";

    EXPECT_EQ(records().undo(boss(), swept.batch, go_on).undone, 2u);
    EXPECT_EQ(office().cell("firm", firm_, "owner"), id(office().ben));
    EXPECT_EQ(office().cell("deal", deal_, "owner_department"), id(office().north));
}

TEST_P(SweepTest, AWholeOneIsRefusedWhenARecordIsOutOfReachAndChangesNothing) {
    const std::string before = office().dump();

    EXPECT_EQ(
        failure_of([&] { run(assigner(access::Scope::department), {move("firm", office().ben, office().cora)}); }),
        Failure::Kind::forbidden);
    EXPECT_EQ(failure_of([&] { run(assigner(access::Scope::none), {move("firm", office().ben, office().cora)}); }),
              Failure::Kind::forbidden);

    EXPECT_EQ(office().dump(), before);
    EXPECT_THAT(run(assigner(access::Scope::all), {move("firm", office().ben, office().cora)}).moved, ElementsAre(1u));
}

TEST_P(SweepTest, WhoMayAssignButNotChangeLeavesNothingBehindWhenItIsRefused) {
    office().create("deal", {{"name", std::string("ok")}, {"phase", phase_}, {"owner", office().ben}});
    const Caller caller = with(assigner(access::Scope::all), Verb::change, access::Scope::none);
    store().change([&](store::Connection& connection) {
        connection.execute({"update deal set state = 'won' where id = ?", {deal_.value}});  // without a reason
    });

    const Swept swept =
        run(caller, {move("firm", office().ben, office().cora), move("deal", office().ben, office().cora)});

    ASSERT_EQ(swept.refused.size(), 1u);
    EXPECT_EQ(swept.refused[0].object, "deal");
    EXPECT_EQ(swept.refused[0].id, deal_);
    EXPECT_EQ(swept.refused[0].title, "一期");
    EXPECT_EQ(swept.refused[0].problems.at(0).rule, "reason_needed");
    EXPECT_FALSE(swept.batch);
    EXPECT_THAT(swept.moved, ElementsAre(0u, 0u));
    EXPECT_EQ(office().number("select count(*) from firm where owner = " + id(office().ben)), 1);
    EXPECT_EQ(office().number("select count(*) from deal where owner = " + id(office().ben)), 2);
    EXPECT_EQ(office().number("select count(*) from unfinished_batch"), 0);
}

TEST_P(SweepTest, OneOfSeveralReferencesGivesWayToAnother) {
    Sweep sweep;
    sweep.which.object = "firm";
    sweep.which.filter = json::array{"helpers", "is", to_string(office().ben)};
    sweep.which.verb = Verb::change;
    sweep.swaps = {{"helpers", office().ben, office().anna}};

    EXPECT_THAT(run(boss(), {sweep}).moved, ElementsAre(1u));
    EXPECT_EQ(office().number("select count(*) from firm_helpers where item in (" + id(office().anna) + ", " +
                              id(office().cora) + ")"),
              2);

    sweep.which.filter = json::array{"helpers", "is", to_string(office().anna)};
    sweep.swaps = {{"helpers", office().anna, office().cora}};
    run(boss(), {sweep});
    EXPECT_EQ(office().number("select count(*) from firm_helpers"), 1) << "who was there already is there once";
}

TEST_P(SweepTest, AUniqueValueThatAnotherHasAlreadyIsLeftWhereItIsWhenThatIsAllowed) {
    const RecordId taken = office().create("firm", {{"name", std::string("a")}, {"tax_code", std::string("x")}});
    Sweep sweep;
    sweep.which = owned_by("firm", office().ben, Verb::change);
    sweep.values = {{"tax_code", std::string("x")}};

    EXPECT_EQ(run(boss(), {sweep}).refused.size(), 1u);
    sweep.skip_taken = true;
    const Swept swept = run(boss(), {sweep});

    EXPECT_TRUE(swept.refused.empty());
    EXPECT_THAT(swept.moved, ElementsAre(0u));
    EXPECT_THAT(swept.taken, ElementsAre(1u));
    EXPECT_EQ(office().cell("firm", taken, "tax_code"), "x");
}

TEST_P(SweepTest, WithoutAnOwnerARecordStaysBookedWhereItWas) {
    EXPECT_THAT(run(boss(), {move("firm", office().ben, {})}).moved, ElementsAre(1u));

    EXPECT_EQ(office().cell("firm", firm_, "owner"), "null");
    EXPECT_EQ(office().cell("firm", firm_, "owner_department"), id(office().north));
}

TEST_P(SweepTest, WhoMayAssignMayBookARecordOnAnotherDepartment) {
    Sweep sweep;
    sweep.which = owned_by("firm", office().ben);
    sweep.values = {{"owner_department", office().south}};

    EXPECT_THAT(run(assigner(access::Scope::all), {sweep}).moved, ElementsAre(1u));
    EXPECT_EQ(office().cell("firm", firm_, "owner_department"), id(office().south));

    sweep.which.verb = Verb::change;
    sweep.values = {{"owner_department", office().north}};
    EXPECT_EQ(run(boss(), {sweep}).refused.at(0).problems.at(0).rule, "read_only");
}

TEST_P(SweepTest, ReachCountsWhatThereIsAndWhatTheCallerReaches) {
    office().create("firm", {{"name", std::string("b")}, {"owner", office().cora}});
    ListQuery all;
    all.object = "firm";
    all.verb = Verb::assign;
    const std::vector<ListQuery> queries{all, owned_by("firm", office().ben), owned_by("deal", office().anna)};

    const std::vector<Reach> reach = records().reach(assigner(access::Scope::department), queries);

    ASSERT_EQ(reach.size(), 3u);
    EXPECT_EQ(reach[0].all, 2);
    EXPECT_EQ(reach[0].reached, 1);
    EXPECT_EQ(reach[1].all, 1);
    EXPECT_EQ(reach[1].reached, 0);
    EXPECT_EQ(reach[2].all, 0);
}

// covers: PLAT-44, CUST-19
TEST_P(SweepTest, BlockersAreToldByObjectWithTheFirstThatTheCallerMaySee) {
    for (int i = 0; i < 7; ++i)
        office().create(
            "deal", {{"name", "d" + std::to_string(i)}, {"phase", phase_}, {"firm", firm_}, {"owner", office().cora}});
    const auto told = [&](const Caller& caller, std::string_view object, RecordId record) {
        std::string out;
        records().blockers(caller, object, {&record, 1}, out);
        return parse_json(out);
    };

    const json::value firm = told(boss(), "firm", firm_);
    ASSERT_EQ(firm.as_array().size(), 1u);
    EXPECT_EQ(firm.at_pointer("/0/object").as_string(), "deal");
    EXPECT_EQ(firm.at_pointer("/0/field").as_string(), "firm");
    EXPECT_EQ(firm.at_pointer("/0/count").as_int64(), 8);
    EXPECT_EQ(firm.at_pointer("/0/records").as_array().size(), 5u);
    EXPECT_EQ(firm.at_pointer("/0/records/0/title").as_string(), "d6");

    Caller ben = office().person(office().ben, office().north, access::Scope::own);
    const json::value seen = told(ben, "firm", firm_);
    EXPECT_EQ(seen.at_pointer("/0/count").as_int64(), 8) << "what is there keeps the record, seen or not";
    ASSERT_EQ(seen.at_pointer("/0/records").as_array().size(), 1u);
    EXPECT_EQ(seen.at_pointer("/0/records/0/title").as_string(), "一期");
    const Caller cora = office().person(office().cora, office().south, access::Scope::own);
    EXPECT_TRUE(told(cora, "firm", firm_).as_array().empty()) << "nothing is told of a record that is not hers";

    // A department is kept by its people and by what is booked on it.
    std::vector<std::string> fields;
    const json::value north = told(boss(), "department", office().north);
    for (const json::value& one : north.as_array())
        fields.push_back(std::string(one.at("object").as_string()) + "." + std::string(one.at("field").as_string()));
    EXPECT_THAT(fields, ::testing::UnorderedElementsAre("employee.department", "firm.owner_department",
                                                        "deal.owner_department"));
    EXPECT_EQ(test::problems_of([&] { office().remove(boss(), "department", office().north); }).size(), 3u);
}

}  // namespace
}  // namespace gx::record
