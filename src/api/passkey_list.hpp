// How passkeys and the site they are made for are told to the browser.
#pragma once

#include <optional>
#include <vector>

#include "access/passkeys.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"
#include "features/passkeys/site.hpp"

namespace gx::api {

// The site of this installation; empty where browsers make no passkeys: by plain http, or under a bare number.
std::optional<features::Site> passkey_site(Services& services, const net::Request& request);

// "passkeys": [{"id","name","made","last_used","site"}]
void write_passkeys(JsonWriter& json, const std::vector<access::Passkey>& passkeys);
// "site": {"domain","origin"} or null
void write_site(JsonWriter& json, const std::optional<features::Site>& site);

}  // namespace gx::api
