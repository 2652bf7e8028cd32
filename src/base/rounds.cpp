#include "base/rounds.hpp"

#include "base/failure.hpp"
#include "base/log.hpp"

namespace gx {

Rounds::Rounds(std::chrono::milliseconds pause, std::string complaint, std::function<void()> round)
    : pause_(pause), complaint_(std::move(complaint)), round_(std::move(round)), thread_([this] { run(); }) {}

void Rounds::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Rounds::run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, pause_, [this] { return stopping_; })) {
        lock.unlock();
        try {
            round_();
        } catch (const Failure& failure) {
            log::warning(complaint_, {{"why", failure.key()}});
        }
        lock.lock();
    }
}

}  // namespace gx
