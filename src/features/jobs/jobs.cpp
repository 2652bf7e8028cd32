#include "features/jobs/jobs.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/failure.hpp"
#include "base/log.hpp"

namespace gx::features {

namespace {

using namespace std::chrono_literals;
using store::Connection;
using store::Row;

// A job's row is written at most this often while it runs; the numbers in memory are always current.
constexpr auto write_step = 300ms;

}  // namespace

struct Jobs::State {
    struct Running {
        Job job;
        Work work;
        std::atomic<bool> cancelled{false};
        std::chrono::steady_clock::time_point written{};
    };

    store::Store& store;
    const Clock& clock;
    IdSource& ids;

    mutable std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::shared_ptr<Running>> waiting;
    std::unordered_map<RecordId, std::shared_ptr<Running>> running;  // waiting ones included
    std::vector<std::function<void(const Job&)>> listeners;
    bool stopping = false;
    std::vector<std::thread> threads;

    void write(const Job& job) {
        store.change([&](Connection& connection) {
            connection.execute(
                {"update job set state = ?, done = ?, total = ?, result = ?, problem = ?, updated_at = ? where id = ?",
                 {job.state, job.done, job.all, job.result, job.problem, stamp(clock.now()), job.id.value}});
        });
        for (const auto& listener : listeners) listener(job);
    }

    void run(Running& running_job) {
        Job job;
        const auto set_state = [&](std::string state) {
            {
                std::lock_guard lock(mutex);
                running_job.job.state = std::move(state);
                job = running_job.job;
            }
            write(job);
        };
        try {
            set_state("running");
            const Progress progress = [&](std::int64_t done, std::int64_t all) {
                const auto now = std::chrono::steady_clock::now();
                bool due = false;
                {
                    std::lock_guard lock(mutex);
                    running_job.job.done = done;
                    running_job.job.all = all;
                    due = now - running_job.written >= write_step;
                    if (due) running_job.written = now;
                    job = running_job.job;
                }
                if (due) write(job);
                return !running_job.cancelled.load();
            };
            std::string result = running_job.cancelled ? std::string() : running_job.work(progress);
            {
                std::lock_guard lock(mutex);
                running_job.job.result = std::move(result);
            }
            set_state(running_job.cancelled ? "cancelled" : "done");
        } catch (const Failure& failure) {
            // Work that was told to stop ends by throwing, to take back what it had done.
            if (running_job.cancelled && failure.key() == "cancelled") return set_state("cancelled");
            log::warning("job failed", {{"kind", running_job.job.kind}, {"why", failure.key()}});
            {
                std::lock_guard lock(mutex);
                running_job.job.problem = failure.key();
            }
            set_state("failed");
        } catch (const std::exception& failure) {
            log::error("job failed", {{"kind", running_job.job.kind}, {"why", failure.what()}});
            {
                std::lock_guard lock(mutex);
                running_job.job.problem = "broken";
            }
            set_state("failed");
        }
    }

    void serve() {
        for (;;) {
            std::shared_ptr<Running> next;
            {
                std::unique_lock lock(mutex);
                wake.wait(lock, [&] { return stopping || !waiting.empty(); });
                if (waiting.empty()) return;
                next = std::move(waiting.front());
                waiting.pop_front();
            }
            try {
                run(*next);
            } catch (const std::exception& failure) {  // the database is away: recover() tells it at the next start
                log::error("state of a job could not be written", {{"why", failure.what()}});
            }
            std::lock_guard lock(mutex);
            running.erase(next->job.id);
        }
    }
};

Jobs::Jobs(store::Store& store, const Clock& clock, IdSource& ids, int threads)
    : state_(new State{store, clock, ids, {}, {}, {}, {}, {}, false, {}}) {
    for (int i = 0; i < threads; ++i) state_->threads.emplace_back([state = state_.get()] { state->serve(); });
}

Jobs::~Jobs() {
    {
        std::lock_guard lock(state_->mutex);
        state_->stopping = true;
        for (auto& [id, running] : state_->running) running->cancelled = true;
    }
    state_->wake.notify_all();
    for (std::thread& thread : state_->threads) thread.join();
}

std::vector<store::Table> Jobs::tables() {
    return {{"job",
             {{"id"},
              {"kind", true, true},
              {"state", true, true},
              {"done", false, true},
              {"total", false, true},
              {"result", true},
              {"problem", true},
              {"user_account"},
              {"created_at", false, true},
              {"updated_at", false, true}},
             {"id"},
             {{"job_state", {"state"}}}}};
}

void Jobs::recover() {
    state_->store.change([&](Connection& connection) {
        connection.execute(
            {"update job set state = 'failed', problem = 'interrupted', updated_at = ? where state in ('waiting', "
             "'running')",
             {stamp(state_->clock.now())}});
    });
}

RecordId Jobs::submit(RecordId user, std::string_view kind, Work work) {
    auto running = std::make_shared<State::Running>();
    running->job = {state_->ids.next(), user, std::string(kind), "waiting", 0, 0, {}, {}};
    running->work = std::move(work);
    const Job& job = running->job;
    const std::int64_t now = stamp(state_->clock.now());
    state_->store.change([&](Connection& connection) {
        connection.execute(
            {"insert into job (id, kind, state, done, total, user_account, created_at, updated_at) values (?, ?, ?, 0, "
             "0, ?, ?, ?)",
             {job.id.value, job.kind, job.state, user.value, now, now}});
    });
    const RecordId id = job.id;
    {
        std::lock_guard lock(state_->mutex);
        state_->running.emplace(id, running);
        state_->waiting.push_back(std::move(running));
    }
    state_->wake.notify_one();
    return id;
}

std::optional<Job> Jobs::find(RecordId id) const {
    {
        std::lock_guard lock(state_->mutex);
        if (const auto found = state_->running.find(id); found != state_->running.end()) return found->second->job;
    }
    std::optional<Job> job;
    state_->store.read([&](Connection& connection) {
        connection.query(
            {"select id, user_account, kind, state, done, total, result, problem from job where id = ?", {id.value}},
            [&](const Row& row) {
                job = Job{{row.integer(0)}, {row.integer(1)}, std::string(row.text(2)), std::string(row.text(3)),
                          row.integer(4),   row.integer(5),   std::string(row.text(6)), std::string(row.text(7))};
                return false;
            });
    });
    return job;
}

bool Jobs::cancel(RecordId id) {
    std::lock_guard lock(state_->mutex);
    const auto found = state_->running.find(id);
    if (found == state_->running.end()) return false;
    found->second->cancelled = true;
    return true;
}

void Jobs::on_change(std::function<void(const Job&)> listener) { state_->listeners.push_back(std::move(listener)); }

}  // namespace gx::features
