#include "store/postgres/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

#include "base/failure.hpp"
#include "store/postgres/parameters.hpp"
#include "store/sql_text.hpp"

namespace gx::store {

namespace {

constexpr std::size_t prepared_max = 200;
constexpr std::size_t pipeline_requests_max = 1000;
constexpr std::size_t copy_rows_min = 64;  // below, a pipeline of inserts is quicker than leaving pipeline mode
constexpr std::size_t copy_bytes = std::size_t{256} * 1024;
constexpr std::size_t rows_buffered_max = 1000;
// The server ends a statement at its own limit; when it does not even do that, the connection is given up.
constexpr auto grace = std::chrono::seconds(10);

// Schema and time limit of what follows: of this transaction ("true") or of the session ("false").
std::string settings_text(const std::string& of_transaction) {
    return "select set_config('search_path', ?, " + of_transaction + "), set_config('statement_timeout', ?, " +
           of_transaction + "), set_config('jit', 'off', " + of_transaction + ")";
}

class PostgresRow final : public Row {
public:
    PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}

    int columns() const override { return PQnfields(result_); }
    bool is_null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
    std::int64_t integer(int column) const override {
        const std::string_view digits = text(column);
        if (digits == "t") return 1;  // boolean
        std::int64_t number = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
        return number;
    }
    std::string_view text(int column) const override {
        return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
    }

private:
    const PGresult* result_;
    int row_;
};

// Parameters as libpq wants them. Text format, so that the server takes each for the type of its place.
class Parameters {
public:
    explicit Parameters(std::span<const Cell> cells) : digits_(cells.size()) {
        values_.reserve(cells.size());
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (const auto* number = std::get_if<std::int64_t>(&cells[i])) {
                const auto end = std::to_chars(digits_[i].data(), digits_[i].data() + digits_[i].size() - 1, *number);
                *end.ptr = '\0';
                values_.push_back(digits_[i].data());
            } else if (const auto* text = std::get_if<std::string>(&cells[i])) {
                values_.push_back(text->c_str());
            } else {
                values_.push_back(nullptr);
            }
        }
    }

    int count() const { return static_cast<int>(values_.size()); }
    const char* const* values() const { return values_.data(); }

private:
    std::vector<std::array<char, 24>> digits_;
    std::vector<const char*> values_;
};

bool starts_with_word(std::string_view text, std::string_view word) {
    return text.size() > word.size() && text.starts_with(word) &&
           (text[word.size()] == ' ' || text[word.size()] == '\n');
}

// Schema changes and savepoints are said once and gain nothing from being prepared. `begin` must be the very first of a
// pipeline, so nothing may be prepared or deallocated for it: the isolation level could no longer be set.
bool is_worth_preparing(std::string_view text) {
    if (text == "commit") return true;
    for (const std::string_view word : {"select", "insert", "update", "delete", "with"}) {
        if (starts_with_word(text, word)) return true;
    }
    return false;
}

void pause(std::chrono::milliseconds least, std::chrono::milliseconds most) {
    const auto ticks = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    const auto span = static_cast<std::uint64_t>((most - least).count());
    std::this_thread::sleep_for(least + std::chrono::milliseconds((ticks / 1000) % span));
}

std::int64_t rows_changed(PGresult* result) {
    std::int64_t number = 0;
    const std::string_view text = PQcmdTuples(result);
    // A select has a number too, but changes nothing.
    if (std::string_view(PQcmdStatus(result)).starts_with("SELECT")) return 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// An administrator or a crash elsewhere ended the session; its socket may not say so yet.
bool ends_session(const PGresult* result) {
    const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity != nullptr && (std::strcmp(severity, "FATAL") == 0 || std::strcmp(severity, "PANIC") == 0);
}

// While nobody is asked nothing should arrive, except what a dying server says.
bool is_hung_up(PGconn* server) {
    pollfd socket{PQsocket(server), POLLIN, 0};
    if (poll(&socket, 1, 0) == 0) return false;
    // The last words are read first, the end of the stream after them.
    if (PQconsumeInput(server) == 0) return true;
    static_cast<void>(PQisBusy(server));
    return PQconsumeInput(server) == 0 || PQstatus(server) != CONNECTION_OK;
}

bool is_outdated_plan(std::string_view state, std::string_view message) {
    return state == "26000" || (state == "0A000" && message.starts_with("cached plan"));
}

void append_copy_cell(std::string& out, const Cell& cell) {
    if (const auto* number = std::get_if<std::int64_t>(&cell)) {
        std::array<char, 24> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *number);
        out.append(digits.data(), end.ptr);
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
        for (const char c : *text) {
            switch (c) {
                case '\\':
                    out += "\\\\";
                    break;
                case '\t':
                    out += "\\t";
                    break;
                case '\n':
                    out += "\\n";
                    break;
                case '\r':
                    out += "\\r";
                    break;
                default:
                    out += c;
            }
        }
    } else {
        out += "\\N";
    }
}

std::string column_list(std::span<const std::string> columns) {
    std::string out;
    for (const std::string& column : columns) {
        if (!out.empty()) out += ", ";
        out += identifier(column);
    }
    return out;
}

}  // namespace

void PostgresConnection::CloseResult::operator()(pg_result* result) const { PQclear(result); }

PostgresConnection::PostgresConnection(Options options) : options_(std::move(options)) { connect(); }

PostgresConnection::~PostgresConnection() { disconnect(); }

void PostgresConnection::query(const Sql& sql, EachRow each) {
    // A result that is bounded comes as one piece; any other may be large and is read row by row.
    if (sql.text.find("limit") == std::string::npos) return stream(sql, each);
    query_many({&sql, 1}, [&](std::size_t, const Row& row) { return each(row); });
}

std::int64_t PostgresConnection::execute(const Sql& sql) {
    std::int64_t changed = 0;
    const Request request{sql.text, sql.params, sql.planning};
    round_trip({&request, 1}, Delivery::whole,
               [&](std::size_t, const Result& result) { changed = rows_changed(result.get()); });
    return changed;
}

std::vector<std::int64_t> PostgresConnection::execute_many(std::string_view sql,
                                                           std::span<const std::vector<Cell>> rows) {
    std::vector<std::int64_t> changed(rows.size());
    std::vector<Request> requests;
    for (std::size_t from = 0; from < rows.size(); from += requests.size()) {
        requests.clear();
        for (const std::vector<Cell>& row : rows.subspan(from, std::min(pipeline_requests_max, rows.size() - from))) {
            requests.push_back({sql, row});
        }
        round_trip(requests, Delivery::whole, [&](std::size_t request, const Result& result) {
            changed[from + request] = rows_changed(result.get());
        });
    }
    return changed;
}

void PostgresConnection::insert_rows(std::string_view table, std::span<const std::string> columns,
                                     std::span<const std::vector<Cell>> rows) {
    if (rows.size() >= copy_rows_min) return copy_rows(table, columns, rows);
    std::string text = "insert into " + identifier(table) + " (" + column_list(columns) + ") values (";
    for (std::size_t i = 0; i < columns.size(); ++i) text += i == 0 ? "?" : ", ?";
    execute_many(text + ')', rows);
}

void PostgresConnection::query_many(std::span<const Sql> statements, FunctionRef<bool(std::size_t, const Row&)> each) {
    std::vector<Request> requests;
    requests.reserve(statements.size());
    for (const Sql& sql : statements) requests.push_back({sql.text, sql.params, sql.planning});
    std::vector<Result> results(statements.size());
    round_trip(requests, Delivery::whole,
               [&](std::size_t request, Result result) { results[request] = std::move(result); });
    for (std::size_t i = 0; i < results.size(); ++i) {
        const int rows = PQntuples(results[i].get());
        for (int row = 0; row < rows; ++row) {
            if (!each(i, PostgresRow(results[i].get(), row))) break;
        }
        results[i].reset();
    }
}

// Up to rows_buffered_max rows are taken in before the first is handed on: then the connection is free again while
// they are looked at. A longer result is handed on as it arrives, and the connection is busy until its end.
void PostgresConnection::stream(const Sql& sql, EachRow each) {
    std::vector<Result> buffered;
    bool wanted = true;
    const auto hand_on = [&] {
        for (const Result& result : buffered) {
            for (int row = 0; wanted && row < PQntuples(result.get()); ++row) {
                wanted = each(PostgresRow(result.get(), row));
            }
        }
        buffered.clear();
    };
    bool flowing = false;
    const Request request{sql.text, sql.params, sql.planning};
    round_trip({&request, 1}, Delivery::row_by_row, [&](std::size_t, Result result) {
        if (!wanted) return;
        buffered.push_back(std::move(result));
        flowing = flowing || buffered.size() >= rows_buffered_max;
        if (flowing) hand_on();
    });
    hand_on();
}

void PostgresConnection::savepoint(FunctionRef<void()> work) {
    const std::string name = "s" + std::to_string(++savepoints_);
    const std::string start = "savepoint " + name;
    waiting_.push_back({start, {}});
    try {
        work();
    } catch (...) {
        --savepoints_;
        const auto unsent = std::ranges::find(waiting_, start, &Sql::text);
        if (unsent != waiting_.end()) {
            waiting_.erase(unsent, waiting_.end());
        } else {
            waiting_ = {{"rollback to savepoint " + name, {}}, {"release savepoint " + name, {}}};
        }
        throw;
    }
    --savepoints_;
    waiting_.push_back({"release savepoint " + name, {}});
}

void PostgresConnection::allow_long_statements() {
    long_statements_ = true;
    waiting_.emplace_back().text = "select set_config('statement_timeout', '0', true)";
}

void PostgresConnection::begin(Mode mode) {
    mode_ = mode;
    trouble_ = Trouble::none;
    nothing_answered_ = true;
    failed_ = false;
    long_statements_ = false;
    savepoints_ = 0;
    waiting_ = {{mode == Mode::reading ? "begin isolation level repeatable read read only"
                                       : "begin isolation level read committed read write",
                 {}}};
    if (!own_session_) waiting_.push_back(settings());
}

// A pooler in between may share sessions, so there the settings are said in every transaction and never kept.
Sql PostgresConnection::settings() const {
    return {settings_text("true"), {identifier(options_.schema), std::to_string(options_.statement_max.count())}};
}

void PostgresConnection::commit() {
    if (nothing_answered_) {
        waiting_.clear();
        return;
    }
    // When the connection is dead already, the commit was certainly not done and the transaction can run again.
    if (server_ == nullptr || is_hung_up(server_)) {
        disconnect();
        trouble_ = Trouble::lost;
        throw Failure(Failure::Kind::unavailable, "database_away");
    }
    committing_ = true;
    const Request request{"commit", {}};
    bool committed = false;
    try {
        round_trip({&request, 1}, Delivery::whole, [&](std::size_t, const Result& result) {
            committed = std::string_view(PQcmdStatus(result.get())) == "COMMIT";
        });
    } catch (...) {
        committing_ = false;
        throw;
    }
    committing_ = false;
    // PostgreSQL answers ROLLBACK when a statement had failed and somebody went on regardless.
    ensure(committed, "no failed statement before the commit");
}

void PostgresConnection::rollback() noexcept {
    waiting_.clear();
    if (nothing_answered_ || server_ == nullptr) return;
    try {
        const Request request{"rollback", {}};
        round_trip({&request, 1}, Delivery::whole, [](std::size_t, const Result&) {});
    } catch (const std::exception&) {
        disconnect();  // the server rolls back when the session ends
    }
}

void PostgresConnection::finish_reading() noexcept {
    waiting_.clear();
    if (nothing_answered_ || server_ == nullptr) return;
    try {
        // Where a statement failed the server takes nothing that has to be prepared.
        const Request request{failed_ ? "rollback" : "commit", {}};
        send(request, Expected::Kind::housekeeping, 0, deferred_);
        if (PQpipelineSync(server_) != 1 || PQflush(server_) < 0) disconnect();
    } catch (...) {
        disconnect();  // half a pipeline cannot be taken back
    }
}

void PostgresConnection::round_trip(std::span<const Request> requests, Delivery delivery, TakeResult take) {
    ensure(!streaming_, "one statement at a time while a long result is read");
    const auto deadline = std::chrono::steady_clock::now() + options_.reconnect_max;
    for (;;) {
        try {
            return attempt(requests, delivery, take);
        } catch (const ConnectionLost& lost) {
            disconnect();
            const bool again = nothing_answered_ && !lost.rows_delivered && std::chrono::steady_clock::now() < deadline;
            if (again) {
                pause(std::chrono::milliseconds(1), std::chrono::milliseconds(50));
                continue;
            }
            trouble_ = committing_ ? Trouble::outcome_unknown : Trouble::lost;
            throw Failure(Failure::Kind::unavailable, committing_ ? "outcome_unknown" : "database_away");
        }
    }
}

void PostgresConnection::attempt(std::span<const Request> requests, Delivery delivery, TakeResult take) {
    if (server_ == nullptr) {
        if (!nothing_answered_) throw ConnectionLost{};
        connect();
    }
    drain_deferred();
    std::vector<Expected> expected;
    send_all(requests, expected);

    SqlError error;
    std::exception_ptr refused;  // by the caller, who threw; the answers must be read to their end all the same
    bool rows_delivered = false;
    streaming_ = delivery == Delivery::row_by_row;
    try {
        for (const Expected& one : expected) {
            const bool is_request = one.kind == Expected::Kind::request;
            if (is_request && streaming_) PQsetSingleRowMode(server_);
            while (Result result = next_result()) {
                switch (PQresultStatus(result.get())) {
                    case PGRES_PIPELINE_ABORTED:
                        break;
                    case PGRES_TUPLES_OK:
                    case PGRES_SINGLE_TUPLE:
                    case PGRES_COMMAND_OK:
                        if (one.kind == Expected::Kind::preparation) by_text_.at(one.prepared)->confirmed = true;
                        if (!is_request || refused) break;
                        rows_delivered = true;
                        try {
                            take(one.request, std::move(result));
                        } catch (...) {
                            refused = std::current_exception();
                        }
                        break;
                    default:
                        if (PQstatus(server_) != CONNECTION_OK || ends_session(result.get())) throw ConnectionLost{};
                        if (!error.happened) error = error_of(result.get());
                }
            }
        }
        const Result end = next_result();
        if (PQresultStatus(end.get()) != PGRES_PIPELINE_SYNC) throw ConnectionLost{};
    } catch (ConnectionLost& lost) {
        streaming_ = false;
        lost.rows_delivered = rows_delivered;
        throw;
    }
    streaming_ = false;
    const bool outdated = error.happened && is_outdated_plan(error.state, error.message);
    if (outdated && nothing_answered_) throw ConnectionLost{rows_delivered};
    forget_unconfirmed(expected);
    waiting_.clear();
    nothing_answered_ = false;
    if (refused) std::rethrow_exception(refused);
    if (error.happened) {
        failed_ = true;
        raise(error);
    }
}

void PostgresConnection::send_all(std::span<const Request> requests, std::vector<Expected>& expected) {
    check(requests);
    for (const Sql& sql : waiting_) send({sql.text, sql.params}, Expected::Kind::housekeeping, 0, expected);
    for (std::size_t i = 0; i < requests.size(); ++i) send(requests[i], Expected::Kind::request, i, expected);
    if (PQpipelineSync(server_) != 1 || PQflush(server_) < 0) throw ConnectionLost{};
}

// Before anything is sent: half a pipeline cannot be taken back.
void PostgresConnection::check(std::span<const Request> requests) const {
    std::string_view text;
    std::size_t places = 0;
    for (const Request& request : requests) {
        if (request.text.data() != text.data()) {
            text = request.text;
            const auto known = by_text_.find(text);
            places = known != by_text_.end() ? known->second->places : count_parameters(text);
        }
        ensure(places == request.cells.size(), "as many parameters as places in the SQL");
        for (const Cell& cell : request.cells) {
            const auto* value = std::get_if<std::string>(&cell);
            ensure(value == nullptr || value->find('\0') == std::string::npos, "text without a zero byte");
        }
    }
}

void PostgresConnection::send(const Request& request, Expected::Kind kind, std::size_t index,
                              std::vector<Expected>& expected) {
    const auto plan = [&](std::string mode) {
        const Sql sql{"select set_config('plan_cache_mode', ?, true)", {std::move(mode)}};
        send({sql.text, sql.params}, Expected::Kind::housekeeping, 0, expected);
    };
    const bool as_it_likes = request.planning == Planning::as_it_likes;
    if (!as_it_likes) plan(request.planning == Planning::once ? "force_generic_plan" : "force_custom_plan");
    const Parameters parameters(request.cells);
    int sent = 0;
    if (is_worth_preparing(request.text)) {
        const Prepared& prepared = prepare(request.text, expected);
        sent = PQsendQueryPrepared(server_, prepared.name.c_str(), parameters.count(), parameters.values(), nullptr,
                                   nullptr, 0);
    } else {
        sent = PQsendQueryParams(server_, numbered_parameters(request.text).c_str(), parameters.count(), nullptr,
                                 parameters.values(), nullptr, nullptr, 0);
    }
    if (sent != 1) throw ConnectionLost{};
    expected.push_back({kind, index, {}});
    if (!as_it_likes) plan("auto");
}

const PostgresConnection::Prepared& PostgresConnection::prepare(std::string_view text,
                                                                std::vector<Expected>& expected) {
    if (const auto found = by_text_.find(text); found != by_text_.end()) {
        prepared_.splice(prepared_.begin(), prepared_, found->second);
        return prepared_.front();
    }
    if (prepared_.size() >= prepared_max && prepared_.back().confirmed) {
        const std::string statement = "deallocate " + prepared_.back().name;
        by_text_.erase(prepared_.back().text);
        prepared_.pop_back();
        if (PQsendQueryParams(server_, statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 1) {
            throw ConnectionLost{};
        }
        expected.push_back({Expected::Kind::housekeeping, 0, {}});
    }
    prepared_.push_front({std::string(text), "p" + std::to_string(++names_given_), count_parameters(text), false});
    Prepared& prepared = prepared_.front();
    by_text_.emplace(prepared.text, prepared_.begin());
    if (PQsendPrepare(server_, prepared.name.c_str(), numbered_parameters(text).c_str(), 0, nullptr) != 1) {
        throw ConnectionLost{};
    }
    expected.push_back({Expected::Kind::preparation, 0, prepared.text});
    return prepared;
}

// A preparation that failed, or was skipped after an earlier error, is not there on the server.
void PostgresConnection::forget_unconfirmed(std::span<const Expected> expected) {
    for (const Expected& one : expected) {
        if (one.kind != Expected::Kind::preparation) continue;
        const auto found = by_text_.find(one.prepared);
        if (found == by_text_.end() || found->second->confirmed) continue;
        const auto prepared = found->second;
        by_text_.erase(found);
        prepared_.erase(prepared);
    }
}

PostgresConnection::Result PostgresConnection::next_result() {
    const auto patience =
        long_statements_ ? std::chrono::milliseconds(-1) : std::chrono::milliseconds(options_.statement_max + grace);
    while (PQisBusy(server_) != 0) {
        const int unsent = PQflush(server_);
        if (unsent < 0) break;  // the reason is in the next result
        pollfd socket{PQsocket(server_), static_cast<short>(POLLIN | (unsent > 0 ? POLLOUT : 0)), 0};
        const int ready = poll(&socket, 1, static_cast<int>(patience.count()));
        if (ready == 0 || (ready < 0 && errno != EINTR)) throw ConnectionLost{};
        if (ready > 0 && PQconsumeInput(server_) == 0) throw ConnectionLost{};
    }
    return Result(PQgetResult(server_));
}

void PostgresConnection::drain_deferred() {
    if (deferred_.empty()) return;
    for (const Expected& one : deferred_) {
        while (const Result result = next_result()) {
            if (PQstatus(server_) != CONNECTION_OK || ends_session(result.get())) throw ConnectionLost{};
            if (one.kind == Expected::Kind::preparation && PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
                by_text_.at(one.prepared)->confirmed = true;
            }
        }
    }
    const Result end = next_result();
    if (PQresultStatus(end.get()) != PGRES_PIPELINE_SYNC) throw ConnectionLost{};
    forget_unconfirmed(deferred_);
    deferred_.clear();
}

PostgresConnection::SqlError PostgresConnection::error_of(const pg_result* result) const {
    const auto field = [&](int code) -> std::string {
        const char* text = PQresultErrorField(result, code);
        return text == nullptr ? "" : text;
    };
    return {field(PG_DIAG_SQLSTATE), field(PG_DIAG_MESSAGE_PRIMARY), field(PG_DIAG_CONSTRAINT_NAME), true};
}

void PostgresConnection::raise(const SqlError& error) {
    const std::string_view state = error.state;
    const auto is_any_of = [&](std::initializer_list<std::string_view> states) {
        return std::ranges::find(states, state) != states.end();
    };
    if (state == "23505") throw UniqueViolation(error.constraint);
    if (state == "22003") throw Failure(Failure::Kind::invalid, "number_too_large");
    if (state == "53100") throw Failure(Failure::Kind::storage_full, "storage_full");
    if (state == "57014") throw Failure(Failure::Kind::unavailable, "statement_too_slow");
    if (state == "55P03") throw Failure(Failure::Kind::unavailable, "database_busy");
    const bool demoted = state == "25006" && mode_ == Mode::changing;
    if (is_outdated_plan(state, error.message) || demoted) {
        disconnect();
        trouble_ = Trouble::lost;
        throw Failure(Failure::Kind::unavailable, "database_away", {{"why", error.message}});
    }
    if (is_any_of({"40001", "40P01", "57P01", "57P02", "57P03"}) || state.starts_with("08")) {
        trouble_ = Trouble::conflict;
        throw Failure(Failure::Kind::unavailable, "database_busy", {{"why", error.message}});
    }
    if (state.starts_with("53")) throw Failure(Failure::Kind::unavailable, "database_busy", {{"why", error.message}});
    throw Failure(Failure::Kind::broken, "broken", {{"why", error.state + ' ' + error.message}});
}

// COPY does not exist in pipeline mode, so that is left for its time.
void PostgresConnection::copy_rows(std::string_view table, std::span<const std::string> columns,
                                   std::span<const std::vector<Cell>> rows) {
    if (!waiting_.empty()) round_trip({}, Delivery::whole, [](std::size_t, const Result&) {});
    const auto lost = [&] {
        disconnect();
        trouble_ = Trouble::lost;
        return Failure(Failure::Kind::unavailable, "database_away");
    };
    if (server_ == nullptr || PQexitPipelineMode(server_) != 1) throw lost();
    PQsetnonblocking(server_, 0);

    const std::string statement = "copy " + identifier(table) + " (" + column_list(columns) + ") from stdin";
    SqlError error;
    Result result(PQexec(server_, statement.c_str()));
    if (PQresultStatus(result.get()) == PGRES_COPY_IN) {
        std::string buffer;
        bool sent = true;
        for (const std::vector<Cell>& row : rows) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                if (i > 0) buffer += '\t';
                append_copy_cell(buffer, row[i]);
            }
            buffer += '\n';
            if (buffer.size() < copy_bytes) continue;
            sent = sent && PQputCopyData(server_, buffer.data(), static_cast<int>(buffer.size())) == 1;
            buffer.clear();
        }
        sent = sent && PQputCopyData(server_, buffer.data(), static_cast<int>(buffer.size())) == 1;
        if (!sent || PQputCopyEnd(server_, nullptr) != 1) throw lost();
        while ((result = Result(PQgetResult(server_)))) {
            if (PQresultStatus(result.get()) != PGRES_COMMAND_OK && !error.happened) error = error_of(result.get());
        }
    } else {
        error = error_of(result.get());
    }
    if (PQstatus(server_) != CONNECTION_OK) throw lost();
    PQsetnonblocking(server_, 1);
    if (PQenterPipelineMode(server_) != 1) throw lost();
    if (error.happened) raise(error);
}

void PostgresConnection::connect() {
    const auto deadline = std::chrono::steady_clock::now() + options_.reconnect_max;
    const ConnectionParameters parameters(options_.conninfo);
    for (;;) {
        disconnect();
        server_ = PQconnectdbParams(parameters.keywords(), parameters.values(), 0);
        if (PQstatus(server_) == CONNECTION_OK) break;
        const std::string why = PQerrorMessage(server_);
        disconnect();
        if (std::chrono::steady_clock::now() >= deadline) {
            trouble_ = Trouble::none;  // looked for long enough
            throw Failure(Failure::Kind::unavailable, "database_away", {{"why", why}});
        }
        pause(std::chrono::milliseconds(50), std::chrono::milliseconds(250));
    }
    PQsetNoticeProcessor(server_, [](void*, const char*) {}, nullptr);
    const bool had_own_session = std::exchange(own_session_, is_own_session() && keep_settings());
    PQsetnonblocking(server_, 1);
    ensure(PQenterPipelineMode(server_) == 1, "pipeline mode");
    if (had_own_session && !own_session_ && !waiting_.empty()) waiting_.insert(waiting_.begin() + 1, settings());
}

// Nobody else is given this session: the server serves whom we were told we talk to. A pooler hands out numbers of its
// own.
bool PostgresConnection::is_own_session() const {
    const Result result(PQexec(server_, "select pg_backend_pid()"));
    return PQresultStatus(result.get()) == PGRES_TUPLES_OK &&
           std::to_string(PQbackendPID(server_)) == PQgetvalue(result.get(), 0, 0);
}

bool PostgresConnection::keep_settings() const {
    const std::string schema = identifier(options_.schema);
    const std::string statement_max = std::to_string(options_.statement_max.count());
    const std::array<const char*, 2> values{schema.c_str(), statement_max.c_str()};
    const std::string text = numbered_parameters(settings_text("false"));
    const Result result(PQexecParams(server_, text.c_str(), 2, nullptr, values.data(), nullptr, nullptr, 0));
    return PQresultStatus(result.get()) == PGRES_TUPLES_OK;
}

void PostgresConnection::disconnect() noexcept {
    by_text_.clear();
    prepared_.clear();
    deferred_.clear();
    if (server_ != nullptr) PQfinish(server_);
    server_ = nullptr;
}

}  // namespace gx::store
