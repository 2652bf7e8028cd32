#include "features/passkeys/site.hpp"

#include <algorithm>

namespace gx::features {

namespace {

std::string in_small_letters(std::string_view text) {
    std::string small(text);
    std::ranges::transform(small, small.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return small;
}

// Browsers see this machine as safe, whatever the connection.
bool is_this_machine(std::string_view domain) { return domain == "localhost" || domain.ends_with(".localhost"); }

// Names of domains only: no numbers (the last label would be one), no brackets of IPv6.
bool is_domain(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    const bool plain = std::ranges::all_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
    const std::string_view last = text.substr(text.rfind('.') + 1);
    return plain && std::ranges::any_of(last, [](char c) { return c < '0' || c > '9'; });
}

std::optional<Site> site(std::string_view scheme, std::string_view host_and_port) {
    const std::size_t colon = host_and_port.rfind(':');
    const std::string domain = in_small_letters(host_and_port.substr(0, colon));
    std::string port(colon == std::string_view::npos ? "" : host_and_port.substr(colon + 1));
    if (!is_domain(domain) || (scheme == "http" && !is_this_machine(domain))) return std::nullopt;
    if (!std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
    // Browsers leave out the port that goes without saying.
    if (port == (scheme == "https" ? "443" : "80")) port.clear();
    return Site{domain, std::string(scheme) + "://" + domain + (port.empty() ? "" : ":" + port)};
}

}  // namespace

std::optional<Site> site_of(std::string_view address, std::string_view host, bool secure) {
    if (address.empty()) return site(secure ? "https" : "http", host);
    const std::size_t end_of_scheme = address.find("://");
    if (end_of_scheme == std::string_view::npos) return std::nullopt;
    const std::string scheme = in_small_letters(address.substr(0, end_of_scheme));
    if (scheme != "https" && scheme != "http") return std::nullopt;
    std::string_view rest = address.substr(end_of_scheme + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
    return site(scheme, rest);
}

}  // namespace gx::features
