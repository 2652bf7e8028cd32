// Texts in zh and en by key, from src/**/texts.zh.json and texts.en.json (embedded at build time).
// "{max}" in a text is replaced by the parameter of that name.
#pragma once

#include <string>
#include <string_view>

#include "base/failure.hpp"
#include "base/text.hpp"

namespace gx {

// The text of `key`; the key itself when there is none (tools/check finds missing ones).
std::string text(Language language, std::string_view key, const TextParams& params = {});
std::string fill(std::string_view pattern, const TextParams& params);

}  // namespace gx
