// One sqlite3 connection: prepared statements kept, typed columns, errors as store.hpp names them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/store.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace gx::store {

class SqliteConnection final : public Connection {
public:
    enum class Purpose { reading, writing };
    struct Options {
        std::filesystem::path file;
        Purpose purpose = Purpose::reading;
        int cache_kib = 2048;
        std::chrono::milliseconds statement_max{30'000};
    };

    explicit SqliteConnection(const Options& options);
    ~SqliteConnection() override;
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;

    Dialect dialect() const override { return Dialect::sqlite; }
    void query(const Sql& sql, EachRow each) override;
    std::int64_t execute(const Sql& sql) override;
    std::vector<std::int64_t> execute_many(std::string_view sql, std::span<const std::vector<Cell>> rows) override;
    void insert_rows(std::string_view table, std::span<const std::string> columns,
                     std::span<const std::vector<Cell>> rows) override;
    void query_many(std::span<const Sql> statements, FunctionRef<bool(std::size_t, const Row&)> each) override;
    void savepoint(FunctionRef<void()> work) override;
    void allow_long_statements() override { long_statements_ = true; }

    void limit_statements() { long_statements_ = false; }
    void begin();            // the snapshot is taken by the first statement
    void begin_immediate();  // with the right to write
    void commit();
    void rollback() noexcept;
    // False outside a transaction, and after SQLite gave the transaction up by itself (disk full, interrupted write).
    bool in_transaction() const;

    // Moves the write-ahead log into the file as far as readers allow, and refreshes the statistics of the planner.
    void checkpoint_and_optimize();

private:
    struct Statement {
        std::string text;
        sqlite3_stmt* handle = nullptr;
        bool in_use = false;
    };
    class Use;

    static int give_up_when_too_slow(void* self);

    sqlite3_stmt* prepare(std::string_view text);
    void bind(sqlite3_stmt* statement, std::span<const Cell> cells);
    bool step(sqlite3_stmt* statement);
    std::int64_t run(sqlite3_stmt* statement, std::span<const Cell> cells);
    [[noreturn]] void fail(int code);
    std::string violated_index(const std::string& message);
    void open(const Options& options);

    sqlite3* database_ = nullptr;
    std::chrono::milliseconds statement_max_;
    std::chrono::steady_clock::time_point step_slow_since_{};  // unset until a step turns out to be long
    std::list<Statement> statements_;                          // newest first
    std::unordered_map<std::string_view, std::list<Statement>::iterator> by_text_;
    int savepoints_ = 0;
    bool long_statements_ = false;
};

}  // namespace gx::store
