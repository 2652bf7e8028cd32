// The commands of the program. Each gets its own arguments and gives the exit code: 0 done, 1 failed; wrong arguments
// are thrown as WrongArguments (exit code 2).
#pragma once

#include <string>
#include <vector>

#include "app/settings.hpp"

namespace gx::app {

struct Command {
    std::string name;
    std::string usage;                    // after "guanxi "
    std::string help;                     // lines shown by --help
    std::vector<std::string> with_value;  // options beside those of settings_of()
    std::vector<std::string> switches;
    int (*run)(const Arguments& arguments);
};

const std::vector<Command>& commands();

int serve(const Arguments& arguments);
int demo(const Arguments& arguments);
int import_file(const Arguments& arguments);
int export_list(const Arguments& arguments);
int user(const Arguments& arguments);
int directory(const Arguments& arguments);
int policy(const Arguments& arguments);
int doctor(const Arguments& arguments);
int explain(const Arguments& arguments);
int verify(const Arguments& arguments);
int audit(const Arguments& arguments);

// Settings of a command that works beside a running server on the same database: its ids come from another node.
Settings command_settings(const Arguments& arguments);

}  // namespace gx::app
