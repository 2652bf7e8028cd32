#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/failure.hpp"

namespace gx {
namespace {

TEST(Password, IsHashedWithSaltAndVerified) {
    const std::string encoded = hash_password("十分秘密 42");

    EXPECT_TRUE(encoded.starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << encoded;  // 64 MiB, twice
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

TEST(Sealer, OpensWhatItSealedAndNothingElse) {
    const Sealer sealer(random_bytes(32));
    const std::string sealed = sealer.seal("十分秘密");

    EXPECT_EQ(sealer.open(sealed), "十分秘密");
    EXPECT_EQ(sealed.find("秘密"), std::string::npos);
    EXPECT_NE(sealed, sealer.seal("十分秘密")) << "two of the same do not look the same";
    EXPECT_FALSE(Sealer(random_bytes(32)).open(sealed)) << "another key";
    for (std::size_t i = 0; i < sealed.size(); i += 7) {
        std::string changed = sealed;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(sealer.open(changed)) << i;
    }
    for (const char* wrong : {"", "x", "!!!!", "AAAA"}) EXPECT_FALSE(sealer.open(wrong)) << wrong;
}

TEST(Sealer, ItsKeyIsAFileThatOnlyItsOwnerReads) {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("gx-key-" + random_token(6));
    std::filesystem::create_directories(folder);
    const std::filesystem::path file = folder / "secret.key";

    const std::string sealed = Sealer::from_file(file).seal("a");
    EXPECT_EQ(Sealer::from_file(file).open(sealed), "a") << "made once, read afterwards";
    struct stat about{};
    ASSERT_EQ(::stat(file.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777u, 0600u);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1) << "no temporary file stays";

    std::ofstream(file) << "damaged";
    EXPECT_THROW(Sealer::from_file(file), Failure);
    EXPECT_THROW(Sealer::from_file(folder / "absent" / "secret.key"), Failure);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gx
