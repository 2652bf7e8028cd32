// Titles of many references at once, and the JSON of a Value as the API shows it: with titles.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/json_writer.hpp"
#include "record/query.hpp"

namespace gx::record {

class Titles {
public:
    explicit Titles(const Asking& asking) : asking_(asking) {}

    void want(std::string_view object, RecordId id);
    void want(const meta::Field& field, const Value& value);
    void read(store::Connection& connection);  // all that are wanted, in one round trip
    const std::string* find(std::string_view object, RecordId id) const;

    // {"id","title"}, {"code","title"}, arrays of these, {"region","street"}, or the plain value.
    void write(const meta::Field& field, const Value& value, std::string& out) const;

private:
    void write_reference(std::string_view object, RecordId id, std::string& out) const;

    const Asking& asking_;
    std::map<std::string, std::set<RecordId>, std::less<>> wanted_;
    std::map<std::string, std::unordered_map<RecordId, std::string>, std::less<>> found_;
};

}  // namespace gx::record
