// The table that routes are made from; openapi.json is written from the same table. A route says what it needs of the
// caller; nothing is reachable that is not in here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "access/audit.hpp"
#include "access/callers.hpp"
#include "access/identity.hpp"
#include "access/load.hpp"
#include "access/user_settings.hpp"
#include "api/trail.hpp"
#include "features/auditing/archive.hpp"
#include "features/auditing/verifier.hpp"
#include "features/directory/directory_people.hpp"
#include "features/exporting/exporter.hpp"
#include "features/files/files.hpp"
#include "features/importing/imports.hpp"
#include "features/jobs/jobs.hpp"
#include "features/notices/notices.hpp"
#include "features/passkeys/passkey_desk.hpp"
#include "features/sso/sso.hpp"
#include "meta/field_value.hpp"
#include "meta/model.hpp"
#include "net/event_hub.hpp"
#include "net/http.hpp"
#include "net/router.hpp"
#include "record/records.hpp"

namespace gx::api {

// Everything that handlers work with; put together by app/.
struct Services {
    record::Records& records;
    access::Identity& identity;
    features::PasskeyDesk& passkeys;
    features::Directories& directories;
    features::DirectoryPeople& directory_people;
    access::GrantsCache& grants;
    access::Callers& callers;
    features::Files& files;
    features::Jobs& jobs;
    features::Imports& imports;
    features::Exporter& exporter;
    features::Notices& notices;
    access::UserSettings& settings;
    access::Audit& audit;
    features::SingleSignOn& sso;
    Trail& trail;
    std::function<features::Verdict()> verify_audit;  // seals what is fresh and reads everything
    features::AuditArchives& audit_archives;
    int audit_months;  // after which entries are archived by themselves; 0: never
    const Clock& clock;
    std::function<meta::ModelPtr()> model;
    std::shared_ptr<const TimeZone> zone;
    Currency currency;
    std::function<std::string()> company_name;
    std::function<std::string(std::string_view role, Language)> role_title;
    std::function<void()> check_health;    // throws when the database is away
    std::function<std::string()> metrics;  // Prometheus text
    net::EventHub& events;                 // streams; the key is that of the session
    std::function<std::optional<std::string>(std::string_view object, Language)> help;  // Markdown of a screen
    std::function<access::RecoveryWays()> recovery_ways;  // how a link can be sent to who forgot the password
};

// One signed-in request. While somebody looks as another, `caller` is that other one and `session.user` the person.
struct Context {
    net::Request& request;
    Services& services;
    access::Caller caller;
    access::Session session;
    meta::ModelPtr model;

    const meta::Object& object() const;  // of "{object}"; not_found() when there is none
    meta::ReadContext reading() const;
};

// Adds handlers to the router with sign-in, CSRF check and failures in one place.
class Routes {
public:
    using Handle = std::function<net::Response(Context&)>;

    Routes(Services& services, net::Router& router) : services_(services), router_(router) {}

    void open(net::Method method, std::string pattern, net::RouteInfo info, net::Handler handler);
    // With a session or an API key. Who looks as somebody else, or has a key for reading, only reads: whatever the
    // method writes is refused here.
    void signed_in(net::Method method, std::string pattern, net::RouteInfo info, Handle handle);
    // Also for sessions that are not finished: the handler looks at context.session.step.
    void signing_in(net::Method method, std::string pattern, net::RouteInfo info, Handle handle);
    // Taking data out: not while looking as somebody else.
    void taking_out(net::Method method, std::string pattern, net::RouteInfo info, Handle handle);
    // About the person at the browser and accounts: not while looking as somebody else, and not with a key.
    void in_person(net::Method method, std::string pattern, net::RouteInfo info, Handle handle);
    // Leaving: possible in every step and view; the caller is the person.
    void leaving(net::Method method, std::string pattern, net::RouteInfo info, Handle handle);

    Services& services() { return services_; }
    const net::Router& router() const { return router_; }

private:
    struct Entry {
        bool by_key = false;      // programs with an API key
        bool unfinished = false;  // sessions that are still signing in
        bool reads_as = true;     // reading while looking as somebody else
        bool leaves = false;      // for the person, whoever is looked as
        bool guarded = false;     // for administrators
    };
    void add(net::Method method, std::string pattern, net::RouteInfo info, Handle handle, Entry entry);
    // Throws Failure when this session may not use such a route.
    static void check(const net::Request& request, const access::Session& session, const Entry& entry);

    Services& services_;
    net::Router& router_;
};

access::Peer peer_of(const net::Request& request);

// As the right of a route: only administrators get to its handler.
inline constexpr const char* administrators = "administrator";

// What an entry of the API description says; the rest of net::RouteInfo keeps its defaults.
net::RouteInfo about(std::string tag, std::string summary, std::string right = {}, std::string body_schema = {},
                     int status = 200);

// One function a family; all_routes() calls them all.
void add_session_routes(Routes& routes);
void add_second_factor_routes(Routes& routes);
void add_passkey_routes(Routes& routes);
void add_directory_routes(Routes& routes);
void add_recovery_routes(Routes& routes);
void add_sso_routes(Routes& routes);
void add_issuer_routes(Routes& routes);
void add_profile_routes(Routes& routes);
void add_account_routes(Routes& routes);
void add_view_routes(Routes& routes);
void add_key_routes(Routes& routes);
void add_meta_routes(Routes& routes);
void add_record_routes(Routes& routes);
void add_rights_routes(Routes& routes);
void add_granting_routes(Routes& routes);
void add_file_routes(Routes& routes);
void add_import_routes(Routes& routes);
void add_job_routes(Routes& routes);
void add_event_routes(Routes& routes);
void add_handover_routes(Routes& routes);
void add_notice_routes(Routes& routes);
void add_operation_routes(Routes& routes);
void add_audit_routes(Routes& routes);
void add_all_routes(Routes& routes);

// The account, person, roles and settings of the caller, as in GET /api/meta "user".
void write_user(const Context& context, JsonWriter& json);

}  // namespace gx::api
