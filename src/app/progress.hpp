// How far long work of a command is.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

namespace gx::app {

// One line that is written over, only where somebody looks at it.
class Progress {
public:
    explicit Progress(std::string what) : what_(std::move(what)), shown_(isatty(STDERR_FILENO) != 0) {}
    ~Progress() {
        if (shown_ && written_) std::cerr << "\n";
    }
    bool operator()(std::int64_t done, std::int64_t all) {
        const auto now = std::chrono::steady_clock::now();
        if (!shown_ || (now - last_ < std::chrono::milliseconds(200) && done != all)) return true;
        last_ = now;
        written_ = true;
        std::cerr << "\r" << what_ << " " << done;
        if (all > 0) std::cerr << " / " << all << "  (" << 100 * done / all << " %)";
        std::cerr << "   " << std::flush;
        return true;
    }

private:
    std::string what_;
    bool shown_;
    bool written_ = false;
    std::chrono::steady_clock::time_point last_{};
};

}  // namespace gx::app
