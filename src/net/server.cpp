#include "net/server.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <new>
#include <random>
#include <thread>

#include "base/failure.hpp"
#include "base/log.hpp"
#include "net/connection.hpp"

namespace gx::net {

using boost::system::error_code;
using tcp = asio::ip::tcp;
// The executor by its own type: any_io_executor costs an indirect call and more at every step (measured 4.2 → 2.4 µs
// a request).
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

static constexpr std::chrono::milliseconds tick_time{200};
static constexpr std::chrono::milliseconds accept_pause{100};

namespace {

class PlainConnection final : public Connection {
public:
    PlainConnection(ServerParts& parts, Loop& loop, Socket socket, std::string address)
        : Connection(parts, loop, std::move(address), false), socket_(std::move(socket)) {}

private:
    auto self() { return std::static_pointer_cast<PlainConnection>(shared_from_this()); }

    void start_handshake() override { on_handshake(true); }
    void start_read(char* to, std::size_t most) override {
        socket_.async_read_some(asio::buffer(to, most),
                                [self = self()](error_code error, std::size_t bytes) { self->on_read(!error, bytes); });
    }
    // Straight to the kernel: nearly always there is room, and a trip through the reactor is saved.
    std::size_t write_now(const Buffers& buffers) override {
        error_code error;
        const std::size_t bytes = socket_.write_some(buffers, error);
        return error ? 0 : bytes;
    }
    void start_write(const Buffers& buffers) override {
        socket_.async_write_some(
            buffers, [self = self()](error_code error, std::size_t bytes) { self->on_written(!error, bytes); });
    }
    void start_shutdown() override {
        error_code ignored;
        std::ignore = socket_.shutdown(tcp::socket::shutdown_send, ignored);
        on_shutdown();
    }
    void close_socket() override {
        error_code ignored;
        std::ignore = socket_.close(ignored);
    }

    Socket socket_;
};

struct FreeTls {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

// OpenSSL straight on the socket. asio::ssl::stream keeps four buffers of 17 KiB for each connection, which made an
// idle event stream weigh 73 KiB; here OpenSSL gives its buffers back when nothing is under way.
class TlsContext {
public:
    explicit TlsContext(const ServerSettings& settings)
        : context_(SSL_CTX_new(TLS_server_method())), method_(quiet_socket()) {
        SSL_CTX* context = context_.get();
        if (!context || !method_) throw std::bad_alloc();
        if (SSL_CTX_use_certificate_chain_file(context, settings.certificate_file.c_str()) != 1)
            throw unreadable(settings.certificate_file);
        if (SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
            SSL_CTX_check_private_key(context) != 1)
            throw unreadable(settings.key_file);
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
        SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
        SSL_CTX_set_mode(
            context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        // Tickets resume sessions without our memory.
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    }

    std::unique_ptr<SSL, FreeTls> session(int socket) const {
        std::unique_ptr<SSL, FreeTls> session(SSL_new(context_.get()));
        BIO* bio = session ? BIO_new(method_.get()) : nullptr;
        if (!bio) throw std::bad_alloc();
        BIO_set_fd(bio, socket, BIO_NOCLOSE);
        SSL_set_bio(session.get(), bio, bio);
        return session;
    }

private:
    static Failure unreadable(const std::string& file) {
        char why[256] = "";
        ERR_error_string_n(ERR_get_error(), why, sizeof why);
        ERR_clear_error();
        return {Failure::Kind::unavailable, "certificate_unreadable", {{"file", file}, {"why", why}}};
    }

    // OpenSSL's own socket writes with write(), and a client that has gone would end the program by SIGPIPE.
    static std::unique_ptr<BIO_METHOD, FreeTls> quiet_socket() {
        const BIO_METHOD* plain = BIO_s_socket();
        std::unique_ptr<BIO_METHOD, FreeTls> method(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "quiet socket"));
        if (!method) return method;
        BIO_meth_set_create(method.get(), BIO_meth_get_create(plain));
        BIO_meth_set_destroy(method.get(), BIO_meth_get_destroy(plain));
        BIO_meth_set_ctrl(method.get(), BIO_meth_get_ctrl(plain));
        BIO_meth_set_read(method.get(), BIO_meth_get_read(plain));
        BIO_meth_set_write(method.get(), [](BIO* bio, const char* bytes, int size) {
            const ssize_t sent =
                ::send(static_cast<int>(BIO_get_fd(bio, nullptr)), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
            BIO_clear_retry_flags(bio);
            if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
            return static_cast<int>(sent);
        });
        return method;
    }

    static int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                               unsigned int in_length, void*) {
        static constexpr unsigned char ours[] = "\x08http/1.1";
        unsigned char* chosen = nullptr;
        if (SSL_select_next_proto(&chosen, out_length, ours, sizeof ours - 1, in, in_length) != OPENSSL_NPN_NEGOTIATED)
            return SSL_TLSEXT_ERR_NOACK;
        *out = chosen;
        return SSL_TLSEXT_ERR_OK;
    }

    std::unique_ptr<SSL_CTX, FreeTls> context_;
    std::unique_ptr<BIO_METHOD, FreeTls> method_;
};

class TlsConnection final : public Connection {
public:
    TlsConnection(ServerParts& parts, Loop& loop, Socket socket, std::string address, const TlsContext& tls)
        : Connection(parts, loop, std::move(address), true),
          socket_(std::move(socket)),
          session_(tls.session(socket_.native_handle())) {}

private:
    auto self() { return std::static_pointer_cast<TlsConnection>(shared_from_this()); }

    enum class Turn { done, waiting, failed };

    // After a call of OpenSSL: waits for what it asks for and then calls `again`.
    template <class Again>
    Turn judge(int result, Again again) {
        if (result > 0) return Turn::done;
        const int error = SSL_get_error(session_.get(), result);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return Turn::failed;
        const auto direction = error == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
        socket_.async_wait(direction, [self = self(), again](error_code) {
            if (self->socket_.is_open()) again(*self);
        });
        return Turn::waiting;
    }

    void start_handshake() override {
        ERR_clear_error();
        const Turn turn =
            judge(SSL_accept(session_.get()), [](TlsConnection& connection) { connection.start_handshake(); });
        if (turn != Turn::waiting) on_handshake(turn == Turn::done);
    }

    void start_read(char* to, std::size_t most) override {
        ERR_clear_error();
        const int got = SSL_read(session_.get(), to, static_cast<int>(most));
        const Turn turn = judge(got, [to, most](TlsConnection& connection) { connection.start_read(to, most); });
        // Posted, not called: a client that sends without end must not deepen the stack.
        if (turn != Turn::waiting)
            asio::post(loop_.context,
                       [self = self(), got] { self->on_read(got > 0, got > 0 ? static_cast<std::size_t>(got) : 0); });
    }

    int write(const Buffers& buffers) {
        const asio::const_buffer next = buffers[0].size() ? buffers[0] : buffers[1];
        ERR_clear_error();
        return SSL_write(session_.get(), next.data(), static_cast<int>(std::min<std::size_t>(next.size(), 1u << 30)));
    }
    std::size_t write_now(const Buffers& buffers) override {
        const int sent = write(buffers);
        return sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    void start_write(const Buffers& buffers) override {
        const int sent = write(buffers);
        const Turn turn = judge(sent, [buffers](TlsConnection& connection) { connection.start_write(buffers); });
        if (turn != Turn::waiting)
            asio::post(loop_.context, [self = self(), sent] {
                self->on_written(sent > 0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
            });
    }

    void start_shutdown() override {
        ERR_clear_error();
        SSL_shutdown(session_.get());
        error_code ignored;
        std::ignore = socket_.shutdown(tcp::socket::shutdown_send, ignored);
        on_shutdown();
    }
    void close_socket() override {
        error_code ignored;
        std::ignore = socket_.close(ignored);
    }

    Socket socket_;
    std::unique_ptr<SSL, FreeTls> session_;
};

std::string date_line_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    const std::size_t length = std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    return {text, length};
}

Failure listen_failed(const ServerSettings& settings, const std::string& why) {
    return {Failure::Kind::unavailable,
            "listen_failed",
            {{"address", settings.address + ":" + std::to_string(settings.port)}, {"why", why}}};
}

std::unique_ptr<TlsContext> make_tls(const ServerSettings& settings) {
    if (settings.certificate_file.empty() && settings.key_file.empty()) return nullptr;
    return std::make_unique<TlsContext>(settings);
}

tcp::endpoint endpoint_of(const ServerSettings& settings) {
    error_code error;
    const auto address =
        asio::ip::make_address(settings.address == "localhost" ? "127.0.0.1" : settings.address, error);
    if (error) throw listen_failed(settings, error.message());
    return {address, settings.port};
}

}  // namespace

// One thread with its loop, its own listening socket (the kernel spreads connections) and one timer for all limits.
struct LoopThread {
    Loop loop;
    Acceptor acceptor{loop.context};
    Timer tick{loop.context};
    Timer pause{loop.context};
    std::thread thread;
};

class Server::Running {
public:
    Running(const ServerSettings& settings, const Router& router, EventHub& events)
        : settings_(settings), tls_(make_tls(settings)), parts_(settings, router, events, workers_of(settings)) {
        parts_.request_ids = std::random_device{}() * 0x100000001ull;
        listen();
        for (auto& thread : threads_) {
            thread->loop.date_line = date_line_now();
            accept(*thread);
            tick(*thread);
        }
        for (auto& thread : threads_) thread->thread = std::thread([&loop = thread->loop] { loop.context.run(); });
    }

    ~Running() { stop(std::chrono::milliseconds(0)); }

    unsigned short port() const { return port_; }

    // The order matters: a worker posts to the loops, so the loops go last.
    void stop(std::chrono::milliseconds deadline) {
        if (std::exchange(stopped_, true)) return;
        parts_.stopping = true;
        on_each_loop([](LoopThread& thread) {
            error_code ignored;
            std::ignore = thread.acceptor.close(ignored);
            thread.pause.cancel();
            for (std::size_t i = thread.loop.connections.size(); i-- > 0;) {
                const auto connection = thread.loop.connections[i];
                connection->drain();
            }
        });
        const Moment until = std::chrono::steady_clock::now() + deadline;
        while (std::chrono::steady_clock::now() < until && count_busy() > 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        on_each_loop([](LoopThread& thread) {
            while (!thread.loop.connections.empty()) {
                const auto connection = thread.loop.connections.back();
                connection->close();
            }
        });
        parts_.workers.stop();
        parts_.streams.stop();
        parts_.uploads.stop();
        for (auto& thread : threads_) asio::post(thread->loop.context, [&loop = thread->loop] { loop.context.stop(); });
        for (auto& thread : threads_) thread->thread.join();
    }

    ServerMetrics metrics() const {
        ServerMetrics sum;
        std::uint64_t nanoseconds = 0;
        for (const auto& thread : threads_) {
            const LoopCounters& counters = thread->loop.counters;
            for (std::size_t i = 0; i < sum.requests.size(); ++i) sum.requests[i] += counters.requests[i];
            for (std::size_t i = 0; i < sum.durations.size(); ++i) sum.durations[i] += counters.durations[i];
            nanoseconds += counters.duration_nanoseconds;
            sum.connections += counters.connections;
            sum.connections_accepted += counters.accepted;
            sum.connections_refused += counters.refused;
            sum.event_streams += counters.event_streams;
            sum.queue_full += counters.queue_full;
            sum.malformed += counters.malformed;
            sum.timeouts += counters.timeouts;
            sum.bytes_received += counters.received;
            sum.bytes_sent += counters.sent;
        }
        sum.duration_sum = static_cast<double>(nanoseconds) / 1e9;
        sum.queue = parts_.workers.queued() + parts_.streams.queued();
        return sum;
    }

private:
    static unsigned cores() { return std::max(1u, std::thread::hardware_concurrency()); }
    static unsigned workers_of(const ServerSettings& settings) {
        return settings.worker_threads ? settings.worker_threads : std::max(8u, 4 * cores());
    }

    void listen() {
        tcp::endpoint endpoint = endpoint_of(settings_);
        try {
            // Without SO_REUSEPORT first: otherwise a second program on this port would silently share it.
            Acceptor probe(probe_context_);
            probe.open(endpoint.protocol());
            probe.set_option(tcp::acceptor::reuse_address(true));
            probe.bind(endpoint);
            endpoint = probe.local_endpoint();
            probe.close();
            const unsigned count = settings_.io_threads ? settings_.io_threads : cores();
            for (unsigned i = 0; i < count; ++i) {
                auto thread = std::make_unique<LoopThread>();
                thread->acceptor.open(endpoint.protocol());
                thread->acceptor.set_option(tcp::acceptor::reuse_address(true));
                thread->acceptor.set_option(ReusePort(true));
                thread->acceptor.bind(endpoint);
                thread->acceptor.listen();
                threads_.push_back(std::move(thread));
            }
        } catch (const boost::system::system_error& error) {
            throw listen_failed(settings_, error.code().message());
        }
        port_ = endpoint.port();
    }

    void accept(LoopThread& thread) {
        thread.acceptor.async_accept([this, &thread](error_code error, Socket socket) {
            if (!thread.acceptor.is_open()) return;
            if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
                error == asio::error::no_memory) {
                // Out of file descriptors: waiting for one beats spinning.
                log::warning("cannot accept", {{"why", error.message()}});
                thread.pause.expires_after(accept_pause);
                thread.pause.async_wait([this, &thread](error_code cancelled) {
                    if (!cancelled) accept(thread);
                });
                return;
            }
            if (!error) welcome(thread, std::move(socket));
            accept(thread);
        });
    }

    void welcome(LoopThread& thread, Socket socket) {
        error_code error;
        const tcp::endpoint peer = socket.remote_endpoint(error);
        if (error) return;
        std::string address = peer.address().is_v6() && peer.address().to_v6().is_v4_mapped()
                                  ? asio::ip::make_address_v4(asio::ip::v4_mapped, peer.address().to_v6()).to_string()
                                  : peer.address().to_string();
        const std::size_t most =
            parts_.trusts(address) ? settings_.connections_max : settings_.connections_per_address_max;
        const bool full = parts_.open.fetch_add(1) >= settings_.connections_max;
        if (full || !parts_.addresses.add(address, most)) {
            parts_.open.fetch_sub(1);
            thread.loop.counters.refused.fetch_add(1, std::memory_order_relaxed);
            static constexpr std::string_view busy =
                "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            std::ignore = socket.non_blocking(true, error);
            if (!tls_) socket.write_some(asio::buffer(busy), error);
            return;
        }
        std::ignore = socket.set_option(tcp::no_delay(true), error);
        std::ignore = socket.non_blocking(true, error);
        if (tls_) {
            std::make_shared<TlsConnection>(parts_, thread.loop, std::move(socket), std::move(address), *tls_)->open();
        } else {
            std::make_shared<PlainConnection>(parts_, thread.loop, std::move(socket), std::move(address))->open();
        }
    }

    void tick(LoopThread& thread) {
        thread.tick.expires_after(tick_time);
        thread.tick.async_wait([this, &thread](error_code error) {
            if (error) return;
            thread.loop.date_line = date_line_now();
            const Moment now = std::chrono::steady_clock::now();
            // Backwards: closing moves the last one, already seen, into the gap.
            for (std::size_t i = thread.loop.connections.size(); i-- > 0;) {
                const auto connection = thread.loop.connections[i];
                connection->tick(now);
            }
            tick(thread);
        });
    }

    // Runs on every loop and waits for it.
    template <class Work>
    void on_each_loop(Work work) {
        std::mutex mutex;
        std::condition_variable all_done;
        std::size_t left = threads_.size();
        for (auto& thread : threads_) {
            asio::post(thread->loop.context, [&, target = thread.get()] {
                work(*target);
                const std::lock_guard lock(mutex);
                if (--left == 0) all_done.notify_one();
            });
        }
        std::unique_lock lock(mutex);
        all_done.wait(lock, [&] { return left == 0; });
    }

    std::size_t count_busy() {
        std::atomic<std::size_t> busy{0};
        on_each_loop([&busy](LoopThread& thread) {
            for (const auto& connection : thread.loop.connections)
                if (connection->busy()) ++busy;
        });
        return busy;
    }

    const ServerSettings& settings_;
    std::unique_ptr<TlsContext> tls_;
    asio::io_context probe_context_{1};
    std::vector<std::unique_ptr<LoopThread>> threads_;
    ServerParts parts_;
    unsigned short port_ = 0;
    bool stopped_ = false;
};

Server::Server(ServerSettings settings, const Router& router, EventHub& events)
    : settings_(std::move(settings)), router_(router), events_(events) {}

Server::~Server() = default;

void Server::start() {
    if (!running_) running_ = std::make_unique<Running>(settings_, router_, events_);
}

unsigned short Server::port() const { return running_ ? running_->port() : 0; }

void Server::stop(std::chrono::milliseconds deadline) {
    if (running_) running_->stop(deadline);
}

ServerMetrics Server::metrics() const { return running_ ? running_->metrics() : ServerMetrics{}; }

}  // namespace gx::net
