// Passkeys: signing in with one instead of a name and a password, showing one as the second factor, and the list of
// one's own. Bytes travel as base64url, under the names that the browser gives them.
#include <algorithm>

#include "api/account_help.hpp"
#include "api/answer.hpp"
#include "api/passkey_list.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_reply.hpp"
#include "base/json_writer.hpp"
#include "base/secret.hpp"

namespace gx::api {

namespace {

using access::Step;
using access::Strength;
using features::PasskeyRefused;
using features::PasskeyUse;
using features::Site;
using net::Method;
using net::Request;
using net::Response;

constexpr std::int64_t patience = std::chrono::milliseconds(std::chrono::minutes(5)).count();

json::value passkey_body(const Request& request) {
    json::value body = parse_json(request.body, {.bytes_max = 32 << 10, .depth_max = 4});
    object_body(body);
    return body;
}

const json::object& credential_member(const json::object& body) {
    const json::value* member = body.if_contains("credential");
    if (member == nullptr || !member->is_object()) throw invalid({{"credential", "required", {}, {}}});
    return member->get_object();
}

std::string bytes_member(const json::object& members, std::string_view name) {
    auto bytes = from_base64url(text_member(members, name));
    if (!bytes) throw invalid({{std::string(name), "not_base64url", {}, {}}});
    return std::move(*bytes);
}

Site site_here(Services& services, const Request& request) {
    auto site = passkey_site(services, request);
    if (!site) throw Failure(Failure::Kind::forbidden, "passkeys_not_here");
    return std::move(*site);
}

features::Shown shown_member(const json::object& body) {
    const json::object& members = credential_member(body);
    features::Shown shown;
    shown.credential = bytes_member(members, "id");
    shown.client_data = bytes_member(members, "client_data");
    shown.authenticator_data = bytes_member(members, "authenticator_data");
    shown.signature = bytes_member(members, "signature");
    if (members.contains("user_handle")) shown.user_handle = bytes_member(members, "user_handle");
    return shown;
}

Response secret_reply(std::string body) {
    Response response;
    response.body = std::move(body);
    response.compress = false;
    return response;
}

Response empty_reply() {
    Response response;
    response.status = 204;
    return response;
}

void write_credential(JsonWriter& json, const access::Passkey& passkey) {
    json.begin_object().key("type").string("public-key").key("id").string(base64url(passkey.credential)).end_object();
}

// What navigator.credentials.get() wants. Without passkeys the authenticator looks for one of this site itself.
Response to_show(const features::PasskeyDesk::Begun& begun, const Site& site,
                 const std::vector<access::Passkey>& passkeys) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.key("ticket").string(begun.ticket);
    json.key("options").begin_object();
    json.key("challenge").string(base64url(begun.challenge));
    json.key("rpId").string(site.domain);
    json.key("timeout").integer(patience);
    json.key("userVerification").string("required");
    json.key("allowCredentials").begin_array();
    for (const access::Passkey& passkey : passkeys) {
        if (passkey.site != site.domain) continue;
        write_credential(json, passkey);
    }
    json.end_array();
    json.end_object().end_object();
    return secret_reply(std::move(body));
}

// What navigator.credentials.create() wants.
Response to_make(const Context& context, const features::PasskeyDesk::Begun& begun, const Site& site) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.key("ticket").string(begun.ticket);
    json.key("options").begin_object();
    json.key("challenge").string(base64url(begun.challenge));
    json.key("rp").begin_object();
    json.key("id").string(site.domain);
    json.key("name").string(context.services.company_name());
    json.end_object();
    json.key("user").begin_object();
    json.key("id").string(base64url(features::PasskeyDesk::handle_of(context.session.user)));
    json.key("name").string(context.caller.login);
    json.key("displayName").string(context.caller.name);
    json.end_object();
    json.key("pubKeyCredParams").begin_array();
    for (const int algorithm : features::passkey_algorithms)
        json.begin_object().key("type").string("public-key").key("alg").integer(algorithm).end_object();
    json.end_array();
    json.key("timeout").integer(patience);
    json.key("attestation").string("none");
    json.key("authenticatorSelection").begin_object();
    json.key("residentKey").string("required");
    json.key("requireResidentKey").boolean(true);
    json.key("userVerification").string("required");
    json.end_object();
    json.key("excludeCredentials").begin_array();
    for (const access::Passkey& passkey : context.services.identity.passkeys.of(context.session.user))
        write_credential(json, passkey);
    json.end_array();
    json.end_object().end_object();
    return secret_reply(std::move(body));
}

// ── signing in with nothing else ──

Response begin_sign_in(Services& services, const Request& request) {
    return to_show(services.passkeys.begin({"sign_in"}), site_here(services, request), {});
}

Response sign_in(Services& services, Request& request) {
    const json::value body = passkey_body(request);
    const json::object& members = body.get_object();
    const std::string ticket = text_member(members, "ticket");
    const features::Shown shown = shown_member(members);
    const Site site = site_here(services, request);
    access::Identity& identity = services.identity;
    const access::Peer peer = peer_of(request);
    identity.attempts.admit("", peer);
    RecordId user;
    try {
        user = services.passkeys.shown(ticket, {"sign_in"}, {}, shown, site).user;
    } catch (const PasskeyRefused& refused) {
        const auto known = identity.passkeys.find(shown.credential);
        identity.attempts.log(known ? known->login : "", known ? known->user : RecordId{}, peer,
                              access::Outcome::passkey_refused, refused.why);
        throw Failure(Failure::Kind::unauthenticated, "passkey_refused");
    }
    const auto entered = identity.sign_in.admit(user, Strength::passkey, peer);
    // As with a password: the session that this browser had is over.
    if (const auto before = identity.sessions.find(request.cookie("gx_session"), request.remote_address))
        identity.sessions.end(before->key, access::End::another_sign_in);
    return entered_reply(services, request, entered);
}

// ── as a step of signing in ──

PasskeyUse step_of(const Context& context) { return {"step", context.session.key}; }

Response begin_step(Context& context) {
    access::Identity& identity = context.services.identity;
    identity.sign_in.admit_passkey(context.session, peer_of(context.request));
    return to_show(context.services.passkeys.begin(step_of(context)), site_here(context.services, context.request),
                   identity.passkeys.of(context.session.user));
}

Response give_step(Context& context) {
    const json::value body = passkey_body(context.request);
    const json::object& members = body.get_object();
    access::Identity& identity = context.services.identity;
    const access::Peer peer = peer_of(context.request);
    identity.sign_in.admit_passkey(context.session, peer);
    try {
        context.services.passkeys.shown(text_member(members, "ticket"), step_of(context), context.session.user,
                                        shown_member(members), site_here(context.services, context.request));
    } catch (const PasskeyRefused& refused) {
        identity.attempts.log(context.caller.login, context.session.user, peer, access::Outcome::passkey_refused,
                              refused.why);
        throw invalid({{"passkey", "passkey_refused", {}, {}}});
    }
    return entered_reply(context.services, context.request, identity.sign_in.shown_passkey(context.session, peer));
}

// ── the own passkeys ──

bool is_asked_for_now(const Context& context) {
    return context.session.step == Step::enrol || context.session.step == Step::enrol_passkey;
}

void only_when_admitted(const Context& context) {
    if (context.session.step == Step::password) throw Failure(Failure::Kind::forbidden, "password_change_needed");
    if (context.session.step != Step::none && !is_asked_for_now(context))
        throw Failure(Failure::Kind::unauthenticated, "sign_in_unfinished");
}

// Whoever adds a passkey could get in for good: a session that somebody left open is not enough. It takes the password
// again, or for who has none, a sign-in of a moment ago.
void confirm_person(const Context& context, const json::object& body) {
    constexpr auto moment_ago = std::chrono::minutes(10);
    access::Identity& identity = context.services.identity;
    if (identity.passwords.exists(context.session.user))
        return identity.passwords.confirm(context.session.user, peer_of(context.request),
                                          text_member(body, "password"));
    constexpr int sessions_most = 1000;
    for (const access::SessionInfo& one : identity.sessions.list(context.session.user, sessions_most))
        if (one.key == context.session.key && context.services.clock.now() - one.since < moment_ago) return;
    throw Failure(Failure::Kind::forbidden, "sign_in_again");
}

Response own(Context& context) {
    access::Identity& identity = context.services.identity;
    const RecordId user = context.session.user;
    Response response;
    JsonWriter json(response.body);
    json.begin_object();
    write_passkeys(json, identity.passkeys.of(user));
    json.key("needed").boolean(identity.demands.of(user).demanded == Strength::passkey);
    json.key("ask_password").boolean(identity.passwords.exists(user));
    write_site(json, passkey_site(context.services, context.request));
    json.end_object();
    return response;
}

Response begin_making(Context& context) {
    only_when_admitted(context);
    const json::value body = small_body(context.request);
    const Site site = site_here(context.services, context.request);
    // Who is just signing in gave the password a moment ago.
    if (!is_asked_for_now(context)) confirm_person(context, body.get_object());
    return to_make(context, context.services.passkeys.begin({"make", context.session.key}), site);
}

Response make(Context& context) {
    only_when_admitted(context);
    const json::value body = passkey_body(context.request);
    const json::object& members = body.get_object();
    const json::object& credential = credential_member(members);
    const features::Made made{bytes_member(credential, "client_data"), bytes_member(credential, "attestation")};
    RecordId id;
    try {
        id = context.services.passkeys.keep(text_member(members, "ticket"), {"make", context.session.key},
                                            context.session.user, text_member(members, "name"), made,
                                            site_here(context.services, context.request));
    } catch (const PasskeyRefused& refused) {
        context.services.identity.attempts.log(context.caller.login, context.session.user, peer_of(context.request),
                                               access::Outcome::passkey_refused, refused.why);
        throw invalid({{"passkey", "passkey_refused", {}, {}}});
    }
    tell_own(context, "passkey_made");
    if (is_asked_for_now(context)) {
        return entered_reply(
            context.services, context.request,
            context.services.identity.sign_in.enrolled(context.session, Strength::passkey, peer_of(context.request)));
    }
    Response response;
    response.status = 201;
    JsonWriter json(response.body);
    json.begin_object().key("id").id(id).end_object();
    return response;
}

Response rename(Context& context) {
    const json::value body = small_body(context.request);
    if (!context.services.identity.passkeys.rename(context.session.user, id_param(context.request),
                                                   text_member(body.get_object(), "name"))) {
        throw not_found();
    }
    return empty_reply();
}

Response remove(Context& context) {
    const json::value body = small_body(context.request);
    confirm_person(context, body.get_object());
    access::Identity& identity = context.services.identity;
    const RecordId user = context.session.user;
    const RecordId id = id_param(context.request);
    const std::vector<access::Passkey> passkeys = identity.passkeys.of(user);
    if (std::ranges::find(passkeys, id, &access::Passkey::id) == passkeys.end()) throw not_found();
    const access::Demands::Of of = identity.demands.of(user);
    const bool leaves_one = passkeys.size() > 1;
    if (of.demanded == Strength::passkey && !leaves_one) throw Failure(Failure::Kind::forbidden, "passkey_needed");
    if (of.demanded == Strength::second_factor && !of.has_app && !leaves_one)
        throw Failure(Failure::Kind::forbidden, "second_factor_needed");
    tell_own(context, "passkey_removed");
    identity.passkeys.remove(user, id);
    // Whoever came in with it is out.
    identity.sessions.end_all(user, access::End::person, context.session.key);
    return empty_reply();
}

// ── for who looks after accounts ──

Response of_account(Context& context) {
    const RecordId user = account_to_help(context);
    Response response;
    JsonWriter json(response.body);
    json.begin_object();
    write_passkeys(json, context.services.identity.passkeys.of(user));
    json.end_object();
    return response;
}

Response remove_of_account(Context& context) {
    const RecordId user = account_to_help(context);
    const RecordId id = id_of(context.request.param("passkey"));
    access::Identity& identity = context.services.identity;
    const std::vector<access::Passkey> passkeys = identity.passkeys.of(user);
    if (std::ranges::find(passkeys, id, &access::Passkey::id) == passkeys.end()) throw not_found();
    tell_account_help(context, access::audit_kind::password, user, "passkey_removed");
    identity.passkeys.remove(user, id);
    identity.sessions.end_all(user, access::End::administrator);
    return empty_reply();
}

}  // namespace

std::optional<Site> passkey_site(Services& services, const Request& request) {
    return features::site_of(services.identity.policy.rules()->site_address, request.header("host"), request.secure);
}

void write_passkeys(JsonWriter& json, const std::vector<access::Passkey>& passkeys) {
    json.key("passkeys").begin_array();
    for (const access::Passkey& passkey : passkeys) {
        json.begin_object();
        json.key("id").id(passkey.id);
        json.key("name").string(passkey.name);
        json.key("made").timestamp(passkey.created);
        json.key("last_used");
        if (passkey.last_used) {
            json.timestamp(*passkey.last_used);
        } else {
            json.null();
        }
        json.key("site").string(passkey.site);
        json.end_object();
    }
    json.end_array();
}

void write_site(JsonWriter& json, const std::optional<Site>& site) {
    json.key("site");
    if (!site) {
        json.null();
        return;
    }
    json.begin_object().key("domain").string(site->domain).key("origin").string(site->origin).end_object();
}

void add_passkey_routes(Routes& routes) {
    const auto info = [](std::string summary, std::string right, std::string body, int status) {
        return about("passkeys", std::move(summary), std::move(right), std::move(body), status);
    };
    Services& services = routes.services();
    routes.open(Method::post, "/api/session/passkey/begin",
                info("A challenge to sign in with a passkey", "", "any", 200),
                [&services](Request& request) { return begin_sign_in(services, request); });
    routes.open(Method::post, "/api/session/passkey", info("Sign in with a passkey", "", "any", 200),
                [&services](Request& request) { return sign_in(services, request); });
    routes.signing_in(Method::post, "/api/session/passkey_step/begin",
                      info("A challenge to show a passkey as a step of signing in", "own", "any", 200), begin_step);
    routes.signing_in(Method::post, "/api/session/passkey_step",
                      info("Show a passkey as a step of signing in", "own", "any", 200), give_step);
    routes.in_person(Method::get, "/api/session/passkeys", info("The own passkeys", "own", "", 200), own);
    routes.signing_in(Method::post, "/api/session/passkeys/begin",
                      info("A challenge to make a passkey", "own", "any", 200), begin_making);
    routes.signing_in(Method::post, "/api/session/passkeys", info("Keep a new passkey", "own", "any", 201), make);
    routes.in_person(Method::patch, "/api/session/passkeys/{id}", info("Rename a passkey", "own", "any", 204), rename);
    routes.in_person(Method::delete_, "/api/session/passkeys/{id}", info("Remove a passkey", "own", "any", 204),
                     remove);
    routes.in_person(Method::get, "/api/accounts/{id}/passkeys",
                     info("The passkeys of an account", "user.reset_sign_in", "", 200), of_account);
    routes.in_person(Method::delete_, "/api/accounts/{id}/passkeys/{passkey}",
                     info("Remove a lost passkey; sessions end", "user.reset_sign_in", "", 204), remove_of_account);
}

}  // namespace gx::api
