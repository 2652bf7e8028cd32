// The tables of a model: one an object, one a field with several values, the search indexes, and the platform's own
// (docs/tables.md).
#pragma once

#include <string>

#include "meta/model.hpp"
#include "store/schema.hpp"

namespace gx::record {

store::Schema schema_of(const meta::Model& model);

// "customer_tags": the members of a field with several values, (record, item).
std::string link_table(const meta::Object& object, const meta::Field& field);

// "name_sort": how the title sorts, by pinyin; empty when the title is not a text with a column.
std::string title_sort_column(const meta::Object& object);
// What stands in it.
std::string title_sort_key(const meta::Field& title, std::string_view text);

// The fields id, version, created_by … that no one sets: all system fields but the owner and the owner's department.
bool is_bookkeeping(const meta::Field& field);

}  // namespace gx::record
