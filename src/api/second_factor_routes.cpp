// Setting up the second factor: while signing in, when one is asked for and there is none, or later in the profile.
// Changes of it need the password again: a session that somebody left open is not enough.
#include "api/answer.hpp"
#include "api/routes.hpp"
#include "api/session_reply.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using access::Step;
using net::Method;
using net::Response;

// A passkey is good for a second factor too.
bool is_needed(const access::Demands::Of& of) {
    return of.demanded == access::Strength::second_factor && !of.has_passkey;
}

bool is_asked_for_now(const Context& context) { return context.session.step == Step::enrol; }

// Before the code of the second factor that exists, nothing of it may be touched.
void only_when_admitted(const Context& context) {
    if (context.session.step == Step::password) throw Failure(Failure::Kind::forbidden, "password_change_needed");
    if (context.session.step != Step::none && !is_asked_for_now(context))
        throw Failure(Failure::Kind::unauthenticated, "sign_in_unfinished");
}

void confirm_person(const Context& context, const json::object& body) {
    context.services.identity.passwords.confirm(context.session.user, peer_of(context.request),
                                                text_member(body, "password"));
}

std::string codes_member(const std::vector<std::string>& codes) {
    std::string text = "\"recovery_codes\":";
    JsonWriter json(text);
    json.begin_array();
    for (const std::string& code : codes) json.string(code);
    json.end_array();
    return text;
}

Response secret_reply(std::string body) {
    Response response = json_reply(std::move(body));
    response.compress = false;
    return response;
}

Response state(Context& context) {
    access::Identity& identity = context.services.identity;
    const RecordId user = context.session.user;
    Response response;
    JsonWriter json(response.body);
    const access::Demands::Of of = identity.demands.of(user);
    json.begin_object();
    json.key("set_up").boolean(of.has_app);
    json.key("needed").boolean(is_needed(of));
    json.key("recovery_codes_left").integer(identity.second_factors.recovery_codes_left(user));
    json.end_object();
    return response;
}

Response begin(Context& context) {
    only_when_admitted(context);
    const json::value body = small_body(context.request);
    // Who is just signing in gave the password a moment ago.
    if (!is_asked_for_now(context)) confirm_person(context, body.get_object());
    const auto started = context.services.identity.second_factors.begin(
        context.session.user, context.services.company_name(), context.caller.login);
    std::string reply;
    JsonWriter json(reply);
    json.begin_object().key("secret").string(started.secret).key("uri").string(started.uri).end_object();
    return secret_reply(std::move(reply));
}

Response confirm(Context& context) {
    only_when_admitted(context);
    const json::value body = small_body(context.request);
    access::Identity& identity = context.services.identity;
    const auto proven = identity.second_factors.prove(context.session.user, text_member(body.get_object(), "code"));
    const auto entered = identity.sign_in.enrolled(
        context.session, access::Strength::second_factor, peer_of(context.request),
        [&](store::Connection& connection) { identity.second_factors.take(connection, proven); });
    tell_own(context, "second_factor_set_up");
    return entered_reply(context.services, context.request, entered, codes_member(proven.codes));
}

Response new_codes(Context& context) {
    const json::value body = small_body(context.request);
    confirm_person(context, body.get_object());
    access::Identity& identity = context.services.identity;
    if (!identity.second_factors.is_set_up(context.session.user)) throw not_found();
    tell_own(context, "new_recovery_codes");
    return secret_reply("{" + codes_member(identity.second_factors.new_recovery_codes(context.session.user)) + "}");
}

Response remove(Context& context) {
    const json::value body = small_body(context.request);
    confirm_person(context, body.get_object());
    access::Identity& identity = context.services.identity;
    if (is_needed(identity.demands.of(context.session.user)))
        throw Failure(Failure::Kind::forbidden, "second_factor_needed");
    tell_own(context, "second_factor_off");
    identity.second_factors.remove(context.session.user);
    Response response;
    response.status = 204;
    return response;
}

}  // namespace

void add_second_factor_routes(Routes& routes) {
    const auto own = [](std::string summary, std::string body, int status) {
        return about("session", std::move(summary), "own", std::move(body), status);
    };
    routes.in_person(Method::get, "/api/session/second_factor", own("Is a second factor set up and asked for", "", 200),
                     state);
    routes.signing_in(Method::post, "/api/session/second_factor",
                      own("Begin to set up an authenticator app; gives its secret", "any", 200), begin);
    routes.signing_in(Method::post, "/api/session/second_factor/confirm",
                      own("Take the app into use with a code of it; gives recovery codes", "any", 200), confirm);
    routes.in_person(Method::post, "/api/session/recovery_codes",
                     own("New recovery codes; the old ones are void", "any", 200), new_codes);
    routes.in_person(Method::delete_, "/api/session/second_factor", own("No second factor any more", "any", 204),
                     remove);
}

}  // namespace gx::api
