// guanxi: one program with the server, its web interface and the commands to run it.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "app/commands.hpp"
#include "base/failure.hpp"
#include "base/texts.hpp"

namespace {

using gx::app::Command;

void usage(std::ostream& out) {
    out << "guanxi: customer relationship management that a company runs itself\n\n";
    for (const Command& command : gx::app::commands())
        out << "  guanxi " << command.usage << "\n      " << command.help << "\n";
    out << "\nEvery command takes --data DIR (default: data), --database, --config and --node.\n";
}

int tell(const gx::Failure& failure) {
    std::cerr << "guanxi: " << gx::text(gx::Language::en, failure.key(), failure.params()) << "\n";
    if (failure.kind() == gx::Failure::Kind::broken || failure.kind() == gx::Failure::Kind::unavailable) {
        for (const auto& [name, value] : failure.params()) std::cerr << "  " << name << ": " << value << "\n";
    }
    for (const gx::Problem& problem : failure.problems()) {
        std::cerr << "  " << problem.field << ": " << gx::text(gx::Language::en, problem.rule, problem.params) << "\n";
    }
    return 1;
}

}  // namespace

int main(int count, char** values) {
    std::vector<std::string> words(values + 1, values + count);
    if (words.empty() || words[0] == "--help" || words[0] == "help") {
        usage(words.empty() ? std::cerr : std::cout);
        return words.empty() ? 2 : 0;
    }
    if (words[0] == "--version") {
        std::cout << "guanxi 0.1.0\n";
        return 0;
    }
    for (const Command& command : gx::app::commands()) {
        if (command.name != words[0]) continue;
        words.erase(words.begin());
        for (const std::string& word : words) {
            if (word == "--help") {
                std::cout << "guanxi " << command.usage << "\n\n" << command.help << "\n";
                return 0;
            }
        }
        try {
            std::vector<std::string> options = gx::app::setting_options();
            options.insert(options.end(), command.with_value.begin(), command.with_value.end());
            return command.run(gx::app::Arguments(words, options, command.switches));
        } catch (const gx::app::WrongArguments& wrong) {
            std::cerr << "guanxi: " << wrong.what() << "\nusage: guanxi " << command.usage << "\n";
            return 2;
        } catch (const gx::Failure& failure) {
            return tell(failure);
        } catch (const std::exception& failure) {
            std::cerr << "guanxi: " << failure.what() << "\n";
            return 1;
        }
    }
    std::cerr << "guanxi: no such command: " << words[0] << "\n";
    usage(std::cerr);
    return 2;
}
