// How fast records are written, each figure beside its floor: the bare rows of the same tables through the same store,
// read back from what was saved before.
//   bench_record [--rows 1000000] [--creates 20000] [--clients 32] [--batch 2000] [--writers 2] [--database sqlite|URL]
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/tokens.hpp"
#include "meta/load.hpp"
#include "record/behaviour.hpp"
#include "record/records.hpp"
#include "record/schema.hpp"
#include "store/schema.hpp"
#include "store/search.hpp"
#include "store/sql_text.hpp"

namespace {

using namespace gx;
using record::Change;
using store::Cell;
namespace fs = std::filesystem;

struct Options {
    std::size_t rows = 1'000'000, creates = 20'000, clients = 32, batch = 2000, writers = 2;
    std::string database = "sqlite";
};

double seconds_of(FunctionRef<void()> work) {
    const auto from = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

meta::ModelPtr shipped_model() {
    std::vector<meta::Source> sources;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(GX_SOURCE_DIR "/modules")) {
        if (!entry.is_regular_file() || (entry.path().extension() != ".json" && entry.path().extension() != ".csv"))
            continue;
        if (entry.path().string().ends_with(".cases.json")) continue;
        std::stringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        sources.push_back({fs::relative(entry.path(), GX_SOURCE_DIR).string(), text.str()});
    }
    meta::Loaded loaded = meta::load(sources);
    for (const meta::Mistake& mistake : loaded.mistakes)
        std::fprintf(stderr, "%s:%d: %s\n", mistake.file.c_str(), mistake.line, mistake.what.c_str());
    if (!loaded.model) std::exit(1);
    return loaded.model;
}

// A store on an empty database of its own, gone at the end.
struct Fresh {
    explicit Fresh(const Options& options) {
        std::string pattern = fs::temp_directory_path() / "guanxi-bench-XXXXXX";
        directory = mkdtemp(pattern.data());
        store::Settings settings;
        settings.directory = directory;
        settings.database = options.database;
        settings.schema = "bench_" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
        store = store::open(settings);
    }
    ~Fresh() {
        store.reset();
        fs::remove_all(directory);
    }
    Fresh(const Fresh&) = delete;
    Fresh& operator=(const Fresh&) = delete;

    fs::path directory;
    std::unique_ptr<store::Store> store;
};

struct Company {
    Company(store::Store& given, const meta::ModelPtr& of)
        : store(given),
          model(of),
          records({store, clock, ids, [this] { return model; }, "Asia/Shanghai", Currency{}}, behaviours) {
        records.prepare();
        caller.grants = access::system_grants(RecordId{1});
        caller.zone = std::make_shared<const TimeZone>("Asia/Shanghai");
        Change employee;
        employee.object = "employee";
        employee.values = {{"name", std::string("张三")}};
        const RecordId id = records.save(caller, {&employee, 1}, {}).ids.at(0);
        caller.grants = access::system_grants(RecordId{1}, id);
    }

    Change customer(std::size_t i) const {
        static const char* places[] = {"苏州", "上海", "重庆", "长沙", "杭州", "青岛", "无锡", "成都"};
        static const char* words[] = {"华信", "云峰", "明达", "天合", "金源", "海川",
                                      "远景", "精密", "智联", "恒通", "博雅"};
        static const char* trades[] = {"科技", "仪器", "贸易", "机械", "电子", "软件", "医药"};
        Change change;
        change.object = "customer";
        change.row = i;
        change.values = {{"name", places[i % 8] + std::string(words[i / 8 % 11]) + words[i / 88 % 11] +
                                      trades[i / 968 % 7] + std::to_string(i) + "有限公司"},
                         {"phone", "138" + std::to_string(10000000 + i % 90000000)}};
        return change;
    }

    SystemClock clock;
    IdSource ids{clock, 0};
    store::Store& store;
    meta::ModelPtr model;
    record::Behaviours behaviours;
    record::Records records;
    record::Caller caller;
};

// The rows of one table, as they stand.
struct TableRows {
    std::string table;
    std::vector<std::string> columns;
    std::vector<std::vector<Cell>> rows;
};

TableRows read_table(store::Store& store, const store::Table& table, const std::string& where, std::size_t limit,
                     std::size_t offset) {
    TableRows read{table.name, {}, {}};
    std::string columns;
    for (const store::TableColumn& column : table.columns) {
        read.columns.push_back(column.name);
        columns += (columns.empty() ? "" : ", ") + store::identifier(column.name);
    }
    store.read([&](store::Connection& connection) {
        connection.query({"select " + columns + " from " + store::identifier(table.name) + " where " + where +
                              " order by id limit ? offset ?",
                          {static_cast<std::int64_t>(limit), static_cast<std::int64_t>(offset)}},
                         [&](const store::Row& row) {
                             std::vector<Cell>& cells = read.rows.emplace_back();
                             for (std::size_t i = 0; i < table.columns.size(); ++i)
                                 cells.push_back(row.cell(static_cast<int>(i), table.columns[i].text));
                             return true;
                         });
    });
    return read;
}

// What the floor writes: the same rows of the same tables, nothing decided, nothing checked.
class Floor {
public:
    Floor(const Company& from, std::size_t limit, std::size_t offset, bool with_batches) {
        const store::Schema schema = record::schema_of(*from.model);
        const auto table = [&](std::string_view name) -> const store::Table& {
            return *std::find_if(schema.tables.begin(), schema.tables.end(),
                                 [&](const store::Table& one) { return one.name == name; });
        };
        customers = read_table(from.store, table("customer"), "1 = 1", limit, offset);
        history = read_table(from.store, table("history"), "object = 'customer'", limit, offset);
        if (with_batches) {
            batches = read_table(from.store, table("batch"), "object = 'customer'", limit, offset);
            outbox = read_table(from.store, table("outbox"), "object = 'customer'", limit, offset);
        }
        const meta::Object& object = from.model->object("customer");
        for (const std::vector<Cell>& row : customers.rows) {
            store::SearchEntry& entry = entries.emplace_back();
            entry.id = std::get<std::int64_t>(row[0]);
            for (const meta::Field& field : object.fields) {
                if (!field.searchable || !field.has_column()) continue;
                const auto column = std::find(customers.columns.begin(), customers.columns.end(), field.name);
                const auto* text =
                    std::get_if<std::string>(&row[static_cast<std::size_t>(column - customers.columns.begin())]);
                if (text != nullptr) index_tokens(*text, {field.pinyin, PinyinOf::text}, entry.tokens);
            }
        }
    }

    void write(store::Connection& connection, std::size_t from, std::size_t count) const {
        const auto insert = [&](const TableRows& rows) {
            if (from < rows.rows.size())
                connection.insert_rows(rows.table, rows.columns,
                                       std::span(rows.rows).subspan(from, std::min(count, rows.rows.size() - from)));
        };
        insert(customers);
        store::write_search(connection, "customer", std::span(entries).subspan(from, count));
        insert(history);
        insert(batches);
        insert(outbox);
    }

    TableRows customers, history, batches, outbox;
    std::vector<store::SearchEntry> entries;
};

void in_threads(std::size_t threads, FunctionRef<void(std::size_t)> work) {
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) running.emplace_back([&work, i] { work(i); });
    for (std::thread& thread : running) thread.join();
}

void bench_creates(const Options& options, const meta::ModelPtr& model) {
    Fresh saved_store(options), bare_store(options);
    Company company(*saved_store.store, model), bare(*bare_store.store, model);
    std::atomic<std::size_t> next = 0;
    std::vector<double> waits(options.creates);
    const double saving = seconds_of([&] {
        in_threads(options.clients, [&](std::size_t) {
            for (std::size_t i = next++; i < options.creates; i = next++) {
                const Change change = company.customer(i);
                waits[i] = seconds_of([&] { company.records.save(company.caller, {&change, 1}, {}); });
            }
        });
    });
    std::sort(waits.begin(), waits.end());
    const Floor floor(company, options.creates, 0, true);
    next = 0;
    const double inserting = seconds_of([&] {
        in_threads(options.clients, [&](std::size_t) {
            for (std::size_t i = next++; i < options.creates; i = next++)
                bare.store.change([&](store::Connection& connection) { floor.write(connection, i, 1); });
        });
    });
    const double count = static_cast<double>(options.creates);
    std::printf(
        "create, %zu clients: %.0f/s, p99 %.1f ms | bare durable inserts of the same rows: %.0f/s | ratio %.2f (bar >= "
        "0.5)\n",
        options.clients, count / saving, waits[options.creates * 99 / 100] * 1000, count / inserting,
        inserting / saving);
}

void bench_bulk(const Options& options, const meta::ModelPtr& model) {
    Fresh saved_store(options), bare_store(options);
    Company company(*saved_store.store, model), bare(*bare_store.store, model);
    std::atomic<std::size_t> next = 0;
    record::SaveOptions with;
    with.operation = "import";
    with.batch = company.ids.next();
    const double saving = seconds_of([&] {
        in_threads(options.writers, [&](std::size_t) {
            for (std::size_t from = next.fetch_add(options.batch); from < options.rows;
                 from = next.fetch_add(options.batch)) {
                std::vector<Change> changes;
                for (std::size_t i = from; i < std::min(from + options.batch, options.rows); ++i)
                    changes.push_back(company.customer(i));
                company.records.save(company.caller, changes, with);
            }
        });
    });
    double inserting = 0;
    constexpr std::size_t piece = 50'000;
    for (std::size_t from = 0; from < options.rows; from += piece) {
        const std::size_t count = std::min(piece, options.rows - from);
        const Floor floor(company, count, from, false);
        inserting += seconds_of([&] {
            for (std::size_t i = 0; i < count; i += options.batch)
                bare.store.change([&](store::Connection& connection) {
                    floor.write(connection, i, std::min(options.batch, count - i));
                });
        });
    }
    std::printf(
        "bulk create of %zu in batches of %zu by %zu writers: %.1f s | bare bulk insert of the same rows: %.1f s | "
        "ratio %.2f (bar <= 3)\n",
        options.rows, options.batch, options.writers, saving, inserting, saving / inserting);

    const std::size_t edited = std::min<std::size_t>(options.rows, 100'000);
    record::ListQuery query;
    query.object = "customer";
    const auto go_on = [](std::size_t, std::size_t) { return true; };
    if (edited < options.rows) return;
    record::Saved changed;
    const double editing = seconds_of([&] {
        changed =
            company.records.change_all(company.caller, query, {{"phone", std::string("0512-62881234")}}, false, go_on);
    });
    const double undoing = seconds_of([&] { company.records.undo(company.caller, changed.batch, go_on); });
    std::printf("bulk edit of %zu: %.1f s, its undo: %.1f s (bar <= 10 s each at 100,000)\n", changed.updated, editing,
                undoing);
    const double leaving = seconds_of([&] { company.records.undo(company.caller, with.batch, go_on); });
    std::printf("undo of the import of %zu: %.1f s\n", options.rows, leaving);
}

}  // namespace

int main(int count, char** arguments) {
    Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string name = arguments[i];
        const std::string value = arguments[i + 1];
        if (name == "--rows")
            options.rows = std::stoul(value);
        else if (name == "--creates")
            options.creates = std::stoul(value);
        else if (name == "--clients")
            options.clients = std::stoul(value);
        else if (name == "--batch")
            options.batch = std::stoul(value);
        else if (name == "--writers")
            options.writers = std::stoul(value);
        else if (name == "--database")
            options.database = value;
    }
    const meta::ModelPtr model = shipped_model();
    if (options.creates > 0) bench_creates(options, model);
    if (options.rows > 0) bench_bulk(options, model);
    return 0;
}
