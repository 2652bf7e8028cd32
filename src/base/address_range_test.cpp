// Which addresses a block of addresses holds.
#include "base/address_range.hpp"

#include <gtest/gtest.h>

namespace gx {
namespace {

bool holds(std::string_view range, std::string_view address) {
    const auto parsed = parse_address_range(range);
    EXPECT_TRUE(parsed) << range;
    return parsed && parsed->contains(address);
}

TEST(AddressRange, ABlockHoldsWhatBeginsWithItsBits) {
    EXPECT_TRUE(holds("192.168.0.0/16", "192.168.255.1"));
    EXPECT_FALSE(holds("192.168.0.0/16", "192.169.0.1"));
    EXPECT_TRUE(holds("10.1.2.128/25", "10.1.2.200"));
    EXPECT_FALSE(holds("10.1.2.128/25", "10.1.2.127"));
    EXPECT_TRUE(holds("2001:db8:12::/44", "2001:db8:1f::1"));
    EXPECT_FALSE(holds("2001:db8:12::/44", "2001:db8:20::1"));
}

TEST(AddressRange, OneAddressAloneIsItselfOnly) {
    EXPECT_TRUE(holds("10.0.0.7", "10.0.0.7"));
    EXPECT_FALSE(holds("10.0.0.7", "10.0.0.8"));
    EXPECT_TRUE(holds("::1", "::1"));
    EXPECT_FALSE(holds("::1", "127.0.0.1"));
}

TEST(AddressRange, ZeroBitsHoldEverythingOfTheirKind) {
    EXPECT_TRUE(holds("0.0.0.0/0", "8.8.8.8"));
    EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
    EXPECT_TRUE(holds("::/0", "2001:db8::1"));
}

TEST(AddressRange, AnIPv4PeerIsTheSameHoweverItIsWritten) {
    EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
    EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
}

TEST(AddressRange, BitsBehindTheLengthAreDropped) {
    EXPECT_EQ(parse_address_range("10.1.2.3/8"), parse_address_range("10.0.0.0/8"));
}

TEST(AddressRange, WhatIsNoAddressIsNoRangeAndLiesInNone) {
    for (const char* wrong : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0", "::/129",
                              "localhost", "10.0.0.256", "fe80::1%eth0"}) {
        EXPECT_FALSE(parse_address_range(wrong)) << wrong;
    }
    EXPECT_FALSE(holds("::/0", "nonsense"));
    EXPECT_FALSE(holds("::/0", ""));
}

TEST(AddressRange, AListMayHaveRemarksAndNamesItsFirstMistake) {
    const AddressRanges good =
        parse_address_ranges("# office\n192.168.0.0/16, 10.0.0.0/8\n\n2001:db8::/32 # home of the boss\n");
    EXPECT_EQ(good.ranges.size(), 3u);
    EXPECT_EQ(good.wrong, "");
    const AddressRanges bad = parse_address_ranges("10.0.0.0/8\n10.0.0.0/99\nx");
    EXPECT_EQ(bad.ranges.size(), 1u);
    EXPECT_EQ(bad.wrong, "10.0.0.0/99");
    EXPECT_TRUE(parse_address_ranges("").ranges.empty());
}

}  // namespace
}  // namespace gx
