// Counts for /metrics, taken at one moment.
#pragma once

#include <array>
#include <cstdint>

namespace gx::net {

struct ServerMetrics {
    // Upper bounds of the duration buckets in seconds; a last bucket holds all that took longer.
    static constexpr std::array<double, 12> duration_bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                            0.1,   0.25,   0.5,   1,    2.5,   10};

    std::array<std::uint64_t, 5> requests{};                            // by first digit of the status: 1xx, 2xx … 5xx
    std::array<std::uint64_t, duration_bounds.size() + 1> durations{};  // from the whole head to the last byte sent
    double duration_sum = 0;                                            // seconds
    std::uint64_t connections = 0;                                      // open now
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_refused = 0;  // too many, in all or from one address
    std::uint64_t event_streams = 0;        // open now
    std::uint64_t queue = 0;                // requests waiting for a worker
    std::uint64_t queue_full = 0;           // requests answered 503 for it
    std::uint64_t malformed = 0;            // requests that could not be read
    std::uint64_t timeouts = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
};

}  // namespace gx::net
