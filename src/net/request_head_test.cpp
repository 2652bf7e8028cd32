#include "net/request_head.hpp"

#include <gtest/gtest.h>

#include <random>

#include "net/chunked_body.hpp"

namespace gx::net {

static HeadReader::State read(std::string_view bytes, RequestHead& head) { return HeadReader{}.read(bytes, {}, head); }

TEST(RequestHead, IsReadInAllItsParts) {
    RequestHead head;
    const std::string_view bytes =
        "PATCH /api/%E5%AE%A2%E6%88%B7/a+b?q=%E5%8D%8E+%E4%BF%A1&empty&x=1&x=2 HTTP/1.1\r\nHost: crm.example:8080\r\n"
        "CONTENT-Length:  12 \t\r\nCookie: a=b; session=s=1\r\nAccept-Encoding: gzip;q=0.0, br\r\n\r\nbody";

    ASSERT_EQ(read(bytes, head), HeadReader::State::complete);

    const Request& request = head.request;
    EXPECT_EQ(request.method, Method::patch);
    EXPECT_EQ(request.path, "/api/客户/a+b");
    EXPECT_EQ(request.query, (NamedTexts{{"q", "华 信"}, {"empty", ""}, {"x", "1"}, {"x", "2"}}));
    EXPECT_EQ(request.query_value("x"), "1");
    EXPECT_EQ(request.query_value("y"), std::nullopt);
    EXPECT_EQ(request.header("content-length"), "12");
    EXPECT_EQ(head.content_length, 12u);
    EXPECT_EQ(request.cookie("session"), "s=1");
    EXPECT_EQ(request.cookie("ession"), "");
    EXPECT_FALSE(request.accepts_encoding("gzip"));
    EXPECT_TRUE(request.accepts_encoding("br"));
    EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, TakesTheAbsoluteFormOfProxiesAndOneEmptyLineBefore) {
    RequestHead head;

    ASSERT_EQ(
        read("\r\nGET http://crm.example/a?b=c HTTP/1.1\r\nHost: crm.example\r\nConnection: Keep-Alive, Close\r\n\r\n",
             head),
        HeadReader::State::complete);

    EXPECT_EQ(head.request.path, "/a");
    EXPECT_FALSE(head.keep_alive);
}

// Whatever arrives, in whatever pieces: the same verdict, nothing read past the end (under the sanitizers).
TEST(RequestHead, JudgesDamagedRequestsTheSameInEverySplit) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string good =
        "POST /a/b%20c?d=e&f HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nX-A: b, c;q=0.5\r\nCookie: a=b\r\n\r\n";
    const std::string_view letters("\r\n\t :%\0\xff/.Aa0?&=", 16);
    int complete = 0;

    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = good;
        for (std::size_t hits = random() % 4; hits > 0; --hits) {
            const std::size_t at = random() % bytes.size();
            switch (random() % 3) {
                case 0:
                    bytes[at] = letters[random() % letters.size()];
                    break;
                case 1:
                    bytes.insert(at, 1, letters[random() % letters.size()]);
                    break;
                default:
                    bytes.erase(at, 1 + random() % 3);
                    break;
            }
        }
        HeadReader whole_reader, split_reader;
        RequestHead whole_head, split_head;
        const HeadReader::State whole = whole_reader.read(bytes, {}, whole_head);
        HeadReader::State split = HeadReader::State::incomplete;
        for (std::size_t size = 0; size < bytes.size() && split == HeadReader::State::incomplete;) {
            size = std::min(bytes.size(), size + 1 + random() % 20);
            split = split_reader.read(std::string_view(bytes).substr(0, size), {}, split_head);
        }

        ASSERT_EQ(whole, split) << bytes;
        if (whole != HeadReader::State::complete) continue;
        ++complete;
        ASSERT_EQ(whole_reader.consumed(), split_reader.consumed());
        ASSERT_LE(whole_reader.consumed(), bytes.size());
        ASSERT_EQ(whole_head.request.headers, split_head.request.headers);
        ASSERT_EQ(whole_head.request.path, split_head.request.path);
        ASSERT_EQ(whole_head.content_length, split_head.content_length);
    }
    EXPECT_GT(complete, 2'000);
}

TEST(ChunkedBody, GivesTheSameForEverySplitAndStopsAtItsEnd) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);

    for (int round = 0; round < 2'000; ++round) {
        std::string payload, bytes;
        for (std::size_t chunks = random() % 5; chunks > 0; --chunks) {
            const std::string piece(1 + random() % 40, static_cast<char>('a' + random() % 26));
            char size[32];
            std::snprintf(size, sizeof size, random() % 2 ? "%zx" : "%zX", piece.size());
            bytes += std::string(size) + (random() % 3 ? "" : ";name=value") + "\r\n" + piece + "\r\n";
            payload += piece;
        }
        bytes += "000\r\n";
        if (random() % 2) bytes += "Trailer: x\r\n";
        bytes += "\r\n";
        const std::size_t end = bytes.size();
        bytes += "GET /next";

        ChunkedBody body;
        std::string out;
        ChunkedBody::State state = ChunkedBody::State::more;
        std::size_t at = 0;
        while (state == ChunkedBody::State::more && at < bytes.size()) {
            const std::string_view piece = std::string_view(bytes).substr(at, 1 + random() % 20);
            std::string_view left = piece;
            state = body.feed(left, out, 1 + random() % 10);
            at += piece.size() - left.size();
        }

        ASSERT_EQ(state, ChunkedBody::State::done) << bytes;
        ASSERT_EQ(at, end);
        ASSERT_EQ(out, payload);
    }
}

TEST(ChunkedBody, RefusesEndlessExtensionsAndTrailers) {
    for (const std::string& start : {std::string("1;"), std::string("0\r\nX: ")}) {
        ChunkedBody body;
        std::string out;
        const std::string bytes = start + std::string(10'000, 'x');
        std::string_view left = bytes;

        EXPECT_EQ(body.feed(left, out, std::string::npos), ChunkedBody::State::refused);
    }
}

}  // namespace gx::net
