#include "base/signature.hpp"

#include <gtest/gtest.h>

#include "base/secret.hpp"

namespace gx {
namespace {

TEST(Sha256, OfPiecesIsThatOfTheWhole) {
    Sha256 digest;
    digest.add("hel").add("").add("lo");
    EXPECT_EQ(digest.hex(), sha256_hex("hello"));
    EXPECT_EQ(Sha256().hex(), sha256_hex(""));
}

TEST(Signature, HoldsForItsTextAndKeyAlone) {
    const SigningKey key = make_signing_key();
    const std::string signature = sign(key, "text");

    EXPECT_TRUE(is_signature(key.open, "text", signature));
    EXPECT_FALSE(is_signature(key.open, "texts", signature));
    EXPECT_FALSE(is_signature(make_signing_key().open, "text", signature));
    EXPECT_FALSE(is_signature(key.open, "text", sign(key, "other")));
    EXPECT_FALSE(is_signature(key.open, "text", ""));
    EXPECT_FALSE(is_signature("", "text", signature));
    EXPECT_FALSE(is_signature(key.open + "00", "text", signature));
}

TEST(Signature, KeyIsKnownAgainByItsSecret) {
    const SigningKey key = make_signing_key();
    EXPECT_EQ(signing_key(key.secret).open, key.open);
    EXPECT_NE(make_signing_key().secret, key.secret);
    EXPECT_EQ(signing_key("nonsense").open, "");
    EXPECT_EQ(signing_key(key.secret.substr(2)).open, "");
}

}  // namespace
}  // namespace gx
