#include "api/read_request.hpp"

#include <algorithm>
#include <charconv>

#include "base/failure.hpp"

namespace gx::api {

namespace {

std::string query_text(const net::Request& request, std::string_view name) {
    const auto value = request.query_value(name);
    return value ? std::string(*value) : std::string();
}

std::vector<record::SortKey> sort_keys(std::string_view text) {
    std::vector<record::SortKey> keys;
    for (std::string& part : split(text)) {
        const auto colon = part.find(':');
        const std::string direction = colon == std::string::npos ? "asc" : part.substr(colon + 1);
        if (direction != "asc" && direction != "desc") throw bad_request("parameter", {{"name", "sort"}});
        keys.push_back({part.substr(0, colon), direction == "desc"});
    }
    return keys;
}

}  // namespace

RecordId id_of(std::string_view text) {
    const auto id = parse_record_id(text);
    if (!id) throw not_found();
    return *id;
}

RecordId id_param(const net::Request& request) { return id_of(request.param("id")); }

std::vector<std::string> split(std::string_view list, char by) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const auto at = list.find(by);
        const std::string_view part = list.substr(0, at);
        if (!part.empty()) parts.emplace_back(part);
        if (at == std::string_view::npos) break;
        list.remove_prefix(at + 1);
    }
    return parts;
}

int integer_query(const net::Request& request, std::string_view name, int fallback, int least, int most) {
    const auto text = request.query_value(name);
    if (!text || text->empty()) return fallback;
    int value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || value < least || value > most) {
        throw bad_request(
            "parameter_range",
            {{"name", std::string(name)}, {"least", std::to_string(least)}, {"most", std::to_string(most)}});
    }
    return value;
}

json::value json_query(const net::Request& request, std::string_view name) {
    const auto text = request.query_value(name);
    if (!text || text->empty()) return nullptr;
    return parse_json(*text, {.bytes_max = 64 << 10, .depth_max = 32});
}

std::optional<Timestamp> as_of_query(const net::Request& request) {
    const auto text = request.query_value("as_of");
    if (!text || text->empty()) return std::nullopt;
    const auto at = parse_timestamp(*text);
    if (!at) throw bad_request("parameter", {{"name", "as_of"}});
    return at;
}

record::ListQuery list_query(const net::Request& request, const meta::Object& object) {
    record::ListQuery query;
    query.object = object.name;
    query.view = query_text(request, "view");
    query.filter = json_query(request, "filter");
    query.search = query_text(request, "search");
    query.sort = sort_keys(query_text(request, "sort"));
    query.fields = split(query_text(request, "fields"));
    query.limit = integer_query(request, "limit", 50, 1, 500);
    query.after = query_text(request, "after");
    query.offset = integer_query(request, "offset", 0, 0, 100'000'000);
    const std::string count = query_text(request, "count");
    if (count == "exact") {
        query.count = record::Count::exact;
    } else if (count == "capped") {
        query.count = record::Count::capped;
    } else if (!count.empty() && count != "none") {
        throw bad_request("parameter", {{"name", "count"}});
    }
    query.as_of = as_of_query(request);
    query.bin = query_text(request, "bin") == "1";
    return query;
}

record::GroupQuery group_query(const net::Request& request, const meta::Object& object) {
    record::GroupQuery query;
    query.object = object.name;
    query.view = query_text(request, "view");
    query.filter = json_query(request, "filter");
    query.search = query_text(request, "search");
    query.by = split(query_text(request, "by"));
    query.sum = split(query_text(request, "sum"));
    query.average = split(query_text(request, "average"));
    query.minimum = split(query_text(request, "minimum"));
    query.maximum = split(query_text(request, "maximum"));
    query.as_of = as_of_query(request);
    query.limit = integer_query(request, "limit", 1000, 1, 10'000);
    return query;
}

std::optional<std::int64_t> version_header(const net::Request& request) {
    std::string_view text = request.header("if-match");
    if (text.empty()) return std::nullopt;
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    std::int64_t version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc() || end != text.data() + text.size() || version < 1)
        throw bad_request("parameter", {{"name", "If-Match"}});
    return version;
}

const json::object& object_body(const json::value& body) {
    if (!body.is_object()) throw bad_request("body_not_object");
    return body.get_object();
}

Values field_values(const json::object& in, const meta::Object& object, const meta::ReadContext& context,
                    std::string_view prefix, std::vector<Problem>& problems) {
    Values values;
    values.reserve(in.size());
    for (const auto& [key, member] : in) {
        const meta::Field* field = object.find(std::string_view(key));
        if (field == nullptr || field->hidden) {
            problems.push_back({std::string(prefix) + std::string(key).substr(0, 100),
                                "unknown_field",
                                {{"field", std::string(key).substr(0, 100)}},
                                object.name});
            continue;
        }
        meta::Read read = meta::from_json(*field, member, context);
        if (auto* problem = std::get_if<Problem>(&read)) {
            problem->field = std::string(prefix) + field->name;
            problems.push_back(std::move(*problem));
        } else {
            values.emplace_back(field->name, std::move(std::get<Value>(read)));
        }
    }
    return values;
}

Values action_values(const json::object& in, const meta::Object& object, const meta::Action& action,
                     const meta::ReadContext& context) {
    Values values;
    std::vector<Problem> problems;
    for (const auto& [key, member] : in) {
        const auto found = std::find_if(action.params.begin(), action.params.end(),
                                        [&](const meta::Field& field) { return field.name == key; });
        if (found == action.params.end()) {
            problems.push_back({std::string(key).substr(0, 100),
                                "unknown_field",
                                {{"field", std::string(key).substr(0, 100)}},
                                object.name});
            continue;
        }
        meta::Read read = meta::from_json(*found, member, context);
        if (auto* problem = std::get_if<Problem>(&read)) {
            problem->field = found->name;
            problems.push_back(std::move(*problem));
        } else {
            values.emplace_back(found->name, std::move(std::get<Value>(read)));
        }
    }
    if (!problems.empty()) throw invalid(std::move(problems));
    return values;
}

}  // namespace gx::api
