// Looking at the product as somebody else, to help or to check what a role shows: reading only, told to the audit, and
// nobody rises by it to an administrator.
#pragma once

#include "access/access.hpp"

namespace gx::access {

inline constexpr std::string_view view_as_right = "user.view_as";

// May this person look at the product as the other one?
bool may_view_as(const Grants& person, const Grants& other);

}  // namespace gx::access
