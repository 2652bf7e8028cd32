#include "access/user_settings.hpp"

#include "base/failure.hpp"

namespace gx::access {

using store::Connection;
using store::Row;

std::vector<store::Table> UserSettings::tables() {
    return {{"user_setting",
             {{"user_account", false, true}, {"name", true, true}, {"value", true, true}},
             {"user_account", "name"},
             {}}};
}

std::map<std::string, std::string> UserSettings::of(RecordId user) const {
    std::map<std::string, std::string> values;
    store_.read([&](Connection& connection) {
        values.clear();
        connection.query({"select name, value from user_setting where user_account = ?", {user.value}},
                         [&](const Row& row) {
                             values.emplace(row.text(0), row.text(1));
                             return true;
                         });
    });
    return values;
}

void UserSettings::set(RecordId user, const std::map<std::string, std::string>& values) {
    constexpr std::size_t keys_max = 200;
    constexpr std::size_t key_bytes_max = 100;
    constexpr std::size_t value_bytes_max = 16 << 10;
    for (const auto& [name, value] : values) {
        if (name.empty() || name.size() > key_bytes_max || value.size() > value_bytes_max)
            throw bad_request("setting_too_large", {{"name", name.substr(0, key_bytes_max)}});
    }
    store_.change([&](Connection& connection) {
        std::vector<std::vector<store::Cell>> kept;
        std::vector<std::vector<store::Cell>> removed;
        for (const auto& [name, value] : values) {
            if (value == "null") {
                removed.push_back({user.value, name});
            } else {
                kept.push_back({user.value, name, value});
            }
        }
        connection.execute_many(
            "insert into user_setting (user_account, name, value) values (?, ?, ?) on conflict (user_account, name) "
            "do update set value = excluded.value",
            kept);
        connection.execute_many("delete from user_setting where user_account = ? and name = ?", removed);
        std::int64_t count = 0;
        connection.query({"select count(*) from user_setting where user_account = ?", {user.value}},
                         [&](const Row& row) {
                             count = row.integer(0);
                             return false;
                         });
        if (count > static_cast<std::int64_t>(keys_max))
            throw bad_request("settings_too_many", {{"max", std::to_string(keys_max)}});
    });
}

}  // namespace gx::access
