// For administrators: is the audit as it was written?
#include <atomic>
#include <memory>

#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_reply.hpp"
#include "api/trail.hpp"
#include "base/json_writer.hpp"
#include "base/texts.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

Response verify(Context& context, std::atomic_flag& running) {
    // It reads everything: one at a time is enough for everybody.
    if (running.test_and_set()) throw Failure(Failure::Kind::too_many, "audit_verify_runs", {{"seconds", "10"}});
    const std::unique_ptr<std::atomic_flag, void (*)(std::atomic_flag*)> ended(
        &running, [](std::atomic_flag* flag) { flag->clear(); });
    const features::Verdict verdict = context.services.verify_audit();
    Response response;
    JsonWriter json(response.body);
    features::write_verdict(verdict, context.caller.language, json);
    return response;
}

// ── archives ────────────────────────────────────────────────────────────────────────────────────────────────────────

void write_file(const features::AuditArchives::File& file, JsonWriter& json) {
    json.begin_object().key("name").string(file.name).key("bytes").integer(file.bytes);
    json.key("made_at").timestamp(file.made_at).key("before").timestamp(file.before);
    json.key("first").integer(file.first).key("last").integer(file.last).end_object();
}

Response list_archives(Context& context) {
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("months").integer(context.services.audit_months);
    json.key("key").string(context.services.audit_archives.key());
    json.key("archives").begin_array();
    for (const features::AuditArchives::File& file : context.services.audit_archives.list()) write_file(file, json);
    json.end_array().end_object();
    return response;
}

Response make_archive(Context& context) {
    const json::value body = small_body(context.request);
    const auto before = parse_date(text_member(body.get_object(), "before"));
    const Date today = context.services.zone->date_at(context.services.clock.now());
    if (!before) throw invalid({{"before", "wrong_type", {{"expected", "date"}}, {}}});
    if (*before > today) throw invalid({{"before", "archive_future", {}, {}}});
    const features::Archived archived = context.services.audit_archives.make(*before, entry_of("", context.caller));
    Response response;
    response.status = 201;
    JsonWriter json(response.body);
    json.begin_object().key("entries").integer(archived.entries).key("first").integer(archived.first);
    json.key("last").integer(archived.last).end_object();
    return response;
}

Response check_archive(Context& context) {
    features::AuditArchives& archives = context.services.audit_archives;
    features::ArchiveCheck check = features::check_archive(archives.path(context.request.param("name")));
    if (check.fault.empty() && check.key != archives.key()) check.fault = "archive_other_key";
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("whole").boolean(check.fault.empty()).key("entries").integer(check.entries);
    json.key("fault");
    if (check.fault.empty()) {
        json.null();
    } else {
        json.begin_object().key("key").string(check.fault);
        json.key("text").string(text(context.caller.language, check.fault, check.params)).end_object();
    }
    json.end_object();
    return response;
}

Response download_archive(Context& context) {
    const std::string name(context.request.param("name"));
    Response response = file_reply(context.services.audit_archives.path(name), name);
    access::AuditEntry entry = entry_of(access::audit_kind::exported, context.caller);
    entry.object = "audit_entry";
    entry.subject = name;
    context.services.audit.append(std::move(entry));
    return response;
}

Response changes_of_batch(Context& context) {
    Response response;
    context.services.records.changes_of_batch(context.caller, id_param(context.request),
                                              context.request.query_value("after").value_or(""), response.body);
    return response;
}

}  // namespace

void add_audit_routes(Routes& routes) {
    const auto running = std::make_shared<std::atomic_flag>();
    routes.signed_in(Method::get, "/api/audit/verify",
                     about("audit", "Is the audit as it was written, and the history with it", administrators),
                     [running](Context& context) { return verify(context, *running); });
    routes.signed_in(Method::get, "/api/batches/{id}/changes",
                     about("audit", "What one operation did, with old and new values", administrators),
                     changes_of_batch);
    routes.signed_in(Method::get, "/api/audit/archives", about("audit", "The archives of the audit", administrators),
                     list_archives);
    routes.in_person(
        Method::post, "/api/audit/archives",
        about("audit", "Move the entries before a day into a signed file", administrators, "audit_archive", 201),
        make_archive);
    routes.signed_in(Method::get, "/api/audit/archives/{name}/check",
                     about("audit", "Is an archive as it was written, and signed here", administrators), check_archive);
    routes.taking_out(Method::get, "/api/audit/archives/{name}", about("audit", "Download an archive", administrators),
                      download_archive);
}

}  // namespace gx::api
