// /metrics in Prometheus' text format (exposition format 0.0.4).
#pragma once

#include <cstddef>
#include <string>

#include "net/metrics.hpp"

namespace gx::app {

std::string metrics_text(const net::ServerMetrics& metrics, std::size_t event_streams);

}  // namespace gx::app
