#include "base/time.hpp"

#include <fmt/compile.h>
#include <unicode/basictz.h>
#include <unicode/timezone.h>

#include <array>
#include <charconv>

#include "base/failure.hpp"
#include "base/text.hpp"

namespace gx {

namespace {

using namespace std::chrono;

// Exactly `digits` digits at the start of `text`, or nothing; takes them off.
std::optional<int> take_digits(std::string_view& text, std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    while (count < text.size() && count < most && text[count] >= '0' && text[count] <= '9') {
        value = value * 10 + (text[count] - '0');
        ++count;
    }
    if (count < least) return std::nullopt;
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

std::optional<Date> make_date(int y, int m, int d) {
    if (y < 1 || y > 9999 || m < 1 || d < 1) return std::nullopt;
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
    if (!date.ok()) return std::nullopt;
    return sys_days{date};
}

std::optional<Date> take_strict_date(std::string_view& text) {
    const auto y = take_digits(text, 4, 4);
    if (!y || !take(text, "-")) return std::nullopt;
    const auto m = take_digits(text, 2, 2);
    if (!m || !take(text, "-")) return std::nullopt;
    const auto d = take_digits(text, 2, 2);
    if (!d) return std::nullopt;
    return make_date(*y, *m, *d);
}

}  // namespace

Timestamp SystemClock::now() const { return floor<milliseconds>(system_clock::now()); }

std::string format_date(Date date) {
    const year_month_day ymd{date};
    return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}"), static_cast<int>(ymd.year()),
                       static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
}

std::string format_timestamp(Timestamp at) {
    const Date date = floor<days>(at);
    const year_month_day ymd{date};
    const hh_mm_ss time{at - date};
    return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z"), static_cast<int>(ymd.year()),
                       static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<Date> parse_date(std::string_view text) {
    const auto date = take_strict_date(text);
    return text.empty() ? date : std::nullopt;
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
    const auto date = take_strict_date(text);
    if (!date || text.empty() || (text[0] != 'T' && text[0] != 't' && text[0] != ' ')) return std::nullopt;
    text.remove_prefix(1);
    const auto hour = take_digits(text, 2, 2);
    if (!hour || !take(text, ":")) return std::nullopt;
    const auto minute = take_digits(text, 2, 2);
    if (!minute || !take(text, ":")) return std::nullopt;
    const auto second = take_digits(text, 2, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    int fraction = 0;
    if (take(text, ".")) {
        std::size_t digits = 0;
        for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
            if (digits < 3) fraction = fraction * 10 + (text[digits] - '0');
        }
        if (digits == 0 || digits > 9) return std::nullopt;
        for (std::size_t i = digits; i < 3; ++i) fraction *= 10;
        text.remove_prefix(digits);
    }
    minutes offset{0};
    if (text == "Z" || text == "z") {
        text = {};
    } else {
        const bool behind = text.starts_with('-');
        if (!behind && !text.starts_with('+')) return std::nullopt;
        text.remove_prefix(1);
        const auto hours_ahead = take_digits(text, 2, 2);
        if (!hours_ahead || !take(text, ":")) return std::nullopt;
        const auto minutes_ahead = take_digits(text, 2, 2);
        if (!minutes_ahead || *hours_ahead > 23 || *minutes_ahead > 59) return std::nullopt;
        offset = hours{*hours_ahead} + minutes{*minutes_ahead};
        if (behind) offset = -offset;
    }
    if (!text.empty()) return std::nullopt;
    return Timestamp{*date} + hours{*hour} + minutes{*minute} + seconds{*second} + milliseconds{fraction} - offset;
}

namespace {

// "0:00", "09:30:00": what spreadsheets put behind a date.
bool is_time_of_day(std::string_view text) {
    const auto hour = take_digits(text, 1, 2);
    if (!hour || *hour > 23 || !take(text, ":")) return false;
    const auto minute = take_digits(text, 2, 2);
    if (!minute || *minute > 59) return false;
    if (text.empty()) return true;
    if (!take(text, ":")) return false;
    const auto second = take_digits(text, 2, 2);
    if (!second || *second > 59) return false;
    if (take(text, ".")) return take_digits(text, 1, 9).has_value() && text.empty();
    return text.empty();
}

}  // namespace

std::optional<Date> parse_date_leniently(std::string_view typed) {
    if (typed.size() > 60 || !is_valid_utf8(typed)) return std::nullopt;
    const std::string folded = fold(typed);
    std::string_view text = folded;
    if (const auto blank = text.find_first_of(" t");
        blank != std::string_view::npos && is_time_of_day(text.substr(blank + 1))) {
        text = text.substr(0, blank);
    }
    if (text.size() == 8 && text.find_first_not_of("0123456789") == std::string_view::npos) {
        const int y = *take_digits(text, 4, 4);
        const int m = *take_digits(text, 2, 2);
        return make_date(y, m, *take_digits(text, 2, 2));
    }

    std::array<int, 3> parts{};
    std::array<std::size_t, 3> lengths{};
    std::string_view first_separator;
    for (std::size_t i = 0; i < 3; ++i) {
        const std::size_t before = text.size();
        const auto part = take_digits(text, 1, 4);
        if (!part) return std::nullopt;
        parts[i] = *part;
        lengths[i] = before - text.size();
        text = trim(text);
        if (i == 2) break;
        std::string_view separator;
        for (const std::string_view known : {"-", "/", ".", "年", "月"}) {
            if (take(text, known)) separator = known;
        }
        if (separator.empty()) return std::nullopt;
        if (i == 0) first_separator = separator;
        if (i == 1 && separator != first_separator && !(first_separator == "年" && separator == "月"))
            return std::nullopt;
        text = trim(text);
    }
    if (first_separator == "月") return std::nullopt;
    if (!text.empty() && !(first_separator == "年" && (text == "日" || text == "号"))) return std::nullopt;

    if (lengths[0] == 4 && lengths[1] <= 2 && lengths[2] <= 2) return make_date(parts[0], parts[1], parts[2]);
    if (lengths[0] == 2 && lengths[1] <= 2 && lengths[2] <= 2 && first_separator != "/") {
        // Chinese order. With slashes it could as well be the American or the British one.
        return make_date(parts[0] + (parts[0] < 80 ? 2000 : 1900), parts[1], parts[2]);
    }
    if (lengths[0] <= 2 && lengths[1] <= 2 && lengths[2] == 4 && first_separator != "年") {
        if (parts[0] == parts[1] || parts[1] > 12) return make_date(parts[2], parts[0], parts[1]);
        if (parts[0] > 12) return make_date(parts[2], parts[1], parts[0]);
    }
    return std::nullopt;
}

TimeZone::TimeZone(std::string name) : name_(std::move(name)) {
    std::unique_ptr<icu::TimeZone> zone{icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(name_))};
    if (name_.empty() || !zone || *zone == icu::TimeZone::getUnknown() ||
        !dynamic_cast<icu::BasicTimeZone*>(zone.get())) {
        throw bad_request("unknown_time_zone", {{"name", name_}});
    }
    zone_ = std::shared_ptr<const icu::BasicTimeZone>(dynamic_cast<icu::BasicTimeZone*>(zone.release()));
}

minutes TimeZone::offset_at(Timestamp at) const {
    std::int32_t raw = 0;
    std::int32_t saving = 0;
    UErrorCode status = U_ZERO_ERROR;
    static_cast<const icu::BasicTimeZone*>(zone_.get())
        ->getOffset(static_cast<UDate>(at.time_since_epoch().count()), 0, raw, saving, status);
    ensure(U_SUCCESS(status), "offset of a time zone");
    return floor<minutes>(milliseconds{raw + saving});
}

Date TimeZone::date_at(Timestamp at) const { return floor<days>(at + offset_at(at)); }

Timestamp TimeZone::start_of(Date day) const {
    std::int32_t raw = 0;
    std::int32_t saving = 0;
    UErrorCode status = U_ZERO_ERROR;
    const Timestamp local{day};
    // A midnight that a change to summer time skips begins at the change; one that comes twice begins at the first.
    static_cast<const icu::BasicTimeZone*>(zone_.get())
        ->getOffsetFromLocal(static_cast<UDate>(local.time_since_epoch().count()), UCAL_TZ_LOCAL_FORMER,
                             UCAL_TZ_LOCAL_FORMER, raw, saving, status);
    ensure(U_SUCCESS(status), "offset of a time zone");
    return local - floor<minutes>(milliseconds{raw + saving});
}

}  // namespace gx
