// Looking after directories: the password that the program binds with, a check of the connection, and synchronising.
#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "api/session_reply.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using features::Directory;
using features::DirectoryTrouble;
using net::Method;
using net::Response;

constexpr std::string_view right = "directory.synchronise";

Directory directory_of(const Context& context) {
    if (!context.caller.grants->has_special(right)) throw forbidden(std::string(right));
    return context.services.directories.read(id_param(context.request));
}

void tell(const Context& context, const Directory& directory, std::string_view what) {
    access::AuditEntry entry = entry_of(access::audit_kind::rights, context.caller);
    entry.object = "directory";
    entry.record = directory.id;
    entry.subject = directory.name;
    entry.detail = "{\"what\":\"" + std::string(what) + "\"}";
    context.services.audit.append(std::move(entry));
}

Response set_password(Context& context) {
    const Directory directory = directory_of(context);
    const json::value body = small_body(context.request);
    const std::string password = text_member(body.get_object(), "password");
    if (password.size() > 1000) throw invalid({{"password", "too_long", {{"max", "1000"}}, {}}});
    tell(context, directory, "directory_password");
    context.services.directories.set_password(directory.id, password);
    Response response;
    response.status = 204;
    return response;
}

// The first few people as they would come here, or what is wrong: whoever sets a directory up sees it at once.
Response check(Context& context) {
    constexpr std::size_t shown_most = 5;
    const Directory directory = directory_of(context);
    Response response;
    JsonWriter json(response.body);
    try {
        features::Ldap ldap = context.services.directories.open(directory);
        const auto found =
            ldap.some(features::Directories::about_people(directory, directory.people_filter), shown_most);
        if (found.empty()) throw Failure(Failure::Kind::conflict, "directory_nobody");
        if (!features::Directories::person_of(directory, found.front()))
            throw Failure(Failure::Kind::conflict, "directory_no_names");
        json.begin_object().key("people").begin_array();
        for (const features::LdapEntry& entry : found) {
            const auto person = features::Directories::person_of(directory, entry);
            if (!person) continue;
            json.begin_object();
            json.key("login").string(person->login);
            json.key("name").string(person->name);
            json.key("email").string(person->email);
            json.key("dn").string(person->dn);
            json.end_object();
        }
        json.end_array().end_object();
    } catch (const DirectoryTrouble& trouble) {
        throw features::failure_of(trouble, directory);
    }
    return response;
}

Response states(Context& context) {
    if (!context.caller.grants->has_special(right)) throw forbidden(std::string(right));
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("directories").begin_array();
    for (const features::DirectoryState& one : context.services.directories.states()) {
        json.begin_object();
        json.key("id").id(one.id);
        json.key("name").string(one.name);
        json.key("address").string(one.address);
        json.key("active").boolean(one.active);
        json.key("encrypted").boolean(one.encrypted);
        json.key("has_password").boolean(one.has_password);
        json.key("accounts").integer(one.accounts);
        json.key("last_run");
        if (one.last_run) {
            json.timestamp(*one.last_run);
        } else {
            json.null();
        }
        json.key("last_result");
        if (one.last_result.empty()) {
            json.null();
        } else {
            json.raw(one.last_result);
        }
        json.end_object();
    }
    json.end_array().end_object();
    return response;
}

Response synchronise(Context& context) {
    const Directory directory = directory_of(context);
    const json::value body = small_body(context.request);
    const json::value* many = body.get_object().if_contains("even_many");
    const bool even_many = many != nullptr && many->is_bool() && many->get_bool();
    tell(context, directory, "directory_synchronised");
    features::DirectoryPeople& people = context.services.directory_people;
    return job_accepted(context.services.jobs.submit(
        context.session.user, "directory", [&people, directory, even_many](const features::Jobs::Progress& progress) {
            try {
                return features::to_json(people.synchronise(directory.id, even_many, progress));
            } catch (const DirectoryTrouble& trouble) {
                throw features::failure_of(trouble, directory);
            } catch (const features::ManyGone& gone) {
                // Not a failure: whoever reads it decides.
                return "{\"many_gone\":" + std::to_string(gone.count) + "}";
            }
        }));
}

}  // namespace

void add_directory_routes(Routes& routes) {
    const auto info = [](std::string summary, std::string body, int status) {
        return about("directories", std::move(summary), std::string(right), std::move(body), status);
    };
    routes.in_person(Method::get, "/api/directories", info("How directories stand", "", 200), states);
    routes.in_person(Method::put, "/api/directories/{id}/password",
                     info("Set the password that the program binds with", "any", 204), set_password);
    routes.in_person(Method::post, "/api/directories/{id}/check", info("Try a directory: its first people", "any", 200),
                     check);
    routes.in_person(Method::post, "/api/directories/{id}/synchronise", info("Synchronise accounts; a job", "any", 202),
                     synchronise);
}

}  // namespace gx::api
