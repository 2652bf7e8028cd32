// What the pages need on which roles are edited and explained: people to ask about, also for those who may explain
// rights without seeing accounts, and a check of what a role would grant before it is saved.
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"
#include "meta/problem_text.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

void require_explain(const Context& context) {
    if (!context.caller.grants->has_special("role.explain")) throw forbidden("role.explain");
}

// The program's own eyes: accounts are kept from everybody else, and whoever explains rights must be able to name one.
access::Caller everyone(const Context& context) {
    access::Caller caller = context.caller;
    caller.grants = access::system_grants(context.caller.user(), context.caller.employee());
    return caller;
}

std::string text_in(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text ? *text : std::string();
}

// By sign-in name, or by the person's name as every picker finds it, pinyin included.
json::value filter_of(Context& context, const access::Caller& caller, const std::string& typed) {
    if (typed.empty()) return nullptr;
    record::ListQuery people;
    people.object = "employee";
    people.search = typed;
    people.fields = {"id"};
    json::array ids;
    constexpr std::size_t people_max = 100;
    context.services.records.each(caller, people, [&](RecordId id, std::span<const Value>) {
        ids.emplace_back(to_string(id));
        return ids.size() < people_max;
    });
    json::array either{json::array{"login", "contains", typed}};
    if (!ids.empty()) either.push_back(json::array{"employee", "in", std::move(ids)});
    return json::object{{"or", std::move(either)}};
}

Response users(Context& context) {
    require_explain(context);
    const access::Caller caller = everyone(context);
    record::ListQuery query;
    query.object = "user";
    query.fields = {"login", "employee.name", "employee.department.name", "status"};
    query.sort = {{"employee.name", false}, {"id", false}};
    query.filter = filter_of(context, caller, std::string(context.request.query_value("q").value_or("")));
    const int limit = integer_query(context.request, "limit", 20, 1, 100);
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("users").begin_array();
    int written = 0;
    context.services.records.each(caller, query, [&](RecordId id, std::span<const Value> row) {
        json.begin_object().key("id").id(id).key("login").string(text_in(row[0]));
        json.key("name").string(text_in(row[1])).key("department").string(text_in(row[2]));
        json.key("active").boolean(text_in(row[3]) == "active").end_object();
        return ++written < limit;
    });
    json.end_array().end_object();
    return response;
}

std::vector<Problem> problems_of(const Context& context, const json::value& grants) {
    try {
        return access::check_role_rights(access::parse_role_rights(grants), *context.model);
    } catch (const Failure& failure) {
        std::string place;
        for (const auto& [name, value] : failure.params()) {
            if (name == "at") place = value;
        }
        return {{std::move(place), failure.key(), failure.params(), {}}};
    }
}

Response check(Context& context) {
    require_explain(context);
    const json::value body = parse_json(context.request.body, {.bytes_max = 512 << 10, .depth_max = 8});
    const json::value* grants = object_body(body).if_contains("grants");
    if (!grants) throw invalid({{"grants", "required", {}, {}}});
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("problems").begin_array();
    for (const Problem& problem : problems_of(context, *grants)) {
        json.begin_object().key("place").string(problem.field);
        json.key("message").string(meta::problem_text(problem, context.caller.language, context.model.get()));
        json.end_object();
    }
    json.end_array().end_object();
    return response;
}

}  // namespace

void add_granting_routes(Routes& routes) {
    routes.signed_in(Method::get, "/api/rights/users",
                     about("rights", "Accounts whose rights can be explained", "special"), users);
    routes.signed_in(Method::post, "/api/rights/check",
                     about("rights", "What is wrong with the rights of a role, before it is saved", "special", "any"),
                     check);
}

}  // namespace gx::api
