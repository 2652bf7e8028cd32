// For who looks after accounts: who is online, how accounts stand with signing in, one-time links, ending sessions.
#include "api/account_help.hpp"
#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_list.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

constexpr std::string_view right_sessions = "user.end_sessions";
constexpr std::string_view right_reset = "user.reset_sign_in";

void demand(const Context& context, std::string_view right) {
    if (!context.caller.grants->has_special(right)) throw forbidden(std::string(right));
}

Response empty_reply() {
    Response response;
    response.status = 204;
    return response;
}

Response online(Context& context) {
    constexpr int sessions_most = 1000;
    demand(context, right_sessions);
    Response response;
    write_sessions(context, context.services.identity.sessions.list({}, sessions_most), response.body);
    return response;
}

Response end_session(Context& context) {
    demand(context, right_sessions);
    access::Sessions& sessions = context.services.identity.sessions;
    const auto of = sessions.holder(context.request.param("session"));
    if (!of) throw not_found();
    tell_account_help(context, access::audit_kind::session_ended, *of, "session");
    sessions.end(context.request.param("session"), access::End::administrator);
    return empty_reply();
}

// When something is badly wrong: everybody signs in anew, but for the one who said so.
Response end_everybody(Context& context) {
    demand(context, right_sessions);
    tell_account_help(context, access::audit_kind::session_ended, {}, "everybody");
    context.services.identity.sessions.end_everybody(access::End::administrator, context.session.key);
    return empty_reply();
}

void write_moment(JsonWriter& json, std::string_view name, const std::optional<Timestamp>& at) {
    json.key(name);
    if (at) {
        json.timestamp(*at);
    } else {
        json.null();
    }
}

Response accounts(Context& context) {
    constexpr int page = 100;
    demand(context, right_reset);
    const auto words = context.request.query_value("q").value_or("");
    const auto after = context.request.query_value("after").value_or("");
    const auto found = context.services.identity.accounts.page(words, after, page);
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("accounts").begin_array();
    for (const access::AccountInfo& account : found) {
        json.begin_object();
        json.key("id").id(account.user);
        json.key("login").string(account.login);
        json.key("name").string(account.name);
        json.key("active").boolean(account.active);
        json.key("password").string(!account.has_password ? "none" : account.temporary ? "temporary" : "own");
        write_moment(json, "password_since", account.password_since);
        json.key("second_factor").boolean(account.has_second_factor);
        json.key("passkeys").integer(account.passkeys);
        write_moment(json, "last_sign_in", account.last_sign_in);
        json.key("failures").integer(account.failures);
        json.key("sessions").integer(account.sessions);
        json.end_object();
    }
    json.end_array().key("next");
    if (found.size() == page) {
        json.string(found.back().login);
    } else {
        json.null();
    }
    json.end_object();
    return response;
}

// The old password is worth nothing from now on, and whoever used it is out: the link is the only way in.
Response make_link(Context& context) {
    const RecordId user = account_to_help(context);
    access::Identity& identity = context.services.identity;
    if (identity.passwords.kept_elsewhere(user)) throw Failure(Failure::Kind::conflict, "password_elsewhere");
    tell_account_help(context, access::audit_kind::password, user, "link_handed");
    identity.passwords.remove(user);
    identity.sessions.end_all(user, access::End::administrator);
    const auto made = identity.links.make_handed(user, context.session.user);
    Response response;
    response.status = 201;
    response.compress = false;
    JsonWriter json(response.body);
    json.begin_object();
    json.key("path").string("/set-password#" + made.token);
    json.key("until").timestamp(made.until);
    json.end_object();
    return response;
}

Response second_factor_off(Context& context) {
    const RecordId user = account_to_help(context);
    tell_account_help(context, access::audit_kind::password, user, "second_factor_off");
    access::Identity& identity = context.services.identity;
    identity.second_factors.remove(user);
    identity.sessions.end_all(user, access::End::administrator);
    return empty_reply();
}

Response end_sessions(Context& context) {
    demand(context, right_sessions);
    const RecordId user = id_param(context.request);
    tell_account_help(context, access::audit_kind::session_ended, user, "all_of_account");
    context.services.identity.sessions.end_all(user, access::End::administrator, context.session.key);
    return empty_reply();
}

}  // namespace

// Whoever resets an account can become it: an administrator's only by an administrator.
RecordId account_to_help(const Context& context) {
    demand(context, right_reset);
    const RecordId user = id_param(context.request);
    std::shared_ptr<const access::Grants> of;
    try {
        of = context.services.grants.of(user);
    } catch (const Failure&) {
        throw not_found();
    }
    if (of->administrator() && !context.caller.grants->administrator()) throw forbidden(std::string(right_reset));
    return user;
}

void tell_account_help(const Context& context, std::string_view kind, RecordId user, std::string_view what) {
    access::AuditEntry entry = entry_of(kind, context.caller);
    entry.object = "user";
    entry.record = user;
    if (user) {
        const auto titles = context.services.records.titles("user", {&user, 1});
        if (const auto found = titles.find(user); found != titles.end()) entry.subject = found->second;
    }
    entry.detail = "{\"what\":\"" + std::string(what) + "\"}";
    context.services.audit.append(std::move(entry));
}

void write_sessions(const Context& context, const std::vector<access::SessionInfo>& sessions, std::string& out) {
    JsonWriter json(out);
    json.begin_object().key("sessions").begin_array();
    for (const access::SessionInfo& session : sessions) {
        json.begin_object();
        json.key("id").string(session.key);
        json.key("user").begin_object();
        json.key("id").id(session.user);
        json.key("login").string(session.login);
        json.key("name").string(session.name);
        json.end_object();
        json.key("since").timestamp(session.since);
        json.key("seen").timestamp(session.seen);
        json.key("address").string(session.address);
        json.key("agent").string(session.agent);
        json.key("strength").string(access::name_of(session.strength));
        json.key("view_as");
        if (session.view_as.empty()) {
            json.null();
        } else {
            json.string(session.view_as);
        }
        json.key("this").boolean(session.key == context.session.key);
        json.end_object();
    }
    json.end_array().end_object();
}

void add_account_routes(Routes& routes) {
    const auto info = [](std::string summary, std::string_view right, int status) {
        return about("accounts", std::move(summary), std::string(right), "", status);
    };
    routes.in_person(Method::get, "/api/sessions", info("Who is signed in", right_sessions, 200), online);
    routes.in_person(Method::delete_, "/api/sessions", info("End all sessions but the own one", right_sessions, 204),
                     end_everybody);
    routes.in_person(Method::delete_, "/api/sessions/{session}", info("End a session", right_sessions, 204),
                     end_session);
    net::RouteInfo listing = info("How accounts stand with signing in", right_reset, 200);
    listing.query = {"q", "after"};
    routes.in_person(Method::get, "/api/accounts", std::move(listing), accounts);
    routes.in_person(Method::post, "/api/accounts/{id}/link",
                     info("A one-time link to pass on; the old password is void", right_reset, 201), make_link);
    routes.in_person(Method::delete_, "/api/accounts/{id}/second_factor",
                     info("Switch the second factor of an account off", right_reset, 204), second_factor_off);
    routes.in_person(Method::delete_, "/api/accounts/{id}/sessions",
                     info("End all sessions of an account", right_sessions, 204), end_sessions);
}

}  // namespace gx::api
