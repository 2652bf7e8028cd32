#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <set>

namespace gx {
namespace {

TEST(Password, IsHashedWithSaltAndVerified) {
    const std::string encoded = hash_password("十分秘密 42");

    EXPECT_TRUE(encoded.starts_with("$argon2id$"));
    EXPECT_TRUE(verify_password(encoded, "十分秘密 42"));
    EXPECT_FALSE(verify_password(encoded, "十分秘密 43"));
    EXPECT_NE(encoded, hash_password("十分秘密 42"));
}

TEST(Password, IsNeverVerifiedAgainstNonsense) {
    EXPECT_FALSE(verify_password("", ""));
    EXPECT_FALSE(verify_password("plain", "plain"));
    EXPECT_FALSE(verify_password(std::string(10'000, 'x'), "x"));
}

TEST(Token, IsLongUrlSafeAndNeverTheSame) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) seen.insert(random_token());

    EXPECT_EQ(seen.size(), 100U);
    EXPECT_EQ(seen.begin()->size(), 43U);
    for (const std::string& token : seen) EXPECT_EQ(token.find_first_of("+/="), std::string::npos);
    EXPECT_EQ(random_password().size(), 16U);
}

TEST(Digest, IsSha256) {
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
    EXPECT_TRUE(equal_in_constant_time("", ""));
}

}  // namespace
}  // namespace gx
