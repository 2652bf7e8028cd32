// Looking at the product as somebody else: beginning, ending, and finding whose view it shall be.
#include "access/viewing.hpp"
#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_reply.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

void demand_right(const Context& context) {
    if (!context.caller.grants->has_special(access::view_as_right)) throw forbidden(std::string(access::view_as_right));
}

void tell(const Context& context, RecordId other, std::string_view what) {
    access::AuditEntry entry = entry_of(access::audit_kind::view_as, context.caller);
    entry.object = "user";
    entry.record = other;
    const auto titles = context.services.records.titles("user", {&other, 1});
    if (const auto found = titles.find(other); found != titles.end()) entry.subject = found->second;
    entry.detail = "{\"what\":\"" + std::string(what) + "\"}";
    context.services.audit.append(std::move(entry));
}

// The answer of the session as it is from now on, with its cookie.
Response changed(Context& context, access::Caller caller, const access::Tokens& tokens, RecordId view_as) {
    context.caller = std::move(caller);
    context.session.key = tokens.key;
    context.session.view_as = view_as;
    Response response = session_reply(context);
    response.headers.emplace_back("Set-Cookie", session_cookie(tokens.token, context.request.secure));
    return response;
}

Response begin(Context& context) {
    demand_right(context);
    const json::value body = small_body(context.request);
    const auto id = parse_record_id(text_member(body.get_object(), "user"));
    if (!id || !context.services.identity.accounts.is_active(*id)) throw not_found();
    access::Caller other = context.services.callers.of(*id);
    if (!access::may_view_as(*context.caller.grants, *other.grants))
        throw forbidden(std::string(access::view_as_right));
    tell(context, *id, "begin");
    const access::Tokens tokens = context.services.identity.sessions.view_as(context.session, *id);
    other.language = context.caller.language;
    other.viewer = std::make_shared<const access::Caller::Viewer>(
        access::Caller::Viewer{context.session.user, context.caller.login, context.caller.name});
    return changed(context, std::move(other), tokens, *id);
}

Response end(Context& context) {
    if (!context.session.view_as) throw not_found();
    const access::Tokens tokens = context.services.identity.sessions.view_as(context.session, {});
    tell(context, context.session.view_as, "end");
    return changed(context, context.caller, tokens, {});
}

Response candidates(Context& context) {
    constexpr int page = 20;
    demand_right(context);
    const auto words = context.request.query_value("q").value_or("");
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("users").begin_array();
    for (const access::AccountInfo& account : context.services.identity.accounts.page(words, "", page)) {
        if (!account.active || account.user == context.session.user) continue;
        json.begin_object().key("id").id(account.user);
        json.key("login").string(account.login).key("name").string(account.name).end_object();
    }
    json.end_array().end_object();
    return response;
}

}  // namespace

void add_view_routes(Routes& routes) {
    const auto info = [](std::string summary, std::string body) {
        return about("session", std::move(summary), std::string(access::view_as_right), std::move(body), 200);
    };
    net::RouteInfo listing = info("Find whose view it shall be", "");
    listing.query = {"q"};
    routes.in_person(Method::get, "/api/session/view", std::move(listing), candidates);
    routes.in_person(Method::post, "/api/session/view", info("Look as somebody else, for reading only", "any"), begin);
    routes.leaving(Method::delete_, "/api/session/view", info("Be oneself again", ""), end);
}

}  // namespace gx::api
