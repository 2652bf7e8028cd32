// Codes of authenticator apps, against the test vectors of the standards.
#include "base/totp.hpp"

#include <gtest/gtest.h>

namespace gx {
namespace {

constexpr std::string_view rfc_secret = "12345678901234567890";

Timestamp at(std::int64_t seconds) { return Timestamp{std::chrono::seconds{seconds}}; }

// RFC 6238, appendix B, SHA-1; its codes have eight digits, of which the last six are the same.
TEST(Totp, GivesTheCodesOfTheStandard) {
    EXPECT_EQ(totp_code(rfc_secret, totp_step(at(59))), "287082");
    EXPECT_EQ(totp_code(rfc_secret, totp_step(at(1111111109))), "081804");
    EXPECT_EQ(totp_code(rfc_secret, totp_step(at(1111111111))), "050471");
    EXPECT_EQ(totp_code(rfc_secret, totp_step(at(1234567890))), "005924");
    EXPECT_EQ(totp_code(rfc_secret, totp_step(at(2000000000))), "279037");
    EXPECT_EQ(totp_code(rfc_secret, totp_step(at(20000000000))), "353130");
}

TEST(Totp, ClocksMayDifferByOneStepAndNoMore) {
    const Timestamp now = at(1111111111);
    const std::int64_t step = totp_step(now);
    for (const std::int64_t by : {-1, 0, 1})
        EXPECT_EQ(matching_totp_step(rfc_secret, totp_code(rfc_secret, step + by), now), step + by);
    for (const std::int64_t by : {-2, 2})
        EXPECT_FALSE(matching_totp_step(rfc_secret, totp_code(rfc_secret, step + by), now));
}

TEST(Totp, WhatIsNoCodeMatchesNothing) {
    for (const char* wrong : {"", "0", "12345", "1234567", "abcdef", "０５０４７１"})
        EXPECT_FALSE(matching_totp_step(rfc_secret, wrong, at(1111111111))) << wrong;
}

// RFC 4648, section 10, without padding.
TEST(Totp, SecretsAreWrittenInBase32) {
    EXPECT_EQ(base32(""), "");
    EXPECT_EQ(base32("f"), "MY");
    EXPECT_EQ(base32("fo"), "MZXQ");
    EXPECT_EQ(base32("foo"), "MZXW6");
    EXPECT_EQ(base32("foob"), "MZXW6YQ");
    EXPECT_EQ(base32("fooba"), "MZXW6YTB");
    EXPECT_EQ(base32("foobar"), "MZXW6YTBOI");
}

TEST(Totp, TheAddressForAppsIsEncoded) {
    EXPECT_EQ(totp_uri("foobar", "华信 CRM", "li.wei"),
              "otpauth://totp/%E5%8D%8E%E4%BF%A1%20CRM:li%2Ewei?secret=MZXW6YTBOI&issuer=%E5%8D%8E%E4%BF%A1%20CRM");
}

}  // namespace
}  // namespace gx
