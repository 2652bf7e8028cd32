// Types of nodes, shared by the two ways into the language: source text (parse.cpp) and JSON filters (filter.cpp).
#pragma once

#include <cstdint>
#include <string>

#include "expr/expr.hpp"

namespace gx::expr {

// What is wrong and where; parse() and from_filter() turn it into a Failure.
struct Mistake {
    std::uint32_t position = 0;
    std::string why;   // key of a text
    std::string what;  // the word or type it is about
};

constexpr std::uint8_t quotient_scale = 6;

Type type_of(const Value& value);
Node literal(Value value, std::uint32_t position);

// Gives `node` its type from its children, which have theirs. Literal texts beside dates, times and ids become such.
// Throws Mistake when the types do not go together.
void settle(Node& node, const Scope& scope);

}  // namespace gx::expr
