// Bulk edit: many records of one or several objects get the same values, or go to the bin. All or nothing, although it
// goes in pieces: a batch of several is written down until its last piece, and taken back when its process died before
// that.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "record/in_turn.hpp"
#include "record/listing.hpp"
#include "record/saving.hpp"
#include "record/state.hpp"
#include "record/titles.hpp"

namespace gx::record {
namespace {

// Small enough that nobody who saves in between waits for long.
constexpr std::size_t records_a_save = 2000;
constexpr std::size_t refused_told_max = 20;

class Unfinished {
public:
    Unfinished(store::Store& store, RecordId batch) : store_(store), batch_(batch) {
        store_.change([&](store::Connection& connection) {
            connection.execute({"insert into unfinished_batch (batch, process) values (?, ?)",
                                {batch_.value, std::int64_t{getpid()}}});
        });
    }
    void end() { end(store_, batch_); }
    static void end(store::Store& store, RecordId batch) {
        store.change([&](store::Connection& connection) {
            connection.execute({"delete from unfinished_batch where batch = ?", {batch.value}});
        });
    }

private:
    store::Store& store_;
    RecordId batch_;
};

// The same person with every right, to take back what he has begun: he may assign what he may not change.
Caller unbound(const Caller& caller) {
    Caller free = caller;
    free.grants = access::system_grants(caller.user(), caller.employee(), caller.grants->department);
    return free;
}

// The records of a whole sweep, with what the caller cannot read allowed in the filter.
struct Whole {
    Whole(const Asking& asking, const Caller& free, const ListQuery& query)
        : selection(asking, asking.model.object(query.object)), from(asking, selection.object) {
        selection.filters_of = PathOf::program;
        const Asking everything{asking.model, free, asking.dialect, asking.now, asking.zone, asking.currency};
        if (auto filter = read_filter(everything, selection.object, query.filter))
            selection.filters.push_back(std::move(*filter));
        conditions = selection.conditions(from);
        const std::optional<Sql> reach = from.access(query.verb);
        reached = {"case when ", {}};
        reached += reach ? *reach : Sql{"1 = 1", {}};
        reached += " then 1 else 0 end";
    }
    // Joins are known only now.
    void append_rows(Sql& sql) const {
        sql += " from ";
        sql += from.sql();
        sql += " where ";
        sql += joined_with_and(conditions);
    }

    Selection selection;
    From from;
    std::vector<Sql> conditions;
    Sql reached;
};

class Sweeping {
public:
    Sweeping(Records& records, Records::State& state, const Caller& caller, std::span<const Sweep> sweeps,
             const SaveOptions& options, FunctionRef<bool(std::size_t, std::size_t)> progress)
        : records_(records),
          state_(state),
          caller_(caller),
          free_(unbound(caller)),
          sweeps_(sweeps),
          options_(options),
          progress_(progress),
          model_(state.parts.model()),
          saving_{state.parts, state.zone, state.behaviours, state.writing} {}

    Swept run() {
        find();
        options_.batch = state_.parts.ids.next();
        std::optional<Unfinished> unfinished;
        if (all_ > records_a_save || sweeps_.size() > 1) unfinished.emplace(state_.parts.store, options_.batch);
        try {
            write();
        } catch (...) {
            take_back();
            if (unfinished) unfinished->end();
            throw;
        }
        if (!swept_.refused.empty()) {
            take_back();
            give_titles();
        }
        if (unfinished) unfinished->end();
        return swept_;
    }
    // What became of each record, for a caller who asks for one sweep.
    const Saved& saved() const { return saved_; }

private:
    void find() {
        swept_.moved.assign(sweeps_.size(), 0);
        swept_.taken.assign(sweeps_.size(), 0);
        state_.parts.store.read([&](store::Connection& connection) {
            const Asking asking = asking_for(state_, *model_, caller_, connection.dialect());
            ids_.assign(sweeps_.size(), {});
            all_ = 0;
            for (std::size_t i = 0; i < sweeps_.size(); ++i) {
                find(connection, asking, sweeps_[i], ids_[i]);
                all_ += ids_[i].size();
            }
        });
    }

    void find(store::Connection& connection, const Asking& asking, const Sweep& sweep, std::vector<RecordId>& ids) {
        const meta::Object& object = model_->object(sweep.which.object);
        const access::Verb verb = sweep.which.verb;
        if (sweep.whole) {
            const Whole whole(asking, free_, sweep.which);
            Sql sql{"select " + whole.from.own("id") + ", ", {}};
            sql += whole.reached;
            whole.append_rows(sql);
            sql += " order by " + whole.from.own("id");
            bool beyond = false;
            connection.query(sql, [&](const store::Row& row) {
                ids.push_back(RecordId{row.integer(0)});
                beyond = row.integer(1) == 0;
                return !beyond;
            });
            if (beyond) throw forbidden(std::string(access::name_of(verb)));
            return;
        }
        // The same list that the caller looks at, of which only what the caller may change is taken.
        require_view(caller_, object);
        if (object.kept_by_platform) throw Failure(Failure::Kind::forbidden, "kept_by_platform");
        if (!access::may(*caller_.grants, object, verb)) throw forbidden(std::string(access::name_of(verb)));
        std::vector<SortKey> sort;
        const Selection selection = select(state_, connection, asking, object, sweep.which, sort);
        const Stream stream = make_stream(selection, {{"id", false}}, [](Columns&, From&) {});
        connection.query(stream.sql, [&](const store::Row& row) {
            ids.push_back(RecordId{row.integer(0)});
            return true;
        });
    }

    struct Piece {
        std::size_t sweep = 0, from = 0, count = 0;
    };

    void write() {
        std::vector<Piece> pieces;
        for (std::size_t i = 0; i < sweeps_.size(); ++i)
            for (std::size_t from = 0; from < ids_[i].size(); from += records_a_save)
                pieces.push_back({i, from, std::min(records_a_save, ids_[i].size() - from)});
        InTurn saves;
        std::shared_future<Saved> last;
        const Piece* last_piece = nullptr;
        for (const Piece& piece : pieces) {
            const auto next = saves.start(options_, [this, piece](const SaveOptions& how) { return save(piece, how); });
            const std::shared_future<Saved> before = std::exchange(last, next);
            const Piece* written = std::exchange(last_piece, &piece);
            if (before.valid()) take(*written, before.get());
            if (!swept_.refused.empty()) break;
        }
        if (last.valid()) take(*last_piece, last.get());
    }

    Saved save(const Piece& piece, const SaveOptions& options) const {
        const Sweep& sweep = sweeps_[piece.sweep];
        std::vector<Change> changes(piece.count);
        for (std::size_t i = 0; i < changes.size(); ++i) {
            changes[i].object = sweep.which.object;
            changes[i].id = ids_[piece.sweep][piece.from + i];
            changes[i].remove = sweep.which.verb == access::Verb::remove;
            changes[i].values = sweep.values;
            changes[i].swaps = sweep.swaps;
            changes[i].row = piece.from + i;
        }
        WorkOptions how;
        how.assigns = sweep.which.verb == access::Verb::assign;
        return saving_.run(caller_, options, how, changes);
    }

    void take(const Piece& piece, const Saved& saved) {
        const std::size_t written = saved.created + saved.updated + saved.removed;
        if (written > 0) swept_.batch = saved_.batch = saved.batch;
        saved_.ids.insert(saved_.ids.end(), saved.ids.begin(), saved.ids.end());
        saved_.versions.insert(saved_.versions.end(), saved.versions.begin(), saved.versions.end());
        saved_.created += saved.created;
        saved_.updated += saved.updated;
        saved_.removed += saved.removed;
        saved_.unchanged += saved.unchanged;
        std::size_t left_out = 0;
        for (const RowProblems& row : saved.problems) {
            ++left_out;
            const bool is_taken =
                std::ranges::all_of(row.problems, [](const Problem& problem) { return problem.rule == "duplicate"; });
            if (sweeps_[piece.sweep].skip_taken && is_taken)
                ++swept_.taken[piece.sweep];
            else if (swept_.refused.size() < refused_told_max)
                swept_.refused.push_back(
                    {sweeps_[piece.sweep].which.object, ids_[piece.sweep][row.row], {}, row.problems});
        }
        swept_.moved[piece.sweep] += piece.count - left_out;
        done_ += piece.count;
        if (!progress_(done_, all_)) throw Failure(Failure::Kind::conflict, "cancelled");
    }

    void take_back() {
        try {
            records_.undo(free_, options_.batch, [](std::size_t, std::size_t) { return true; });
        } catch (const Failure& failure) {
            if (failure.kind() != Failure::Kind::not_found) throw;  // nothing had been written yet
        }
        swept_.batch = {};
        swept_.moved.assign(sweeps_.size(), 0);
    }

    void give_titles() {
        state_.parts.store.read([&](store::Connection& connection) {
            const Asking asking = asking_for(state_, *model_, caller_, connection.dialect());
            Titles titles(asking);
            for (const Refused& one : swept_.refused) titles.want(one.object, one.id);
            titles.read(connection);
            for (Refused& one : swept_.refused)
                if (const std::string* title = titles.find(one.object, one.id)) one.title = *title;
        });
    }

    Records& records_;
    Records::State& state_;
    const Caller& caller_;
    const Caller free_;
    std::span<const Sweep> sweeps_;
    SaveOptions options_;
    FunctionRef<bool(std::size_t, std::size_t)> progress_;
    meta::ModelPtr model_;
    const Saving saving_;
    std::vector<std::vector<RecordId>> ids_;  // by sweep
    std::size_t all_ = 0, done_ = 0;
    Swept swept_;
    Saved saved_;
};

bool lives(std::int64_t process) {
    const auto id = static_cast<pid_t>(process);
    return id != getpid() && id > 0 && kill(id, 0) == 0;
}

}  // namespace

Saved Records::change_all(const Caller& caller, const ListQuery& which,
                          const std::vector<std::pair<std::string, Value>>& values, bool remove,
                          FunctionRef<bool(std::size_t done, std::size_t all)> progress) {
    Sweep sweep;
    sweep.which = which;
    sweep.which.verb = remove ? access::Verb::remove : access::Verb::change;
    if (!remove) sweep.values = values;
    SaveOptions options;
    options.operation = remove ? "delete" : "bulk";
    Sweeping sweeping(*this, *state_, caller, {&sweep, 1}, options, progress);
    sweeping.run();
    return sweeping.saved();
}

Swept Records::sweep(const Caller& caller, std::span<const Sweep> sweeps, const SaveOptions& options,
                     FunctionRef<bool(std::size_t done, std::size_t all)> progress) {
    SaveOptions how = options;
    how.keep_good = true;
    return Sweeping(*this, *state_, caller, sweeps, how, progress).run();
}

std::vector<Reach> Records::reach(const Caller& caller, std::span<const ListQuery> queries) const {
    const meta::ModelPtr model = state_->parts.model();
    const Caller free = unbound(caller);
    std::vector<Reach> found;
    state_->parts.store.read([&](store::Connection& connection) {
        found.assign(queries.size(), {});
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        std::vector<Sql> statements;
        for (const ListQuery& query : queries) {
            const Whole whole(asking, free, query);
            Sql& sql = statements.emplace_back(Sql{"select count(*), coalesce(sum(", {}});
            sql += whole.reached;
            sql += "), 0)";
            whole.append_rows(sql);
        }
        connection.query_many(statements, [&](std::size_t i, const store::Row& row) {
            found[i] = {row.integer(1), row.integer(0)};
            return true;
        });
    });
    return found;
}

void Records::recover() {
    std::vector<RecordId> broken_off;
    state_->parts.store.read([&](store::Connection& connection) {
        broken_off.clear();
        connection.query({"select batch, process from unfinished_batch", {}}, [&](const store::Row& row) {
            if (!lives(row.integer(1))) broken_off.push_back(RecordId{row.integer(0)});
            return true;
        });
    });
    for (const RecordId batch : broken_off) {
        try {
            undo(system_caller(state_->zone), batch, [](std::size_t, std::size_t) { return true; });
        } catch (const Failure& failure) {
            // It had not written anything, or was taken back already.
            if (failure.kind() != Failure::Kind::not_found && failure.kind() != Failure::Kind::conflict) throw;
        }
        Unfinished::end(state_->parts.store, batch);
    }
}

}  // namespace gx::record
