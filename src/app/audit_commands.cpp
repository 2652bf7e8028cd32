// The commands that look after the audit.
#include <iostream>

#include "app/commands.hpp"
#include "app/system.hpp"
#include "base/texts.hpp"
#include "features/auditing/archive.hpp"

namespace gx::app {

namespace {

std::filesystem::path key_file(const Settings& settings) { return settings.store.directory / "audit.key"; }

int say_fault(const std::string& fault, const TextParams& params) {
    std::cerr << "guanxi: " << text(Language::en, fault, params) << "\n";
    return 1;
}

int archive(const Arguments& arguments) {
    arguments.at_most(1);
    const auto before = arguments.value("before");
    const auto to = arguments.value("to");
    if (!before || !to) throw WrongArguments("audit archive needs --before DATE and --to FILE");
    const auto day = parse_date(*before);
    if (!day) throw WrongArguments("--before is a date, for example 2026-01-31");
    const Settings settings = command_settings(arguments);
    System system(settings);
    const features::Verdict verdict = system.verify_audit();
    if (!verdict.is_whole()) return say_fault(verdict.fault, verdict.params);
    const SigningKey key = features::installation_key(key_file(settings));
    const features::Archived archived =
        features::archive_audit(*system.records, *system.audit, key, system.zone->start_of(*day), *to);
    if (archived.entries == 0) {
        std::cout << "No entry is older than " << *before << "; nothing was archived.\n";
        return 0;
    }
    std::cout << archived.entries << " entries, " << archived.first << " to " << archived.last << ", are in " << *to
              << "\nsigned with the key of which the open part is  " << key.open << "\n";
    return 0;
}

int check(const Arguments& arguments) {
    const std::string& file = arguments.word(1, "FILE");
    arguments.at_most(2);
    const features::ArchiveCheck found = features::check_archive(file);
    if (!found.fault.empty()) return say_fault(found.fault, found.params);
    if (const auto key = arguments.value("key"); key && *key != found.key) return say_fault("archive_signature", {});
    std::cout << "whole: " << found.entries << " entries, " << found.first << " to " << found.last << "\n"
              << "follows:     " << found.base << "\nends with:   " << found.head << "\nsigned with: " << found.key
              << "\n";
    return 0;
}

int print_key(const Arguments& arguments) {
    arguments.at_most(1);
    const Settings settings = command_settings(arguments);
    std::filesystem::create_directories(settings.store.directory);
    std::cout << features::installation_key(key_file(settings)).open << "\n";
    return 0;
}

}  // namespace

int verify(const Arguments& arguments) {
    arguments.at_most(0);
    std::optional<features::Anchor> noted;
    if (const auto text = arguments.value("noted")) {
        noted = features::parse_anchor(*text);
        if (!noted) throw WrongArguments("--noted is a place and a digest, as verify prints them: 1234:9f86d0…");
    }
    System system(command_settings(arguments));
    const features::Verdict verdict = system.verify_audit(noted);
    std::cout << "audit:   " << verdict.entries << " entries right, from " << verdict.head.first << " on\n"
              << "history: " << verdict.history << " rows right, " << verdict.erased
              << " digests of erased rows right, " << verdict.unsealed << " rows not sealed yet\n"
              << "head:    " << features::to_text({verdict.head.last, verdict.head.hash}) << "\n";
    if (!verdict.is_whole()) return say_fault(verdict.fault, verdict.params);
    std::cout << "whole\n";
    return 0;
}

int audit(const Arguments& arguments) {
    const std::string& what = arguments.word(0, "archive, check or key");
    if (what == "archive") return archive(arguments);
    if (what == "check") return check(arguments);
    if (what == "key") return print_key(arguments);
    throw WrongArguments("unknown: audit " + what);
}

}  // namespace gx::app
