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
                               R"(}, "manager": {"type": "user", "tree": true, )" + label + "}}"),
        object("team", R"("fields": {)" + name + R"(, "members": {"type": "refs", "to": "employee", )" + label + "}}"),
    });
    for (const meta::Mistake& mistake : loaded.mistakes) ADD_FAILURE() << mistake.file << ": " << mistake.what;
    return loaded.model;
}

Grants person() {
    Grants grants;
    grants.user = RecordId{1};
    grants.employee = RecordId{10};
    grants.department = RecordId{100};
    grants.team_members = {RecordId{10}, RecordId{11}};
    grants.departments_below = {RecordId{100}, RecordId{101}};
    return grants;
}

// covers: PLAT-49
TEST(Access, EachScopeReachesItsRowsAndThoseOfTheNarrowerOnes) {
    const meta::ModelPtr m = model();
    const meta::Object& deal = m->object("deal");
    Grants grants = person();
    struct Row {
        RecordId owner, department;
    };
    const Row own{RecordId{10}, RecordId{100}}, moved{RecordId{10}, RecordId{500}}, mate{RecordId{11}, RecordId{500}},
        neighbour{RecordId{12}, RecordId{100}}, below{RecordId{13}, RecordId{101}},
        stranger{RecordId{14}, RecordId{500}}, nobody{{}, {}};
    const auto reached = [&](Scope scope) {
        grants.objects["deal"][Verb::view] = scope;
        const RowFilter filter = rows(grants, deal, Verb::view);
        std::string names;
        for (const auto& [name, row] : std::vector<std::pair<std::string, Row>>{{"own ", own},
                                                                                {"moved ", moved},
                                                                                {"mate ", mate},
                                                                                {"neighbour ", neighbour},
                                                                                {"below ", below},
                                                                                {"stranger ", stranger},
                                                                                {"nobody ", nobody}}) {
            if (filter.admits(row.owner, row.department)) names += name;
            EXPECT_EQ(filter.admits(row.owner, row.department),
                      explain(grants, deal, Verb::view, row.owner, row.department).allowed)
                << name;
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

TEST(Access, ObjectsWithoutOwnersAreAllOrNothing) {
    const meta::ModelPtr m = model();
    Grants grants = person();
    grants.objects["stage"][Verb::view] = Scope::own;
    EXPECT_TRUE(rows(grants, m->object("stage"), Verb::view).everything);
    EXPECT_FALSE(may(grants, m->object("stage"), Verb::change));
    EXPECT_FALSE(rows(grants, m->object("stage"), Verb::change).admits(RecordId{10}, RecordId{100}));
}

TEST(Access, NobodyChangesWhatHeMayNotSee) {
    const meta::ModelPtr m = model();
    Grants grants = person();
    grants.objects["deal"] = {{Verb::view, Scope::own}, {Verb::change, Scope::all}, {Verb::add, Scope::all}};
    EXPECT_FALSE(rows(grants, m->object("deal"), Verb::change).everything);
    EXPECT_TRUE(may(grants, m->object("deal"), Verb::add));
    grants.objects["deal"][Verb::view] = Scope::none;
    EXPECT_FALSE(may(grants, m->object("deal"), Verb::change));
}

TEST(Access, EveryAnswerHasAReasonWithAText) {
    const meta::ModelPtr m = model();
    Grants grants = person();
    EXPECT_EQ(explain(grants, m->object("deal"), Verb::view, RecordId{10}, RecordId{100}).key, "access_no_right");
    grants.objects["deal"][Verb::view] = Scope::department;
    EXPECT_EQ(explain(grants, m->object("deal"), Verb::view, RecordId{10}, RecordId{1}).key, "access_own");
    EXPECT_EQ(explain(grants, m->object("deal"), Verb::view, RecordId{99}, RecordId{100}).key, "access_department");
    EXPECT_EQ(explain(grants, m->object("deal"), Verb::view, RecordId{99}, RecordId{1}).key,
              "access_outside_department");
    grants.administrator = true;
    EXPECT_EQ(explain(grants, m->object("deal"), Verb::view, RecordId{99}, RecordId{1}).key, "access_administrator");
}

// covers: PLAT-65
TEST(Access, SensitiveFieldsAreForWhomARoleNamesThem) {
    const meta::ModelPtr m = model();
    const meta::Object& deal = m->object("deal");
    Grants grants = person();
    const auto mask = [&](const char* field, bool write) {
        const FieldMask fields_of = fields(grants, deal);
        return write ? fields_of.write[deal.field(field).index] : fields_of.read[deal.field(field).index];
    };
    EXPECT_FALSE(mask("secret", false));
    EXPECT_FALSE(mask("secret", true));
    grants.sensitive_fields.insert("deal.secret");
    EXPECT_TRUE(mask("secret", false));
    EXPECT_TRUE(mask("secret", true));
    grants.administrator = true;
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
    Grants grants = person();
    grants.objects["entry"] = {{Verb::view, Scope::own},    {Verb::add, Scope::all},    {Verb::change, Scope::all},
                               {Verb::remove, Scope::all},  {Verb::assign, Scope::all}, {Verb::approve, Scope::all},
                               {Verb::export_, Scope::all}, {Verb::import_, Scope::all}};
    for (const bool administrator : {false, true}) {
        grants.administrator = administrator;
        for (const Verb verb : {Verb::add, Verb::change, Verb::remove, Verb::assign, Verb::approve, Verb::import_}) {
            EXPECT_FALSE(may(grants, entry, verb)) << name_of(verb);
            EXPECT_FALSE(rows(grants, entry, verb).admits(RecordId{10}, RecordId{100})) << name_of(verb);
            EXPECT_EQ(explain(grants, entry, verb, RecordId{10}, RecordId{100}).key, "access_kept_by_platform");
        }
        EXPECT_TRUE(may(grants, entry, Verb::view));
        EXPECT_TRUE(may(grants, entry, Verb::export_));
        EXPECT_EQ(rows(grants, entry, Verb::export_).everything, administrator);
        for (const meta::Field& field : entry.fields) EXPECT_FALSE(fields(grants, entry).write[field.index]);
    }
}

TEST(Access, RightsThatCannotBeReadAreRefusedWithThePlace) {
    for (const char* wrong :
         {R"([])", R"({"objects": {"deal": {"see": "own"}}})", R"({"objects": {"deal": {"view": "some"}}})",
          R"({"objects": {"deal": "all"}})", R"({"special": "x"})", R"({"administrator": 1})", R"({"fields": [1]})"}) {
        EXPECT_THROW(parse_role_rights(parse_json(wrong)), Failure) << wrong;
    }
    const RoleRights rights = parse_role_rights(parse_json(
        R"({"objects": {"*": {"view": "all"}, "deal": {"view": "own", "delete": "none"}}, "special": ["deal.rename"]})"));
    EXPECT_EQ(rights.objects.at("deal").at(Verb::view), Scope::own);
    EXPECT_EQ(rights.objects.at("deal").at(Verb::remove), Scope::none);
    EXPECT_THAT(rights.special, ElementsAre("deal.rename"));
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
        schema.tables = {table("user", {{"employee"}}),
                         table("role", {{"code", true}, {"rights", true}}),
                         table("employee", {{"department"}, {"manager"}}),
                         table("department", {{"parent"}}),
                         table("team", {}),
                         link("user_roles"),
                         link("team_members")};
        store::migrate(store(), schema);
        // Departments 100 > 101 > 102, and 103 apart. Employee 10 leads 11, who leads 12; 13 is in the team of 10.
        run("insert into department (id, parent) values (100, null), (101, 100), (102, 101), (103, null)");
        run("insert into employee (id, department, manager) values (10, 100, null), (11, 101, 10), (12, 102, 11), (13, "
            "103, null)");
        run("insert into team (id, deleted_at) values (50, null), (51, 5), (52, null)");
        run("insert into team_members (record, item) values (50, 10), (50, 13), (51, 10), (51, 12), (52, 11), (52, "
            "13)");
        run("insert into \"user\" (id, employee) values (1, 10), (2, 11)");
        run(R"(insert into role (id, code, rights, deleted_at) values
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
        store().read([&](store::Connection& connection) { grants = load_grants(connection, *model_, user); });
        return grants;
    }

    meta::ModelPtr model_ = model();
};
GX_ON_EACH_DATABASE(LoadGrants);

// covers: PLAT-47
TEST_P(LoadGrants, TheWidestOfAllRolesCountsAndBrokenOrRemovedRolesGrantNothing) {
    const auto grants = load(RecordId{1});
    EXPECT_THAT(grants->roles, ElementsAre("broken", "head", "seller"));
    EXPECT_FALSE(grants->administrator);
    EXPECT_EQ(grants->objects.at("deal").at(Verb::view), Scope::department_and_below);
    EXPECT_EQ(grants->objects.at("deal").at(Verb::change), Scope::own);
    EXPECT_EQ(grants->objects.at("stage").at(Verb::view), Scope::all);
    EXPECT_FALSE(may(*grants, model_->object("stage"), Verb::change));
    EXPECT_TRUE(grants->special.contains("deal.rename"));
    EXPECT_TRUE(grants->sensitive_fields.contains("deal.secret"));
}

// covers: PLAT-47
TEST_P(LoadGrants, ARestrictedObjectIsForRolesThatNameItAndForAdministrators) {
    const meta::Object& entry = model_->object("entry");
    EXPECT_FALSE(may(*load(RecordId{1}), entry, Verb::view)) << "seller sees \"*\"";
    run(R"(update role set rights = '{"objects": {"*": {"view": "all"}, "entry": {"view": "own"}}}' where id = 71)");
    EXPECT_EQ(rows(*load(RecordId{1}), entry, Verb::view).owners, (std::vector<RecordId>{RecordId{10}}))
        << "the \"*\" of another role does not widen it either";
    run(R"(update role set rights = '{"administrator": true}' where id = 71)");
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
    GrantsCache cache(store(), [this] { return model_; });
    const auto first = cache.of(RecordId{2});
    EXPECT_EQ(cache.of(RecordId{2}), first);
    run("insert into user_roles (record, item) values (2, 71)");

    EXPECT_FALSE(cache.committed("deal"));
    EXPECT_EQ(cache.of(RecordId{2}), first);
    EXPECT_TRUE(cache.committed("user"));
    const auto second = cache.of(RecordId{2});
    EXPECT_EQ(second->objects.at("deal").at(Verb::view), Scope::department_and_below);
    EXPECT_NE(second->version, first->version);
}

}  // namespace
}  // namespace gx::access
