#include "app/commands.hpp"
#include "app/progress.hpp"

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "app/system.hpp"
#include "base/failure.hpp"
#include "base/json_writer.hpp"
#include "base/secret.hpp"
#include "base/texts.hpp"
#include "demo/demo.hpp"
#include "features/handover/handover.hpp"

namespace gx::app {

namespace {

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw WrongArguments("cannot read " + path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace

Settings command_settings(const Arguments& arguments) {
    constexpr unsigned command_node = 15;
    Settings settings = settings_of(arguments);
    if (!arguments.value("node")) settings.node = command_node;
    return settings;
}

int demo(const Arguments& arguments) {
    arguments.at_most(0);
    const auto size = gx::demo::parse_size(arguments.value("size").value_or("small"));
    if (!size) throw WrongArguments("--size is small, 100k, 1m or 5m");
    System system(command_settings(arguments));
    if (gx::demo::is_there(*system.records, system.program())) {
        std::cerr << "There is already data in this company; the demo goes into an empty one only.\n";
        return 1;
    }
    Progress progress("demo");
    const gx::demo::Made made = gx::demo::make(*system.records, system.program(), *size, std::ref(progress));
    // One generated password for all people of the demo: it is shown once and stands nowhere.
    const std::string password = random_password();
    for (const gx::demo::Person& person : made.people) {
        // Whoever looks around in the demo is asked for nothing more.
        system.identity->passwords.set(person.account, password, access::ChosenBy::person);
    }
    std::cout << "Demo company \"" << made.company << "\": " << made.customers << " customers, " << made.contacts
              << " contacts, " << made.opportunities << " opportunities, " << made.activities << " activities.\n";
    std::cout << "Sign in with one of these names and the password  " << password << "   (shown once)\n";
    for (const gx::demo::Person& person : made.people) {
        std::cout << "  " << person.login << std::string(person.login.size() < 14 ? 14 - person.login.size() : 1, ' ')
                  << person.name << ", " << system.role_title(person.role, Language::zh) << " ("
                  << system.role_title(person.role, Language::en) << ")\n";
    }
    return 0;
}

int import_file(const Arguments& arguments) {
    const std::string& object = arguments.word(0, "OBJECT");
    const std::string& file = arguments.word(1, "FILE");
    arguments.at_most(2);
    json::value map;
    if (const auto path = arguments.value("map")) map = parse_json_with_comments(read_file(*path));
    if (!std::ifstream(file)) throw WrongArguments("cannot read " + file);
    System system(command_settings(arguments));
    Progress progress("import");
    const std::string rejects = file + ".rejects.csv";
    const features::ImportSummary summary = system.imports->run_file(
        system.program(), object, file, map, arguments.has("dry-run"), rejects, std::ref(progress));
    if (summary.rejected > 0) std::cerr << summary.rejected << " rows rejected, see " << rejects << "\n";
    std::string line;
    JsonWriter json(line);
    json.begin_object();
    json.key("read").integer(summary.read);
    json.key("created").integer(summary.created);
    json.key("updated").integer(summary.updated);
    json.key("skipped").integer(summary.skipped);
    json.key("rejected").integer(summary.rejected);
    json.key("batch");
    if (summary.batch) {
        json.id(summary.batch);
    } else {
        json.null();
    }
    json.end_object();
    std::cout << line << std::endl;
    return 0;
}

int export_list(const Arguments& arguments) {
    const std::string& object = arguments.word(0, "OBJECT");
    arguments.at_most(1);
    const std::string format = arguments.value("format").value_or("csv");
    if (format != "csv" && format != "xlsx") throw WrongArguments("--format is csv or xlsx");
    record::ListQuery query;
    query.object = object;
    if (const auto filter = arguments.value("filter")) query.filter = parse_json(*filter);
    std::optional<Language> language;
    if (const auto wanted = arguments.value("language")) {
        language = parse_language(*wanted);
        if (!language) throw WrongArguments("--language is zh or en");
    }
    const bool plain = format == "csv";
    if (!plain && isatty(STDOUT_FILENO) != 0) throw WrongArguments("an XLSX file goes to a file or a pipe: add > FILE");
    System system(command_settings(arguments));
    access::Caller caller = system.program();
    caller.language = language.value_or(caller.language);
    // A filter that cannot be read is told before the first byte goes out.
    system.exporter->check(caller, query);
    const std::size_t rows = system.exporter->write(
        caller, query, plain ? features::ExportFormat::csv : features::ExportFormat::xlsx, [](std::string_view piece) {
            return static_cast<bool>(std::cout.write(piece.data(), static_cast<std::streamsize>(piece.size())));
        });
    std::cout.flush();
    access::AuditEntry entry;
    entry.kind = access::audit_kind::exported;
    entry.login = caller.login;
    entry.object = object;
    entry.subject = "guanxi export " + object;
    entry.rows = static_cast<std::int64_t>(rows);
    system.audit->append(std::move(entry));
    std::cerr << rows << " rows\n";
    return std::cout ? 0 : 1;
}

int hand_over(const Arguments& arguments) {
    const std::string& from = arguments.word(0, "FROM");
    const std::string& to = arguments.word(1, "TO");
    arguments.at_most(2);
    System system(command_settings(arguments));
    const access::Caller caller = system.program();
    features::HandoverPlan plan;
    const RecordId leaver = system.person_called(from);
    plan.to = system.person_called(to);
    plan.end = !arguments.has("keep-account");
    plan.note = from + " → " + to;
    const meta::ModelPtr model = system.model.get();
    Progress progress("hand-over");
    const features::HandoverResult result =
        features::Handover(*system.records)
            .run(caller, model->object("employee"), leaver, plan, [&](std::size_t done, std::size_t all) {
                return progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(all));
            });
    std::cout << features::result_json(result, caller, *model) << std::endl;
    if (result.refused.empty()) return 0;
    std::cerr << "guanxi: nothing was handed over, because " << result.refused.size()
              << " records cannot be changed; see \"refused\"\n";
    return 1;
}

int doctor(const Arguments& arguments) {
    arguments.at_most(0);
    const Settings settings = command_settings(arguments);
    System system(settings);
    std::cout << "declarations: " << system.model.get()->objects().size() << " objects, version "
              << system.model.get()->version().substr(0, 12) << "\n";
    std::cout << "database: "
              << (system.store->dialect() == store::Dialect::sqlite ? "SQLite in " + settings.store.directory.string()
                                                                    : std::string("PostgreSQL"))
              << ", tables are as declared\n";
    std::cout << "accounts: " << (system.has_accounts() ? "present" : "none yet; the first start makes one") << "\n";
    return 0;
}

const std::vector<Command>& commands() {
    static const std::vector<Command> all{
        {"serve",
         "serve [--data DIR] [--listen HOST:PORT] [--database sqlite|postgres://…] [--config FILE]",
         "Starts the server with the web interface. Makes what is missing; Ctrl-C stops it cleanly.",
         {},
         {},
         serve},
        {"demo",
         "demo [--data DIR] [--size small|100k|1m|5m]",
         "Fills an empty company with people, rights and believable records.",
         {"size"},
         {},
         demo},
        {"import",
         "import OBJECT FILE [--map FILE] [--dry-run]",
         "Imports CSV or XLSX. Ends with one line of JSON on standard output; rejected rows go to FILE.rejects.csv.",
         {"map"},
         {"dry-run"},
         import_file},
        {"export",
         "export OBJECT [--filter JSON] [--format csv|xlsx] [--language zh|en]",
         "Writes a list to standard output.",
         {"filter", "format", "language"},
         {},
         export_list},
        {"user",
         "user add LOGIN --name NAME --role ROLE [--department CODE] [--password-stdin] | user password LOGIN "
         "[--password-stdin] | user link LOGIN | user second-factor-off LOGIN | user passkeys-off LOGIN | user disable "
         "LOGIN",
         "Accounts. Without --password-stdin a password is made, shown once, and replaced at the first sign-in. A link "
         "lets its owner choose a password once.",
         {"name", "role", "department"},
         {"password-stdin"},
         user},
        {"directory",
         "directory sync NAME [--even-many] | directory password NAME",
         "Brings accounts up to date with a directory (LDAP); ends with one line of JSON. --even-many: also when more "
         "than half of its people are gone. The password that the program binds with is read from standard input.",
         {},
         {"even-many"},
         directory},
        {"hand-over",
         "hand-over FROM TO [--keep-account]",
         "Hands everything that an employee answers for to another, as when somebody leaves; both by sign-in name or "
         "number. Ends with one line of JSON on standard output; the batch in it can be undone.",
         {},
         {"keep-account"},
         hand_over},
        {"explain",
         "explain LOGIN OBJECT ID [--verb VERB] [--field FIELD]",
         "Says why an account may or may not do something with a record or a field, with the roles and shares that "
         "decide.",
         {"verb", "field"},
         {},
         explain},
        {"policy",
         "policy show | policy set FIELD VALUE",
         "The security policy: passwords, sign-in, sessions. An empty VALUE clears a field.",
         {},
         {},
         policy},
        {"doctor",
         "doctor [--data DIR]",
         "Checks declarations and database, and brings tables up to date.",
         {},
         {},
         doctor},
        {"verify",
         "verify [--data DIR] [--noted PLACE:DIGEST]",
         "Checks that nothing of the audit and of the history was changed, removed or added. Exit code 1 with the "
         "first "
         "place that is wrong. --noted is the head that an earlier run printed: it must still be there.",
         {"noted"},
         {},
         verify},
        {"audit",
         "audit archive --before DATE --to FILE | audit check FILE [--key KEY] | audit key",
         "Moves old entries of the audit into a signed file; checks such a file, which needs no database; prints the "
         "key "
         "that signatures are checked with.",
         {"before", "to", "key"},
         {},
         audit},
    };
    return all;
}

}  // namespace gx::app
