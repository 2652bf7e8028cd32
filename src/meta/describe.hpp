// Objects as the API tells of them: the object's part of GET /api/meta, and its schema in the OpenAPI description.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "meta/model.hpp"

namespace gx::meta {

// What one caller may do, resolved by `access`.
struct Masks {
    std::vector<bool> read, write;  // by field index
    std::vector<bool> masked = {};  // shown, but not its value; then read is false
    // "view" true, "add" false …, in the order they are written; special rights too. An action whose right is not true
    // here is left out.
    std::vector<std::pair<std::string, bool>> rights = {};
    bool menu = true;  // may lists of it be opened?
    // May `path` of the records of another object be read, to which a reference leads? Absent: everything there.
    std::function<bool(std::string_view object, std::string_view path)> may_read_beyond = {};
    std::string saved_views = {};  // "{…},{…}": put behind the shipped views
};

// {"name","label",…,"rights","fields","groups","layout","views","actions"}; fields that may not be read are left out
// everywhere: in layout and views too.
void describe_object(const Object& object, const Masks& masks, JsonWriter& out);

// The cards of an area on the first page, without those about objects, fields or filters that the caller may not see.
// `masks_of` gives null for an object that may not be viewed.
json::array home_of(const Model& model, const Area& area,
                    const std::function<std::optional<Masks>(const Object&)>& masks_of);

// The JSON schema of a record of this object, for /api/openapi.json.
void describe_schema(const Object& object, JsonWriter& out);

}  // namespace gx::meta
