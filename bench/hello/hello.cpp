// The server with next to nothing behind it: what a request costs before any work is done, and what an open event
// stream weighs. Arguments: port, I/O threads. bench/hello/run compares it with nginx.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "net/server.hpp"

using namespace gx::net;

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: bench_hello PORT IO_THREADS\n");
        return 2;
    }
    Router router;
    EventHub events;
    const auto hello = [](Request&) {
        Response response;
        response.body = R"({"hello":"world"})";
        return response;
    };
    router.add(Method::get, "/hello", hello, {.inline_ok = true});
    router.add(Method::get, "/worker", hello);
    router.add(Method::get, "/events", [](Request& request) {
        Response response;
        response.event_stream = "reader";
        response.body = event_text("", "", request.id);
        return response;
    });
    router.add(Method::post, "/publish", [&events](Request& request) {
        events.publish([&request](const Subscriber&) { return event_text("", "change", request.body); });
        return Response{.body = std::to_string(events.size())};
    });

    ServerSettings settings;
    settings.port = static_cast<unsigned short>(std::atoi(arguments[1]));
    settings.io_threads = static_cast<unsigned>(std::atoi(arguments[2]));
    settings.connections_per_address_max = settings.connections_max;

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    Server server(settings, router, events);
    server.start();
    int signal = 0;
    sigwait(&signals, &signal);
    server.stop(std::chrono::seconds(2));
    return 0;
}
