#include "api/events.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "access/viewing.hpp"
#include "api/answer.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

// After a longer pause a browser reloads what it shows instead of replaying every change.
constexpr int replay_max = 500;

struct Listener {
    RecordId user;    // whose rights decide what is told
    RecordId viewer;  // who looks as that one; none: the same
    bool by_key = false;
};

// The change as this caller may know it; nothing when no row of it is his to see. A row that went out of sight (given
// to another owner) is told too, so that it leaves the screen.
std::optional<std::string> event_for(const Services& services, const Listener& listener,
                                     const record::Records::Committed& committed) {
    const meta::ModelPtr model = services.model();
    const access::Caller caller = services.callers.of(listener.user);
    const access::Grants& grants = *caller.grants;
    if (listener.viewer && !access::may_view_as(*services.callers.of(listener.viewer).grants, grants))
        return std::nullopt;
    const meta::Object* object = model->find(committed.object);
    if (object == nullptr || !access::may(grants, *object, access::Verb::view)) return std::nullopt;
    const access::RowFilter filter = access::rows(grants, *object, access::Verb::view);
    const bool closed = committed.closed_to && std::ranges::binary_search(grants.grantees, committed.closed_to);
    std::vector<RecordId> seen;
    for (const auto& row : committed.rows) {
        if (closed || filter.admits(row.owner, row.department) || filter.admits(row.old_owner, row.old_department)) {
            seen.push_back(row.id);
        }
    }
    if (!filter.is_plain() && seen.size() < committed.rows.size()) {
        // Conditions and shares are asked of the record itself.
        std::vector<RecordId> others;
        for (const auto& row : committed.rows) {
            if (std::find(seen.begin(), seen.end(), row.id) == seen.end()) others.push_back(row.id);
        }
        for (const RecordId id : services.records.reached(caller, committed.object, others)) seen.push_back(id);
    }
    if (seen.empty() && !committed.many) return std::nullopt;
    std::string data;
    JsonWriter json(data);
    json.begin_object();
    json.key("object").string(committed.object);
    json.key("operation").string(committed.operation);
    json.key("batch").id(committed.batch);
    json.key("ids");
    if (committed.many) {
        json.null();
    } else {
        json.begin_array();
        for (const RecordId id : seen) json.id(id);
        json.end_array();
    }
    json.end_object();
    // What was not committed but came with time has no place to go on from.
    return net::event_text(committed.event == 0 ? "" : std::to_string(committed.event), "change", data);
}

Response stream(Context& context) {
    std::int64_t after = 0;
    const std::string_view last = context.request.header("last-event-id");
    std::from_chars(last.data(), last.data() + last.size(), after);

    Response response;
    response.content_type = "text/event-stream; charset=utf-8";
    response.compress = false;
    // Subscribed before the backlog is read: what is committed in between waits in the subscription.
    response.event_stream = context.session.key;
    const auto listener = std::make_shared<const Listener>(
        Listener{context.caller.user(), context.caller.viewer ? context.session.user : RecordId{},
                 static_cast<bool>(context.session.api_key)});
    response.subscription = context.services.events.subscribe(context.session.key, listener);
    response.subscription->send("retry: 2000\n\n");
    // A page that was open while another one of this browser changed who looks knows it by this.
    response.subscription->send(net::event_text("", "who", "{\"user\":\"" + to_string(context.caller.user()) + "\"}"));
    if (after > 0) {
        const auto missed = context.services.records.committed_after(after, replay_max);
        if (static_cast<int>(missed.size()) == replay_max) {
            response.subscription->send(net::event_text("", "meta", "{}"));
        } else {
            for (const auto& committed : missed) {
                if (auto event = event_for(context.services, *listener, committed))
                    response.subscription->send(std::move(*event));
            }
        }
    }
    return response;
}

}  // namespace

void publish_changes(Services& services) {
    services.records.on_commit([&services](const record::Records::Committed& committed) {
        services.events.publish([&](const net::Subscriber& subscriber) -> std::optional<std::string> {
            const auto& listener = *static_cast<const Listener*>(subscriber.user_data.get());
            try {
                return event_for(services, listener, committed);
            } catch (const Failure&) {
                return std::nullopt;  // the account is gone; its streams end with its session
            }
        });
    });
    services.notices.on_change([&services](RecordId employee, std::int64_t unread) {
        std::string data;
        JsonWriter(data).begin_object().key("unread").integer(unread).end_object();
        const std::string event = net::event_text("", "notice", data);
        services.events.publish([&](const net::Subscriber& subscriber) -> std::optional<std::string> {
            try {
                const RecordId user = static_cast<const Listener*>(subscriber.user_data.get())->user;
                return services.grants.of(user)->employee == employee ? std::optional(event) : std::nullopt;
            } catch (const Failure&) {
                return std::nullopt;
            }
        });
    });
    services.jobs.on_change([&services](const features::Job& job) {
        std::string data;
        JsonWriter json(data);
        json.begin_object();
        json.key("id").id(job.id);
        json.key("kind").string(job.kind);
        json.key("state").string(job.state);
        json.key("done").integer(job.done);
        json.key("all").integer(job.all);
        json.end_object();
        const std::string event = net::event_text("", "job", data);
        services.events.publish([&](const net::Subscriber& subscriber) -> std::optional<std::string> {
            if (static_cast<const Listener*>(subscriber.user_data.get())->user != job.user) return std::nullopt;
            return event;
        });
    });
}

void publish_ended_sessions(Services& services) {
    services.identity.sessions.on_end([&services](std::span<const std::string> keys, bool renewed) {
        const std::unordered_set<std::string_view> ended(keys.begin(), keys.end());
        // A browser whose session goes on under another token connects again by itself.
        if (!renewed) {
            const std::string event = net::event_text("", "ended", "{}");
            services.events.publish([&](const net::Subscriber& subscriber) -> std::optional<std::string> {
                return ended.contains(subscriber.key) ? std::optional(event) : std::nullopt;
            });
        }
        for (const std::string& key : keys) services.events.close(key);
    });
}

void end_key_streams(Services& services) {
    std::vector<std::string> open, over;
    services.events.publish([&](const net::Subscriber& subscriber) -> std::optional<std::string> {
        const auto& listener = *static_cast<const Listener*>(subscriber.user_data.get());
        if (!listener.by_key) return std::nullopt;
        open.push_back(subscriber.key);
        try {
            if (!services.callers.of(listener.user).grants->has_special(access::use_keys_right))
                over.push_back(subscriber.key);
        } catch (const Failure&) {
            over.push_back(subscriber.key);  // the account is gone
        }
        return std::nullopt;
    });
    if (open.empty()) return;
    for (std::string& key : services.identity.api_keys.over(open)) over.push_back(std::move(key));
    for (const std::string& key : over) services.events.close(key);
}

void publish_meta_changed(Services& services) {
    const std::string event = net::event_text("", "meta", "{}");
    services.events.publish([&](const net::Subscriber&) -> std::optional<std::string> { return event; });
}

void publish_rights_changed(Services& services) {
    const std::string event = net::event_text("", "rights", "{}");
    services.events.publish([&](const net::Subscriber&) -> std::optional<std::string> { return event; });
}

void add_event_routes(Routes& routes) {
    routes.signed_in(Method::get, "/api/events", about("events", "Live changes as server-sent events"), stream);
}

}  // namespace gx::api
