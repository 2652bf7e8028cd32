// For administrators: is the audit as it was written?
#include <atomic>
#include <memory>

#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

Response verify(Context& context, std::atomic_flag& running) {
    if (!context.caller.grants->administrator()) throw forbidden("audit");
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

Response changes_of_batch(Context& context) {
    if (!context.caller.grants->administrator()) throw forbidden("audit");
    Response response;
    context.services.records.changes_of_batch(context.caller, id_param(context.request),
                                              context.request.query_value("after").value_or(""), response.body);
    return response;
}

}  // namespace

void add_audit_routes(Routes& routes) {
    const auto running = std::make_shared<std::atomic_flag>();
    routes.signed_in(Method::get, "/api/audit/verify",
                     about("audit", "Is the audit as it was written, and the history with it", "administrator"),
                     [running](Context& context) { return verify(context, *running); });
    routes.signed_in(Method::get, "/api/batches/{id}/changes",
                     about("audit", "What one operation did, with old and new values", "administrator"),
                     changes_of_batch);
}

}  // namespace gx::api
