// Messages as they go over the line: nothing that somebody typed can add a header or an address.
#include "features/messages/mail.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "features/messages/mailer.hpp"
#include "features/messages/sms_gateway.hpp"

namespace gx::features {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Mail mail() { return {"crm@example.com", "华信", "li@example.com", "设置新密码", "您好"}; }

TEST(Message, HoldsTextOfAnyLanguageInPlainLines) {
    Mail long_one = mail();
    for (int i = 0; i < 100; ++i) long_one.text += "很长的一段话。";
    for (int i = 0; i < 10; ++i) long_one.subject += "很长的主题";
    const std::string text = message_text(long_one, "m1", *parse_timestamp("2026-11-24T06:32:08Z"));

    EXPECT_THAT(text, HasSubstr("Date: Tue, 24 Nov 2026 06:32:08 +0000\r\n"));
    EXPECT_THAT(text, HasSubstr("From: =?UTF-8?B?5Y2O5L+h?= <crm@example.com>\r\n"));
    EXPECT_THAT(text, HasSubstr("To: <li@example.com>\r\n"));
    EXPECT_THAT(text, HasSubstr("Message-ID: <m1@example.com>\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\n\r\n" + base64(long_one.text).substr(0, 76) + "\r\n"));
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = text.find("\r\n", begin);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - begin, 76u);
        begin = end + 2;
    }
}

TEST(Message, WordsAreCutBetweenCharacters) {
    Mail one = mail();
    one.subject = "a很长的主题很长的主题很长的主题很长的主题";
    const std::string text = message_text(one, "m1", {});
    std::size_t words = 0;
    for (std::size_t at = 0; (at = text.find("=?UTF-8?B?", at)) != std::string::npos; ++at) ++words;
    EXPECT_EQ(words, 3u);  // two of the subject, one of the name
    EXPECT_THAT(text, HasSubstr(base64("a很长的主题很长的主题很长")));
}

TEST(Message, WhatSomebodyTypedAddsNoHeader) {
    Mail one = mail();
    one.subject = "a\r\nBcc: everybody@example.com";
    one.from_name = "b\r\nX-Evil: 1";
    one.text = "\r\n.\r\nMAIL FROM:<x@example.com>";
    EXPECT_THAT(message_text(one, "m1", {}), Not(HasSubstr("Bcc")));
    EXPECT_THAT(message_text(one, "m1", {}), Not(HasSubstr("X-Evil")));
    EXPECT_THAT(message_text(one, "m1", {}), Not(HasSubstr("MAIL FROM")));
    for (const char* wrong :
         {"", "@", "a@", "@b", "a b@c", "a@b\r\nRCPT TO:<c@d>", "a@b>", "<a@b", "a@b,c@d", "李@例子"}) {
        one = mail();
        one.to = wrong;
        EXPECT_THROW(message_text(one, "m1", {}), Failure) << wrong;
        one = mail();
        one.from = wrong;
        EXPECT_THROW(message_text(one, "m1", {}), Failure) << wrong;
    }
}

TEST(Mailer, KnowsTheAddressesOfMailServers) {
    for (const char* good : {"smtp://mail.example.com", "smtp://u:p%40ss@mail.example.com:587",
                             "smtps://mail.example.com", "smtp+plain://10.0.0.5:25", "smtp://[::1]:25"}) {
        EXPECT_TRUE(Mailer::can_read(good)) << good;
    }
    for (const char* bad : {"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:port"})
        EXPECT_FALSE(Mailer::can_read(bad)) << bad;
}

TEST(Mailer, SaysWhyAServerThatIsNotThereGotNothing) {
    const SystemClock clock;
    try {
        Mailer("smtp://127.0.0.1:1", clock).send(mail(), "m1");
        FAIL() << "nobody listens there";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::unavailable);
        EXPECT_EQ(failure.key(), "mail_failed");
    }
}

TEST(SmsGateway, KnowsTheAddressesOfGateways) {
    for (const char* good : {"https://sms.example.com", "https://token@sms.example.com:8443/send",
                             "https://name:secret@sms.example.com/", "http://10.0.0.5:8080/sms"})
        EXPECT_TRUE(SmsGateway::can_read(good)) << good;
    for (const char* bad : {"", "sms.example.com", "ftp://sms.example.com", "https://", "https://a b"})
        EXPECT_FALSE(SmsGateway::can_read(bad)) << bad;
}

TEST(SmsGateway, UnderstandsWhatAGatewaySays) {
    const auto said = [](std::string_view answer) {
        const auto receipt = SmsGateway::receipt_of(answer);
        return receipt.reference + " " + (receipt.cost ? to_string(*receipt.cost) : "-");
    };
    EXPECT_EQ(said(R"({"id":"m-1","cost":"0.045"})"), "m-1 0.0450");
    EXPECT_EQ(said(R"({"id":77,"cost":0.045})"), "77 0.0450");
    EXPECT_EQ(said(R"({"id":"m-1","cost":0})"), "m-1 0.0000");
    EXPECT_EQ(said(R"({"cost":-1})"), " -");
    EXPECT_EQ(said(R"({"id":["a"],"cost":"much"})"), " -");
    for (const char* strange : {"", "OK", "[1]", "{\"id\":", "\xff"}) EXPECT_EQ(said(strange), " -") << strange;
    EXPECT_EQ(SmsGateway::receipt_of("{\"id\":\"" + std::string(5000, 'x') + "\"}").reference.size(), 100u);
}

TEST(SmsGateway, SaysWhyAGatewayThatIsNotThereGotNothing) {
    try {
        SmsGateway("http://127.0.0.1:1/").send({"13812345678", "您好"}, "m1");
        FAIL() << "nobody listens there";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::unavailable);
        EXPECT_EQ(failure.key(), "sms_failed");
    }
    EXPECT_THROW(SmsGateway("http://192.0.2.1/").send({"13812345678", "您好"}, "m1"), Failure) << "outside without TLS";
}

}  // namespace
}  // namespace gx::features
