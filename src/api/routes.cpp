#include "api/routes.hpp"

#include "api/answer.hpp"
#include "base/secret.hpp"

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

}  // namespace

const meta::Object& Context::object() const {
    const meta::Object* found = model->find(request.param("object"));
    if (found == nullptr) throw not_found();
    return *found;
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
    const auto checked = [&services = services_](net::Request& request, const Handle& then) {
        const meta::ModelPtr model = services.model();
        return answer(request, language_of(request), model.get(), [&](net::Request&) -> net::Response {
            const auto session = services.sessions.find(request.cookie("gx_session"));
            if (!session) throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
            Context context{request, services, services.callers.of(session->user), *session, model};
            context.caller.address = request.remote_address;
            context.caller.disclosed = std::make_shared<access::Disclosed>();
            // Worded in the user's own language, also when it fails.
            net::Response response = answer(
                request, context.caller.language, model.get(),
                [&](net::Request&) {
                    if (is_writing(request.method) &&
                        !equal_in_constant_time(request.header("x-csrf-token"), session->csrf)) {
                        throw Failure(Failure::Kind::forbidden, "csrf");
                    }
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
