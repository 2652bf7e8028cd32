// What the store costs over the bare libraries, in the same run: bench_store [ROWS]. Ratios count, not times.
#include <libpq-fe.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/failure.hpp"
#include "store/schema.hpp"
#include "store/search.hpp"
#include "store/store_test_support.hpp"

namespace gx::store {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_of(FunctionRef<void()> work) {
    const auto start = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// The best of three, because the machine is shared.
double best_of_three(FunctionRef<void()> work) {
    double best = seconds_of(work);
    for (int i = 0; i < 2; ++i) best = std::min(best, seconds_of(work));
    return best;
}

void report(const char* what, double ours, double bare, const char* unit) {
    std::printf("%-44s %10.1f %-6s bare %10.1f   x%.2f\n", what, ours, unit, bare, ours / bare);
}
void report(const char* what, double ours, const char* unit) { std::printf("%-44s %10.1f %s\n", what, ours, unit); }

const Table customers{
    "customer",
    {{"id", false, true}, {"name", true}, {"owner"}, {"stage", true}, {"amount"}, {"updated_at"}, {"note", true}},
    {"id"},
    {{"customer_owner", {"owner", "updated_at desc", "id"}}, {"customer_updated", {"updated_at"}}}};
const std::vector<std::string> columns{"id", "name", "owner", "stage", "amount", "updated_at", "note"};
const std::string list =
    "select id, name, owner, stage, amount, updated_at, note from customer where owner = ? "
    "order by updated_at desc nulls last, id limit 50";

std::string name_of(std::int64_t i) {
    static const std::vector<std::string> parts{"华信", "云峰", "东方", "瀚海", "金石",
                                                "长城", "天工", "明德", "远景", "中科"};
    const auto part = [&](std::int64_t n) { return parts[static_cast<std::size_t>(n % 10)]; };
    return part(i) + part(i / 10) + part(i / 100) + part(i / 1000) + (i % 2 == 0 ? "科技" : "贸易") + "有限公司";
}

std::vector<std::vector<Cell>> rows_from(std::int64_t from, std::int64_t count) {
    std::vector<std::vector<Cell>> rows;
    rows.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = from; i < from + count; ++i) {
        rows.push_back({i, name_of(i), i % 200, "stage" + std::to_string(i % 7), i * 100, (i * 7919) % 100'000'000,
                        "a note of some length about this customer"});
    }
    return rows;
}

std::size_t read_list(Store& store, std::int64_t owner) {
    std::size_t bytes = 0;
    store.read([&](Connection& connection) {
        connection.query({list, {owner}}, [&](const Row& row) {
            for (int column = 0; column < 7; ++column) bytes += row.text(column).size();
            return true;
        });
    });
    return bytes;
}

std::size_t read_list_bare(sqlite3_stmt* statement, std::int64_t owner) {
    std::size_t bytes = 0;
    sqlite3_bind_int64(statement, 1, owner);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        for (int column = 0; column < 7; ++column) {
            sqlite3_column_text(statement, column);
            bytes += static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
        }
    }
    sqlite3_reset(statement);
    return bytes;
}

std::size_t read_list_bare(PGconn* server, std::int64_t owner) {
    const std::string text = std::to_string(owner);
    const char* value = text.c_str();
    PGresult* result = PQexecPrepared(server, "list", 1, &value, nullptr, nullptr, 0);
    ensure(PQresultStatus(result) == PGRES_TUPLES_OK, "the bare list");
    std::size_t bytes = 0;
    for (int row = 0; row < PQntuples(result); ++row) {
        for (int column = 0; column < 7; ++column) bytes += static_cast<std::size_t>(PQgetlength(result, row, column));
    }
    PQclear(result);
    return bytes;
}

constexpr int lists = 2000;

double list_microseconds(FunctionRef<std::size_t(std::int64_t)> read) {
    std::size_t bytes = 0;
    const double seconds = best_of_three([&] {
        for (int i = 0; i < lists; ++i) bytes += read(i % 200);
    });
    ensure(bytes > 0, "lists with rows");
    return seconds / lists * 1e6;
}

double rows_a_second(Store& store, int threads, int changes) {
    // Another range of ids for each number of threads.
    std::atomic<std::int64_t> id = threads * std::int64_t{1'000'000'000};
    const double seconds = seconds_of([&] {
        std::vector<std::thread> running;
        for (int thread = 0; thread < threads; ++thread) {
            running.emplace_back([&] {
                for (int i = 0; i < changes; ++i) {
                    store.change([&](Connection& connection) {
                        connection.insert_rows("customer", columns, rows_from(++id, 1));
                    });
                }
            });
        }
        for (std::thread& one : running) one.join();
    });
    return threads * changes / seconds;
}

void search(Store& store, std::int64_t count) {
    std::vector<SearchEntry> entries;
    for (std::int64_t i = 1; i <= count; ++i) {
        SearchEntry entry{i, {}, {}};
        index_tokens(name_of(i), {true, PinyinOf::text}, entry.tokens);
        entries.push_back(std::move(entry));
    }
    const double seconds = seconds_of([&] {
        for (std::size_t from = 0; from < entries.size(); from += 5000) {
            const auto part = std::span(entries).subspan(from, std::min<std::size_t>(5000, entries.size() - from));
            store.change([&](Connection& connection) { write_search(connection, "customer", part); });
        }
    });
    report("search: entries written", static_cast<double>(count) / seconds, "rows/s");
    for (const char* typed : {"云峰", "云峰东方瀚海", "yf", "yunfengdong", "hxyf", "瀚"}) {
        const auto words = query_words(typed);
        Sql top{"select c.id from customer c where ", {}};
        top += search_condition(store.dialect(), "customer", "c", words);
        Sql all{"select count(*) from (" + top.text + ") found", top.params};
        top += " order by c.id desc limit 50";
        std::int64_t found = 0;
        const auto run = [&](const Sql& sql) {
            return best_of_three([&] {
                store.read([&](Connection& connection) {
                    connection.query(sql, [&](const Row& row) {
                        found = row.integer(0);
                        return true;
                    });
                });
            });
        };
        const double top_seconds = run(top);
        const double all_seconds = run(all);
        std::printf("search: %-20s %8lld found, first 50 in %7.2f ms, counted in %7.2f ms\n", typed,
                    static_cast<long long>(found), top_seconds * 1e3, all_seconds * 1e3);
    }
}

void fill(Store& store, std::int64_t count, const char* what, double bare) {
    const double seconds = seconds_of([&] {
        for (std::int64_t from = 1; from <= count; from += 10'000) {
            store.change([&](Connection& connection) {
                connection.insert_rows("customer", columns,
                                       rows_from(from, std::min<std::int64_t>(10'000, count + 1 - from)));
            });
        }
    });
    report(what, seconds * 1e3, bare * 1e3, "ms");
}

double fill_bare(const std::filesystem::path& file, std::int64_t count) {
    sqlite3* database = nullptr;
    sqlite3_open(file.c_str(), &database);
    const auto run = [&](const char* sql) {
        ensure(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
    };
    run("pragma journal_mode=wal");
    run("pragma synchronous=full");
    run("create table customer (id integer primary key, name text, owner integer, stage text, amount integer, "
        "updated_at integer, note text) strict");
    run("create index customer_owner on customer (owner, updated_at desc, id)");
    run("create index customer_updated on customer (updated_at)");
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(database, "insert into customer values (?, ?, ?, ?, ?, ?, ?)", -1, &insert, nullptr);
    const double seconds = seconds_of([&] {
        for (std::int64_t from = 1; from <= count; from += 10'000) {
            run("begin immediate");
            for (const auto& row : rows_from(from, std::min<std::int64_t>(10'000, count + 1 - from))) {
                for (int i = 0; i < 7; ++i) {
                    const Cell& cell = row[static_cast<std::size_t>(i)];
                    if (const auto* text = std::get_if<std::string>(&cell)) {
                        sqlite3_bind_text(insert, i + 1, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
                    } else {
                        sqlite3_bind_int64(insert, i + 1, std::get<std::int64_t>(cell));
                    }
                }
                sqlite3_step(insert);
                sqlite3_reset(insert);
            }
            run("commit");
        }
    });
    sqlite3_finalize(insert);
    sqlite3_close(database);
    return seconds;
}

void on_sqlite(std::int64_t count) {
    std::puts("SQLite");
    const test::FreshStore store(Dialect::sqlite);
    const Schema schema{{customers}, {{"customer"}}};
    migrate(*store, schema);
    const auto bare_file = const_cast<test::FreshStore&>(store).settings().directory / "bare.db";
    fill(*store, count, "bulk insert", fill_bare(bare_file, count));

    sqlite3* database = nullptr;
    const auto file = const_cast<test::FreshStore&>(store).settings().directory / "guanxi.db";
    sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database, list.c_str(), -1, &statement, nullptr);
    const double bare = list_microseconds([&](std::int64_t owner) { return read_list_bare(statement, owner); });
    const double ours = list_microseconds([&](std::int64_t owner) { return read_list(*store, owner); });
    report("list of 50", ours, bare, "us");
    sqlite3_finalize(statement);
    sqlite3_close(database);

    report("durable changes, 1 thread", rows_a_second(*store, 1, 500), "rows/s");
    report("durable changes, 32 threads", rows_a_second(*store, 32, 200), "rows/s");
    search(*store, count);
}

void on_postgres(std::int64_t count) {
    std::puts("PostgreSQL");
    test::FreshStore store(Dialect::postgres);
    migrate(*store, {{customers}, {{"customer"}}});
    fill(*store, count, "bulk insert (bare: not measured)", 1);
    store->change([](Connection& connection) { connection.execute({"analyze customer", {}}); });

    PGconn* server = PQconnectdb(store.settings().database.c_str());
    PQclear(PQexec(server, ("set search_path = " + store.settings().schema).c_str()));
    std::string numbered = list;
    numbered.replace(numbered.find('?'), 1, "$1");
    PQclear(PQprepare(server, "list", numbered.c_str(), 0, nullptr));
    const double bare = list_microseconds([&](std::int64_t owner) { return read_list_bare(server, owner); });
    const double ours = list_microseconds([&](std::int64_t owner) { return read_list(*store, owner); });
    report("list of 50", ours, bare, "us");
    PQfinish(server);

    report("durable changes, 1 thread", rows_a_second(*store, 1, 200), "rows/s");
    report("durable changes, 32 threads", rows_a_second(*store, 32, 50), "rows/s");
    search(*store, count);
}

}  // namespace
}  // namespace gx::store

int main(int argc, char** argv) {
    const std::int64_t rows = argc > 1 ? std::atoll(argv[1]) : 100'000;
    gx::store::on_sqlite(rows);
    if (gx::store::test::available(gx::store::Dialect::postgres)) gx::store::on_postgres(rows);
    return 0;
}
