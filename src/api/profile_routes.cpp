// The own profile: who the company says that one is, the contact data that everybody keeps up to date oneself, and
// where one is signed in.
#include <algorithm>

#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_list.hpp"
#include "api/session_reply.hpp"
#include "base/json_writer.hpp"
#include "meta/describe.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

// What the profile shows beside the fields that a person may change.
constexpr std::string_view shown[] = {"number", "name",  "department", "position",
                                      "title",  "level", "manager",    "entered_on"};

// Links for a forgotten password go there: whoever finds an open session must not change them.
constexpr std::string_view reach[] = {"email", "mobile"};

bool is_shown(const meta::Field& field) {
    return field.own || std::ranges::find(shown, std::string_view(field.name)) != std::end(shown);
}

// The program's own rights, with the person in the history: nobody needs a right on employees for this.
record::Caller person(const Context& context) {
    record::Caller caller = context.caller;
    caller.grants =
        access::system_grants(context.caller.user(), context.caller.employee(), context.caller.grants->department);
    return caller;
}

const meta::Object& employee_object(const Context& context) {
    if (!context.caller.employee()) throw not_found();
    return context.model->object("employee");
}

void write_profile(Context& context, std::string& out) {
    const meta::Object& object = employee_object(context);
    meta::Masks masks;
    record::ListQuery query;
    query.object = object.name;
    query.filter = json::array{"id", "is", to_string(context.caller.employee())};
    query.limit = 1;
    for (const meta::Field& field : object.fields) {
        const bool seen = !field.system && is_shown(field);
        masks.read.push_back(seen);
        masks.write.push_back(seen && field.own);
        if (seen) query.fields.push_back(field.name);
    }
    masks.rights = {{"view", true}, {"change", true}};
    std::string list;
    context.services.records.list(person(context), query, list);
    const json::value page = parse_json(list);
    const json::array& records = page.get_object().at("records").get_array();
    if (records.empty()) throw not_found();
    JsonWriter json(out);
    json.begin_object();
    json.key("object");
    meta::describe_object(object, masks, json);
    json.key("record").raw(json::serialize(records.front()));
    json.key("needs_password").begin_array();
    for (const std::string_view name : reach) json.string(name);
    json.end_array();
    json.end_object();
}

Response read_profile(Context& context) {
    Response response;
    write_profile(context, response.body);
    return response;
}

Response change_profile(Context& context) {
    const json::value body = parse_json(context.request.body, {.bytes_max = 64 << 10, .depth_max = 8});
    json::object members = object_body(body);
    const std::string password = optional_text(members, "password");
    members.erase("password");
    const meta::Object& object = employee_object(context);
    std::vector<Problem> problems;
    for (const auto& member : members) {
        const meta::Field* field = object.find(member.key());
        if (field != nullptr && !field->own) problems.push_back({field->name, "read_only", {}, {}});
    }
    Values values = field_values(members, object, context.reading(), "", problems);
    if (!problems.empty()) throw invalid(std::move(problems));
    if (std::ranges::any_of(reach, [&](std::string_view name) { return members.contains(name); })) {
        context.services.identity.passwords.confirm(context.session.user, peer_of(context.request), password);
    }
    record::Change change;
    change.object = object.name;
    change.id = context.caller.employee();
    change.version = version_header(context.request);
    change.values = std::move(values);
    context.services.records.save(person(context), {&change, 1}, {});
    return read_profile(context);
}

Response own_sessions(Context& context) {
    constexpr int sessions_most = 100;
    Response response;
    write_sessions(context, context.services.identity.sessions.list(context.session.user, sessions_most),
                   response.body);
    return response;
}

Response end_others(Context& context) {
    context.services.identity.sessions.end_all(context.session.user, access::End::person, context.session.key);
    Response response;
    response.status = 204;
    return response;
}

Response end_one(Context& context) {
    if (!context.services.identity.sessions.end_of(context.session.user, context.request.param("session"),
                                                   access::End::person)) {
        throw not_found();
    }
    Response response;
    response.status = 204;
    return response;
}

}  // namespace

void add_profile_routes(Routes& routes) {
    routes.signed_in(Method::get, "/api/profile", about("profile", "The own profile"), read_profile);
    routes.in_person(Method::patch, "/api/profile", about("profile", "Change own contact data", "own", "any", 200),
                     change_profile);
    routes.in_person(Method::get, "/api/profile/sessions", about("profile", "Where one is signed in"), own_sessions);
    routes.in_person(Method::delete_, "/api/profile/sessions",
                     about("profile", "End all own sessions but this one", "own", "", 204), end_others);
    routes.in_person(Method::delete_, "/api/profile/sessions/{session}",
                     about("profile", "End one of the own sessions", "own", "", 204), end_one);
}

}  // namespace gx::api
