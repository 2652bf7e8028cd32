// "customer.level" as its steps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gx::record {

std::vector<std::string> split_path(std::string_view path);

}  // namespace gx::record
