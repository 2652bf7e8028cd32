#include "features/directory/directory_groups.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/text.hpp"

namespace gx::features {

namespace {

constexpr int levels_most = 10;         // of groups in groups; deeper is a mistake of the directory
constexpr std::size_t names_most = 50;  // in one filter

void add(std::vector<RecordId>& roles, RecordId role) {
    if (std::ranges::find(roles, role) == roles.end()) roles.push_back(role);
}

// A group is called by its name or its whole DN.
void add_roles(const Directory& directory, const LdapEntry& group, std::vector<RecordId>& roles) {
    const std::string name = fold(group.first("cn")), dn = fold(group.dn);
    for (const auto& [called, role] : directory.roles)
        if (called == name || called == dn) add(roles, role);
}

std::string with_members(const std::vector<std::string>& dns, const std::string& login) {
    std::string filter = "(|";
    for (const std::string& dn : dns) {
        const std::string member = in_filter(dn);
        filter += "(member=" + member + ")(uniqueMember=" + member + ")";
    }
    if (!login.empty()) filter += "(memberUid=" + in_filter(login) + ")";
    return filter + ")";
}

struct Group {
    std::vector<std::string> members;  // folded
    std::vector<RecordId> roles;
};

std::unordered_map<std::string, Group> read_groups(Ldap& ldap, const Directory& directory) {
    std::unordered_map<std::string, Group> groups;
    ldap.each({directory.base, directory.group_filter, {"cn", "member", "uniqueMember", "memberUid"}},
              [&](const LdapEntry& entry) {
                  Group& group = groups[fold(entry.dn)];
                  add_roles(directory, entry, group.roles);
                  for (const std::string_view attribute : {"member", "uniqueMember", "memberUid"})
                      for (const std::string& member : entry.all(attribute)) group.members.push_back(fold(member));
                  return true;
              });
    return groups;
}

}  // namespace

std::vector<RecordId> roles_of(Ldap& ldap, const Directory& directory, const DirectoryPerson& person) {
    std::vector<RecordId> roles;
    if (directory.roles.empty()) return roles;
    std::unordered_set<std::string> seen;
    std::vector<std::string> inside{person.dn};
    std::string login = person.login;
    for (int level = 0; level < levels_most && !inside.empty(); ++level) {
        std::vector<std::string> around;
        for (std::size_t from = 0; from < inside.size(); from += names_most) {
            const auto first = inside.begin() + static_cast<std::ptrdiff_t>(from);
            const auto count = std::min(names_most, inside.size() - from);
            const std::vector<std::string> some(first, first + static_cast<std::ptrdiff_t>(count));
            ldap.each({directory.base, "(&" + directory.group_filter + with_members(some, login) + ")", {"cn"}},
                      [&](const LdapEntry& group) {
                          if (!seen.insert(fold(group.dn)).second) return true;
                          add_roles(directory, group, roles);
                          around.push_back(group.dn);
                          return true;
                      });
        }
        inside = std::move(around);
        login.clear();
    }
    std::ranges::sort(roles);
    return roles;
}

RolesOfGroups::RolesOfGroups(Ldap& ldap, const Directory& directory) {
    if (directory.roles.empty()) return;
    const std::unordered_map<std::string, Group> groups = read_groups(ldap, directory);
    for (const auto& [dn, group] : groups) {
        if (group.roles.empty()) continue;
        std::unordered_set<std::string_view> seen{dn};
        std::vector<const Group*> inside{&group};
        for (int level = 0; level < levels_most && !inside.empty(); ++level) {
            std::vector<const Group*> deeper;
            for (const Group* one : inside) {
                for (const std::string& member : one->members) {
                    if (!seen.insert(member).second) continue;
                    for (const RecordId role : group.roles) add(roles_[member], role);
                    if (const auto found = groups.find(member); found != groups.end()) deeper.push_back(&found->second);
                }
            }
            inside = std::move(deeper);
        }
    }
}

std::vector<RecordId> RolesOfGroups::of(const DirectoryPerson& person) const {
    std::vector<RecordId> roles;
    for (const std::string& name : {fold(person.dn), person.login}) {
        const auto found = roles_.find(name);
        if (found == roles_.end()) continue;
        for (const RecordId role : found->second) add(roles, role);
    }
    std::ranges::sort(roles);
    return roles;
}

}  // namespace gx::features
