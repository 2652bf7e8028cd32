// For operators and programs: health, metrics, the API description, and what anybody may know.
#include <cctype>

#include "api/answer.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"
#include "meta/describe.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Request;
using net::Response;

void write_parameter(JsonWriter& json, std::string_view name, std::string_view in, bool required) {
    json.begin_object();
    json.key("name").string(name).key("in").string(in).key("required").boolean(required);
    json.key("schema").begin_object().key("type").string("string").end_object();
    json.end_object();
}

void write_operation(JsonWriter& json, const net::Route& route) {
    std::string method(net::name_of(route.method));  // OpenAPI writes methods small
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    json.key(method);
    json.begin_object();
    json.key("tags").begin_array().string(route.info.tag).end_array();
    json.key("summary").string(route.info.summary);
    json.key("x-right").string(route.info.sign_in ? (route.info.right.empty() ? "signed_in" : route.info.right)
                                                  : "open");
    json.key("parameters").begin_array();
    for (std::size_t at = 0; (at = route.pattern.find('{', at)) != std::string::npos; ++at) {
        write_parameter(json, route.pattern.substr(at + 1, route.pattern.find('}', at) - at - 1), "path", true);
    }
    for (const std::string& name : route.info.query) write_parameter(json, name, "query", false);
    json.end_array();
    if (!route.info.body_schema.empty()) {
        json.key("requestBody").begin_object().key("content").begin_object();
        json.key(route.info.multipart ? "multipart/form-data" : "application/json").begin_object();
        json.key("schema").begin_object().key("type");
        json.string(route.info.body_schema == "records" ? "array" : "object").end_object();
        json.end_object().end_object().end_object();
    }
    json.key("responses").begin_object();
    json.key(std::to_string(route.info.status)).begin_object().key("description").string("done").end_object();
    json.key("default")
        .begin_object()
        .key("description")
        .string("application/problem+json")
        .key("content")
        .begin_object();
    json.key("application/problem+json").begin_object().key("schema").begin_object();
    json.key("$ref").string("#/components/schemas/problem").end_object().end_object().end_object().end_object();
    json.end_object();
    json.end_object();
}

std::string describe_api(const net::Router& router, const meta::Model& model) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.key("openapi").string("3.1.0");
    json.key("info").begin_object().key("title").string("Guanxi").key("version").string("0.1.0").end_object();
    std::map<std::string, std::vector<const net::Route*>> by_pattern;
    for (const auto& route : router.routes()) by_pattern[route->pattern].push_back(route.get());
    json.key("paths").begin_object();
    for (const auto& [pattern, routes] : by_pattern) {
        json.key(pattern).begin_object();
        for (const net::Route* route : routes) write_operation(json, *route);
        json.end_object();
    }
    json.end_object();
    json.key("components").begin_object().key("schemas").begin_object();
    json.key("problem").raw(
        R"({"type":"object","required":["title","detail","status","code","request_id"],"properties":{"title":{"type":"string"},"detail":{"type":"string"},"status":{"type":"integer"},"code":{"type":"string"},"request_id":{"type":"string"},"errors":{"type":"array","items":{"type":"object","properties":{"field":{"type":"string"},"rule":{"type":"string"},"params":{"type":"object"},"message":{"type":"string"}}}}}})");
    for (const meta::Object& object : model.objects()) {
        json.key(object.name);
        meta::describe_schema(object, json);
    }
    json.end_object().end_object();
    json.end_object();
    return body;
}

}  // namespace

void add_operation_routes(Routes& routes) {
    Services& services = routes.services();
    routes.open(Method::get, "/healthz", about("operations", "Is the program working"), [&services](Request&) {
        services.check_health();  // one statement; throws when the database is away
        return json_reply("{\"state\":\"ok\"}");
    });
    routes.open(Method::get, "/metrics", about("operations", "Figures for Prometheus"), [&services](Request&) {
        Response response;
        response.content_type = "text/plain; version=0.0.4";
        response.body = services.metrics();
        return response;
    });
    routes.open(Method::get, "/api/public", about("operations", "What the sign-in page shows"), [&services](Request&) {
        Response response;
        JsonWriter json(response.body);
        json.begin_object();
        json.key("company").begin_object().key("name").string(services.company_name()).end_object();
        json.key("languages").begin_array().string("zh").string("en").end_array();
        json.key("version").string("0.1.0");
        json.end_object();
        return response;
    });
    routes.open(Method::get, "/api/openapi.json", about("operations", "This description"),
                [&services, &router = routes.router()](Request&) {
                    return json_reply(describe_api(router, *services.model()));
                });
}

}  // namespace gx::api
