#include "store/sqlite/connection.hpp"

#include <sqlite3.h>

#include <exception>
#include <utility>

#include "base/failure.hpp"
#include "store/sql_text.hpp"
#include "store/sqlite/functions.hpp"
#include "store/sqlite/tokenizer.hpp"

namespace gx::store {

namespace {

constexpr std::size_t statements_kept_max = 200;
constexpr int instructions_between_checks = 20'000;
constexpr int busy_milliseconds = 10'000;
constexpr int checkpoint_busy_milliseconds = 50;

class SqliteRow final : public Row {
public:
    explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement), columns_(sqlite3_column_count(statement)) {}

    int columns() const override { return columns_; }
    bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
    std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
    std::string_view text(int column) const override {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
        if (text == nullptr) return {};
        return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }

private:
    sqlite3_stmt* statement_;
    int columns_;
};

}  // namespace

// A statement while it runs. The same text may run again inside its own callback, so a busy one is not shared.
class SqliteConnection::Use {
public:
    Use(SqliteConnection& connection, std::string_view text) {
        if (auto found = connection.by_text_.find(text); found != connection.by_text_.end()) {
            kept_ = &*found->second;
            connection.statements_.splice(connection.statements_.begin(), connection.statements_, found->second);
            if (kept_->in_use) {
                kept_ = nullptr;
                handle_ = connection.prepare(text);
                return;
            }
        } else {
            sqlite3_stmt* handle = connection.prepare(text);
            connection.statements_.push_front({std::string(text), handle, false});
            kept_ = &connection.statements_.front();
            connection.by_text_.emplace(kept_->text, connection.statements_.begin());
            forget_oldest(connection);
        }
        kept_->in_use = true;
        handle_ = kept_->handle;
    }
    ~Use() {
        if (kept_ == nullptr) {
            sqlite3_finalize(handle_);
        } else {
            sqlite3_reset(handle_);
            kept_->in_use = false;
        }
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    sqlite3_stmt* handle() const { return handle_; }

private:
    static void forget_oldest(SqliteConnection& connection) {
        if (connection.statements_.size() <= statements_kept_max) return;
        auto oldest = std::prev(connection.statements_.end());
        if (oldest->in_use) return;
        connection.by_text_.erase(oldest->text);
        sqlite3_finalize(oldest->handle);
        connection.statements_.erase(oldest);
    }

    Statement* kept_ = nullptr;
    sqlite3_stmt* handle_ = nullptr;
};

SqliteConnection::SqliteConnection(const Options& options) : statement_max_(options.statement_max) {
    try {
        open(options);
    } catch (...) {
        for (Statement& statement : statements_) sqlite3_finalize(statement.handle);
        sqlite3_close(database_);
        throw;
    }
}

void SqliteConnection::open(const Options& options) {
    const bool writing = options.purpose == Purpose::writing;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writing ? SQLITE_OPEN_CREATE : 0);
    const int code = sqlite3_open_v2(options.file.c_str(), &database_, flags, nullptr);
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(database_, 1);
    sqlite3_busy_timeout(database_, busy_milliseconds);
    // A misspelt column in double quotes would silently become a text.
    sqlite3_db_config(database_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    register_tokenizer(database_);
    register_functions(database_);

    if (writing) execute({"pragma journal_mode=wal", {}});
    execute({"pragma synchronous=full", {}});
    execute({"pragma foreign_keys=off", {}});
    // After every commit a reader drops its whole mapping and cache: small ones are cheaper when there are writes.
    execute({"pragma mmap_size=0", {}});
    execute({"pragma cache_size=-" + std::to_string(options.cache_kib), {}});
    execute({"pragma temp_store=memory", {}});
    if (writing) {
        execute({"pragma wal_autocheckpoint=4000", {}});
        execute({"pragma journal_size_limit=67108864", {}});
    } else {
        execute({"pragma query_only=on", {}});
    }
    sqlite3_progress_handler(database_, instructions_between_checks, &give_up_when_too_slow, this);
}

SqliteConnection::~SqliteConnection() {
    for (Statement& statement : statements_) sqlite3_finalize(statement.handle);
    sqlite3_close(database_);
}

void SqliteConnection::query(const Sql& sql, EachRow each) {
    const Use use(*this, sql.text);
    bind(use.handle(), sql.params);
    const SqliteRow row(use.handle());
    while (step(use.handle())) {
        if (!each(row)) break;
    }
}

std::int64_t SqliteConnection::execute(const Sql& sql) {
    const Use use(*this, sql.text);
    return run(use.handle(), sql.params);
}

std::vector<std::int64_t> SqliteConnection::execute_many(std::string_view sql,
                                                         std::span<const std::vector<Cell>> rows) {
    std::vector<std::int64_t> changed;
    if (rows.empty()) return changed;
    changed.reserve(rows.size());
    const Use use(*this, sql);
    for (const std::vector<Cell>& row : rows) {
        changed.push_back(run(use.handle(), row));
        sqlite3_reset(use.handle());
    }
    return changed;
}

void SqliteConnection::insert_rows(std::string_view table, std::span<const std::string> columns,
                                   std::span<const std::vector<Cell>> rows) {
    if (rows.empty()) return;
    std::string text = "insert into " + identifier(table) + " (";
    std::string places;
    for (const std::string& column : columns) {
        if (!places.empty()) text += ", ", places += ", ";
        text += identifier(column);
        places += '?';
    }
    text += ") values (" + places + ")";
    const Use use(*this, text);
    for (const std::vector<Cell>& row : rows) {
        run(use.handle(), row);
        sqlite3_reset(use.handle());
    }
}

void SqliteConnection::query_many(std::span<const Sql> statements, FunctionRef<bool(std::size_t, const Row&)> each) {
    for (std::size_t i = 0; i < statements.size(); ++i) {
        query(statements[i], [&](const Row& row) { return each(i, row); });
    }
}

void SqliteConnection::savepoint(FunctionRef<void()> work) {
    const std::string name = "s" + std::to_string(++savepoints_);
    execute({"savepoint " + name, {}});
    try {
        work();
        execute({"release " + name, {}});
    } catch (...) {
        --savepoints_;
        // SQLite may have given up the whole transaction; then there is nothing to go back to.
        if (in_transaction()) {
            execute({"rollback to " + name, {}});
            execute({"release " + name, {}});
        }
        throw;
    }
    --savepoints_;
}

void SqliteConnection::begin() {
    limit_statements();
    execute({"begin", {}});
}

void SqliteConnection::begin_immediate() {
    limit_statements();
    execute({"begin immediate", {}});
}

void SqliteConnection::commit() { execute({"commit", {}}); }

void SqliteConnection::rollback() noexcept {
    if (in_transaction()) sqlite3_exec(database_, "rollback", nullptr, nullptr, nullptr);
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

void SqliteConnection::checkpoint_and_optimize() {
    // Waiting long for readers would stop every writer; the next quiet moment comes soon.
    sqlite3_busy_timeout(database_, checkpoint_busy_milliseconds);
    const int code = sqlite3_wal_checkpoint_v2(database_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_busy_timeout(database_, busy_milliseconds);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) fail(code);
    execute({"pragma analysis_limit=1000", {}});
    execute({"pragma optimize", {}});
}

sqlite3_stmt* SqliteConnection::prepare(std::string_view text) {
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v3(database_, text.data(), static_cast<int>(text.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, &rest);
    if (code != SQLITE_OK) fail(code);
    const bool one = statement != nullptr && rest == text.data() + text.size();
    if (!one) sqlite3_finalize(statement);
    ensure(one, "exactly one SQL statement a call");
    return statement;
}

void SqliteConnection::bind(sqlite3_stmt* statement, std::span<const Cell> cells) {
    ensure(static_cast<std::size_t>(sqlite3_bind_parameter_count(statement)) == cells.size(),
           "as many parameters as places in the SQL");
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const int place = static_cast<int>(i) + 1;
        int code = SQLITE_OK;
        if (const auto* integer = std::get_if<std::int64_t>(&cells[i])) {
            code = sqlite3_bind_int64(statement, place, *integer);
        } else if (const auto* text = std::get_if<std::string>(&cells[i])) {
            // Not copied: the cells outlive the step.
            code = sqlite3_bind_text64(statement, place, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
        } else {
            code = sqlite3_bind_null(statement, place);
        }
        if (code != SQLITE_OK) fail(code);
    }
}

std::int64_t SqliteConnection::run(sqlite3_stmt* statement, std::span<const Cell> cells) {
    bind(statement, cells);
    const std::int64_t before = sqlite3_total_changes64(database_);
    while (step(statement)) {
    }
    // sqlite3_changes() keeps the number of an earlier statement when this one is not an insert, update or delete.
    return sqlite3_total_changes64(database_) == before ? 0 : sqlite3_changes64(database_);
}

bool SqliteConnection::step(sqlite3_stmt* statement) {
    step_slow_since_ = {};
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail(code);
}

// Only time inside one step counts, so a slow reader of a long result is not cut off.
int SqliteConnection::give_up_when_too_slow(void* self) {
    auto& connection = *static_cast<SqliteConnection*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (connection.step_slow_since_ == std::chrono::steady_clock::time_point{}) {
        connection.step_slow_since_ = now;
        return 0;
    }
    const bool too_slow = now - connection.step_slow_since_ > connection.statement_max_;
    return too_slow && !connection.long_statements_ ? 1 : 0;
}

void SqliteConnection::fail(int code) {
    const std::string why = database_ != nullptr ? sqlite3_errmsg(database_) : sqlite3_errstr(code);
    switch (code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            throw UniqueViolation(violated_index(why));
        default:
            break;
    }
    if (why == "number_too_large") throw Failure(Failure::Kind::invalid, why);  // sqlite/functions.hpp
    switch (code & 0xff) {
        case SQLITE_FULL:
            throw Failure(Failure::Kind::storage_full, "storage_full");
        case SQLITE_INTERRUPT:
            throw Failure(Failure::Kind::unavailable, "statement_too_slow");
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw Failure(Failure::Kind::unavailable, "database_busy", {{"why", why}});
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_NOMEM:
            throw Failure(Failure::Kind::unavailable, "database_away", {{"why", why}});
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            throw Failure(Failure::Kind::unavailable, "database_damaged", {{"why", why}});
        default:
            throw Failure(Failure::Kind::broken, "broken", {{"why", why}});
    }
}

// SQLite names the columns ("UNIQUE constraint failed: customer.number, customer.kind"); callers know the index.
std::string SqliteConnection::violated_index(const std::string& message) {
    const std::size_t colon = message.rfind(": ");
    if (colon == std::string::npos) return {};
    std::string table;
    std::string columns;
    for (std::size_t at = colon + 2; at < message.size();) {
        const std::size_t end = std::min(message.find(", ", at), message.size());
        const std::size_t dot = message.find('.', at);
        if (dot == std::string::npos || dot > end) return {};
        table = message.substr(at, dot - at);
        if (!columns.empty()) columns += ',';
        columns += message.substr(dot + 1, end - dot - 1);
        at = end + 2;
    }
    std::string name;
    query({"select l.name, l.origin, group_concat(i.name) from pragma_index_list(?) l, pragma_index_info(l.name) i "
           "where l.\"unique\" group by l.seq order by l.seq, i.seqno",
           {table}},
          [&](const Row& row) {
              if (row.text(2) != columns) return true;
              name = row.text(1) == "pk" ? table + "_pkey" : std::string(row.text(0));
              return false;
          });
    // The integer primary key of a rowid table has no index of its own.
    return name.empty() ? table + "_pkey" : name;
}

}  // namespace gx::store
