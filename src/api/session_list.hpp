// Sessions as the API tells of them, own ones and those of everybody.
#pragma once

#include <string>
#include <vector>

#include "access/sessions.hpp"
#include "api/routes.hpp"

namespace gx::api {

// {"sessions":[{"id","user":{"id","login","name"},"since","seen","address","agent","strength","this"}]}
void write_sessions(const Context& context, const std::vector<access::SessionInfo>& sessions, std::string& out);

}  // namespace gx::api
