// Moments and calendar days. A moment (Timestamp) is UTC, milliseconds; a Date is a day without a time zone.
// In the database both are integers: milliseconds, and days, since 1970-01-01.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gx {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;
using Date = std::chrono::sys_days;

// As the database keeps it.
inline std::int64_t stamp(Timestamp at) { return at.time_since_epoch().count(); }

// The clock is handed in, so that a test can stop it.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Timestamp now() const = 0;
};
class SystemClock final : public Clock {
public:
    Timestamp now() const override;
};
class FixedClock final : public Clock {
public:
    explicit FixedClock(Timestamp at) : at_(at) {}
    Timestamp now() const override { return at_; }
    void advance(std::chrono::milliseconds by) { at_ += by; }

private:
    Timestamp at_;
};

std::string format_date(Date date);                               // 2026-11-24
std::string format_timestamp(Timestamp at);                       // 2026-11-24T06:32:08.123Z (RFC 3339)
std::optional<Date> parse_date(std::string_view text);            // strictly YYYY-MM-DD, year 1..9999
std::optional<Timestamp> parse_timestamp(std::string_view text);  // RFC 3339 with any offset

// Lenient forms that people type or spreadsheets hold: 2024/3/8, 2024.3.8, 24.5.1, 20240308, 2024年3月8日,
// 3/8/2024 only when unambiguous. Empty when it cannot be read for certain.
std::optional<Date> parse_date_leniently(std::string_view text);

// A time zone by IANA name, through ICU. Throws Failure(bad_request, "unknown_time_zone").
class TimeZone {
public:
    explicit TimeZone(std::string name);
    const std::string& name() const { return name_; }
    std::chrono::minutes offset_at(Timestamp at) const;  // add to UTC to get local
    Date date_at(Timestamp at) const;                    // the local calendar day
    Timestamp start_of(Date day) const;                  // local midnight as a moment

private:
    std::string name_;
    // Filled once; shared because ICU zones are costly to make and never change.
    std::shared_ptr<const void> zone_;
};

}  // namespace gx
