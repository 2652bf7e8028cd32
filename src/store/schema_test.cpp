#include "store/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failure.hpp"
#include "store/store_test_support.hpp"

namespace gx::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

Schema shop() {
    return {{{"user",  // a reserved word on PostgreSQL
              {{"id", false, true}, {"login", true, true}, {"updated_at"}, {"deleted_at"}},
              {"id"},
              {{"user_login", {"login"}, true, true}, {"user_updated_at", {"updated_at desc", "id"}}}},
             {"session", {{"token", true, true}, {"seen_at"}}, {"token"}, {}},
             {"user_roles", {{"record", false, true}, {"item", false, true}}, {"record", "item"}, {}, true}},
            {{"user"}}};
}

class SchemaTest : public test::OnEachDatabase {
protected:
    std::vector<std::string> differences_to(const Schema& wanted) {
        std::vector<std::string> out;
        store().read([&](Connection& connection) { out = differences(connection, wanted); });
        return out;
    }
    void run(const Sql& sql) {
        store().change([&](Connection& connection) { connection.execute(sql); });
    }
    std::string plan_of(const std::string& sql) {
        std::string out;
        store().change([&](Connection& connection) {
            const bool sqlite = dialect() == Dialect::sqlite;
            if (!sqlite) connection.execute({"set local enable_seqscan = off", {}});
            if (!sqlite) connection.execute({"set local enable_sort = off", {}});
            connection.query({(sqlite ? "explain query plan " : "explain ") + sql, {}}, [&](const Row& row) {
                out += std::string(row.text(sqlite ? 3 : 0)) + '\n';
                return true;
            });
        });
        return out;
    }
};
GX_ON_EACH_DATABASE(SchemaTest);

TEST_P(SchemaTest, NothingIsDifferentAfterAMigrationAndASecondOneDoesNothing) {
    EXPECT_THAT(differences_to(shop()), SizeIs(dialect() == Dialect::sqlite ? 6 : 8));

    EXPECT_GT(migrate(store(), shop()), 0U);

    EXPECT_THAT(differences_to(shop()), IsEmpty());
    EXPECT_EQ(migrate(store(), shop()), 0U);
    fresh().reopen();
    EXPECT_THAT(differences_to(shop()), IsEmpty());
}

TEST_P(SchemaTest, ANewFieldAndANewIndexAreAddedToATableWithRows) {
    migrate(store(), shop());
    run({"insert into \"user\" (id, login) values (1, 'zeng')", {}});
    Schema wider = shop();
    wider.tables[0].columns.push_back({"nickname", true, false});
    wider.tables[0].columns.push_back({"logins", false, true});
    wider.tables[0].indexes.push_back({"user_nickname", {"nickname"}});

    EXPECT_THAT(differences_to(wider),
                ElementsAre(StartsWith("alter table"), StartsWith("alter table"), StartsWith("create index")));
    migrate(store(), wider);

    EXPECT_THAT(differences_to(wider), IsEmpty());
    store().read([&](Connection& connection) {
        connection.query({"select nickname, logins from \"user\"", {}}, [&](const Row& row) {
            EXPECT_TRUE(row.is_null(0));
            EXPECT_EQ(row.integer(1), 0);
            EXPECT_FALSE(row.is_null(1));
            return true;
        });
    });
}

TEST_P(SchemaTest, AnIndexThatIsDeclaredOtherwiseIsMadeAnew) {
    migrate(store(), shop());
    Schema other = shop();
    other.tables[0].indexes[1].columns = {"updated_at", "id"};

    EXPECT_THAT(differences_to(other), ElementsAre(StartsWith("drop index"), StartsWith("create index")));
    migrate(store(), other);
    EXPECT_THAT(differences_to(other), IsEmpty());
}

TEST_P(SchemaTest, AColumnOfAnotherTypeIsRefusedAndNamed) {
    migrate(store(), shop());
    Schema other = shop();
    other.tables[0].columns[1].text = false;
    try {
        migrate(store(), other);
        ADD_FAILURE() << "it was accepted";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.key(), "column_type_differs");
        EXPECT_EQ(failure.params()[0].second, "user.login");
    }
}

TEST_P(SchemaTest, AUniqueIndexOfLiveRowsForgetsDeletedOnes) {
    migrate(store(), shop());
    run({"insert into \"user\" (id, login, deleted_at) values (1, 'zeng', 5)", {}});
    run({"insert into \"user\" (id, login) values (2, 'zeng')", {}});
    try {
        run({"insert into \"user\" (id, login) values (3, 'zeng')", {}});
        ADD_FAILURE() << "two live users with one login";
    } catch (const UniqueViolation& violation) {
        EXPECT_EQ(violation.index(), "user_login");
    }
    try {
        run({"insert into user_roles (record, item) select 1, 2 from (select 1 union all select 1) twice(n)", {}});
        ADD_FAILURE() << "two equal links";
    } catch (const UniqueViolation& violation) {
        EXPECT_EQ(violation.index(), "user_roles_pkey");
    } catch (const Failure&) {
        run({"insert into user_roles (record, item) values (1, 2)", {}});
        EXPECT_THROW(run({"insert into user_roles (record, item) values (1, 2)", {}}), UniqueViolation);
    }
}

TEST_P(SchemaTest, AnIntegerColumnTakesNoText) {
    migrate(store(), shop());
    EXPECT_THROW(run({"insert into \"user\" (id, login, updated_at) values (?, ?, ?)", {1, "a", "soon"}}), Failure);
}

TEST_P(SchemaTest, TextIsOrderedByBytesAndNullIsLowest) {
    migrate(store(), shop());
    for (const auto& [id, login, at] : std::vector<std::tuple<int, const char*, Cell>>{
             {1, "b", 5}, {2, "B", Cell{}}, {3, "中", 3}, {4, "a", Cell{}}, {5, "é", 4}}) {
        run({"insert into \"user\" (id, login, updated_at) values (?, ?, ?)", {id, login, at}});
    }
    const auto order = [&](const std::string& by) {
        std::vector<std::int64_t> ids;
        store().read([&](Connection& connection) {
            connection.query({"select id from \"user\" order by " + by, {}}, [&](const Row& row) {
                ids.push_back(row.integer(0));
                return true;
            });
        });
        return ids;
    };
    EXPECT_THAT(order("login"), ElementsAre(2, 4, 1, 5, 3));
    EXPECT_THAT(order("updated_at asc nulls first, id"), ElementsAre(2, 4, 3, 5, 1));
    EXPECT_THAT(order("updated_at desc nulls last, id"), ElementsAre(1, 5, 3, 2, 4));
}

TEST_P(SchemaTest, AnOrderedListReadsTheIndexInBothDirections) {
    migrate(store(), shop());
    for (const char* order : {"updated_at desc nulls last, id", "updated_at asc nulls first, id desc"}) {
        const std::string plan = plan_of(std::string("select id from \"user\" order by ") + order + " limit 50");
        EXPECT_THAT(plan, ::testing::HasSubstr("user_updated_at")) << order;
    }
}

TEST_P(SchemaTest, IndexesAreDroppedForABulkLoadAndMadeAgain) {
    migrate(store(), shop());
    const Table table = shop().tables[0];
    store().change([&](Connection& connection) { drop_indexes(connection, table); });
    EXPECT_THAT(differences_to(shop()), SizeIs(2));
    store().change([&](Connection& connection) { make_indexes(connection, table); });
    EXPECT_THAT(differences_to(shop()), IsEmpty());
}

}  // namespace
}  // namespace gx::store
