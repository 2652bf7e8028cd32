// Work that is done again and again beside everything else: a thread of its own, and one place for its end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace gx {

class Rounds {
public:
    // A round that throws Failure is complained of in the log by these words, and the next one tries again.
    Rounds(std::chrono::milliseconds pause, std::string complaint, std::function<void()> round);
    ~Rounds() { stop(); }
    Rounds(const Rounds&) = delete;
    Rounds& operator=(const Rounds&) = delete;

    void stop();  // a round that is under way is waited for

private:
    void run();

    const std::chrono::milliseconds pause_;
    const std::string complaint_;
    const std::function<void()> round_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace gx
