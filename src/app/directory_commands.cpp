// Directories from the command line: for a nightly run.
#include <functional>
#include <iostream>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "app/system.hpp"
#include "base/failure.hpp"

namespace gx::app {

int directory(const Arguments& arguments) {
    const std::string& what = arguments.word(0, "sync or password");
    if (what != "sync" && what != "password") throw WrongArguments("unknown: directory " + what);
    const std::string& name = arguments.word(1, "NAME");
    arguments.at_most(2);
    std::string secret;
    if (what == "password" && !std::getline(std::cin, secret)) throw WrongArguments("no password on standard input");
    System system(command_settings(arguments));
    const RecordId id = system.directories->called(name);
    if (what == "password") {
        system.directories->set_password(id, secret);
        return 0;
    }
    Progress progress("directory");
    try {
        const features::SyncResult result =
            system.directory_people->synchronise(id, arguments.has("even-many"), std::ref(progress));
        std::cout << features::to_json(result) << std::endl;
    } catch (const features::DirectoryTrouble& trouble) {
        throw features::failure_of(trouble, system.directories->read(id));
    } catch (const features::ManyGone& many) {
        throw Failure(Failure::Kind::conflict, "directory_many_gone", {{"count", std::to_string(many.count)}});
    }
    return 0;
}

}  // namespace gx::app
