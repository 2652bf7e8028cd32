#include "app/commands.hpp"

#include <csignal>

#include <chrono>
#include <iostream>
#include <map>
#include <optional>

#include "api/answer.hpp"
#include "api/events.hpp"
#include "api/routes.hpp"
#include "app/metrics.hpp"
#include "app/system.hpp"
#include "base/failure.hpp"
#include "base/log.hpp"
#include "base/rounds.hpp"
#include "base/secret.hpp"
#include "base/texts.hpp"
#include "features/messages/recovery_messages.hpp"
#include "meta/load.hpp"
#include "net/assets.hpp"
#include "net/server.hpp"

namespace gx::app {

namespace {

using namespace std::chrono_literals;

// modules/<area>/<object>/help.<language>.md by object and language.
std::map<std::string, std::string> help_pages() {
    std::map<std::string, std::string> pages;
    for (meta::Source& source : meta::embedded_sources()) {
        for (const char* language : {"zh", "en"}) {
            const std::string suffix = std::string("/help.") + language + ".md";
            if (!source.file.ends_with(suffix)) continue;
            const std::string folder = source.file.substr(0, source.file.size() - suffix.size());
            pages[folder.substr(folder.rfind('/') + 1) + "." + language] = std::move(source.text);
        }
    }
    return pages;
}

// The first account of an empty system: no default password, one is made and shown once.
void make_first_account(System& system) {
    if (system.has_accounts()) return;
    const std::string password = system.identity->passwords.made();
    // Whoever starts the system is its first administrator: nobody passes this password on, so it may stay.
    system.add_account("admin", text(Language::zh, "first_administrator"), "administrator", "", password,
                       access::ChosenBy::person);
    std::cout << "First sign-in:  admin / " << password << "   (shown once)\n";
}

// How long the recycle bin keeps what was thrown away; the interface says so too.
constexpr int bin_days = 30;

void purge(System& system) {
    access::AuditEntry entry;
    entry.rows = static_cast<std::int64_t>(system.records->purge(bin_days));
    if (entry.rows == 0) return;
    entry.kind = access::audit_kind::purge;
    entry.login = "guanxi";
    system.audit->append_later(std::move(entry));
}

void archive(System& system) {
    if (system.settings.audit_months == 0) return;
    try {
        if (const auto file = system.audit_archives->make_when_due(system.settings.audit_months))
            log::info("old entries of the audit were archived", {{"file", file->string()}});
    } catch (const Failure& failure) {
        log::error("old entries of the audit could not be archived", {{"why", failure.key()}});
    }
}

// Looks a few times a second for what other processes on the database committed, and for sessions, API keys and shares
// that ended elsewhere or by themselves, so that pages and streams know within a second.
class Watch {
public:
    // The database may be away; requests say so themselves.
    Watch(access::Sessions& sessions, std::function<void()> round)
        : sessions_(sessions), rounds_(250ms, "sessions cannot be watched", std::move(round)) {}
    ~Watch() {
        rounds_.stop();
        sessions_.forget_listeners();  // the streams they close go before the sessions do
    }

private:
    access::Sessions& sessions_;
    Rounds rounds_;
};

// Waits until SIGINT or SIGTERM; both are blocked in every thread before any is made.
void wait_for_signal(const sigset_t& signals, System& system) {
    auto tidied = std::chrono::steady_clock::now();
    for (;;) {
        const timespec wait{30, 0};
        if (sigtimedwait(&signals, nullptr, &wait) > 0) return;
        system.store->maintain();
        if (std::chrono::steady_clock::now() - tidied > 1h) {
            system.identity->tidy();
            system.sso->tidy();
            system.records->maintain();
            purge(system);
            system.notices->tidy();
            archive(system);
            system.message_log->tidy(system.settings.audit_months);
            tidied = std::chrono::steady_clock::now();
        }
    }
}

}  // namespace

int serve(const Arguments& arguments) {
    arguments.at_most(0);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    System system(settings_of(arguments));
    make_first_account(system);
    system.jobs->recover();
    system.records->recover();
    system.imports->recover(system.program());

    const auto pages = help_pages();
    net::EventHub events;
    net::Router router;
    net::Server* running = nullptr;
    api::Trail trail(*system.audit, system.clock);
    api::Services services{
        *system.records,
        *system.identity,
        *system.passkeys,
        *system.directories,
        *system.directory_people,
        *system.grants,
        *system.callers,
        *system.files,
        *system.jobs,
        *system.imports,
        *system.exporter,
        *system.notices,
        *system.user_settings,
        *system.audit,
        *system.sso,
        trail,
        [&system] { return system.verify_audit(); },
        *system.audit_archives,
        system.settings.audit_months,
        system.clock,
        [&system] { return system.model.get(); },
        system.zone,
        system.currency,
        [&system] { return system.company_name(); },
        [&system](std::string_view role, Language language) { return system.role_title(role, language); },
        [&system] {
            system.store->read([](store::Connection& connection) {
                connection.query({"select 1", {}}, [](const store::Row&) { return true; });
            });
        },
        [&running, &events] { return metrics_text(running->metrics(), events.size()); },
        events,
        [&pages](std::string_view object, Language language) -> std::optional<std::string> {
            const auto found = pages.find(std::string(object) + "." + std::string(code(language)));
            return found == pages.end() ? std::nullopt : std::optional(found->second);
        },
        [&system] { return system.recovery_ways(); }};
    api::Routes routes(services, router);
    api::add_all_routes(routes);
    net::serve_assets(router);
    router.set_problem(api::server_problem);
    system.on_meta_changed = [&services] { api::publish_meta_changed(services); };
    system.on_rights_changed = [&services] { api::publish_rights_changed(services); };
    api::publish_changes(services);
    system.notices->follow();
    api::publish_ended_sessions(services);

    system.settings.server.upload_directory = (system.settings.store.directory / "files").string();
    net::Server server(system.settings.server, router, events);
    running = &server;
    const Watch watch(system.identity->sessions, [&system, &services] {
        system.records->tell_commits_elsewhere();
        system.identity->watch();
        api::end_key_streams(services);
        system.records->tell_ended_shares();
    });
    const Settings& settings = system.settings;
    std::optional<features::Mailer> mailer;
    if (!settings.mail_server.empty()) mailer.emplace(settings.mail_server, system.clock);
    std::unique_ptr<features::SmsGateway> gateway;
    if (!settings.sms_gateway.empty()) gateway = std::make_unique<features::SmsGateway>(settings.sms_gateway);
    const features::RecoveryMessages messages(system.identity->links, system.identity->policy, std::move(mailer),
                                              std::move(gateway), *system.message_log,
                                              [&system] { return system.company_name(); });
    server.start();
    system.recorder->start();
    const bool secure = !system.settings.server.certificate_file.empty();
    std::cout << "Guanxi listens on " << (secure ? "https://" : "http://") << system.settings.server.address << ":"
              << server.port() << "/" << std::endl;

    wait_for_signal(signals, system);
    std::cout << "Stopping: finishing what is running" << std::endl;
    server.stop(10s);
    system.notices->stop();
    return 0;
}

}  // namespace gx::app
