#include <array>
#include <charconv>

#include "expr/expr.hpp"

namespace gx::expr {

namespace {

using namespace std::chrono;

constexpr int days_max = 36'500;

// The N of "last_N_days".
std::optional<days> count_between(std::string_view name, std::string_view before, std::string_view after) {
    if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after))
        return std::nullopt;
    name = name.substr(before.size(), name.size() - before.size() - after.size());
    int count = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), count);
    if (error != std::errc{} || end != name.data() + name.size() || name.front() == '0' || count < 1 ||
        count > days_max)
        return std::nullopt;
    return days{count};
}

Date first_of_month(Date day, int months_on) {
    const year_month_day ymd{day};
    return sys_days{(ymd.year() / ymd.month() + months{months_on}) / 1};
}

}  // namespace

std::optional<Period> period(std::string_view name, Date today) {
    constexpr days one{1};
    if (name == "today") return Period{today, today + one};
    if (name == "yesterday") return Period{today - one, today};
    if (name == "tomorrow") return Period{today + one, today + days{2}};
    if (name == "overdue") return Period{std::nullopt, today};
    if (const auto count = count_between(name, "last_", "_days")) return Period{today - *count + one, today + one};
    if (const auto count = count_between(name, "next_", "_days")) return Period{today, today + *count};
    if (const auto count = count_between(name, "more_than_", "_days_ago")) return Period{std::nullopt, today - *count};

    const auto split = name.find('_');
    if (split == std::string_view::npos) return std::nullopt;
    const std::string_view which = name.substr(0, split);
    const std::string_view unit = name.substr(split + 1);
    if (which != "this" && which != "last" && which != "next") return std::nullopt;
    const int shift = which == "this" ? 0 : which == "last" ? -1 : 1;
    if (unit == "week") {
        const Date monday = today - (weekday{today} - Monday) + weeks{shift};
        return Period{monday, monday + weeks{1}};
    }
    const year_month_day ymd{today};
    const int month = static_cast<int>(static_cast<unsigned>(ymd.month()));
    if (unit == "month") return Period{first_of_month(today, shift), first_of_month(today, shift + 1)};
    if (unit == "quarter") {
        const int start = -((month - 1) % 3) + shift * 3;
        return Period{first_of_month(today, start), first_of_month(today, start + 3)};
    }
    if (unit == "year") {
        const int start = 1 - month + shift * 12;
        return Period{first_of_month(today, start), first_of_month(today, start + 12)};
    }
    return std::nullopt;
}

}  // namespace gx::expr
