// Signing in and out, the own password, and what a user likes.
#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Request;
using net::Response;

std::string cookie(std::string_view token, bool secure, bool ended = false) {
    std::string text = "gx_session=" + std::string(token) + "; Path=/; HttpOnly; SameSite=Lax";
    if (secure) text += "; Secure";
    if (ended) text += "; Max-Age=0";
    return text;
}

std::string text_member(const json::object& body, std::string_view name) {
    const json::value* member = body.if_contains(name);
    if (member == nullptr || !member->is_string()) throw invalid({{std::string(name), "required", {}, {}}});
    return std::string(member->get_string());
}

Response session_reply(Context& context) {
    Response response;
    response.compress = false;  // a secret beside text that others may choose must not be compressed (BREACH)
    JsonWriter json(response.body);
    json.begin_object().key("user");
    write_user(context, json);
    json.key("csrf").string(context.session.csrf);
    json.end_object();
    return response;
}

Response sign_in(Services& services, Request& request) {
    const json::value body = parse_json(request.body, {.bytes_max = 16 << 10, .depth_max = 4});
    const json::object& members = object_body(body);
    const access::SignedIn signed_in =
        services.sessions.sign_in(text_member(members, "login"), text_member(members, "password"),
                                  {request.remote_address, std::string(request.header("user-agent"))});
    Context context{
        request, services, services.callers.of(signed_in.user), {signed_in.user, {}, signed_in.csrf}, services.model()};
    Response response = session_reply(context);
    response.headers.emplace_back("Set-Cookie", cookie(signed_in.token, request.secure));
    return response;
}

Response sign_out(Context& context) {
    context.services.sessions.sign_out(context.request.cookie("gx_session"));
    context.services.events.close(context.session.key);
    Response response;
    response.status = 204;
    response.headers.emplace_back("Set-Cookie", cookie("", context.request.secure, true));
    return response;
}

Response change_settings(Context& context) {
    const json::value body = parse_json(context.request.body, {.bytes_max = 256 << 10, .depth_max = 16});
    std::map<std::string, std::string> settings;
    std::vector<Problem> problems;
    const auto one_of = [&](std::string_view name, const json::value& value,
                            std::initializer_list<std::string_view> allowed) {
        for (const std::string_view word : allowed) {
            if (value.is_string() && value.get_string() == word) {
                settings[std::string(name)] = json::serialize(value);
                return;
            }
        }
        problems.push_back(
            {std::string(name), "unknown_choice", {{"value", json::serialize(value).substr(0, 100)}}, {}});
    };
    for (const auto& [name, value] : object_body(body)) {
        if (name == "language") {
            one_of(name, value, {"zh", "en"});
        } else if (name == "theme") {
            one_of(name, value, {"light", "dark", "system"});
        } else if (name == "density") {
            one_of(name, value, {"compact", "default", "roomy"});
        } else if (name == "preferences" && value.is_object()) {
            for (const auto& [key, preference] : value.get_object())
                settings["preferences." + std::string(key)] = json::serialize(preference);
        } else {
            problems.push_back(
                {std::string(name).substr(0, 100), "unknown_field", {{"field", std::string(name).substr(0, 100)}}, {}});
        }
    }
    if (!problems.empty()) throw invalid(std::move(problems));
    context.services.settings.set(context.session.user, settings);
    context.services.callers.forget(context.session.user);  // the language is part of the caller
    Response response;
    response.status = 204;
    return response;
}

Response change_password(Context& context) {
    const json::value body = parse_json(context.request.body, {.bytes_max = 16 << 10, .depth_max = 4});
    const json::object& members = object_body(body);
    Services& services = context.services;
    services.sessions.change_password(context.session.user, context.caller.login, text_member(members, "old"),
                                      text_member(members, "new"));
    for (const std::string& key : services.sessions.end_all(context.session.user, context.session.key))
        services.events.close(key);
    Response response;
    response.status = 204;
    return response;
}

}  // namespace

void add_session_routes(Routes& routes) {
    Services& services = routes.services();
    routes.open(Method::post, "/api/session", about("session", "Sign in", "", "any", 200),
                [&services](Request& request) { return sign_in(services, request); });
    routes.signed_in(Method::get, "/api/session", about("session", "Who is signed in", "", "", 200), session_reply);
    routes.signed_in(Method::patch, "/api/session", about("session", "Change own display settings", "own", "any", 204),
                     change_settings);
    routes.signed_in(Method::delete_, "/api/session", about("session", "Sign out", "own", "", 204), sign_out);
    routes.signed_in(Method::post, "/api/session/password",
                     about("session", "Change the own password; other sessions end", "own", "any", 204),
                     change_password);
}

}  // namespace gx::api
