// What the modules ship: records, dictionaries and roles. Written once, by key; from then on they are the company's.
#pragma once

#include <map>
#include <string>

#include "meta/model.hpp"
#include "record/saving.hpp"

namespace gx::record {

// Writes what is not there yet. Cheap when nothing was added since the last time: one statement.
void write_shipped(const Saving& saving, const meta::ModelPtr& model);

// The dictionaries as the company has them, for meta::with_dictionaries.
std::map<std::string, meta::Dictionary> stored_dictionaries(store::Connection& connection);

}  // namespace gx::record
