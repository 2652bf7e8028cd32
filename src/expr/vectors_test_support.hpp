// tests/expr-vectors.json and how its values are written, for the tests of every implementation.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "expr/expr.hpp"

namespace gx::expr::test {

inline json::value vectors() {
    std::ifstream file(GX_SOURCE_DIR "/tests/expr-vectors.json");
    std::stringstream text;
    text << file.rdbuf();
    return parse_json(text.str());
}

inline const std::map<std::string_view, Type> types = {
    {"boolean", Type::boolean}, {"number", Type::number},       {"money", Type::money},
    {"date", Type::date},       {"timestamp", Type::timestamp}, {"text", Type::text},
    {"id", Type::id},           {"codes", Type::codes},         {"ids", Type::ids}};

inline Value read_value(Type type, const json::value& in) {
    if (in.is_null()) return {};
    const auto text = [&] { return in.is_int64() ? std::to_string(in.as_int64()) : std::string(in.as_string()); };
    switch (type) {
        case Type::boolean:
            return in.as_bool();
        case Type::number:
            return parse_decimal(text()).value();
        case Type::money:
            return Money{parse_decimal(std::string_view(in.at("amount").as_string())).value(),
                         parse_currency(std::string_view(in.at("currency").as_string())).value()};
        case Type::date:
            return parse_date(text()).value();
        case Type::timestamp:
            return parse_timestamp(text()).value();
        case Type::text:
            return text();
        case Type::id:
            return parse_record_id(text()).value();
        case Type::codes: {
            Codes codes;
            for (const json::value& code : in.as_array()) codes.emplace_back(code.as_string());
            return codes;
        }
        case Type::ids: {
            Ids ids;
            for (const json::value& id : in.as_array())
                ids.push_back(parse_record_id(std::string_view(id.as_string())).value());
            return ids;
        }
        case Type::null:
        case Type::address:
            break;
    }
    return {};
}

}  // namespace gx::expr::test
