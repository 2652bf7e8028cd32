// Accounts and the security policy from the command line: for scripts, and for who locked himself out of the browser.
#include <iostream>

#include "app/commands.hpp"
#include "app/system.hpp"
#include "base/failure.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "meta/field_value.hpp"

namespace gx::app {

namespace {

std::string first_line_of_input() {
    std::string line;
    if (!std::getline(std::cin, line)) throw WrongArguments("no password on standard input");
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

// The password of a `user` command: from standard input, else one that is made, shown once, and replaced by its owner
// at the first sign-in.
class GivenPassword {
public:
    GivenPassword(System& system, std::string from_input) : text_(std::move(from_input)), made_(text_.empty()) {
        if (made_) text_ = system.identity->passwords.made();
    }
    const std::string& text() const { return text_; }
    access::ChosenBy chosen_by() const { return made_ ? access::ChosenBy::other : access::ChosenBy::person; }
    void show(const std::string& login) const {
        if (made_) std::cout << login << " / " << text_ << "   (shown once)\n";
    }

private:
    std::string text_;
    bool made_;
};

// The whole address where the policy tells it, else what comes behind the address of the server.
void show_link(System& system, const std::string& login, RecordId account) {
    const auto made = system.identity->links.make_handed(account, {});
    std::cout << login << "  " << system.identity->policy.rules()->site_address << "/set-password#" << made.token
              << "   (once, until " << format_timestamp(made.until) << ")\n";
}

}  // namespace

int user(const Arguments& arguments) {
    const std::string& what = arguments.word(0, "add, password, link, second-factor-off, passkeys-off or disable");
    const std::string& login = arguments.word(1, "LOGIN");
    arguments.at_most(2);
    const auto password = [&]() -> std::string {
        return arguments.has("password-stdin") ? first_line_of_input() : std::string();
    };
    if (what == "add") {
        const auto name = arguments.value("name");
        const auto role = arguments.value("role");
        if (!name || !role) throw WrongArguments("user add needs --name and --role");
        const std::string typed = password();
        System system(command_settings(arguments));
        const GivenPassword given(system, typed);
        system.add_account(login, *name, *role, arguments.value("department").value_or(""), given.text(),
                           given.chosen_by());
        given.show(login);
        return 0;
    }
    if (what != "password" && what != "disable" && what != "link" && what != "second-factor-off" &&
        what != "passkeys-off")
        throw WrongArguments("unknown: user " + what);
    const std::string typed = what == "password" ? password() : std::string();
    System system(command_settings(arguments));
    const RecordId account = system.account_of(login);
    if (what == "password") {
        const GivenPassword given(system, typed);
        system.identity->passwords.set(account, given.text(), given.chosen_by());
        system.identity->sessions.end_all(account, access::End::password);
        given.show(login);
    } else if (what == "link") {
        show_link(system, login, account);
    } else if (what == "second-factor-off") {
        system.identity->second_factors.remove(account);
        system.identity->sessions.end_all(account, access::End::administrator);
    } else if (what == "passkeys-off") {
        system.identity->passkeys.remove_all(account);
        system.identity->sessions.end_all(account, access::End::administrator);
    } else {
        const record::Change change{"user", account, {}, {{"status", std::string("disabled")}}, false, false, 0};
        system.records->save(system.program(), {&change, 1}, {});
    }
    return 0;
}

// For whoever locked himself out, and for scripts: what the form of the policy does in the browser.
int policy(const Arguments& arguments) {
    const std::string& what = arguments.word(0, "show or set");
    if (what != "show" && what != "set") throw WrongArguments("unknown: policy " + what);
    const bool sets = what == "set";
    const std::string field = sets ? arguments.word(1, "FIELD") : std::string();
    const std::string text = sets ? arguments.word(2, "VALUE") : std::string();
    arguments.at_most(sets ? 3 : 1);
    System system(command_settings(arguments));
    const meta::ModelPtr model = system.model.get();
    const meta::Object& object = model->object("security_policy");
    const RecordId id = system.policy_record();
    if (sets) {
        const meta::Field* known = object.find(field);
        if (known == nullptr || known->system || known->hidden) throw WrongArguments("the policy has no " + field);
        meta::Read read = meta::from_text(*known, text, {*model, *system.zone, system.currency, Language::en});
        if (const auto* wrong = std::get_if<Problem>(&read)) throw invalid({*wrong});
        const record::Change change{object.name, id, {}, {{field, std::move(std::get<Value>(read))}}, false, false, 0};
        system.records->save(system.program(), {&change, 1}, {});
        return 0;
    }
    for (const auto& [name, value] : system.records->values(system.program(), object.name, id)) {
        const meta::Field& known = object.field(name);
        if (known.system || known.read_only) continue;
        std::string shown;
        JsonWriter json(shown);
        meta::write_json(known, value, json);
        std::cout << name << " " << shown << "\n";
    }
    return 0;
}

}  // namespace gx::app
