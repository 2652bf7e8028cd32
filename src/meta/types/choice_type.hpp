// What one choice and several choices share.
#pragma once

#include "meta/types/type.hpp"

namespace gx::meta {

std::variant<std::string, Problem> code_from_json(const Field& field, const json::value& in,
                                                  const ReadContext& context);
std::variant<std::string, Problem> code_from_text(const Field& field, std::string_view in, const ReadContext& context);
const std::string& label_of(const Field& field, const std::string& code, const ReadContext& context);

}  // namespace gx::meta
