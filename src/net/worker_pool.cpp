#include "net/worker_pool.hpp"

#include <utility>

namespace gx::net {

WorkerPool::WorkerPool(unsigned threads, std::size_t queue_max) : queue_max_(queue_max) {
    threads_.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(task));
    wake_one();
    return true;
}

std::size_t WorkerPool::queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void WorkerPool::stop() {
    std::deque<std::function<void()>> dropped;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        dropped.swap(queue_);
    }
    wake_.notify_all();
    for (std::thread& thread : threads_)
        if (thread.joinable()) thread.join();
}

// One thread is woken at a time, and wakes the next if there is still work: a burst of short tasks is then done by few
// threads and costs few switches.
void WorkerPool::wake_one() {
    if (waking_ || idle_ == 0 || queue_.empty()) return;
    waking_ = true;
    wake_.notify_one();
}

void WorkerPool::run() {
    for (;;) {
        std::function<void()> task;
        {
            std::unique_lock lock(mutex_);
            while (!stopping_ && queue_.empty()) {
                ++idle_;
                wake_.wait(lock);
                --idle_;
                waking_ = false;
            }
            if (queue_.empty()) return;
            task = std::move(queue_.front());
            queue_.pop_front();
            wake_one();
        }
        task();
    }
}

}  // namespace gx::net
