// Sites, and what comes from outside before any signature is looked at. Real keys and attacks: tests/api/passkeys.
#include <gtest/gtest.h>

#include <random>

#include "base/secret.hpp"
#include "features/passkeys/attestation.hpp"
#include "features/passkeys/cbor.hpp"
#include "features/passkeys/passkey_desk.hpp"
#include "features/passkeys/site.hpp"
#include "features/passkeys/verify.hpp"

namespace gx::features {
namespace {

std::string origin_of(std::string_view address, std::string_view host, bool secure) {
    const auto site = site_of(address, host, secure);
    return site ? site->origin : "none";
}

TEST(PasskeySite, IsWhatThePolicySays) {
    EXPECT_EQ(site_of("https://CRM.Example.com/", "10.0.0.7", false),
              (Site{"crm.example.com", "https://crm.example.com"}));
    EXPECT_EQ(origin_of("https://crm.example.com:443", "", true), "https://crm.example.com");
    EXPECT_EQ(origin_of("https://crm.example.com:8443/guanxi", "", true), "https://crm.example.com:8443");
}

TEST(PasskeySite, IsWhereTheBrowserIsWhenThePolicySaysNothing) {
    EXPECT_EQ(origin_of("", "crm.example.com", true), "https://crm.example.com");
    EXPECT_EQ(origin_of("", "localhost:8080", false), "http://localhost:8080");
}

TEST(PasskeySite, IsNoneWhereBrowsersMakeNoPasskeys) {
    EXPECT_EQ(origin_of("", "crm.example.com", false), "none") << "plain http";
    EXPECT_EQ(origin_of("http://crm.example.com", "localhost", true), "none");
    EXPECT_EQ(origin_of("", "10.0.0.7", true), "none");
    EXPECT_EQ(origin_of("", "10.0.0.7:8443", true), "none");
    EXPECT_EQ(origin_of("", "[::1]:8443", true), "none");
    for (const std::string_view wrong :
         {"ftp://crm.example.com", "https://", "crm.example.com", "https://user@crm.example.com",
          "https://crm example.com", "https://crm.example.com:80x"}) {
        EXPECT_EQ(origin_of(wrong, "crm.example.com", true), "none") << wrong;
    }
}

// {"fmt": "none", "attStmt": {}, "authData": h'0102'}
const std::string whole = std::string(
    "\xa3\x63"
    "fmt"
    "\x64"
    "none"
    "\x67"
    "attStmt"
    "\xa0\x68"
    "authData"
    "\x42\x01\x02");

TEST(PasskeyAttestation, IsReadWhenItIsWhole) {
    const auto read = read_attestation(whole);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->format, "none");
    EXPECT_EQ(read->authenticator_data, "\x01\x02");
    EXPECT_FALSE(read->with_certificate);
}

TEST(PasskeyAttestation, IsRefusedWhenAnyByteIsMissingOrTooMuch) {
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(read_attestation(whole.substr(0, length))) << length;
    EXPECT_FALSE(read_attestation(whole + "x"));
    EXPECT_FALSE(read_attestation(std::string(100'000, '\x81'))) << "a list in a list in a list";
}

// libcbor itself takes gigabytes for the first of these.
TEST(PasskeyCbor, NeverClaimsMoreThanThereIs) {
    for (const std::string_view claim :
         {"\x9a\x7f\xff\xff\xff", "\xba\x7f\xff\xff\xff", "\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
          "\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "\x9f\xff", "\x5f\x41x\xff", "\x1a", "\x82\x01", "\xc1\x01"}) {
        EXPECT_FALSE(cbor_item(claim)) << base64url(claim);
    }
    EXPECT_FALSE(cbor_item(std::string(9, '\x81') + "\x01")) << "too deep";
    EXPECT_EQ(cbor_item(std::string("\x83\x01\x20\x62hi rest")), 6u);
    EXPECT_TRUE(is_cbor("\x01\x02", 2, 2));
    EXPECT_FALSE(is_cbor("\x01\x02", 1, 1));
    EXPECT_TRUE(is_cbor("", 0, 1));
}

TEST(PasskeyAttestation, OfAnyBytesIsReadOrRefusedAndStaysInside) {
    std::minstd_rand random(7);
    int read = 0;
    for (int round = 0; round < 200'000; ++round) {
        std::string bent = whole;
        for (int i = 0; i < 2; ++i) bent[random() % bent.size()] = static_cast<char>(random());
        const auto found = read_attestation(bent);
        read += found ? 1 : 0;
        if (found) {
            EXPECT_LE(found->format.size() + found->statement.size() + found->authenticator_data.size(), bent.size());
        }
    }
    EXPECT_GT(read, 1000) << "most bytes are content";
    EXPECT_LT(read, 100'000) << "and many are not";
}

TEST(PasskeyData, IsWholeOrRefused) {
    const std::string head(32, 'd'), counter(4, '\0'), model(16, '\0');
    const std::string key = "\xa1\x01\x02", id = std::string("\0\x02id", 4);
    EXPECT_TRUE(is_whole(head + "\x05" + counter));
    EXPECT_TRUE(is_whole(head + "\x85" + counter + "\xa0"));
    EXPECT_FALSE(is_whole(head + "\x85" + counter)) << "extensions that are not there";
    EXPECT_FALSE(is_whole(head + "\x05" + counter + "\xa0")) << "more than it says";
    EXPECT_FALSE(is_whole(head + "\x85" + counter + "\xba\x7f\xff\xff\xff"));
    EXPECT_FALSE(is_whole(head));
    EXPECT_TRUE(is_whole_with_key(head + "\x45" + counter + model + id + key));
    EXPECT_TRUE(is_whole_with_key(head + "\xc5" + counter + model + id + key + "\xa0"));
    EXPECT_FALSE(is_whole_with_key(head + "\x45" + counter + model + id + "\xba\x7f\xff\xff\xff"));
    EXPECT_FALSE(is_whole_with_key(head + "\x45" + counter + model + std::string("\xff\xff", 2) + key));
    EXPECT_FALSE(is_whole_with_key(head + "\x05" + counter + model + id + key)) << "no key, it says";
}

const Site here{"crm.example.com", "https://crm.example.com"};

std::string why_not(const std::string& client_data, const std::string& attestation) {
    try {
        verify_made({client_data, attestation}, "challenge", here);
    } catch (const PasskeyRefused& refused) {
        return std::string(refused.why);
    }
    return "";
}
std::string client_data(std::string_view challenge) {
    return R"({"type":"webauthn.create","challenge":")" + base64url(challenge) +
           R"(","origin":"https://crm.example.com"})";
}

TEST(PasskeyClientData, IsRefusedForWhatIsWrongWithIt) {
    EXPECT_EQ(why_not("", ""), "client_data");
    EXPECT_EQ(why_not("[]", ""), "client_data");
    EXPECT_EQ(why_not(std::string(10'000, '['), ""), "client_data");
    EXPECT_EQ(why_not("{}", ""), "type");
    EXPECT_EQ(why_not(client_data("another"), ""), "challenge");
    EXPECT_EQ(why_not(client_data("challenge"), ""), "attestation") << "so far it was right";
    EXPECT_EQ(why_not(client_data("challenge"), whole), "authenticator_data") << "two bytes are too few";
}

}  // namespace
}  // namespace gx::features
