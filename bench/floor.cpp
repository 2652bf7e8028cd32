// The floors of bench/run: what the bare libraries need for the same rows. It knows nothing of the program.
//   bench_floor read DATABASE SECONDS STATEMENTS [SAMPLE]   every statement in one read transaction, rows written as
//   JSON bench_floor postgres CONNECTION SECONDS STATEMENTS      the same through libpq; the CPU of the server process
//   is counted bench_floor write DATABASE TRACE CLIENTS GROUP          the writes of a trace (bench/trace.cpp) again,
//   durable
// STATEMENTS holds them with a line ";" between. Prints one line of JSON.
#include <libpq-fe.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "bench_floor: %s\n", why.c_str());
    std::exit(1);
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double own_cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double cpu_of(int process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/stat");
    std::string text((std::istreambuf_iterator<char>(in)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::vector<std::string> statements_in(const char* file) {
    std::ifstream in(file);
    if (!in) give_up(std::string("cannot read ") + file);
    std::vector<std::string> statements(1);
    for (std::string line; std::getline(in, line);) {
        if (line == ";") {
            statements.emplace_back();
        } else {
            statements.back() += line + "\n";
        }
    }
    return statements;
}

void write_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            out += escape;
        } else {
            out += c;
        }
    }
    out += '"';
}

// SQLite

using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;

int tokenizer_made(void* context, const char**, int, Fts5Tokenizer** out) {
    *out = static_cast<Fts5Tokenizer*>(context);
    return SQLITE_OK;
}
void tokenizer_gone(Fts5Tokenizer*) {}
int words(Fts5Tokenizer*, void* context, int, const char* text, int bytes,
          int (*each)(void*, int, const char*, int, int, int)) {
    for (int at = 0; at < bytes;) {
        const void* space = std::memchr(text + at, ' ', static_cast<std::size_t>(bytes - at));
        const int end = space == nullptr ? bytes : static_cast<int>(static_cast<const char*>(space) - text);
        if (end > at) {
            if (const int code = each(context, 0, text + at, end - at, at, end); code != SQLITE_OK) return code;
        }
        at = end + 1;
    }
    return SQLITE_OK;
}

class Database {
public:
    explicit Database(const char* file) {
        if (sqlite3_open_v2(file, &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK)
            give_up(sqlite3_errmsg(handle_));
        // The search tables name a tokenizer that splits at spaces.
        fts5_api* api = nullptr;
        sqlite3_stmt* statement = prepare("select fts5(?1)");
        sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
        sqlite3_step(statement);
        sqlite3_finalize(statement);
        fts5_tokenizer tokenizer{&tokenizer_made, &tokenizer_gone, &words};
        if (api == nullptr || api->xCreateTokenizer(api, "tokens", handle_, &tokenizer, nullptr) != SQLITE_OK)
            give_up("no FTS5");
        // As the program has it, so that only the work around the statements differs.
        run("pragma synchronous=full");
        run("pragma cache_size=-2048");
        run("pragma temp_store=memory");
        run("pragma wal_autocheckpoint=4000");
    }
    ~Database() { sqlite3_close_v2(handle_); }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    sqlite3_stmt* prepare(const std::string& text) {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v3(handle_, text.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
            give_up(std::string(sqlite3_errmsg(handle_)) + " in " + text.substr(0, 400));
        return statement;
    }
    void run(const char* text) {
        if (sqlite3_exec(handle_, text, nullptr, nullptr, nullptr) != SQLITE_OK)
            give_up(std::string(text) + ": " + sqlite3_errmsg(handle_));
    }
    const char* problem() const { return sqlite3_errmsg(handle_); }

private:
    sqlite3* handle_ = nullptr;
};

std::size_t write_rows(sqlite3_stmt* statement, std::string& out) {
    std::size_t rows = 0;
    out += '[';
    for (; sqlite3_step(statement) == SQLITE_ROW; ++rows) {
        out += rows == 0 ? "{" : ",{";
        const int columns = sqlite3_column_count(statement);
        for (int i = 0; i < columns; ++i) {
            if (i > 0) out += ',';
            write_text(out, sqlite3_column_name(statement, i));
            out += ':';
            switch (sqlite3_column_type(statement, i)) {
                case SQLITE_NULL:
                    out += "null";
                    break;
                case SQLITE_INTEGER:
                    out += std::to_string(sqlite3_column_int64(statement, i));
                    break;
                default:
                    write_text(out, {reinterpret_cast<const char*>(sqlite3_column_text(statement, i)),
                                     static_cast<std::size_t>(sqlite3_column_bytes(statement, i))});
            }
        }
        out += '}';
    }
    out += ']';
    sqlite3_reset(statement);
    return rows;
}

int read_sqlite(const char* file, double seconds, const char* list, const char* sample) {
    Database database(file);
    std::vector<sqlite3_stmt*> statements;
    for (const std::string& text : statements_in(list)) statements.push_back(database.prepare(text));
    sqlite3_stmt* begin = database.prepare("begin");
    sqlite3_stmt* commit = database.prepare("commit");
    std::string out;
    std::size_t rows = 0;
    const auto round = [&] {
        out.clear();
        rows = 0;
        sqlite3_step(begin);
        sqlite3_reset(begin);
        for (sqlite3_stmt* statement : statements) rows += write_rows(statement, out);
        sqlite3_step(commit);
        sqlite3_reset(commit);
    };
    round();  // the pages are in the cache of the system
    if (sample != nullptr) std::ofstream(sample) << out;
    std::size_t rounds = 0;
    const double cpu = own_cpu();
    const Clock::time_point start = Clock::now();
    do {
        round();
        ++rounds;
    } while (seconds_since(start) < seconds);
    const double wall = seconds_since(start);
    std::printf("{\"cpu_us\":%.2f,\"wall_us\":%.2f,\"rounds\":%zu,\"rows\":%zu,\"bytes\":%zu}\n",
                (own_cpu() - cpu) / static_cast<double>(rounds) * 1e6, wall / static_cast<double>(rounds) * 1e6, rounds,
                rows, out.size());
    for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    return 0;
}

// PostgreSQL

int read_postgres(const char* connection, double seconds, const char* list) {
    PGconn* server = PQconnectdb(connection);
    if (PQstatus(server) != CONNECTION_OK) give_up(PQerrorMessage(server));
    const auto checked = [&](PGresult* result, ExecStatusType wanted) {
        if (PQresultStatus(result) != wanted) give_up(PQerrorMessage(server));
        return result;
    };
    const std::vector<std::string> statements = statements_in(list);
    for (std::size_t i = 0; i < statements.size(); ++i)
        PQclear(checked(PQprepare(server, ("s" + std::to_string(i)).c_str(), statements[i].c_str(), 0, nullptr),
                        PGRES_COMMAND_OK));
    std::string out;
    std::size_t rows = 0;
    const auto round = [&] {
        out.clear();
        rows = 0;
        for (std::size_t i = 0; i < statements.size(); ++i) {
            PGresult* result =
                checked(PQexecPrepared(server, ("s" + std::to_string(i)).c_str(), 0, nullptr, nullptr, nullptr, 0),
                        PGRES_TUPLES_OK);
            out += '[';
            for (int row = 0; row < PQntuples(result); ++row, ++rows) {
                out += row == 0 ? "{" : ",{";
                for (int column = 0; column < PQnfields(result); ++column) {
                    if (column > 0) out += ',';
                    write_text(out, PQfname(result, column));
                    out += ':';
                    if (PQgetisnull(result, row, column)) {
                        out += "null";
                    } else {
                        write_text(out, {PQgetvalue(result, row, column),
                                         static_cast<std::size_t>(PQgetlength(result, row, column))});
                    }
                }
                out += '}';
            }
            out += ']';
            PQclear(result);
        }
    };
    for (int i = 0; i < 10; ++i) round();
    std::size_t rounds = 0;
    const int backend = PQbackendPID(server);
    const double cpu = own_cpu() + cpu_of(backend);
    const Clock::time_point start = Clock::now();
    do {
        round();
        ++rounds;
    } while (seconds_since(start) < seconds);
    const double wall = seconds_since(start);
    std::printf("{\"cpu_us\":%.2f,\"wall_us\":%.2f,\"rounds\":%zu,\"rows\":%zu}\n",
                (own_cpu() + cpu_of(backend) - cpu) / static_cast<double>(rounds) * 1e6,
                wall / static_cast<double>(rounds) * 1e6, rounds, rows);
    PQfinish(server);
    return 0;
}

// Writes of a trace

struct Write {
    std::size_t statement;
    std::vector<Cell> cells;
};
using Unit = std::vector<Write>;  // one transaction of the trace

// The values that stand where the text has its question marks.
std::vector<Cell> values_in(std::string_view text, std::string_view expanded) {
    std::vector<Cell> cells;
    std::size_t at = 0;
    char quote = 0;
    for (const char c : text) {
        if (quote == 0 && c == '?') {
            if (at < expanded.size() && expanded[at] == '\'') {
                std::string value;
                for (++at; at < expanded.size(); ++at) {
                    if (expanded[at] == '\'') {
                        if (at + 1 >= expanded.size() || expanded[at + 1] != '\'') break;
                        ++at;
                    }
                    value += expanded[at];
                }
                ++at;
                cells.emplace_back(std::move(value));
            } else if (expanded.substr(at, 4) == "NULL") {
                at += 4;
                cells.emplace_back();
            } else {
                const std::size_t from = at;
                while (at < expanded.size() && std::strchr("+-0123456789.eE", expanded[at]) != nullptr) ++at;
                const std::string number(expanded.substr(from, at - from));
                if (number.empty())
                    give_up("a value of a kind that is not known in " + std::string(text.substr(0, 200)));
                if (number.find_first_of(".eE") == std::string::npos) {
                    cells.emplace_back(static_cast<std::int64_t>(std::stoll(number)));
                } else {
                    cells.emplace_back(std::stod(number));
                }
            }
            continue;
        }
        if (quote != 0 ? c == quote : (c == '\'' || c == '"')) quote = quote != 0 ? char{0} : c;
        if (at >= expanded.size() || expanded[at] != c)
            give_up("text and values differ in " + std::string(text.substr(0, 200)));
        ++at;
    }
    return cells;
}

class Trace {
public:
    explicit Trace(const char* file) : in_(file) {
        if (!in_) give_up(std::string("cannot read ") + file);
    }

    // The next transaction that writes; empty at the end.
    Unit next() {
        Unit unit;
        for (std::string head; std::getline(in_, head);) {
            std::size_t bytes = 0;
            std::size_t expanded_bytes = 0;
            std::istringstream fields(head);
            std::string connection;
            long long nanoseconds = 0;
            long long steps = 0;
            long long rows = 0;
            fields >> connection >> nanoseconds >> steps >> rows >> bytes >> expanded_bytes;
            std::string text(bytes + 1, ' ');
            std::string expanded(expanded_bytes + 1, ' ');
            in_.read(text.data(), static_cast<std::streamsize>(text.size()));
            in_.read(expanded.data(), static_cast<std::streamsize>(expanded.size()));
            text.pop_back();
            expanded.pop_back();
            std::string word = text.substr(0, text.find(' '));
            std::transform(word.begin(), word.end(), word.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
            if (word == "commit" && connection == writer_ && !unit.empty()) return unit;
            if (word != "insert" && word != "update" && word != "delete" && word != "replace") continue;
            // FTS5 and the like write their own tables with statements of their own.
            if (text.find("'main'.'") != std::string::npos || text.find("\"main\".\"") != std::string::npos ||
                text.find("%Q.") != std::string::npos)
                continue;
            writer_ = connection;
            std::vector<Cell> cells = values_in(text, expanded);
            const auto [place, added] = numbers_.try_emplace(text, texts.size());
            if (added) texts.push_back(text);
            unit.push_back({place->second, std::move(cells)});
            rows_ += text.find("insert into \"customer\"") == 0 ? 1 : 0;
        }
        return unit;
    }
    std::vector<std::string> texts;
    std::size_t customers() const { return rows_; }

private:
    std::ifstream in_;
    std::string writer_;
    std::map<std::string, std::size_t> numbers_;
    std::size_t rows_ = 0;
};

class Writer {
public:
    Writer(const char* file, const Trace& trace) : database_(file), trace_(trace) {}

    void run(const Unit& unit) {
        for (const Write& write : unit) {
            sqlite3_stmt* statement = statement_of(write.statement);
            for (std::size_t i = 0; i < write.cells.size(); ++i)
                bind(statement, static_cast<int>(i + 1), write.cells[i]);
            int code = SQLITE_ROW;
            while (code == SQLITE_ROW) code = sqlite3_step(statement);
            if (code != SQLITE_DONE) give_up(std::string(database_.problem()) + " in " + trace_.texts[write.statement]);
            sqlite3_reset(statement);
        }
    }
    void prepare_all() {
        for (std::size_t i = 0; i < trace_.texts.size(); ++i) statement_of(i);
    }
    void begin() { database_.run("begin immediate"); }
    void commit() { database_.run("commit"); }

private:
    sqlite3_stmt* statement_of(std::size_t number) {
        if (statements_.size() <= number) statements_.resize(number + 1);
        if (statements_[number] == nullptr) statements_[number] = database_.prepare(trace_.texts[number]);
        return statements_[number];
    }
    static void bind(sqlite3_stmt* statement, int at, const Cell& cell) {
        if (const auto* text = std::get_if<std::string>(&cell)) {
            sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
        } else if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
            sqlite3_bind_int64(statement, at, *whole);
        } else if (const auto* number = std::get_if<double>(&cell)) {
            sqlite3_bind_double(statement, at, *number);
        } else {
            sqlite3_bind_null(statement, at);
        }
    }

    Database database_;
    const Trace& trace_;
    std::vector<sqlite3_stmt*> statements_;
};

// Every client hands over one transaction of the trace and waits for it; one thread commits what has come meanwhile.
int write_with_clients(const char* file, const char* source, int clients, std::size_t group_max) {
    Trace trace(source);
    std::vector<Unit> units;
    for (Unit unit = trace.next(); !unit.empty(); unit = trace.next()) units.push_back(std::move(unit));
    Writer writer(file, trace);
    writer.prepare_all();
    std::mutex mutex;
    std::condition_variable come;
    std::condition_variable done;
    std::deque<std::size_t> queue;
    std::vector<char> committed(units.size(), 0);
    std::vector<double> waits(units.size());
    std::atomic<std::size_t> next = 0;
    const double cpu = own_cpu();
    const Clock::time_point start = Clock::now();
    std::vector<std::thread> threads;
    for (int client = 0; client < clients; ++client) {
        threads.emplace_back([&] {
            for (std::size_t i = next++; i < units.size(); i = next++) {
                const Clock::time_point asked = Clock::now();
                std::unique_lock lock(mutex);
                queue.push_back(i);
                come.notify_one();
                done.wait(lock, [&] { return committed[i] != 0; });
                waits[i] = seconds_since(asked);
            }
        });
    }
    for (std::size_t written = 0; written < units.size();) {
        std::vector<std::size_t> group;
        {
            std::unique_lock lock(mutex);
            come.wait(lock, [&] { return !queue.empty(); });
        }
        writer.begin();
        while (group.size() < group_max) {
            std::size_t one = 0;
            {
                const std::lock_guard lock(mutex);
                if (queue.empty()) break;
                one = queue.front();
                queue.pop_front();
            }
            writer.run(units[one]);
            group.push_back(one);
        }
        writer.commit();
        {
            const std::lock_guard lock(mutex);
            for (const std::size_t one : group) committed[one] = 1;
        }
        done.notify_all();
        written += group.size();
    }
    for (std::thread& thread : threads) thread.join();
    const double wall = seconds_since(start);
    std::sort(waits.begin(), waits.end());
    std::printf("{\"units\":%zu,\"customers\":%zu,\"seconds\":%.4f,\"cpu\":%.4f,\"p99_ms\":%.2f}\n", units.size(),
                trace.customers(), wall, own_cpu() - cpu, waits.empty() ? 0.0 : waits[waits.size() * 99 / 100] * 1000);
    return 0;
}

// One thread, the transactions as they were; only the writing is timed, not the reading of the trace.
int write_in_bulk(const char* file, const char* source) {
    Trace trace(source);
    Writer writer(file, trace);
    double wall = 0;
    double cpu = 0;
    std::size_t units = 0;
    for (Unit unit = trace.next(); !unit.empty(); unit = trace.next()) {
        writer.prepare_all();
        const double cpu_before = own_cpu();
        const Clock::time_point start = Clock::now();
        writer.begin();
        writer.run(unit);
        writer.commit();
        wall += seconds_since(start);
        cpu += own_cpu() - cpu_before;
        ++units;
    }
    std::printf("{\"units\":%zu,\"customers\":%zu,\"seconds\":%.4f,\"cpu\":%.4f}\n", units, trace.customers(), wall,
                cpu);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view what = count > 1 ? arguments[1] : "";
    if (what == "read" && count >= 5)
        return read_sqlite(arguments[2], std::atof(arguments[3]), arguments[4], count > 5 ? arguments[5] : nullptr);
    if (what == "postgres" && count >= 5) return read_postgres(arguments[2], std::atof(arguments[3]), arguments[4]);
    if (what == "write" && count >= 6) {
        const int clients = std::atoi(arguments[4]);
        if (clients <= 1) return write_in_bulk(arguments[2], arguments[3]);
        return write_with_clients(arguments[2], arguments[3], clients,
                                  static_cast<std::size_t>(std::atoi(arguments[5])));
    }
    std::fprintf(stderr, "bench_floor read|postgres|write …\n");
    return 2;
}
