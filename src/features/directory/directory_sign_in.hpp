// Signing in with the password of a directory: the program finds the person and then binds as that person. What is
// typed is never kept.
#pragma once

#include "access/other_passwords.hpp"
#include "features/directory/directories.hpp"
#include "features/directory/directory_people.hpp"

namespace gx::features {

class DirectorySignIn : public access::OtherPasswords {
public:
    DirectorySignIn(Directories& directories, DirectoryPeople& people) : directories_(directories), people_(people) {}

    Asked ask(std::string_view login, std::string_view password, RecordId account) override;
    bool keeps(RecordId account) override;

private:
    // Who in this directory has this sign-in name or key and this password; nothing when nobody.
    std::optional<DirectoryPeople::Known> prove(const Directory& directory, std::string_view attribute,
                                                std::string_view value, std::string_view password) const;
    Asked ask_for(const Directory& directory, const Directories::Account& account, std::string_view login,
                  std::string_view password);
    Asked ask_for_new(const std::vector<Directory>& directories, std::string_view login, std::string_view password);

    Directories& directories_;
    DirectoryPeople& people_;
};

}  // namespace gx::features
