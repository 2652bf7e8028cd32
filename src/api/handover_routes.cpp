// Handing over everything that a record answers for: what it would be, and doing it as a job.
#include "features/handover/handover.hpp"

#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using features::Handover;
using features::HandoverChoice;
using features::HandoverPlan;
using features::HandoverShare;
using net::Method;
using net::Response;

constexpr std::size_t items_max = 200;

Response preview(Context& context) {
    const Handover handover(context.services.records);
    return json_reply(features::preview_json(
        handover.preview(context.caller, context.object(), id_param(context.request)), context.caller));
}

RecordId id_member(const json::object& body, std::string_view name) {
    const json::value* member = body.if_contains(name);
    if (member == nullptr || member->is_null()) return {};
    if (!member->is_string()) throw bad_request("parameter", {{"name", std::string(name)}});
    const auto id = parse_record_id(std::string_view(member->get_string()));
    if (!id) throw invalid({{std::string(name), "no_such_record", {}, {}}});
    return *id;
}

std::string text_member(const json::object& body, std::string_view name) {
    const json::value* member = body.if_contains(name);
    if (member == nullptr || !member->is_string()) throw bad_request("parameter", {{"name", std::string(name)}});
    return std::string(member->get_string());
}

HandoverShare share_member(const json::object& body) {
    if (!body.contains("share")) return HandoverShare::open;
    const std::string share = text_member(body, "share");
    if (share == "none") return HandoverShare::none;
    if (share == "all") return HandoverShare::all;
    if (share != "open") throw bad_request("parameter", {{"name", "share"}});
    return HandoverShare::open;
}

HandoverPlan read_plan(const json::object& body) {
    HandoverPlan plan;
    for (const auto& member : body)
        if (member.key() != "to" && member.key() != "end" && member.key() != "items")
            throw bad_request("parameter", {{"name", std::string(member.key()).substr(0, 100)}});
    plan.to = id_member(body, "to");
    if (const json::value* end = body.if_contains("end")) {
        if (!end->is_bool()) throw bad_request("parameter", {{"name", "end"}});
        plan.end = end->get_bool();
    }
    const json::value* items = body.if_contains("items");
    if (items == nullptr || items->is_null()) return plan;
    if (!items->is_array() || items->get_array().size() > items_max)
        throw bad_request("parameter", {{"name", "items"}});
    for (const json::value& item : items->get_array()) {
        const json::object& one = object_body(item);
        HandoverChoice choice{text_member(one, "object"), text_member(one, "field"), plan.to, share_member(one)};
        if (one.contains("to")) choice.to = id_member(one, "to");
        plan.choices.push_back(std::move(choice));
    }
    return plan;
}

// "李明 → 王芳", for the history of every record that goes.
std::string note_of(Context& context, const meta::Object& object, RecordId from, RecordId to) {
    const std::vector<RecordId> both{from, to};
    const auto titles = context.services.records.titles(object.name, both);
    const auto title = [&](RecordId id) {
        const auto found = titles.find(id);
        return found == titles.end() ? std::string() : found->second;
    };
    return to ? title(from) + " → " + title(to) : title(from);
}

Response run(Context& context) {
    const meta::Object& object = context.object();
    const RecordId from = id_param(context.request);
    const json::value body = parse_json(context.request.body, {.bytes_max = 256 << 10, .depth_max = 8});
    HandoverPlan plan = read_plan(object_body(body));
    Handover(context.services.records).check(context.caller, object, from, plan);
    plan.note = note_of(context, object, from, plan.to);
    return job_accepted(context.services.jobs.submit(
        context.session.user, "hand_over",
        [&records = context.services.records, caller = context.caller, model = context.model, name = object.name, from,
         plan = std::move(plan)](const features::Jobs::Progress& progress) {
            const features::HandoverResult result =
                Handover(records).run(caller, model->object(name), from, plan, [&](std::size_t done, std::size_t all) {
                    return progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(all));
                });
            return features::result_json(result, caller, *model);
        }));
}

}  // namespace

void add_handover_routes(Routes& routes) {
    routes.signed_in(Method::get, "/api/handovers/{object}/{id}",
                     about("handover", "What a record would hand over", "assign"), preview);
    routes.signed_in(Method::post, "/api/handovers/{object}/{id}",
                     about("handover", "Hand over everything that a record answers for", "assign", "handover", 202),
                     run);
}

}  // namespace gx::api
