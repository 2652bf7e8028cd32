// What only PostgreSQL does: sessions that die, transactions that must run again, notation of parameters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "base/failure.hpp"
#include "store/postgres/parameters.hpp"
#include "store/schema.hpp"
#include "store/store_test_support.hpp"
#include "support/postgres_cluster.hpp"

namespace gx::store {
namespace {

const Schema accounts{{{"account", {{"id", false, true}, {"amount", false, true}}, {"id"}, {}}}, {}};

class PostgresStoreTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (!test::available(Dialect::postgres)) GTEST_SKIP() << gx::test::why_no_postgres();
        fresh_ = std::make_unique<test::FreshStore>(Dialect::postgres);
        migrate(store(), accounts);
        store().change([](Connection& connection) {
            connection.execute({"insert into account (id, amount) values (1, 0), (2, 0)", {}});
        });
        // As an administrator would look at the server, apart from the store under test.
        Settings settings = fresh_->settings();
        settings.schema += "_admin";
        admin_schema_ = settings.schema;
        admin_ = open(settings);
    }
    void TearDown() override {
        if (admin_ == nullptr) return;
        admin_->change(
            [&](Connection& connection) { connection.execute({"drop schema \"" + admin_schema_ + "\" cascade", {}}); });
    }

    Store& store() { return **fresh_; }
    test::FreshStore& fresh() { return *fresh_; }

    static std::int64_t pid(Connection& connection) {
        return number(connection, {"select pg_backend_pid()::bigint", {}});
    }
    static std::int64_t number(Connection& connection, const Sql& sql) {
        std::int64_t out = -1;
        connection.query(sql, [&](const Row& row) {
            out = row.integer(0);
            return true;
        });
        return out;
    }
    // Ends the session and waits until it is gone.
    void terminate(std::int64_t backend) {
        admin_->change([&](Connection& connection) {
            number(connection, {"select pg_terminate_backend(?::int, 5000)::int", {backend}});
        });
    }
    std::int64_t amount(std::int64_t id) {
        std::int64_t out = -1;
        store().read([&](Connection& connection) {
            out = number(connection, {"select amount from account where id = ?", {id}});
        });
        return out;
    }

private:
    std::unique_ptr<test::FreshStore> fresh_;
    std::unique_ptr<Store> admin_;
    std::string admin_schema_;
};

TEST_F(PostgresStoreTest, AReadAfterItsSessionDiedGoesOnWithANewOne) {
    std::int64_t backend = 0;
    store().read([&](Connection& connection) { backend = pid(connection); });
    terminate(backend);

    store().read([&](Connection& connection) {
        EXPECT_NE(pid(connection), backend);
        EXPECT_EQ(number(connection, {"select count(*) from account", {}}), 2);
    });
}

TEST_F(PostgresStoreTest, AReadThatLosesItsSessionHalfWayFailsAsUnavailable) {
    try {
        store().read([&](Connection& connection) {
            terminate(pid(connection));
            number(connection, {"select count(*) from account", {}});
        });
        ADD_FAILURE() << "the snapshot is gone, and yet it was read";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::unavailable);
    }
    EXPECT_EQ(amount(1), 0);
}

TEST_F(PostgresStoreTest, AChangeThatLosesItsSessionRunsAgainAndIsDoneOnce) {
    int runs = 0;
    store().change([&](Connection& connection) {
        connection.execute({"update account set amount = amount + 5 where id = 1", {}});
        if (++runs == 1) terminate(pid(connection));
        connection.execute({"update account set amount = amount + 5 where id = 2", {}});
    });
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(amount(1), 5);
    EXPECT_EQ(amount(2), 5);
}

TEST_F(PostgresStoreTest, ASessionThatDiedBeforeTheCommitWasSentIsNoUnknownOutcome) {
    int runs = 0;
    store().change([&](Connection& connection) {
        connection.execute({"update account set amount = amount + 1 where id = 1", {}});
        if (++runs == 1) terminate(pid(connection));
    });
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(amount(1), 1);
}

TEST_F(PostgresStoreTest, ADeadlockRunsAgainAndLosesNothing) {
    std::barrier both(2);
    std::atomic<int> runs = 0;
    const auto transfer = [&](std::int64_t first, std::int64_t second) {
        bool met = false;
        store().change([&](Connection& connection) {
            ++runs;
            connection.execute({"update account set amount = amount + 1 where id = ?", {first}});
            if (!met) both.arrive_and_wait();
            met = true;
            connection.execute({"update account set amount = amount + 1 where id = ?", {second}});
        });
    };
    std::thread other([&] { transfer(2, 1); });
    transfer(1, 2);
    other.join();
    // The server may find both guilty; then both run again.
    EXPECT_GE(runs, 3);
    EXPECT_EQ(amount(1), 2);
    EXPECT_EQ(amount(2), 2);
}

TEST_F(PostgresStoreTest, AFailedStatementThatWasSwallowedCannotBeCommitted) {
    EXPECT_THROW(store().change([&](Connection& connection) {
        connection.execute({"update account set amount = 9 where id = 1", {}});
        try {
            connection.execute({"insert into account (id, amount) values (1, 1)", {}});
        } catch (const UniqueViolation&) {
        }
    }),
                 Failure);
    EXPECT_EQ(amount(1), 0);
}

TEST_F(PostgresStoreTest, AStatementKnowsANewColumnAfterTheTableGrew) {
    const auto read = [&] {
        std::int64_t out = 0;
        store().read([&](Connection& connection) { out = number(connection, {"select * from account limit 1", {}}); });
        return out;
    };
    EXPECT_EQ(read(), 1);
    Schema wider = accounts;
    wider.tables[0].columns.push_back({"note", true, false});
    migrate(store(), wider);
    // `select *` is against the rules; when it happens all the same, the plan is made anew.
    EXPECT_EQ(read(), 1);
}

TEST_F(PostgresStoreTest, AServerThatIsNotThereIsUnavailableAfterTheTimeGiven) {
    Settings settings;
    settings.database = "host=/nonexistent dbname=postgres";
    settings.reconnect_seconds_max = 0;
    try {
        open(settings);
        ADD_FAILURE() << "it opened";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::unavailable);
        EXPECT_EQ(failure.key(), "database_away");
    }
    settings.database = "postgres://[broken";
    try {
        open(settings);
        ADD_FAILURE() << "it opened";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.key(), "database_address_malformed");
    }
}

TEST_F(PostgresStoreTest, TwoSchemasOfOneServerDoNotSeeEachOther) {
    const test::FreshStore other(Dialect::postgres);
    EXPECT_THROW(other->read([](Connection& connection) { number(connection, {"select count(*) from account", {}}); }),
                 Failure);
    migrate(*other, accounts);
    other->read([](Connection& connection) { EXPECT_EQ(number(connection, {"select count(*) from account", {}}), 0); });
    EXPECT_EQ(amount(1), 0);
}

TEST_F(PostgresStoreTest, ALongResultKeepsItsConnectionAndAShortOneDoesNot) {
    store().read([](Connection& connection) {
        int rows = 0;
        connection.query({"select n from generate_series(1, 500) n", {}}, [&](const Row&) {
            number(connection, {"select count(*) from account", {}});
            return ++rows < 3;
        });
        EXPECT_EQ(rows, 3);
        EXPECT_THROW(connection.query({"select n from generate_series(1, 5000) n", {}},
                                      [&](const Row&) {
                                          number(connection, {"select count(*) from account", {}});
                                          return true;
                                      }),
                     Failure);
        EXPECT_EQ(number(connection, {"select count(*) from account", {}}), 2);
    });
}

TEST_F(PostgresStoreTest, TextWithAZeroByteIsRefusedBeforeItIsCut) {
    EXPECT_THROW(store().read([](Connection& connection) {
        number(connection, {"select count(*) from account where ?::text is null", {std::string("a\0b", 3)}});
    }),
                 Failure);
    EXPECT_EQ(amount(1), 0);
}

TEST(PostgresParameters, PlacesAreNumberedOutsideOfQuotesAndComments) {
    EXPECT_EQ(numbered_parameters("select ?, '?', \"?\", ? -- ?\n, ? /* ? */ - ?"),
              "select $1, '?', \"?\", $2 -- ?\n, $3 /* ? */ - $4");
    EXPECT_EQ(numbered_parameters("it''s ? '"), "it''s $1 '");
    EXPECT_EQ(numbered_parameters(""), "");
    EXPECT_EQ(count_parameters("? 'it''s ?' ?"), 2U);
    EXPECT_EQ(count_parameters("'open ?"), 0U);
}

TEST(PostgresParameters, WhatTheAdministratorWroteStaysAndTheRestIsFilledIn) {
    const ConnectionParameters parameters("postgres://zeng@a:5433,b/crm?connect_timeout=7");
    std::map<std::string, std::string> found;
    for (std::size_t i = 0; parameters.keywords()[i] != nullptr; ++i) {
        found[parameters.keywords()[i]] = parameters.values()[i];
    }
    EXPECT_EQ(found["host"], "a,b");
    EXPECT_EQ(found["user"], "zeng");
    EXPECT_EQ(found["connect_timeout"], "7");
    EXPECT_EQ(found["target_session_attrs"], "read-write");
    EXPECT_EQ(found["tcp_user_timeout"], "10000");
}

}  // namespace
}  // namespace gx::store
