#include "net/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>

namespace gx::net {

using namespace std::chrono_literals;

TEST(WorkerPool, RunsAsManyTasksAtOnceAsItHasThreads) {
    WorkerPool pool(4, 100);
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::atomic<int> running{0};

    // Each task blocks, so the fourth runs only if a fourth thread was woken for it.
    for (int i = 0; i < 4; ++i) {
        pool.submit([&running, released] {
            ++running;
            released.wait();
        });
    }
    for (int i = 0; i < 2000 && running < 4; ++i) std::this_thread::sleep_for(1ms);

    EXPECT_EQ(running, 4);
    release.set_value();
}

TEST(WorkerPool, DoesEveryTaskOfManySenders) {
    std::atomic<int> done{0};
    WorkerPool pool(3, 1'000'000);
    std::vector<std::thread> senders;

    for (int s = 0; s < 3; ++s) {
        senders.emplace_back([&] {
            for (int i = 0; i < 5'000; ++i) pool.submit([&done] { ++done; });
        });
    }
    for (std::thread& sender : senders) sender.join();
    for (int i = 0; i < 5000 && done < 15'000; ++i) std::this_thread::sleep_for(1ms);

    EXPECT_EQ(done, 15'000);
}

TEST(WorkerPool, RefusesWhenItsQueueIsFullAndDropsWaitingTasksWhenItStops) {
    WorkerPool pool(1, 2);
    std::promise<void> release;
    std::promise<void> started;
    std::atomic<int> done{0};
    pool.submit([&] {
        started.set_value();
        release.get_future().wait();
        ++done;
    });
    started.get_future().wait();

    EXPECT_TRUE(pool.submit([&done] { ++done; }));
    EXPECT_TRUE(pool.submit([&done] { ++done; }));
    EXPECT_FALSE(pool.submit([&done] { ++done; }));
    EXPECT_EQ(pool.queued(), 2u);
    std::thread stopper([&pool] { pool.stop(); });
    while (pool.queued() != 0) std::this_thread::sleep_for(1ms);
    release.set_value();
    stopper.join();

    EXPECT_EQ(done, 1);
    EXPECT_FALSE(pool.submit([] {}));
}

}  // namespace gx::net
