// One connection of the server, and what all connections share. Internal to src/net: the only header with Asio.
// A Connection lives on one loop; what other threads may call says so.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/chunked_body.hpp"
#include "net/multipart.hpp"
#include "net/request_head.hpp"
#include "net/server.hpp"
#include "net/worker_pool.hpp"

namespace gx::net {

namespace asio = boost::asio;
using Moment = std::chrono::steady_clock::time_point;

class Connection;

// Written by one loop, read by metrics().
struct LoopCounters {
    std::array<std::atomic<std::uint64_t>, 5> requests{};
    std::array<std::atomic<std::uint64_t>, ServerMetrics::duration_bounds.size() + 1> durations{};
    std::atomic<std::uint64_t> duration_nanoseconds{0}, connections{0}, accepted{0}, refused{0}, event_streams{0},
        queue_full{0}, malformed{0}, timeouts{0}, received{0}, sent{0};
};

struct Loop {
    asio::io_context context{1};
    LoopCounters counters;
    std::string date_line;  // "Date: …\r\n", renewed by the tick
    std::vector<std::shared_ptr<Connection>> connections;
};

class AddressCounts {
public:
    bool add(const std::string& address, std::size_t most);
    void remove(const std::string& address);

private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> counts_;
};

struct ServerParts {
    ServerParts(const ServerSettings& s, const Router& r, EventHub& e, unsigned worker_threads)
        : settings(s),
          router(r),
          events(e),
          workers(worker_threads, s.queue_max),
          streams(s.stream_threads, s.queue_max),
          uploads(1, s.connections_max) {}

    bool trusts(const std::string& address) const;
    std::string next_request_id();

    const ServerSettings& settings;
    const Router& router;
    EventHub& events;
    WorkerPool workers;
    WorkerPool streams;
    WorkerPool uploads;  // writes uploads to disk, so that a slow disk holds up no I/O thread
    AddressCounts addresses;
    std::atomic<std::size_t> open{0};
    std::atomic<bool> stopping{false};
    std::atomic<std::uint64_t> request_ids{0};
    std::string security_lines;
};

// Pieces of a streamed answer on their way from the worker to the loop.
struct StreamPipe {
    static constexpr std::size_t waiting_max = 256u << 10;

    std::mutex mutex;
    std::condition_variable room;
    std::string waiting;
    std::size_t writing = 0;  // bytes that the loop is sending now
    bool pumping = false;     // the loop is sending or has been asked to
    bool finished = false;
    bool aborted = false;  // the stream function failed: the client must see a broken answer, not a short one
    bool gone = false;     // the client has
};

class Connection : public std::enable_shared_from_this<Connection>, public EventSink {
public:
    Connection(ServerParts& parts, Loop& loop, std::string remote_address, bool secure);
    ~Connection() override;

    void open();            // on the loop
    void tick(Moment now);  // on the loop: time limits and heartbeats
    void drain();           // on the loop: close now when idle, else after the answer
    void close();           // on the loop

    void send_event(std::string bytes) override;  // any thread
    void end_events() override;                   // any thread

    bool busy() const {
        return phase_ != Phase::idle && phase_ != Phase::events && phase_ != Phase::closed &&
               phase_ != Phase::lingering;
    }
    std::size_t index = 0;  // place in Loop::connections

protected:
    using Buffers = std::array<asio::const_buffer, 2>;

    virtual void start_handshake() = 0;                         // ends in on_handshake
    virtual void start_read(char* to, std::size_t most) = 0;    // ends in on_read
    virtual std::size_t write_now(const Buffers& buffers) = 0;  // 0 when it would have to wait
    virtual void start_write(const Buffers& buffers) = 0;       // ends in on_written
    virtual void start_shutdown() = 0;                          // ends in on_shutdown
    virtual void close_socket() = 0;

    void on_handshake(bool good);
    void on_read(bool good, std::size_t bytes);
    void on_written(bool good, std::size_t bytes);
    void on_shutdown();

    Loop& loop_;

private:
    enum class Phase { handshake, idle, head, before_body, body, busy, writing, streaming, events, lingering, closed };

    void run();
    void read_head();
    void choose_route();
    void begin_body();
    void continue_body();
    void read_body();
    void upload_piece();
    void uploaded(int status, const std::string& code);
    void dispatch();
    void work();                           // on a worker
    Response handle();                     // on a worker, or on the loop for inline routes
    void queue_stream(Response response);  // any thread
    void stream(Response& response);       // on a stream thread
    void post_answer(Response response);   // any thread
    void answer(Response response);
    void refuse(int status, std::string_view code);
    enum class Framing { none, length, chunked, until_close };
    void write_head(const Response& response, Framing framing, std::uint64_t length);
    void begin_stream(const Response& response, std::shared_ptr<StreamPipe> pipe, Framing framing);
    void pump();
    void begin_events(Response& response);
    void pump_events();
    void append_event(std::string_view bytes);
    bool flush();
    void written_all();
    void answered();
    void read_more(std::size_t least_room);
    void linger();
    void begin_transfer(std::chrono::milliseconds time);
    void extend_transfer(std::chrono::milliseconds time, std::uint64_t bytes);
    std::string_view unread() const { return {buffer_.get() + begin_, end_ - begin_}; }

    ServerParts& parts_;
    const std::string remote_address_;
    const bool secure_;
    Phase phase_ = Phase::handshake;
    bool running_ = false;
    bool run_again_ = false;
    bool reading_ = false;
    bool keep_alive_ = false;
    bool write_pending_ = false;
    bool end_after_events_ = false;
    Moment deadline_ = Moment::max();
    Moment started_;           // of the request; of the last event
    Moment transfer_started_;  // of the body or the piece of the answer that is under way
    std::size_t lingered_ = 0;

    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
    std::array<char, 16> small_buffer_{};

    // What only a request in progress needs; freed on event streams, of which there are thousands.
    struct Exchange {
        HeadReader reader;
        RequestHead head;
        const Route* route = nullptr;
        std::optional<Response> refused_route;  // 405
        ChunkedBody chunks;
        std::uint64_t body_left = 0;
        std::uint64_t body_max = 0;
        std::uint64_t body_received = 0;
        bool body_done = false;
        std::unique_ptr<MultipartReader> upload;
        bool disk_busy = false;  // the upload thread has upload and upload_piece
        std::string upload_piece;
        int status = 0;
    };
    std::unique_ptr<Exchange> exchange_;
    std::shared_ptr<StreamPipe> pipe_;
    std::shared_ptr<Subscription> subscription_;

    std::string events_waiting_;
    std::string out_head_, out_body_;
    std::string_view out_static_;
    std::size_t out_sent_ = 0;
};

}  // namespace gx::net
