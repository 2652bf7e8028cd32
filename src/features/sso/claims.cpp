#include "features/sso/claims.hpp"

#include <algorithm>
#include <optional>

namespace gx::features {

namespace {

using namespace std::chrono_literals;

// How far the clocks of two machines may differ.
constexpr auto clocks_differ_most = 60s;
constexpr std::size_t subject_bytes_most = 255;

std::optional<std::int64_t> seconds_claim(const json::object& claims, std::string_view name) {
    const json::value* member = claims.if_contains(name);
    if (member == nullptr) return std::nullopt;
    if (member->is_double() && member->get_double() >= 0 && member->get_double() < 1e12)
        return static_cast<std::int64_t>(member->get_double());
    if (!member->is_int64() || member->get_int64() < 0 || member->get_int64() > 1'000'000'000'000) return std::nullopt;
    return member->get_int64();
}

}  // namespace

std::string text_claim(const json::object& claims, std::string_view name) {
    const json::value* member = claims.if_contains(name);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

bool true_claim(const json::object& claims, std::string_view name) {
    const json::value* member = claims.if_contains(name);
    return member != nullptr &&
           ((member->is_bool() && member->get_bool()) || (member->is_string() && member->get_string() == "true"));
}

std::vector<std::string> texts_claim(const json::object& claims, std::string_view name) {
    std::vector<std::string> texts;
    const json::value* member = claims.if_contains(name);
    if (member == nullptr) return texts;
    if (member->is_string()) texts.emplace_back(member->get_string());
    if (!member->is_array()) return texts;
    for (const json::value& one : member->get_array())
        if (one.is_string()) texts.emplace_back(one.get_string());
    return texts;
}

std::string wrong_claim(const json::object& claims, const Expected& expected) {
    const std::int64_t now = stamp(expected.now) / 1000;
    const std::int64_t slack = std::chrono::seconds(clocks_differ_most).count();
    const std::string subject = text_claim(claims, "sub");
    const std::vector<std::string> audience = texts_claim(claims, "aud");
    const std::string party = text_claim(claims, "azp");
    const auto expires = seconds_claim(claims, "exp");
    const auto issued = seconds_claim(claims, "iat");
    const auto not_before = seconds_claim(claims, "nbf");
    if (text_claim(claims, "iss") != expected.issuer) return "iss";
    if (std::ranges::find(audience, expected.audience) == audience.end()) return "aud";
    if ((audience.size() > 1 || !party.empty()) && party != expected.audience) return "azp";
    if (!expires || *expires <= now - slack) return "exp";
    if (!issued || *issued > now + slack) return "iat";
    if (not_before && *not_before > now + slack) return "nbf";
    if (expected.nonce.empty() || text_claim(claims, "nonce") != expected.nonce) return "nonce";
    if (subject.empty() || subject.size() > subject_bytes_most) return "sub";
    return {};
}

}  // namespace gx::features
