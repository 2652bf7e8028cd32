// A client that sends exactly the bytes a test wants sent, and reads what comes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "net/server.hpp"

namespace gx::net {

struct Answer {
    int status = 0;
    std::string head;
    std::string body;
    std::string header(std::string_view name) const;
};

class TestClient {
public:
    explicit TestClient(unsigned short port, int receive_buffer = 0);
    ~TestClient();
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;

    bool send(std::string_view bytes);
    // One whole answer; empty status 0 when the connection ends or nothing comes in time.
    Answer read_answer(bool to_head = false, std::chrono::milliseconds time = std::chrono::seconds(10));
    std::string read_some(
        std::chrono::milliseconds time = std::chrono::seconds(10));  // empty at the end or after the time
    std::string read_until(std::string_view end, std::chrono::milliseconds time = std::chrono::seconds(10));
    std::string read_to_end(std::chrono::milliseconds time = std::chrono::seconds(10));
    bool closed_within(std::chrono::milliseconds time);
    void reset();  // closes with RST

    Answer get(std::string_view path, std::string_view more_headers = {});

private:
    int socket_ = -1;
    std::string waiting_;
    bool ended_ = false;
};

// A server on a free port with its own router and hub.
struct TestServer {
    Router router;
    EventHub events;
    ServerSettings settings;
    std::optional<Server> server;

    TestServer();
    ~TestServer();
    unsigned short start();
};

}  // namespace gx::net
