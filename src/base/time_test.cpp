#include "base/time.hpp"

#include <gtest/gtest.h>

#include "base/failure.hpp"

namespace gx {
namespace {

std::string leniently(std::string_view text) {
    const auto date = parse_date_leniently(text);
    return date ? format_date(*date) : "none";
}

Timestamp at(std::string_view text) { return parse_timestamp(text).value(); }

TEST(Date, IsReadStrictlyAsYearMonthDay) {
    EXPECT_EQ(format_date(parse_date("2024-02-29").value()), "2024-02-29");
    EXPECT_EQ(format_date(parse_date("0001-01-01").value()), "0001-01-01");
    for (const char* wrong :
         {"2023-02-29", "2024-13-01", "2024-1-1", "0000-01-01", "2024-01-01 ", "24-01-01", "2024/01/01"})
        EXPECT_FALSE(parse_date(wrong)) << wrong;
}

TEST(Date, IsReadAsPeopleWriteIt) {
    for (const char* typed :
         {"2024/3/8", "2024.3.8", "2024-3-8", "20240308", "2024年3月8日", "2024年03月08号", " ２０２４／３／８ ",
          "2024-03-08 00:00:00", "2024/3/8 9:30", "24.3.8", "2024 年 3 月 8 日"}) {
        EXPECT_EQ(leniently(typed), "2024-03-08") << typed;
    }
    EXPECT_EQ(leniently("24.5.1"), "2024-05-01");
    EXPECT_EQ(leniently("98-12-31"), "1998-12-31");
    EXPECT_EQ(leniently("3/25/2024"), "2024-03-25");
    EXPECT_EQ(leniently("25/3/2024"), "2024-03-25");
    EXPECT_EQ(leniently("3/3/2024"), "2024-03-03");
}

TEST(Date, IsNotGuessed) {
    for (const char* unclear : {"3/8/2024", "3/8/24", "24/5/1", "2024-3/8", "2024.13.1", "20241301", "3月8日", "2024",
                                "", "45292", "2024-03-08x"})
        EXPECT_EQ(leniently(unclear), "none") << unclear;
}

TEST(Timestamp, IsReadWithAnyOffsetAndWrittenInUtc) {
    EXPECT_EQ(format_timestamp(at("2026-11-24T14:32:08.1234+08:00")), "2026-11-24T06:32:08.123Z");
    EXPECT_EQ(format_timestamp(at("2026-11-24t06:32:08z")), "2026-11-24T06:32:08.000Z");
    EXPECT_EQ(format_timestamp(at("1969-12-31T23:59:59.999Z")), "1969-12-31T23:59:59.999Z");
    for (const char* wrong : {"2026-11-24", "2026-11-24T06:32Z", "2026-11-24T06:32:08", "2026-11-24T24:00:00Z",
                              "2026-11-24T06:32:08.Z", "2026-11-24T06:32:08+8"}) {
        EXPECT_FALSE(parse_timestamp(wrong)) << wrong;
    }
}

TEST(TimeZone, KnowsTheLocalDayAndItsBeginning) {
    const TimeZone shanghai("Asia/Shanghai");

    EXPECT_EQ(shanghai.offset_at(at("2026-11-24T00:00:00Z")), std::chrono::minutes{480});
    EXPECT_EQ(format_date(shanghai.date_at(at("2026-11-24T15:59:59.999Z"))), "2026-11-24");
    EXPECT_EQ(format_date(shanghai.date_at(at("2026-11-24T16:00:00Z"))), "2026-11-25");
    EXPECT_EQ(format_timestamp(shanghai.start_of(parse_date("2026-11-24").value())), "2026-11-23T16:00:00.000Z");
}

TEST(TimeZone, BeginsADayWhoseMidnightIsSkippedAtTheChange) {
    const TimeZone beirut("Asia/Beirut");  // summer time begins at midnight: 00:00 becomes 01:00

    const Timestamp start = beirut.start_of(parse_date("2022-03-27").value());

    EXPECT_EQ(format_timestamp(start), "2022-03-26T22:00:00.000Z");
    EXPECT_EQ(format_date(beirut.date_at(start)), "2022-03-27");
    EXPECT_EQ(format_date(beirut.date_at(start - std::chrono::milliseconds{1})), "2022-03-26");
}

TEST(TimeZone, RefusesNamesThatAreNone) {
    for (const char* wrong : {"", "Nowhere/City", "中国"}) EXPECT_THROW(TimeZone{wrong}, Failure) << wrong;
}

}  // namespace
}  // namespace gx
