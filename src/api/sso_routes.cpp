// Signing in with a provider, linking an account with one, and setting providers up. The browser comes and goes by
// itself here, so what goes wrong is told on the sign-in page and not as a problem in JSON.
#include <algorithm>

#include "access/sign_in.hpp"
#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_reply.hpp"
#include "api/sso_reply.hpp"
#include "base/json_writer.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "features/sso/sso.hpp"

namespace gx::api {

namespace {

using access::Step;
using net::Method;
using net::Request;
using net::Response;

constexpr std::string_view signed_in_cookie = "gx_sso_out";

std::string text_query(const Request& request, std::string_view name) {
    return std::string(request.query_value(name).value_or(""));
}

std::string site_of(Services& services) {
    const std::string site = services.identity.policy.rules()->site_address;
    if (site.empty()) throw Failure(Failure::Kind::conflict, "sso_no_site");
    return site;
}

bool is_secure(Services& services, const Request& request) {
    return request.secure || services.identity.policy.rules()->site_address.starts_with("https://");
}

// Nothing but the routes of the interface gets them.
std::string cookie(std::string_view name, std::string_view value, bool secure, std::chrono::seconds life) {
    std::string text = std::string(name) + "=" + std::string(value) +
                       "; Path=/api; HttpOnly; SameSite=Lax; Max-Age=" + std::to_string(life.count());
    if (secure) text += "; Secure";
    return text;
}

void tell_refused(Services& services, const Request& request, std::string_view provider, const Failure& failure) {
    access::AuditEntry entry;
    entry.kind = access::audit_kind::sign_in;
    entry.outcome = "refused";
    entry.address = request.remote_address;
    entry.subject = std::string(provider.substr(0, 60));
    entry.detail.clear();
    JsonWriter json(entry.detail);
    json.begin_object().key("what").string("single_sign_on").key("provider").string(provider.substr(0, 60));
    json.key("why").string(failure.key());
    for (const auto& [name, value] : failure.params())
        if (!value.empty()) json.key(name == "why" ? "because" : name).string(value.substr(0, 200));
    json.key("agent").string(request.header("user-agent").substr(0, 300)).end_object();
    services.trail.refused_from(request.remote_address + " " + failure.key(), std::move(entry));
}

// What a person can do something about has a key of its own; the sign-in page words it.
Response to_sign_in(const std::string& site, const Failure& failure) {
    const std::string key =
        failure.key().starts_with("sso_") || failure.key() == "sign_in_failed" ? failure.key() : "sso_failed";
    return redirect(site + "/sign-in?problem=" + key);
}

Response begin(Services& services, Request& request) {
    const std::string site = site_of(services);
    const std::string_view code = request.param("provider");
    try {
        const auto begun = services.sso.client.begin(code, site, {path_of_ours(text_query(request, "next")), {}});
        Response response = redirect(begun.location);
        response.headers.emplace_back("Set-Cookie", cookie(begun.cookie_name, begun.cookie,
                                                           is_secure(services, request), features::SsoClient::life));
        return response;
    } catch (const Failure& failure) {
        if (failure.kind() == Failure::Kind::broken) throw;
        if (failure.kind() != Failure::Kind::not_found) tell_refused(services, request, code, failure);
        return to_sign_in(site, failure);
    }
}

// An account that is already in gets this provider as another way in.
Response link(Services& services, Request& request, const std::string& site, const features::Proved& proved) {
    const auto session = services.identity.sessions.find(request.cookie("gx_session"), request.remote_address);
    if (!session || session->step != Step::none || session->key != proved.errand.session)
        throw Failure(Failure::Kind::unauthenticated, "sso_state");
    if (!services.sso.links.add(proved.provider.id, proved.subject, session->user, features::shown_name(proved)))
        throw Failure(Failure::Kind::unauthenticated, "sso_linked_elsewhere");
    access::Caller caller = services.callers.of(session->user);
    caller.address = request.remote_address;
    access::AuditEntry entry = entry_of(access::audit_kind::password, caller);
    entry.object = "user";
    entry.record = session->user;
    entry.subject = caller.login;
    JsonWriter json((entry.detail.clear(), entry.detail));
    json.begin_object().key("what").string("provider_linked").key("provider").string(proved.provider.code);
    json.key("as").string(features::shown_name(proved)).end_object();
    services.audit.append(std::move(entry));
    return redirect(site + "/me?linked=" + proved.provider.code);
}

Response enter(Services& services, Request& request, const std::string& site, const features::Proved& proved) {
    const RecordId user = services.sso.admission.account_for(proved);
    const access::Strength strength =
        proved.provider.second_factor ? access::Strength::second_factor : access::Strength::password;
    const auto entered = services.identity.sign_in.admit(user, strength, peer_of(request));
    end_session_before(services, request);
    const std::string next = path_of_ours(proved.errand.next);
    Response response =
        redirect(site + (entered.step == Step::none ? next : "/sign-in" + features::with_query("", {{"next", next}})));
    const bool secure = is_secure(services, request);
    const std::string token = random_token();
    services.sso.links.remember(token, {proved.provider.code, services.sso.sealer.seal(proved.id_token)});
    response.headers.emplace_back("Set-Cookie", session_cookie(entered.tokens.token, request.secure));
    response.headers.emplace_back(
        "Set-Cookie", cookie(signed_in_cookie, token, secure, services.identity.policy.rules()->session_life));
    return response;
}

Response come_back(Services& services, Request& request) {
    const std::string site = site_of(services);
    const std::string code(request.param("provider"));
    const features::SsoClient::Answer answer{text_query(request, "code"), text_query(request, "state"),
                                             text_query(request, "iss"), text_query(request, "error")};
    const std::string cookie_name = features::SsoClient::cookie_name(answer.state);
    Response response;
    try {
        const auto proved = services.sso.client.finish(code, site, answer, request.cookie(cookie_name));
        try {
            response = proved.errand.session.empty() ? enter(services, request, site, proved)
                                                     : link(services, request, site, proved);
        } catch (const Failure& failure) {
            if (failure.kind() == Failure::Kind::broken) throw;
            tell_refused(services, request, code, failure);
            response = proved.errand.session.empty() ? to_sign_in(site, failure)
                                                     : redirect(site + "/me?problem=" + failure.key());
        }
    } catch (const Failure& failure) {
        if (failure.kind() == Failure::Kind::broken) throw;
        tell_refused(services, request, code, failure);
        response = to_sign_in(site, failure);
    }
    // Used once.
    response.headers.emplace_back("Set-Cookie", cookie(cookie_name, "", is_secure(services, request), {}));
    return response;
}

// After the own session has ended: ends that of the provider too.
Response sign_out_there(Services& services, Request& request) {
    const std::string site = site_of(services);
    const std::string_view token = request.cookie(signed_in_cookie);
    std::string location = site + "/signed-out";
    if (const auto signed_in = services.sso.links.remembered(token)) {
        services.sso.links.forget(token);
        const auto id_token = services.sso.sealer.open(signed_in->id_token);
        try {
            const std::string there =
                id_token ? services.sso.client.end_session_address(signed_in->provider, *id_token, site)
                         : std::string();
            if (!there.empty()) location = there;
        } catch (const Failure& failure) {
            if (failure.kind() != Failure::Kind::unavailable) throw;
            tell_refused(services, request, signed_in->provider, failure);
        }
    }
    Response response = redirect(location);
    response.headers.emplace_back("Set-Cookie", cookie(signed_in_cookie, "", is_secure(services, request), {}));
    return response;
}

// ── the own links ──

void write_name(JsonWriter& json, const std::string& zh, const std::string& en) {
    json.key("name").begin_object().key("zh").string(zh).key("en").string(en).end_object();
}

Response own_links(Context& context) {
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("password").boolean(context.services.identity.passwords.exists(context.session.user));
    json.key("links").begin_array();
    const bool possible = !context.services.identity.policy.rules()->site_address.empty();
    for (const features::ProviderLink& one : context.services.sso.links.of(context.session.user)) {
        if (!one.since && !possible) continue;
        json.begin_object().key("code").string(one.code);
        write_name(json, one.name, one.name_en);
        json.key("linked").boolean(one.since.has_value());
        if (one.since) json.key("as").string(one.shown).key("since").timestamp(*one.since);
        json.end_object();
    }
    json.end_array().end_object();
    return response;
}

features::ProviderLink link_called(const Context& context) {
    for (features::ProviderLink& one : context.services.sso.links.of(context.session.user))
        if (one.code == context.request.param("provider")) return one;
    throw not_found();
}

// A session that somebody left open is not enough: whoever links a way in of his own could come back by it.
void confirm_person(const Context& context, const json::object& body) {
    access::Passwords& passwords = context.services.identity.passwords;
    if (!passwords.exists(context.session.user)) return;
    passwords.confirm(context.session.user, peer_of(context.request), text_member(body, "password"));
}

Response begin_link(Context& context) {
    const json::value body = small_body(context.request);
    const features::ProviderLink wanted = link_called(context);
    if (wanted.since) throw Failure(Failure::Kind::conflict, "sso_linked_already");
    confirm_person(context, body.get_object());
    const auto begun =
        context.services.sso.client.begin(wanted.code, site_of(context.services), {"/me", context.session.key});
    Response response = json_reply({});
    JsonWriter json(response.body);
    json.begin_object().key("location").string(begun.location).end_object();
    response.headers.emplace_back("Set-Cookie",
                                  cookie(begun.cookie_name, begun.cookie, is_secure(context.services, context.request),
                                         features::SsoClient::life));
    return response;
}

Response remove_link(Context& context) {
    const json::value body = small_body(context.request);
    const features::ProviderLink wanted = link_called(context);
    if (!wanted.since) throw not_found();
    confirm_person(context, body.get_object());
    const auto links = context.services.sso.links.of(context.session.user);
    const auto linked = std::ranges::count_if(links, [](const auto& one) { return one.since.has_value(); });
    // Without a password this is the last way in.
    if (linked < 2 && !context.services.identity.passwords.exists(context.session.user))
        throw Failure(Failure::Kind::conflict, "sso_last_way_in");
    tell_own(context, "provider_unlinked");
    context.services.sso.links.remove(wanted.provider, context.session.user);
    Response response;
    response.status = 204;
    return response;
}

// ── setting up ──

const meta::Object& provider_object(const Context& context, access::Verb verb) {
    const meta::Object& object = context.model->object("sign_in_provider");
    if (!access::may(*context.caller.grants, object, verb)) throw forbidden(std::string(access::name_of(verb)));
    return object;
}

Response providers(Context& context) {
    provider_object(context, access::Verb::view);
    const std::string site = context.services.identity.policy.rules()->site_address;
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("site").string(site).key("providers").begin_array();
    for (const features::Provider& one : context.services.sso.providers.all()) {
        json.begin_object().key("id").id(one.id).key("code").string(one.code);
        write_name(json, one.name, one.name_en);
        json.key("issuer").string(one.issuer).key("client_id").string(one.client_id);
        json.key("active").boolean(one.active).key("secret").boolean(one.has_secret);
        json.key("redirect").string(site.empty() ? "" : site + "/api/sso/" + one.code + "/callback");
        json.end_object();
    }
    json.end_array().end_object();
    return response;
}

features::Provider provider_named(const Context& context) {
    const auto found = context.services.sso.providers.find(id_param(context.request));
    if (!found) throw not_found();
    return *found;
}

Response set_secret(Context& context) {
    provider_object(context, access::Verb::change);
    const json::value body = small_body(context.request);
    const features::Provider provider = provider_named(context);
    const std::string secret(trim(text_member(body.get_object(), "secret")));
    if (secret.size() > 1000) throw invalid({{"secret", "too_long", {{"max", "1000"}}, {}}});
    access::AuditEntry entry = entry_of(access::audit_kind::password, context.caller);
    entry.object = "sign_in_provider";
    entry.record = provider.id;
    entry.subject = provider.name;
    entry.detail = secret.empty() ? "{\"what\":\"secret_removed\"}" : "{\"what\":\"secret_set\"}";
    context.services.audit.append(std::move(entry));
    context.services.sso.providers.set_secret(provider.id, secret);
    Response response;
    response.status = 204;
    return response;
}

// Asks the provider what it says about itself, as a sign-in would.
Response check(Context& context) {
    provider_object(context, access::Verb::change);
    const features::Provider provider = provider_named(context);
    context.services.sso.discovery.forget();
    const features::ProviderFacts facts = context.services.sso.discovery.facts(provider);
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("issuer").string(facts.issuer);
    json.key("sign_out").boolean(!facts.end_session.empty());
    json.key("userinfo").boolean(!facts.userinfo.empty()).end_object();
    return response;
}

}  // namespace

Response redirect(std::string location) {
    Response response;
    response.status = 303;
    response.content_type = "text/plain; charset=utf-8";
    response.headers.emplace_back("Location", std::move(location));
    return response;
}

std::string path_of_ours(std::string_view wanted) {
    const bool plain = std::ranges::all_of(wanted, [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
    const bool fine = plain && wanted.size() <= 1000 && wanted.starts_with('/') && !wanted.starts_with("//");
    return fine ? std::string(wanted) : "/home";
}

void write_ways_of_providers(Services& services, const Request& request, JsonWriter& json) {
    const bool possible = !services.identity.policy.rules()->site_address.empty();
    json.key("providers").begin_array();
    const auto all = possible ? services.sso.providers.all() : std::vector<features::Provider>();
    for (const features::Provider& one : all) {
        if (!one.active) continue;
        json.begin_object().key("code").string(one.code);
        write_name(json, one.name, one.name_en);
        json.end_object();
    }
    json.end_array();
    // With whom this browser signed in last, to sign out there too.
    const auto before = services.sso.links.remembered(request.cookie(signed_in_cookie));
    if (before && possible) json.key("signed_in_with").string(before->provider);
}

void add_sso_routes(Routes& routes) {
    Services& services = routes.services();
    net::RouteInfo going = about("session", "Sign in with a provider: sends the browser there", "", "", 303);
    going.query = {"next"};
    routes.open(Method::get, "/api/sso/{provider}", std::move(going),
                [&services](Request& request) { return begin(services, request); });
    net::RouteInfo coming = about("session", "Back from a provider: signs in, or links the account", "", "", 303);
    coming.query = {"code", "state", "iss", "error"};
    routes.open(Method::get, "/api/sso/{provider}/callback", std::move(coming),
                [&services](Request& request) { return come_back(services, request); });
    routes.open(Method::get, "/api/session/provider_sign_out",
                about("session", "Sign out at the provider too", "", "", 303),
                [&services](Request& request) { return sign_out_there(services, request); });

    routes.in_person(Method::get, "/api/profile/links", about("profile", "Providers, and which are linked"), own_links);
    routes.in_person(Method::post, "/api/profile/links/{provider}",
                     about("profile", "Link a provider: where to send the browser", "own", "any", 200), begin_link);
    routes.in_person(Method::delete_, "/api/profile/links/{provider}",
                     about("profile", "Unlink a provider", "own", "any", 204), remove_link);

    const auto info = [](std::string summary, std::string right, std::string body, int status) {
        return about("sign_in_providers", std::move(summary), std::move(right), std::move(body), status);
    };
    routes.signed_in(Method::get, "/api/providers",
                     info("How sign-in providers are set up", "sign_in_provider.view", "", 200), providers);
    routes.in_person(Method::put, "/api/providers/{id}/secret",
                     info("Keep the secret of a provider", "sign_in_provider.change", "any", 204), set_secret);
    routes.signed_in(Method::post, "/api/providers/{id}/check",
                     info("Ask a provider what it says about itself", "sign_in_provider.change", "", 200), check);
}

}  // namespace gx::api
