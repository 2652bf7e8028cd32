// What somebody can do who has no account yet, or no password any more. Every answer is the same whether an account
// exists or not.
#include "api/answer.hpp"
#include "api/passkey_list.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_reply.hpp"
#include "api/sso_reply.hpp"
#include "base/json_writer.hpp"
#include "base/secret.hpp"

namespace gx::api {

namespace {

using net::Method;
using net::Request;
using net::Response;

void write_rules(JsonWriter& json, const access::PolicyRules& rules) {
    json.key("password").begin_object();
    json.key("length_least").integer(static_cast<std::int64_t>(rules.length_least));
    json.key("classes_least").integer(rules.classes_least);
    json.end_object();
}

Response accepted() {
    Response response;
    response.status = 202;
    response.body = "{}";
    return response;
}

// What the sign-in page offers.
Response ways(Services& services, const Request& request) {
    const auto rules = services.identity.policy.rules();
    Response response;
    JsonWriter json(response.body);
    json.begin_object();
    const access::RecoveryWays recovery = services.recovery_ways();
    json.key("recovery").begin_object();
    json.key("mail").boolean(recovery.mail);
    json.key("sms").boolean(recovery.sms);
    json.end_object();
    json.key("applications").boolean(rules->applications);
    write_rules(json, *rules);
    write_ways_of_providers(services, request, json);
    json.key("passkeys").begin_object();
    json.key("in_use").boolean(services.identity.passkeys.any());
    write_site(json, passkey_site(services, request));
    json.end_object();
    json.end_object();
    return response;
}

Response ask_for_link(Services& services, const Request& request) {
    const json::value body = small_body(request);
    if (!services.recovery_ways()) throw not_found();
    services.identity.links.request(text_member(body.get_object(), "login"), peer_of(request));
    return accepted();
}

Failure link_over() { return {Failure::Kind::not_found, "link_over"}; }

Response show_link(Services& services, const Request& request) {
    const json::value body = small_body(request);
    const auto holder = services.identity.links.holder(text_member(body.get_object(), "token"));
    if (!holder) throw link_over();
    Response response;
    JsonWriter json(response.body);
    json.begin_object();
    json.key("login").string(holder->login);
    json.key("name").string(holder->name);
    write_rules(json, *services.identity.policy.rules());
    json.end_object();
    return response;
}

Response choose_password(Services& services, const Request& request) {
    const json::value body = small_body(request);
    const json::object& members = body.get_object();
    access::Identity& identity = services.identity;
    const std::string token = text_member(members, "token");
    const auto holder = identity.links.holder(token);
    if (!holder) throw link_over();
    // Checked first, so that a password that is refused does not use up the link.
    const std::string encoded = identity.passwords.accepted(holder->user, text_member(members, "password"));
    if (!identity.links.use(token)) throw link_over();
    identity.passwords.store_accepted(holder->user, encoded, access::ChosenBy::person);
    identity.sessions.end_all(holder->user, access::End::password);
    identity.attempts.log(holder->login, holder->user, peer_of(request), access::Outcome::reset);
    Response response;
    response.status = 204;
    return response;
}

record::Caller program(const Services& services, Language language) {
    record::Caller caller;
    caller.grants = access::system_grants();
    caller.zone = services.zone;
    caller.language = language;
    caller.login = caller.name = "guanxi";
    return caller;
}

// Nobody fills the list from one place, or all the room there is.
void refuse_flood(Services& services, const record::Caller& caller, const Request& request) {
    constexpr std::int64_t waiting_most = 500;
    constexpr std::int64_t from_address_most = 10;
    record::ListQuery query;
    query.object = "account_application";
    query.filter = json::array{"status", "is", "waiting"};
    const bool full = services.records.count(caller, query) >= waiting_most;
    query.filter = json::value{{"and", json::array{json::array{"status", "is", "waiting"},
                                                   json::array{"from_address", "is", request.remote_address}}}};
    if (full || services.records.count(caller, query) >= from_address_most)
        throw Failure(Failure::Kind::too_many, "too_many", {{"seconds", "3600"}});
}

Response apply(Services& services, const Request& request) {
    const json::value body = small_body(request);
    json::object members = body.get_object();
    access::Identity& identity = services.identity;
    if (!identity.policy.rules()->applications) throw not_found();
    const std::string password = text_member(members, "password");
    members.erase("password");

    const meta::ModelPtr model = services.model();
    const meta::Object& object = model->object("account_application");
    std::vector<Problem> problems;
    for (const auto& member : members) {
        const meta::Field* field = object.find(member.key());
        // What the office decides or the system fills in is not the applicant's to say.
        if (field != nullptr && (field->fixed || field->read_only || field->system))
            problems.push_back({field->name, "unknown_field", {{"field", field->name}}, {}});
    }
    const Language language = language_of(request);
    Values values = field_values(members, object, {*model, *services.zone, services.currency, language}, "", problems);
    if (!problems.empty()) throw invalid(std::move(problems));
    values.emplace_back("from_address", request.remote_address);

    const record::Caller caller = program(services, language);
    refuse_flood(services, caller, request);
    identity.passwords.check(
        password,
        access::words_of(optional_text(members, "login"), optional_text(members, "name"), services.company_name()),
        "password");
    const std::string encoded = hash_password(password);
    const record::Change change{object.name, {}, {}, std::move(values), false, false, 0};
    record::SaveOptions options;
    options.operation = "create";
    const record::Saved saved = services.records.save(caller, {&change, 1}, options);
    identity.passwords.keep_for_application(saved.ids.at(0), encoded);
    return accepted();
}

}  // namespace

void add_recovery_routes(Routes& routes) {
    Services& services = routes.services();
    routes.open(Method::get, "/api/public/sign_in", about("session", "What the sign-in page offers"),
                [&services](Request& request) { return ways(services, request); });
    routes.open(Method::post, "/api/recovery",
                about("session", "Ask for a link to choose a new password", "", "any", 202),
                [&services](Request& request) { return ask_for_link(services, request); });
    routes.open(Method::post, "/api/recovery/link", about("session", "Whose one-time link this is", "", "any", 200),
                [&services](Request& request) { return show_link(services, request); });
    routes.open(Method::post, "/api/recovery/password",
                about("session", "Choose a password with a one-time link", "", "any", 204),
                [&services](Request& request) { return choose_password(services, request); });
    routes.open(Method::post, "/api/applications", about("session", "Apply for an account", "", "any", 202),
                [&services](Request& request) { return apply(services, request); });
}

}  // namespace gx::api
