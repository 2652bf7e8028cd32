// Bulk edit: every record of a list gets the same values, or goes to the bin. All or nothing, although it goes in
// pieces: a batch of several is written down until its last piece, and taken back when its process died before that.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "record/in_turn.hpp"
#include "record/listing.hpp"
#include "record/saving.hpp"
#include "record/state.hpp"

namespace gx::record {
namespace {

// Small enough that nobody who saves in between waits for long.
constexpr std::size_t records_a_save = 2000;

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

bool lives(std::int64_t process) {
    const auto id = static_cast<pid_t>(process);
    return id != getpid() && id > 0 && kill(id, 0) == 0;
}

}  // namespace

Saved Records::change_all(const Caller& caller, const ListQuery& which,
                          const std::vector<std::pair<std::string, Value>>& values, bool remove,
                          FunctionRef<bool(std::size_t done, std::size_t all)> progress) {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(which.object);
    const access::Verb verb = remove ? access::Verb::remove : access::Verb::change;
    require_view(caller, object);
    if (object.kept_by_platform) throw Failure(Failure::Kind::forbidden, "kept_by_platform");
    if (!access::may(*caller.grants, object, verb)) throw forbidden(std::string(access::name_of(verb)));

    // The same list that the caller looks at, of which only what the caller may change is taken.
    std::vector<RecordId> ids;
    state_->parts.store.read([&](store::Connection& connection) {
        ids.clear();
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        std::vector<SortKey> sort;
        Selection selection = select(*state_, connection, asking, object, which, sort);
        selection.verb = verb;
        const Stream stream = make_stream(selection, {{"id", false}}, [](Columns&, From&) {});
        connection.query(stream.sql, [&](const store::Row& row) {
            ids.push_back(RecordId{row.integer(0)});
            return true;
        });
    });

    const Saving saving{state_->parts, state_->zone, state_->behaviours, state_->writing};
    SaveOptions options;
    options.operation = remove ? "delete" : "bulk";
    Saved all;
    options.batch = state_->parts.ids.next();
    std::optional<Unfinished> unfinished;
    if (ids.size() > records_a_save) unfinished.emplace(state_->parts.store, options.batch);
    const auto save_piece = [&](std::size_t from, const SaveOptions& how) {
        std::vector<Change> changes(std::min(records_a_save, ids.size() - from));
        for (std::size_t i = 0; i < changes.size(); ++i) {
            changes[i].object = object.name;
            changes[i].id = ids[from + i];
            changes[i].remove = remove;
            if (!remove) changes[i].values = values;
            changes[i].row = from + i;
        }
        return saving.run(caller, how, {}, changes);
    };
    std::size_t done = 0;
    const auto take = [&](const Saved& saved) {
        if (saved.created + saved.updated + saved.removed > 0) all.batch = saved.batch;
        all.ids.insert(all.ids.end(), saved.ids.begin(), saved.ids.end());
        all.versions.insert(all.versions.end(), saved.versions.begin(), saved.versions.end());
        all.created += saved.created;
        all.updated += saved.updated;
        all.removed += saved.removed;
        all.unchanged += saved.unchanged;
        done += saved.ids.size();
        if (!progress(done, ids.size())) throw Failure(Failure::Kind::conflict, "cancelled");
    };
    try {
        InTurn saves;
        std::shared_future<Saved> last;
        for (std::size_t from = 0; from < ids.size(); from += records_a_save) {
            const auto next =
                saves.start(options, [&save_piece, from](const SaveOptions& how) { return save_piece(from, how); });
            const std::shared_future<Saved> before = std::exchange(last, next);
            if (before.valid()) take(before.get());
        }
        if (last.valid()) take(last.get());
    } catch (...) {
        // All or nothing, although it went in pieces.
        try {
            undo(caller, options.batch, [](std::size_t, std::size_t) { return true; });
        } catch (const Failure& failure) {
            if (failure.kind() != Failure::Kind::not_found) throw;  // nothing had been written yet
        }
        if (unfinished) unfinished->end();
        throw;
    }
    if (unfinished) unfinished->end();
    return all;
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
