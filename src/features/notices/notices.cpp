#include "features/notices/notices.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/failure.hpp"
#include "base/log.hpp"
#include "store/sql_text.hpp"

namespace gx::features {

namespace {

using namespace std::chrono_literals;
using record::Records;
using store::Connection;
using store::Row;
using store::Sql;

constexpr std::string_view reader_name = "notices";
constexpr int events_a_step = 500;
// A long batch is committed in pieces; they are told together, and so is what other processes commit meanwhile.
constexpr auto pause_after_commit = 300ms;
constexpr auto pause_otherwise = 5s;
constexpr std::chrono::days read_ones_kept{90};

// Somebody else changed how far the outbox is read: another process is at it.
struct TakenByOther {};

void append_ids(Sql& sql, const std::set<RecordId>& ids) {
    sql += "(";
    bool first = true;
    for (const RecordId id : ids) {
        sql += first ? "?" : ", ?";
        sql.bind(id.value);
        first = false;
    }
    sql += ")";
}

// Who has become the owner of records of one object in these batches: only what is so still counts, so that nobody is
// told of what has gone on to somebody else meanwhile.
Sql new_owners(const std::string& object, const std::set<RecordId>& batches) {
    Sql sql{
        "select h.batch, t.owner, b.operation, b.who, b.at, count(distinct h.record), max(h.record) from history h "
        "join "
        "batch b on b.id = h.batch join " +
            store::identifier(object) + " t on t.id = h.record where h.object = ? and h.batch in ",
        {object}};
    append_ids(sql, batches);
    sql +=
        " and (h.changes is null or h.changes like '%\"owner\":[%') and t.owner is not null and t.deleted_at is null "
        "and "
        "(b.who is null or b.who <> t.owner) and b.operation <> 'undo' and b.undone_by is null and not exists (select "
        "1 from history l where l.object = h.object and "
        "l.record = h.record and l.version > h.version and l.changes like '%\"owner\":[%') "
        "group by h.batch, t.owner, b.operation, b.who, b.at";
    return sql;
}

}  // namespace

struct Notices::State {
    store::Store& store;
    Records& records;
    const Clock& clock;
    IdSource& ids;
    mutable std::mutex mutex;
    std::condition_variable wake;
    bool committed = false, stopping = false;
    std::vector<std::function<void(RecordId, std::int64_t)>> listeners;
    std::thread thread;

    std::optional<std::int64_t> last() const {
        std::optional<std::int64_t> last;
        store.read([&](Connection& connection) {
            last.reset();
            connection.query({"select last from outbox_reader where name = ?", {std::string(reader_name)}},
                             [&](const Row& row) {
                                 last = row.integer(0);
                                 return false;
                             });
        });
        return last;
    }

    // A database that nobody followed so far begins where it stands.
    std::int64_t begin() {
        store.change([&](Connection& connection) {
            connection.execute(
                {"insert into outbox_reader (name, last) select ?, coalesce(max(id), 0) from outbox where true on "
                 "conflict (name) do nothing",
                 {std::string(reader_name)}});
        });
        return last().value_or(0);
    }

    struct Told {
        std::map<std::string, std::set<RecordId>> batches;  // by object
        std::set<RecordId> undoing;                         // batches that take others back
        std::int64_t last = 0;
    };
    Told sort(const std::vector<Records::Committed>& events) const {
        const meta::ModelPtr model = records.parts().model();
        Told told;
        for (const Records::Committed& event : events) {
            told.last = event.event;
            if (event.operation == "undo") told.undoing.insert(event.batch);
            const meta::Object* object = model->find(event.object);
            // Views and the like are personal; nobody is told of them.
            if (object == nullptr || !object->owned || object->system) continue;
            const bool new_owner = std::ranges::any_of(event.rows, [](const Records::Committed::Row& row) {
                return row.owner && row.owner != row.old_owner && !row.removed;
            });
            if (event.many || new_owner) told.batches[event.object].insert(event.batch);
        }
        return told;
    }

    using Rows = std::vector<std::vector<store::Cell>>;
    Rows make(Connection& connection, const Told& told, std::set<RecordId>& people) {
        std::vector<Sql> statements;
        std::vector<std::string> objects;
        for (const auto& [object, batches] : told.batches) {
            statements.push_back(new_owners(object, batches));
            objects.push_back(object);
        }
        Rows rows;
        connection.query_many(statements, [&](std::size_t i, const Row& row) {
            people.insert(RecordId{row.integer(1)});
            rows.push_back({ids.next().value, row.integer(1), objects[i], std::string(row.text(2)), row.integer(0),
                            row.integer(5) == 1 ? store::Cell(row.integer(6)) : store::Cell(), row.integer(5),
                            row.is_null(3) ? store::Cell() : store::Cell(row.integer(3)), row.integer(4)});
            return true;
        });
        return rows;
    }

    // What an undone batch had brought is not news any more.
    void take_back(Connection& connection, const std::set<RecordId>& undoing, std::set<RecordId>& people) {
        Sql gone{
            "select distinct employee from notice where read_at is null and batch in (select id from batch where "
            "undone_by in ",
            {}};
        append_ids(gone, undoing);
        gone += ")";
        connection.query(gone, [&](const Row& row) {
            people.insert(RecordId{row.integer(0)});
            return true;
        });
        Sql sql{"delete from notice where read_at is null and batch in (select id from batch where undone_by in ", {}};
        append_ids(sql, undoing);
        sql += ")";
        connection.execute(sql);
    }

    // One step of the way through the outbox. False when there is nothing more, or another process does it.
    bool step(std::set<RecordId>& people) {
        const std::int64_t from = begin_once();
        const std::vector<Records::Committed> events = records.committed_after(from, events_a_step);
        if (events.empty()) return false;
        const Told told = sort(events);
        try {
            store.change([&](Connection& connection) {
                if (connection.execute({"update outbox_reader set last = ? where name = ? and last = ?",
                                        {told.last, std::string(reader_name), from}}) != 1)
                    throw TakenByOther{};
                std::set<RecordId> concerned;
                const Rows rows = told.batches.empty() ? Rows() : make(connection, told, concerned);
                // A batch in pieces comes several times, with more each time.
                connection.execute_many(
                    "insert into notice (id, employee, object, operation, batch, record, count, who, at) values (?, ?, "
                    "?, ?, "
                    "?, ?, ?, ?, ?) on conflict (batch, object, employee) do update set record = excluded.record, "
                    "count = "
                    "excluded.count",
                    rows);
                if (!told.undoing.empty()) take_back(connection, told.undoing, concerned);
                people.insert(concerned.begin(), concerned.end());
            });
        } catch (const TakenByOther&) {
            return false;
        }
        return static_cast<int>(events.size()) == events_a_step;
    }
    std::int64_t begin_once() {
        const std::optional<std::int64_t> known = last();
        return known ? *known : begin();
    }

    void tell(const std::set<RecordId>& people, const Notices& notices) const {
        std::vector<std::function<void(RecordId, std::int64_t)>> told;
        {
            const std::lock_guard lock(mutex);
            told = listeners;
        }
        if (told.empty()) return;
        for (const RecordId person : people) {
            const std::int64_t unread = notices.unread(person);
            for (const auto& listener : told) listener(person, unread);
        }
    }
};

Notices::Notices(store::Store& store, Records& records, const Clock& clock, IdSource& ids)
    : state_(new State{store, records, clock, ids, {}, {}, false, false, {}, {}}) {}

Notices::~Notices() { stop(); }

void Notices::stop() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->wake.notify_all();
    if (state_->thread.joinable()) state_->thread.join();
}

std::vector<store::Table> Notices::tables() {
    return {{"notice",
             {{"id"},
              {"employee", false, true},
              {"object", true, true},
              {"operation", true, true},
              {"batch", false, true},
              {"record"},
              {"count", false, true},
              {"who"},
              {"at", false, true},
              {"read_at"}},
             {"id"},
             {{"notice_once", {"batch", "object", "employee"}, true},
              {"notice_employee", {"employee", "id"}},
              {"notice_unread", {"employee", "read_at"}}}},
            {"outbox_reader", {{"name", true, true}, {"last", false, true}}, {"name"}, {}}};
}

void Notices::follow() {
    state_->begin_once();
    state_->records.on_commit([state = state_.get()](const Records::Committed&) {
        {
            const std::lock_guard lock(state->mutex);
            state->committed = true;
        }
        state->wake.notify_one();
    });
    state_->thread = std::thread([this, state = state_.get()] {
        for (;;) {
            try {
                catch_up();
            } catch (const std::exception& failure) {  // the database is away; the next round finds all of it again
                log::warning("notices could not be made", {{"why", failure.what()}});
            }
            std::unique_lock lock(state->mutex);
            state->wake.wait_for(lock, pause_otherwise, [&] { return state->committed || state->stopping; });
            if (state->stopping) return;
            state->committed = false;
            state->wake.wait_for(lock, pause_after_commit, [&] { return state->stopping; });
            if (state->stopping) return;
        }
    });
}

std::size_t Notices::catch_up() {
    std::set<RecordId> people;
    while (state_->step(people)) {
    }
    state_->tell(people, *this);
    return people.size();
}

NoticePage Notices::of(RecordId employee, RecordId before, int limit) const {
    NoticePage page;
    Sql sql{"select id, at, object, operation, record, count, who, read_at from notice where employee = ?",
            {employee.value}};
    if (before) {
        sql += " and id < ?";
        sql.bind(before.value);
    }
    sql += " order by id desc limit ?";
    sql.bind(std::int64_t{limit} + 1);
    state_->store.read([&](Connection& connection) {
        page.notices.clear();
        connection.query(sql, [&](const Row& row) {
            page.notices.push_back({{row.integer(0)},
                                    Timestamp(std::chrono::milliseconds(row.integer(1))),
                                    std::string(row.text(2)),
                                    std::string(row.text(3)),
                                    {row.integer(4)},
                                    row.integer(5),
                                    {row.integer(6)},
                                    !row.is_null(7)});
            return true;
        });
    });
    if (page.notices.size() > static_cast<std::size_t>(limit)) {
        page.notices.pop_back();
        page.next = page.notices.back().id;
    }
    page.unread = unread(employee);
    return page;
}

std::int64_t Notices::unread(RecordId employee) const {
    std::int64_t count = 0;
    state_->store.read([&](Connection& connection) {
        connection.query({"select count(*) from notice where employee = ? and read_at is null", {employee.value}},
                         [&](const Row& row) {
                             count = row.integer(0);
                             return false;
                         });
    });
    return count;
}

void Notices::mark_read(RecordId employee, std::span<const RecordId> wanted) {
    Sql sql{"update notice set read_at = ? where employee = ? and read_at is null",
            {stamp(state_->clock.now()), employee.value}};
    if (!wanted.empty()) {
        sql += " and id in ";
        append_ids(sql, std::set<RecordId>(wanted.begin(), wanted.end()));
    }
    state_->store.change([&](Connection& connection) { connection.execute(sql); });
    state_->tell({employee}, *this);
}

void Notices::tidy() {
    const std::int64_t before = stamp(state_->clock.now() - read_ones_kept);
    state_->store.change(
        [&](Connection& connection) { connection.execute({"delete from notice where read_at < ?", {before}}); });
}

void Notices::on_change(std::function<void(RecordId, std::int64_t)> listener) {
    const std::lock_guard lock(state_->mutex);
    state_->listeners.push_back(std::move(listener));
}

}  // namespace gx::features
