#include "access/strength.hpp"

#include <string>

namespace gx::access {

namespace {

using store::Connection;
using store::Row;

}  // namespace

Demands::Roles Demands::strong_roles() const {
    Roles roles;
    store_.read([&](Connection& connection) {
        roles.clear();
        connection.query(
            {"select id, strength from role where strength is not null and strength <> ? and deleted_at is "
             "null",
             {std::string(name_of(Strength::password))}},
            [&](const Row& row) {
                roles[{row.integer(0)}] = parse_strength(row.text(1));
                return true;
            });
    });
    return roles;
}

Strength Demands::by_roles(RecordId user, const Roles& strong) const {
    Strength strongest = Strength::password;
    if (strong.empty()) return strongest;
    const std::vector<RecordId> own = roles_of_(user);
    for (const RecordId role : own) {
        if (const auto found = strong.find(role); found != strong.end()) strongest = std::max(strongest, found->second);
    }
    return strongest;
}

Demands::Of Demands::of(RecordId user) const {
    Of of;
    Strength of_account = Strength::password;
    store_.read([&](Connection& connection) {
        connection.query({"select u.strength, f.confirmed_at, (select count(*) from passkey p where p.user_account = "
                          "u.id) from \"user\" u left join second_factor f on f.user_account = u.id where u.id = ?",
                          {user.value}},
                         [&](const Row& row) {
                             of_account = parse_strength(row.text(0));
                             of.has_app = !row.is_null(1);
                             of.has_passkey = row.integer(2) > 0;
                             return false;
                         });
    });
    of.demanded = std::max({of_account, policy_.rules()->strength, by_roles(user, strong_roles())});
    return of;
}

std::unordered_map<RecordId, Strength> Demands::needed(const std::vector<RecordId>& users) const {
    std::unordered_map<RecordId, Strength> needed;
    if (users.empty()) return needed;
    std::unordered_map<RecordId, Strength> by_themselves;
    store_.read([&](Connection& connection) {
        by_themselves.clear();
        connection.query(
            {"select id, strength from \"user\" where strength is not null union all select user_account, ? "
             "from second_factor where confirmed_at is not null",
             {std::string(name_of(Strength::second_factor))}},
            [&](const Row& row) {
                Strength& known = by_themselves[{row.integer(0)}];
                known = std::max(known, parse_strength(row.text(1)));
                return true;
            });
    });
    const Roles roles = strong_roles();
    const Strength least = policy_.rules()->strength;
    for (const RecordId user : users) {
        const auto found = by_themselves.find(user);
        const Strength own = found == by_themselves.end() ? Strength::password : found->second;
        const Strength strongest = std::max({own, least, by_roles(user, roles)});
        if (strongest != Strength::password) needed[user] = strongest;
    }
    return needed;
}

}  // namespace gx::access
