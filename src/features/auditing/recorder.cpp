#include "features/auditing/recorder.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/failure.hpp"
#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "features/auditing/anchor.hpp"
#include "features/auditing/seal.hpp"

namespace gx::features {

namespace {

using namespace std::chrono_literals;
using access::AuditEntry;
using access::ChainEntry;
using access::ChainHead;
using record::Operation;
using store::Connection;
using store::Row;

constexpr auto pause = 3s;
constexpr auto gather_time = 100ms;  // what wakes often comes together
constexpr auto log_step = 1h;
constexpr std::size_t erased_a_round = 5000;
constexpr std::size_t ids_told_max = 100;
constexpr std::string_view program = "guanxi";  // as whom the program itself does something

std::string words_of(const std::exception& failure) {
    std::string words = failure.what();
    if (const auto* known = dynamic_cast<const Failure*>(&failure))
        for (const auto& [name, value] : known->params()) words += " " + name + "=" + value;
    return words;
}

// Operations of one batch on one object, told as one.
struct Told {
    const Operation* operation = nullptr;
    std::int64_t rows = 0;
    std::vector<RecordId> ids;  // the first ones
};

// The rows of history that operations tell of, by batch: first and last id.
using Runs = std::unordered_map<std::int64_t, std::vector<std::pair<std::int64_t, std::int64_t>>>;

Runs runs_of(const std::vector<Operation>& operations) {
    Runs runs;
    for (const Operation& operation : operations) {
        if (operation.history_first == 0) continue;
        auto& of_batch = runs[operation.batch.value];
        const std::pair run(operation.history_first, operation.history_last);
        // A transaction tells several events one after another.
        if (of_batch.empty() || of_batch.back() != run) of_batch.push_back(run);
    }
    return runs;
}

bool is_told(const Runs& runs, const record::HistoryLeaf& leaf) {
    const auto of_batch = runs.find(leaf.batch);
    return of_batch != runs.end() && std::ranges::any_of(of_batch->second, [&](const auto& run) {
               return leaf.id >= run.first && leaf.id <= run.second;
           });
}

Seal seal_history(Connection& connection, const std::vector<Operation>& operations, const ChainHead& head,
                  std::int64_t to) {
    const std::int64_t above = head.sealed_history;
    const Runs runs = runs_of(operations);
    Seal seal;
    seal.from = above;
    seal.to = to;
    Stretch stretch;
    record::each_leaf(connection, above, to, [&](const record::HistoryLeaf& leaf) {
        stretch.add(leaf);
        // What was there before the first seal was told by nobody.
        if (head.sealed_event && !is_told(runs, leaf)) ++seal.strange;
    });
    seal.stretch = {stretch.rows(), stretch.digest()};
    for (const auto& [batch, of_batch] : runs)
        for (const auto& [first, last] : of_batch) {
            if (first > above) continue;
            LateRun& late = seal.late.emplace_back(LateRun{batch, first, std::min(last, above), {}});
            Stretch rows;
            record::each_leaf_of_batch(connection, batch, late.from, late.to,
                                       [&](const record::HistoryLeaf& leaf) { rows.add(leaf); });
            late.sealed = {rows.rows(), rows.digest()};
        }
    return seal;
}

std::unordered_map<std::int64_t, std::string> logins(Connection& connection, const meta::Model& model,
                                                     const std::vector<Operation>& operations) {
    std::set<std::int64_t> users;
    for (const Operation& operation : operations)
        if (operation.user) users.insert(operation.user.value);
    std::unordered_map<std::int64_t, std::string> found;
    if (users.empty() || model.find("user") == nullptr) return found;
    store::Sql sql{"select id, login from \"user\" where id in (", {}};
    for (const std::int64_t user : users) {
        sql += sql.params.empty() ? "?" : ", ?";
        sql.bind(user);
    }
    sql += ")";
    connection.query(sql, [&](const Row& row) {
        found.emplace(row.integer(0), row.text(1));
        return true;
    });
    return found;
}

}  // namespace

struct Recorder::Gathered {
    ChainHead head;  // as it stood when the rest was read
    std::int64_t to_event = 0, to_history = 0;
    std::vector<ChainEntry> entries;
    std::vector<std::int64_t> erased;  // rows of erased_history that the seal covers

    bool is_empty() const { return entries.empty() && head.sealed_event == to_event; }
};

Recorder::Recorder(record::Records& records, access::Audit& audit, std::filesystem::path note)
    : records_(records), audit_(audit), note_(std::move(note)) {}

Recorder::~Recorder() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        woken_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    try {
        audit_.drain();
        while (round()) {
        }
    } catch (const std::exception& failure) {
        log::error("the audit is behind; the next start catches up", {{"why", words_of(failure)}});
    }
}

void Recorder::begin() {
    ChainHead head;
    records_.parts().store.read([&](Connection& connection) { head = access::read_head(connection); });
    if (!head.sealed_event) {
        while (round()) {
        }
        return;
    }
    const auto noted = read_anchor(note_);
    if (noted && noted->seq > head.last)
        log::error("the audit ends before a place that was noted: run guanxi verify",
                   {{"noted", to_text(*noted)}, {"ends", to_text({head.last, head.hash})}});
}

void Recorder::start() {
    thread_ = std::thread([this] { serve(); });
}

void Recorder::wake() {
    const std::lock_guard lock(mutex_);
    soon_ = true;
    woken_.notify_all();
}

void Recorder::serve() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        woken_.wait_for(lock, pause, [&] { return stopping_ || soon_; });
        if (soon_ && !stopping_) woken_.wait_for(lock, gather_time, [&] { return stopping_; });
        soon_ = false;
        lock.unlock();
        try {
            while (round()) {
            }
        } catch (const std::exception& failure) {
            log::error("the audit is behind and tries again", {{"why", words_of(failure)}});
        }
        lock.lock();
    }
}

bool Recorder::round() {
    Gathered gathered;
    records_.parts().store.read([&](Connection& connection) {
        gathered = {};
        gather(connection, gathered);
    });
    if (gathered.is_empty()) {
        note_head(gathered.head);
        return false;
    }
    return append(gathered);
}

// Everything that the snapshot holds: rows of the history whose event it does not show are not in it either.
void Recorder::gather(Connection& connection, Gathered& gathered) {
    gathered.head = access::read_head(connection);
    const std::int64_t above = gathered.head.sealed_history;
    gathered.to_event = record::last_event(connection);
    gathered.to_history = above;
    // Events are forgotten after a week, and then none may be left.
    gathered.to_event = std::max(gathered.to_event, gathered.head.sealed_event.value_or(0));

    std::vector<std::pair<std::int64_t, std::string>> erased;
    connection.query({"select id, leaf from erased_history where entry is null order by id limit ?",
                      {static_cast<std::int64_t>(erased_a_round)}},
                     [&](const Row& row) {
                         erased.emplace_back(row.integer(0), row.text(1));
                         return true;
                     });
    if (gathered.head.sealed_event == gathered.to_event && erased.empty()) return;

    std::vector<Operation> operations;
    if (gathered.head.sealed_event) operations = record::operations_after(connection, *gathered.head.sealed_event);
    tell(connection, gathered, operations);

    connection.allow_long_statements();
    connection.query({"select max(id) from (select max(id) as id from history union all select max(id) from "
                      "erased_history) ids",
                      {}},
                     [&](const Row& row) {
                         gathered.to_history = std::max(above, row.integer(0));
                         return false;
                     });
    Seal seal = seal_history(connection, operations, gathered.head, gathered.to_history);
    seal.event = gathered.to_event;
    Stretch stretch;
    for (const auto& [id, leaf] : erased) {
        stretch.add_erased(id, leaf);
        gathered.erased.push_back(id);
    }
    seal.erased = {stretch.rows(), stretch.digest()};
    std::int64_t rows = seal.stretch.rows;
    for (const LateRun& late : seal.late) rows += late.sealed.rows;
    if (rows == 0 && erased.empty()) return;

    AuditEntry entry;
    entry.kind = access::audit_kind::sealed;
    entry.login = program;
    entry.rows = rows;
    entry.detail = to_json(seal);
    gathered.entries.push_back(audit_.stamped(std::move(entry)));
}

void Recorder::tell(Connection& connection, Gathered& gathered, const std::vector<Operation>& operations) {
    const meta::ModelPtr model = records_.parts().model();
    const auto login_of = logins(connection, *model, operations);
    const auto entry_of = [&](std::string_view kind, const Operation& operation) {
        AuditEntry entry;
        entry.kind = kind;
        entry.user = operation.user;
        const auto login = login_of.find(operation.user.value);
        entry.login = login == login_of.end() ? std::string(operation.user ? "" : program) : login->second;
        entry.address = operation.address;
        entry.object = operation.object;
        return entry;
    };
    const auto add = [&](AuditEntry entry, const Operation& operation) {
        ChainEntry chained = audit_.stamped(std::move(entry));
        chained.at = operation.at;
        gathered.entries.push_back(std::move(chained));
    };

    // Deletions and what was taken back: one entry for each batch and object.
    std::map<std::pair<std::int64_t, std::string>, Told> deleted, undone;
    std::map<std::string, std::vector<RecordId>> wanted;  // titles, by object
    for (const Operation& operation : operations) {
        const bool is_undo = operation.operation == "undo";
        std::vector<RecordId> ids;
        for (const Operation::Row& row : operation.rows)
            if (is_undo || row.removed) ids.push_back(row.id);
        std::int64_t rows = static_cast<std::int64_t>(ids.size());
        if (operation.rows.empty() && (is_undo || operation.operation == "delete")) rows = operation.count;
        if (rows == 0) continue;
        Told& told = (is_undo ? undone : deleted)[{operation.batch.value, operation.object}];
        if (told.operation == nullptr) told.operation = &operation;
        told.rows += rows;
        for (const RecordId id : ids)
            if (told.ids.size() < ids_told_max) told.ids.push_back(id);
        if (!told.ids.empty()) wanted[operation.object].push_back(told.ids.front());
    }
    std::vector<std::pair<const Operation*, record::RecordChange>> changes;
    for (const Operation& operation : operations) {
        const meta::Object* object = model->find(operation.object);
        if (object == nullptr || !object->audited) continue;
        for (record::RecordChange& change : records_.changes_of(connection, operation)) {
            wanted[operation.object].push_back(change.record);
            changes.emplace_back(&operation, std::move(change));
        }
    }

    std::map<std::string, std::unordered_map<RecordId, std::string>> titles;
    for (const auto& [object, ids] : wanted)
        if (model->find(object) != nullptr) titles[object] = records_.titles(object, ids);
    const auto title_of = [&](const std::string& object, RecordId id) {
        const auto found = titles[object].find(id);
        return found == titles[object].end() ? std::string() : found->second;
    };
    for (const auto& [kind, all] :
         {std::pair(access::audit_kind::deletion, &deleted), std::pair(access::audit_kind::undo, &undone)}) {
        for (const auto& [key, told] : *all) {
            AuditEntry entry = entry_of(kind, *told.operation);
            if (!told.ids.empty()) entry.subject = title_of(told.operation->object, told.ids.front());
            if (entry.subject.empty()) entry.subject = told.operation->note;
            if (told.rows == 1 && !told.ids.empty()) entry.record = told.ids.front();
            entry.rows = told.rows;
            entry.detail.clear();
            JsonWriter json(entry.detail);
            json.begin_object().key("batch").id(told.operation->batch);
            json.key("operation").string(told.operation->operation);
            if (!told.operation->note.empty()) json.key("note").string(told.operation->note);
            json.key("ids").begin_array();
            for (const RecordId id : told.ids) json.id(id);
            json.end_array().end_object();
            add(std::move(entry), *told.operation);
        }
    }
    for (const auto& [operation, change] : changes) {
        AuditEntry entry = entry_of(access::audit_kind::rights, *operation);
        entry.record = change.record;
        entry.subject = title_of(operation->object, change.record);
        entry.rows = 1;
        entry.detail.clear();
        JsonWriter json(entry.detail);
        json.begin_object().key("batch").id(operation->batch).key("operation").string(change.operation);
        json.key("version").integer(change.version).key("changes").raw(change.changes).end_object();
        add(std::move(entry), *operation);
    }
}

bool Recorder::append(Gathered& gathered) {
    ChainHead head;
    bool mine = false;
    records_.parts().store.change([&](Connection& connection) {
        head = access::lock_head(connection);
        // Another process was first, or this runs again after a commit that had arrived.
        mine = head.sealed_event == gathered.head.sealed_event && head.sealed_history == gathered.head.sealed_history;
        if (mine && !gathered.erased.empty()) {
            connection.query({"select entry from erased_history where id = ?", {gathered.erased.front()}},
                             [&](const Row& row) {
                                 mine = row.is_null(0);
                                 return false;
                             });
        }
        if (!mine) return;
        access::append_to_chain(connection, head, gathered.entries);
        head.sealed_event = gathered.to_event;
        head.sealed_history = gathered.to_history;
        access::write_head(connection, head);
        if (gathered.erased.empty()) return;
        std::vector<std::vector<store::Cell>> rows;
        for (const std::int64_t id : gathered.erased) rows.push_back({head.last, id});
        connection.execute_many("update erased_history set entry = ? where id = ?", rows);
    });
    if (mine) note_head(head);
    return mine;
}

void Recorder::note_head(const ChainHead& head) {
    const Anchor anchor{head.last, head.hash};
    write_anchor(note_, anchor);
    if (!thread_.joinable()) return;  // a command that ends at once
    const auto now = std::chrono::steady_clock::now();
    if (logged_ != std::chrono::steady_clock::time_point() && now - logged_ < log_step) return;
    logged_ = now;
    // In the log of the system it stands outside of what this program can change.
    log::info("the audit stands at", {{"head", to_text(anchor)}});
}

}  // namespace gx::features
