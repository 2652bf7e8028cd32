#include "api/events.hpp"

#include <algorithm>
#include <charconv>

#include "api/answer.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

// After a longer pause a browser reloads what it shows instead of replaying every change.
constexpr int replay_max = 500;

struct Listener {
    RecordId user;
};

// The change as this caller may know it; nothing when no row of it is his to see. A row that went out of sight (given
// to another owner) is told too, so that it leaves the screen.
std::optional<std::string> event_for(const Services& services, RecordId user,
                                     const record::Records::Committed& committed) {
    const meta::ModelPtr model = services.model();
    const access::Caller caller = services.callers.of(user);
    const access::Grants& grants = *caller.grants;
    const meta::Object* object = model->find(committed.object);
    if (object == nullptr || !access::may(grants, *object, access::Verb::view)) return std::nullopt;
    const access::RowFilter filter = access::rows(grants, *object, access::Verb::view);
    std::vector<RecordId> seen;
    for (const auto& row : committed.rows) {
        if (filter.everything || !object->owned || filter.admits(row.owner, row.department) ||
            filter.admits(row.old_owner, row.old_department)) {
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
    return net::event_text(std::to_string(committed.event), "change", data);
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
    response.subscription = context.services.events.subscribe(
        context.session.key, std::make_shared<Listener>(Listener{context.session.user}));
    response.subscription->send("retry: 2000\n\n");
    if (after > 0) {
        const auto missed = context.services.records.committed_after(after, replay_max);
        if (static_cast<int>(missed.size()) == replay_max) {
            response.subscription->send(net::event_text("", "meta", "{}"));
        } else {
            for (const auto& committed : missed) {
                if (auto event = event_for(context.services, context.session.user, committed))
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
                return event_for(services, listener.user, committed);
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
