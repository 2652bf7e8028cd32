// From declarations to a Model. All mistakes of all files are collected and told at once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "meta/model.hpp"

namespace gx::meta {

struct Source {
    std::string file;  // "modules/sales/opportunity/opportunity.json"
    std::string text;
};
struct Mistake {
    std::string file;
    int line = 1;
    std::string what;  // English, for developers and administrators: "field amount: unknown type 'mony'"
};

// Sources by file name: module.json (area), x.json (object), x.layout.json, *.dictionary.json, *.role.json,
// x.records.json and x.records.csv. Help pages (*.md) and cases are not read here.
// Throws Failure(invalid, "declarations", …) never: mistakes come back, and the model is null when there are any.
struct Loaded {
    ModelPtr model;
    std::vector<Mistake> mistakes;
};
Loaded load(const std::vector<Source>& sources);

// The same with dictionary items of the database in place of the shipped ones (labels, order, active, new items).
ModelPtr with_dictionaries(const ModelPtr& model, std::map<std::string, Dictionary> stored);

// The declarations that are part of the program (generated; modules/**).
std::vector<Source> embedded_sources();

}  // namespace gx::meta
