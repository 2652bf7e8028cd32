// For which site passkeys are made. A passkey belongs to one domain for good, and browsers make none for a bare number
// or over a connection that others can change; so there may be no such site.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gx::features {

struct Site {
    std::string domain;  // "crm.example.com"
    std::string origin;  // "https://crm.example.com", as the browser writes it

    friend bool operator==(const Site&, const Site&) = default;
};

// `address`: what the policy says, "https://crm.example.com/"; empty: what the browser asked for counts.
std::optional<Site> site_of(std::string_view address, std::string_view host, bool secure);

}  // namespace gx::features
