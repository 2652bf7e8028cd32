#include "api/trail.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/json_writer.hpp"

namespace gx::api {

namespace {

constexpr double refusals_at_once = 20;
constexpr double refusals_a_second = 0.1;
constexpr auto sweep_step = std::chrono::minutes(1);
constexpr auto quiet = std::chrono::minutes(10);  // then a session is forgotten

// What "{id}" of a route names, when it is no record: the table in which it would be.
std::optional<std::string> table_of(const net::Request& request, const meta::Model& model) {
    if (const meta::Object* object = model.find(request.param("object"))) return object->name;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> others{
        {{"/api/files/", "file"}, {"/api/jobs/", "job"}, {"/api/imports/", "import_run"}, {"/api/batches/", "batch"}}};
    for (const auto& [path, table] : others)
        if (request.path.starts_with(path)) return std::string(table);
    return std::nullopt;
}

bool is_verb_of(const meta::Object& object, std::string_view action) {
    return action.empty() || action == "restore" || action == "delete" || action == "assign" ||
           action == "change_all" || action == "delete_all" || object.action(action) != nullptr;
}

// "Not found" is told of what is not there and of what is not for this caller alike; only the second is a refusal. The
// question is asked later and beside the request, so that nobody can measure its answer.
struct Hidden {
    bool is_refusal = false;           // without asking
    access::Audit::Condition there{};  // to be asked
};
Hidden hidden_of(const net::Request& request, const meta::Model& model) {
    const auto id = parse_record_id(request.param("id"));
    const meta::Object* object = model.find(request.param("object"));
    if (!id)
        return {object != nullptr && request.param("id").empty() && is_verb_of(*object, request.param("action")), {}};
    if (object != nullptr && !is_verb_of(*object, request.param("action"))) return {};
    const std::optional<std::string> table = table_of(request, model);
    if (!table) return {};
    // What is in the bin can only be restored; for everything else it is not there.
    const bool live = object != nullptr && request.param("action") != "restore";
    return {false, access::Audit::is_there(*table, *id, live)};
}

std::string words_of(const net::Request& request) {
    return std::string(net::name_of(request.method)) + " " + request.path.substr(0, 250);
}

}  // namespace

access::AuditEntry entry_of(std::string_view kind, const access::Caller& caller) {
    access::AuditEntry entry;
    entry.kind = kind;
    // Whoever looks as somebody else has done it, not that person.
    entry.user = caller.viewer ? caller.viewer->user : caller.grants ? caller.user() : RecordId{};
    entry.login = caller.viewer ? caller.viewer->login : caller.login;
    entry.address = caller.address;
    return entry;
}

Trail::~Trail() {
    for (auto& [session, bucket] : buckets_) tell_left_out(bucket);
}

void Trail::refused(const net::Request& request, const access::Caller& caller, const std::string& session,
                    const meta::Model& model, const Failure& failure) {
    access::Audit::Condition there;
    if (failure.kind() == Failure::Kind::not_found) {
        Hidden hidden = hidden_of(request, model);
        if (!hidden.is_refusal && !hidden.there) return;
        there = std::move(hidden.there);
    } else if (failure.kind() != Failure::Kind::forbidden) {
        return;
    }
    access::AuditEntry entry = entry_of(access::audit_kind::refused, caller);
    entry.outcome = "refused";
    if (const meta::Object* object = model.find(request.param("object"))) entry.object = object->name;
    if (const auto id = parse_record_id(request.param("id"))) entry.record = *id;
    entry.subject = words_of(request);
    entry.detail.clear();
    JsonWriter json(entry.detail);
    json.begin_object().key("method").string(net::name_of(request.method));
    json.key("path").string(request.path.substr(0, 1000)).key("why").string(failure.key());
    for (const auto& [name, value] : failure.params()) json.key(name).string(value);
    json.key("request_id").string(request.id);
    if (caller.viewer) json.key("view_as").string(caller.login);
    json.end_object();
    if (takes(session, entry)) audit_.append_later(std::move(entry), std::move(there));
}

void Trail::unknown_key(const net::Request& request) {
    access::AuditEntry entry;
    entry.kind = access::audit_kind::api_key;
    entry.outcome = "refused";
    entry.address = request.remote_address;
    entry.subject = words_of(request);
    entry.detail.clear();
    JsonWriter json(entry.detail);
    json.begin_object().key("why").string("key_unknown").key("request_id").string(request.id).end_object();
    if (takes("address:" + request.remote_address, entry)) audit_.append_later(std::move(entry));
}

void Trail::refused_from(const std::string& counted_as, access::AuditEntry entry) {
    if (takes("from " + counted_as, entry)) audit_.append_later(std::move(entry));
}

// A bucket of tokens a session.
bool Trail::takes(const std::string& session, access::AuditEntry& entry) {
    const std::lock_guard lock(mutex_);
    const Timestamp now = clock_.now();
    if (now - swept_ > sweep_step) {
        swept_ = now;
        for (auto one = buckets_.begin(); one != buckets_.end();) {
            if (now - one->second.filled < quiet) {
                ++one;
                continue;
            }
            tell_left_out(one->second);
            one = buckets_.erase(one);
        }
    }
    Bucket& bucket = buckets_.try_emplace(session, Bucket{refusals_at_once, now, 0, {}}).first->second;
    const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
    bucket.tokens = std::min(refusals_at_once, bucket.tokens + seconds * refusals_a_second);
    bucket.filled = now;
    if (bucket.tokens < 1) {
        ++bucket.left_out;
        bucket.last = std::move(entry);
        return false;
    }
    bucket.tokens -= 1;
    entry.rows = 1 + std::exchange(bucket.left_out, 0);
    return true;
}

void Trail::tell_left_out(Bucket& bucket) {
    if (bucket.left_out == 0) return;
    bucket.last.rows = std::exchange(bucket.left_out, 0);
    audit_.append_later(std::move(bucket.last));
}

void Trail::disclosed(const net::Request& request, const access::Caller& caller) {
    if (!caller.disclosed) return;
    const auto objects = caller.disclosed->take();
    if (objects.empty()) return;
    access::AuditEntry entry = entry_of(access::audit_kind::sensitive, caller);
    // The object that was asked for, when it gave something; else the first that did.
    const auto asked = objects.find(std::string(request.param("object")));
    entry.object = asked == objects.end() ? objects.begin()->first : asked->first;
    if (asked != objects.end())
        if (const auto id = parse_record_id(request.param("id"))) entry.record = *id;
    entry.subject = words_of(request);
    entry.detail.clear();
    JsonWriter json(entry.detail);
    json.begin_object().key("objects").begin_object();
    for (const auto& [object, fields] : objects) {
        json.key(object).begin_object();
        for (const auto& [field, rows] : fields) {
            json.key(field).integer(static_cast<std::int64_t>(rows));
            entry.rows = std::max(entry.rows, static_cast<std::int64_t>(rows));
        }
        json.end_object();
    }
    json.end_object().key("request_id").string(request.id);
    if (caller.viewer) json.key("view_as").string(caller.login);
    json.end_object();
    audit_.append_later(std::move(entry));
}

}  // namespace gx::api
