#include "features/importing/importer.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "features/importing/references.hpp"
#include "meta/expr_scope.hpp"
#include "meta/field_value.hpp"
#include "record/in_turn.hpp"

namespace gx::features {

namespace {

// Enough rows to make every statement set-wise, few enough to keep a transaction and its memory small.
constexpr std::size_t batch_rows = 2000;

struct Target {
    const ColumnMapping* column;
    const meta::Field* field;
};

// A reference that can only be set when the rows of this same file have become records.
struct Later {
    RecordId record;
    const Target* target;
    std::string text;
    Reject source;
};

struct Pending {
    std::int64_t row = 0, line = 0;
    std::vector<std::string> cells;
    std::vector<std::pair<std::string, Value>> values;
    std::vector<CellProblem> problems;
    std::vector<std::pair<const Target*, std::string>> references;  // text still to be resolved
    std::vector<std::pair<const Target*, std::string>> later;
    std::vector<const meta::Field*> to_be_made;  // in a check: filled by a record not yet made
    std::string duplicate_key;
    RecordId existing;
    bool skipped = false;
};

bool is_region_part(const Target& target) {
    return target.field->type == meta::FieldType::address && target.column->part == "region";
}
bool is_reference(const Target& target) { return target.field->is_reference() || is_region_part(target); }
std::string object_of(const Target& target) {
    return is_region_part(target) ? "region" : std::string(meta::target_of(*target.field));
}

class Pass {
public:
    Pass(const ImportPass& pass, bool writing, FunctionRef<void(const Reject&)> rejected,
         FunctionRef<bool(std::int64_t, std::int64_t)> progress, RecordId batch)
        : pass_(pass),
          writing_(writing),
          rejected_(rejected),
          progress_(progress),
          batch_(batch),
          references_(pass.records, pass.caller, pass.model),
          reading_{*pass.model, *pass.caller.zone, pass.records.parts().currency, pass.caller.language} {
        for (const ColumnMapping& column : pass.settings.columns) {
            if (column.field.empty()) continue;
            targets_.push_back({&column, &pass.object.field(column.field)});
        }
        if (targets_.empty()) throw invalid({{"columns", "import_nothing_mapped", {}, {}}});
        for (const std::string& name : pass.settings.duplicates_by) {
            const auto mapped = std::find_if(targets_.begin(), targets_.end(),
                                             [&](const Target& target) { return target.field->name == name; });
            if (mapped == targets_.end())
                throw invalid({{"duplicates.by", "import_key_not_mapped", {{"field", name}}, {}}});
        }
    }

    Tally all() {
        collect_own_titles();
        std::int64_t seen = 0;
        std::int64_t row_number = 0;
        pass_.table.read([&](TableRow& row) {
            if (++seen <= pass_.settings.header_row) return true;
            ++row_number;
            add(row_number, row);
            return true;
        });
        flush();
        finish();
        set_later();
        return tally_;
    }

private:
    void add(std::int64_t number, TableRow& row) {
        Pending pending;
        pending.row = number;
        pending.line = row.line;
        pending.cells = std::move(row.cells);
        if (const auto fixed = pass_.fixes.find(number); fixed != pass_.fixes.end()) {
            for (const auto& [column, text] : fixed->second) {
                if (pending.cells.size() <= column) pending.cells.resize(column + 1);
                pending.cells[column] = text;
            }
        }
        if (std::all_of(pending.cells.begin(), pending.cells.end(),
                        [](const std::string& cell) { return is_blank(cell); }))
            return;
        ++tally_.read;
        read_cells(pending);
        // Two rows of one key must not meet in one batch, nor the second be looked up while the first is being written:
        // it has to find what the first has become.
        if (const std::string& key = pending.duplicate_key; !key.empty()) {
            const bool in_batch = keys_in_batch_.contains(key);
            if (in_batch) flush();
            if (in_batch || (flight_ && flight_->keys.contains(key))) finish();
            keys_in_batch_.insert(key);
        }
        batch_rows_.push_back(std::move(pending));
        if (batch_rows_.size() >= batch_rows) flush();
    }

    void read_cells(Pending& pending) {
        for (const Target& target : targets_) {
            const std::size_t column = target.column->column;
            std::string text(column < pending.cells.size() ? trim(pending.cells[column]) : std::string_view());
            if (const auto replaced = target.column->values.find(text); replaced != target.column->values.end())
                text = replaced->second;
            if (text.empty()) continue;
            if (!is_valid_utf8(text)) {
                pending.problems.push_back(problem_at(target, {target.field->name, "not_utf8", {}, {}}, ""));
                continue;
            }
            if (is_reference(target)) {
                pending.references.emplace_back(&target, std::move(text));
                continue;
            }
            meta::Read read = meta::from_text(*target.field, text, reading_);
            if (auto* problem = std::get_if<Problem>(&read)) {
                pending.problems.push_back(problem_at(target, std::move(*problem), text));
                continue;
            }
            Value value = std::move(std::get<Value>(read));
            try {
                adjust(target, value);
            } catch (const Failure& failure) {
                pending.problems.push_back(
                    problem_at(target, {target.field->name, failure.key(), failure.params(), {}}, text));
                continue;
            }
            if (const auto problem = is_null(value) ? std::nullopt : meta::check(*target.field, value)) {
                pending.problems.push_back(problem_at(target, *problem, text));
                continue;
            }
            set_value(pending, target, std::move(value));
        }
        for (const std::string& name : pass_.settings.duplicates_by) {
            const auto there = std::find_if(pending.values.begin(), pending.values.end(),
                                            [&](const auto& named) { return named.first == name; });
            if (there != pending.values.end()) add_to_key(name, there->second, pending.duplicate_key);
            pending.duplicate_key += '\x1f';
        }
        // A row without any part of its key is nobody's duplicate.
        if (pending.duplicate_key.find_first_not_of('\x1f') == std::string::npos) pending.duplicate_key.clear();
    }

    static void adjust(const Target& target, Value& value) {
        if (auto* money = std::get_if<Money>(&value)) {
            if (target.column->multiply) money->amount = money->amount * *target.column->multiply;
            if (target.column->currency) money->currency = *target.column->currency;
            // Products have the decimals of both factors; what is only zeros is dropped.
            if (fits_scale(money->amount, target.field->scale))
                money->amount = rescale(money->amount, target.field->scale);
        } else if (auto* number = std::get_if<Decimal>(&value); number != nullptr && target.column->multiply) {
            *number = *number * *target.column->multiply;
            if (fits_scale(*number, target.field->scale)) *number = rescale(*number, target.field->scale);
        }
    }

    // Several columns of one address or note are joined in their order; everything else has one column.
    static void set_value(Pending& pending, const Target& target, Value value) {
        const auto there = std::find_if(pending.values.begin(), pending.values.end(),
                                        [&](const auto& named) { return named.first == target.field->name; });
        if (there == pending.values.end()) {
            pending.values.emplace_back(target.field->name, std::move(value));
            return;
        }
        auto* old_address = std::get_if<Address>(&there->second);
        auto* new_address = std::get_if<Address>(&value);
        if (old_address != nullptr && new_address != nullptr) {
            if (new_address->region) old_address->region = new_address->region;
            if (!new_address->street.empty()) {
                if (!old_address->street.empty()) old_address->street += ", ";
                old_address->street += new_address->street;
            }
        } else if (auto* old_text = std::get_if<std::string>(&there->second);
                   old_text != nullptr && std::holds_alternative<std::string>(value)) {
            *old_text += "\n" + std::get<std::string>(value);
        } else {
            there->second = std::move(value);
        }
    }

    // One spelling for what is the same: a number with and without its country, spaces and hyphens.
    void add_to_key(const std::string& name, const Value& value, std::string& key) const {
        if (is_null(value)) return;
        const meta::Field& field = pass_.object.field(name);
        if (field.type == meta::FieldType::phone) {
            if (const std::string number = meta::phone_key(std::get<std::string>(value)); !number.empty()) {
                key += number;
                return;
            }
        }
        JsonWriter json(key);
        meta::write_json(field, value, json);
    }

    CellProblem problem_at(const Target& target, Problem problem, std::string value) const {
        problem.field = target.field->name;
        if (problem.object.empty()) problem.object = pass_.object.name;
        return {static_cast<std::int64_t>(target.column->column), target.column->heading, std::move(problem),
                std::move(value)};
    }

    // ── one batch ──────────────────────────────────────────────────────────────────────────────────────────────────

    // A batch on its way into the database. While it is written, the next one is read, resolved and decided.
    struct Flight {
        std::vector<Pending> rows;
        std::vector<record::Change> changes;
        std::vector<std::size_t> positions;  // of the row, by change
        std::unordered_set<std::string> keys;
        std::shared_future<record::Saved> saved;  // not valid when there is nothing to save
    };

    void flush() {
        if (batch_rows_.empty()) return;
        resolve_references();
        find_duplicates();
        auto next = std::make_unique<Flight>(collect());
        if (!next->changes.empty()) {
            next->saved = saves_.start(options(), [this, &changes = next->changes](const record::SaveOptions& how) {
                return pass_.records.save(pass_.caller, changes, how);
            });
        }
        // Whatever ends the pass waits for both.
        std::swap(flight_, next);
        landing_ = std::move(next);
        land();
    }

    // Everything that was read is in the database.
    void finish() {
        landing_ = std::move(flight_);
        land();
    }

    void land() {
        if (!landing_) return;
        Flight& flight = *landing_;
        if (flight.saved.valid()) take(flight, flight.saved.get());
        for (const Pending& pending : flight.rows) {
            if (pending.problems.empty()) continue;
            ++tally_.rejected;
            rejected_({pending.row, pending.line, pending.cells, pending.problems});
        }
        landed_ += static_cast<std::int64_t>(flight.rows.size());
        landing_.reset();
        if (!progress_(landed_, std::max(pass_.rows, tally_.read)))
            throw Failure(Failure::Kind::conflict, "import_cancelled");
    }

    void resolve_references() {
        std::map<std::string, std::vector<std::string>> asked;
        for (const Pending& pending : batch_rows_) {
            for (const auto& [target, text] : pending.references) asked[object_of(*target)].push_back(text);
        }
        for (auto& [object, texts] : asked) {
            std::sort(texts.begin(), texts.end());
            texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
            references_.find(object, texts);
        }
        make_missing();
        for (Pending& pending : batch_rows_) {
            for (auto& [target, text] : pending.references) place(pending, *target, text);
        }
    }

    // The records that files only name: each text once, all of one object in one save.
    void make_missing() {
        std::map<std::string, std::vector<std::string>> wanted;
        std::unordered_set<std::string> seen;
        for (const Pending& pending : batch_rows_) {
            if (!pending.problems.empty()) continue;
            for (const auto& [target, text] : pending.references) {
                RecordId id;
                const std::string object = object_of(*target);
                if (target->column->missing != Missing::create || is_own_title(object, text) ||
                    references_.get(object, text, id) != References::Found::none)
                    continue;
                if (seen.insert(object + "\x1f" + fold(text)).second) wanted[object].push_back(text);
            }
        }
        if (!writing_) return;
        for (const auto& [object, texts] : wanted) make(object, texts);
    }

    void make(const std::string& name, const std::vector<std::string>& titles) {
        const meta::Object& object = pass_.model->object(name);
        std::vector<record::Change> changes;
        for (const std::string& title : titles) {
            record::Change change;
            change.object = name;
            change.values.emplace_back(object.title, Value(title));
            change.row = changes.size();
            changes.push_back(std::move(change));
        }
        const record::Saved saved = pass_.records.save(pass_.caller, changes, options());
        for (std::size_t i = 0; i < titles.size(); ++i) {
            if (saved.ids[i]) references_.add(name, titles[i], saved.ids[i]);
        }
    }

    bool is_own_title(const std::string& object, const std::string& text) const {
        return object == pass_.object.name && own_titles_.contains(fold(text));
    }

    void place(Pending& pending, const Target& target, const std::string& text) {
        const std::string object = object_of(target);
        RecordId id;
        switch (references_.get(object, text, id)) {
            case References::Found::one:
                set_value(pending, target, is_region_part(target) ? Value(Address{id, {}}) : Value(id));
                return;
            case References::Found::several:
                pending.problems.push_back(
                    problem_at(target, {{}, "ambiguous_reference", {{"value", text}}, {}}, text));
                return;
            case References::Found::none:
                if (is_own_title(object, text)) {
                    pending.later.emplace_back(&target, text);
                    if (!writing_) pending.to_be_made.push_back(target.field);
                } else if (target.column->missing == Missing::create && !writing_) {
                    pending.to_be_made.push_back(target.field);
                } else if (target.column->missing != Missing::empty) {
                    pending.problems.push_back(
                        problem_at(target, {{}, "unknown_reference", {{"value", text}}, {}}, text));
                }
        }
    }

    void find_duplicates() {
        if (pass_.settings.duplicates_by.empty()) return;
        if (!known_keys_) read_known_keys();
        json::array ids;
        for (const Pending& pending : batch_rows_) {
            if (pending.duplicate_key.empty()) continue;
            const std::size_t hash = std::hash<std::string>{}(pending.duplicate_key);
            const auto from = std::lower_bound(known_keys_->begin(), known_keys_->end(), std::pair(hash, RecordId{}),
                                               [](const auto& a, const auto& b) { return a.first < b.first; });
            for (auto at = from; at != known_keys_->end() && at->first == hash; ++at)
                ids.push_back(json::value(to_string(at->second)));
            if (const auto made = made_here_.find(hash); made != made_here_.end())
                ids.push_back(json::value(to_string(made->second)));
        }
        std::unordered_map<std::string, std::pair<RecordId, std::vector<Value>>> existing;
        read_existing(ids, existing);
        for (Pending& pending : batch_rows_) {
            if (pending.duplicate_key.empty() || !pending.problems.empty()) continue;
            const auto found = existing.find(pending.duplicate_key);
            if (found == existing.end()) {
                // In a check nothing was written, so a repeated key is found here.
                if (!writing_ && !checked_keys_.insert(std::hash<std::string>{}(pending.duplicate_key)).second)
                    pending.skipped = true;
                continue;
            }
            if (pass_.settings.duplicates_then == Duplicate::skip) {
                pending.skipped = true;
                continue;
            }
            pending.existing = found->second.first;
            if (pass_.settings.duplicates_then == Duplicate::fill) keep_filled(pending, found->second.second);
        }
    }

    std::string key_of(std::span<const Value> row) const {
        std::string key;
        for (std::size_t i = 0; i < pass_.settings.duplicates_by.size(); ++i) {
            add_to_key(pass_.settings.duplicates_by[i], row[i], key);
            key += '\x1f';
        }
        return key;
    }

    // The keys of all records once, 16 bytes each: no index is sure to exist for any fields that somebody compares by.
    void read_known_keys() {
        known_keys_.emplace();
        record::ListQuery query;
        query.object = pass_.object.name;
        query.sort = {{"id", false}};
        query.fields = pass_.settings.duplicates_by;
        pass_.records.each(pass_.caller, query, [&](RecordId id, std::span<const Value> row) {
            known_keys_->emplace_back(std::hash<std::string>{}(key_of(row)), id);
            return true;
        });
        std::sort(known_keys_->begin(), known_keys_->end());
    }

    // The records by key; a piece at a time, because conditions have a limit.
    void read_existing(const json::array& ids,
                       std::unordered_map<std::string, std::pair<RecordId, std::vector<Value>>>& existing) {
        constexpr std::size_t ids_at_once = 400;
        for (std::size_t from = 0; from < ids.size(); from += ids_at_once) {
            record::ListQuery query;
            query.object = pass_.object.name;
            query.sort = {{"id", false}};
            query.fields = pass_.settings.duplicates_by;
            for (const Target& target : targets_) {
                // No field twice: a list gives each once.
                const bool there =
                    std::find(query.fields.begin(), query.fields.end(), target.field->name) != query.fields.end();
                if (!there && !target.field->is_multiple()) query.fields.push_back(target.field->name);
            }
            read_fields_ = query.fields;
            json::array piece;
            for (std::size_t i = from; i < std::min(from + ids_at_once, ids.size()); ++i) piece.push_back(ids[i]);
            query.filter = json::array{"id", "in", std::move(piece)};
            pass_.records.each(pass_.caller, query, [&](RecordId id, std::span<const Value> row) {
                existing.emplace(key_of(row), std::pair(id, std::vector<Value>(row.begin(), row.end())));
                return true;
            });
        }
    }

    // "Fill": what is there stays, only empty fields take the file's values.
    void keep_filled(Pending& pending, const std::vector<Value>& there) {
        for (std::size_t i = 0; i < read_fields_.size(); ++i) {
            if (!is_null(there[i]))
                std::erase_if(pending.values, [&](const auto& named) { return named.first == read_fields_[i]; });
        }
    }

    // Numbers are given by the rule of the object: one in the file serves to know a record again.
    void leave_numbers(decltype(Pending::values)& values) const {
        std::erase_if(
            values, [&](const auto& named) { return pass_.object.field(named.first).type == meta::FieldType::number; });
    }

    record::SaveOptions options() const {
        record::SaveOptions options;
        options.operation = "import";
        options.note = pass_.note;
        options.dry_run = !writing_;
        options.keep_good = true;
        options.batch = batch_;
        return options;
    }

    Flight collect() {
        Flight flight;
        flight.rows = std::exchange(batch_rows_, {});
        flight.keys = std::exchange(keys_in_batch_, {});
        for (std::size_t i = 0; i < flight.rows.size(); ++i) {
            Pending& pending = flight.rows[i];
            if (pending.skipped) {
                ++tally_.skipped;
                continue;
            }
            if (!pending.problems.empty()) continue;
            record::Change change;
            change.object = pass_.object.name;
            change.id = pending.existing;
            change.row = i;
            if (!pending.existing && pass_.settings.owner && pass_.object.owned &&
                std::none_of(pending.values.begin(), pending.values.end(),
                             [](const auto& named) { return named.first == "owner"; })) {
                pending.values.emplace_back("owner", pass_.settings.owner);
            }
            leave_numbers(pending.values);
            change.values = std::move(pending.values);
            flight.changes.push_back(std::move(change));
            flight.positions.push_back(i);
        }
        return flight;
    }

    void take(Flight& flight, const record::Saved& saved) {
        std::unordered_set<std::size_t> refused;
        for (const record::RowProblems& row : saved.problems) {
            if (place_problems(flight.rows[row.row], row.problems)) refused.insert(row.row);
        }
        for (std::size_t i = 0; i < flight.positions.size(); ++i) {
            Pending& pending = flight.rows[flight.positions[i]];
            if (refused.contains(flight.positions[i])) continue;
            const RecordId id = i < saved.ids.size() ? saved.ids[i] : RecordId();
            if (writing_) {
                if (!pending.existing && !pending.duplicate_key.empty())
                    made_here_.emplace(std::hash<std::string>{}(pending.duplicate_key), id);
                for (const auto& [target, text] : pending.later) {
                    later_.push_back({id, target, text, {pending.row, pending.line, pending.cells, {}}});
                }
            }
            pending.existing ? ++tally_.updated : ++tally_.created;
        }
        // Counted by row: behaviours add records of their own to a save.
        tally_.updated -= static_cast<std::int64_t>(saved.unchanged);
        tally_.skipped += static_cast<std::int64_t>(saved.unchanged);
        if (writing_ && saved.created + saved.updated > 0) tally_.batch = saved.batch;
    }

    // Problems of the save at their columns. False when there is none that counts: in a check a required reference
    // may be missing only because its record will be made by the import.
    bool place_problems(Pending& pending, const std::vector<Problem>& problems) {
        for (const Problem& problem : problems) {
            if (!writing_ && problem.rule == "required" &&
                std::any_of(pending.to_be_made.begin(), pending.to_be_made.end(),
                            [&](const meta::Field* field) { return field->name == problem.field; })) {
                continue;
            }
            const auto target = std::find_if(targets_.begin(), targets_.end(), [&](const Target& candidate) {
                return candidate.field->name == problem.field;
            });
            if (target == targets_.end()) {
                pending.problems.push_back({-1, {}, problem, {}});
                continue;
            }
            const std::size_t column = target->column->column;
            pending.problems.push_back(
                problem_at(*target, problem, column < pending.cells.size() ? pending.cells[column] : std::string()));
        }
        return !pending.problems.empty();
    }

    // ── references inside the file ─────────────────────────────────────────────────────────────────────────────────

    // Which titles this file itself will make; only needed when a column refers to records of the same object.
    void collect_own_titles() {
        const bool needed = std::any_of(targets_.begin(), targets_.end(), [&](const Target& target) {
            return is_reference(target) && object_of(target) == pass_.object.name;
        });
        const auto title = std::find_if(targets_.begin(), targets_.end(),
                                        [&](const Target& target) { return target.field->name == pass_.object.title; });
        if (!needed || title == targets_.end()) return;
        std::int64_t seen = 0;
        pass_.table.read([&](TableRow& row) {
            if (++seen > pass_.settings.header_row && title->column->column < row.cells.size())
                own_titles_.insert(fold(row.cells[title->column->column]));
            return true;
        });
    }

    void set_later() {
        if (later_.empty()) return;
        references_.forget(pass_.object.name);
        for (std::size_t begin = 0; begin < later_.size(); begin += batch_rows) {
            const std::size_t end = std::min(later_.size(), begin + batch_rows);
            std::vector<std::string> texts;
            for (std::size_t i = begin; i < end; ++i) texts.push_back(later_[i].text);
            references_.find(pass_.object.name, texts);
            std::vector<record::Change> changes;
            for (std::size_t i = begin; i < end; ++i) {
                RecordId id;
                // Not there: its own row was refused, and that row's problem has been told.
                if (references_.get(pass_.object.name, later_[i].text, id) != References::Found::one) {
                    Reject reject = later_[i].source;
                    reject.problems.push_back(problem_at(
                        *later_[i].target, {{}, "unknown_reference", {{"value", later_[i].text}}, {}}, later_[i].text));
                    rejected_(reject);
                    continue;
                }
                record::Change change;
                change.object = pass_.object.name;
                change.id = later_[i].record;
                change.values.emplace_back(later_[i].target->field->name, Value(id));
                change.row = i;
                changes.push_back(std::move(change));
            }
            if (changes.empty()) continue;
            const record::Saved saved = pass_.records.save(pass_.caller, changes, options());
            for (const record::RowProblems& row : saved.problems) {
                Reject reject = later_[row.row].source;
                for (const Problem& problem : row.problems)
                    reject.problems.push_back(problem_at(*later_[row.row].target, problem, later_[row.row].text));
                rejected_(reject);
            }
        }
    }

    const ImportPass& pass_;
    const bool writing_;
    FunctionRef<void(const Reject&)> rejected_;
    FunctionRef<bool(std::int64_t, std::int64_t)> progress_;
    const RecordId batch_;
    References references_;
    const meta::ReadContext reading_;
    std::vector<Target> targets_;
    std::vector<Pending> batch_rows_;
    std::unordered_set<std::string> keys_in_batch_;
    std::unordered_set<std::size_t> checked_keys_;
    std::vector<std::string> read_fields_;                                     // of records that are there already
    std::unordered_map<std::size_t, RecordId> made_here_;                      // by the hash of the key
    std::optional<std::vector<std::pair<std::size_t, RecordId>>> known_keys_;  // sorted
    std::unordered_set<std::string> own_titles_;
    std::vector<Later> later_;
    Tally tally_;
    std::int64_t landed_ = 0;  // rows
    std::unique_ptr<Flight> landing_;
    std::unique_ptr<Flight> flight_;
    record::InTurn saves_;  // last, so that it ends first: what is being saved looks at everything above
};

}  // namespace

Tally ImportPass::check(FunctionRef<void(const Reject&)> rejected,
                        FunctionRef<bool(std::int64_t, std::int64_t)> progress) const {
    return Pass(*this, false, rejected, progress, {}).all();
}

Tally ImportPass::run(FunctionRef<void(const Reject&)> rejected, FunctionRef<bool(std::int64_t, std::int64_t)> progress,
                      RecordId batch) const {
    try {
        return Pass(*this, true, rejected, progress, batch).all();
    } catch (...) {
        // Either the whole import or nothing of it.
        try {
            records.undo(caller, batch, [](std::size_t, std::size_t) { return true; });
        } catch (const Failure& failure) {
            if (failure.kind() != Failure::Kind::not_found) throw;  // nothing had been written yet
        }
        throw;
    }
}

Inspection inspect(TableReader& table, int header_row) {
    constexpr std::size_t samples_max = 5;
    constexpr std::size_t sample_length_max = 200;
    Inspection inspection;
    std::int64_t seen = 0;
    table.read([&](TableRow& row) {
        ++seen;
        if (seen < header_row) return true;
        if (seen == header_row) {
            for (std::string& cell : row.cells) inspection.headings.emplace_back(trim(cell));
            return true;
        }
        if (std::all_of(row.cells.begin(), row.cells.end(), [](const std::string& cell) { return is_blank(cell); }))
            return true;
        ++inspection.rows;
        if (inspection.samples.size() < row.cells.size()) inspection.samples.resize(row.cells.size());
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            auto& samples = inspection.samples[i];
            if (samples.size() >= samples_max || is_blank(row.cells[i])) continue;
            std::string sample(trim(row.cells[i]));
            if (sample.size() > sample_length_max) continue;
            if (std::find(samples.begin(), samples.end(), sample) == samples.end())
                samples.push_back(std::move(sample));
        }
        return true;
    });
    const std::size_t columns = std::max(inspection.headings.size(), inspection.samples.size());
    // Without a heading a column is called by its letters, as in a spreadsheet.
    for (std::size_t i = inspection.headings.size(); i < columns; ++i) inspection.headings.emplace_back();
    for (std::size_t i = 0; i < columns; ++i) {
        if (!inspection.headings[i].empty()) continue;
        std::string letters;
        for (std::size_t rest = i + 1; rest > 0; rest = (rest - 1) / 26)
            letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
        inspection.headings[i] = letters;
    }
    inspection.samples.resize(columns);
    if (columns == 0) throw bad_request("file_empty");
    return inspection;
}

}  // namespace gx::features
