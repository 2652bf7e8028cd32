#include "net/connection.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <cstring>
#include <exception>

#include "base/failure.hpp"
#include "base/log.hpp"
#include "net/compress.hpp"
#include "net/header_text.hpp"

namespace gx::net {

static constexpr std::size_t buffer_first = 8u << 10;
static constexpr std::size_t buffer_body = 64u << 10;
static constexpr std::size_t upload_piece_max = 256u << 10;
static constexpr std::size_t copied_body_max = 16u << 10;  // up to here one buffer is cheaper than two
static constexpr std::size_t lingered_max = 1u << 20;
static constexpr std::chrono::milliseconds linger_time{2'000};

bool AddressCounts::add(const std::string& address, std::size_t most) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[address];
    if (count >= most) return false;
    ++count;
    return true;
}

void AddressCounts::remove(const std::string& address) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(address);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

bool ServerParts::trusts(const std::string& address) const {
    return std::find(settings.trusted_proxies.begin(), settings.trusted_proxies.end(), address) !=
           settings.trusted_proxies.end();
}

std::string ServerParts::next_request_id() {
    // Spread by a bijection (splitmix64) so that neighbours differ at a glance; unique for the life of the process.
    std::uint64_t x = request_ids.fetch_add(0x9e3779b97f4a7c15u, std::memory_order_relaxed);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    std::string id(16, '0');
    for (char& c : id) {
        c = "0123456789abcdef"[x & 15];
        x >>= 4;
    }
    return id;
}

static void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
    // One writer: a plain load and store is enough and spares the locked instruction.
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

Connection::Connection(ServerParts& parts, Loop& loop, std::string remote_address, bool secure)
    : loop_(loop), parts_(parts), remote_address_(std::move(remote_address)), secure_(secure) {}

Connection::~Connection() = default;

void Connection::open() {
    index = loop_.connections.size();
    loop_.connections.push_back(shared_from_this());
    count(loop_.counters.accepted);
    count(loop_.counters.connections);
    begin_transfer(parts_.settings.header_time);
    start_handshake();
}

void Connection::close() {
    if (phase_ == Phase::closed) return;
    const auto self = shared_from_this();
    phase_ = Phase::closed;
    deadline_ = Moment::max();
    if (pipe_) {
        const std::lock_guard lock(pipe_->mutex);
        pipe_->gone = true;
        pipe_->room.notify_all();
    }
    if (subscription_) {
        subscription_->detach();
        parts_.events.unsubscribe(*subscription_);
        subscription_.reset();
        count(loop_.counters.event_streams, static_cast<std::uint64_t>(-1));
    }
    close_socket();
    loop_.connections[index] = std::move(loop_.connections.back());
    loop_.connections[index]->index = index;
    loop_.connections.pop_back();
    count(loop_.counters.connections, static_cast<std::uint64_t>(-1));
    parts_.open.fetch_sub(1);
    parts_.addresses.remove(remote_address_);
}

void Connection::tick(Moment now) {
    if (phase_ == Phase::events && !write_pending_ && now - started_ >= parts_.settings.heartbeat)
        append_event(":\n\n");
    if (now < deadline_) return;
    switch (phase_) {
        case Phase::head:
        case Phase::body:
            count(loop_.counters.timeouts);
            return refuse(408, "request_timeout");
        case Phase::writing:
        case Phase::streaming:
        case Phase::events:
            count(loop_.counters.timeouts);
            break;
        default:
            break;
    }
    close();
}

void Connection::drain() {
    if (phase_ == Phase::idle || phase_ == Phase::handshake) close();
    if (phase_ == Phase::events) {
        end_after_events_ = true;
        if (!write_pending_) pump_events();
    }
}

void Connection::on_handshake(bool good) {
    if (phase_ == Phase::closed) return;
    if (!good) return close();
    phase_ = Phase::idle;
    run();
}

// Handlers may answer at once and the next request may already be there: a loop, so that the stack does not grow.
void Connection::run() {
    run_again_ = true;
    if (running_) return;
    running_ = true;
    while (run_again_) {
        run_again_ = false;
        if (phase_ == Phase::idle || phase_ == Phase::head) read_head();
        if (phase_ == Phase::body) read_body();
    }
    running_ = false;
}

void Connection::begin_transfer(std::chrono::milliseconds time) {
    transfer_started_ = std::chrono::steady_clock::now();
    deadline_ = transfer_started_ + time;
}

void Connection::extend_transfer(std::chrono::milliseconds time, std::uint64_t bytes) {
    deadline_ = transfer_started_ + time + std::chrono::milliseconds(bytes * 1000 / parts_.settings.transfer_rate_min);
}

void Connection::read_more(std::size_t least_room) {
    if (reading_) return;
    if (begin_ == end_) begin_ = end_ = 0;
    if (!buffer_ || capacity_ - end_ < least_room) {
        const std::size_t used = end_ - begin_;
        const std::size_t wanted = std::max({used + least_room, capacity_, buffer_first});
        if (wanted > capacity_ || !buffer_) {
            std::unique_ptr<char[]> larger(new char[wanted]);
            if (used) std::memcpy(larger.get(), buffer_.get() + begin_, used);
            buffer_ = std::move(larger);
            capacity_ = wanted;
        } else if (used) {
            std::memmove(buffer_.get(), buffer_.get() + begin_, used);
        }
        begin_ = 0;
        end_ = used;
    }
    reading_ = true;
    start_read(buffer_.get() + end_, capacity_ - end_);
}

void Connection::on_read(bool good, std::size_t bytes) {
    reading_ = false;
    if (phase_ == Phase::closed) return;
    if (!good) return close();
    count(loop_.counters.received, bytes);
    if (phase_ == Phase::events || phase_ == Phase::lingering) {
        // Whatever arrives now means nothing; reading only shows when the client goes.
        lingered_ += bytes;
        if (lingered_ > lingered_max) return close();
        reading_ = true;
        return start_read(small_buffer_.data(), small_buffer_.size());
    }
    end_ += bytes;
    run();
}

void Connection::read_head() {
    if (unread().empty()) {
        phase_ = Phase::idle;
        if (parts_.stopping) return close();
        if (!reading_ && capacity_ > buffer_first) {
            buffer_.reset();
            capacity_ = 0;
        }
        begin_transfer(parts_.settings.idle_time);
        return read_more(buffer_first);
    }
    if (phase_ == Phase::idle) {
        phase_ = Phase::head;
        exchange_ = std::make_unique<Exchange>();
        begin_transfer(parts_.settings.header_time);
    }
    HeadLimits limits;
    limits.bytes_max = parts_.settings.header_bytes_max;
    Exchange& x = *exchange_;
    switch (x.reader.read(unread(), limits, x.head)) {
        case HeadReader::State::incomplete:
            return read_more(std::min<std::size_t>(limits.bytes_max + 1, 4096));
        case HeadReader::State::refused:
            count(loop_.counters.malformed);
            return refuse(x.reader.status(), x.reader.code());
        case HeadReader::State::complete:
            break;
    }
    begin_ += x.reader.consumed();
    started_ = std::chrono::steady_clock::now();
    choose_route();
    begin_body();
}

void Connection::choose_route() {
    Exchange& x = *exchange_;
    Request& request = x.head.request;
    request.id = parts_.next_request_id();
    request.remote_address = remote_address_;
    request.secure = secure_;
    if (!parts_.settings.trusted_proxies.empty() && parts_.trusts(remote_address_)) {
        // The last address is the one that the proxy itself saw; those before it anybody can invent.
        const std::string_view chain = request.header("x-forwarded-for");
        const std::string_view last = trim_blanks(chain.substr(chain.rfind(',') + 1));
        if (!last.empty() && last.size() <= 45) request.remote_address = last;
        request.secure = secure_ || request.header("x-forwarded-proto") == "https";
    }
    const Router::Match match = parts_.router.match(request);
    x.route = match.route ? match.route : &parts_.router.fallback();
    if (match.route || match.allow.empty()) return;
    if (request.method == Method::options) {
        x.refused_route.emplace().status = 204;
    } else {
        x.refused_route = parts_.router.problem(request, 405, "method_not_allowed");
    }
    x.refused_route->set_header("Allow", match.allow);
}

void Connection::begin_body() {
    Exchange& x = *exchange_;
    if (!x.head.chunked && x.head.content_length == 0) {
        x.body_done = true;
        return dispatch();
    }
    if (x.refused_route) return answer(std::move(*x.refused_route));  // and close: the body is not worth reading
    const RouteInfo& info = x.route->info;
    const std::string_view content_type = x.head.request.header("content-type");
    x.body_max = info.body_max;
    x.body_left = x.head.content_length;
    if (info.multipart && same_letters(content_type.substr(0, 19), "multipart/form-data")) {
        std::string boundary = multipart_boundary(content_type);
        if (boundary.empty()) return refuse(400, "multipart_malformed");
        MultipartLimits limits;
        limits.file_bytes_max = info.multipart_max;
        x.body_max = info.multipart_max;
        x.upload = std::make_unique<MultipartReader>(std::move(boundary), parts_.settings.upload_directory, limits);
    }
    if (x.body_left > x.body_max) return refuse(413, "body_too_large");
    if (!x.upload || !info.before_body) return continue_body();

    phase_ = Phase::before_body;
    deadline_ = Moment::max();
    const bool queued = parts_.workers.submit([self = shared_from_this()] {
        std::optional<Response> refusal;
        Exchange& exchange = *self->exchange_;
        try {
            refusal = exchange.route->info.before_body(exchange.head.request);
        } catch (const std::exception& error) {
            log::error("before_body failed", {{"request_id", exchange.head.request.id}, {"why", error.what()}});
            refusal = plain_problem(exchange.head.request, 500, "broken");
        }
        asio::post(self->loop_.context, [self, refusal = std::move(refusal)]() mutable {
            if (self->phase_ != Phase::before_body) return;
            if (refusal) return self->answer(std::move(*refusal));
            self->continue_body();
        });
    });
    if (!queued) refuse(503, "busy");
}

void Connection::continue_body() {
    phase_ = Phase::body;
    begin_transfer(parts_.settings.body_time);
    if (exchange_->head.expects_continue && unread().empty()) {
        out_head_ = "HTTP/1.1 100 Continue\r\n\r\n";
        if (!flush()) return;
        written_all();
    }
    run();
}

void Connection::read_body() {
    Exchange& x = *exchange_;
    if (x.disk_busy || write_pending_) return;
    std::string& out = x.upload ? x.upload_piece : x.head.request.body;
    std::string_view input = unread();
    const std::size_t before = out.size();
    const std::size_t most = x.upload ? upload_piece_max - std::min(upload_piece_max, before) : std::string_view::npos;
    if (x.head.chunked) {
        const ChunkedBody::State state = x.chunks.feed(input, out, most);
        if (state == ChunkedBody::State::refused) {
            count(loop_.counters.malformed);
            return refuse(400, "chunk_malformed");
        }
        x.body_done = state == ChunkedBody::State::done;
    } else {
        const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>({x.body_left, input.size(), most}));
        // Not reserved to its full length at once: a length is cheap to claim.
        if (before == 0 && !x.upload)
            out.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(x.body_left, 256u << 10)));
        out.append(input.substr(0, piece));
        input.remove_prefix(piece);
        x.body_left -= piece;
        x.body_done = x.body_left == 0;
    }
    begin_ = end_ - input.size();
    x.body_received += out.size() - before;
    if (x.body_received > x.body_max) {
        x.body_done = false;
        return refuse(413, "body_too_large");
    }
    extend_transfer(parts_.settings.body_time, x.body_received);
    if (x.upload && (x.body_done || out.size() >= upload_piece_max)) return upload_piece();
    if (x.body_done) return dispatch();
    read_more(buffer_body);
}

void Connection::upload_piece() {
    exchange_->disk_busy = true;
    deadline_ = Moment::max();
    const Moment began = std::chrono::steady_clock::now();
    const bool queued = parts_.uploads.submit([self = shared_from_this(), began] {
        Exchange& x = *self->exchange_;
        int status = 0;
        std::string code;
        try {
            x.upload->feed(x.upload_piece);
            if (x.body_done) x.upload->finish();
        } catch (const Failure& failure) {
            status = failure.kind() == Failure::Kind::too_large      ? 413
                     : failure.kind() == Failure::Kind::storage_full ? 507
                                                                     : 400;
            code = failure.key();
        } catch (const std::exception& error) {
            log::error("upload failed", {{"request_id", x.head.request.id}, {"why", error.what()}});
            status = 500;
            code = "broken";
        }
        asio::post(self->loop_.context, [self, status, code = std::move(code), began] {
            // The client does not pay for our disk.
            self->transfer_started_ += std::chrono::steady_clock::now() - began;
            self->uploaded(status, code);
        });
    });
    if (!queued) {
        exchange_->disk_busy = false;
        exchange_->body_done = false;
        refuse(503, "busy");
    }
}

void Connection::uploaded(int status, const std::string& code) {
    if (phase_ != Phase::body) return;
    Exchange& x = *exchange_;
    x.disk_busy = false;
    x.upload_piece.clear();
    if (status) return refuse(status, code);
    if (!x.body_done) {
        extend_transfer(parts_.settings.body_time, x.body_received);
        return run();
    }
    x.upload_piece.shrink_to_fit();
    x.head.request.files = std::move(x.upload->files);
    x.head.request.form = std::move(x.upload->form);
    dispatch();
}

void Connection::dispatch() {
    Exchange& x = *exchange_;
    phase_ = Phase::busy;
    deadline_ = Moment::max();
    if (x.refused_route) return answer(std::move(*x.refused_route));
    if (x.route->info.inline_ok) {
        Response response = handle();
        // A stream blocks on a slow client, so it never runs here.
        if (!response.stream) return answer(std::move(response));
        return queue_stream(std::move(response));
    } else if (parts_.workers.submit([self = shared_from_this()] { self->work(); })) {
        return;
    }
    count(loop_.counters.queue_full);
    refuse(503, "busy");
}

void Connection::work() {
    Response response = handle();
    if (response.stream) return queue_stream(std::move(response));
    post_answer(std::move(response));
}

void Connection::queue_stream(Response response) {
    auto shared = std::make_shared<Response>(std::move(response));
    if (parts_.streams.submit([self = shared_from_this(), shared] { self->stream(*shared); })) return;
    asio::post(loop_.context, [self = shared_from_this()] {
        if (self->phase_ != Phase::busy) return;
        count(self->loop_.counters.queue_full);
        self->refuse(503, "busy");
    });
}

Response Connection::handle() {
    Request& request = exchange_->head.request;
    try {
        Response response = exchange_->route->handler(request);
        const bool reads = request.method == Method::get || request.method == Method::head;
        if (reads && response.status == 200) {
            const std::string_view etag = response.header("ETag");
            if (!etag.empty() && etag_matches(request, etag)) {
                response.status = 304;
                response.body.clear();
                response.static_body = {};
                response.stream = nullptr;
            }
        }
        if (response.stream && request.method == Method::head) response.stream = nullptr;
        if (response.event_stream.empty() && !response.subscription) compress_for(request, response);
        return response;
    } catch (const std::exception& error) {
        log::error("handler failed",
                   {{"request_id", request.id}, {"path", exchange_->route->pattern}, {"why", error.what()}});
        return parts_.router.problem(request, 500, "broken");
    }
}

void Connection::post_answer(Response response) {
    asio::post(loop_.context, [self = shared_from_this(), response = std::move(response)]() mutable {
        self->answer(std::move(response));
    });
}

void Connection::refuse(int status, std::string_view code) {
    if (write_pending_) return close();
    if (!exchange_) exchange_ = std::make_unique<Exchange>();
    Request& request = exchange_->head.request;
    if (request.id.empty()) {
        request.id = parts_.next_request_id();
        request.remote_address = remote_address_;
        request.secure = secure_;
    }
    Response response;
    try {
        response = parts_.router.problem(request, status, code);
    } catch (const std::exception& error) {
        log::error("wording a refusal failed", {{"request_id", request.id}, {"why", error.what()}});
        response = plain_problem(request, status, code);
    }
    answer(std::move(response));
}

static void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// A line end inside a value would be a second header.
static void append_header(std::string& out, std::string_view name, std::string_view value) {
    const auto append_clean = [&out](std::string_view text) {
        for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    };
    append_clean(name);
    out += ": ";
    append_clean(value);
    out += "\r\n";
}

struct FixedHeader {
    std::string_view name;
    std::string_view line;
};
static constexpr FixedHeader fixed_headers[] = {
    {"Content-Security-Policy",
     "Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
     "data: blob:; "
     "object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'\r\n"},
    {"X-Content-Type-Options", "X-Content-Type-Options: nosniff\r\n"},
    {"X-Frame-Options", "X-Frame-Options: DENY\r\n"},
    {"Referrer-Policy", "Referrer-Policy: same-origin\r\n"},
    {"Permissions-Policy", "Permissions-Policy: camera=(), microphone=(), geolocation=(self), payment=(), usb=()\r\n"},
    {"Cross-Origin-Opener-Policy", "Cross-Origin-Opener-Policy: same-origin\r\n"},
    {"Cross-Origin-Resource-Policy", "Cross-Origin-Resource-Policy: same-origin\r\n"},
    {"Cache-Control", "Cache-Control: no-store\r\n"},
};

void Connection::write_head(const Response& response, Framing framing, std::uint64_t length) {
    const Exchange& x = *exchange_;
    std::string& out = out_head_;
    out.clear();
    out.reserve(1024 + (length <= copied_body_max ? static_cast<std::size_t>(length) : 0));
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(response.status));
    out += ' ';
    out += reason_of(response.status);
    out += "\r\n";
    out += loop_.date_line;
    if (framing != Framing::none || length) append_header(out, "Content-Type", response.content_type);
    if (framing == Framing::chunked) {
        out += "Transfer-Encoding: chunked\r\n";
    } else if (framing == Framing::length) {
        out += "Content-Length: ";
        append_number(out, length);
        out += "\r\n";
    }
    out += "X-Request-Id: ";
    out += x.head.request.id;
    out += "\r\n";
    for (const auto& [name, value] : response.headers) append_header(out, name, value);
    for (const FixedHeader& header : fixed_headers)
        if (response.headers.empty() || response.header(header.name).empty()) out += header.line;
    if (x.head.request.secure) out += "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";
    if (!keep_alive_) {
        out += "Connection: close\r\n";
    } else if (x.head.http_1_0) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
}

void Connection::answer(Response response) {
    if (phase_ == Phase::closed) return;
    Exchange& x = *exchange_;
    const bool head_only = x.head.request.method == Method::head;
    keep_alive_ = x.head.keep_alive && x.body_done && !parts_.stopping;
    x.status = response.status;
    if (response.subscription || !response.event_stream.empty()) {
        if (!head_only) return begin_events(response);
        response.content_type = "text/event-stream";
        response.body.clear();
    }
    const std::string_view body = response.static_body.empty() ? std::string_view(response.body) : response.static_body;
    const bool bodiless = response.status == 204 || response.status == 304;
    write_head(response, bodiless ? Framing::none : Framing::length, bodiless ? 0 : body.size());
    if (!bodiless && !head_only) {
        if (body.size() <= copied_body_max) {
            out_head_ += body;
        } else if (response.static_body.empty()) {
            out_body_ = std::move(response.body);
        } else {
            out_static_ = response.static_body;
        }
    }
    phase_ = Phase::writing;
    begin_transfer(parts_.settings.write_time);
    if (flush()) written_all();
}

bool Connection::flush() {
    for (;;) {
        const std::string_view second = out_static_.empty() ? std::string_view(out_body_) : out_static_;
        if (out_sent_ == out_head_.size() + second.size()) return true;
        Buffers buffers;
        if (out_sent_ < out_head_.size()) {
            buffers = {asio::buffer(out_head_.data() + out_sent_, out_head_.size() - out_sent_),
                       asio::buffer(second.data(), second.size())};
        } else {
            const std::size_t skip = out_sent_ - out_head_.size();
            buffers = {asio::buffer(second.data() + skip, second.size() - skip), asio::const_buffer()};
        }
        const std::size_t bytes = write_now(buffers);
        if (bytes == 0) {
            write_pending_ = true;
            start_write(buffers);
            return false;
        }
        out_sent_ += bytes;
        count(loop_.counters.sent, bytes);
    }
}

void Connection::on_written(bool good, std::size_t bytes) {
    write_pending_ = false;
    if (phase_ == Phase::closed) return;
    if (!good) return close();
    out_sent_ += bytes;
    count(loop_.counters.sent, bytes);
    extend_transfer(parts_.settings.write_time, out_sent_);
    if (flush()) written_all();
}

void Connection::written_all() {
    out_head_.clear();
    out_body_ = {};
    out_static_ = {};
    out_sent_ = 0;
    switch (phase_) {
        case Phase::body:
            return run();
        case Phase::writing:
            return answered();
        case Phase::streaming:
            return pump();
        case Phase::events:
            return pump_events();
        default:
            return;
    }
}

void Connection::answered() {
    const auto took = std::chrono::steady_clock::now() - started_;
    const double seconds = std::chrono::duration<double>(took).count();
    LoopCounters& counters = loop_.counters;
    const auto status_class = static_cast<std::size_t>(std::clamp(exchange_->status / 100, 1, 5));
    count(counters.requests[status_class - 1]);
    // What could not be read has no beginning to measure from.
    if (exchange_->route) {
        std::size_t bucket = 0;
        while (bucket < ServerMetrics::duration_bounds.size() && seconds > ServerMetrics::duration_bounds[bucket])
            ++bucket;
        count(counters.durations[bucket]);
        count(counters.duration_nanoseconds, static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count()));
    }
    pipe_.reset();
    if (!keep_alive_) return linger();
    exchange_.reset();
    phase_ = Phase::idle;
    run();
}

// Closing while bytes of the client wait unread would reset the connection and lose the answer on its way.
void Connection::linger() {
    phase_ = Phase::lingering;
    begin_transfer(linger_time);
    start_shutdown();
}

void Connection::on_shutdown() {
    if (phase_ != Phase::lingering) return;
    if (reading_) return;
    reading_ = true;
    begin_ = end_ = 0;
    if (buffer_) return start_read(buffer_.get(), capacity_);
    start_read(small_buffer_.data(), small_buffer_.size());
}

// ---- streamed answers

namespace {

class PipeWriter final : public BodyWriter {
public:
    PipeWriter(StreamPipe& pipe, std::function<void()> wake, bool chunked, std::optional<std::uint64_t> length)
        : pipe_(pipe), wake_(std::move(wake)), chunked_(chunked), left_(length) {}

    bool write(std::string_view piece) override {
        if (left_) {
            if (piece.size() > *left_) broken_ = true;
            piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(*left_, piece.size())));
            *left_ -= piece.size();
        }
        gathered_ += piece;
        // The first piece goes out at once: the client sees that it has begun.
        if (!first_ && gathered_.size() < gathered_max) return true;
        return flush();
    }

    bool flush() override {
        if (gathered_.empty()) return true;
        first_ = false;
        std::unique_lock lock(pipe_.mutex);
        pipe_.room.wait(
            lock, [this] { return pipe_.gone || pipe_.waiting.size() + pipe_.writing < StreamPipe::waiting_max; });
        if (pipe_.gone) {
            gathered_.clear();
            return false;
        }
        if (chunked_) {
            char digits[16];
            pipe_.waiting.append(digits, std::to_chars(digits, digits + sizeof digits, gathered_.size(), 16).ptr);
            pipe_.waiting += "\r\n";
        }
        pipe_.waiting += gathered_;
        if (chunked_) pipe_.waiting += "\r\n";
        gathered_.clear();
        wake(lock);
        return true;
    }

    void finish() {
        flush();
        std::unique_lock lock(pipe_.mutex);
        if (broken_ || (left_ && *left_)) pipe_.aborted = true;
        if (chunked_) pipe_.waiting += "0\r\n\r\n";
        pipe_.finished = true;
        wake(lock);
    }

    void abort() {
        std::unique_lock lock(pipe_.mutex);
        pipe_.aborted = true;
        wake(lock);
    }

private:
    void wake(std::unique_lock<std::mutex>& lock) {
        const bool asleep = !pipe_.pumping;
        pipe_.pumping = true;
        lock.unlock();
        if (asleep) wake_();
    }

    static constexpr std::size_t gathered_max = 16u << 10;

    StreamPipe& pipe_;
    std::function<void()> wake_;
    const bool chunked_;
    std::optional<std::uint64_t> left_;
    std::string gathered_;
    bool first_ = true;
    bool broken_ = false;
};

}  // namespace

void Connection::stream(Response& response) {
    const auto self = shared_from_this();
    const std::function<void(BodyWriter&)> produce = std::move(response.stream);
    const std::string request_id = exchange_->head.request.id;
    const Framing framing = response.stream_length     ? Framing::length
                            : exchange_->head.http_1_0 ? Framing::until_close
                                                       : Framing::chunked;
    const std::optional<std::uint64_t> length = response.stream_length;
    auto pipe = std::make_shared<StreamPipe>();
    pipe->pumping = true;
    PipeWriter writer(
        *pipe, [self] { asio::post(self->loop_.context, [self] { self->pump(); }); }, framing == Framing::chunked,
        length);
    asio::post(loop_.context,
               [self, pipe, framing, response = std::move(response)] { self->begin_stream(response, pipe, framing); });
    try {
        produce(writer);
        writer.finish();
    } catch (const std::exception& error) {
        log::error("stream failed", {{"request_id", request_id}, {"why", error.what()}});
        writer.abort();
    }
}

void Connection::begin_stream(const Response& response, std::shared_ptr<StreamPipe> pipe, Framing framing) {
    if (phase_ == Phase::closed) {
        const std::lock_guard lock(pipe->mutex);
        pipe->gone = true;
        pipe->room.notify_all();
        return;
    }
    pipe_ = std::move(pipe);
    exchange_->status = response.status;
    keep_alive_ =
        exchange_->head.keep_alive && exchange_->body_done && !parts_.stopping && framing != Framing::until_close;
    write_head(response, framing, response.stream_length.value_or(0));
    phase_ = Phase::streaming;
    begin_transfer(parts_.settings.write_time);
    if (flush()) written_all();
}

void Connection::pump() {
    for (;;) {
        if (phase_ != Phase::streaming || write_pending_) return;
        bool finished = false;
        bool aborted = false;
        {
            const std::lock_guard lock(pipe_->mutex);
            pipe_->writing = pipe_->waiting.size();
            out_body_ = std::exchange(pipe_->waiting, {});
            pipe_->room.notify_all();
            aborted = pipe_->aborted;
            finished = out_body_.empty() && pipe_->finished;
            if (out_body_.empty() && !finished) pipe_->pumping = false;
        }
        if (aborted) return close();
        if (finished) return answered();
        if (out_body_.empty()) {
            deadline_ = Moment::max();  // the producer works; it is not the client who is slow
            return;
        }
        begin_transfer(parts_.settings.write_time);
        if (!flush()) return;
        out_body_ = {};
        out_sent_ = 0;
    }
}

// ---- event streams

void Connection::begin_events(Response& response) {
    auto subscription = response.subscription ? std::move(response.subscription)
                                              : parts_.events.subscribe(response.event_stream, response.event_data);
    keep_alive_ = false;
    response.status = 200;
    response.content_type = "text/event-stream; charset=utf-8";
    response.set_header("X-Accel-Buffering", "no");
    write_head(response, Framing::until_close, 0);
    events_waiting_ = std::move(response.body);
    phase_ = Phase::events;
    count(loop_.counters.requests[1]);
    count(loop_.counters.event_streams);
    exchange_.reset();
    buffer_.reset();
    capacity_ = begin_ = end_ = 0;
    lingered_ = 0;
    subscription_ = std::move(subscription);
    subscription_->attach(*this);
    started_ = std::chrono::steady_clock::now();
    begin_transfer(parts_.settings.write_time);
    reading_ = true;
    start_read(small_buffer_.data(), small_buffer_.size());
    if (parts_.stopping) end_after_events_ = true;
    if (flush()) written_all();
}

void Connection::send_event(std::string bytes) {
    asio::post(loop_.context, [self = shared_from_this(), bytes = std::move(bytes)] { self->append_event(bytes); });
}

void Connection::end_events() {
    asio::post(loop_.context, [self = shared_from_this()] {
        if (self->phase_ != Phase::events) return;
        self->end_after_events_ = true;
        if (!self->write_pending_) self->pump_events();
    });
}

void Connection::append_event(std::string_view bytes) {
    if (phase_ != Phase::events) return;
    if (events_waiting_.size() + bytes.size() > parts_.settings.event_bytes_max) {
        count(loop_.counters.timeouts);
        return close();
    }
    events_waiting_ += bytes;
    started_ = std::chrono::steady_clock::now();
    if (!write_pending_) pump_events();
}

void Connection::pump_events() {
    while (!write_pending_ && phase_ == Phase::events) {
        out_head_ = {};
        out_sent_ = 0;
        out_body_ = std::exchange(events_waiting_, {});
        if (out_body_.empty()) {
            deadline_ = Moment::max();
            if (end_after_events_) linger();
            return;
        }
        begin_transfer(parts_.settings.write_time);
        if (!flush()) return;
    }
}

}  // namespace gx::net
