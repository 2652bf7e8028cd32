// What a token says, and whether it was said by the right one, to us, and now.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"

namespace gx::features {

// A member that is text; empty when there is none.
std::string text_claim(const json::object& claims, std::string_view name);
// A member that is true, also when a provider writes "true".
bool true_claim(const json::object& claims, std::string_view name);
// A member that is a text, or a list of them.
std::vector<std::string> texts_claim(const json::object& claims, std::string_view name);

struct Expected {
    std::string issuer;
    std::string audience;
    std::string nonce;
    Timestamp now;
};

// Empty when all is well, else the name of the first claim that is wrong (OpenID Connect Core 3.1.3.7).
std::string wrong_claim(const json::object& claims, const Expected& expected);

}  // namespace gx::features
