// What somebody with some roles reads: never more than the roles say, on no way round.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "record/save_test_support.hpp"

namespace gx::record {
namespace {

using test::failure_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

class ReadingRights : public test::OnOffice {
protected:
    Caller ben(const std::vector<std::string>& roles) { return office().holder(office().ben, office().north, roles); }

    RecordId firm(const std::string& name, RecordId owner, test::Values more = {}) {
        more.emplace_back("name", name);
        more.emplace_back("owner", owner);
        return office().create("firm", std::move(more));
    }
    RecordId deal(const std::string& name, RecordId firm, RecordId owner) {
        const RecordId phase{office().number("select id from phase where code = 'lead'")};
        return office().create("deal", {{"name", name}, {"phase", phase}, {"firm", firm}, {"owner", owner}});
    }
    json::value list(const Caller& caller, const ListQuery& query) {
        std::string out;
        records().list(caller, query, out);
        return parse_json(out);
    }
    std::vector<std::string> names(const Caller& caller, ListQuery query) {
        query.fields = {"name"};
        query.limit = 500;
        std::vector<std::string> found;
        const json::value page = list(caller, query);
        for (const json::value& record : page.at("records").as_array()) found.push_back(text_of(record.at("name")));
        return found;
    }
    static ListQuery of(std::string object, std::string_view filter = "null") {
        ListQuery query;
        query.object = std::move(object);
        query.filter = parse_json(filter);
        return query;
    }
    json::value read(const Caller& caller, const std::string& object, RecordId id,
                     std::vector<std::string> include = {}) {
        std::string out;
        records().read(caller, object, id, include, std::nullopt, out);
        return parse_json(out);
    }
};
GX_ON_EACH_DATABASE(ReadingRights);

// covers: PLAT-60
TEST_P(ReadingRights, WhatLiesBehindAReferenceIsToldOfRecordsThatAreSeenBesideTheirTitles) {
    const RecordId own =
        firm("云峰", office().ben, {{"phone", std::string("13800000001")}, {"level", std::string("a")}});
    const RecordId others =
        firm("华信", office().cora, {{"phone", std::string("13800000002")}, {"level", std::string("a")}});
    deal("one", own, office().ben);
    deal("two", others, office().ben);
    const Caller caller = ben({R"({"objects": {"*": {"view": "all"}, "firm": {"view": "own"}}})"});

    ListQuery query = of("deal");
    query.fields = {"name", "firm.name", "firm.phone"};
    query.sort = {{"name", false}};
    const json::value page = list(caller, query);
    EXPECT_EQ(page.at("records").at(0).at("firm.phone"), json::value("13800000001"));
    EXPECT_EQ(page.at("records").at(1).at("firm.name"), json::value("华信"));
    EXPECT_TRUE(page.at("records").at(1).at("firm.phone").is_null());

    EXPECT_THAT(names(caller, of("deal", R"(["firm.phone", "is", "13800000002"])")), IsEmpty());
    EXPECT_THAT(names(caller, of("deal", R"(["firm.level", "is", "a"])")), ElementsAre("one"));
    EXPECT_THAT(names(caller, of("deal", R"(["firm.name", "is", "华信"])")), ElementsAre("two"));
    EXPECT_EQ(records().count(caller, of("deal", R"(["firm.level", "is", "a"])")), 1);
    ListQuery sorted = of("deal");
    sorted.sort = {{"firm.phone", true}};
    EXPECT_THAT(names(caller, sorted), ElementsAre("one", "two")) << "an unseen value stands where none stands";

    GroupQuery groups;
    groups.object = "deal";
    groups.by = {"firm.level"};
    std::string out;
    records().group(caller, groups, out);
    const json::value answer = parse_json(out);
    std::map<std::string, json::value> counts;
    for (const json::value& group : answer.at("groups").as_array())
        counts[group.at("key").is_null() ? "none" : text_of(group.at("key"))] = group.at("count");
    EXPECT_EQ(counts, (std::map<std::string, json::value>{{"a", 1}, {"none", 1}}));
}

TEST_P(ReadingRights, ConditionsOfRolesLookAtEveryRecordWhoeverMaySeeIt) {
    const RecordId others = firm("华信", office().cora, {{"level", std::string("a")}});
    deal("two", others, office().cora);
    const Caller caller = ben({R"({"objects": {"firm": {"view": "own"},
        "deal": {"view": {"scope": "all", "where": "firm.level = 'a'"}}}})"});
    EXPECT_THAT(names(caller, of("deal")), ElementsAre("two"));
}

// What a condition lets through must not be lost beside the scope because nobody owns it.
TEST_P(ReadingRights, ARecordThatNobodyOwnsIsFoundByItsCondition) {
    for (int i = 0; i < 60; ++i) firm("other" + std::to_string(i), office().cora);
    firm("own", office().ben);
    const RecordId unowned = firm("unowned", office().cora, {{"level", std::string("a")}});
    office().change(boss(), "firm", unowned, {{"owner", Value()}});
    const Caller caller = ben({R"({"objects": {"firm": {"view": "own"}}})",
                               R"({"objects": {"firm": {"view": {"scope": "all", "where": "level = 'a'"}}}})"});
    for (const char* key : {"staff", "name", "updated_at"}) {
        ListQuery query = of("firm");
        query.sort = {{key, false}};
        EXPECT_THAT(names(caller, query), UnorderedElementsAre("own", "unowned")) << key;
    }
    EXPECT_EQ(records().count(caller, of("firm")), 2);
}

TEST_P(ReadingRights, WhoseChildrenTheyAreIsNotToldByAListOfThem) {
    const RecordId owned = deal("one", firm("云峰", office().ben), office().ben);
    office().create("remark", {{"text", std::string("a")}, {"at", office().clock().now()}, {"deal", owned}});
    const Caller sees = ben({R"({"objects": {"*": {"view": "all"}}})"});
    const Caller hides = ben({R"({"objects": {"*": {"view": "all"}}, "fields": {"remark.deal": "hidden"}})"});
    const auto kinds = [&](const Caller& caller) {
        std::vector<std::string> found;
        const json::value whole = read(caller, "deal", owned, {"remarks", "timeline"});
        for (const json::value& item : whole.at("included").at("timeline").at("items").as_array())
            found.push_back(text_of(item.at("kind")));
        if (whole.at("included").as_object().contains("remarks")) found.emplace_back("(list)");
        return found;
    };
    EXPECT_THAT(kinds(sees), UnorderedElementsAre("change", "remark", "(list)"));
    EXPECT_THAT(kinds(hides), ElementsAre("change"));
}

TEST_P(ReadingRights, PickersGoByTheFieldThatTheObjectNamesWhereItMayBeRead) {
    const auto titles = [&](const Caller& caller) {
        std::string out, found;
        records().options(caller, "phase", "", nullptr, 5, out);
        const json::value options = parse_json(out).at("options");
        for (const json::value& one : options.as_array()) found += text_of(one.at("title")) + " ";
        return found;
    };
    EXPECT_EQ(titles(boss()), "线索 报价 赢单 ") << "by chance";
    EXPECT_EQ(titles(ben({R"({"objects": {"*": {"view": "all"}}, "fields": {"phase.chance": "hidden"}})"})),
              "报价 线索 赢单 ")
        << "by title: the order would tell";
}

TEST_P(ReadingRights, ASpecialRightDoesNotMakeARecordOnesOwnToChange) {
    const RecordId own = firm("云峰", office().ben);
    const RecordId others = firm("华信", office().cora);
    const std::string objects = R"("objects": {"firm": {"view": "all", "change": "own"}})";
    const Caller audits = ben({"{" + objects + R"(, "special": ["firm.audit"]})"});
    EXPECT_EQ(read(audits, "firm", own).at("actions"), (json::array{"audit"}));
    EXPECT_EQ(read(audits, "firm", others).at("actions"), json::array());
    EXPECT_EQ(read(ben({"{" + objects + "}"}), "firm", own).at("actions"), json::array());
}

// Words of the index are asked again of the texts that may be read; people group digits as they like there too.
TEST_P(ReadingRights, ANumberIsFoundAsItIsWrittenAlsoByWhomSomeWordsAreKeptFrom) {
    firm("云峰", office().ben, {{"phone", std::string("0512-66123456")}});
    const Caller caller = ben({R"({"objects": {"firm": {"view": "all"}}, "fields": {"firm.number": "hidden"}})"});
    const auto found = [&](const Caller& who, const char* typed) {
        ListQuery query = of("firm");
        query.search = typed;
        return names(who, query);
    };
    for (const char* typed : {"0512-66123456", "051266123456", "66123456", "3456"})
        EXPECT_EQ(found(caller, typed), found(boss(), typed)) << typed;
    EXPECT_THAT(found(caller, "0512-66123456"), ElementsAre("云峰"));
}

TEST_P(ReadingRights, ThePastIsToldOfTheRecordsThatAreReachedToday) {
    const RecordId now_a = firm("now a", office().cora, {{"level", std::string("b")}});
    const RecordId now_b = firm("now b", office().cora, {{"level", std::string("a")}});
    const RecordId now_own = firm("now own", office().cora, {{"level", std::string("b")}});
    const Timestamp then = office().clock().now();
    office().clock().advance(std::chrono::seconds(1));
    office().change(boss(), "firm", now_a, {{"level", std::string("a")}});
    office().change(boss(), "firm", now_b, {{"level", std::string("b")}});
    office().change(boss(), "firm", now_own, {{"owner", office().ben}, {"level", std::string("a")}});
    const auto found = [&](const char* view) {
        ListQuery query = of("firm");
        query.as_of = then;
        return names(ben({R"({"objects": {"firm": {"view": )" + std::string(view) + "}}}"}), query);
    };
    EXPECT_THAT(found(R"({"scope": "all", "where": "level = 'a'"})"), UnorderedElementsAre("now a", "now own"));
    EXPECT_THAT(found(R"({"scope": "own", "where": "level = 'a'"})"), ElementsAre("now own"));
    EXPECT_THAT(found(R"("own")"), ElementsAre("now own"));

    // Where one scope is met by another, both are asked of today.
    ListQuery query = of("firm");
    query.as_of = then;
    query.verb = access::Verb::export_;
    const Caller exports = ben({R"({"objects": {"firm": {"view": {"scope": "all", "where": "level = 'a'"},
        "export": "own"}}})"});
    EXPECT_THAT(names(exports, query), ElementsAre("now own"));
}

TEST_P(ReadingRights, TitlesAreThoseThatReferencesShowTheCaller) {
    const RecordId id = firm("云峰", office().ben);
    const Caller caller = ben({R"({"objects": {"deal": {"view": "all"}}})"});
    EXPECT_THAT(records().titles("firm", std::vector<RecordId>{id}, &caller), IsEmpty());
    EXPECT_EQ(records().titles("firm", std::vector<RecordId>{id}).at(id), "云峰");
    EXPECT_EQ(records().titles("employee", std::vector<RecordId>{office().ben}, &caller).at(office().ben), "Ben");
}

// ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

class WritingRights : public ReadingRights {};
GX_ON_EACH_DATABASE(WritingRights);

TEST_P(WritingRights, WhatStandsInAFieldThatIsKeptIsNotFoundOutByWritingIt) {
    const RecordId id = firm("云峰", office().ben, {{"phone", std::string("13800000001")}});
    for (const char* right : {"hidden", "masked"}) {
        const Caller caller =
            ben({R"({"objects": {"firm": {"view": "all", "change": "all"}}, "fields": {"firm.phone": ")" +
                 std::string(right) + R"("}})"});
        for (const char* guess : {"13800000001", "13800000002"}) {
            const auto write = [&] { office().change(caller, "firm", id, {{"phone", std::string(guess)}}); };
            EXPECT_THAT(test::problems_of(write), ElementsAre("phone:no_right_to_field")) << right << guess;
        }
    }
    // What may be read may be written back as it is.
    const Caller reads =
        ben({R"({"objects": {"firm": {"view": "all", "change": "all"}}, "fields": {"firm.phone": "read"}})"});
    EXPECT_EQ(office().change(reads, "firm", id, {{"phone", std::string("13800000001")}}).unchanged, 1u);
}

// A record that the program changes along is no less out of sight.
TEST_P(WritingRights, AnUnseenRecordIsNotChosenBecauseABehaviourChangesItAlong) {
    Behaviours behaviours;
    test::register_small_behaviours(behaviours);
    behaviours.of("deal").before_save([](Draft& deal) {
        const auto* firm = std::get_if<RecordId>(&deal.value("firm"));
        if (firm && *firm && deal.changed("firm")) deal.add("firm", *firm).set_value("score", Decimal{1, 0});
    });
    IdSource ids(office().clock(), 3);
    Records scoring(
        Parts{store(), office().clock(), ids, [this] { return office().model(); }, "Asia/Shanghai", Currency{}},
        behaviours);
    scoring.prepare();
    const RecordId own = firm("云峰", office().ben);
    const RecordId others = firm("华信", office().cora);
    const RecordId phase{office().number("select id from phase where code = 'lead'")};
    const Caller caller = ben({R"({"objects": {"*": {"view": "all", "add": "all"}, "firm": {"view": "own"}}})"});
    const auto make = [&](RecordId firm) {
        Change change;
        change.object = "deal";
        change.values = {{"name", std::string("one")}, {"phase", phase}, {"firm", firm}, {"owner", office().ben}};
        scoring.save(caller, {&change, 1}, {});
    };
    const std::string before = office().dump();
    EXPECT_THAT(test::problems_of([&] { make(others); }), ElementsAre("firm:no_such_record"));
    EXPECT_EQ(office().dump(), before);
    make(own);
    EXPECT_EQ(office().cell("firm", own, "score"), "1");
}

// The owner of a legal representative is the customer's, whomever the caller had thought of.
TEST_P(WritingRights, WhatABehaviourPutsInPlaceOfTheCallersChoiceMayBeUnseenByTheCaller) {
    const RecordId own = firm("云峰", office().ben);
    const RecordId others = firm("华信", office().cora);
    Behaviours behaviours;
    test::register_small_behaviours(behaviours);
    behaviours.of("deal").before_save([others](Draft& deal) { deal.set_value("firm", others); });
    IdSource ids(office().clock(), 3);
    Records placing(
        Parts{store(), office().clock(), ids, [this] { return office().model(); }, "Asia/Shanghai", Currency{}},
        behaviours);
    placing.prepare();
    const RecordId phase{office().number("select id from phase where code = 'lead'")};
    const auto make = [&](const Caller& caller) {
        Change change;
        change.object = "deal";
        change.values = {{"name", std::string("one")}, {"phase", phase}, {"firm", own}, {"owner", office().ben}};
        placing.save(caller, {&change, 1}, {});
    };
    make(ben({R"({"objects": {"*": {"view": "all", "add": "all"}, "firm": {"view": "own"}}})"}));
    EXPECT_EQ(office().number("select count(*) from deal where firm = " + std::to_string(others.value)), 1);
}

TEST_P(WritingRights, AWholeSweepFindsItsRecordsByWhatTheCallerDoesNotSee) {
    const RecordId others = firm("华信", office().cora, {{"level", std::string("a")}});
    const RecordId id = deal("one", others, office().ben);
    const Caller caller = ben({R"({"objects": {"*": {"view": "all"}, "deal": {"view": "own", "change": "own"},
        "firm": {"view": "own"}}})"});
    Sweep sweep;
    sweep.which = of("deal", R"(["firm.level", "is", "a"])");
    sweep.which.verb = access::Verb::change;
    sweep.values = {{"reason", std::string("moved")}};
    sweep.whole = true;
    const auto go_on = [](std::size_t, std::size_t) { return true; };
    EXPECT_THAT(records().sweep(caller, std::vector<Sweep>{sweep}, {}, go_on).moved, ElementsAre(1u));
    EXPECT_EQ(office().cell("deal", id, "reason"), "moved");
}

TEST_P(WritingRights, AnActionWithASpecialRightIsForRecordsThatMayBeChanged) {
    const RecordId own = firm("云峰", office().ben);
    const RecordId others = firm("华信", office().cora);
    const std::string objects = R"("objects": {"firm": {"view": "all", "change": "own"}})";
    const Caller audits = ben({"{" + objects + R"(, "special": ["firm.audit"]})"});
    const auto audit = [&](const Caller& caller, RecordId id) {
        return failure_of([&] { records().act(caller, "firm", std::vector<RecordId>{id}, "audit", {}, {}, {}); });
    };
    EXPECT_EQ(audit(audits, others), Failure::Kind::not_found);
    EXPECT_EQ(audit(ben({"{" + objects + "}"}), own), Failure::Kind::forbidden);
    EXPECT_EQ(audit(audits, own), std::nullopt);
    EXPECT_EQ(office().cell("firm", others, "kind"), "null");
    EXPECT_EQ(office().cell("firm", own, "kind"), "audited");
}

}  // namespace
}  // namespace gx::record
