#include "features/sso/discovery.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "features/sso/claims.hpp"

namespace gx::features {

namespace {

using namespace std::chrono_literals;

constexpr auto facts_kept = 10min;
constexpr auto keys_kept = 10min;
constexpr auto failure_kept = 5s;
constexpr auto others_wait_most = 2s;
constexpr auto keys_pause = 2s;  // between two looks for a key that is not known
constexpr std::size_t answer_bytes_most = 512u << 10;

Failure strange(std::string why) {
    return {Failure::Kind::unavailable, "sso_provider_strange", {{"why", std::move(why)}}};
}

json::value document(const Outside::Answer& answer, std::string_view what) {
    if (answer.status != 200) throw strange(std::string(what) + ": " + std::to_string(answer.status));
    try {
        json::value read = parse_json(answer.body, {.bytes_max = answer_bytes_most, .depth_max = 16});
        if (read.is_object()) return read;
    } catch (const Failure&) {
        // Told below, whatever is wrong with it.
    }
    throw strange(std::string(what) + ": no JSON");
}

std::string address_member(const json::object& facts, std::string_view name, const Provider& provider, bool needed) {
    std::string address = text_claim(facts, name);
    if (address.empty() && !needed) return address;
    const bool may_be_plain = provider.walls == Outside::Walls::inside_too;
    const bool fine = address.starts_with("https://") || (may_be_plain && address.starts_with("http://"));
    if (!fine || address.find('#') != std::string::npos) throw strange(std::string(name));
    return address;
}

ProviderFacts facts_from(const json::object& said, const Provider& provider) {
    ProviderFacts facts;
    facts.issuer = text_claim(said, "issuer");
    // Otherwise one provider could speak for another.
    if (facts.issuer != provider.issuer) throw strange("issuer");
    facts.authorization = address_member(said, "authorization_endpoint", provider, true);
    facts.token = address_member(said, "token_endpoint", provider, true);
    facts.keys = address_member(said, "jwks_uri", provider, true);
    facts.userinfo = address_member(said, "userinfo_endpoint", provider, false);
    facts.end_session = address_member(said, "end_session_endpoint", provider, false);
    const std::vector<std::string> ways = texts_claim(said, "token_endpoint_auth_methods_supported");
    facts.secret_in_body = !ways.empty() && std::ranges::find(ways, "client_secret_basic") == ways.end();
    facts.names_itself = true_claim(said, "authorization_response_iss_parameter_supported");
    return facts;
}

}  // namespace

std::shared_ptr<Discovery::Known> Discovery::known(const Provider& provider) {
    const std::string key = (provider.walls == Outside::Walls::inside_too ? "i " : "o ") + provider.issuer;
    const std::lock_guard lock(mutex_);
    auto& found = known_[key];
    if (!found) found = std::make_shared<Known>();
    return found;
}

std::unique_lock<std::timed_mutex> Discovery::locked(Known& known) {
    std::unique_lock lock(known.mutex, others_wait_most);
    if (!lock.owns_lock()) throw Failure(Failure::Kind::unavailable, "sso_provider_away", {{"why", "busy"}});
    return lock;
}

void Discovery::forget() {
    const std::lock_guard lock(mutex_);
    known_.clear();
}

ProviderFacts Discovery::facts_of(Known& known, const Provider& provider) {
    const Timestamp now = clock_.now();
    if (known.facts && now < known.facts_until) return *known.facts;
    if (now < known.failed_until) throw strange(known.failed_why);
    try {
        std::string address = provider.issuer;
        while (address.ends_with('/')) address.pop_back();
        const json::value said =
            document(outside_.get(address + "/.well-known/openid-configuration", provider.walls), "configuration");
        known.facts = facts_from(said.get_object(), provider);
        known.facts_until = now + facts_kept;
        return *known.facts;
    } catch (const Failure& failure) {
        known.failed_until = clock_.now() + failure_kept;
        known.failed_why = failure.params().empty() ? failure.key() : failure.params().front().second;
        throw;
    }
}

ProviderFacts Discovery::facts(const Provider& provider) {
    const auto held = known(provider);
    const auto lock = locked(*held);
    return facts_of(*held, provider);
}

void Discovery::read_keys(Known& known, const Provider& provider) {
    const std::string address = facts_of(known, provider).keys;
    known.keys_asked = clock_.now();
    known.keys = KeySet::read(document(outside_.get(address, provider.walls), "keys"));
    known.keys_until = clock_.now() + keys_kept;
}

std::optional<std::string> Discovery::checked(const Provider& provider, const std::string& token) {
    const auto held = known(provider);
    const auto lock = locked(*held);
    if (clock_.now() >= held->keys_until) read_keys(*held, provider);
    KeySet::Checked found = held->keys.check(token);
    // Providers change their keys: a new one is fetched when its first token comes.
    if (found.verdict == KeySet::Verdict::unknown_key && clock_.now() - held->keys_asked >= keys_pause) {
        read_keys(*held, provider);
        found = held->keys.check(token);
    }
    if (found.verdict != KeySet::Verdict::right) return std::nullopt;
    return std::move(found.payload);
}

}  // namespace gx::features
