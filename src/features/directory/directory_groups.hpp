// Groups of a directory and the roles they stand for. Who is in a group is in every group that has this one inside.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/id.hpp"
#include "features/directory/directories.hpp"

namespace gx::features {

// Roles of the groups that this person is in, sorted, each once.
std::vector<RecordId> roles_of(Ldap& ldap, const Directory& directory, const DirectoryPerson& person);

// The same for everybody at once.
class RolesOfGroups {
public:
    RolesOfGroups(Ldap& ldap, const Directory& directory);

    std::vector<RecordId> of(const DirectoryPerson& person) const;

private:
    // By what groups call their members, folded: mostly the whole name (DN), in some the sign-in name.
    std::unordered_map<std::string, std::vector<RecordId>> roles_;
};

}  // namespace gx::features
