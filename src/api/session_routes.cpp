// Signing in and out, the own password, and what a user likes.
#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_reply.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Request;
using net::Response;

Response sign_in(Services& services, Request& request) {
    const json::value body = small_body(request);
    const json::object& members = body.get_object();
    const auto entered =
        services.identity.sign_in.begin(text_member(members, "login"), text_member(members, "password"),
                                        optional_text(members, "code"), peer_of(request));
    end_session_before(services, request);
    return entered_reply(services, request, entered);
}

Response give_code(Context& context) {
    const json::value body = small_body(context.request);
    return entered_reply(context.services, context.request,
                         context.services.identity.sign_in.give_code(
                             context.session, text_member(body.get_object(), "code"), peer_of(context.request)));
}

Response sign_out(Context& context) {
    context.services.identity.sessions.end(context.session.key, access::End::sign_out);
    Response response;
    response.status = 204;
    response.headers.emplace_back("Set-Cookie", ended_cookie(context.request.secure));
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

// At the end of a sign-in, because the old password is over; else whenever the person likes, with the old one.
Response change_password(Context& context) {
    const json::value body = small_body(context.request);
    const json::object& members = body.get_object();
    access::Identity& identity = context.services.identity;
    if (context.session.step == access::Step::password) {
        const auto entered =
            identity.sign_in.choose_password(context.session, text_member(members, "new"), peer_of(context.request));
        tell_own(context, "changed");
        return entered_reply(context.services, context.request, entered);
    }
    if (context.session.step != access::Step::none) throw Failure(Failure::Kind::unauthenticated, "sign_in_unfinished");
    identity.passwords.change(context.session.user, peer_of(context.request), text_member(members, "old"),
                              text_member(members, "new"));
    tell_own(context, "changed");
    identity.sessions.end_all(context.session.user, access::End::password, context.session.key);
    Response response;
    response.status = 204;
    return response;
}

}  // namespace

void add_session_routes(Routes& routes) {
    Services& services = routes.services();
    routes.open(Method::post, "/api/session", about("session", "Sign in", "", "any", 200),
                [&services](Request& request) { return sign_in(services, request); });
    // Also while a sign-in is not finished: a page that is loaded again goes on where it was, or gives up.
    routes.signing_in(Method::get, "/api/session", about("session", "Who is signed in, or what is still to do"),
                      [](Context& context) { return session_reply(context); });
    routes.leaving(Method::delete_, "/api/session", about("session", "Sign out", "own", "", 204), sign_out);
    routes.signing_in(Method::post, "/api/session/code",
                      about("session", "Give the code of the second factor", "own", "any", 200), give_code);
    routes.signing_in(Method::post, "/api/session/password",
                      about("session", "Change the own password; other sessions end", "own", "any", 204),
                      change_password);
    routes.in_person(Method::patch, "/api/session", about("session", "Change own display settings", "own", "any", 204),
                     change_settings);
}

}  // namespace gx::api
