#include "api/session_reply.hpp"

#include "api/read_request.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

std::string text_member(const json::object& body, std::string_view name) {
    const json::value* member = body.if_contains(name);
    if (member == nullptr || !member->is_string()) throw invalid({{std::string(name), "required", {}, {}}});
    return std::string(member->get_string());
}

std::string optional_text(const json::object& body, std::string_view name) {
    return body.contains(name) ? text_member(body, name) : std::string();
}

json::value small_body(const net::Request& request) {
    json::value body = parse_json(request.body, {.bytes_max = 16 << 10, .depth_max = 4});
    object_body(body);
    return body;
}

std::string session_cookie(std::string_view token, bool secure) {
    std::string text = "gx_session=" + std::string(token) + "; Path=/; HttpOnly; SameSite=Lax";
    if (secure) text += "; Secure";
    return text;
}

std::string ended_cookie(bool secure) { return session_cookie("", secure) + "; Max-Age=0"; }

void end_session_before(Services& services, const net::Request& request) {
    access::Sessions& sessions = services.identity.sessions;
    if (const auto before = sessions.find(request.cookie("gx_session"), request.remote_address))
        sessions.end(before->key, access::End::another_sign_in);
}

void tell_own(const Context& context, std::string_view what) {
    access::AuditEntry entry = entry_of(access::audit_kind::password, context.caller);
    entry.object = "user";
    entry.record = context.session.user;
    entry.subject = context.caller.login;
    entry.detail = "{\"what\":\"" + std::string(what) + "\"}";
    context.services.audit.append(std::move(entry));
}

net::Response session_reply(Context& context, std::string_view more) {
    net::Response response;
    response.compress = false;  // a secret beside text that others may choose must not be compressed (BREACH)
    const access::Step step = context.session.step;
    JsonWriter json(response.body);
    json.begin_object();
    if (step == access::Step::none || step == access::Step::password) {
        json.key("user");
        write_user(context, json);
    }
    json.key("csrf").string(context.session.csrf);
    if (step != access::Step::none) json.key("next").string(access::name_of(step));
    // Instead of the code a passkey will do.
    if (step == access::Step::code)
        json.key("passkey").boolean(context.services.identity.demands.of(context.session.user).has_passkey);
    json.end_object();
    if (!more.empty()) {
        response.body.pop_back();
        response.body += ',';
        response.body += more;
        response.body += '}';
    }
    return response;
}

net::Response entered_reply(Services& services, net::Request& request, const access::SignIn::Entered& entered,
                            std::string_view more) {
    access::Session session;
    session.user = entered.user;
    session.key = entered.tokens.key;
    session.csrf = entered.tokens.csrf;
    session.step = entered.step;
    Context context{request, services, services.callers.of(entered.user), session, services.model()};
    net::Response response = session_reply(context, more);
    response.headers.emplace_back("Set-Cookie", session_cookie(entered.tokens.token, request.secure));
    return response;
}

}  // namespace gx::api
