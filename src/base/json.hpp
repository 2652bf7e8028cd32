// JSON in: Boost.JSON with limits. JSON out: json_writer.hpp. The one alias keeps the library exchangeable.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gx {

namespace json = boost::json;

struct JsonLimits {
    std::size_t bytes_max = 8u << 20;
    std::size_t depth_max = 32;
};

// Throws Failure(bad_request, "json_malformed", {line, column, why}) or ("json_too_deep"), Failure(too_large).
json::value parse_json(std::string_view text, JsonLimits limits = {});

// Declarations and settings: comments and trailing commas allowed.
json::value parse_json_with_comments(std::string_view text, JsonLimits limits = {});

// Line (from 1) of every object member, by JSON pointer ("/fields/name/max"), for messages that name the place.
class JsonLines {
public:
    static JsonLines of(std::string_view text);  // of the same text that was parsed
    int line(std::string_view pointer) const;    // nearest known parent when the pointer is unknown; at least 1

private:
    std::vector<std::pair<std::string, int>> lines_;  // sorted by pointer
};

}  // namespace gx
