// Threads that run blocking work from a queue with an end: a full queue refuses, so that waiting never grows
// without bound.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gx::net {

class WorkerPool {
public:
    WorkerPool(unsigned threads, std::size_t queue_max);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // False when the queue is full or the pool is stopping.
    bool submit(std::function<void()> task);
    std::size_t queued() const;
    // Lets running tasks end and drops the waiting ones.
    void stop();

private:
    void run();
    void wake_one();  // under the mutex

    const std::size_t queue_max_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    bool waking_ = false;  // a thread has been told and has not yet come
    std::size_t idle_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace gx::net
