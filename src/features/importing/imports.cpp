#include "features/importing/imports.hpp"

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <mutex>

#include "base/csv.hpp"
#include "base/failure.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "base/texts.hpp"
#include "features/importing/importer.hpp"
#include "meta/problem_text.hpp"

namespace gx::features {

namespace {

using access::Caller;
using store::Connection;
using store::Row;

constexpr std::size_t rejects_at_once = 500;  // rows of import_reject written together
// Different wrong texts that a report tells, so that each can be said once what it means; longer ones are no options.
constexpr std::size_t wrong_texts_max = 500;
constexpr std::size_t wrong_text_bytes_max = 200;

// One row of table import_run.
struct Import {
    RecordId id, user;
    std::string object;
    RecordId file;
    std::string state;       // mapping checking checked running done cancelled failed
    std::string settings;    // JSON: ImportSettings
    std::string inspection;  // JSON: what the file is, headings, samples, number of rows
    std::string report;      // JSON: tally of the last check or run, problems by kind
    std::string fixes;       // JSON: {"row": {"column": "text"}}
    RecordId batch, job;
};

void write_problems(JsonWriter& json, const std::vector<CellProblem>& problems, Language language,
                    const meta::Model& model) {
    json.begin_array();
    for (const CellProblem& at : problems) {
        json.begin_object();
        json.key("column").integer(at.column);
        json.key("field").string(at.problem.field);
        json.key("rule").string(at.problem.rule);
        json.key("message").string(meta::problem_text(at.problem, language, &model));
        json.key("value").string(at.value);
        json.end_object();
    }
    json.end_array();
}

std::string csv_cell(std::string_view text) {
    std::string cell;
    append_csv_cell(cell, text);
    return cell;
}

// The row as it was sent, then where it stood and what is wrong: can be corrected and imported again as it is.
std::string reject_line(const std::vector<std::string>& cells, std::size_t columns, std::int64_t line,
                        std::string_view heading, std::string_view why) {
    std::string out;
    for (std::size_t i = 0; i < columns; ++i) out += csv_cell(i < cells.size() ? cells[i] : std::string()) + ",";
    return out + std::to_string(line) + "," + csv_cell(heading) + "," + csv_cell(why) + "\r\n";
}

std::string reject_headings(const std::vector<ColumnMapping>& columns, Language language) {
    std::string out = "\xEF\xBB\xBF";
    for (const ColumnMapping& column : columns) out += csv_cell(column.heading) + ",";
    return out + csv_cell(text(language, "import_line")) + "," + csv_cell(text(language, "import_column")) + "," +
           csv_cell(text(language, "import_reason")) + "\r\n";
}

// What is wrong with one row, as one heading and one sentence.
std::pair<std::string, std::string> one_sentence(const std::vector<CellProblem>& problems, Language language,
                                                 const meta::Model& model) {
    std::string headings;
    std::string why;
    for (const CellProblem& at : problems) {
        if (!headings.empty()) headings += "; ";
        headings += at.heading.empty() ? at.problem.field : at.heading;
        if (!why.empty()) why += "; ";
        why += meta::problem_text(at.problem, language, &model);
        if (!at.value.empty()) why += " [" + at.value + "]";
    }
    return {headings, why};
}

void write_tally(JsonWriter& json, const Tally& tally) {
    json.key("read").integer(tally.read);
    json.key("create").integer(tally.created);
    json.key("update").integer(tally.updated);
    json.key("skip").integer(tally.skipped);
    json.key("reject").integer(tally.rejected);
}

// Texts that did not fit, by column: "technolgy" 12 times.
class WrongTexts {
public:
    void add(const Reject& rejected) {
        for (const CellProblem& at : rejected.problems) {
            if (at.column < 0 || static_cast<std::size_t>(at.column) >= rejected.cells.size()) continue;
            const std::string_view text = trim(rejected.cells[static_cast<std::size_t>(at.column)]);
            if (text.size() > wrong_text_bytes_max) continue;
            const std::pair key(at.column, std::string(text));
            const auto known = counts_.find(key);
            if (known != counts_.end()) {
                ++known->second.second;
            } else if (counts_.size() < wrong_texts_max) {
                counts_.emplace(key, std::pair(at.problem.rule, std::int64_t{1}));
            }
        }
    }
    void write(JsonWriter& json) const {
        json.begin_array();
        for (const auto& [key, seen] : counts_) {
            json.begin_object();
            json.key("column").integer(key.first);
            json.key("value").string(key.second);
            json.key("rule").string(seen.first);
            json.key("count").integer(seen.second);
            json.end_object();
        }
        json.end_array();
    }

private:
    std::map<std::pair<std::int64_t, std::string>, std::pair<std::string, std::int64_t>> counts_;
};

std::int64_t number_in(const json::object& in, std::string_view name) {
    const json::value* value = in.if_contains(name);
    return value == nullptr ? 0 : value->to_number<std::int64_t>();
}

// One rejected row was corrected: the report of the check says so without checking every row again.
std::string report_after_fix(const std::string& report, const json::array& before,
                             const std::vector<CellProblem>& after, const Tally& tally) {
    json::object out = parse_json(report).as_object();
    std::map<std::string, std::int64_t> kinds;
    for (const json::value& kind : out.at("kinds").as_array())
        kinds[std::string(kind.as_object().at("rule").as_string())] = number_in(kind.as_object(), "count");
    for (const json::value& problem : before) --kinds[std::string(problem.as_object().at("rule").as_string())];
    for (const CellProblem& at : after) ++kinds[at.problem.rule];
    json::array left;
    for (const auto& [rule, count] : kinds) {
        if (count > 0) left.push_back(json::object{{"rule", rule}, {"count", count}});
    }
    out["kinds"] = std::move(left);
    if (after.empty()) {
        out["reject"] = number_in(out, "reject") - 1;
        out["create"] = number_in(out, "create") + tally.created;
        out["update"] = number_in(out, "update") + tally.updated;
        out["skip"] = number_in(out, "skip") + tally.skipped;
    }
    return json::serialize(out);
}

Fixes fixes_of(const std::string& stored) {
    Fixes fixes;
    if (stored.empty()) return fixes;
    const json::value parsed = parse_json(stored);  // bound: a temporary would be gone inside the loop
    for (const auto& [row, cells] : parsed.as_object()) {
        auto& fixed = fixes[std::stoll(std::string(row))];
        for (const auto& [column, text] : cells.as_object())
            fixed[std::stoul(std::string(column))] = std::string(text.as_string());
    }
    return fixes;
}

std::string stored_fixes(const Fixes& fixes) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    for (const auto& [row, cells] : fixes) {
        json.key(std::to_string(row)).begin_object();
        for (const auto& [column, text] : cells) json.key(std::to_string(column)).string(text);
        json.end_object();
    }
    json.end_object();
    return out;
}

// A table of a single row, under as many headings as its file has.
class OneRow final : public TableReader {
public:
    OneRow(TableRow row, int headings) : row_(std::move(row)), headings_(headings) {}
    const TableShape& shape() const override { return shape_; }
    void read(FunctionRef<bool(TableRow&)> each) override {
        for (int i = 0; i < headings_; ++i) {
            TableRow heading;
            each(heading);
        }
        TableRow copy = row_;
        each(copy);
    }

private:
    TableRow row_;
    int headings_;
    TableShape shape_;
};

}  // namespace

struct Imports::State {
    Parts parts;

    store::Store& store() const { return parts.records.parts().store; }
    std::int64_t now() const { return stamp(parts.records.parts().clock.now()); }
    meta::ModelPtr model() const { return parts.records.parts().model(); }

    Import load(const Caller& caller, RecordId id) const {
        std::optional<Import> found;
        store().read([&](Connection& connection) {
            connection.query({"select user_account, object, file, state, settings, inspection, report, fixes, batch, "
                              "job from import_run where id = ?",
                              {id.value}},
                             [&](const Row& row) {
                                 found = Import{id,
                                                {row.integer(0)},
                                                std::string(row.text(1)),
                                                {row.integer(2)},
                                                std::string(row.text(3)),
                                                std::string(row.text(4)),
                                                std::string(row.text(5)),
                                                std::string(row.text(6)),
                                                std::string(row.text(7)),
                                                {row.integer(8)},
                                                {row.integer(9)}};
                                 return false;
                             });
        });
        if (!found || found->user != caller.user()) throw not_found();
        return *found;
    }

    void store_import(const Import& import) {
        store().change([&](Connection& connection) {
            connection.execute(
                {"update import_run set state = ?, settings = ?, inspection = ?, report = ?, fixes = ?, batch = ?, job "
                 "= ?, process = ?, updated_at = ? where id = ?",
                 {import.state, import.settings, import.inspection, import.report, import.fixes, cell(import.batch),
                  cell(import.job), static_cast<std::int64_t>(getpid()), now(), import.id.value}});
        });
    }

    static store::Cell cell(RecordId id) { return id ? store::Cell(id.value) : store::Cell(); }

    // For state "checking" and "running" nothing may be changed under the work.
    static void must_be_open(const Import& import) {
        if (import.state == "checking" || import.state == "running")
            throw Failure(Failure::Kind::conflict, "import_busy");
        if (import.state == "done" || import.state == "cancelled")
            throw Failure(Failure::Kind::conflict, "import_over");
    }

    ImportSettings settings_of(const Import& import) const {
        ImportSettings settings;
        const json::value stored = parse_json(import.settings);
        const json::array& columns = stored.as_object().at("columns").as_array();
        for (std::size_t i = 0; i < columns.size(); ++i) {
            ColumnMapping column;
            column.heading = std::string(columns[i].as_object().at("heading").as_string());
            column.column = i;
            settings.columns.push_back(std::move(column));
        }
        const meta::ModelPtr current = model();
        const meta::Object& object = current->object(import.object);
        const json::object& known = stored.as_object();
        // Everything may be written here: what the caller may do was checked when the settings were made, and save
        // checks it again.
        const auto fields = importable_fields(object, access::fields(*access::system_grants(), object));
        read_settings(object, fields, known, settings);
        for (std::size_t i = 0; i < columns.size(); ++i)
            settings.columns[i].confidence = std::string(columns[i].as_object().at("confidence").as_string());
        return settings;
    }

    std::unique_ptr<TableReader> open(const Import& import, const ImportSettings& settings) const {
        const auto file = parts.files.find(import.file);
        if (!file) throw not_found();
        return open_table(file->path, {settings.encoding, settings.separator, settings.sheet});
    }

    std::string file_name(const Import& import) const {
        const auto file = parts.files.find(import.file);
        return file ? file->name : std::string();
    }

    // Looks into the file and matches its columns, or takes the mapping of the last import with the same headings.
    void examine(const Caller& caller, Import& import, ImportSettings& settings) const {
        const std::unique_ptr<TableReader> table = open(import, settings);
        const Inspection inspection = inspect(*table, settings.header_row);
        const meta::ModelPtr current = model();
        const meta::Object& object = current->object(import.object);
        const auto fields = importable_fields(object, access::fields(*caller.grants, object));
        match_columns(object, fields, inspection.headings, settings.columns);
        // What was exported here carries numbers, by which it is known again.
        for (const ColumnMapping& column : settings.columns) {
            const bool number = !column.field.empty() && object.field(column.field).type == meta::FieldType::number;
            if (number && settings.duplicates_by.empty()) settings.duplicates_by.push_back(column.field);
        }
        remember(caller, import, object, fields, settings);

        std::string out;
        JsonWriter json(out);
        json.begin_object();
        json.key("format").string(table->shape().format);
        json.key("encoding").string(table->shape().encoding);
        json.key("separator")
            .string(table->shape().separator == 0 ? std::string() : std::string(1, table->shape().separator));
        json.key("sheets").begin_array();
        for (const std::string& sheet : table->shape().sheets) json.string(sheet);
        json.end_array();
        json.key("sheet").string(table->shape().sheet);
        json.key("rows").integer(inspection.rows);
        json.key("samples").begin_array();
        for (const auto& samples : inspection.samples) {
            json.begin_array();
            for (const std::string& sample : samples) json.string(sample);
            json.end_array();
        }
        json.end_array();
        json.end_object();
        import.inspection = std::move(out);
        store_settings(import, settings);
    }

    static void store_settings(Import& import, const ImportSettings& settings) {
        import.settings.clear();
        JsonWriter json(import.settings);
        write_settings(settings, json);
        import.report.clear();
    }

    void remember(const Caller& caller, const Import& import, const meta::Object& object,
                  const std::vector<const meta::Field*>& fields, ImportSettings& settings) const {
        std::string last;
        store().read([&](Connection& connection) {
            connection.query({"select settings from import_run where user_account = ? and object = ? and state = "
                              "'done' and id <> ? order by id desc limit 1",
                              {caller.user().value, import.object, import.id.value}},
                             [&](const Row& row) {
                                 last = row.text(0);
                                 return false;
                             });
        });
        if (last.empty()) return;
        const json::value stored = parse_json(last);
        const json::array& columns = stored.as_object().at("columns").as_array();
        const bool same = std::equal(columns.begin(), columns.end(), settings.columns.begin(), settings.columns.end(),
                                     [](const json::value& old, const ColumnMapping& column) {
                                         return old.as_object().at("heading") == json::value(column.heading);
                                     });
        if (!same) return;
        const ImportSettings matched = settings;
        try {
            json::object known;
            known.emplace("columns", columns);
            known.emplace("duplicates", stored.as_object().at("duplicates"));
            read_settings(object, fields, known, settings);
        } catch (const Failure&) {
            settings = matched;  // a field of that time is gone or no longer this caller's to write
        }
    }

    void save_rejects(RecordId import, const std::vector<Reject>& rejects, Language language,
                      const meta::Model& model) {
        std::vector<std::vector<store::Cell>> rows;
        for (const Reject& reject : rejects) {
            std::string cells;
            JsonWriter writer(cells);
            writer.begin_array();
            for (const std::string& cell_text : reject.cells) writer.string(cell_text);
            writer.end_array();
            std::string problems;
            JsonWriter problem_writer(problems);
            write_problems(problem_writer, reject.problems, language, model);
            rows.push_back({import.value, reject.row, reject.line, reject.problems.front().problem.rule,
                            std::move(cells), std::move(problems)});
        }
        store().change([&](Connection& connection) {
            connection.execute_many(
                "insert into import_reject (import, row_number, line, rule, cells, problems) values (?, ?, ?, ?, ?, ?) "
                "on conflict (import, row_number) do update set rule = excluded.rule, cells = excluded.cells, problems "
                "= "
                "excluded.problems",
                rows);
        });
    }

    // A corrected row alone, through the same pass: what is still wrong with it. The report and the kept rejects
    // follow.
    std::vector<CellProblem> recheck(const Caller& caller, Import& import, const ImportSettings& settings,
                                     std::int64_t row_number, const std::map<std::size_t, std::string>& fixed) {
        std::vector<std::string> cells;
        json::array before;
        std::int64_t line = 0;
        store().read([&](Connection& connection) {
            connection.query({"select cells, line, problems from import_reject where import = ? and row_number = ?",
                              {import.id.value, row_number}},
                             [&](const Row& row) {
                                 cells.clear();
                                 const json::value stored_cells = parse_json(row.text(0));
                                 for (const json::value& cell : stored_cells.as_array())
                                     cells.emplace_back(cell.as_string());
                                 line = row.integer(1);
                                 before = parse_json(row.text(2)).as_array();
                                 return false;
                             });
        });
        if (line == 0) throw not_found();
        for (const auto& [column, text] : fixed) {
            if (cells.size() <= column) cells.resize(column + 1);
            cells[column] = text;
        }

        OneRow table({line, std::move(cells)}, settings.header_row);
        const meta::ModelPtr current = model();
        std::vector<Reject> still;
        const Fixes none;
        const ImportPass pass{parts.records, caller, current, current->object(import.object), settings, table,
                              none,          1,      {}};
        const Tally tally = pass.check(
            [&](const Reject& reject) {
                still.push_back(reject);
                still.back().row = row_number;
                still.back().line = line;
            },
            [](std::int64_t, std::int64_t) { return true; });
        std::vector<CellProblem> problems = still.empty() ? std::vector<CellProblem>() : still.front().problems;
        if (!import.report.empty()) import.report = report_after_fix(import.report, before, problems, tally);
        if (still.empty()) {
            store().change([&](Connection& connection) {
                connection.execute(
                    {"delete from import_reject where import = ? and row_number = ?", {import.id.value, row_number}});
            });
        } else {
            save_rejects(import.id, still, caller.language, *current);
        }
        return problems;
    }

    void tell_audit(const Caller& caller, const std::string& object, const std::string& file, std::string_view outcome,
                    const Tally& tally) {
        if (parts.audit == nullptr) return;
        access::AuditEntry entry;
        entry.kind = access::audit_kind::imported;
        entry.outcome = outcome;
        entry.user = caller.user();
        entry.login = caller.login;
        entry.address = caller.address;
        entry.object = object;
        entry.subject = file;
        entry.rows = tally.created + tally.updated;
        entry.detail.clear();
        JsonWriter json(entry.detail);
        json.begin_object();
        write_tally(json, tally);
        json.end_object();
        parts.audit->append_later(std::move(entry));
    }

    // The work of the check and run jobs; gives the result of the job.
    std::string work(const Caller& caller, Import import, bool writing, const Jobs::Progress& progress) {
        const meta::ModelPtr current = model();
        const meta::Object& object = current->object(import.object);
        const ImportSettings settings = settings_of(import);
        const Fixes fixes = fixes_of(import.fixes);
        try {
            const std::unique_ptr<TableReader> table = open(import, settings);
            store().change([&](Connection& connection) {
                connection.execute({"delete from import_reject where import = ?", {import.id.value}});
            });
            std::vector<Reject> waiting;
            std::map<std::string, std::int64_t> kinds;
            WrongTexts wrong;
            const auto reject = [&](const Reject& rejected) {
                for (const CellProblem& problem : rejected.problems) ++kinds[problem.problem.rule];
                wrong.add(rejected);
                waiting.push_back(rejected);
                if (waiting.size() < rejects_at_once) return;
                save_rejects(import.id, waiting, caller.language, *current);
                waiting.clear();
            };
            const std::int64_t rows = parse_json(import.inspection).as_object().at("rows").to_number<std::int64_t>();
            const ImportPass pass{parts.records, caller, current, object,           settings,
                                  *table,        fixes,  rows,    file_name(import)};
            const auto tell = [&](std::int64_t done, std::int64_t all) { return progress(done, all); };
            const Tally tally = writing ? pass.run(reject, tell, import.batch) : pass.check(reject, tell);
            if (!waiting.empty()) save_rejects(import.id, waiting, caller.language, *current);

            import.report.clear();
            JsonWriter json(import.report);
            json.begin_object();
            write_tally(json, tally);
            json.key("kinds").begin_array();
            for (const auto& [rule, count] : kinds)
                json.begin_object().key("rule").string(rule).key("count").integer(count).end_object();
            json.end_array();
            json.key("wrong");
            wrong.write(json);
            json.end_object();
            import.state = writing ? "done" : "checked";
            if (writing && !tally.batch) import.batch = {};
            store_import(import);
            if (writing) tell_audit(caller, import.object, file_name(import), "done", tally);
            return import.report;
        } catch (const Failure& failure) {
            if (writing) tell_audit(caller, import.object, file_name(import), "failed", {});
            import.state = failure.key() == "import_cancelled" ? (writing ? "cancelled" : "mapping")
                                                               : (writing ? "failed" : "mapping");
            import.batch = {};
            store_import(import);
            throw;
        }
    }

    RecordId begin(const Caller& caller, RecordId id, bool writing) {
        Import import = load(caller, id);
        must_be_open(import);
        const meta::ModelPtr current = model();
        if (!access::may(*caller.grants, current->object(import.object), access::Verb::import_))
            throw forbidden("import");
        import.state = writing ? "running" : "checking";
        if (writing) import.batch = parts.records.parts().ids.next();
        store_import(import);
        import.job = parts.jobs.submit(caller.user(), writing ? "import" : "import_check",
                                       [this, caller, import, writing](const Jobs::Progress& progress) {
                                           return work(caller, import, writing, progress);
                                       });
        store().change([&](Connection& connection) {
            connection.execute({"update import_run set job = ? where id = ?", {import.job.value, import.id.value}});
        });
        return import.job;
    }
};

Imports::Imports(Parts parts) : state_(new State{parts}) {}
Imports::~Imports() = default;

std::vector<store::Table> Imports::tables() {
    return {{"import_run",
             {{"id"},
              {"user_account", false, true},
              {"object", true, true},
              {"file", false, true},
              {"state", true, true},
              {"settings", true, true},
              {"inspection", true},
              {"report", true},
              {"fixes", true},
              {"batch"},
              {"job"},
              {"process"},
              {"created_at", false, true},
              {"updated_at", false, true}},
             {"id"},
             {{"import_run_user_account", {"user_account", "object"}}}},
            {"import_reject",
             {{"import", false, true},
              {"row_number", false, true},
              {"line", false, true},
              {"rule", true, true},
              {"cells", true, true},
              {"problems", true, true}},
             {"import", "row_number"},
             {}}};
}

void Imports::recover(const Caller& program) {
    std::vector<std::pair<RecordId, RecordId>> broken_off;
    state_->store().read([&](Connection& connection) {
        broken_off.clear();
        connection.query({"select id, batch, process from import_run where state in ('running', 'checking')", {}},
                         [&](const Row& row) {
                             const auto process = static_cast<pid_t>(row.integer(2));
                             // Another live process of this machine may be at it right now (the command line beside a
                             // server).
                             if (process == getpid() || process <= 0 || kill(process, 0) != 0)
                                 broken_off.emplace_back(RecordId{row.integer(0)}, RecordId{row.integer(1)});
                             return true;
                         });
    });
    for (const auto& [id, batch] : broken_off) {
        if (batch) {
            try {
                state_->parts.records.undo(program, batch, [](std::size_t, std::size_t) { return true; });
            } catch (const Failure& failure) {
                if (failure.kind() != Failure::Kind::not_found) throw;  // it had not written anything
            }
        }
        state_->store().change([&, import = id](Connection& connection) {
            connection.execute(
                {"update import_run set state = case state when 'running' then 'failed' else 'mapping' end, batch = "
                 "null where id = ?",
                 {import.value}});
        });
    }
}

RecordId Imports::start(const Caller& caller, std::string_view object_name, RecordId file) {
    const meta::ModelPtr model = state_->model();
    const meta::Object* object = model->find(object_name);
    if (object == nullptr)
        throw invalid({{"object", "unknown_object", {{"value", std::string(object_name.substr(0, 60))}}, {}}});
    if (!access::may(*caller.grants, *object, access::Verb::import_)) throw forbidden("import");
    const auto stored = state_->parts.files.find(file);
    if (!stored || stored->user != caller.user()) throw not_found();

    Import import;
    import.id = state_->parts.records.parts().ids.next();
    import.user = caller.user();
    import.object = object->name;
    import.file = file;
    import.state = "mapping";
    ImportSettings settings;
    state_->examine(caller, import, settings);
    const std::int64_t now = state_->now();
    state_->store().change([&](Connection& connection) {
        connection.execute(
            {"insert into import_run (id, user_account, object, file, state, settings, inspection, created_at, "
             "updated_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
             {import.id.value, import.user.value, import.object, file.value, import.state, import.settings,
              import.inspection, now, now}});
    });
    return import.id;
}

void Imports::describe(const Caller& caller, RecordId id, std::string& out) const {
    const Import import = state_->load(caller, id);
    const json::value settings = parse_json(import.settings);
    const json::value inspection = parse_json(import.inspection);
    JsonWriter json(out);
    json.begin_object();
    json.key("id").id(import.id);
    json.key("object").string(import.object);
    json.key("state").string(import.state);
    json.key("file");
    if (const auto file = state_->parts.files.find(import.file)) {
        json.begin_object()
            .key("id")
            .id(file->id)
            .key("name")
            .string(file->name)
            .key("bytes")
            .integer(file->bytes)
            .end_object();
    } else {
        json.null();
    }
    for (const std::string_view name : {"format", "encoding", "separator", "sheets", "sheet", "rows"})
        json.key(name).raw(json::serialize(inspection.as_object().at(name)));
    json.key("header_row").raw(json::serialize(settings.as_object().at("header_row")));
    json.key("columns").begin_array();
    const json::array& samples = inspection.as_object().at("samples").as_array();
    const json::array& columns = settings.as_object().at("columns").as_array();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        json::object column = columns[i].as_object();
        column["samples"] = i < samples.size() ? samples[i] : json::value(json::array());
        json.raw(json::serialize(column));
    }
    json.end_array();
    json.key("duplicates").raw(json::serialize(settings.as_object().at("duplicates")));
    json.key("owner").raw(json::serialize(settings.as_object().at("owner")));
    const bool over = import.state == "done";
    json.key("check").raw(import.report.empty() || over ? std::string_view("null") : std::string_view(import.report));
    json.key("result").raw(over && !import.report.empty() ? std::string_view(import.report) : std::string_view("null"));
    json.key("batch");
    if (import.batch && over) {
        json.id(import.batch);
    } else {
        json.null();
    }
    json.key("undone").boolean(import.batch && over && state_->parts.records.is_undone(import.batch));
    json.key("job");
    const auto job = import.job ? state_->parts.jobs.find(import.job) : std::nullopt;
    if (job) {
        json.id(job->id);
    } else {
        json.null();
    }
    json.key("progress");
    if (job && (import.state == "checking" || import.state == "running")) {
        json.begin_object().key("done").integer(job->done).key("all").integer(job->all).end_object();
    } else {
        json.null();
    }
    json.key("problem");
    if (job && job->state == "failed") {
        json.string(text(caller.language, job->problem));
    } else {
        json.null();
    }
    json.end_object();
}

void Imports::configure(const Caller& caller, RecordId id, const json::object& in) {
    Import import = state_->load(caller, id);
    State::must_be_open(import);
    const meta::ModelPtr model = state_->model();
    const meta::Object& object = model->object(import.object);
    const auto fields = importable_fields(object, access::fields(*caller.grants, object));
    ImportSettings settings = state_->settings_of(import);

    // Another way of reading the file makes other columns: they are matched anew before the mapping is applied.
    json::object reading;
    json::object rest;
    for (const auto& [key, value] : in) {
        if (key == "map") continue;
        (key == "sheet" || key == "encoding" || key == "separator" || key == "header_row" ? reading : rest)
            .emplace(key, value);
    }
    if (!reading.empty()) {
        read_settings(object, fields, reading, settings);
        state_->examine(caller, import, settings);
    }
    if (const json::value* map = in.if_contains("map")) apply_map(object, fields, *map, settings);
    read_settings(object, fields, rest, settings);
    State::store_settings(import, settings);
    import.state = "mapping";
    state_->store_import(import);
}

RecordId Imports::check(const Caller& caller, RecordId id) { return state_->begin(caller, id, false); }
RecordId Imports::run(const Caller& caller, RecordId id) { return state_->begin(caller, id, true); }

void Imports::cancel(const Caller& caller, RecordId id) {
    const Import import = state_->load(caller, id);
    if (import.state == "checking" || import.state == "running") {
        state_->parts.jobs.cancel(import.job);
        return;
    }
    if (import.state == "done") throw Failure(Failure::Kind::conflict, "import_over");
    state_->store().change([&](Connection& connection) {
        connection.execute(
            {"update import_run set state = 'cancelled', updated_at = ? where id = ?", {state_->now(), id.value}});
    });
}

void Imports::rejects(const Caller& caller, RecordId id, std::string_view after, std::string_view rule, int limit,
                      std::string& out) const {
    state_->load(caller, id);
    std::int64_t last = 0;
    if (!after.empty()) {
        const auto cursor = parse_record_id(after);
        if (!cursor) throw bad_request("parameter", {{"name", "after"}});
        last = cursor->value;
    }
    JsonWriter json(out);
    json.begin_object().key("rejects").begin_array();
    std::int64_t rows = 0;
    std::int64_t row_number = 0;
    state_->store().read([&](Connection& connection) {
        store::Sql sql{
            "select row_number, line, cells, problems from import_reject where import = ? and row_number > ?",
            {id.value, last}};
        if (!rule.empty()) {
            sql += " and rule = ?";
            sql.bind(std::string(rule));
        }
        sql += " order by row_number limit ?";
        sql.bind(static_cast<std::int64_t>(limit) + 1);
        connection.query(sql, [&](const Row& row) {
            if (++rows > limit) return false;
            row_number = row.integer(0);
            json.begin_object();
            json.key("row").integer(row_number);
            json.key("line").integer(row.integer(1));
            json.key("cells").raw(row.text(2));
            json.key("problems").raw(row.text(3));
            json.end_object();
            return true;
        });
    });
    json.end_array().key("next");
    if (rows > limit) {
        json.string(std::to_string(row_number));
    } else {
        json.null();
    }
    json.end_object();
}

void Imports::fix(const Caller& caller, RecordId id, const json::object& in, std::string& out) {
    Import import = state_->load(caller, id);
    State::must_be_open(import);
    ImportSettings settings = state_->settings_of(import);
    const auto column_of = [&](std::string_view text) {
        const auto number = parse_record_id(text == "0" ? "1" : text);
        const std::size_t column = text == "0" ? 0
                                   : number    ? static_cast<std::size_t>(number->value)
                                               : settings.columns.size();
        if (column >= settings.columns.size())
            throw invalid({{"cells", "import_no_such_column", {{"column", std::string(text.substr(0, 20))}}, {}}});
        return column;
    };
    if (const json::value* from = in.if_contains("from")) {
        // Replace one text in a whole column.
        const json::value* column = in.if_contains("column");
        const json::value* to = in.if_contains("to");
        if (column == nullptr || !column->is_int64() || !from->is_string() || to == nullptr || !to->is_string())
            throw bad_request("parameter", {{"name", "column, from, to"}});
        settings.columns[column_of(std::to_string(column->get_int64()))].values[std::string(from->get_string())] =
            std::string(to->get_string());
        State::store_settings(import, settings);
        state_->store_import(import);
        out += "{\"problems\":[]}";
        return;
    }
    const json::value* row = in.if_contains("row");
    const json::value* cells = in.if_contains("cells");
    if (row == nullptr || !row->is_int64() || row->get_int64() < 1 || cells == nullptr || !cells->is_object())
        throw bad_request("parameter", {{"name", "row, cells"}});
    Fixes fixes = fixes_of(import.fixes);
    if (fixes.size() >= 20'000) throw bad_request("import_too_many_fixes");
    auto& fixed = fixes[row->get_int64()];
    for (const auto& [column, text] : cells->get_object()) {
        if (!text.is_string()) throw bad_request("parameter", {{"name", "cells"}});
        fixed[column_of(std::string_view(column))] = std::string(text.get_string());
    }
    const auto problems = state_->recheck(caller, import, settings, row->get_int64(), fixed);
    import.fixes = stored_fixes(fixes);
    state_->store_import(import);
    const meta::ModelPtr model = state_->model();
    out += "{\"problems\":";
    JsonWriter json(out);
    write_problems(json, problems, caller.language, *model);
    out += "}";
}

void Imports::rejects_csv(const Caller& caller, RecordId id, FunctionRef<bool(std::string_view)> sink) const {
    const Import import = state_->load(caller, id);
    const ImportSettings settings = state_->settings_of(import);
    if (!sink(reject_headings(settings.columns, caller.language))) return;
    state_->store().read([&](Connection& connection) {
        connection.query(
            {"select line, cells, problems from import_reject where import = ? order by row_number", {id.value}},
            [&](const Row& row) {
                std::vector<std::string> cells;
                const json::value stored_cells = parse_json(row.text(1));
                for (const json::value& cell : stored_cells.as_array()) cells.emplace_back(cell.as_string());
                std::string headings;
                std::string why;
                const json::value stored_problems = parse_json(row.text(2));
                for (const json::value& problem : stored_problems.as_array()) {
                    const json::object& at = problem.as_object();
                    const std::int64_t column = at.at("column").to_number<std::int64_t>();
                    if (!headings.empty()) headings += "; ";
                    headings += column >= 0 && static_cast<std::size_t>(column) < settings.columns.size()
                                    ? settings.columns[static_cast<std::size_t>(column)].heading
                                    : std::string(at.at("field").as_string());
                    if (!why.empty()) why += "; ";
                    why += std::string_view(at.at("message").as_string());
                }
                return sink(reject_line(cells, settings.columns.size(), row.integer(0), headings, why));
            });
    });
}

ImportSummary Imports::run_file(const Caller& caller, std::string_view object_name, const std::filesystem::path& file,
                                const json::value& map, bool dry_run, const std::filesystem::path& rejects_file,
                                FunctionRef<bool(std::int64_t, std::int64_t)> progress) {
    const meta::ModelPtr model = state_->model();
    const meta::Object* object = model->find(object_name);
    if (object == nullptr) throw invalid({{"OBJECT", "unknown_object", {{"value", std::string(object_name)}}, {}}});
    const std::unique_ptr<TableReader> table = open_table(file);
    ImportSettings settings;
    const Inspection inspection = inspect(*table, settings.header_row);
    const auto fields = importable_fields(*object, access::fields(*caller.grants, *object));
    match_columns(*object, fields, inspection.headings, settings.columns);
    apply_map(*object, fields, map, settings);
    // What was exported here carries numbers, by which it is known again unless the map names other fields.
    for (const ColumnMapping& column : settings.columns) {
        const bool number = !column.field.empty() && object->field(column.field).type == meta::FieldType::number;
        if (number && settings.duplicates_by.empty()) settings.duplicates_by.push_back(column.field);
    }

    std::ofstream rejects;
    const auto reject = [&](const Reject& rejected) {
        if (!rejects.is_open()) {
            rejects.open(rejects_file, std::ios::binary | std::ios::trunc);
            rejects << reject_headings(settings.columns, caller.language);
        }
        const auto [headings, why] = one_sentence(rejected.problems, caller.language, *model);
        rejects << reject_line(rejected.cells, settings.columns.size(), rejected.line, headings, why);
        if (!rejects) throw Failure(Failure::Kind::storage_full, "storage_full");
    };
    std::filesystem::remove(rejects_file);
    const Fixes none;
    const ImportPass pass{state_->parts.records,   caller, model, *object, settings, *table, none, inspection.rows,
                          file.filename().string()};

    Tally tally;
    if (dry_run) {
        tally = pass.check(reject, progress);
    } else {
        Import import;
        import.id = state_->parts.records.parts().ids.next();
        import.batch = state_->parts.records.parts().ids.next();
        import.state = "running";
        State::store_settings(import, settings);
        const std::int64_t now = state_->now();
        // The row is what lets the next start take back an import that was broken off.
        state_->store().change([&](Connection& connection) {
            connection.execute(
                {"insert into import_run (id, user_account, object, file, state, settings, batch, process, created_at, "
                 "updated_at) values (?, ?, ?, 0, 'running', ?, ?, ?, ?, ?)",
                 {import.id.value, caller.user().value, object->name, import.settings, import.batch.value,
                  static_cast<std::int64_t>(getpid()), now, now}});
        });
        try {
            tally = pass.run(reject, progress, import.batch);
        } catch (...) {
            state_->store().change([&](Connection& connection) {
                connection.execute(
                    {"update import_run set state = 'failed', batch = null where id = ?", {import.id.value}});
            });
            state_->tell_audit(caller, object->name, file.filename().string(), "failed", {});
            throw;
        }
        state_->store().change([&](Connection& connection) {
            connection.execute({"update import_run set state = 'done', batch = ? where id = ?",
                                {State::cell(tally.batch), import.id.value}});
        });
        state_->tell_audit(caller, object->name, file.filename().string(), "done", tally);
    }
    return {tally.read, tally.created, tally.updated, tally.skipped, tally.rejected, tally.batch};
}

}  // namespace gx::features
