#include "access/policy.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include "base/text.hpp"

namespace gx::access {

namespace {

using namespace std::chrono_literals;

constexpr auto known_for = 500ms;
constexpr std::array<std::string_view, 3> strength_names{"password", "second_factor", "passkey"};

PolicyRules read_rules(store::Connection& connection) {
    PolicyRules rules;
    connection.query(
        {"select length_least, classes_least, refuse_common, remembered, days_most, strength, failures_free, "
         "wait_minutes_most, addresses, applications, session_hours, idle_minutes, link_minutes, handed_hours, "
         "site_address, mail_sender, key_days, password_ends_keys from security_policy where deleted_at is null order "
         "by id limit 1",
         {}},
        [&](const store::Row& row) {
            // What a column does not say yet (it came with an upgrade) stays at its default.
            const auto take = [&row](int column, auto& into) {
                using Into = std::remove_reference_t<decltype(into)>;
                if (!row.is_null(column)) into = static_cast<Into>(row.integer(column));
            };
            take(0, rules.length_least);
            take(1, rules.classes_least);
            take(2, rules.refuse_common);
            take(3, rules.remembered);
            take(4, rules.age_most);
            rules.strength = parse_strength(row.text(5));
            take(6, rules.failures_free);
            take(7, rules.wait_most);
            rules.addresses = parse_address_ranges(row.text(8)).ranges;
            take(9, rules.applications);
            take(10, rules.session_life);
            take(11, rules.session_idle);
            take(12, rules.link_life);
            take(13, rules.handed_link_life);
            rules.site_address = trim(row.text(14));
            while (rules.site_address.ends_with('/')) rules.site_address.pop_back();
            rules.mail_sender = row.text(15);
            take(16, rules.key_days_most);
            take(17, rules.password_ends_keys);
            return false;
        });
    return rules;
}

}  // namespace

std::string_view name_of(Strength strength) { return strength_names.at(static_cast<std::size_t>(strength)); }

Strength parse_strength(std::string_view code) {
    const auto found = std::ranges::find(strength_names, code);
    return found == strength_names.end() ? Strength::password : static_cast<Strength>(found - strength_names.begin());
}

bool PolicyRules::admits(std::string_view address) const {
    return addresses.empty() ||
           std::ranges::any_of(addresses, [&](const AddressRange& range) { return range.contains(address); });
}

std::shared_ptr<const PolicyRules> Policy::rules() {
    const Timestamp now = clock_.now();
    {
        const std::lock_guard lock(mutex_);
        if (rules_ && now < until_) return rules_;
    }
    std::shared_ptr<const PolicyRules> read;
    store_.read(
        [&](store::Connection& connection) { read = std::make_shared<const PolicyRules>(read_rules(connection)); });
    const std::lock_guard lock(mutex_);
    rules_ = read;
    until_ = now + known_for;
    return read;
}

void Policy::forget() {
    const std::lock_guard lock(mutex_);
    rules_ = nullptr;
}

}  // namespace gx::access
