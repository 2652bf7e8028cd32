// The HTTP server: sockets, TLS, limits and time limits around a Router and an EventHub. Handlers run on worker
// threads; I/O threads never wait for anything but the network.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "net/event_hub.hpp"
#include "net/metrics.hpp"
#include "net/router.hpp"

namespace gx::net {

struct ServerSettings {
    std::string address = "127.0.0.1";  // numeric, or "localhost"
    unsigned short port = 0;            // 0: any free one
    unsigned io_threads = 0;            // 0: one a core
    unsigned worker_threads = 0;   // 0: four a core, at least 8: workers wait for the database and for slow clients
    unsigned stream_threads = 8;   // run Response::stream apart from the workers: slow downloads hold up nobody else
    std::size_t queue_max = 1024;  // requests waiting for a worker; more are answered 503

    std::size_t header_bytes_max = 32u << 10;
    std::chrono::milliseconds header_time{10'000};  // from the first byte of a request to the end of its head
    std::chrono::milliseconds body_time{30'000};    // plus the time the body takes at transfer_rate_min
    std::chrono::milliseconds idle_time{75'000};    // between requests
    std::chrono::milliseconds write_time{30'000};   // plus the time the answer takes at transfer_rate_min
    std::size_t transfer_rate_min = 8u << 10;       // bytes a second
    std::chrono::milliseconds heartbeat{25'000};    // comment on quiet event streams

    std::size_t connections_max = 20'000;
    std::size_t connections_per_address_max = 2'048;  // one office behind one address is many people
    std::size_t event_bytes_max = 256u << 10;         // waiting for a slow event stream before it is cut off

    std::string upload_directory = "/tmp";  // temporary files of multipart uploads

    std::string certificate_file{};  // PEM chain; both set: TLS 1.2 and above
    std::string key_file{};
    // Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; no per-address limit for them.
    std::vector<std::string> trusted_proxies{};
};

class Server {
public:
    // Borrows the router and the hub; both outlive the server and the router no longer changes.
    Server(ServerSettings settings, const Router& router, EventHub& events);
    ~Server();  // stops at once when stop() was not called

    // Throws Failure(unavailable, "listen_failed" | "certificate_unreadable").
    void start();
    unsigned short port() const;
    // Stops accepting, lets running requests end until the deadline, ends event streams, then closes everything.
    // A handler that still runs after the deadline is waited for, but its answer is lost.
    void stop(std::chrono::milliseconds deadline);

    ServerMetrics metrics() const;

private:
    class Running;
    ServerSettings settings_;
    const Router& router_;
    EventHub& events_;
    std::unique_ptr<Running> running_;
};

}  // namespace gx::net
