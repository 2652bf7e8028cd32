#include "store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <set>
#include <thread>

#include "base/failure.hpp"
#include "store/schema.hpp"
#include "store/store_test_support.hpp"

namespace gx::store {
namespace {

using ::testing::ElementsAre;

const Schema people{{{"person",
                      {{"id", false, true}, {"name", true, false}, {"age", false, false}},
                      {"id"},
                      {{"person_name", {"name"}, true, false}}}},
                    {}};

std::vector<std::vector<Cell>> rows_of(Connection& connection, const Sql& sql, std::string_view kinds) {
    std::vector<std::vector<Cell>> out;
    connection.query(sql, [&](const Row& row) {
        std::vector<Cell> cells;
        for (std::size_t i = 0; i < kinds.size(); ++i) cells.push_back(row.cell(static_cast<int>(i), kinds[i] == 't'));
        out.push_back(std::move(cells));
        return true;
    });
    return out;
}

std::int64_t number(Connection& connection, const Sql& sql) {
    std::int64_t out = -1;
    connection.query(sql, [&](const Row& row) {
        out = row.integer(0);
        return false;
    });
    return out;
}

Sql insert_person(std::int64_t id, std::string name, Cell age = {}) {
    return {"insert into person (id, name, age) values (?, ?, ?)", {id, std::move(name), std::move(age)}};
}

class StoreTest : public test::OnEachDatabase {
protected:
    void SetUp() override {
        OnEachDatabase::SetUp();
        if (!IsSkipped()) migrate(store(), people);
    }
    std::int64_t count_people() {
        std::int64_t count = 0;
        store().read([&](Connection& connection) { count = number(connection, {"select count(*) from person", {}}); });
        return count;
    }
    void add(std::int64_t id, const std::string& name) {
        store().change([&](Connection& connection) { connection.execute(insert_person(id, name)); });
    }
};
GX_ON_EACH_DATABASE(StoreTest);

TEST_P(StoreTest, CellsComeBackAsTheyWereWritten) {
    const std::string difficult = "曾祥云 \xF0\xA0\x80\x80 'a' \"b\" \\n \t{,} ?";
    store().change([&](Connection& connection) {
        connection.execute(insert_person(1, difficult, std::numeric_limits<std::int64_t>::max()));
        connection.execute(insert_person(2, "", std::numeric_limits<std::int64_t>::min()));
        connection.execute({"insert into person (id, name, age) values (?, ?, ?)", {3, Cell{}, Cell{}}});
    });

    store().read([&](Connection& connection) {
        const auto rows = rows_of(connection, {"select id, name, age from person order by id", {}}, "iti");
        EXPECT_THAT(rows,
                    ElementsAre(ElementsAre(Cell{1}, Cell{difficult}, Cell{std::numeric_limits<std::int64_t>::max()}),
                                ElementsAre(Cell{2}, Cell{""}, Cell{std::numeric_limits<std::int64_t>::min()}),
                                ElementsAre(Cell{3}, Cell{}, Cell{})));
    });
}

TEST_P(StoreTest, AStatementIsUsedAgainWithOtherParametersAndAfterAnError) {
    store().change([&](Connection& connection) {
        for (std::int64_t id = 1; id <= 300; ++id) {
            connection.execute(insert_person(id, "p" + std::to_string(id), id % 2 == 0 ? Cell{id} : Cell{}));
        }
    });
    store().read([&](Connection& connection) {
        for (std::int64_t id = 1; id <= 300; ++id) {
            EXPECT_EQ(number(connection, {"select count(*) from person where id <= ?", {id}}), id);
        }
        // More texts than are kept prepared, twice over.
        for (int round = 0; round < 2; ++round) {
            for (int i = 0; i < 250; ++i) {
                EXPECT_EQ(number(connection, {"select " + std::to_string(i) + " + 0 * count(*) from person", {}}), i);
            }
        }
    });
    EXPECT_THROW(add(5, "again"), UniqueViolation);
    add(1000, "again");
    EXPECT_EQ(count_people(), 301);
}

TEST_P(StoreTest, AQuestionMarkInsideQuotesIsNoParameter) {
    store().read([&](Connection& connection) {
        EXPECT_THAT(
            rows_of(connection, {"select '?''?', ? -- why?\n, \"name?\" from (select 7 as \"name?\") t /* ? */", {8}},
                    "tii"),
            ElementsAre(ElementsAre(Cell{"?'?"}, Cell{8}, Cell{7})));
    });
}

TEST_P(StoreTest, ExecuteTellsHowManyRowsChanged) {
    store().change([&](Connection& connection) {
        for (std::int64_t id = 1; id <= 5; ++id) connection.execute(insert_person(id, std::to_string(id)));
        EXPECT_EQ(connection.execute({"update person set age = ? where id > ?", {1, 2}}), 3);
        EXPECT_EQ(connection.execute({"delete from person where id > ?", {99}}), 0);
        EXPECT_THAT(connection.execute_many("update person set age = 2 where id >= ?",
                                            std::vector<std::vector<Cell>>{{5}, {1}, {6}}),
                    ElementsAre(1, 5, 0));
    });
}

TEST_P(StoreTest, ManyRowsAreInsertedAtOnceInSmallAndLargeNumbers) {
    const std::vector<std::string> columns{"id", "name", "age"};
    for (const std::int64_t size : {1, 3, 5000}) {
        store().change([&](Connection& connection) {
            std::vector<std::vector<Cell>> rows;
            for (std::int64_t i = 0; i < size; ++i) {
                rows.push_back({size * 10'000 + i, "名\t\\" + std::to_string(size) + "\n" + std::to_string(i),
                                i % 3 == 0 ? Cell{} : Cell{i}});
            }
            connection.insert_rows("person", columns, rows);
            EXPECT_EQ(number(connection, {"select count(*) from person where id >= ?", {size * 10'000}}), size);
            EXPECT_EQ(number(connection, {"select count(*) from person where name = ?",
                                          {"名\t\\" + std::to_string(size) + "\n" + std::to_string(size - 1)}}),
                      1);
        });
    }
    EXPECT_EQ(count_people(), 5004);
    EXPECT_THROW(store().change([&](Connection& connection) {
        std::vector<std::vector<Cell>> rows;
        for (std::int64_t i = 0; i < 200; ++i) rows.push_back({i + 1, "same", Cell{}});
        connection.insert_rows("person", columns, rows);
    }),
                 UniqueViolation);
    EXPECT_EQ(count_people(), 5004);
}

TEST_P(StoreTest, ALargeResultIsStreamedAndMayBeLeftEarly) {
    store().change([&](Connection& connection) {
        std::vector<std::vector<Cell>> rows;
        for (std::int64_t i = 1; i <= 20'000; ++i) rows.push_back({i, std::to_string(i), i});
        connection.insert_rows("person", std::vector<std::string>{"id", "name", "age"}, rows);
    });
    store().read([&](Connection& connection) {
        std::int64_t sum = 0;
        connection.query({"select age from person", {}}, [&](const Row& row) {
            sum += row.integer(0);
            return true;
        });
        EXPECT_EQ(sum, 20'000LL * 20'001 / 2);
        int seen = 0;
        connection.query({"select age from person", {}}, [&](const Row&) { return ++seen < 10; });
        EXPECT_EQ(seen, 10);
        EXPECT_THROW(connection.query({"select age from person", {}}, [&](const Row&) -> bool { throw not_found(); }),
                     Failure);
        EXPECT_EQ(number(connection, {"select count(*) from person", {}}), 20'000);
    });
}

TEST_P(StoreTest, SeveralQuestionsAreAnsweredInOrder) {
    add(1, "a");
    add(2, "b");
    store().read([&](Connection& connection) {
        std::vector<std::string> seen;
        const std::vector<Sql> questions{{"select name from person where id = ?", {2}},
                                         {"select name from person where id = ?", {9}},
                                         {"select name from person order by id", {}}};
        connection.query_many(questions, [&](std::size_t question, const Row& row) {
            seen.push_back(std::to_string(question) + std::string(row.text(0)));
            return true;
        });
        EXPECT_THAT(seen, ElementsAre("0b", "2a", "2b"));
    });
}

TEST_P(StoreTest, AnExceptionTakesTheWholeChangeBackAndArrivesAtTheCaller) {
    EXPECT_THROW(store().change([&](Connection& connection) {
        connection.execute(insert_person(1, "a"));
        throw not_found();
    }),
                 Failure);
    EXPECT_EQ(count_people(), 0);
}

TEST_P(StoreTest, ASavepointTakesBackOnlyItsOwnPart) {
    store().change([&](Connection& connection) {
        connection.execute(insert_person(1, "kept"));
        try {
            connection.savepoint([&] {
                connection.execute(insert_person(2, "lost"));
                connection.savepoint([&] { connection.execute(insert_person(3, "inner")); });
                connection.execute(insert_person(4, "kept"));  // the name is taken
            });
            ADD_FAILURE() << "a name was taken twice";
        } catch (const UniqueViolation& violation) {
            EXPECT_EQ(violation.index(), "person_name");
        }
        try {
            connection.savepoint([] { throw not_found(); });  // before any statement
        } catch (const Failure&) {
            connection.savepoint([&] { connection.execute(insert_person(5, "kept too")); });
        }
    });
    store().read([&](Connection& connection) {
        EXPECT_THAT(rows_of(connection, {"select id from person order by id", {}}, "i"),
                    ElementsAre(ElementsAre(Cell{1}), ElementsAre(Cell{5})));
    });
}

TEST_P(StoreTest, AChangeInsideAChangeIsPartOfIt) {
    store().change([&](Connection& connection) {
        connection.execute(insert_person(1, "outer"));
        EXPECT_THROW(store().change([&](Connection& inner) {
            inner.execute(insert_person(2, "inner"));
            throw not_found();
        }),
                     Failure);
        // Reading inside a change sees what the change has written.
        store().read([&](Connection& inner) { EXPECT_EQ(number(inner, {"select count(*) from person", {}}), 1); });
    });
    EXPECT_EQ(count_people(), 1);
}

TEST_P(StoreTest, AUniqueViolationNamesTheIndex) {
    add(1, "a");
    const auto index_of = [&](const Sql& sql) -> std::string {
        try {
            store().change([&](Connection& connection) { connection.execute(sql); });
        } catch (const UniqueViolation& violation) {
            return violation.index();
        }
        return "no violation";
    };
    EXPECT_EQ(index_of(insert_person(2, "a")), "person_name");
    EXPECT_EQ(index_of(insert_person(1, "b")), "person_pkey");
    EXPECT_EQ(index_of({"update person set name = ? where id = ?", {"a", 1}}), "no violation");
}

TEST_P(StoreTest, AWrongStatementIsOurDefectAndLeavesTheStoreUsable) {
    for (const char* wrong :
         {"select nonsense from person", "selec 1", "select 1; select 2", "select \"nonsense\" from person"}) {
        try {
            store().read([&](Connection& connection) { number(connection, {wrong, {}}); });
            ADD_FAILURE() << wrong;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::broken) << wrong;
        }
    }
    EXPECT_THROW(store().read([&](Connection& connection) {
        number(connection, {"select count(*) from person where id = ?", {}});
    }),
                 Failure);
    EXPECT_EQ(count_people(), 0);
}

TEST_P(StoreTest, AReadThatFailedLeavesItsConnectionUsableHoweverManyStatementsAreKept) {
    fresh().settings().readers = 1;
    fresh().reopen();
    for (int i = 0; i < 230; ++i) {
        EXPECT_THROW(store().read([&](Connection& connection) {
            number(connection, {"select " + std::to_string(i) + " + count(*) from person", {}});
            number(connection, {"select nonsense from person", {}});
        }),
                     Failure);
    }
    EXPECT_EQ(count_people(), 0);
}

TEST_P(StoreTest, AReadCannotWrite) {
    EXPECT_THROW(store().read([&](Connection& connection) { connection.execute(insert_person(1, "a")); }), Failure);
    EXPECT_EQ(count_people(), 0);
}

TEST_P(StoreTest, AReadSeesOneMomentThroughoutAndNestedReadsShareIt) {
    add(1, "a");
    store().read([&](Connection& connection) {
        EXPECT_EQ(number(connection, {"select count(*) from person", {}}), 1);
        std::thread([&] { add(2, "b"); }).join();
        EXPECT_EQ(number(connection, {"select count(*) from person", {}}), 1);
        store().read([&](Connection& inner) {
            EXPECT_EQ(&inner, &connection);
            EXPECT_EQ(number(inner, {"select count(*) from person", {}}), 1);
        });
        // A change from inside a read is its own transaction: progress of a long export, for example.
        add(3, "c");
        EXPECT_EQ(number(connection, {"select count(*) from person", {}}), 1);
    });
    EXPECT_EQ(count_people(), 3);
}

TEST_P(StoreTest, AChangeIsSeenByTheNextReadOfAnyThread) {
    for (std::int64_t id = 1; id <= 50; ++id) {
        add(id, std::to_string(id));
        std::thread([&] { EXPECT_EQ(count_people(), id); }).join();
    }
}

TEST_P(StoreTest, OneFailingChangeOfManyAtOnceTakesNobodyElseWithIt) {
    constexpr int writers = 32;
    constexpr int changes = 20;
    std::atomic<int> refused = 0;
    std::barrier start(writers);
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&, writer] {
            start.arrive_and_wait();
            for (int change = 0; change < changes; ++change) {
                const std::int64_t id = writer * 1000 + change;
                try {
                    store().change([&](Connection& connection) {
                        connection.execute(insert_person(id, std::to_string(id)));
                        if (change % 3 == 1) throw not_found();
                        // Everybody wants this name; the row before must go too.
                        if (change % 3 == 2) connection.execute(insert_person(id + 500, "wanted"));
                    });
                } catch (const UniqueViolation&) {
                    ++refused;
                } catch (const Failure& failure) {
                    EXPECT_EQ(failure.kind(), Failure::Kind::not_found) << failure.key();
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    const int plain = writers * 7;  // changes 0, 3, 6, 9, 12, 15, 18
    const int wanting = writers * 6;
    EXPECT_EQ(refused, wanting - 1);
    EXPECT_EQ(count_people(), plain + 2);
}

TEST_P(StoreTest, ChangesOfTheSameRowByManyThreadsAreNotLost) {
    store().change([&](Connection& connection) { connection.execute(insert_person(1, "counter", 0)); });
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 8; ++writer) {
        threads.emplace_back([&] {
            for (int i = 0; i < 25; ++i) {
                store().change([&](Connection& connection) {
                    connection.execute({"update person set age = age + 1 where id = 1", {}});
                });
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    store().read([&](Connection& connection) {
        EXPECT_EQ(number(connection, {"select age from person where id = 1", {}}), 200);
    });
}

TEST_P(StoreTest, ADatabaseOpenedAgainHoldsWhatWasWritten) {
    add(1, "a");
    store().maintain();
    add(2, "b");
    fresh().reopen();
    EXPECT_EQ(count_people(), 2);
}

TEST_P(StoreTest, AStatementThatTakesTooLongIsEndedAndOthersGoOn) {
    fresh().settings().statement_seconds_max = 1;
    fresh().reopen();
    const Sql endless{
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000000) select count(*) from n",
        {}};
    try {
        store().read([&](Connection& connection) { number(connection, endless); });
        ADD_FAILURE() << "it came to an end";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::unavailable);
        EXPECT_EQ(failure.key(), "statement_too_slow");
    }
    add(1, "a");
    EXPECT_EQ(count_people(), 1);
}

TEST_P(StoreTest, EveryAcknowledgedChangeIsThereAfterTheProcessIsKilled) {
    fresh().close();
    for (int round = 0; round < 3; ++round) {
        int pipe_ends[2];
        ASSERT_EQ(pipe(pipe_ends), 0);
        const pid_t child = fork();
        if (child == 0) {
            ::close(pipe_ends[0]);
            fresh().reopen();
            std::vector<std::thread> writers;
            for (int writer = 0; writer < 8; ++writer) {
                writers.emplace_back([&, writer] {
                    for (std::int64_t i = 0;; ++i) {
                        const std::int64_t id = (round * 8 + writer) * 1'000'000LL + i * 2;
                        store().change([&](Connection& connection) {
                            connection.execute(insert_person(id, std::to_string(id)));
                            connection.execute(insert_person(id + 1, std::to_string(id + 1)));
                        });
                        if (write(pipe_ends[1], &id, sizeof id) != sizeof id) _exit(1);
                    }
                });
            }
            for (std::thread& writer : writers) writer.join();
            _exit(0);
        }
        ::close(pipe_ends[1]);
        std::vector<std::int64_t> acknowledged;
        std::int64_t id = 0;
        while (acknowledged.size() < 100 && read(pipe_ends[0], &id, sizeof id) == sizeof id) acknowledged.push_back(id);
        kill(child, SIGKILL);
        while (read(pipe_ends[0], &id, sizeof id) == sizeof id) acknowledged.push_back(id);
        ::close(pipe_ends[0]);
        waitpid(child, nullptr, 0);
        ASSERT_GE(acknowledged.size(), 100U);

        fresh().reopen();
        store().read([&](Connection& connection) {
            std::set<std::int64_t> found;
            connection.query({"select id from person", {}},
                             [&](const Row& row) { return found.insert(row.integer(0)).second; });
            for (const std::int64_t one : acknowledged) EXPECT_TRUE(found.contains(one)) << one;
            for (const std::int64_t one : found) EXPECT_TRUE(found.contains(one ^ 1)) << "half a change: " << one;
        });
        fresh().close();
    }
}

TEST(SqliteStore, AFullDiskRefusesWritesKeepsReadsAndRecovers) {
    test::FreshStore store(Dialect::sqlite);
    migrate(*store, people);
    store->change([](Connection& connection) { connection.execute(insert_person(1, "a")); });
    const auto fill = [&](std::int64_t id) {
        store->change(
            [&](Connection& connection) { connection.execute(insert_person(id, std::string(200'000, 'x'))); });
    };
    store->change([](Connection& connection) { connection.execute({"pragma max_page_count=20", {}}); });
    try {
        fill(2);
        ADD_FAILURE() << "there was room";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::storage_full);
    }
    std::atomic<int> kept = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([&, i] {
            try {
                if (i % 4 == 0) return fill(100 + i);
                store->change(
                    [&](Connection& connection) { connection.execute(insert_person(200 + i, std::to_string(i))); });
                ++kept;
            } catch (const Failure& failure) {
                EXPECT_EQ(failure.kind(), Failure::Kind::storage_full);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(kept, 12);

    store->change([](Connection& connection) { connection.execute({"pragma max_page_count=1000000", {}}); });
    fill(3);

    store->read([&](Connection& connection) {
        EXPECT_EQ(number(connection, {"select count(*) from person", {}}), 1 + 12 + 1);
        EXPECT_EQ(number(connection, {"select count(*) from person where id = 1 or id = 3", {}}), 2);
    });
}

TEST(SqliteStore, ADamagedFileIsNamedAsSuch) {
    test::FreshStore store(Dialect::sqlite);
    store.close();
    std::filesystem::remove_all(store.settings().directory);
    std::filesystem::create_directories(store.settings().directory);
    FILE* file = std::fopen((store.settings().directory / "guanxi.db").c_str(), "w");
    for (int i = 0; i < 10'000; ++i) std::fputs("not a database ", file);
    std::fclose(file);
    try {
        store.reopen();
        ADD_FAILURE() << "it opened";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.key(), "database_damaged");
    }
    std::filesystem::remove(store.settings().directory / "guanxi.db");
}

}  // namespace
}  // namespace gx::store
