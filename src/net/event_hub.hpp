// Server-sent events: who listens, and one message to many. No thread belongs to a stream; a listener that reads too
// slowly is cut off and comes back with Last-Event-ID.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gx::net {

class EventHub;

// What takes the bytes of one stream; a connection of the server. Both may be called from any thread.
class EventSink {
public:
    virtual ~EventSink() = default;
    virtual void send_event(std::string bytes) = 0;
    virtual void end_events() = 0;
};

struct Subscriber {
    std::string key;                        // opaque: a session, a user
    std::shared_ptr<const void> user_data;  // opaque: what the filter needs to know
};

// One listener. Messages published before the stream is open are kept, so a handler subscribes first, reads its
// backlog second, and answers third.
class Subscription {
public:
    explicit Subscription(Subscriber subscriber) : subscriber_(std::move(subscriber)) {}

    const Subscriber& subscriber() const { return subscriber_; }

    void attach(EventSink& sink);  // by the server
    void detach();                 // by the server; no call into the sink after it returns
    void send(std::string bytes);
    void end();

    static constexpr std::size_t waiting_max = 64u << 10;

private:
    const Subscriber subscriber_;
    std::mutex mutex_;
    EventSink* sink_ = nullptr;
    std::string waiting_;
    bool ended_ = false;
};

class EventHub {
public:
    std::shared_ptr<Subscription> subscribe(std::string key, std::shared_ptr<const void> user_data = nullptr);
    void unsubscribe(const Subscription& subscription);

    // Asks `render` once for each subscriber, on the calling thread and one publish at a time: messages keep their
    // order. Nothing for a subscriber who may not see it, else the bytes made by event_text().
    void publish(const std::function<std::optional<std::string>(const Subscriber&)>& render);

    // Ends every stream of this key at once (sign-out).
    void close(std::string_view key);
    void close_all();

    std::size_t size() const;

private:
    std::vector<std::shared_ptr<Subscription>> all() const;

    std::mutex publishing_;
    mutable std::mutex mutex_;
    std::unordered_map<const Subscription*, std::weak_ptr<Subscription>> subscriptions_;
    std::size_t sweep_at_ = 64;
};

// "id: 7\nevent: change\ndata: {…}\n\n". Line ends in the data become lines of data; id and name may be empty.
std::string event_text(std::string_view id, std::string_view name, std::string_view data);

}  // namespace gx::net
