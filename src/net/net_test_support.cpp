#include "net/net_test_support.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "net/header_text.hpp"

namespace gx::net {

std::string Answer::header(std::string_view name) const {
    std::string_view rest = head;
    take_until(rest, '\n');
    while (!rest.empty()) {
        std::string_view line = take_until(rest, '\n');
        const std::string_view key = take_until(line, ':');
        if (!same_letters(key, name)) continue;
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        return std::string(trim_blanks(line));
    }
    return {};
}

TestClient::TestClient(unsigned short port, int receive_buffer)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("connect failed");
}

TestClient::~TestClient() {
    if (socket_ >= 0) ::close(socket_);
}

void TestClient::reset() {
    const linger abort{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    ::close(std::exchange(socket_, -1));
}

bool TestClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string TestClient::read_some(std::chrono::milliseconds time) {
    if (!waiting_.empty()) return std::exchange(waiting_, {});
    pollfd wait{socket_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(time.count())) <= 0) return {};
    std::string bytes(64u << 10, '\0');
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (got <= 0) ended_ = true;
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

std::string TestClient::read_until(std::string_view end, std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    std::string bytes;
    for (;;) {
        const std::size_t at = bytes.find(end);
        if (at != std::string::npos) {
            waiting_ = bytes.substr(at + end.size()) + waiting_;
            bytes.resize(at + end.size());
            return bytes;
        }
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return bytes;
        const std::string more = read_some(left);
        if (more.empty()) return bytes;
        bytes += more;
    }
}

std::string TestClient::read_to_end(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    std::string bytes;
    while (!ended_ && std::chrono::steady_clock::now() < until) bytes += read_some(std::chrono::milliseconds(100));
    return bytes;
}

bool TestClient::closed_within(std::chrono::milliseconds time) {
    read_to_end(time);
    return ended_;
}

static std::string unchunk(TestClient& client, std::chrono::milliseconds time) {
    std::string body;
    for (;;) {
        const std::string line = client.read_until("\r\n", time);
        const std::size_t size = std::strtoul(line.c_str(), nullptr, 16);
        if (line.empty()) return body;
        std::string piece;
        while (piece.size() < size + 2) {
            const std::string more = client.read_until("\r\n", time);
            if (more.empty()) return body;
            piece += more;
        }
        if (size == 0) return body;
        body += piece.substr(0, size);
    }
}

Answer TestClient::read_answer(bool to_head, std::chrono::milliseconds time) {
    Answer answer;
    answer.head = read_until("\r\n\r\n", time);
    if (!answer.head.ends_with("\r\n\r\n")) return {};
    answer.status = std::atoi(answer.head.c_str() + 9);
    if (to_head || answer.status == 204 || answer.status == 304) return answer;
    if (answer.header("Transfer-Encoding") == "chunked") {
        answer.body = unchunk(*this, time);
        return answer;
    }
    const std::string length = answer.header("Content-Length");
    if (length.empty()) return answer;
    const std::size_t size = std::strtoul(length.c_str(), nullptr, 10);
    while (answer.body.size() < size) {
        const std::string more = read_some(time);
        if (more.empty()) return answer;
        answer.body += more;
    }
    waiting_ = answer.body.substr(size) + waiting_;
    answer.body.resize(size);
    return answer;
}

Answer TestClient::get(std::string_view path, std::string_view more_headers) {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more_headers) + "\r\n");
    return read_answer();
}

TestServer::TestServer() {
    settings.io_threads = 2;
    settings.worker_threads = 4;
}

TestServer::~TestServer() {
    if (server) server->stop(std::chrono::seconds(5));
}

unsigned short TestServer::start() {
    server.emplace(settings, router, events);
    server->start();
    return server->port();
}

}  // namespace gx::net
