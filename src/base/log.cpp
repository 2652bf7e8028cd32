#include "base/log.hpp"

#include <atomic>
#include <cstdio>
#include <string>

#include "base/json_writer.hpp"
#include "base/time.hpp"

namespace gx::log {

namespace {

// Set once at start from the settings; a logger handed to every function would say less than it costs.
std::atomic<Level> least_level{Level::info};

std::string_view name(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            return "error";
    }
    return "error";
}

}  // namespace

void set_level(Level least) { least_level.store(least, std::memory_order_relaxed); }

void write(Level level, std::string_view message, Fields fields) {
    if (level < least_level.load(std::memory_order_relaxed)) return;
    std::string line;
    JsonWriter json(line);
    json.begin_object().key("at").timestamp(SystemClock{}.now());
    json.key("level").string(name(level)).key("message").string(message);
    for (const auto& [key, value] : fields) json.key(key).string(value);
    json.end_object();
    line.push_back('\n');
    // One call for the whole line, so that lines of two threads never mix.
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace gx::log
