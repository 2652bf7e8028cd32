// A problem in words, for the API, the command line and files of rejected rows alike.
#pragma once

#include <string>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "meta/model.hpp"

namespace gx::meta {

// The object's own text for the rule, otherwise the platform's. `model` may be null: then only the platform's are
// known.
std::string problem_text(const Problem& problem, Language language, const Model* model);

}  // namespace gx::meta
