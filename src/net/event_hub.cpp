#include "net/event_hub.hpp"

#include <algorithm>
#include <utility>

namespace gx::net {

void Subscription::attach(EventSink& sink) {
    const std::lock_guard lock(mutex_);
    sink_ = &sink;
    if (!waiting_.empty()) sink_->send_event(std::exchange(waiting_, {}));
    if (ended_) sink_->end_events();
}

void Subscription::detach() {
    const std::lock_guard lock(mutex_);
    sink_ = nullptr;
    ended_ = true;
    waiting_ = {};
}

void Subscription::send(std::string bytes) {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    if (sink_) return sink_->send_event(std::move(bytes));
    waiting_ += bytes;
    // The client comes back with Last-Event-ID and reads the rest from the backlog.
    if (waiting_.size() > waiting_max) ended_ = true;
}

void Subscription::end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (sink_) sink_->end_events();
}

std::shared_ptr<Subscription> EventHub::subscribe(std::string key, std::shared_ptr<const void> user_data) {
    auto subscription = std::make_shared<Subscription>(Subscriber{std::move(key), std::move(user_data)});
    const std::lock_guard lock(mutex_);
    // A handler that subscribes and then throws leaves an expired entry; sweeping at each doubling keeps this cheap.
    if (subscriptions_.size() >= sweep_at_) {
        std::erase_if(subscriptions_, [](const auto& entry) { return entry.second.expired(); });
        sweep_at_ = std::max<std::size_t>(64, 2 * subscriptions_.size());
    }
    subscriptions_.emplace(subscription.get(), subscription);
    return subscription;
}

void EventHub::unsubscribe(const Subscription& subscription) {
    const std::lock_guard lock(mutex_);
    subscriptions_.erase(&subscription);
}

void EventHub::publish(const std::function<std::optional<std::string>(const Subscriber&)>& render) {
    const std::lock_guard in_order(publishing_);
    for (const auto& subscription : all())
        if (auto bytes = render(subscription->subscriber())) subscription->send(std::move(*bytes));
}

void EventHub::close(std::string_view key) {
    for (const auto& subscription : all())
        if (subscription->subscriber().key == key) subscription->end();
}

void EventHub::close_all() {
    for (const auto& subscription : all()) subscription->end();
}

std::size_t EventHub::size() const {
    const std::lock_guard lock(mutex_);
    return subscriptions_.size();
}

std::vector<std::shared_ptr<Subscription>> EventHub::all() const {
    std::vector<std::shared_ptr<Subscription>> found;
    const std::lock_guard lock(mutex_);
    found.reserve(subscriptions_.size());
    for (const auto& [key, weak] : subscriptions_)
        if (auto subscription = weak.lock()) found.push_back(std::move(subscription));
    return found;
}

static void append_line(std::string& out, std::string_view field, std::string_view value) {
    out.append(field).append(": ");
    // A line end here would start another field.
    for (const char c : value)
        if (c != '\n' && c != '\r' && c != '\0') out += c;
    out += '\n';
}

std::string event_text(std::string_view id, std::string_view name, std::string_view data) {
    std::string out;
    out.reserve(id.size() + name.size() + data.size() + 32);
    if (!id.empty()) append_line(out, "id", id);
    if (!name.empty()) append_line(out, "event", name);
    while (true) {
        const std::size_t end = data.find('\n');
        append_line(out, "data", data.substr(0, end));
        if (end == std::string_view::npos) break;
        data.remove_prefix(end + 1);
    }
    return out += '\n';
}

}  // namespace gx::net
