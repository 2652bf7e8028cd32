// Small pieces of SQL text that several parts of the store write.
#pragma once

#include <string>
#include <string_view>

namespace gx::store {

// A name in double quotes, so that "user" and "order" can be tables. Names come from declarations, never from requests.
std::string identifier(std::string_view name);

}  // namespace gx::store
