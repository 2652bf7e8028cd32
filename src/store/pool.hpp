// Connections that threads take in turn. Made when first needed; the one used last is taken first, it is the warmest.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/failure.hpp"

namespace gx::store {

template <class T>
class Pool {
public:
    Pool(std::size_t made_max, std::function<std::unique_ptr<T>()> make)
        : made_max_(made_max), make_(std::move(make)) {}

    // One connection of the pool, given back at the end of the scope.
    class Lease {
    public:
        explicit Lease(Pool& pool) : pool_(pool), connection_(pool.take()) {}
        ~Lease() { pool_.give_back(std::move(connection_)); }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;

        T& operator*() const { return *connection_; }

    private:
        Pool& pool_;
        std::unique_ptr<T> connection_;
    };

private:
    static constexpr auto wait_max = std::chrono::seconds(30);

    std::unique_ptr<T> take() {
        std::unique_lock lock(mutex_);
        const auto ready = [&] { return !idle_.empty() || made_ < made_max_; };
        if (!returned_.wait_for(lock, wait_max, ready)) throw Failure(Failure::Kind::unavailable, "database_busy");
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
        ++made_;
        lock.unlock();
        try {
            return make_();
        } catch (...) {
            lock.lock();
            --made_;
            returned_.notify_one();
            throw;
        }
    }

    void give_back(std::unique_ptr<T> connection) {
        {
            const std::lock_guard lock(mutex_);
            idle_.push_back(std::move(connection));
        }
        returned_.notify_one();
    }

    const std::size_t made_max_;
    const std::function<std::unique_ptr<T>()> make_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<T>> idle_;
    std::size_t made_ = 0;
};

}  // namespace gx::store
