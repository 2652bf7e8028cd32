// guanxi explain: why an account may or may not do something with one record, as the page and the API say it.
#include <iostream>

#include "app/commands.hpp"
#include "app/system.hpp"
#include "base/json.hpp"

namespace gx::app {

namespace {

std::string text_of(const json::object& in, std::string_view name) {
    const json::value* value = in.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// "    salesperson by user zhou: own, where level = 'a' (does not reach the record)"
void print_role(const json::object& role) {
    const json::object& through = role.at("through").as_object();
    std::cout << "    " << text_of(role, "role") << " by " << text_of(through, "kind") << " "
              << text_of(through, "title") << ": ";
    std::cout << (role.contains("scope") ? text_of(role, "scope") : text_of(role, "access"));
    if (const std::string where = text_of(role, "where"); !where.empty()) std::cout << ", where " << where;
    if (const json::value* reaches = role.if_contains("reaches"))
        std::cout << (reaches->as_bool() ? " (reaches the record)" : " (does not reach the record)");
    std::cout << "\n";
}

void print_step(const json::object& step) {
    std::cout << (step.at("allowed").as_bool() ? "  yes  " : "  no   ") << text_of(step, "step") << ": "
              << text_of(step, "text") << "\n";
    if (const json::value* roles = step.if_contains("roles")) {
        for (const json::value& role : roles->as_array()) print_role(role.as_object());
    }
    if (const json::value* shares = step.if_contains("shares")) {
        for (const json::value& share : shares->as_array())
            std::cout << "    shared with " << text_of(share.as_object(), "kind") << " "
                      << text_of(share.as_object(), "title") << " for " << text_of(share.as_object(), "level") << "\n";
    }
}

}  // namespace

int explain(const Arguments& arguments) {
    const std::string& login = arguments.word(0, "LOGIN");
    const std::string& object = arguments.word(1, "OBJECT");
    const auto id = parse_record_id(arguments.word(2, "ID"));
    arguments.at_most(3);
    if (!id) throw WrongArguments("ID is the number of a record, as in its address");
    const auto verb = access::parse_verb(arguments.value("verb").value_or("view"));
    if (!verb) throw WrongArguments("--verb is view, change, delete, assign, approve, export or print");
    System system(command_settings(arguments));
    const access::Caller subject = system.callers->of(system.account_of(login));
    std::string answer;
    system.records->explain(subject, object, *id, *verb, arguments.value("field").value_or(""), Language::en, answer);
    const json::value parsed = parse_json(answer);
    std::cout << login << (parsed.at("allowed").as_bool() ? " may " : " may not ") << access::name_of(*verb) << " "
              << object << " " << to_string(*id) << "\n";
    for (const json::value& step : parsed.at("steps").as_array()) print_step(step.as_object());
    return 0;
}

}  // namespace gx::app
