// From the text of a request to typed queries and changes. Everything unknown or of the wrong type is told, all at
// once where it concerns fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/access.hpp"
#include "base/json.hpp"
#include "meta/field_value.hpp"
#include "meta/model.hpp"
#include "net/http.hpp"
#include "record/records.hpp"

namespace gx::api {

RecordId id_of(std::string_view text);           // throws not_found(): an id that cannot be is one that is not
RecordId id_param(const net::Request& request);  // "{id}" of the route

std::optional<Timestamp> as_of_query(const net::Request& request);  // empty when absent
record::ListQuery list_query(const net::Request& request, const meta::Object& object);
record::GroupQuery group_query(const net::Request& request, const meta::Object& object);

std::optional<std::int64_t> version_header(const net::Request& request);  // If-Match: 3 or "3"
const json::object& object_body(const json::value& body);                 // throws bad_request when not an object

using Values = std::vector<std::pair<std::string, Value>>;
// Members of `in` as values of fields; problems (unknown field, wrong type, …) are appended with `prefix` before the
// field name. Members named in `ignored` are skipped.
Values field_values(const json::object& in, const meta::Object& object, const meta::ReadContext& context,
                    std::string_view prefix, std::vector<Problem>& problems);
// Parameters of an action, by its declaration. Throws invalid().
Values action_values(const json::object& in, const meta::Object& object, const meta::Action& action,
                     const meta::ReadContext& context);

std::vector<std::string> split(std::string_view list, char by = ',');
int integer_query(const net::Request& request, std::string_view name, int fallback, int least, int most);
json::value json_query(const net::Request& request, std::string_view name);  // null when absent

}  // namespace gx::api
