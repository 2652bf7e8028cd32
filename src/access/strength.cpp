#include "access/strength.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace gx::access {

namespace {

using store::Connection;
using store::Row;

}  // namespace

std::vector<RecordId> Demands::strong_roles() const {
    std::vector<RecordId> roles;
    store_.read([&](Connection& connection) {
        roles.clear();
        connection.query({"select id from role where strength = ? and deleted_at is null",
                          {std::string(name_of(Strength::second_factor))}},
                         [&](const Row& row) {
                             roles.push_back({row.integer(0)});
                             return true;
                         });
    });
    return roles;
}

bool Demands::has_one_of(RecordId user, const std::vector<RecordId>& roles) const {
    if (roles.empty()) return false;
    const std::vector<RecordId> own = roles_of_(user);
    return std::ranges::any_of(own, [&](RecordId role) { return std::ranges::find(roles, role) != roles.end(); });
}

Demands::Of Demands::second_factor(RecordId user) const {
    Of of;
    bool of_account = false;
    store_.read([&](Connection& connection) {
        connection.query({"select u.strength, f.confirmed_at from \"user\" u left join second_factor f on "
                          "f.user_account = u.id where u.id = ?",
                          {user.value}},
                         [&](const Row& row) {
                             of_account = parse_strength(row.text(0)) == Strength::second_factor;
                             of.set_up = !row.is_null(1);
                             return false;
                         });
    });
    of.demanded =
        of_account || policy_.rules()->strength == Strength::second_factor || has_one_of(user, strong_roles());
    return of;
}

std::vector<RecordId> Demands::asked_for(std::vector<RecordId> users) const {
    if (users.empty() || policy_.rules()->strength == Strength::second_factor) return users;
    std::unordered_set<RecordId> by_themselves;
    store_.read([&](Connection& connection) {
        by_themselves.clear();
        connection.query(
            {"select id from \"user\" where strength = ? union select user_account from second_factor where "
             "confirmed_at is not null",
             {std::string(name_of(Strength::second_factor))}},
            [&](const Row& row) {
                by_themselves.insert({row.integer(0)});
                return true;
            });
    });
    const std::vector<RecordId> roles = strong_roles();
    std::erase_if(users, [&](RecordId user) { return !by_themselves.contains(user) && !has_one_of(user, roles); });
    return users;
}

}  // namespace gx::access
