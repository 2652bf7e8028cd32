#include "features/directory/directory_sign_in.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "features/directory/directory_groups.hpp"

namespace gx::features {

namespace {

Failure silent(const DirectoryTrouble&) { return {Failure::Kind::unavailable, "directory_sign_in"}; }

// As long as for somebody who is there.
void bind_as_nobody(const Directory& directory, Ldap& ldap, std::string_view password) {
    ldap.bind("cn=" + random_token(12) + "," + directory.base, password);
}

}  // namespace

std::optional<DirectoryPeople::Known> DirectorySignIn::prove(const Directory& directory, std::string_view attribute,
                                                             std::string_view value, std::string_view password) const {
    Ldap ldap = directories_.open(directory);
    // Two of one name are nobody: which of them was meant is not for the program to say.
    const auto found = ldap.some(Directories::about_people(directory, directory.person_with(attribute, value)), 2);
    const auto person = found.size() == 1 ? Directories::person_of(directory, found.front()) : std::nullopt;
    if (!person) {
        bind_as_nobody(directory, ldap, password);
        return std::nullopt;
    }
    // On a connection of its own: what follows is asked as the program again.
    Ldap as_person(directory.address);
    if (!as_person.bind(person->dn, password)) return std::nullopt;
    return DirectoryPeople::Known{*person, roles_of(ldap, directory, *person)};
}

access::OtherPasswords::Asked DirectorySignIn::ask_for(const Directory& directory, const Directories::Account& account,
                                                       std::string_view login, std::string_view password) {
    Asked asked{Answer::wrong, {}};
    try {
        directories_.careful(directory, [&] {
            const auto known = prove(directory, directory.login_attribute, login, password);
            // Somebody else may have got the sign-in name since then.
            if (!known || known->person.key != account.key) return;
            asked.user = people_.admit(directory, *known);
            if (asked.user) asked.answer = Answer::right;
        });
    } catch (const DirectoryTrouble& trouble) {
        throw silent(trouble);
    }
    return asked;
}

access::OtherPasswords::Asked DirectorySignIn::ask_for_new(const std::vector<Directory>& directories,
                                                           std::string_view login, std::string_view password) {
    Asked asked{Answer::not_there, {}};
    std::optional<DirectoryTrouble> trouble;
    for (const Directory& directory : directories) {
        if (!directory.makes_accounts) continue;
        try {
            directories_.careful(directory, [&] {
                const auto known = prove(directory, directory.login_attribute, login, password);
                asked.answer = Answer::wrong;
                if (!known) return;
                asked.user = people_.admit(directory, *known);
                if (asked.user) asked.answer = Answer::right;
            });
        } catch (const DirectoryTrouble& found) {
            trouble = found;
        }
        if (asked.answer == Answer::right) return asked;
    }
    if (trouble) throw silent(*trouble);
    return asked;
}

access::OtherPasswords::Asked DirectorySignIn::ask(std::string_view login, std::string_view password,
                                                   RecordId account) {
    const auto linked = account ? directories_.account_of(account) : std::nullopt;
    if (account && !linked) return {};
    const std::vector<Directory> directories = directories_.active();
    // An empty password would be welcome to some directories.
    if (login.empty() || password.empty()) return {linked ? Answer::wrong : Answer::not_there, {}};
    if (!linked) return ask_for_new(directories, login, password);
    const auto found = std::ranges::find(directories, linked->directory, &Directory::id);
    if (found == directories.end()) return {};
    return ask_for(*found, *linked, login, password);
}

bool DirectorySignIn::keeps(RecordId account) {
    const auto linked = directories_.account_of(account);
    if (!linked) return false;
    return std::ranges::any_of(directories_.active(),
                               [&](const Directory& one) { return one.id == linked->directory; });
}

}  // namespace gx::features
