#include "access/audit.hpp"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "base/failure.hpp"
#include "base/log.hpp"
#include "base/short_text.hpp"
#include "base/text.hpp"
#include "store/sql_text.hpp"

namespace gx::access {

namespace {

using namespace std::chrono_literals;
using store::Connection;

constexpr auto gather_time = 200ms;  // an entry that nobody waits for waits at most this long
constexpr auto pause_after_failure = 1s;
constexpr std::size_t entries_a_write = 500;
constexpr std::size_t waiting_max = 10'000;  // then whoever appends waits for the database

constexpr std::size_t short_text_max = 200, subject_max = 300, detail_bytes_max = 64 << 10;

}  // namespace

struct Audit::State {
    struct Waiting {
        ChainEntry chained;
        Condition holds;
        std::shared_ptr<std::promise<void>> written;  // absent: nobody waits
    };

    store::Store& store;
    const Clock& clock;
    IdSource& ids;
    std::mutex mutex;
    std::condition_variable wake, emptied;
    std::deque<Waiting> waiting;
    bool hurry = false, stopping = false, writing = false;
    std::thread thread;

    std::size_t add(Waiting one) {
        const std::lock_guard lock(mutex);
        ensure(!stopping, "an entry of the audit behind its end");
        hurry = hurry || one.written != nullptr;
        waiting.push_back(std::move(one));
        wake.notify_one();
        return waiting.size();
    }

    bool holds(const Waiting& one) {
        if (!one.holds) return true;
        try {
            bool held = false;
            store.read([&](Connection& connection) { held = one.holds(connection); });
            return held;
        } catch (const Failure& failure) {
            if (failure.kind() == Failure::Kind::unavailable) throw;
            log::error("the condition of an audit entry cannot be asked", {{"why", failure.key()}});
            return true;  // rather an entry too many than one too few
        }
    }

    // One transaction. Runs again after a lost connection whose commit may have arrived all the same.
    void write(std::vector<Waiting>& group) {
        std::erase_if(group, [&](const Waiting& one) { return !holds(one); });
        if (group.empty()) return;
        std::vector<ChainEntry> entries;
        entries.reserve(group.size());
        for (const Waiting& one : group) entries.push_back(one.chained);
        bool tried = false;
        store.change([&](Connection& connection) {
            ChainHead head = lock_head(connection);
            if (tried) {
                bool there = false;
                connection.query({"select 1 from audit_entry where id = ?", {entries.front().id.value}},
                                 [&](const store::Row&) {
                                     there = true;
                                     return false;
                                 });
                if (there) return;
            }
            tried = true;
            append_to_chain(connection, head, entries);
            write_head(connection, head);
        });
    }

    // False when the database cannot be written now. Whoever waits is told; what nobody waits for is tried again.
    bool write_and_tell(std::vector<Waiting> group) {
        const std::vector<Waiting> all = group;
        try {
            write(group);
            for (const Waiting& one : all)
                if (one.written) one.written->set_value();
            return true;
        } catch (...) {
            const std::lock_guard lock(mutex);
            for (auto one = all.rbegin(); one != all.rend(); ++one) {
                if (one->written)
                    one->written->set_exception(std::current_exception());
                else
                    waiting.push_front(*one);
            }
            return false;
        }
    }

    void serve() {
        std::unique_lock lock(mutex);
        for (;;) {
            wake.wait(lock, [&] { return stopping || !waiting.empty(); });
            if (!hurry && !stopping) wake.wait_for(lock, gather_time, [&] { return stopping || hurry; });
            if (waiting.empty()) {
                emptied.notify_all();
                if (stopping) return;
                hurry = false;
                continue;
            }
            std::vector<Waiting> group;
            while (!waiting.empty() && group.size() < entries_a_write) {
                group.push_back(std::move(waiting.front()));
                waiting.pop_front();
            }
            hurry = hurry && !waiting.empty();
            writing = true;
            lock.unlock();
            const bool written = write_and_tell(std::move(group));
            lock.lock();
            writing = false;
            if (waiting.empty()) emptied.notify_all();
            if (written) continue;
            log::error("entries of the audit could not be written and wait",
                       {{"waiting", std::to_string(waiting.size())}});
            if (stopping) return;
            wake.wait_for(lock, pause_after_failure, [&] { return stopping || hurry; });
        }
    }
};

Audit::Audit(store::Store& store, const Clock& clock, IdSource& ids)
    : state_(new State{store, clock, ids, {}, {}, {}, {}, false, false, false, {}}) {
    store.change([](Connection& connection) { make_head(connection); });
    state_->thread = std::thread([state = state_.get()] { state->serve(); });
}

Audit::~Audit() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
        state_->wake.notify_all();
    }
    state_->thread.join();
}

ChainEntry Audit::stamped(AuditEntry entry) const {
    entry.login = short_text(entry.login, short_text_max);
    entry.address = short_text(entry.address, short_text_max);
    entry.object = short_text(entry.object, short_text_max);
    entry.subject = short_text(entry.subject, subject_max);
    if (entry.subject.empty()) entry.subject = entry.login;
    if (!is_valid_utf8(entry.detail)) entry.detail = R"({"left_out":"broken text"})";
    return {0, state_->ids.next(), state_->clock.now(), std::move(entry), {}};
}

namespace {

void shorten(AuditEntry& entry) {
    if (entry.detail.size() > detail_bytes_max) entry.detail = R"({"left_out":"too long"})";
}

}  // namespace

void Audit::append(AuditEntry entry) {
    shorten(entry);
    auto written = std::make_shared<std::promise<void>>();
    std::future<void> done = written->get_future();
    state_->add({stamped(std::move(entry)), {}, std::move(written)});
    done.get();
}

void Audit::append_later(AuditEntry entry, Condition holds) {
    shorten(entry);
    const std::size_t waiting = state_->add({stamped(std::move(entry)), std::move(holds), nullptr});
    if (waiting <= waiting_max) return;
    // Nobody floods the memory while the database is away.
    std::unique_lock lock(state_->mutex);
    state_->emptied.wait_for(lock, pause_after_failure);
}

Audit::Condition Audit::is_there(const std::string& table, RecordId id, bool live) {
    std::string question = "select 1 from " + store::identifier(table) + " where id = ?";
    if (live) question += " and deleted_at is null";
    return [question, id](Connection& connection) {
        bool there = false;
        connection.query({question, {id.value}}, [&](const store::Row&) {
            there = true;
            return false;
        });
        return there;
    };
}

void Audit::drain() {
    std::unique_lock lock(state_->mutex);
    if (state_->waiting.empty() && !state_->writing) return;
    state_->hurry = true;
    state_->wake.notify_all();
    state_->emptied.wait(lock, [&] { return (state_->waiting.empty() && !state_->writing) || state_->stopping; });
}

}  // namespace gx::access
