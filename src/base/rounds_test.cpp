// Work that is done again and again goes on after a failure and is over when it was stopped.
#include "base/rounds.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "base/failure.hpp"

namespace gx {
namespace {

using namespace std::chrono_literals;

TEST(Rounds, GoOnAfterAFailureUntilTheyAreStopped) {
    std::atomic<int> begun = 0, ended = 0;
    Rounds rounds(1ms, "rounds of a test", [&] {
        if (++begun % 2 == 1) throw Failure(Failure::Kind::unavailable, "database_busy");
        std::this_thread::sleep_for(5ms);
        ++ended;
    });
    while (ended < 2) std::this_thread::sleep_for(1ms);
    rounds.stop();
    const int last = begun;
    EXPECT_EQ(ended, last / 2) << "the one under way was waited for";
    std::this_thread::sleep_for(10ms);
    EXPECT_EQ(begun, last);
    rounds.stop();
}

}  // namespace
}  // namespace gx
