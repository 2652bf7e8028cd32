// Lists, groups, single records, verbs, history, undo, pickers and search: the same for every object.
#include <algorithm>

#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"
#include "base/texts.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Response;

// Up to this many records are changed while the browser waits; more become a job with progress.
constexpr std::int64_t at_once_max = 200;
constexpr std::size_t create_max = 1000;

std::string idempotency_key(const Context& context) {
    const std::string_view key = context.request.header("idempotency-key");
    if (key.size() > 200) throw bad_request("parameter", {{"name", "Idempotency-Key"}});
    return std::string(key);
}

// The record as the caller reads it. What was written may have gone out of his sight (given to somebody else, or no
// longer what a condition asks for): then it was written all the same, and only its id is told.
Response record_reply(Context& context, const meta::Object& object, RecordId id, int status = 200,
                      RecordId batch = {}) {
    Response response;
    response.status = status;
    try {
        context.services.records.read(context.caller, object.name, id, {}, std::nullopt, response.body);
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::not_found && failure.kind() != Failure::Kind::forbidden) throw;
        response.body.clear();
        JsonWriter json(response.body);
        json.begin_object().key("id").id(id).end_object();
    }
    if (batch && response.body.size() > 2 && response.body.back() == '}') {
        response.body.pop_back();
        response.body += ",\"batch\":\"" + to_string(batch) + "\"}";
    }
    return response;
}

Response batch_reply(const record::Saved& saved, int status = 200) {
    Response response;
    response.status = status;
    JsonWriter json(response.body);
    json.begin_object();
    json.key("batch").id(saved.batch);
    json.key("ids").begin_array();
    for (const RecordId id : saved.ids) {
        if (id) {
            json.id(id);
        } else {
            json.null();
        }
    }
    json.end_array();
    json.key("updated").integer(static_cast<std::int64_t>(saved.updated + saved.removed + saved.created));
    json.end_object();
    return response;
}

// Lists of an object are for whom its menu is there; single records are met where others refer to them.
const meta::Object& listed_object(Context& context) {
    const meta::Object& object = context.object();
    if (!access::has_menu(*context.caller.grants, object)) throw forbidden("menu");
    return object;
}

Response list(Context& context) {
    Response response;
    context.services.records.list(context.caller, list_query(context.request, listed_object(context)), response.body);
    return response;
}

Response groups(Context& context) {
    Response response;
    context.services.records.group(context.caller, group_query(context.request, listed_object(context)), response.body);
    return response;
}

Response read(Context& context) {
    const auto include = split(context.request.query_value("include").value_or(""));
    Response response;
    using Among = record::Records::Among;
    const Among among = context.request.query_value("bin").value_or("") == "1" ? Among::bin : Among::live;
    context.services.records.read(context.caller, context.object().name, id_param(context.request), include,
                                  as_of_query(context.request), response.body, among);
    return response;
}

// Who is refused learns what is there already, to look at it or to save anyway.
Response duplicates_reply(Context& context, const meta::Object& object, const Values& draft, const Failure& failure) {
    std::string found;
    context.services.records.duplicates(context.caller, object.name, draft, found);
    const std::string_view members = std::string_view(found).substr(1, found.size() - 2);
    return failure_reply(context.request, failure, context.caller.language, context.model.get(), members);
}

// What is wrong with the values is told only to whoever may write such records.
void refuse_problems(const Context& context, const meta::Object& object, access::Verb verb,
                     std::vector<Problem> problems) {
    if (problems.empty()) return;
    if (object.kept_by_platform) throw Failure(Failure::Kind::forbidden, "kept_by_platform");
    if (!access::may(*context.caller.grants, object, verb)) throw forbidden(std::string(access::name_of(verb)));
    throw invalid(std::move(problems));
}

Response create(Context& context) {
    const meta::Object& object = context.object();
    const json::value body = parse_json(context.request.body);
    record::SaveOptions options;
    options.operation = "create";
    options.idempotency_key = idempotency_key(context);

    std::vector<Problem> problems;
    std::vector<record::Change> changes;
    const meta::ReadContext reading = context.reading();
    const bool many = body.is_array();
    if (many) {
        const json::array& rows = body.get_array();
        if (rows.empty() || rows.size() > create_max)
            throw bad_request("rows_count", {{"max", std::to_string(create_max)}});
        for (std::size_t row = 0; row < rows.size(); ++row) {
            record::Change change{object.name, {}, {}, {}, false, false, row};
            change.values =
                field_values(object_body(rows[row]), object, reading, "[" + std::to_string(row) + "].", problems);
            changes.push_back(std::move(change));
        }
    } else {
        record::Change change{object.name, {}, {}, {}, false, false, 0};
        change.values = field_values(object_body(body), object, reading, "", problems);
        changes.push_back(std::move(change));
    }
    refuse_problems(context, object, access::Verb::add, std::move(problems));

    const std::string_view duplicates = context.request.query_value("duplicates").value_or("");
    if (!duplicates.empty() && (duplicates != "refuse" || many))
        throw bad_request("parameter", {{"name", "duplicates"}});
    options.refuse_duplicates = !duplicates.empty();
    record::Saved saved;
    try {
        saved = context.services.records.save(context.caller, changes, options);
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::conflict || failure.key() != "duplicates") throw;
        return duplicates_reply(context, object, changes.front().values, failure);
    }
    if (many) return batch_reply(saved, 201);
    Response response = record_reply(context, object, saved.ids.at(0), 201, saved.batch);
    response.headers.emplace_back("Location", "/api/records/" + object.name + "/" + to_string(saved.ids.at(0)));
    return response;
}

// A stale change tells what stands there now, so that the page can offer both values.
Response stale_reply(Context& context, const meta::Object& object, RecordId id, const Failure& failure) {
    std::string current = "\"current\":";
    context.services.records.read(context.caller, object.name, id, {}, std::nullopt, current);
    return failure_reply(context.request, failure, context.caller.language, context.model.get(), current);
}

Response change(Context& context) {
    const meta::Object& object = context.object();
    const RecordId id = id_param(context.request);
    const json::value body = parse_json(context.request.body);
    std::vector<Problem> problems;
    record::Change change{object.name, id, version_header(context.request), {}, false, false, 0};
    change.values = field_values(object_body(body), object, context.reading(), "", problems);
    refuse_problems(context, object, access::Verb::change, std::move(problems));
    record::SaveOptions options;
    options.operation = "change";
    options.idempotency_key = idempotency_key(context);
    try {
        const record::Saved saved = context.services.records.save(context.caller, {&change, 1}, options);
        return record_reply(context, object, id, 200, saved.batch);
    } catch (const Failure& failure) {
        if (failure.kind() != Failure::Kind::stale) throw;
        return stale_reply(context, object, id, failure);
    }
}

// {"id", "version"?, fields…} of a list of changes.
record::Change change_of(const json::value& one, const meta::Object& object, std::size_t row,
                         const meta::ReadContext& reading, std::vector<Problem>& problems) {
    json::object values = object_body(one);
    record::Change change{object.name, {}, {}, {}, false, false, row};
    const json::value* id = values.if_contains("id");
    if (!id || !id->is_string()) throw bad_request("parameter", {{"name", "id"}});
    change.id = id_of(std::string_view(id->get_string()));
    if (const json::value* version = values.if_contains("version")) {
        if (!version->is_int64() || version->get_int64() < 1) throw bad_request("parameter", {{"name", "version"}});
        change.version = version->get_int64();
    }
    values.erase("id");
    values.erase("version");
    change.values = field_values(values, object, reading, "[" + std::to_string(row) + "].", problems);
    return change;
}

// Several records, each with values of its own: all of them, or none.
Response change_each(Context& context) {
    const meta::Object& object = context.object();
    const json::value body = parse_json(context.request.body);
    const json::array* rows = body.if_array();
    if (!rows || rows->empty() || rows->size() > create_max)
        throw bad_request("rows_count", {{"max", std::to_string(create_max)}});
    std::vector<Problem> problems;
    std::vector<record::Change> changes;
    for (std::size_t row = 0; row < rows->size(); ++row)
        changes.push_back(change_of((*rows)[row], object, row, context.reading(), problems));
    refuse_problems(context, object, access::Verb::change, std::move(problems));
    record::SaveOptions options;
    options.operation = "change";
    options.idempotency_key = idempotency_key(context);
    return batch_reply(context.services.records.save(context.caller, changes, options));
}

// Who is refused because others refer to the records learns which ones, to look at them or to hand them over.
Response blocked_reply(Context& context, const meta::Object& object, std::span<const RecordId> ids,
                       const Failure& failure) {
    std::string blockers = "\"blockers\":";
    context.services.records.blockers(context.caller, object.name, ids, blockers);
    return failure_reply(context.request, failure, context.caller.language, context.model.get(), blockers);
}

bool is_blocked(const Failure& failure) {
    return std::ranges::any_of(failure.problems(), [](const Problem& problem) { return problem.rule == "in_use"; });
}

Response remove(Context& context) {
    const meta::Object& object = context.object();
    const RecordId id = id_param(context.request);
    const record::Change change{object.name, id, version_header(context.request), {}, true, false, 0};
    record::SaveOptions options;
    options.operation = "delete";
    options.idempotency_key = idempotency_key(context);
    try {
        return batch_reply(context.services.records.save(context.caller, {&change, 1}, options));
    } catch (const Failure& failure) {
        if (is_blocked(failure)) return blocked_reply(context, object, {&id, 1}, failure);
        if (failure.kind() != Failure::Kind::stale) throw;
        return stale_reply(context, object, id, failure);
    }
}

std::vector<RecordId> ids_member(const json::object& body) {
    std::vector<RecordId> ids;
    const json::value* member = body.if_contains("ids");
    if (member == nullptr || member->is_null()) return ids;
    if (!member->is_array()) throw bad_request("parameter", {{"name", "ids"}});
    for (const json::value& item : member->get_array()) {
        if (!item.is_string()) throw bad_request("parameter", {{"name", "ids"}});
        ids.push_back(id_of(std::string_view(item.get_string())));
    }
    if (ids.size() > create_max) throw bad_request("rows_count", {{"max", std::to_string(create_max)}});
    return ids;
}

const meta::Action& action_of(const meta::Object& object, std::string_view name) {
    const meta::Action* action = object.action(name);
    if (action == nullptr) throw not_found();
    return *action;
}

// The built-in verbs have no declaration: restore, delete and assign {owner}.
bool is_built_in(std::string_view action) { return action == "restore" || action == "delete" || action == "assign"; }

Values built_in_values(const json::object& body, const meta::Object& object, std::string_view action,
                       const meta::ReadContext& reading) {
    std::vector<Problem> problems;
    json::object wanted;
    for (const auto& [key, member] : body) {
        if (key == "ids") continue;
        if (action == "assign" && key == "owner") {
            wanted.emplace(key, member);
        } else {
            problems.push_back({std::string(key).substr(0, 100),
                                "unknown_field",
                                {{"field", std::string(key).substr(0, 100)}},
                                object.name});
        }
    }
    Values values = field_values(wanted, object, reading, "", problems);
    if (action == "assign" && wanted.empty()) problems.push_back({"owner", "required", {}, object.name});
    if (!problems.empty()) throw invalid(std::move(problems));
    return values;
}

json::value body_or_empty(const Context& context) {
    return context.request.body.empty() ? json::value(json::object()) : parse_json(context.request.body);
}

Response act_on_record(Context& context) {
    const meta::Object& object = context.object();
    const std::string action(context.request.param("action"));
    const RecordId id = id_param(context.request);
    const json::value body = body_or_empty(context);
    const json::object& members = object_body(body);
    const Values params = is_built_in(action)
                              ? built_in_values(members, object, action, context.reading())
                              : action_values(members, object, action_of(object, action), context.reading());
    record::SaveOptions options;
    options.operation = action;
    options.idempotency_key = idempotency_key(context);
    try {
        const record::Saved saved = context.services.records.act(context.caller, object.name, {&id, 1}, action, params,
                                                                 version_header(context.request), options);
        if (action == "delete") return batch_reply(saved);
        return record_reply(context, object, id, 200, saved.batch);
    } catch (const Failure& failure) {
        if (is_blocked(failure)) return blocked_reply(context, object, {&id, 1}, failure);
        if (failure.kind() != Failure::Kind::stale) throw;
        return stale_reply(context, object, id, failure);
    }
}

record::ListQuery list_member(const json::object& body, const meta::Object& object) {
    record::ListQuery query;
    query.object = object.name;
    if (const json::value* filter = body.if_contains("filter")) query.filter = *filter;
    const auto text = [&](std::string_view name) {
        const json::value* member = body.if_contains(name);
        if (member == nullptr || member->is_null()) return std::string();
        if (!member->is_string()) throw bad_request("parameter", {{"name", std::string(name)}});
        return std::string(member->get_string());
    };
    query.view = text("view");
    query.search = text("search");
    if (const auto ids = ids_member(body); !ids.empty()) {
        json::array texts;
        for (const RecordId id : ids) texts.emplace_back(to_string(id));
        json::array condition{"id", "in", std::move(texts)};
        query.filter = query.filter.is_null() ? json::value(std::move(condition))
                                              : json::value{{"and", json::array{query.filter, std::move(condition)}}};
    }
    return query;
}

Response change_all(Context& context, const meta::Object& object, const json::object& body, bool removal) {
    // Asked here, because as a job it would be refused where nobody hears of it.
    const access::Verb verb = removal ? access::Verb::remove : access::Verb::change;
    if (!access::may(*context.caller.grants, object, verb)) throw forbidden(std::string(access::name_of(verb)));
    const record::ListQuery query = list_member(body, object);
    Values values;
    if (!removal) {
        const json::value* member = body.if_contains("values");
        if (member == nullptr || !member->is_object() || member->get_object().empty())
            throw invalid({{"values", "required", {}, {}}});
        std::vector<Problem> problems;
        values = field_values(member->get_object(), object, context.reading(), "values.", problems);
        if (!problems.empty()) throw invalid(std::move(problems));
    }
    record::Records& records = context.services.records;
    if (records.count(context.caller, query) <= at_once_max) {
        return batch_reply(
            records.change_all(context.caller, query, values, removal, [](std::size_t, std::size_t) { return true; }));
    }
    return job_accepted(context.services.jobs.submit(
        context.session.user, removal ? "delete_all" : "change_all",
        [&records, caller = context.caller, query, values, removal](const features::Jobs::Progress& progress) {
            const record::Saved saved =
                records.change_all(caller, query, values, removal, [&](std::size_t done, std::size_t all) {
                    return progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(all));
                });
            std::string result;
            JsonWriter json(result);
            json.begin_object().key("batch").id(saved.batch);
            json.key("updated").integer(static_cast<std::int64_t>(saved.updated + saved.removed)).end_object();
            return result;
        }));
}

Response act_on_object(Context& context) {
    const meta::Object& object = context.object();
    const std::string action(context.request.param("action"));
    const json::value body = body_or_empty(context);
    const json::object& members = object_body(body);
    if (action == "change_all" || action == "delete_all")
        return change_all(context, object, members, action == "delete_all");

    const std::vector<RecordId> ids = ids_member(members);
    Values params;
    if (is_built_in(action)) {
        params = built_in_values(members, object, action, context.reading());
    } else {
        const meta::Action& declared = action_of(object, action);
        if (!declared.bulk && !declared.on_object) throw not_found();
        json::object rest;
        for (const auto& [key, member] : members) {
            if (key != "ids") rest.emplace(key, member);
        }
        params = action_values(rest, object, declared, context.reading());
        if (declared.on_object != ids.empty()) throw bad_request("parameter", {{"name", "ids"}});
    }
    if (is_built_in(action) && ids.empty()) throw bad_request("parameter", {{"name", "ids"}});
    record::SaveOptions options;
    options.operation = action;
    options.idempotency_key = idempotency_key(context);
    try {
        return batch_reply(
            context.services.records.act(context.caller, object.name, ids, action, params, std::nullopt, options));
    } catch (const Failure& failure) {
        if (!is_blocked(failure)) throw;
        return blocked_reply(context, object, ids, failure);
    }
}

Response history(Context& context) {
    Response response;
    context.services.records.history(context.caller, context.object().name, id_param(context.request),
                                     context.request.query_value("after").value_or(""), response.body);
    return response;
}

Response timeline(Context& context) {
    Response response;
    context.services.records.timeline(context.caller, context.object().name, id_param(context.request),
                                      context.request.query_value("after").value_or(""),
                                      split(context.request.query_value("kinds").value_or("")), response.body);
    return response;
}

Response options(Context& context) {
    Response response;
    context.services.records.options(
        context.caller, context.object().name, context.request.query_value("q").value_or(""),
        json_query(context.request, "filter"), integer_query(context.request, "limit", 20, 1, 100), response.body);
    return response;
}

Response duplicates(Context& context) {
    const meta::Object& object = context.object();
    const json::value body = parse_json(context.request.body, {.bytes_max = 256 << 10, .depth_max = 8});
    std::vector<Problem> problems;  // a half-typed value is no mistake yet; what cannot be read is not compared
    const Values draft = field_values(object_body(body), object, context.reading(), "", problems);
    Response response;
    context.services.records.duplicates(context.caller, object.name, draft, response.body);
    return response;
}

Response batches(Context& context) {
    Response response;
    context.services.records.batches(context.caller, integer_query(context.request, "limit", 20, 1, 200),
                                     response.body);
    return response;
}

Response undo(Context& context) {
    const RecordId batch = id_param(context.request);
    record::Records& records = context.services.records;
    const std::int64_t size = records.batch_size(context.caller, batch);
    const auto write = [](const record::Undone& undone) {
        std::string body;
        JsonWriter json(body);
        json.begin_object();
        json.key("undone").integer(static_cast<std::int64_t>(undone.undone));
        json.key("skipped").integer(static_cast<std::int64_t>(undone.skipped));
        json.key("batch").id(undone.batch);
        json.end_object();
        return body;
    };
    if (size <= at_once_max) {
        return json_reply(write(records.undo(context.caller, batch, [](std::size_t, std::size_t) { return true; })));
    }
    return job_accepted(context.services.jobs.submit(
        context.session.user, "undo",
        [&records, caller = context.caller, batch, write](const features::Jobs::Progress& progress) {
            return write(records.undo(caller, batch, [&](std::size_t done, std::size_t all) {
                return progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(all));
            }));
        }));
}

Response search(Context& context) {
    const auto objects = split(context.request.query_value("objects").value_or(""));
    Response response;
    context.services.records.search(context.caller, context.request.query_value("q").value_or(""), objects,
                                    integer_query(context.request, "limit", 20, 1, 100), response.body);
    return response;
}

}  // namespace

void add_record_routes(Routes& routes) {
    routes.signed_in(Method::get, "/api/records/{object}", about("records", "List records", "view", "", 200), list);
    routes.signed_in(Method::post, "/api/records/{object}",
                     about("records", "Create one record, or many", "add", "record", 201), create);
    routes.signed_in(
        Method::patch, "/api/records/{object}",
        about("records", "Change several records, each in its own way: all or none", "change", "records", 200),
        change_each);
    routes.signed_in(Method::get, "/api/records/{object}/groups",
                     about("records", "Count and sum records by fields", "view", "", 200), groups);
    routes.signed_in(Method::get, "/api/records/{object}/options",
                     about("records", "Choices for a picker", "view", "", 200), options);
    routes.signed_in(Method::post, "/api/records/{object}/duplicates",
                     about("records", "Likely duplicates of a draft", "view", "record", 200), duplicates);
    routes.signed_in(Method::get, "/api/records/{object}/{id}", about("records", "Read a record", "view", "", 200),
                     read);
    routes.signed_in(Method::patch, "/api/records/{object}/{id}",
                     about("records", "Change a record", "change", "record", 200), change);
    routes.signed_in(Method::delete_, "/api/records/{object}/{id}",
                     about("records", "Move a record to the recycle bin", "delete", "", 200), remove);
    routes.signed_in(Method::get, "/api/records/{object}/{id}/history",
                     about("records", "Changes of a record", "view", "", 200), history);
    routes.signed_in(Method::get, "/api/records/{object}/{id}/timeline",
                     about("records", "What happened with a record", "view", "", 200), timeline);
    routes.signed_in(Method::post, "/api/records/{object}/{id}/{action}",
                     about("records", "A verb on one record", "action", "action", 200), act_on_record);
    routes.signed_in(Method::post, "/api/records/{object}/{action}",
                     about("records", "A verb on several records", "action", "action", 200), act_on_object);
    routes.signed_in(Method::get, "/api/batches", about("records", "Own latest changes", "own", "", 200), batches);
    routes.signed_in(Method::post, "/api/batches/{id}/undo", about("records", "Take a change back", "own", "", 200),
                     undo);
    routes.signed_in(Method::get, "/api/search", about("records", "Search all objects", "view", "", 200), search);
}

}  // namespace gx::api
