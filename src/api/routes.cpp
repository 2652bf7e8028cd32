#include "api/routes.hpp"

#include "access/viewing.hpp"
#include "api/answer.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

namespace gx::api {

namespace {

bool is_writing(net::Method method) {
    return method != net::Method::get && method != net::Method::head && method != net::Method::options;
}

// Of a stream only when it has ended: what it reads is not read before.
void tell_disclosed(Services& services, Context& context, net::Response& response) {
    if (!response.stream) return services.trail.disclosed(context.request, context.caller);
    net::Request head;
    head.method = context.request.method;
    head.path = context.request.path;
    head.params = context.request.params;
    head.id = context.request.id;
    response.stream = [&trail = services.trail, head = std::move(head), caller = context.caller,
                       stream = std::move(response.stream)](net::BodyWriter& out) {
        stream(out);
        trail.disclosed(head, caller);
    };
}

// The key of "Authorization: Bearer …"; empty when the request carries none.
std::string_view bearer_of(const net::Request& request) {
    constexpr std::string_view scheme = "bearer";
    const std::string_view header = request.header("authorization");
    if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return {};
    return fold(header.substr(0, scheme.size())) == scheme ? trim(header.substr(scheme.size())) : std::string_view();
}

// Of the key when the request carries one, else of the cookie.
std::optional<access::Session> session_of(Services& services, const net::Request& request) {
    const std::string_view key = bearer_of(request);
    if (key.empty()) return services.identity.sessions.find(request.cookie("gx_session"), request.remote_address);
    auto session = services.identity.api_keys.find(key, request.remote_address);
    if (!session) {
        services.trail.unknown_key(request);
        throw Failure(Failure::Kind::unauthenticated, "key_unknown");
    }
    return session;
}

// The person, or the one as whom the person looks. A right to look that is gone leaves the person, still only reading.
access::Caller caller_of(Services& services, const access::Session& session, bool as_person) {
    access::Caller person = services.callers.of(session.user);
    if (!session.view_as || as_person) return person;
    access::Caller other = services.callers.of(session.view_as);
    if (!access::may_view_as(*person.grants, *other.grants)) return person;
    other.language = person.language;
    other.viewer =
        std::make_shared<const access::Caller::Viewer>(access::Caller::Viewer{session.user, person.login, person.name});
    return other;
}

}  // namespace

const meta::Object& Context::object() const {
    const meta::Object* found = model->find(request.param("object"));
    if (found == nullptr) throw not_found();
    return *found;
}

access::Peer peer_of(const net::Request& request) {
    return {request.remote_address, std::string(request.header("user-agent"))};
}

meta::ReadContext Context::reading() const { return {*model, *caller.zone, services.currency, caller.language}; }

void Routes::open(net::Method method, std::string pattern, net::RouteInfo info, net::Handler handler) {
    info.sign_in = false;
    router_.add(
        method, std::move(pattern),
        [&services = services_, handler = std::move(handler)](net::Request& request) {
            const meta::ModelPtr model = services.model();
            return answer(request, language_of(request), model.get(), handler);
        },
        std::move(info));
}

void Routes::signed_in(net::Method method, std::string pattern, net::RouteInfo info, Handle handle) {
    add(method, std::move(pattern), std::move(info), std::move(handle), {.by_key = true});
}

void Routes::taking_out(net::Method method, std::string pattern, net::RouteInfo info, Handle handle) {
    add(method, std::move(pattern), std::move(info), std::move(handle), {.by_key = true, .reads_as = false});
}

void Routes::signing_in(net::Method method, std::string pattern, net::RouteInfo info, Handle handle) {
    add(method, std::move(pattern), std::move(info), std::move(handle), {.unfinished = true});
}

void Routes::in_person(net::Method method, std::string pattern, net::RouteInfo info, Handle handle) {
    add(method, std::move(pattern), std::move(info), std::move(handle), {.reads_as = false});
}

void Routes::leaving(net::Method method, std::string pattern, net::RouteInfo info, Handle handle) {
    add(method, std::move(pattern), std::move(info), std::move(handle), {.unfinished = true, .leaves = true});
}

void Routes::check(const net::Request& request, const access::Session& session, const Entry& entry) {
    const bool writes = is_writing(request.method);
    if (session.api_key) {
        // No browser sends a key by itself, so nobody can make one send it for him.
        if (!entry.by_key) throw Failure(Failure::Kind::forbidden, "not_with_a_key");
        if (writes && session.reads_only) throw Failure(Failure::Kind::forbidden, "key_only_reads");
        return;
    }
    if (writes && !equal_in_constant_time(request.header("x-csrf-token"), session.csrf))
        throw Failure(Failure::Kind::forbidden, "csrf");
    if (!entry.unfinished) {
        if (session.step == access::Step::password) throw Failure(Failure::Kind::forbidden, "password_change_needed");
        if (session.step != access::Step::none) throw Failure(Failure::Kind::unauthenticated, "sign_in_unfinished");
    }
    if (session.view_as && !entry.leaves && (writes || !entry.reads_as))
        throw Failure(Failure::Kind::forbidden, "looking_as_another");
}

void Routes::add(net::Method method, std::string pattern, net::RouteInfo info, Handle handle, Entry entry) {
    entry.guarded = info.right == administrators;
    const auto checked = [&services = services_, entry](net::Request& request, const Handle& then) {
        const meta::ModelPtr model = services.model();
        return answer(request, language_of(request), model.get(), [&](net::Request&) -> net::Response {
            const auto session = session_of(services, request);
            if (!session) throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
            Context context{request, services, caller_of(services, *session, entry.leaves), *session, model};
            context.caller.address = request.remote_address;
            context.caller.disclosed = std::make_shared<access::Disclosed>();
            // Worded in the user's own language, also when it fails.
            net::Response response = answer(
                request, context.caller.language, model.get(),
                [&](net::Request&) {
                    check(request, *session, entry);
                    if (session->api_key && !context.caller.grants->has_special(access::use_keys_right))
                        throw Failure(Failure::Kind::forbidden, "keys_not_allowed");
                    if (entry.guarded && !context.caller.grants->administrator())
                        throw forbidden(std::string(administrators));
                    return then(context);
                },
                [&](const Failure& failure) {
                    services.trail.refused(request, context.caller, session->key, *model, failure);
                });
            tell_disclosed(services, context, response);
            return response;
        });
    };
    if (info.multipart) {
        // Refused before the upload fills the disk.
        info.before_body = [checked](net::Request& request) -> std::optional<net::Response> {
            bool admitted = false;
            net::Response response = checked(request, [&](Context&) {
                admitted = true;
                return net::Response();
            });
            if (admitted) return std::nullopt;
            return response;
        };
    }
    router_.add(
        method, std::move(pattern),
        [checked, handle = std::move(handle)](net::Request& request) { return checked(request, handle); },
        std::move(info));
}

net::RouteInfo about(std::string tag, std::string summary, std::string right, std::string body_schema, int status) {
    net::RouteInfo info;
    info.tag = std::move(tag);
    info.summary = std::move(summary);
    info.right = std::move(right);
    info.body_schema = std::move(body_schema);
    info.status = status;
    return info;
}

void add_all_routes(Routes& routes) {
    add_session_routes(routes);
    add_second_factor_routes(routes);
    add_passkey_routes(routes);
    add_directory_routes(routes);
    add_recovery_routes(routes);
    add_sso_routes(routes);
    add_issuer_routes(routes);
    add_profile_routes(routes);
    add_account_routes(routes);
    add_view_routes(routes);
    add_key_routes(routes);
    add_meta_routes(routes);
    add_record_routes(routes);
    add_rights_routes(routes);
    add_granting_routes(routes);
    add_file_routes(routes);
    add_import_routes(routes);
    add_job_routes(routes);
    add_event_routes(routes);
    add_handover_routes(routes);
    add_notice_routes(routes);
    add_operation_routes(routes);
    add_audit_routes(routes);
}

}  // namespace gx::api
