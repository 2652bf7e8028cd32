#include "features/sso/client.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "base/json_writer.hpp"
#include "features/sso/claims.hpp"

namespace gx::features {

namespace {

constexpr std::size_t answer_bytes_most = 512u << 10;
constexpr std::size_t parameter_bytes_most = 4000;
// A sealed text of another use of the same key must not pass for this one.
constexpr std::string_view flow_kind = "sso_flow";

Failure refused(std::string key, std::string why = {}) {
    return {Failure::Kind::unauthenticated, std::move(key), {{"why", std::move(why)}}};
}

std::string redirect_address(const std::string& site, std::string_view code) {
    return site + "/api/sso/" + std::string(code) + "/callback";
}

json::object object_of(const Outside::Answer& answer, const std::string& what) {
    if (answer.status == 200) {
        try {
            json::value read = parse_json(answer.body, {.bytes_max = answer_bytes_most, .depth_max = 16});
            if (read.is_object()) return read.get_object();
        } catch (const Failure&) {
            // Told below.
        }
    }
    throw refused("sso_token", what + " " + std::to_string(answer.status));
}

}  // namespace

// What is remembered between going and coming back.
struct SsoClient::Flow {
    std::string provider, state, nonce, verifier;
    Errand errand;
    std::int64_t until = 0;

    std::string text() const {
        std::string out;
        JsonWriter json(out);
        json.begin_object().key("kind").string(flow_kind).key("provider").string(provider);
        json.key("state").string(state).key("nonce").string(nonce).key("verifier").string(verifier);
        json.key("next").string(errand.next).key("session").string(errand.session);
        json.key("until").integer(until).end_object();
        return out;
    }

    static std::optional<Flow> read(const std::string& text) {
        const json::value parsed = parse_json(text);
        const json::object* members = parsed.if_object();
        if (members == nullptr || text_claim(*members, "kind") != flow_kind) return std::nullopt;
        const json::value* until = members->if_contains("until");
        if (until == nullptr || !until->is_int64()) return std::nullopt;
        return Flow{text_claim(*members, "provider"),
                    text_claim(*members, "state"),
                    text_claim(*members, "nonce"),
                    text_claim(*members, "verifier"),
                    {text_claim(*members, "next"), text_claim(*members, "session")},
                    until->get_int64()};
    }
};

// Each going has a cookie of its own: two pages that sign in side by side do not disturb each other.
std::string SsoClient::cookie_name(std::string_view state) {
    std::string name = "gx_sso_";
    for (const char c : state.substr(0, 12)) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        name += plain ? c : '_';
    }
    return name;
}

SsoClient::Begun SsoClient::begin(std::string_view code, const std::string& site, const Errand& errand) {
    const auto provider = providers_.active(code);
    if (!provider || site.empty()) throw not_found();
    const ProviderFacts facts = discovery_.facts(*provider);
    const Flow flow{provider->code,   random_token(), random_token(),
                    random_token(48), errand,         stamp(clock_.now() + life)};
    Begun begun;
    begun.location = with_query(facts.authorization, {{"response_type", "code"},
                                                      {"client_id", provider->client_id},
                                                      {"redirect_uri", redirect_address(site, provider->code)},
                                                      {"scope", provider->scopes},
                                                      {"state", flow.state},
                                                      {"nonce", flow.nonce},
                                                      {"code_challenge", sha256_base64url(flow.verifier)},
                                                      {"code_challenge_method", "S256"}});
    begun.cookie_name = cookie_name(flow.state);
    begun.cookie = sealer_.seal(flow.text());
    return begun;
}

Proved SsoClient::finish(std::string_view code, const std::string& site, const Answer& answer,
                         std::string_view cookie) {
    const auto opened = cookie.empty() ? std::nullopt : sealer_.open(cookie);
    const auto flow = opened ? Flow::read(*opened) : std::nullopt;
    if (!flow || flow->provider != code || flow->until < stamp(clock_.now()) ||
        !equal_in_constant_time(flow->state, answer.state)) {
        throw refused("sso_state");
    }
    const auto provider = providers_.active(code);
    if (!provider) throw refused("sso_state");
    const ProviderFacts facts = discovery_.facts(*provider);
    // The answer of one provider must not be taken for that of another.
    if (answer.issuer.empty() ? facts.names_itself : answer.issuer != facts.issuer)
        throw refused("sso_token", "issuer");
    if (!answer.error.empty()) throw refused("sso_denied", answer.error.substr(0, 100));
    if (answer.code.empty() || answer.code.size() > parameter_bytes_most) throw refused("sso_token", "code");

    std::string access_token;
    Proved proved{*provider, flow->errand, {}, {}, {}};
    proved.id_token = token_for(*provider, facts, site, answer.code, flow->verifier, access_token);
    const auto payload = discovery_.checked(*provider, proved.id_token);
    if (!payload) throw refused("sso_token", "signature");
    const json::value said = parse_json(*payload);
    if (!said.is_object()) throw refused("sso_token", "claims");
    proved.claims = said.get_object();
    const std::string wrong =
        wrong_claim(proved.claims, {facts.issuer, provider->client_id, flow->nonce, clock_.now()});
    if (!wrong.empty()) throw refused("sso_token", wrong);
    proved.subject = text_claim(proved.claims, "sub");
    add_user_information(*provider, facts, access_token, proved.claims);
    return proved;
}

std::string SsoClient::token_for(const Provider& provider, const ProviderFacts& facts, const std::string& site,
                                 const std::string& code, const std::string& verifier, std::string& access_token) {
    Pairs form{{"grant_type", "authorization_code"},
               {"code", code},
               {"redirect_uri", redirect_address(site, provider.code)},
               {"code_verifier", verifier}};
    std::string authorization;
    if (provider.secret.empty()) {
        form.emplace_back("client_id", provider.client_id);
    } else if (facts.secret_in_body) {
        form.emplace_back("client_id", provider.client_id);
        form.emplace_back("client_secret", provider.secret);
    } else {
        authorization = "Basic " + base64(url_encoded(provider.client_id) + ":" + url_encoded(provider.secret));
    }
    const json::object given =
        object_of(outside_.post(facts.token, provider.walls, form_text(form), authorization), "token");
    access_token = text_claim(given, "access_token");
    std::string id_token = text_claim(given, "id_token");
    if (id_token.empty()) throw refused("sso_token", "id_token");
    return id_token;
}

// Many providers keep name and e-mail out of the token.
void SsoClient::add_user_information(const Provider& provider, const ProviderFacts& facts,
                                     const std::string& access_token, json::object& claims) {
    const bool complete = claims.contains("email") && claims.contains("name") &&
                          (provider.groups_claim.empty() || claims.contains(provider.groups_claim));
    if (complete || facts.userinfo.empty() || access_token.empty()) return;
    const bool fits_a_header = std::ranges::all_of(access_token, [](char c) { return c > ' ' && c < 0x7f; });
    if (!fits_a_header) throw refused("sso_token", "access_token");
    const json::object more =
        object_of(outside_.get(facts.userinfo, provider.walls, "Bearer " + access_token), "userinfo");
    if (text_claim(more, "sub") != text_claim(claims, "sub")) throw refused("sso_token", "userinfo");
    // What was signed counts more.
    for (const auto& member : more)
        if (!claims.contains(member.key())) claims[member.key()] = member.value();
}

std::string SsoClient::end_session_address(const std::string& code, const std::string& id_token,
                                           const std::string& site) {
    const auto provider = providers_.active(code);
    if (!provider) return {};
    const std::string address = discovery_.facts(*provider).end_session;
    if (address.empty()) return {};
    return with_query(address, {{"id_token_hint", id_token},
                                {"client_id", provider->client_id},
                                {"post_logout_redirect_uri", site + "/signed-out"}});
}

}  // namespace gx::features
