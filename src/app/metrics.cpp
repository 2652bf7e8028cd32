#include "app/metrics.hpp"

#include <fmt/format.h>

#include <fstream>

namespace gx::app {

namespace {

// Resident memory in bytes, from /proc/self/statm (second figure, pages).
long resident_bytes() {
    std::ifstream in("/proc/self/statm");
    long all = 0;
    long resident = 0;
    in >> all >> resident;
    return resident * 4096;
}

void line(std::string& out, std::string_view name, std::string_view kind, std::uint64_t value) {
    out += fmt::format("# TYPE {} {}\n{} {}\n", name, kind, name, value);
}

}  // namespace

std::string metrics_text(const net::ServerMetrics& metrics, std::size_t event_streams) {
    std::string out;
    out += "# TYPE guanxi_requests_total counter\n";
    for (std::size_t i = 0; i < metrics.requests.size(); ++i) {
        out += fmt::format("guanxi_requests_total{{status=\"{}xx\"}} {}\n", i + 1, metrics.requests[i]);
    }
    out += "# TYPE guanxi_request_seconds histogram\n";
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < metrics.durations.size(); ++i) {
        sum += metrics.durations[i];
        const std::string bound = i < net::ServerMetrics::duration_bounds.size()
                                      ? fmt::format("{}", net::ServerMetrics::duration_bounds[i])
                                      : "+Inf";
        out += fmt::format("guanxi_request_seconds_bucket{{le=\"{}\"}} {}\n", bound, sum);
    }
    out += fmt::format("guanxi_request_seconds_sum {}\nguanxi_request_seconds_count {}\n", metrics.duration_sum, sum);
    line(out, "guanxi_connections", "gauge", metrics.connections);
    line(out, "guanxi_connections_refused_total", "counter", metrics.connections_refused);
    line(out, "guanxi_event_streams", "gauge", event_streams);
    line(out, "guanxi_queue", "gauge", metrics.queue);
    line(out, "guanxi_queue_full_total", "counter", metrics.queue_full);
    line(out, "guanxi_malformed_requests_total", "counter", metrics.malformed);
    line(out, "guanxi_received_bytes_total", "counter", metrics.bytes_received);
    line(out, "guanxi_sent_bytes_total", "counter", metrics.bytes_sent);
    line(out, "guanxi_resident_bytes", "gauge", static_cast<std::uint64_t>(resident_bytes()));
    return out;
}

}  // namespace gx::app
