// Uploads and downloads. An uploaded file belongs to the account that brought it until a record refers to it.
#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

Response upload(Context& context) {
    if (context.request.files.size() != 1) throw bad_request("one_file");
    const net::UploadedFile& uploaded = context.request.files.front();
    const features::File file =
        context.services.files.keep(context.session.user, uploaded.file_name, uploaded.content_type, uploaded.path);
    Response response;
    response.status = 201;
    JsonWriter json(response.body);
    json.begin_object();
    json.key("id").id(file.id);
    json.key("name").string(file.name);
    json.key("bytes").integer(file.bytes);
    json.key("type").string(file.content_type);
    json.end_object();
    return response;
}

Response download(Context& context) {
    const auto file = context.services.files.find(id_param(context.request));
    if (!file || file->user != context.session.user) throw not_found();
    return file_reply(file->path, file->name);
}

std::string export_detail(const record::ListQuery& query, std::string_view format, std::string_view request_id) {
    std::string detail;
    JsonWriter json(detail);
    json.begin_object().key("format").string(format);
    if (!query.view.empty()) json.key("view").string(query.view);
    if (!query.search.empty()) json.key("search").string(query.search);
    if (!query.filter.is_null()) json.key("filter").raw(json::serialize(query.filter));
    json.key("fields").begin_array();
    for (const std::string& field : query.fields) json.string(field);
    json.end_array();
    json.key("request_id").string(request_id).end_object();
    return detail;
}

Response export_list(Context& context) {
    const meta::Object& object = context.object();
    const auto name = context.request.query_value("format").value_or("csv");
    if (name != "csv" && name != "xlsx") throw bad_request("parameter", {{"name", "format"}});
    if (!access::has_menu(*context.caller.grants, object)) throw forbidden("menu");
    if (!access::may(*context.caller.grants, object, access::Verb::export_)) throw forbidden("export");
    const features::ExportFormat format = name == "csv" ? features::ExportFormat::csv : features::ExportFormat::xlsx;
    record::ListQuery query = list_query(context.request, object);
    access::Caller caller = context.caller;
    if (const auto wanted = context.request.query_value("language"))
        caller.language = parse_language(*wanted).value_or(caller.language);

    Response response;
    response.content_type = format == features::ExportFormat::csv
                                ? "text/csv; charset=utf-8"
                                : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    response.headers.emplace_back(
        "Content-Disposition",
        disposition(features::Exporter::file_name(
            object, caller.language, context.services.zone->date_at(context.services.clock.now()), format)));
    response.compress = format == features::ExportFormat::csv;
    // A filter that cannot be read is told now, as an answer; once the stream has begun there is no status left to
    // give.
    context.services.exporter.check(caller, query);
    access::AuditEntry entry = entry_of(access::audit_kind::exported, caller);
    entry.object = object.name;
    entry.subject = features::Exporter::file_name(object, caller.language,
                                                  context.services.zone->date_at(context.services.clock.now()), format);
    entry.detail = export_detail(query, name, context.request.id);
    response.stream = [&exporter = context.services.exporter, &audit = context.services.audit, caller,
                       query = std::move(query), format, entry = std::move(entry)](net::BodyWriter& out) mutable {
        // Told also when it breaks off: what went out is out.
        entry.outcome = "failed";
        const auto told = [&](std::size_t rows) {
            entry.rows = static_cast<std::int64_t>(rows);
            audit.append_later(entry);
        };
        std::size_t rows = 0;
        try {
            rows = exporter.write(caller, query, format, [&](std::string_view piece) { return out.write(piece); });
        } catch (...) {
            told(rows);
            throw;
        }
        entry.outcome = "done";
        told(rows);
    };
    return response;
}

}  // namespace

void add_file_routes(Routes& routes) {
    net::RouteInfo info = about("files", "Upload a file (multipart/form-data)", "own", "file", 201);
    info.multipart = true;
    routes.signed_in(Method::post, "/api/files", std::move(info), upload);
    routes.signed_in(Method::get, "/api/files/{id}", about("files", "Download an own file", "own"), download);
    routes.taking_out(Method::get, "/api/exports/{object}", about("files", "Export a list as CSV or XLSX", "export"),
                      export_list);
}

}  // namespace gx::api
