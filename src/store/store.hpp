// Rows that survive a power cut. One interface over sqlite3 and libpq; the same SQL text for both, with `?` for
// parameters. Only three kinds of column exist: integer (64 bit), text, and on PostgreSQL the tsvector of search.
// Rules for the SQL: docs/decisions (no triggers, ids and times from the program, one statement a call).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/function_ref.hpp"

namespace gx::store {

enum class Dialect { sqlite, postgres };

using Cell = std::variant<std::monostate, std::int64_t, std::string>;

// How often PostgreSQL plans a statement that comes again. `once`: the text alone says how the rows are to be found,
// and planning for each request would take as long as the request. `anew`: the values decide, much more than it thinks.
enum class Planning { as_it_likes, once, anew };

struct Sql {
    std::string text;  // `?` stands for the next parameter
    std::vector<Cell> params;
    Planning planning = Planning::as_it_likes;

    Sql& operator+=(const Sql& more);
    Sql& operator+=(std::string_view more) {
        text += more;
        return *this;
    }
    Sql& bind(Cell value) {
        params.push_back(std::move(value));
        return *this;
    }
};

// The current row of a result; valid until the callback returns.
class Row {
public:
    virtual ~Row() = default;
    virtual int columns() const = 0;
    virtual bool is_null(int column) const = 0;
    virtual std::int64_t integer(int column) const = 0;   // 0 when null
    virtual std::string_view text(int column) const = 0;  // empty when null
    Cell cell(int column, bool is_text) const;
};
using EachRow = FunctionRef<bool(const Row&)>;  // false stops early

// A connection inside one read snapshot or one transaction. Statements are prepared once a connection and kept.
class Connection {
public:
    virtual ~Connection() = default;
    virtual Dialect dialect() const = 0;

    virtual void query(const Sql& sql, EachRow each) = 0;
    virtual std::int64_t execute(const Sql& sql) = 0;  // rows changed

    // The same statement for many parameter rows: one prepared statement on SQLite, a pipeline on PostgreSQL.
    // Gives the number of rows changed by each.
    virtual std::vector<std::int64_t> execute_many(std::string_view sql, std::span<const std::vector<Cell>> rows) = 0;

    // Bulk insert, the fastest way of the database. All rows have columns.size() cells.
    virtual void insert_rows(std::string_view table, std::span<const std::string> columns,
                             std::span<const std::vector<Cell>> rows) = 0;

    // Several independent reads in one round trip. `each` gets the index of the statement.
    virtual void query_many(std::span<const Sql> statements, FunctionRef<bool(std::size_t, const Row&)> each) = 0;

    // Runs `work` in a savepoint; an exception undoes it and goes on up.
    virtual void savepoint(FunctionRef<void()> work) = 0;

    // From here to the end of this transaction a statement may take as long as it needs (indexes, rebuilding search).
    virtual void allow_long_statements() = 0;
};

// Errors: unique violation -> UniqueViolation; disk full -> Failure(storage_full); database away ->
// Failure(unavailable); a statement that is wrong -> Failure(broken).
class UniqueViolation : public std::exception {
public:
    explicit UniqueViolation(std::string index) : index_(std::move(index)) {}
    const std::string& index() const { return index_; }  // name of the index, or empty when not known
    const char* what() const noexcept override { return "unique violation"; }

private:
    std::string index_;
};

struct Settings {
    std::string database = "sqlite";  // "sqlite" or a libpq URL / conninfo
    std::filesystem::path directory;  // data folder: guanxi.db, files/
    std::string schema = "guanxi";    // PostgreSQL schema of the company
    int readers = 4;                  // connections for reading
    int cache_kib = 2048;             // SQLite page cache a connection
    int statement_seconds_max = 30;
    int reconnect_seconds_max = 30;  // PostgreSQL: how long to look for a server that is away
};

class Store {
public:
    virtual ~Store() = default;
    virtual Dialect dialect() const = 0;

    // Runs `work` on one snapshot. Nested calls on the same thread use the same connection.
    virtual void read(FunctionRef<void(Connection&)> work) = 0;

    // Runs `work` as one transaction and returns when it is durable. SQLite: on the one writer thread, many callers
    // share a commit, each in its savepoint. PostgreSQL: `work` runs again after a serialisation failure or a lost
    // connection, so it must not keep results of an earlier run. Exceptions roll back and are rethrown here.
    virtual void change(FunctionRef<void(Connection&)> work) = 0;

    // Bytes in use, for /metrics; checkpoint and analyze in quiet moments.
    virtual void maintain() = 0;
};

// Makes the folder or schema when it is not there.
std::unique_ptr<Store> open(const Settings& settings);

}  // namespace gx::store
