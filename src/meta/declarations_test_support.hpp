// A small set of declarations, and ways to change one line of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "meta/load.hpp"

namespace gx::meta::testing {

// Objects customer (owned), level (no owner), line (child of customer), employee and department; dictionary size.
std::vector<Source> declarations();

// The same with `from` replaced by `to` in the one file that ends with `file`; throws when it is not there once.
std::vector<Source> changed(std::string_view file, std::string_view from, std::string_view to);
std::vector<Source> with(std::string file, std::string text);  // one file more

// "file:line: what", one a line.
std::string mistakes_of(const std::vector<Source>& sources);

ModelPtr model_of(const std::vector<Source>& sources);  // throws with the mistakes when there are any

}  // namespace gx::meta::testing
