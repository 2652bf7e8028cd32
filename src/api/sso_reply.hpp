// What the routes of single sign-on share with others: sending the browser on, and what the sign-in page offers.
#pragma once

#include <string>
#include <string_view>

#include "api/routes.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

net::Response redirect(std::string location);
// A path of this system that somebody asked to go to; the first page instead of anything else.
std::string path_of_ours(std::string_view wanted);
// Member "providers" of what the sign-in page offers.
void write_ways_of_providers(Services& services, const net::Request& request, JsonWriter& json);

}  // namespace gx::api
