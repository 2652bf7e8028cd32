// One libpq connection, always in pipeline mode. What a transaction begins with (begin, the schema, savepoints) waits
// and travels with the next statement, so a read of one statement is one round trip.
//
// Nothing of a transaction is lost as long as nothing was answered: the first round trip is repeated on a new
// connection when the old one turns out to be dead. Later the transaction is lost, and trouble() tells the store
// whether it may run the whole transaction again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/store.hpp"

struct pg_conn;
struct pg_result;

namespace gx::store {

class PostgresConnection final : public Connection {
public:
    enum class Mode { reading, changing };
    enum class Trouble {
        none,
        conflict,        // serialisation failure, deadlock, a node away: run again on this connection
        lost,            // no connection: run again on another
        outcome_unknown  // lost while committing
    };
    struct Options {
        std::string conninfo;
        std::string schema;
        std::chrono::milliseconds statement_max{30'000};
        std::chrono::milliseconds reconnect_max{30'000};
    };

    explicit PostgresConnection(Options options);
    ~PostgresConnection() override;
    PostgresConnection(const PostgresConnection&) = delete;
    PostgresConnection& operator=(const PostgresConnection&) = delete;

    Dialect dialect() const override { return Dialect::postgres; }
    void query(const Sql& sql, EachRow each) override;
    std::int64_t execute(const Sql& sql) override;
    std::vector<std::int64_t> execute_many(std::string_view sql, std::span<const std::vector<Cell>> rows) override;
    void insert_rows(std::string_view table, std::span<const std::string> columns,
                     std::span<const std::vector<Cell>> rows) override;
    void query_many(std::span<const Sql> statements, FunctionRef<bool(std::size_t, const Row&)> each) override;
    void savepoint(FunctionRef<void()> work) override;
    void allow_long_statements() override;

    void begin(Mode mode);
    void commit();
    void rollback() noexcept;
    void finish_reading() noexcept;  // ends a read without waiting for the answer

    Trouble trouble() const { return trouble_; }

private:
    struct CloseResult {
        void operator()(pg_result* result) const;
    };
    using Result = std::unique_ptr<pg_result, CloseResult>;

    struct Request {
        std::string_view text;
        std::span<const Cell> cells;
        Planning planning = Planning::as_it_likes;
    };
    struct Prepared {
        std::string text;
        std::string name;
        std::size_t places = 0;  // for parameters
        bool confirmed = false;  // the server said that it has it
    };
    // What the server answers, in order.
    struct Expected {
        enum class Kind { preparation, housekeeping, request } kind;
        std::size_t request = 0;
        std::string prepared;
    };
    struct SqlError {
        std::string state, message, constraint;
        bool happened = false;
    };
    struct ConnectionLost {
        bool rows_delivered = false;
    };
    enum class Delivery { whole, row_by_row };
    using TakeResult = FunctionRef<void(std::size_t request, Result)>;

    void round_trip(std::span<const Request> requests, Delivery delivery, TakeResult take);
    void attempt(std::span<const Request> requests, Delivery delivery, TakeResult take);
    void send_all(std::span<const Request> requests, std::vector<Expected>& expected);
    void check(std::span<const Request> requests) const;
    void send(const Request& request, Expected::Kind kind, std::size_t index, std::vector<Expected>& expected);
    const Prepared& prepare(std::string_view text, std::vector<Expected>& expected);
    void forget_unconfirmed(std::span<const Expected> expected);
    Result next_result();
    void drain_deferred();
    [[noreturn]] void raise(const SqlError& error);
    SqlError error_of(const pg_result* result) const;

    void copy_rows(std::string_view table, std::span<const std::string> columns,
                   std::span<const std::vector<Cell>> rows);
    void stream(const Sql& sql, EachRow each);

    Sql settings() const;
    bool is_own_session() const;
    bool keep_settings() const;
    void connect();
    void disconnect() noexcept;

    Options options_;
    pg_conn* server_ = nullptr;
    std::list<Prepared> prepared_;  // newest first
    std::unordered_map<std::string_view, std::list<Prepared>::iterator> by_text_;
    std::uint64_t names_given_ = 0;

    bool own_session_ = false;  // the settings are kept with the session

    Mode mode_ = Mode::reading;
    std::vector<Sql> waiting_;      // travels with the next request
    bool nothing_answered_ = true;  // in this transaction: it can still move to another connection
    bool failed_ = false;           // a statement of this transaction was refused
    bool committing_ = false;
    std::vector<Expected> deferred_;  // the end of the last read was sent, these answers were not read
    bool streaming_ = false;
    bool long_statements_ = false;
    int savepoints_ = 0;
    Trouble trouble_ = Trouble::none;
};

}  // namespace gx::store
