#include "store/postgres/store.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/log.hpp"
#include "store/current.hpp"
#include "store/pool.hpp"
#include "store/postgres/connection.hpp"
#include "store/sql_text.hpp"

namespace gx::store {

namespace {

using Clock = std::chrono::steady_clock;
using Connections = Pool<PostgresConnection>;
using Trouble = PostgresConnection::Trouble;

constexpr int runs_max = 50;

PostgresConnection::Options options_for(const Settings& settings) {
    return {settings.database, settings.schema, std::chrono::seconds(settings.statement_seconds_max),
            std::chrono::seconds(settings.reconnect_seconds_max)};
}

class PostgresStore final : public Store {
public:
    explicit PostgresStore(const Settings& settings)
        : reconnect_max_(std::chrono::seconds(settings.reconnect_seconds_max)),
          // Two pools: a change made from inside a read must never wait for the readers.
          readers_(connections_max(settings),
                   [options = options_for(settings)] { return std::make_unique<PostgresConnection>(options); }),
          changers_(connections_max(settings),
                    [options = options_for(settings)] { return std::make_unique<PostgresConnection>(options); }) {
        make_schema(settings.schema);
    }

    Dialect dialect() const override { return Dialect::postgres; }

    void read(FunctionRef<void(Connection&)> work) override {
        if (const Current* current = Current::of(this)) return work(current->connection());
        const Connections::Lease lease(readers_);
        const Reading reading(*lease);
        const Current current(this, *lease, Current::Mode::reading);
        work(*lease);
    }

    void change(FunctionRef<void(Connection&)> work) override {
        const Current* outer = Current::of(this);
        if (outer != nullptr && outer->mode() == Current::Mode::changing) {
            return outer->connection().savepoint([&] { work(outer->connection()); });
        }
        const auto deadline = Clock::now() + reconnect_max_;
        for (int run = 1;; ++run) {
            const bool last = run == runs_max || Clock::now() >= deadline;
            if (change_once(work, last)) return;
            std::this_thread::sleep_for(pause_before(run + 1));
        }
    }

    void maintain() override {}  // autovacuum does what SQLite needs to be told

private:
    class Reading {
    public:
        explicit Reading(PostgresConnection& connection) : connection_(connection) {
            connection.begin(PostgresConnection::Mode::reading);
        }
        ~Reading() { connection_.finish_reading(); }
        Reading(const Reading&) = delete;
        Reading& operator=(const Reading&) = delete;

    private:
        PostgresConnection& connection_;
    };

    static std::size_t connections_max(const Settings& settings) {
        return static_cast<std::size_t>(std::max(2, settings.readers));
    }

    // False when it should run once more.
    bool change_once(FunctionRef<void(Connection&)> work, bool last) {
        const Connections::Lease lease(changers_);
        PostgresConnection& connection = *lease;
        connection.begin(PostgresConnection::Mode::changing);
        try {
            const Current current(this, connection, Current::Mode::changing);
            work(connection);
            connection.commit();
            return true;
        } catch (...) {
            const Trouble trouble = connection.trouble();
            connection.rollback();
            const bool can_run_again = trouble == Trouble::conflict || trouble == Trouble::lost;
            if (last || !can_run_again) throw;
            return false;
        }
    }

    // Those who met should not meet again at once.
    static std::chrono::milliseconds pause_before(int run) {
        const auto ticks = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count()) / 1000;
        return std::chrono::milliseconds(1 + ticks % static_cast<std::uint64_t>(std::min(run * 5, 100)));
    }

    void make_schema(const std::string& name) {
        try {
            change([&](Connection& connection) {
                bool exists = false;
                connection.query({"select 1 from pg_namespace where nspname = ? limit 1", {name}},
                                 [&](const Row&) { return exists = true; });
                // Asked first, because the right to make schemas may be missing where an administrator made it.
                if (!exists) connection.execute({"create schema if not exists " + identifier(name), {}});
            });
        } catch (const UniqueViolation&) {
            log::info("another process made the schema at the same moment");
        }
    }

    std::chrono::milliseconds reconnect_max_;
    Connections readers_;
    Connections changers_;
};

}  // namespace

std::unique_ptr<Store> open_postgres(const Settings& settings) { return std::make_unique<PostgresStore>(settings); }

}  // namespace gx::store
