// Whether a password is one of those that are tried first: it stands in the shipped list (common_passwords.txt, made
// into a table when building), or is an easy variant of what stands there.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gx::access {

bool is_common_password(std::string_view password);

// Nothing but one of these words with digits and signs around it; the words are folded. For the own name, the sign-in
// name and the company's name, which nobody else's list holds.
bool is_made_of(std::string_view password, std::span<const std::string> words);

}  // namespace gx::access

// The generated table (tools/generate_common_passwords.py); each list sorted.
namespace gx::common_passwords_table {

std::span<const std::string_view> words();
std::span<const std::string_view> tails();
std::span<const std::string_view> passwords();

}  // namespace gx::common_passwords_table
