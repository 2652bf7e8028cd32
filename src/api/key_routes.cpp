// API keys: making one, seeing them, ending them. With a key itself none of this is possible.
#include "access/api_keys.hpp"
#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_reply.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

void demand(const Context& context, std::string_view right) {
    if (!context.caller.grants->has_special(right)) throw forbidden(std::string(right));
}

void write_moment(JsonWriter& json, std::string_view name, const std::optional<Timestamp>& at) {
    json.key(name);
    if (at) {
        json.timestamp(*at);
    } else {
        json.null();
    }
}

// Of everybody with "?all=1", for who may end them.
Response keys(Context& context) {
    constexpr int keys_most = 500;
    const bool all = context.request.query_value("all").value_or("") == "1";
    if (all) demand(context, access::end_keys_right);
    const auto found = context.services.identity.api_keys.list(all ? RecordId{} : context.session.user, keys_most);
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("keys").begin_array();
    for (const access::KeyInfo& key : found) {
        json.begin_object().key("id").id(key.id).key("name").string(key.name).key("begins").string(key.begins);
        json.key("user").begin_object().key("id").id(key.user).key("login").string(key.login);
        json.key("name").string(key.person).end_object();
        json.key("reads_only").boolean(key.reads_only);
        json.key("made").timestamp(key.made).key("until").timestamp(key.until);
        write_moment(json, "last_used", key.last_used);
        json.key("last_address").string(key.last_address);
        write_moment(json, "ended", key.ended);
        json.key("end_reason").string(key.end_reason);
        json.end_object();
    }
    json.end_array();
    json.key("days_most").integer(context.services.identity.policy.rules()->key_days_most);
    json.end_object();
    return response;
}

access::KeyWish read_wish(const json::object& body) {
    access::KeyWish wish;
    wish.name = text_member(body, "name");
    if (const json::value* until = body.if_contains("until"); until != nullptr && !until->is_null()) {
        if (until->is_string()) wish.until = parse_timestamp(until->get_string());
        if (!wish.until) throw invalid({{"until", "wrong_type", {{"expected", "time"}}, {}}});
    }
    if (const json::value* reads_only = body.if_contains("reads_only"); reads_only != nullptr) {
        if (!reads_only->is_bool()) throw invalid({{"reads_only", "wrong_type", {{"expected", "boolean"}}, {}}});
        wish.reads_only = reads_only->get_bool();
    }
    return wish;
}

void tell(const Context& context, const access::KeyInfo& key, std::string_view what) {
    access::AuditEntry entry = entry_of(access::audit_kind::api_key, context.caller);
    entry.object = "api_key";
    entry.record = key.id;
    entry.subject = key.name;
    entry.detail.clear();
    JsonWriter json(entry.detail);
    json.begin_object().key("what").string(what).key("of").string(key.login);
    if (what == "make") {
        json.key("reads_only").boolean(key.reads_only).key("until").timestamp(key.until);
    }
    json.end_object();
    context.services.audit.append_later(std::move(entry));
}

// The password once more: whoever finds an open page must not take a key away that lives on.
Response make(Context& context) {
    demand(context, access::use_keys_right);
    const json::value body = small_body(context.request);
    const json::object& members = body.get_object();
    const access::KeyWish wish = read_wish(members);
    access::Identity& identity = context.services.identity;
    if (identity.passwords.exists(context.session.user)) {
        identity.passwords.confirm(context.session.user, peer_of(context.request), optional_text(members, "password"));
    }
    const access::MadeKey made = identity.api_keys.make(context.session.user, wish);
    access::KeyInfo key;
    key.id = made.id;
    key.name = wish.name;
    key.login = context.caller.login;
    key.reads_only = wish.reads_only;
    key.until = made.until;
    tell(context, key, "make");
    Response response;
    response.status = 201;
    response.compress = false;
    JsonWriter json(response.body);
    json.begin_object()
        .key("id")
        .id(made.id)
        .key("key")
        .string(made.key)
        .key("until")
        .timestamp(made.until)
        .end_object();
    return response;
}

Response end(Context& context) {
    access::ApiKeys& api_keys = context.services.identity.api_keys;
    const RecordId id = id_param(context.request);
    auto ended = api_keys.end(context.session.user, id, access::KeyEnd::person);
    if (!ended && context.caller.grants->has_special(access::end_keys_right))
        ended = api_keys.end({}, id, access::KeyEnd::administrator);
    if (!ended) throw not_found();
    tell(context, *ended, "end");
    Response response;
    response.status = 204;
    return response;
}

}  // namespace

void add_key_routes(Routes& routes) {
    net::RouteInfo listing = about("keys", "API keys, the own ones or all", "own");
    listing.query = {"all"};
    routes.in_person(Method::get, "/api/keys", std::move(listing), keys);
    routes.in_person(
        Method::post, "/api/keys",
        about("keys", "Make an API key; it is shown once", std::string(access::use_keys_right), "any", 201), make);
    routes.in_person(Method::delete_, "/api/keys/{id}", about("keys", "End an API key", "own", "", 204), end);
}

}  // namespace gx::api
