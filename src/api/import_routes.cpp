// The import wizard and long work. The wizard's steps are states of one import; see features/importing.
#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"
#include "base/texts.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

std::string required_text(const json::object& body, std::string_view name) {
    const json::value* member = body.if_contains(name);
    if (member == nullptr || !member->is_string()) throw invalid({{std::string(name), "required", {}, {}}});
    return std::string(member->get_string());
}

Response described(Context& context, RecordId import, int status = 200) {
    Response response;
    response.status = status;
    context.services.imports.describe(context.caller, import, response.body);
    return response;
}

Response start(Context& context) {
    const json::value body = parse_json(context.request.body, {.bytes_max = 64 << 10, .depth_max = 8});
    const json::object& members = object_body(body);
    const RecordId import = context.services.imports.start(context.caller, required_text(members, "object"),
                                                           id_of(required_text(members, "file")));
    return described(context, import, 201);
}

Response configure(Context& context) {
    const json::value body = parse_json(context.request.body, {.bytes_max = 1 << 20, .depth_max = 12});
    const RecordId import = id_param(context.request);
    context.services.imports.configure(context.caller, import, object_body(body));
    return described(context, import);
}

Response rejects(Context& context) {
    Response response;
    context.services.imports.rejects(context.caller, id_param(context.request),
                                     context.request.query_value("after").value_or(""),
                                     context.request.query_value("rule").value_or(""),
                                     integer_query(context.request, "limit", 100, 1, 500), response.body);
    return response;
}

Response fix(Context& context) {
    const json::value body = parse_json(context.request.body, {.bytes_max = 1 << 20, .depth_max = 8});
    Response response;
    context.services.imports.fix(context.caller, id_param(context.request), object_body(body), response.body);
    return response;
}

Response rejects_csv(Context& context) {
    const RecordId import = id_param(context.request);
    std::string checked;
    context.services.imports.describe(context.caller, import, checked);  // not_found() before the stream begins
    Response response;
    response.content_type = "text/csv; charset=utf-8";
    response.headers.emplace_back("Content-Disposition", "attachment; filename=\"rejects.csv\"");
    response.stream = [&imports = context.services.imports, caller = context.caller, import](net::BodyWriter& out) {
        imports.rejects_csv(caller, import, [&](std::string_view piece) { return out.write(piece); });
    };
    return response;
}

Response cancel(Context& context) {
    const RecordId import = id_param(context.request);
    context.services.imports.cancel(context.caller, import);
    return described(context, import);
}

features::Job own_job(Context& context) {
    const auto job = context.services.jobs.find(id_param(context.request));
    if (!job || job->user != context.session.user) throw not_found();
    return *job;
}

Response job_reply(Context& context) {
    const features::Job job = own_job(context);
    Response response;
    JsonWriter json(response.body);
    json.begin_object();
    json.key("id").id(job.id);
    json.key("kind").string(job.kind);
    json.key("state").string(job.state);
    json.key("done").integer(job.done);
    json.key("all").integer(job.all);
    json.key("result").raw(job.result.empty() ? std::string_view("null") : std::string_view(job.result));
    json.key("problem");
    if (job.problem.empty()) {
        json.null();
    } else {
        json.string(text(context.caller.language, job.problem));
    }
    json.end_object();
    return response;
}

Response cancel_job(Context& context) {
    context.services.jobs.cancel(own_job(context).id);
    return job_reply(context);
}

}  // namespace

void add_import_routes(Routes& routes) {
    routes.signed_in(Method::post, "/api/imports",
                     about("imports", "Begin an import from an uploaded file", "import", "any", 201), start);
    routes.signed_in(Method::get, "/api/imports/{id}", about("imports", "State of an import", "own"),
                     [](Context& context) { return described(context, id_param(context.request)); });
    routes.signed_in(Method::patch, "/api/imports/{id}", about("imports", "Map columns and choose rules", "own", "any"),
                     configure);
    routes.signed_in(Method::post, "/api/imports/{id}/check", about("imports", "Validate every row", "own", "", 202),
                     [](Context& context) {
                         return job_accepted(context.services.imports.check(context.caller, id_param(context.request)));
                     });
    routes.signed_in(Method::post, "/api/imports/{id}/run",
                     about("imports", "Write the rows that are good", "own", "", 202), [](Context& context) {
                         return job_accepted(context.services.imports.run(context.caller, id_param(context.request)));
                     });
    routes.signed_in(Method::post, "/api/imports/{id}/cancel",
                     about("imports", "Stop an import; nothing of it stays", "own"), cancel);
    routes.signed_in(Method::get, "/api/imports/{id}/rejects", about("imports", "Rows with problems", "own"), rejects);
    routes.signed_in(Method::patch, "/api/imports/{id}/rejects",
                     about("imports", "Correct rows in place", "own", "any"), fix);
    routes.taking_out(Method::get, "/api/imports/{id}/rejects.csv", about("imports", "Rejected rows as a file", "own"),
                      rejects_csv);
}

void add_job_routes(Routes& routes) {
    routes.signed_in(Method::get, "/api/jobs/{id}", about("jobs", "State of long work", "own"), job_reply);
    routes.signed_in(Method::post, "/api/jobs/{id}/cancel", about("jobs", "Stop long work", "own"), cancel_job);
}

}  // namespace gx::api
