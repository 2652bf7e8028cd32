// Rights of roles, scopes of data, and how they come from the tables of the organisation.
#include "access/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/load.hpp"
#include "base/failure.hpp"
#include "meta/load.hpp"
#include "store/schema.hpp"
#include "store/store_test_support.hpp"

namespace gx::access {
namespace {

using ::testing::ElementsAre;

meta::ModelPtr model() {
    const std::string label = R"("label": {"zh": "一", "en": "One"})";
    const auto object = [&](const std::string& name, const std::string& rest) {
        return meta::Source{"modules/a/" + name + "/" + name + ".json",
                            "{" + label + R"(, "title": "name", )" + rest + "}"};
    };
    const std::string name = R"("name": {"type": "text", )" + label + "}";
    meta::Loaded loaded = meta::load({
        {"modules/a/module.json", "{" + label + R"(, "objects": ["deal", "stage"]})"},
        object("deal", R"("owned": true, "fields": {)" + name + R"(, "secret": {"type": "text", "sensitive": true, )" +
                           label + R"(}, "inner": {"type": "text", "hidden": true, )" + label +
                           R"(}, "fee": {"type": "integer", "read_only": true, )" + label + "}}"),
        object("stage", R"("fields": {)" + name + "}"),
        object("entry", R"("kept_by_platform": true, "restricted": true, "owned": true, "fields": {)" + name + "}"),
        object("department",
               R"("fields": {)" + name + R"(, "parent": {"type": "department", "tree": true, )" + label + "}}"),
        object("employee", R"("fields": {)" + name + R"(, "department": {"type": "department", )" + label +
                               R"(}, "position": {"type": "ref", "to": "position", )" + label +
                               R"(}, "level": {"type": "ref", "to": "level", )" + label +
                               R"(}, "manager": {"type": "user", "tree": true, )" + label + "}}"),
        object("position", R"("fields": {)" + name + "}"),
        object("level", R"("fields": {)" + name + "}"),
        object("employee_post", R"("fields": {)" + name + R"(, "employee": {"type": "user", )" + label +
                                    R"(}, "department": {"type": "department", )" + label +
                                    R"(}, "position": {"type": "ref", "to": "position", )" + label +
                                    R"(}, "from_on": {"type": "date", )" + label +
                                    R"(}, "until_on": {"type": "date", )" + label + "}}"),
        object("role", R"("fields": {)" + name + "}"),
        object("role_assignment", R"("fields": {)" + name + R"(, "role": {"type": "ref", "to": "role", )" + label +
                                      R"(}, "level": {"type": "ref", "to": "level", )" + label + "}}"),
        object("team", R"("fields": {)" + name + R"(, "members": {"type": "refs", "to": "employee", )" + label + "}}"),
    });
    for (const meta::Mistake& mistake : loaded.mistakes) ADD_FAILURE() << mistake.file << ": " << mistake.what;
    return loaded.model;
}

// Somebody with one role of these rights.
Grants person(const meta::Model& model, const RoleRights& role) {
    Grants grants;
    grants.user = RecordId{1};
    grants.employee = RecordId{10};
    grants.department = RecordId{100};
    grants.team_members = {RecordId{10}, RecordId{11}};
    grants.departments = {RecordId{100}};
    grants.departments_below = {RecordId{100}, RecordId{101}};
    grants.rights = join(model, {{"role", &role}});
    return grants;
}
Grants person(const meta::Model& model, const std::string& rights) {
    return person(model, parse_role_rights(parse_json(rights)));
}

// covers: PLAT-49
TEST(Access, EachScopeReachesItsRowsAndThoseOfTheNarrowerOnes) {
    const meta::ModelPtr m = model();
    const meta::Object& deal = m->object("deal");
    struct Row {
        RecordId owner, department;
    };
    const Row own{RecordId{10}, RecordId{100}}, moved{RecordId{10}, RecordId{500}}, mate{RecordId{11}, RecordId{500}},
        neighbour{RecordId{12}, RecordId{100}}, below{RecordId{13}, RecordId{101}},
        stranger{RecordId{14}, RecordId{500}}, nobody{{}, {}};
    const auto reached = [&](Scope scope) {
        RoleRights role;
        role.objects["deal"][Verb::view].scope = scope;
        const RowFilter filter = rows(person(*m, role), deal, Verb::view);
        EXPECT_TRUE(filter.is_plain());
        std::string names;
        for (const auto& [name, row] : std::vector<std::pair<std::string, Row>>{{"own ", own},
                                                                                {"moved ", moved},
                                                                                {"mate ", mate},
                                                                                {"neighbour ", neighbour},
                                                                                {"below ", below},
                                                                                {"stranger ", stranger},
                                                                                {"nobody ", nobody}}) {
            if (filter.admits(row.owner, row.department)) names += name;
        }
        return names;
    };
    EXPECT_EQ(reached(Scope::none), "");
    EXPECT_EQ(reached(Scope::own), "own moved ");
    EXPECT_EQ(reached(Scope::team), "own moved mate ");
    EXPECT_EQ(reached(Scope::department), "own moved neighbour ");
    EXPECT_EQ(reached(Scope::department_and_below), "own moved neighbour below ");
    EXPECT_EQ(reached(Scope::all), "own moved mate neighbour below stranger nobody ");
}

// A team goes across departments: whoever has both scopes reaches the records of both.
TEST(Access, ATeamAndADepartmentStandBesideOneAnother) {
    const meta::ModelPtr m = model();
    const meta::Object& deal = m->object("deal");
    const auto role = [](const char* view) {
        RoleRights rights;
        rights.objects["deal"][Verb::view].scope =
            parse_role_rights(parse_json(view)).objects.at("deal").at(Verb::view).scope;
        return rights;
    };
    const RoleRights team = role(R"({"objects": {"deal": {"view": "team"}}})");
    const RecordId mate{11}, stranger{14}, here{100}, below{101}, elsewhere{500};
    for (const char* wide : {R"({"objects": {"deal": {"view": "department"}}})",
                             R"({"objects": {"deal": {"view": "department_and_below"}}})"}) {
        const RoleRights department = role(wide);
        for (const bool team_first : {false, true}) {
            std::vector<NamedRole> roles{{"a", &department}, {"b", &team}};
            if (team_first) std::swap(roles[0], roles[1]);
            Grants grants = person(*m, team);
            grants.rights = join(*m, roles);
            const RowFilter filter = rows(grants, deal, Verb::view);
            EXPECT_TRUE(filter.is_plain());
            EXPECT_TRUE(filter.admits(mate, elsewhere)) << wide;
            EXPECT_TRUE(filter.admits(stranger, here)) << wide;
            EXPECT_FALSE(filter.admits(stranger, elsewhere)) << wide;
            EXPECT_EQ(filter.admits(stranger, below), std::string_view(wide).find("below") != std::string_view::npos);
        }
    }
}

TEST(Access, WhatATeamSeesAndADepartmentChangesIsWhatBothHold) {
    const meta::ModelPtr m = model();
    const Grants grants = person(*m, R"({"objects": {"deal": {"view": "team", "change": "department"}}})");
    const RowFilter change = rows(grants, m->object("deal"), Verb::change);
    EXPECT_TRUE(change.admits(RecordId{14}, RecordId{100})) << "of the department, as far as this part says";
    ASSERT_TRUE(change.also);
    EXPECT_FALSE(change.also->admits(RecordId{14}, RecordId{100})) << "but not of the team";
    EXPECT_TRUE(change.also->admits(RecordId{11}, RecordId{100}));
}

TEST(Access, ObjectsWithoutOwnersAreAllOrNothing) {
    const meta::ModelPtr m = model();
    const Grants grants = person(*m, R"({"objects": {"stage": {"view": "own"}}})");
    EXPECT_TRUE(rows(grants, m->object("stage"), Verb::view).everything);
    EXPECT_FALSE(may(grants, m->object("stage"), Verb::change));
    EXPECT_FALSE(rows(grants, m->object("stage"), Verb::change).admits(RecordId{10}, RecordId{100}));
}

TEST(Access, NobodyChangesWhatHeMayNotSee) {
    const meta::ModelPtr m = model();
    const meta::Object& deal = m->object("deal");
    Grants grants = person(*m, R"({"objects": {"deal": {"view": "own", "change": "all", "add": "all"}}})");
    EXPECT_FALSE(rows(grants, deal, Verb::change).everything);
    EXPECT_TRUE(may(grants, deal, Verb::add));
    grants = person(*m, R"({"objects": {"deal": {"view": "none", "change": "all", "add": "all"}}})");
    EXPECT_FALSE(may(grants, deal, Verb::change));
}

TEST(Access, AConditionWidensTheScopeAndIsMetByTheRightToView) {
    const meta::ModelPtr m = model();
    const meta::Object& deal = m->object("deal");
    const Grants grants = person(*m, R"({"objects": {"deal": {"view": "own",
        "change": {"scope": "all", "where": "fee > 100"}}}})");
    EXPECT_TRUE(may(grants, deal, Verb::change));
    const RowFilter change = rows(grants, deal, Verb::change);
    EXPECT_FALSE(change.everything);
    EXPECT_TRUE(change.owners.empty());
    ASSERT_EQ(change.conditional.size(), 1u);
    EXPECT_TRUE(change.conditional.front().everything);
    ASSERT_TRUE(change.also);
    EXPECT_THAT(change.also->owners, ElementsAre(RecordId{10}));
    // A condition within a scope that is there without one says nothing new.
    const Grants wide = person(*m, R"({"objects": {"deal": {"view": "own"}}})");
    EXPECT_TRUE(rows(wide, deal, Verb::view).is_plain());
}

TEST(Access, SharesReachOnlyWhoHasTheFunctionRight) {
    const meta::ModelPtr m = model();
    const meta::Object& deal = m->object("deal");
    Grants grants = person(*m, R"({"objects": {"deal": {"view": "own", "change": "own"}}})");
    grants.grantees = {RecordId{10}, RecordId{50}};
    EXPECT_TRUE(rows(grants, deal, Verb::view).is_plain());
    grants.shared_objects.insert("deal");
    EXPECT_THAT(rows(grants, deal, Verb::view).grantees, ElementsAre(RecordId{10}, RecordId{50}));
    EXPECT_FALSE(rows(grants, deal, Verb::view).shared_for_writing);
    EXPECT_TRUE(rows(grants, deal, Verb::change).shared_for_writing);
    EXPECT_TRUE(rows(grants, deal, Verb::remove).grantees.empty());
}

// A share for reading meets no right to change, however the right to view is written.
TEST(Access, AShareForReadingOpensNoChangeWhereAConditionStands) {
    const meta::ModelPtr m = model();
    Grants grants =
        person(*m, R"({"objects": {"deal": {"view": "own", "change": {"scope": "all", "where": "fee > 1"}}}})");
    grants.grantees = {RecordId{10}};
    grants.shared_objects.insert("deal");
    const RowFilter change = rows(grants, m->object("deal"), Verb::change);
    EXPECT_TRUE(change.shared_for_writing);
    ASSERT_TRUE(change.also);
    EXPECT_TRUE(change.also->shared_for_writing);
    const RowFilter exported = rows(grants, m->object("deal"), Verb::export_);
    EXPECT_TRUE(exported.owners.empty());
}

// covers: PLAT-65
TEST(Access, SensitiveFieldsAreForWhomARoleNamesThem) {
    const meta::ModelPtr m = model();
    const meta::Object& deal = m->object("deal");
    Grants grants = person(*m, R"({"objects": {"deal": {"view": "own"}}})");
    const auto mask = [&](const char* field, bool write) {
        const FieldMask fields_of = fields(grants, deal);
        return write ? fields_of.write[deal.field(field).index] : fields_of.read[deal.field(field).index];
    };
    EXPECT_FALSE(mask("secret", false));
    EXPECT_FALSE(mask("secret", true));
    grants = person(*m, R"({"objects": {"deal": {"view": "own"}}, "fields": ["deal.secret"]})");
    EXPECT_TRUE(mask("secret", false));
    EXPECT_TRUE(mask("secret", true));
    grants.rights = system_grants()->rights;
    EXPECT_FALSE(mask("inner", false));
    EXPECT_TRUE(mask("fee", false));
    EXPECT_FALSE(mask("fee", true));
    EXPECT_TRUE(mask("owner", true));
    EXPECT_FALSE(mask("owner_department", true));
    EXPECT_FALSE(mask("updated_at", true));
}

// covers: PLAT-127
TEST(Access, WhatThePlatformKeepsIsReadByThoseWithTheRightAndChangedByNobody) {
    const meta::ModelPtr m = model();
    const meta::Object& entry = m->object("entry");
    RoleRights role;
    for (const Verb verb : all_verbs) role.objects["entry"][verb].scope = verb == Verb::view ? Scope::own : Scope::all;
    for (const bool administrator : {false, true}) {
        role.administrator = administrator;
        const Grants grants = person(*m, role);
        for (const Verb verb : {Verb::add, Verb::change, Verb::remove, Verb::assign, Verb::approve, Verb::import_}) {
            EXPECT_FALSE(may(grants, entry, verb)) << name_of(verb);
            EXPECT_FALSE(rows(grants, entry, verb).admits(RecordId{10}, RecordId{100})) << name_of(verb);
        }
        EXPECT_TRUE(may(grants, entry, Verb::view));
        EXPECT_TRUE(may(grants, entry, Verb::export_));
        EXPECT_EQ(rows(grants, entry, Verb::export_).everything, administrator);
        for (const meta::Field& field : entry.fields) EXPECT_FALSE(fields(grants, entry).write[field.index]);
    }
}

// covers: PLAT-64
TEST(Access, OfAFieldTheWidestRightCountsThatARoleForTheObjectGives) {
    const meta::ModelPtr m = model();
    const meta::Object& deal = m->object("deal");
    const auto role = [](const char* text) { return parse_role_rights(parse_json(text)); };
    const RoleRights masks = role(R"({"objects": {"deal": {"view": "own"}}, "fields": {"deal.fee": "masked"}})");
    const RoleRights reads = role(R"({"objects": {"deal": {"view": "own"}}, "fields": {"deal.fee": "read"}})");
    const RoleRights elsewhere = role(R"({"objects": {"stage": {"view": "own"}}})");
    const auto fee = [&](const std::vector<NamedRole>& roles) {
        Grants grants = person(*m, masks);
        grants.rights = join(*m, roles);
        const FieldMask mask = fields(grants, deal);
        const std::size_t index = deal.field("fee").index;
        return std::string(mask.read[index] ? "read" : "") + (mask.masked[index] ? "masked" : "");
    };
    EXPECT_EQ(fee({{"a", &masks}}), "masked");
    EXPECT_EQ(fee({{"a", &masks}, {"b", &reads}}), "read");
    EXPECT_EQ(fee({{"a", &masks}, {"b", &elsewhere}}), "masked");
    EXPECT_EQ(fee({{"b", &elsewhere}}), "");
}

// covers: PLAT-55
TEST(Access, AMenuIsGoneWhenEveryRoleHidesIt) {
    const meta::ModelPtr m = model();
    const RoleRights hides = parse_role_rights(parse_json(R"({"menus": {"deal": false}})"));
    const RoleRights shows = parse_role_rights(parse_json("{}"));
    Grants grants = person(*m, hides);
    EXPECT_FALSE(has_menu(grants, m->object("deal")));
    EXPECT_TRUE(has_menu(grants, m->object("stage")));
    grants.rights = join(*m, {{"a", &hides}, {"b", &shows}});
    EXPECT_TRUE(has_menu(grants, m->object("deal")));
    // One role by its own name, the other with its area: every role hides it.
    const RoleRights hides_area = parse_role_rights(parse_json(R"({"menus": {"a": false}})"));
    grants.rights = join(*m, {{"a", &hides}, {"b", &hides_area}});
    EXPECT_FALSE(has_menu(grants, m->object("deal")));
    EXPECT_TRUE(has_menu(grants, m->object("stage")));
}

TEST(Access, RightsThatCannotBeReadAreRefusedWithThePlace) {
    for (const char* wrong :
         {R"([])", R"({"objects": {"deal": {"see": "own"}}})", R"({"objects": {"deal": {"view": "some"}}})",
          R"({"objects": {"deal": "all"}})", R"({"special": "x"})", R"({"administrator": 1})", R"({"fields": [1]})",
          R"({"fields": {"deal.fee": "some"}})", R"({"menus": {"deal": 1}})",
          R"({"objects": {"deal": {"view": {"scope": "own", "when": "x"}}}})"}) {
        EXPECT_THROW(parse_role_rights(parse_json(wrong)), Failure) << wrong;
    }
    const RoleRights rights = parse_role_rights(parse_json(
        R"({"objects": {"*": {"view": "all"}, "deal": {"view": "own", "delete": "none"}}, "special": ["deal.rename"]})"));
    EXPECT_EQ(rights.objects.at("deal").at(Verb::view).scope, Scope::own);
    EXPECT_EQ(rights.objects.at("deal").at(Verb::remove).scope, Scope::none);
    EXPECT_THAT(rights.special, ElementsAre("deal.rename"));
}

TEST(Access, RightsThatNameWhatIsNotThereAreToldBeforeTheyAreStored) {
    const meta::ModelPtr m = model();
    const auto places = [&](const char* text) {
        std::string found;
        for (const Problem& problem : check_role_rights(parse_role_rights(parse_json(text)), *m))
            found += problem.field + " ";
        return found;
    };
    EXPECT_EQ(places(R"({"objects": {"*": {"view": "all"}, "deal": {"change": {"scope": "all", "where": "fee > 1"}}},
                         "fields": {"deal.fee": "hidden"}, "menus": {"deal": false, "a": false}})"),
              "");
    EXPECT_EQ(places(R"({"objects": {"boat": {"view": "all"}}})"), "objects.boat ");
    EXPECT_EQ(places(R"({"objects": {"deal": {"view": {"scope": "all", "where": "price > 1"}}}})"),
              "objects.deal.view ");
    EXPECT_EQ(places(R"({"objects": {"deal": {"add": {"scope": "all", "where": "fee > 1"}}}})"), "objects.deal.add ");
    EXPECT_EQ(places(R"({"fields": {"deal.name": "hidden", "deal.price": "read"}})"),
              "fields.deal.name fields.deal.price ");
    EXPECT_EQ(places(R"({"menus": {"boats": false}, "special": ["deal.fly"]})"), "special menus.boats ");
}

class LoadGrants : public store::test::OnEachDatabase {
protected:
    void SetUp() override {
        OnEachDatabase::SetUp();
        if (IsSkipped()) return;
        const auto table = [](std::string name, std::vector<store::TableColumn> columns) {
            columns.insert(columns.begin(), {"id", false, true});
            columns.push_back({"deleted_at"});
            return store::Table{std::move(name), std::move(columns), {"id"}, {}};
        };
        const auto link = [](std::string name) {
            return store::Table{
                std::move(name), {{"record", false, true}, {"item", false, true}}, {"record", "item"}, {}, true};
        };
        store::Schema schema;
        schema.tables = {
            table("user", {{"employee"}}),
            table("role", {{"code", true}, {"grants", true}}),
            table("employee", {{"department"}, {"position"}, {"level"}, {"manager"}}),
            table("employee_post", {{"employee"}, {"department"}, {"position"}, {"from_on"}, {"until_on"}}),
            table("role_assignment",
                  {{"role"}, {"account"}, {"department"}, {"below"}, {"team"}, {"position"}, {"level"}, {"until"}}),
            table("department", {{"parent"}}),
            table("team", {}),
            link("user_roles"),
            link("team_members")};
        for (const store::Table& shares : share_tables()) schema.tables.push_back(shares);
        store::migrate(store(), schema);
        // Departments 100 > 101 > 102, and 103 apart. Employee 10 leads 11, who leads 12; 13 is in the team of 10.
        run("insert into department (id, parent) values (100, null), (101, 100), (102, 101), (103, null)");
        run("insert into employee (id, department, manager) values (10, 100, null), (11, 101, 10), (12, 102, 11), (13, "
            "103, null)");
        run("insert into team (id, deleted_at) values (50, null), (51, 5), (52, null)");
        run("insert into team_members (record, item) values (50, 10), (50, 13), (51, 10), (51, 12), (52, 11), (52, "
            "13)");
        run("insert into \"user\" (id, employee) values (1, 10), (2, 11)");
        run(R"(insert into role (id, code, grants, deleted_at) values
            (70, 'seller', '{"objects": {"*": {"view": "all"}, "deal": {"view": "own", "change": "own"}}}', null),
            (71, 'head', '{"objects": {"deal": {"view": "department_and_below"}}, "special": ["deal.rename"], "fields": ["deal.secret"]}', null),
            (72, 'broken', 'nonsense', null), (73, 'gone', '{"administrator": true}', 5))");
        run("insert into user_roles (record, item) values (1, 70), (1, 71), (1, 72), (1, 73), (2, 70)");
    }

    void run(const std::string& sql) {
        store().change([&](store::Connection& connection) { connection.execute({sql, {}}); });
    }
    std::shared_ptr<const Grants> load(RecordId user) {
        std::shared_ptr<const Grants> grants;
        store().read([&](store::Connection& connection) {
            grants = load_grants(connection, *model_, book_, user, now_, zone_);
        });
        return grants;
    }

    meta::ModelPtr model_ = model();
    RoleBook book_;
    SystemClock clock_;
    TimeZone zone_{"Asia/Shanghai"};
    Timestamp now_{};
};
GX_ON_EACH_DATABASE(LoadGrants);

// covers: PLAT-47
TEST_P(LoadGrants, TheWidestOfAllRolesCountsAndBrokenOrRemovedRolesGrantNothing) {
    const auto grants = load(RecordId{1});
    EXPECT_THAT(grants->rights->roles, ElementsAre("broken", "head", "seller"));
    EXPECT_FALSE(grants->administrator());
    EXPECT_EQ(grants->rights->of("deal")->scope_of(Verb::view), Scope::department_and_below);
    EXPECT_EQ(grants->rights->of("deal")->scope_of(Verb::change), Scope::own);
    EXPECT_EQ(grants->rights->of("stage")->scope_of(Verb::view), Scope::all);
    EXPECT_FALSE(may(*grants, model_->object("stage"), Verb::change));
    EXPECT_TRUE(grants->has_special("deal.rename"));
    EXPECT_TRUE(fields(*grants, model_->object("deal")).read[model_->object("deal").field("secret").index]);
}

// covers: PLAT-47
TEST_P(LoadGrants, ARestrictedObjectIsForRolesThatNameItAndForAdministrators) {
    const meta::Object& entry = model_->object("entry");
    EXPECT_FALSE(may(*load(RecordId{1}), entry, Verb::view)) << "seller sees \"*\"";
    run(R"(update role set grants = '{"objects": {"*": {"view": "all"}, "entry": {"view": "own"}}}' where id = 71)");
    EXPECT_EQ(rows(*load(RecordId{1}), entry, Verb::view).owners, (std::vector<RecordId>{RecordId{10}}))
        << "the \"*\" of another role does not widen it either";
    run(R"(update role set grants = '{"administrator": true}' where id = 71)");
    EXPECT_TRUE(rows(*load(RecordId{1}), entry, Verb::view).everything);
}

TEST_P(LoadGrants, TeamsDepartmentsAndSubordinatesComeFromTheOrganisation) {
    const auto grants = load(RecordId{1});
    EXPECT_EQ(grants->employee, RecordId{10});
    EXPECT_EQ(grants->department, RecordId{100});
    EXPECT_THAT(grants->team_members, ElementsAre(RecordId{10}, RecordId{13}));
    EXPECT_THAT(grants->departments_below, ElementsAre(RecordId{100}, RecordId{101}, RecordId{102}));
    EXPECT_THAT(grants->subordinates, ElementsAre(RecordId{11}, RecordId{12}));
}

// A post counts by the days of the company: from its first midnight to that after its last day.
TEST_P(LoadGrants, APostCountsOnItsDaysWithItsDepartmentAndItsPosition) {
    const Date first = *parse_date("2026-12-01");
    const auto number = [](Date day) { return std::to_string(day.time_since_epoch().count()); };
    run("insert into employee_post (id, employee, department, position, from_on, until_on) values (80, 10, 103, 90, " +
        number(first) + ", " + number(first + std::chrono::days(1)) + ")");
    run("insert into role_assignment (id, role, position) values (60, 71, 90)");
    run("delete from user_roles where record = 1 and item = 71");
    const auto at = [&](const char* moment) {
        now_ = *parse_timestamp(moment);
        return load(RecordId{1});
    };
    const auto has_post = [](const Grants& grants) {
        const bool department = std::ranges::find(grants.departments, RecordId{103}) != grants.departments.end();
        EXPECT_EQ(department, grants.has_special("deal.rename")) << "the role goes with the position of the post";
        return department;
    };
    // Midnight in Shanghai is 16:00 UTC of the day before.
    auto grants = at("2026-11-30T15:59:59Z");
    EXPECT_FALSE(has_post(*grants));
    EXPECT_EQ(grants->valid_until, *parse_timestamp("2026-11-30T16:00:00Z"));
    grants = at("2026-11-30T16:00:00Z");
    EXPECT_TRUE(has_post(*grants));
    EXPECT_EQ(grants->valid_until, *parse_timestamp("2026-12-02T16:00:00Z"));
    EXPECT_TRUE(has_post(*at("2026-12-02T15:59:59Z")));
    grants = at("2026-12-02T16:00:00Z");
    EXPECT_FALSE(has_post(*grants));
    EXPECT_FALSE(grants->valid_until);
}

// covers: PLAT-63
TEST_P(LoadGrants, ARoleOfALevelGoesWithTheEmployeesLevel) {
    run("insert into role_assignment (id, role, level) values (60, 71, 90)");
    run("delete from user_roles where record = 1 and item = 71");
    EXPECT_FALSE(load(RecordId{1})->has_special("deal.rename"));
    run("update employee set level = 91 where id = 10");
    EXPECT_FALSE(load(RecordId{1})->has_special("deal.rename"));
    run("update employee set level = 90 where id = 10");
    EXPECT_TRUE(load(RecordId{1})->has_special("deal.rename"));
    EXPECT_EQ(load(RecordId{1})->roles.back().through, "employee_level");
    EXPECT_EQ(load(RecordId{1})->roles.back().through_id, RecordId{90});
}

TEST_P(LoadGrants, ACircleOfDepartmentsOrManagersEnds) {
    run("update department set parent = 102 where id = 100");
    run("update employee set manager = 12 where id = 10");
    const auto grants = load(RecordId{1});
    EXPECT_EQ(grants->departments_below.size(), 3u);
    EXPECT_EQ(grants->subordinates.size(), 3u);
}

TEST_P(LoadGrants, AnUnknownOrRemovedUserHasNoGrants) {
    EXPECT_THROW(load(RecordId{9}), Failure);
    run("update \"user\" set deleted_at = 1 where id = 1");
    EXPECT_THROW(load(RecordId{1}), Failure);
}

TEST_P(LoadGrants, TheCacheAnswersUntilTheOrganisationChanges) {
    GrantsCache cache(store(), [this] { return model_; }, clock_, zone_);
    const auto first = cache.of(RecordId{2});
    EXPECT_EQ(cache.of(RecordId{2}), first);
    run("insert into user_roles (record, item) values (2, 71)");

    EXPECT_FALSE(cache.committed("deal"));
    EXPECT_EQ(cache.of(RecordId{2}), first);
    EXPECT_TRUE(cache.committed("user"));
    const auto second = cache.of(RecordId{2});
    EXPECT_EQ(second->rights->of("deal")->scope_of(Verb::view), Scope::department_and_below);
    EXPECT_NE(second->version, first->version);
}

}  // namespace
}  // namespace gx::access
