// Other applications of the company sign people in here: OpenID Connect as a provider, code flow with PKCE and nothing
// else. Paths and words are those of the standards (OpenID Connect Core and Discovery, RFC 6749, 7636, 9207).
#include <algorithm>

#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_reply.hpp"
#include "api/sso_reply.hpp"
#include "base/json_writer.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "features/sso/sso.hpp"
#include "net/request_head.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Request;
using net::Response;

constexpr std::uint64_t form_bytes_most = 16u << 10;
constexpr std::size_t challenge_letters = 43;  // SHA-256 in base64url

std::string site_of(Services& services) {
    std::string site = services.identity.policy.rules()->site_address;
    if (site.empty()) throw not_found();
    return site;
}

void write_texts(JsonWriter& json, std::string_view name, std::initializer_list<std::string_view> texts) {
    json.key(name).begin_array();
    for (const std::string_view text : texts) json.string(text);
    json.end_array();
}

Response configuration(Services& services) {
    const std::string site = site_of(services);
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("issuer").string(site);
    json.key("authorization_endpoint").string(site + "/oauth/authorize");
    json.key("token_endpoint").string(site + "/oauth/token");
    json.key("userinfo_endpoint").string(site + "/oauth/userinfo");
    json.key("jwks_uri").string(site + "/oauth/keys");
    json.key("end_session_endpoint").string(site + "/oauth/sign_out");
    write_texts(json, "response_types_supported", {"code"});
    write_texts(json, "response_modes_supported", {"query"});
    write_texts(json, "grant_types_supported", {"authorization_code"});
    write_texts(json, "subject_types_supported", {"public"});
    write_texts(json, "id_token_signing_alg_values_supported", {"RS256"});
    write_texts(json, "scopes_supported", {"openid", "profile", "email", "groups"});
    write_texts(json, "claims_supported",
                {"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "preferred_username", "locale",
                 "email", "email_verified", "groups"});
    write_texts(json, "token_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post", "none"});
    write_texts(json, "code_challenge_methods_supported", {"S256"});
    write_texts(json, "prompt_values_supported", {"none", "login"});
    json.key("authorization_response_iss_parameter_supported").boolean(true);
    json.key("request_parameter_supported").boolean(false);
    json.key("request_uri_parameter_supported").boolean(false);
    json.key("claims_parameter_supported").boolean(false);
    json.end_object();
    return response;
}

// ── telling ──

void tell(Services& services, const Request& request, const features::Application* application,
          std::string_view outcome, const access::Caller* caller, std::string_view why) {
    access::AuditEntry entry;
    if (caller != nullptr) {
        entry = entry_of(access::audit_kind::sign_in, *caller);
    } else {
        entry.kind = access::audit_kind::sign_in;
    }
    entry.outcome = outcome;
    entry.address = request.remote_address;
    entry.object = "sso_application";
    if (application != nullptr) {
        entry.record = application->id;
        entry.subject = application->name;
    }
    entry.detail.clear();
    JsonWriter json(entry.detail);
    json.begin_object().key("what").string("application");
    if (application != nullptr) json.key("client").string(application->client_id);
    if (!why.empty()) json.key("why").string(why);
    json.end_object();
    if (outcome == "done") return services.audit.append(std::move(entry));
    services.trail.refused_from(request.remote_address + " application " + std::string(why), std::move(entry));
}

// ── authorize ──

// What the application asks, with the values of each parameter that stands there once.
struct Asked {
    const Request& request;

    std::string operator()(std::string_view name) const { return std::string(request.query_value(name).value_or("")); }
    bool is_twice(std::string_view name) const {
        return std::ranges::count_if(request.query, [&](const auto& pair) { return pair.first == name; }) > 1;
    }
};

// A problem that is told to the person and to nobody else: the address to which it would go is not known to be right.
Response to_portal(const std::string& site, std::string_view problem) {
    return redirect(site + "/applications?problem=" + std::string(problem));
}

Response back(const std::string& site, const Asked& asked, features::Pairs pairs) {
    if (const std::string state = asked("state"); !state.empty()) pairs.emplace_back("state", state);
    pairs.emplace_back("iss", site);
    return redirect(features::with_query(asked("redirect_uri"), pairs));
}

// The name of the error, when the request cannot be granted to anybody.
std::string wrong_request(const Asked& asked) {
    for (const char* name : {"response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
                             "prompt", "max_age", "response_mode"})
        if (asked.is_twice(name)) return "invalid_request";
    if (!asked("request").empty()) return "request_not_supported";
    if (!asked("request_uri").empty()) return "request_uri_not_supported";
    if (asked("response_type") != "code") return "unsupported_response_type";
    if (const std::string mode = asked("response_mode"); !mode.empty() && mode != "query") return "invalid_request";
    const std::string challenge = asked("code_challenge");
    if (asked("code_challenge_method") != "S256" || challenge.size() != challenge_letters) return "invalid_request";
    if (!features::names_scope(asked("scope"), "openid")) return "invalid_scope";
    if (asked("state").size() > 2000 || asked("nonce").size() > 500 || asked("scope").size() > 500)
        return "invalid_request";
    return {};
}

std::vector<RecordId> roles_of(Services& services, RecordId user) {
    std::vector<RecordId> roles;
    for (const access::HeldRole& held : services.grants.of(user)->roles) roles.push_back(held.role);
    return roles;
}

// Since when somebody has been signed in with this session.
Timestamp signed_in_at(Services& services, const access::Session& session) {
    constexpr int sessions_most = 1000;
    for (const access::SessionInfo& info : services.identity.sessions.list(session.user, sessions_most))
        if (info.key == session.key) return info.since;
    return services.clock.now();
}

// The same request again, without what has been done by then.
std::string sign_in_address(const std::string& site, const Request& request) {
    features::Pairs pairs;
    for (const auto& [name, value] : request.query)
        if (name != "prompt" && name != "max_age") pairs.emplace_back(name, value);
    return site + "/sign-in?" + features::form_text({{"next", features::with_query("/oauth/authorize", pairs)}});
}

bool is_too_long_ago(const Asked& asked, Timestamp since, Timestamp now) {
    const std::string text = asked("max_age");
    if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos) return false;
    return now - since > std::chrono::seconds(std::stol(text));
}

Response authorize(Services& services, Request& request) {
    const std::string site = site_of(services);
    const Asked asked{request};
    const auto application = services.sso.applications.active(asked("client_id"));
    if (!application || asked.is_twice("client_id") || asked.is_twice("redirect_uri") ||
        !application->knows(asked("redirect_uri"))) {
        tell(services, request, application ? &*application : nullptr, "refused", nullptr,
             application ? "redirect_unknown" : "client_unknown");
        return to_portal(site, application ? "redirect" : "application");
    }
    if (const std::string wrong = wrong_request(asked); !wrong.empty()) return back(site, asked, {{"error", wrong}});

    const std::string prompt = asked("prompt");
    const auto session = services.identity.sessions.find(request.cookie("gx_session"), request.remote_address);
    const bool is_in = session && session->step == access::Step::none;
    const Timestamp since = is_in ? signed_in_at(services, *session) : Timestamp();
    if (!is_in || prompt == "login" || is_too_long_ago(asked, since, services.clock.now())) {
        if (prompt == "none") return back(site, asked, {{"error", "login_required"}});
        return redirect(sign_in_address(site, request));
    }
    access::Caller caller = services.callers.of(session->user);
    caller.address = request.remote_address;
    // Whoever looks as somebody else is neither of the two out there.
    const bool looks = static_cast<bool>(session->view_as);
    if (looks || !services.sso.applications.is_open_to(application->id, roles_of(services, session->user))) {
        tell(services, request, &*application, "refused", &caller, looks ? "looking_as_another" : "no_role");
        return back(site, asked, {{"error", "access_denied"}, {"error_description", "this account may not use it"}});
    }
    tell(services, request, &*application, "done", &caller, {});
    const std::string code =
        services.sso.issuer.make_code({application->id, session->user, session->key, asked("redirect_uri"),
                                       asked("code_challenge"), asked("nonce"), asked("scope"), since});
    return back(site, asked, {{"code", code}});
}

// ── token ──

features::Pairs form_of(const Request& request) {
    features::Pairs pairs;
    std::string_view rest = request.body;
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        std::string name;
        std::string value;
        if (!net::decode_url(pair.substr(0, equals), true, name) ||
            !net::decode_url(pair.substr(std::min(equals + 1, pair.size())), true, value)) {
            return {};
        }
        pairs.emplace_back(std::move(name), std::move(value));
    }
    return pairs;
}

// Empty when it is absent or stands there twice.
std::string in_form(const features::Pairs& form, std::string_view name) {
    std::string found;
    int times = 0;
    for (const auto& [key, value] : form) {
        if (key != name) continue;
        found = value;
        ++times;
    }
    return times == 1 ? found : std::string();
}

struct Client {
    std::string id, secret;
    bool by_header = false;
};

Client client_of(const Request& request, const features::Pairs& form) {
    const std::string_view header = request.header("authorization");
    if (!header.starts_with("Basic ")) return {in_form(form, "client_id"), in_form(form, "client_secret"), false};
    Client client;
    client.by_header = true;
    const auto plain = from_base64(header.substr(6));
    const std::size_t colon = plain ? plain->find(':') : std::string::npos;
    if (colon == std::string::npos) return client;
    const std::string_view both = *plain;
    if (!net::decode_url(both.substr(0, colon), true, client.id) ||
        !net::decode_url(both.substr(colon + 1), true, client.secret)) {
        client.id.clear();
    }
    return client;
}

Response error_reply(int status, std::string_view error) {
    Response response;
    response.status = status;
    JsonWriter json(response.body);
    json.begin_object().key("error").string(error).end_object();
    return response;
}

features::PersonClaims person_of(Services& services, RecordId user) {
    features::PersonClaims person = services.sso.issuer.person(user);
    if (person.login.empty()) return person;
    for (const access::HeldRole& held : services.grants.of(user)->roles) person.roles.push_back(held.code);
    return person;
}

// Session, account, role and application still stand for what was given.
bool still_stands(Services& services, RecordId application, RecordId user, const std::string& session,
                  const features::PersonClaims& person) {
    return !person.login.empty() && services.identity.sessions.holder(session) == user &&
           services.sso.applications.is_open_to(application, roles_of(services, user));
}

Response token(Services& services, Request& request) {
    const std::string site = site_of(services);
    const features::Pairs form = form_of(request);
    const Client client = client_of(request, form);
    const auto application = services.sso.applications.active(client.id);
    if (!application || !application->is_proved_by(client.secret)) {
        tell(services, request, application ? &*application : nullptr, "refused", nullptr, "client");
        Response response = error_reply(401, "invalid_client");
        if (client.by_header) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"guanxi\"");
        return response;
    }
    if (in_form(form, "grant_type") != "authorization_code") return error_reply(400, "unsupported_grant_type");
    const auto redeemed = services.sso.issuer.redeem(
        {in_form(form, "code"), in_form(form, "redirect_uri"), in_form(form, "code_verifier"), application->id});
    std::string why = redeemed.why;
    features::PersonClaims person;
    if (why.empty()) {
        person = person_of(services, redeemed.wish.user);
        if (!still_stands(services, application->id, redeemed.wish.user, redeemed.wish.session, person)) why = "over";
    }
    if (!why.empty()) {
        tell(services, request, &*application, "refused", nullptr, "code_" + why);
        return error_reply(400, "invalid_grant");
    }
    Response response;
    response.compress = false;
    JsonWriter json(response.body);
    json.begin_object().key("access_token").string(services.sso.issuer.access_token(redeemed));
    json.key("token_type").string("Bearer");
    json.key("expires_in").integer(features::Issuer::access_life.count());
    json.key("scope").string(redeemed.wish.scope);
    json.key("id_token").string(services.sso.issuer.id_token(site, *application, redeemed.wish, person)).end_object();
    response.headers.emplace_back("Pragma", "no-cache");
    return response;
}

Response user_information(Services& services, Request& request) {
    site_of(services);
    const std::string_view header = request.header("authorization");
    const auto access = header.starts_with("Bearer ") ? services.sso.issuer.access(header.substr(7)) : std::nullopt;
    const auto application = access ? services.sso.applications.find(access->application) : std::nullopt;
    const features::PersonClaims person = access ? person_of(services, access->user) : features::PersonClaims();
    if (!application || !still_stands(services, application->id, access->user, access->session, person)) {
        Response response = error_reply(401, "invalid_token");
        response.headers.emplace_back("WWW-Authenticate", "Bearer error=\"invalid_token\"");
        return response;
    }
    return json_reply(services.sso.issuer.user_information(*application, *access, person));
}

// An application signs the person out here too. Only a token of ours about this very person does it: otherwise any page
// could.
Response sign_out(Services& services, Request& request) {
    const std::string site = site_of(services);
    const features::Pairs form = request.method == Method::post ? form_of(request) : features::Pairs();
    const auto given = [&](std::string_view name) {
        return request.method == Method::post ? in_form(form, name)
                                              : std::string(request.query_value(name).value_or(""));
    };
    const auto hint = services.sso.issuer.read_hint(given("id_token_hint"), site);
    const auto session = services.identity.sessions.find(request.cookie("gx_session"), request.remote_address);
    if (!hint || (session && session->user != hint->user)) return to_portal(site, "sign_out");
    if (session) services.identity.sessions.end(session->key, access::End::sign_out);
    const auto application = services.sso.applications.active(hint->client_id);
    const std::string wanted = given("post_logout_redirect_uri");
    std::string to = site + "/signed-out";
    if (application && application->knows_after_sign_out(wanted)) {
        to = wanted;
        if (const std::string state = given("state"); !state.empty()) to = features::with_query(to, {{"state", state}});
    }
    Response response = redirect(to);
    response.headers.emplace_back("Set-Cookie", ended_cookie(request.secure));
    return response;
}

// ── the portal, and setting up ──

Response portal(Context& context) {
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("applications").begin_array();
    for (const auto& one :
         context.services.sso.applications.open_to(roles_of(context.services, context.session.user))) {
        if (one.address.empty()) continue;
        json.begin_object().key("id").id(one.id);
        json.key("name").begin_object().key("zh").string(one.name).key("en").string(one.name_en).end_object();
        json.key("description").string(one.description).key("address").string(one.address).end_object();
    }
    json.end_array().end_object();
    return response;
}

void demand(const Context& context, access::Verb verb) {
    const meta::Object& object = context.model->object("sso_application");
    if (!access::may(*context.caller.grants, object, verb)) throw forbidden(std::string(access::name_of(verb)));
}

Response registered(Context& context) {
    demand(context, access::Verb::view);
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("issuer").string(context.services.identity.policy.rules()->site_address);
    json.key("applications").begin_array();
    for (const features::Application& one : context.services.sso.applications.all()) {
        json.begin_object().key("id").id(one.id);
        json.key("name").begin_object().key("zh").string(one.name).key("en").string(one.name_en).end_object();
        json.key("client_id").string(one.client_id).key("active").boolean(one.active);
        json.key("open_client").boolean(one.open_client).key("secret").boolean(!one.secret_digest.empty()).end_object();
    }
    json.end_array().end_object();
    return response;
}

Response make_secret(Context& context) {
    demand(context, access::Verb::change);
    const auto application = context.services.sso.applications.find(id_param(context.request));
    if (!application) throw not_found();
    if (application->open_client) throw Failure(Failure::Kind::conflict, "sso_open_client");
    access::AuditEntry entry = entry_of(access::audit_kind::password, context.caller);
    entry.object = "sso_application";
    entry.record = application->id;
    entry.subject = application->name;
    entry.detail = "{\"what\":\"secret_made\"}";
    context.services.audit.append(std::move(entry));
    Response response;
    response.status = 201;
    response.compress = false;
    JsonWriter json(response.body);
    json.begin_object()
        .key("secret")
        .string(context.services.sso.applications.make_secret(application->id))
        .end_object();
    return response;
}

}  // namespace

void add_issuer_routes(Routes& routes) {
    Services& services = routes.services();
    const auto open = [&](Method method, std::string path, std::string summary, int status,
                          Response (*handle)(Services&, Request&)) {
        net::RouteInfo info = about("single_sign_on", std::move(summary), "", "", status);
        info.body_max = form_bytes_most;
        routes.open(method, std::move(path), std::move(info),
                    [&services, handle](Request& request) { return handle(services, request); });
    };
    routes.open(Method::get, "/.well-known/openid-configuration",
                about("single_sign_on", "What applications need to know of this provider"),
                [&services](Request&) { return configuration(services); });
    routes.open(Method::get, "/oauth/keys", about("single_sign_on", "The keys that tokens are signed with"),
                [&services](Request&) {
                    site_of(services);
                    return json_reply(services.sso.keys.open_keys());
                });
    open(Method::get, "/oauth/authorize", "Sign in to an application: a code for it", 303, authorize);
    open(Method::post, "/oauth/token", "Tokens for a code", 200, token);
    open(Method::get, "/oauth/userinfo", "Who a token is about", 200, user_information);
    open(Method::post, "/oauth/userinfo", "Who a token is about", 200, user_information);
    open(Method::get, "/oauth/sign_out", "Sign out of an application and here", 303, sign_out);
    open(Method::post, "/oauth/sign_out", "Sign out of an application and here", 303, sign_out);

    routes.signed_in(Method::get, "/api/portal", about("single_sign_on", "Applications that one may open"), portal);
    routes.signed_in(Method::get, "/api/sso_applications",
                     about("single_sign_on", "How applications are registered", "sso_application.view"), registered);
    routes.in_person(
        Method::post, "/api/sso_applications/{id}/secret",
        about("single_sign_on", "A new secret, shown once; the one before is void", "sso_application.change", "", 201),
        make_secret);
}

}  // namespace gx::api
