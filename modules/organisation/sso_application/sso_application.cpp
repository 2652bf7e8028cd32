// Addresses to which codes are sent are checked letter by letter later; what could be read in two ways is refused here.
#include "organisation/sso_application/fields.hpp"

#include <algorithm>
#include <sstream>
#include <string>

#include "record/behaviour.hpp"

namespace gx::sso_application {
namespace {

bool is_own_machine(const std::string& address) {
    for (const char* start : {"http://localhost", "http://127.0.0.1", "http://[::1]"}) {
        if (!address.starts_with(start)) continue;
        const std::string rest = address.substr(std::string(start).size());
        if (rest.empty() || rest.front() == ':' || rest.front() == '/') return true;
    }
    return false;
}

// Programs on a telephone are called by a name of their own: "com.example.app:/callback".
bool is_of_a_program(const std::string& address) {
    const std::string scheme = address.substr(0, address.find(':'));
    return scheme.size() < address.size() && scheme.find('.') != std::string::npos &&
           std::ranges::all_of(
               scheme, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'; });
}

bool is_fit(const std::string& address) {
    const bool plain = std::ranges::all_of(address, [](char c) { return c > ' ' && c < 0x7f; });
    return plain && address.find_first_of("#\\*\"<>") == std::string::npos &&
           ((address.starts_with("https://") && address.size() > 8) || is_own_machine(address) ||
            is_of_a_program(address));
}

void check(record::Draft& draft, record::Field<std::string> field) {
    const auto listed = draft.get(field);
    if (!listed) return;
    std::istringstream lines(*listed);
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty() && !is_fit(line))
            return draft.problem(field, "not_a_redirect", {{"value", line.substr(0, 100)}});
    }
}

void check_addresses(record::Draft& draft) {
    check(draft, redirects);
    check(draft, after_sign_out);
}

}  // namespace

void behave(record::Behaviour& behaviour) { behaviour.before_save(check_addresses); }

}  // namespace gx::sso_application
