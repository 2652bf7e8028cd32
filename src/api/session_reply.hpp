// What the routes of signing in have in common: the cookie, and the answer that says who is in or what comes next.
#pragma once

#include <string>
#include <string_view>

#include "access/sign_in.hpp"
#include "api/routes.hpp"
#include "base/json.hpp"

namespace gx::api {

// A member of the body that must be there and be text. Throws invalid().
std::string text_member(const json::object& body, std::string_view name);
// The same, empty when it is absent.
std::string optional_text(const json::object& body, std::string_view name);
// A small body: nothing that these routes read is long.
json::value small_body(const net::Request& request);

std::string session_cookie(std::string_view token, bool secure);
std::string ended_cookie(bool secure);

// {"user","csrf"}; while something is still to do {"csrf","next":"code|enrol|password|passkey|enrol_passkey"}, with the
// user only once it is proved who that is. `more` is raw JSON members to add: "\"recovery_codes\":[…]".
net::Response session_reply(Context& context, std::string_view more = {});

// The same for a session that was just opened or renewed, with its cookie.
net::Response entered_reply(Services& services, net::Request& request, const access::SignIn::Entered& entered,
                            std::string_view more = {});

// This browser had a session, perhaps somebody else's: nobody can use it any more, for its cookie is replaced.
void end_session_before(Services& services, const net::Request& request);

// The audit is told what somebody does with the own password or second factor.
void tell_own(const Context& context, std::string_view what);

}  // namespace gx::api
