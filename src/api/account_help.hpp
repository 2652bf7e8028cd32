// Helping others with their accounts, for the route families that do.
#pragma once

#include <string_view>

#include "api/routes.hpp"

namespace gx::api {

// The account "{id}" of the route, for who may reset its sign-in. Throws when the caller may not.
RecordId account_to_help(const Context& context);

// Who helped whom, and how: on the audit before it is done, so that nothing of it happens without a trace.
void tell_account_help(const Context& context, std::string_view kind, RecordId user, std::string_view what);

}  // namespace gx::api
