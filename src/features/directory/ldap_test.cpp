// Talking LDAP: what stands in a filter means itself, and who does not answer is given up in time. The rest is tried
// with a real server, in tests/api/directory.test.mjs.
#include "features/directory/ldap.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ldap.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

namespace gx::features {
namespace {

using namespace std::chrono_literals;

// Takes connections, as the kernel does for whoever listens, and never says a word.
class Silent {
public:
    Silent() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(socket_, 8), 0);
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
    }
    Silent(const Silent&) = delete;
    ~Silent() { ::close(socket_); }
    int socket() const { return socket_; }
    std::string url(std::string_view scheme) const {
        return std::string(scheme) + "://127.0.0.1:" + std::to_string(port_);
    }

private:
    int socket_;
    int port_ = 0;
};

// Says that encryption may begin, and then hangs up.
class HangingUp {
public:
    HangingUp() : thread_([this] { answer(); }) {}
    HangingUp(const HangingUp&) = delete;
    ~HangingUp() { thread_.join(); }
    std::string url() const { return listening_.url("ldap"); }

private:
    void answer() const {
        const int line = ::accept(listening_.socket(), nullptr, nullptr);
        std::array<char, 64> bytes{};
        EXPECT_GT(::recv(line, bytes.data(), bytes.size(), 0), 0);
        constexpr std::string_view may_begin("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00", 14);
        EXPECT_EQ(::send(line, may_begin.data(), may_begin.size(), MSG_NOSIGNAL), 14);
        ::close(line);
    }

    Silent listening_;
    std::thread thread_;
};

// Gives the members of a group in two parts, as Active Directory does with long lists; or breaks off after the first.
class InParts {
public:
    explicit InParts(bool whole) : thread_([this, whole] { answer(whole); }) {}
    InParts(const InParts&) = delete;
    ~InParts() { thread_.join(); }
    std::string url() const { return listening_.url("ldap"); }

private:
    void answer(bool whole) const {
        const int line = ::accept(listening_.socket(), nullptr, nullptr);
        std::array<char, 2000> bytes{};
        for (ssize_t size = 0; (size = ::recv(line, bytes.data(), bytes.size(), 0)) > 0;) {
            const std::string_view asked(bytes.data(), static_cast<std::size_t>(size));
            if (asked[5] != LDAP_REQ_SEARCH) continue;
            const int id = asked[4];
            if (asked.find(";range=2-*") == std::string_view::npos) {
                entry(line, id, "member;range=0-1", {"uid=a", "uid=b"});
            } else if (whole) {
                entry(line, id, "member;range=2-*", {"uid=c"});
            }
            done(line, id);
        }
        ::close(line);
    }
    static void entry(int line, int id, const char* attribute, std::vector<std::string> values) {
        std::vector<char*> texts;
        for (std::string& value : values) texts.push_back(value.data());
        texts.push_back(nullptr);
        BerElement* ber = ber_alloc_t(LBER_USE_DER);
        ber_printf(ber, "{it{s{{s[v]}}}}", id, ber_tag_t{LDAP_RES_SEARCH_ENTRY}, "cn=Sales", attribute, texts.data());
        send(line, ber);
    }
    static void done(int line, int id) {
        BerElement* ber = ber_alloc_t(LBER_USE_DER);
        ber_printf(ber, "{it{ess}}", id, ber_tag_t{LDAP_RES_SEARCH_RESULT}, LDAP_SUCCESS, "", "");
        send(line, ber);
    }
    static void send(int line, BerElement* ber) {
        berval bytes{};
        EXPECT_EQ(ber_flatten2(ber, &bytes, 0), 0);
        EXPECT_EQ(::send(line, bytes.bv_val, bytes.bv_len, MSG_NOSIGNAL), static_cast<ssize_t>(bytes.bv_len));
        ber_free(ber, 1);
    }

    Silent listening_;
    std::thread thread_;
};

std::string why_not(const LdapAddress& address) {
    try {
        Ldap ldap(address);
        return ldap.bind("cn=guanxi", "secret") ? "bound" : "refused";
    } catch (const DirectoryTrouble& trouble) {
        return std::string(trouble.why);
    }
}

TEST(Ldap, GivesUpASilentServerInTimeHoweverItIsEncrypted) {
    const Silent silent;
    const auto tried = [](LdapAddress address) {
        return std::async(std::launch::async, [address = std::move(address)] {
            const auto since = std::chrono::steady_clock::now();
            const std::string why = why_not(address);
            return std::pair(why, std::chrono::steady_clock::now() - since);
        });
    };
    std::array waiting{tried({silent.url("ldap"), false, {}, 1s}), tried({silent.url("ldap"), true, {}, 1s}),
                       tried({silent.url("ldaps"), false, {}, 1s})};
    for (auto& one : waiting) {
        const auto [why, took] = one.get();
        EXPECT_EQ(why, "directory_silent");
        EXPECT_GE(took, 900ms);
        EXPECT_LT(took, 2s);
    }
}

TEST(Ldap, SurvivesAServerThatHangsUpInTheMidstOfAgreeingOnEncryption) {
    for (int i = 0; i < 20; ++i) {
        const HangingUp server;
        EXPECT_EQ(why_not({server.url(), true, {}, 1s}), "directory_certificate");
    }
}

TEST(Ldap, NeverSendsAnEmptyPassword) {
    // Had anything been sent, there would be no answer.
    const Silent silent;
    Ldap ldap({silent.url("ldap"), false, {}, 1s});
    EXPECT_FALSE(ldap.bind("cn=somebody", ""));
    EXPECT_FALSE(ldap.bind("", "secret"));
    EXPECT_EQ(why_not({"ldap://127.0.0.1:1", false, {}, 1s}), "directory_silent");
}

TEST(Ldap, WhatStandsInAFilterMeansItself) {
    EXPECT_EQ(in_filter("zhang.wei-1@x"), "zhang.wei-1@x");
    EXPECT_EQ(in_filter("*)(uid=*"), "\\2a\\29\\28uid=\\2a");
    EXPECT_EQ(in_filter(std::string_view("a\\\0b", 4)), "a\\5c\\00b");
    EXPECT_EQ(in_filter("张"), "\\e5\\bc\\a0");
}

TEST(Ldap, AnIdentityIsReadableWhateverItIsMadeOf) {
    EXPECT_EQ(readable_id("6ea3f9c4-0001"), "6ea3f9c4-0001");
    EXPECT_EQ(readable_id(std::string_view("\x01\xff\x00\x10", 4)), "01ff0010");
}

TEST(Ldap, KnowsThePartsOfALongListOfValues) {
    EXPECT_FALSE(range_of("member"));
    EXPECT_FALSE(range_of("member;lang-zh"));
    EXPECT_FALSE(range_of("member;range=0"));
    EXPECT_FALSE(range_of("member;range=0-x"));
    const auto first = range_of("member;range=0-1499");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->attribute, "member");
    EXPECT_EQ(first->next, 1500U);
    EXPECT_EQ(range_of("member;range=1500-*")->next, 0U);
}

TEST(Ldap, ReadsAListThatComesInPartsWholeOrNotAtAll) {
    const Ldap::Question question{"dc=example", "(objectClass=group)", {"member"}};
    const InParts server(true);
    Ldap ldap({server.url(), false, {}, 1s});
    std::vector<std::string> members;
    ldap.each(question, [&](const LdapEntry& group) {
        members = group.all("member");
        return true;
    });
    EXPECT_EQ(members, (std::vector<std::string>{"uid=a", "uid=b", "uid=c"}));

    const InParts broken(false);
    Ldap other({broken.url(), false, {}, 1s});
    EXPECT_THROW(other.each(question, [](const LdapEntry&) { return true; }), DirectoryTrouble);
}

}  // namespace
}  // namespace gx::features
