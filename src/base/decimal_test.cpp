#include "base/decimal.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "base/failure.hpp"

namespace gx {
namespace {

Decimal number(std::string_view text) { return parse_decimal(text).value(); }

std::string leniently(std::string_view text) {
    const auto value = parse_decimal_leniently(text);
    return value ? to_string(*value) : "none";
}

TEST(Decimal, IsEqualByValueWhateverItsScale) {
    EXPECT_EQ(number("1.50"), number("1.5"));
    EXPECT_LT(number("-1.5"), number("-1.49"));
    EXPECT_LT((Decimal{std::numeric_limits<std::int64_t>::max(), 9}),
              (Decimal{std::numeric_limits<std::int64_t>::max(), 0}));
}

TEST(Decimal, WritesAllItsDecimals) {
    EXPECT_EQ(to_string(Decimal{1250, 2}), "12.50");
    EXPECT_EQ(to_string(Decimal{-5, 2}), "-0.05");
    EXPECT_EQ(to_string(Decimal{0, 0}), "0");
    EXPECT_EQ(to_string(Decimal{0, 3}), "0.000");
    EXPECT_EQ(to_string(Decimal{std::numeric_limits<std::int64_t>::min(), 0}), "-9223372036854775808");
}

TEST(Decimal, ReadsOnlyPlainNumbersStrictly) {
    EXPECT_EQ(number("-12.50"), (Decimal{-1250, 2}));
    for (const char* wrong :
         {"", "-", ".5", "5.", "1,000", "1e3", "+5", " 5", "1.2.3", "1234567890123456789", "0.1234567890", "٣"}) {
        EXPECT_FALSE(parse_decimal(wrong)) << wrong;
    }
}

TEST(Decimal, ComputesExactlyOrRefuses) {
    EXPECT_EQ(to_string(number("0.1") + number("0.20")), "0.30");
    EXPECT_EQ(to_string(number("1") - number("0.001")), "0.999");
    EXPECT_EQ(to_string(number("1.5") * number("2.25")), "3.375");
    EXPECT_EQ(to_string(number("0.333333") * number("0.0001")), "0.000033333");
    EXPECT_EQ(to_string(divide(number("2"), number("3"), 4)), "0.6667");
    EXPECT_EQ(to_string(divide(number("-2"), number("3"), 0)), "-1");
    EXPECT_EQ(to_string(divide(Decimal{1, 9}, number("1000"), 9)), "0.000000000");
    EXPECT_THROW((Decimal{std::numeric_limits<std::int64_t>::max(), 0} + number("1")), Failure);
    EXPECT_THROW((Decimal{std::numeric_limits<std::int64_t>::max(), 0} * number("2")), Failure);
    EXPECT_THROW((-Decimal{std::numeric_limits<std::int64_t>::min(), 0}), Failure);
    EXPECT_THROW(divide(number("1"), number("0"), 2), Failure);
}

TEST(Decimal, RoundsHalfAwayFromZero) {
    EXPECT_EQ(to_string(rescale(number("2.345"), 2)), "2.35");
    EXPECT_EQ(to_string(rescale(number("-2.345"), 2)), "-2.35");
    EXPECT_EQ(to_string(rescale(number("2.344"), 2)), "2.34");
    EXPECT_TRUE(fits_scale(number("2.50"), 1));
    EXPECT_FALSE(fits_scale(number("2.55"), 1));
}

TEST(Decimal, ReadsWhatPeopleType) {
    EXPECT_EQ(leniently("1,234.50"), "1234.50");
    EXPECT_EQ(leniently("￥1234"), "1234");
    EXPECT_EQ(leniently("¥ 1,234元"), "1234");
    EXPECT_EQ(leniently("1234元"), "1234");
    EXPECT_EQ(leniently("12.5万"), "125000");
    EXPECT_EQ(leniently("12.5 万元"), "125000");
    EXPECT_EQ(leniently("3亿"), "300000000");
    EXPECT_EQ(leniently("2万亿"), "2000000000000");
    EXPECT_EQ(leniently("(1,234)"), "-1234");
    EXPECT_EQ(leniently("（1，234）"), "-1234");
    EXPECT_EQ(leniently("1.2E3"), "1200");
    EXPECT_EQ(leniently("1.5e-3"), "0.0015");
    EXPECT_EQ(leniently("12%"), "0.12");
    EXPECT_EQ(leniently("12.50%"), "0.125");
    EXPECT_EQ(leniently("１２３．４"), "123.4");
    EXPECT_EQ(leniently("-￥5"), "-5");
    EXPECT_EQ(leniently("0.30000000000000004"), "0.3");
    EXPECT_EQ(leniently("0"), "0");
    for (const char* wrong :
         {"", "abc", "12,34", "1,2345", "1234,567", "1-2", "--1", "万", "1e999", "99999999999亿", "(-5)", "1 2"}) {
        EXPECT_EQ(leniently(wrong), "none") << wrong;
    }
}

TEST(Decimal, ReadsBackWhatItWrites) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int i = 0; i < 2000; ++i) {
        const Decimal value{
            std::uniform_int_distribution<std::int64_t>(-999'999'999'999'999'999, 999'999'999'999'999'999)(random),
            static_cast<std::uint8_t>(random() % 10)};
        ASSERT_EQ(parse_decimal(to_string(value)), value);
        ASSERT_EQ(parse_decimal_leniently(to_string(value)), value);
        ASSERT_EQ(value - value, Decimal{});
    }
}

TEST(Money, NeverMixesCurrencies) {
    const Money yuan{number("12.50"), {}};
    const Money dollars{number("1"), parse_currency("USD").value()};

    EXPECT_EQ((yuan + yuan).amount, number("25"));
    EXPECT_THROW(yuan + dollars, Failure);
    EXPECT_THROW(compare(yuan, dollars), Failure);
}

TEST(Currency, IsThreeCapitalLettersWithTheDecimalsOfIso4217) {
    EXPECT_FALSE(parse_currency("cny"));
    EXPECT_FALSE(parse_currency("CNYX"));
    EXPECT_EQ(minor_digits(parse_currency("CNY").value()), 2);
    EXPECT_EQ(minor_digits(parse_currency("JPY").value()), 0);
    EXPECT_EQ(minor_digits(parse_currency("KWD").value()), 3);
}

}  // namespace
}  // namespace gx
