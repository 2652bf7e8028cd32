// Taking a batch back: what it changed is changed back, what it made is removed for good, what others have changed
// since stays and is counted. Long ones go in pieces, each a transaction; a stopped one is continued by calling again,
// because every piece leaves a trace by which the next call knows what is done.
#include <algorithm>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/log.hpp"
#include "record/erase.hpp"
#include "record/reach.hpp"
#include "record/saving.hpp"
#include "record/sql_pieces.hpp"
#include "record/state.hpp"
#include "store/sql_text.hpp"

namespace gx::record {
namespace {

constexpr std::int64_t rows_a_piece = 1000;
constexpr int attempts_max = 20;
constexpr std::size_t event_rows_max = 500;

struct Batch {
    std::string operation, note;
    std::int64_t count = 0;
    RecordId undone_by;
};

// What one batch did to one record, and whether it was taken back before.
struct Trace {
    std::int64_t first_version = 0, last_version = 0;
    std::size_t steps = 0;
    bool created = false;
    bool was_removed = false, is_removed = false;  // before and after the batch
    std::vector<std::pair<std::string, Value>> old_values;
};
using Traces = std::map<std::string, std::map<std::int64_t, Trace>>;  // object -> record

class Undoing {
public:
    Undoing(const Saving& saving, const Caller& caller, RecordId batch,
            FunctionRef<bool(std::size_t, std::size_t)> progress)
        : saving_(saving),
          caller_(caller),
          batch_(batch),
          progress_(progress),
          model_(saving.parts.model()),
          plans_(saving.state.plans.of(model_, saving.behaviours)) {}

    Undone run(const Batch& batch) {
        source_ = batch;
        undone_.batch = batch.undone_by ? batch.undone_by : saving_.parts.ids.next();
        // First what comes back, then what goes: a record that was changed may refer to one that was removed, and
        // before one that was made can go, nothing may refer to it any more. What had to stay is tried again as long as
        // something moves: a value that may be there once only comes back when the record that took it has gone.
        for (bool again = true; again && !stopped_;) {
            const std::size_t before = undone_.undone;
            skipped_forward_ = skipped_backward_ = 0;
            pass(Direction::forward);
            if (!stopped_) pass(Direction::backward);
            again = skipped_forward_ + skipped_backward_ > 0 && undone_.undone > before;
        }
        undone_.skipped = skipped_forward_ + skipped_backward_;
        if (undone_.undone == 0 && batch.undone_by) throw Failure(Failure::Kind::conflict, "already_undone");
        if (undone_.undone == 0) undone_.batch = {};
        return undone_;
    }

private:
    enum class Direction { forward, backward };
    using Going = std::map<std::string, std::set<std::int64_t>>;                             // object -> records
    using Made = std::map<std::string, std::vector<std::pair<std::int64_t, std::int64_t>>>;  // object -> id, version

    static Going going(const Made& made) {
        Going all;
        for (const auto& [object, records] : made)
            for (const auto& [id, version] : records) all[object].insert(id);
        return all;
    }

    void pass(Direction direction) {
        const bool forward = direction == Direction::forward;
        const std::string page =
            forward ? "select id, object, record from history where batch = ? and id > ? and changes is not null order "
                      "by id limit ?"
                    : "select id, object, record from history where batch = ? and id < ? order by id desc limit ?";
        std::int64_t last = forward ? 0 : std::int64_t{1} << 53;
        std::set<std::pair<std::string, std::int64_t>> seen;  // records with several steps in this batch
        while (!stopped_) {
            std::map<std::string, std::vector<std::int64_t>> records;
            std::int64_t rows = 0;
            Traces traces;
            saving_.parts.store.read([&](store::Connection& connection) {
                records.clear();
                rows = 0;
                connection.query({page, {batch_.value, last, rows_a_piece}}, [&](const store::Row& row) {
                    ++rows;
                    last = row.integer(0);
                    records[std::string(row.text(1))].push_back(row.integer(2));
                    return true;
                });
                traces = read_traces(connection, records);
            });
            if (rows == 0) return;
            for (auto& [object, of_object] : traces)
                std::erase_if(of_object, [&, &name = object](const auto& entry) {
                    return entry.second.steps > 1 && !seen.emplace(name, entry.first).second;
                });
            if (forward)
                take_back(traces);
            else
                remove_again(traces);
            if (!progress_(undone_.undone + skipped_forward_, static_cast<std::size_t>(source_.count))) stopped_ = true;
        }
    }

    Traces read_traces(store::Connection& connection, std::map<std::string, std::vector<std::int64_t>>& records) const {
        Traces traces;
        for (auto& [name, ids] : records) {
            const meta::Object* object = model_->find(name);
            if (object == nullptr) continue;
            std::sort(ids.begin(), ids.end());
            ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
            auto& of_object = traces[name];
            std::set<std::int64_t> done;
            in_pieces(ids, [&, &name = name](std::span<const std::int64_t> piece) {
                store::Sql sql{
                    "select record, version, batch, changes from history where object = ? and batch in (?, ?) and "
                    "record in ",
                    {name, batch_.value, undone_.batch.value}};
                append_list(sql, piece);
                sql += " order by record, version desc";
                connection.query(sql, [&](const store::Row& row) {
                    const std::int64_t id = row.integer(0);
                    if (row.integer(2) == undone_.batch.value) {
                        done.insert(id);
                        return true;
                    }
                    Trace& trace = of_object[id];
                    if (trace.steps++ == 0) trace.last_version = row.integer(1);
                    trace.first_version = row.integer(1);
                    if (row.is_null(3))
                        trace.created = true;
                    else
                        add_step(*object, parse_json(row.text(3)).as_object(), trace);
                    return true;
                });
            });
            std::erase_if(of_object, [&](const auto& entry) { return done.contains(entry.first); });
        }
        return traces;
    }

    // Steps come newest first, so the oldest value is the one that stays.
    static void add_step(const meta::Object& object, const json::object& changes, Trace& trace) {
        for (const auto& change : changes) {
            const meta::Field* field = object.find(change.key());
            const json::array* pair = change.value().if_array();
            if (field == nullptr || pair == nullptr || pair->size() != 2) continue;
            if (field->name == "deleted_at") {
                if (!trace.is_removed && !trace.was_removed) trace.is_removed = !pair->at(1).is_null();
                trace.was_removed = !pair->at(0).is_null();
                continue;
            }
            const auto known = std::find_if(trace.old_values.begin(), trace.old_values.end(),
                                            [&](const auto& one) { return one.first == field->name; });
            Value value = meta::from_stored_json(*field, pair->at(0));
            if (known == trace.old_values.end())
                trace.old_values.emplace_back(field->name, std::move(value));
            else
                known->second = std::move(value);
        }
    }

    static bool goes(const Trace& trace) { return trace.created || (trace.was_removed && !trace.is_removed); }

    // Somebody changed the record between two steps of the batch.
    static bool is_torn(const Trace& trace) {
        return trace.last_version - trace.first_version + 1 != static_cast<std::int64_t>(trace.steps);
    }

    SaveOptions options() const {
        SaveOptions options;
        options.operation = "undo";
        options.note = source_.note.empty() ? source_.operation : source_.note;
        options.keep_good = true;
        options.batch = undone_.batch;
        return options;
    }

    void change_back(std::vector<Change>& changes, std::size_t& skipped) {
        if (changes.empty()) return;
        for (std::size_t i = 0; i < changes.size(); ++i) changes[i].row = i;
        WorkOptions how;
        how.mode = Mode::exact;
        how.undone_batch = batch_.value;
        const Saved saved = saving_.run(caller_, options(), how, changes);
        skipped += saved.problems.size();
        undone_.undone += changes.size() - saved.problems.size();
    }

    bool may_change(const std::string& object) const {
        return access::may(*caller_.grants, model_->object(object), access::Verb::change);
    }

    void take_back(const Traces& traces) {
        std::vector<Change> changes;
        for (const auto& [object, of_object] : traces)
            for (const auto& [id, trace] : of_object) {
                if (goes(trace)) continue;
                if (is_torn(trace) || !may_change(object)) {
                    ++skipped_forward_;
                    continue;
                }
                Change& change = changes.emplace_back();
                change.object = object;
                change.id = RecordId{id};
                change.version = trace.last_version;
                change.restore = trace.is_removed && !trace.was_removed;
                change.values = trace.old_values;
            }
        change_back(changes, skipped_forward_);
    }

    void remove_again(const Traces& traces) {
        std::vector<Change> changes;
        for (const auto& [object, of_object] : traces) {
            std::vector<std::pair<std::int64_t, std::int64_t>> made;  // id, version
            for (const auto& [id, trace] : of_object) {
                if (!goes(trace)) continue;
                if (is_torn(trace) || !may_change(object)) {
                    ++skipped_backward_;
                } else if (trace.created) {
                    made.emplace_back(id, trace.last_version);
                } else {
                    Change& change = changes.emplace_back();
                    change.object = object;
                    change.id = RecordId{id};
                    change.version = trace.last_version;
                    change.remove = true;
                    change.values = trace.old_values;
                }
            }
            made_[object] = std::move(made);
        }
        change_back(changes, skipped_backward_);
        const Going of_piece = going(made_);
        bring_along();
        erase_made(of_piece);
    }

    // Records may refer to each other in a circle and lie in different pieces of the batch: whatever this batch made
    // that refers to a record of this piece goes in the same transaction. Otherwise each would keep the other.
    void bring_along() {
        Going known = going(made_);
        for (Going fresh = known; !fresh.empty();) {
            std::map<std::string, std::vector<std::int64_t>> candidates;
            Traces traces;
            saving_.parts.store.read([&](store::Connection& connection) {
                candidates.clear();
                for (const auto& [object, ids] : fresh) {
                    each_referrer(connection, object, ids, [&](const std::string& from, std::int64_t, std::int64_t id) {
                        if (!known[from].contains(id)) candidates[from].push_back(id);
                    });
                }
                traces = read_traces(connection, candidates);
            });
            fresh.clear();
            for (const auto& [object, of_object] : traces) {
                if (!may_change(object)) continue;
                for (const auto& [id, trace] : of_object) {
                    if (!trace.created || is_torn(trace) || !known[object].insert(id).second) continue;
                    made_[object].emplace_back(id, trace.last_version);
                    fresh[object].insert(id);
                }
            }
        }
    }

    // Records that the batch made, of all objects of this piece together, because they refer to each other.
    void erase_made(const Going& of_piece) {
        if (of_piece.empty()) return made_.clear();
        for (int attempt = 0; attempt < attempts_max; ++attempt) {
            std::map<std::string, std::vector<Doomed>> doomed;
            saving_.parts.store.read([&](store::Connection& connection) { doomed = choose(connection); });
            std::size_t count = 0;
            for (const auto& [object, records] : doomed) count += records.size();
            if (count > 0) {
                std::vector<Records::Committed> events;
                try {
                    saving_.parts.store.change(
                        [&](store::Connection& connection) { events = erase_chosen(connection, doomed, count); });
                } catch (const Moved&) {
                    continue;
                }
                saving_.state.tell(events);
            }
            undone_.undone += count;
            // What was brought along and stays is counted when its own piece comes.
            for (const auto& [object, ids] : of_piece) {
                std::size_t gone = 0;
                for (const Doomed& one : doomed[object]) gone += ids.count(one.id.value);
                skipped_backward_ += ids.size() - gone;
            }
            return made_.clear();
        }
        throw Failure(Failure::Kind::conflict, "changed_meanwhile");
    }

    // Unchanged since, within reach of the caller, and referred to by nothing that stays.
    std::map<std::string, std::vector<Doomed>> choose(store::Connection& connection) const {
        std::map<std::string, std::vector<Doomed>> doomed;
        const Asking asking{*model_,
                            caller_,
                            connection.dialect(),
                            saving_.parts.clock.now(),
                            caller_.zone ? *caller_.zone : saving_.zone,
                            saving_.parts.currency};
        for (const auto& [object, made] : made_) {
            if (made.empty()) continue;
            const meta::Object& of = model_->object(object);
            std::map<std::int64_t, std::int64_t> versions(made.begin(), made.end());
            std::vector<std::int64_t> ids;
            for (const auto& [id, version] : made) ids.push_back(id);
            std::vector<Doomed>& found = doomed[object];
            found = read_doomed(
                connection, plans_->of(object), ids,
                reach_sql(asking, of, access::rows(*caller_.grants, of, access::Verb::change), in_quotes(object)),
                false);
            std::erase_if(found, [&](const Doomed& one) { return versions.at(one.id.value) != one.version; });
        }
        // What stays keeps what it refers to, which may keep more.
        while (spare_referred(connection, doomed) > 0) {
        }
        return doomed;
    }

    std::size_t spare_referred(store::Connection& connection,
                               std::map<std::string, std::vector<Doomed>>& doomed) const {
        Going leaving;
        for (const auto& [object, records] : doomed)
            for (const Doomed& one : records) leaving[object].insert(one.id.value);
        std::size_t spared = 0;
        for (auto& [object, records] : doomed) {
            std::set<std::int64_t> kept;
            each_referrer(connection, object, leaving[object],
                          [&](const std::string& from, std::int64_t to, std::int64_t id) {
                              const auto others = leaving.find(from);
                              if (others == leaving.end() || !others->second.contains(id)) kept.insert(to);
                          });
            spared += std::erase_if(records, [&](const Doomed& one) { return kept.contains(one.id.value); });
        }
        return spared;
    }

    // Every record that refers to one of `ids`: its object, the id it refers to, its own id.
    void each_referrer(store::Connection& connection, const std::string& object, const std::set<std::int64_t>& ids,
                       FunctionRef<void(const std::string&, std::int64_t, std::int64_t)> found) const {
        const std::vector<std::int64_t> wanted(ids.begin(), ids.end());
        for (const ReferrerPlan& referrer : plans_->of(object).referrers) {
            in_pieces(wanted, [&](std::span<const std::int64_t> piece) {
                store::Sql sql{"select " + referrer.column + (referrer.link ? ", record" : ", id") + " from " +
                                   referrer.table + " where " + referrer.column + " in ",
                               {}};
                append_list(sql, piece);
                connection.query(sql, [&](const store::Row& row) {
                    found(referrer.object, row.integer(0), row.integer(1));
                    return true;
                });
            });
        }
    }

    std::vector<Records::Committed> erase_chosen(store::Connection& connection,
                                                 const std::map<std::string, std::vector<Doomed>>& doomed,
                                                 std::size_t count) const {
        const Timestamp now = saving_.parts.clock.now();
        std::vector<Records::Committed> events;
        for (const auto& [object, records] : doomed) {
            if (records.empty()) continue;
            erase(connection, plans_->of(object), records);
            Records::Committed& event = events.emplace_back();
            event.object = object;
            event.batch = undone_.batch;
            event.operation = "undo";
            event.count = records.size();
            event.many = records.size() > event_rows_max;
            if (event.many) continue;
            for (const Doomed& one : records)
                event.rows.push_back({one.id, one.version, {}, {}, one.owner, one.department, true});
        }
        // Somebody may have begun to refer to one of them since they were chosen.
        std::map<std::string, std::vector<Doomed>> again = doomed;
        if (spare_referred(connection, again) > 0) throw Moved();
        const auto id_or_null = [](RecordId id) { return id ? store::Cell(id.value) : store::Cell(); };
        const SaveOptions with = options();
        const std::int64_t at = stamp(now);
        connection.execute(
            {"insert into batch (id, at, who, user_account, operation, note, count, address, version, created_at, "
             "updated_at) values (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) on conflict (id) do update set count = batch.count "
             "+ "
             "excluded.count",
             {undone_.batch.value, at, id_or_null(caller_.employee()), id_or_null(caller_.user()), with.operation,
              with.note, static_cast<std::int64_t>(count),
              caller_.address.empty() ? store::Cell() : store::Cell(caller_.address), at, at}});
        connection.execute({"update batch set undone_by = ? where id = ?", {undone_.batch.value, batch_.value}});
        write_events(connection, now, saving_.parts.ids.process(), events);
        return events;
    }

    const Saving& saving_;
    const Caller& caller_;
    RecordId batch_;
    FunctionRef<bool(std::size_t, std::size_t)> progress_;
    meta::ModelPtr model_;
    std::shared_ptr<const Plans> plans_;
    Batch source_;
    Undone undone_;
    Made made_;
    std::size_t skipped_forward_ = 0, skipped_backward_ = 0;
    bool stopped_ = false;
};

// The batch, when the caller may undo it: the one who made it, or an administrator.
Batch find_batch(store::Store& store, const Caller& caller, RecordId id) {
    std::optional<Batch> batch;
    store.read([&](store::Connection& connection) {
        store::Sql sql{"select operation, note, count, undone_by from batch where id = ?", {id.value}};
        if (!caller.grants->administrator()) {
            sql += " and user_account = ?";
            sql.bind(caller.user().value);
        }
        connection.query(sql, [&](const store::Row& row) {
            batch = Batch{std::string(row.text(0)), std::string(row.text(1)), row.integer(2), RecordId{row.integer(3)}};
            return false;
        });
    });
    if (!batch) throw not_found();
    return *batch;
}

}  // namespace

Undone Records::undo(const Caller& caller, RecordId batch,
                     FunctionRef<bool(std::size_t done, std::size_t all)> progress) {
    const Saving saving{state_->parts, state_->zone, state_->behaviours, state_->writing};
    return Undoing(saving, caller, batch, progress).run(find_batch(state_->parts.store, caller, batch));
}

std::int64_t Records::batch_size(const Caller& caller, RecordId batch) const {
    return find_batch(state_->parts.store, caller, batch).count;
}

bool Records::is_undone(RecordId batch) const {
    bool undone = false;
    state_->parts.store.read([&](store::Connection& connection) {
        connection.query({"select undone_by from batch where id = ?", {batch.value}}, [&](const store::Row& row) {
            undone = !row.is_null(0);
            return false;
        });
    });
    return undone;
}

std::size_t Records::purge(int days) {
    const std::shared_ptr<const Plans> plans = state_->writing.plans.of(state_->parts.model(), state_->behaviours);
    const std::int64_t before = (state_->parts.clock.now() - std::chrono::days(days)).time_since_epoch().count();
    std::size_t purged = 0;
    for (const auto& [name, plan] : plans->objects) {
        std::int64_t last = 0;
        for (bool more = true; more;) {
            std::vector<Doomed> doomed;
            state_->parts.store.read([&, &plan = plan](store::Connection& connection) {
                std::vector<std::int64_t> ids;
                connection.query(
                    {"select id from " + plan.table + " where deleted_at < ? and id > ? order by id limit ?",
                     {before, last, rows_a_piece}},
                    [&](const store::Row& row) {
                        ids.push_back(row.integer(0));
                        return true;
                    });
                more = !ids.empty();
                if (more) last = ids.back();
                doomed = read_doomed(connection, plan, ids, {"1 = 1", {}}, true);
            });
            if (doomed.empty()) continue;
            try {
                state_->parts.store.change(
                    [&, &plan = plan](store::Connection& connection) { erase(connection, plan, doomed); });
                purged += doomed.size();
            } catch (const Moved&) {
                // One was restored at this very moment. The next run finds the others again.
                log::info("records in the bin were left for the next run", {{"object", name}});
            }
        }
    }
    return purged;
}

void Records::maintain() {
    constexpr std::chrono::days events_kept{7}, answers_kept{2}, shares_kept{90};
    const Timestamp now = state_->parts.clock.now();
    state_->parts.store.change([&](store::Connection& connection) {
        connection.execute(
            {"delete from outbox where at < ?", {std::int64_t{(now - events_kept).time_since_epoch().count()}}});
        connection.execute(
            {"delete from idempotency where at < ?", {std::int64_t{(now - answers_kept).time_since_epoch().count()}}});
        connection.execute(
            {"delete from share where until < ?", {std::int64_t{(now - shares_kept).time_since_epoch().count()}}});
    });
}

}  // namespace gx::record
