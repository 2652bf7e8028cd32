#include "store/sqlite/store.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/failure.hpp"
#include "store/current.hpp"
#include "store/pool.hpp"
#include "store/sqlite/connection.hpp"

namespace gx::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t group_changes_max = 256;
constexpr auto group_time_max = std::chrono::milliseconds(15);

SqliteConnection::Options options_for(const Settings& settings, SqliteConnection::Purpose purpose) {
    return {settings.directory / "guanxi.db", purpose, settings.cache_kib,
            std::chrono::seconds(settings.statement_seconds_max)};
}

// Runs changes one after the other and makes them durable together. A change that fails takes back only what it did
// itself; when the common commit fails, every change of the group failed.
class Writer {
public:
    explicit Writer(const Settings& settings, const void* store)
        : store_(store), connection_(options_for(settings, SqliteConnection::Purpose::writing)) {
        thread_ = std::thread([this] { work(); });
    }
    ~Writer() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void change(FunctionRef<void(Connection&)> work) {
        Request request{&work};
        wait_for(request);
    }

    void maintain() {
        Request request{nullptr};
        wait_for(request);
    }

private:
    struct Request {
        const FunctionRef<void(Connection&)>* work;  // null: maintenance
        std::exception_ptr failure = nullptr;
        bool done = false;
        std::condition_variable answered = {};
    };

    void wait_for(Request& request) {
        std::unique_lock lock(mutex_);
        queue_.push_back(&request);
        wake_.notify_one();
        request.answered.wait(lock, [&] { return request.done; });
        if (request.failure) std::rethrow_exception(request.failure);
    }

    void work() {
        while (Request* first = wait_for_request()) {
            if (first->work == nullptr) {
                maintain_now(*first);
            } else {
                run_group(first);
            }
        }
    }

    Request* wait_for_request() {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return nullptr;
        return pop();
    }

    // The next change of a running group; null when the group should be committed.
    Request* next_of_group() {
        const std::lock_guard lock(mutex_);
        if (queue_.empty() || queue_.front()->work == nullptr) return nullptr;
        return pop();
    }

    Request* pop() {
        Request* request = queue_.front();
        queue_.pop_front();
        return request;
    }

    void run_group(Request* first) {
        std::vector<Request*> group;  // what the open transaction holds
        std::vector<Request*> failed;
        const auto started = Clock::now();
        Request* request = first;
        try {
            connection_.begin_immediate();
            while (request != nullptr) {
                run(*request, group, failed);
                const bool enough = group.size() >= group_changes_max || Clock::now() - started >= group_time_max;
                request = enough ? nullptr : next_of_group();
            }
            if (connection_.in_transaction()) connection_.commit();
        } catch (...) {
            connection_.rollback();
            if (request != nullptr && !request->failure) group.push_back(request);
            for (Request* lost : group) lost->failure = std::current_exception();
        }
        answer(group);
        answer(failed);
    }

    void run(Request& request, std::vector<Request*>& group, std::vector<Request*>& failed) {
        try {
            connection_.limit_statements();
            const Current current(store_, connection_, Current::Mode::changing);
            // The first needs no savepoint: when it fails, the transaction holds nothing else.
            if (group.empty()) {
                (*request.work)(connection_);
            } else {
                connection_.savepoint([&] { (*request.work)(connection_); });
            }
            group.push_back(&request);
            return;
        } catch (...) {
            request.failure = std::current_exception();
        }
        failed.push_back(&request);
        if (group.empty()) {
            connection_.rollback();
        } else if (connection_.in_transaction()) {
            return;
        } else {
            // SQLite gave up the whole transaction (disk full, write interrupted): the earlier ones run once more.
            // This ends, because each time at least one change leaves with its failure.
            connection_.rollback();
            const std::lock_guard lock(mutex_);
            queue_.insert(queue_.begin(), group.begin(), group.end());
            group.clear();
        }
        connection_.begin_immediate();
    }

    void answer(std::span<Request* const> requests) {
        const std::lock_guard lock(mutex_);
        for (Request* request : requests) {
            request->done = true;
            request->answered.notify_one();  // under the lock: the caller's frame ends right after it
        }
    }

    void maintain_now(Request& request) {
        try {
            connection_.checkpoint_and_optimize();
        } catch (...) {
            request.failure = std::current_exception();
        }
        Request* const one = &request;
        answer({&one, 1});
    }

    const void* store_;
    SqliteConnection connection_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Request*> queue_;
    bool stopping_ = false;
    std::thread thread_;
};

using Readers = Pool<SqliteConnection>;

// One snapshot, ended however the reading ends.
class Snapshot {
public:
    explicit Snapshot(Readers& readers) : lease_(readers) { (*lease_).begin(); }
    ~Snapshot() { (*lease_).rollback(); }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    SqliteConnection& connection() { return *lease_; }

private:
    Readers::Lease lease_;
};

class SqliteStore final : public Store {
public:
    explicit SqliteStore(const Settings& settings)
        : writer_(settings, this),
          readers_(static_cast<std::size_t>(std::max(1, settings.readers)),
                   [options = options_for(settings, SqliteConnection::Purpose::reading)] {
                       return std::make_unique<SqliteConnection>(options);
                   }) {}

    Dialect dialect() const override { return Dialect::sqlite; }

    void read(FunctionRef<void(Connection&)> work) override {
        if (const Current* current = Current::of(this)) return work(current->connection());
        Snapshot snapshot(readers_);
        const Current current(this, snapshot.connection(), Current::Mode::reading);
        work(snapshot.connection());
    }

    void change(FunctionRef<void(Connection&)> work) override {
        const Current* current = Current::of(this);
        if (current != nullptr && current->mode() == Current::Mode::changing) {
            return current->connection().savepoint([&] { work(current->connection()); });
        }
        writer_.change(work);
    }

    void maintain() override { writer_.maintain(); }

private:
    Writer writer_;
    Readers readers_;
};

}  // namespace

std::unique_ptr<Store> open_sqlite(const Settings& settings) {
    std::error_code failed;
    std::filesystem::create_directories(settings.directory, failed);
    if (failed) {
        throw Failure(Failure::Kind::unavailable, "database_away",
                      {{"why", settings.directory.string() + ": " + failed.message()}});
    }
    return std::make_unique<SqliteStore>(settings);
}

}  // namespace gx::store
