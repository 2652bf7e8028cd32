#include "net/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "base/failure.hpp"
#include "net/net_test_support.hpp"

namespace gx::net {

using namespace std::chrono_literals;

static Response text(std::string body) {
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(body);
    return response;
}

// Routes that most tests ask.
static void add_echo_routes(TestServer& test) {
    test.router.add(Method::get, "/hello", [](Request&) { return text("hello"); }, {.inline_ok = true});
    test.router.add(Method::get, "/records/{object}/{id}", [](Request& request) {
        return text(std::string(request.param("object")) + "|" + std::string(request.param("id")) + "|" +
                    std::string(request.query_value("q").value_or("-")));
    });
    test.router.add(Method::post, "/echo", [](Request& request) { return text(request.body); }, {.body_max = 1u << 20});
    test.router.add(Method::get, "/big", [](Request&) { return text(std::string(4u << 20, 'x')); });
    test.router.add(Method::get, "/broken", [](Request&) -> Response { throw std::runtime_error("no"); });
}

TEST(Server, AnswersOnOneConnectionAgainAndAgain) {
    TestServer test;
    add_echo_routes(test);
    TestClient client(test.start());

    for (int i = 0; i < 20; ++i) {
        const Answer answer = client.get(i % 2 ? "/hello" : "/records/customer/" + std::to_string(i) + "?q=a%20b");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, i % 2 ? "hello" : "customer|" + std::to_string(i) + "|a b");
    }
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
    TestServer test;
    add_echo_routes(test);
    TestClient client(test.start());

    std::string requests;
    for (int i = 0; i < 200; ++i) {
        requests += i % 3 ? "GET /records/a/" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\n\r\n"
                          : "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\n" + std::to_string(100 + i);
    }
    ASSERT_TRUE(client.send(requests));

    for (int i = 0; i < 200; ++i) {
        const Answer answer = client.read_answer();
        ASSERT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, i % 3 ? "a|" + std::to_string(i) + "|-" : std::to_string(100 + i));
    }
}

TEST(Server, SendsTheSecurityHeadersAndARequestIdWithEveryAnswer) {
    TestServer test;
    add_echo_routes(test);
    TestClient client(test.start());

    for (const char* path : {"/hello", "/nothing", "/broken"}) {
        const Answer answer = client.get(path);
        EXPECT_NE(answer.header("Content-Security-Policy")
                      .find("default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'"),
                  std::string::npos);
        EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(answer.header("Referrer-Policy"), "same-origin");
        EXPECT_EQ(answer.header("Cross-Origin-Opener-Policy"), "same-origin");
        EXPECT_FALSE(answer.header("Permissions-Policy").empty());
        EXPECT_EQ(answer.header("Cache-Control"), "no-store");
        EXPECT_EQ(answer.header("X-Request-Id").size(), 16u);
        EXPECT_EQ(answer.header("Strict-Transport-Security"), "");
    }
}

TEST(Server, AnswersUnknownPathsWith404AndWrongMethodsWith405AndAllow) {
    TestServer test;
    add_echo_routes(test);
    TestClient client(test.start());

    const Answer missing = client.get("/nothing");
    client.send("DELETE /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    const Answer wrong = client.read_answer();
    client.send("OPTIONS /echo HTTP/1.1\r\nHost: t\r\n\r\n");
    const Answer options = client.read_answer();

    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.header("Content-Type"), "application/problem+json");
    EXPECT_NE(missing.body.find(R"("request_id":")" + missing.header("X-Request-Id")), std::string::npos);
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.header("Allow"), "GET, HEAD");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.header("Allow"), "POST");
}

TEST(Server, TurnsAnExceptionOfAHandlerInto500AndGoesOn) {
    TestServer test;
    add_echo_routes(test);
    TestClient client(test.start());

    EXPECT_EQ(client.get("/broken").status, 500);
    EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST(Server, AnswersHeadWithTheLengthButWithoutTheBody) {
    TestServer test;
    add_echo_routes(test);
    TestClient client(test.start());

    client.send("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    const Answer head = client.read_answer(true);
    const Answer after = client.read_answer();

    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Content-Length"), "5");
    EXPECT_EQ(after.body, "hello");
}

TEST(Server, TurnsAMatchingETagInto304) {
    TestServer test;
    test.router.add(Method::get, "/meta", [](Request&) {
        Response response = text("meta");
        response.set_header("ETag", "\"7\"");
        return response;
    });
    TestClient client(test.start());

    EXPECT_EQ(client.get("/meta").status, 200);
    EXPECT_EQ(client.get("/meta", "If-None-Match: \"6\", W/\"7\"\r\n").status, 304);
    EXPECT_EQ(client.get("/meta", "If-None-Match: \"8\"\r\n").body, "meta");
}

TEST(Server, CompressesTextThatIsLongEnoughWhenTheClientTakesIt) {
    TestServer test;
    add_echo_routes(test);
    TestClient client(test.start());

    const Answer gzip = client.get("/big", "Accept-Encoding: gzip, br\r\n");
    const Answer zstd = client.get("/big", "Accept-Encoding: gzip, zstd\r\n");
    const Answer refused = client.get("/big", "Accept-Encoding: gzip;q=0\r\n");
    const Answer small = client.get("/hello", "Accept-Encoding: gzip\r\n");

    EXPECT_EQ(gzip.header("Content-Encoding"), "gzip");
    EXPECT_EQ(gzip.header("Vary"), "Accept-Encoding");
    EXPECT_LT(gzip.body.size(), 40'000u);
    EXPECT_EQ(gzip.body.substr(0, 2), "\x1f\x8b");
    EXPECT_EQ(zstd.header("Content-Encoding"), "zstd");
    EXPECT_EQ(refused.header("Content-Encoding"), "");
    EXPECT_EQ(refused.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(refused.body.size(), 4u << 20);
    EXPECT_EQ(small.header("Content-Encoding"), "");
}

struct Malformed {
    const char* what;
    std::string bytes;
    int status;
};

TEST(Server, AnswersMalformedRequestsAtOnceAndCloses) {
    TestServer test;
    add_echo_routes(test);
    const unsigned short port = test.start();
    using namespace std::string_literals;
    const std::string post = "POST /echo HTTP/1.1\r\nHost: t\r\n";
    const Malformed table[] = {
        {"both lengths", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"two equal lengths", post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400},
        {"list of lengths", post + "Content-Length: 4, 4\r\n\r\nabcd", 400},
        {"negative length", post + "Content-Length: -1\r\n\r\n", 400},
        {"length with sign", post + "Content-Length: +4\r\n\r\nabcd", 400},
        {"hexadecimal length", post + "Content-Length: 0x4\r\n\r\nabcd", 400},
        {"length beyond 64 bits", post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
        {"unknown coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        {"coding twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"blank before colon", post + "Content-Length : 4\r\n\r\nabcd", 400},
        {"chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"chunk size not hexadecimal", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        {"chunk size empty", post + "Transfer-Encoding: chunked\r\n\r\n\r\n", 400},
        {"chunk size with blank", post + "Transfer-Encoding: chunked\r\n\r\n 4\r\nabcd\r\n", 400},
        {"chunk size too large", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400},
        {"chunk longer than said", post + "Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n", 400},
        {"chunk ends with LF", post + "Transfer-Encoding: chunked\r\n\r\n2\nab\r\n", 400},
        {"folded header", "GET /hello HTTP/1.1\r\nHost: t\r\nX-A: b\r\n c\r\n\r\n", 400},
        {"header without colon", "GET /hello HTTP/1.1\r\nHost: t\r\nNonsense\r\n\r\n", 400},
        {"header without name", "GET /hello HTTP/1.1\r\nHost: t\r\n: x\r\n\r\n", 400},
        {"bare LF", "GET /hello HTTP/1.1\nHost: t\n\n", 400},
        {"bare CR", "GET /hello HTTP/1.1\r\nHost: t\rX: y\r\n\r\n", 400},
        {"NUL in header", "GET /hello HTTP/1.1\r\nHost: t\r\nX: a\0b\r\n\r\n"s, 400},
        {"no host", "GET /hello HTTP/1.1\r\n\r\n", 400},
        {"two hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"host with path", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"two content types", post + "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n", 400},
        {"dots in path", "GET /records/../hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"encoded dots in path", "GET /records/%2e%2E/hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"encoded slash", "GET /records/a%2Fb/c HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"backslash", "GET /records\\a HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"NUL in path", "GET /hello%00 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"overlong UTF-8", "GET /%c0%ae%c0%ae/hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"half a character", "GET /%e5%ae HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"not UTF-8 in query", "GET /hello?q=%ff HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"half an escape", "GET /hello%2 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"no slash", "GET hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"authority form", "GET t:80 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"blank in target", "GET /he llo HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"no version", "GET /hello\r\nHost: t\r\n\r\n", 400},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"HTTP/1.2", "GET /hello HTTP/1.2\r\nHost: t\r\n\r\n", 505},
        {"lower-case version", "GET /hello http/1.1\r\nHost: t\r\n\r\n", 400},
        {"unknown method", "BREW /hello HTTP/1.1\r\nHost: t\r\n\r\n", 501},
        {"CONNECT", "CONNECT t:443 HTTP/1.1\r\nHost: t\r\n\r\n", 501},
        {"TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
        {"nonsense", "\r\r\r\r", 400},
        {"unknown expectation", post + "Expect: tea\r\nContent-Length: 1\r\n\r\n", 417},
        {"target too long", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: t\r\n\r\n", 414},
        {"endless target", "GET /" + std::string(20'000, 'a'), 414},
        {"header too long", "GET /hello HTTP/1.1\r\nHost: t\r\nX: " + std::string(40'000, 'a') + "\r\n\r\n", 431},
        {"too many headers",
         [] {
             std::string bytes = "GET /hello HTTP/1.1\r\nHost: t\r\n";
             for (int i = 0; i < 200; ++i) bytes += "A: b\r\n";
             return bytes + "\r\n";
         }(),
         431},
        {"body too large", post + "Content-Length: 1048577\r\n\r\n", 413},
        {"chunked body too large",
         post + "Transfer-Encoding: chunked\r\n\r\n100001\r\n" + std::string((1u << 20) + 1, 'x') + "\r\n0\r\n\r\n",
         413},
    };
    for (const Malformed& row : table) {
        SCOPED_TRACE(row.what);
        TestClient client(port);
        const auto began = std::chrono::steady_clock::now();

        client.send(row.bytes);
        const Answer answer = client.read_answer(false, 3s);

        EXPECT_EQ(answer.status, row.status);
        EXPECT_EQ(answer.header("Connection"), "close");
        // Far below the time a head may take: the verdict does not wait for a limit.
        EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
    }
    TestClient client(port);
    EXPECT_EQ(client.get("/hello").body, "hello");
    EXPECT_GT(test.server->metrics().malformed, 40u);
}

TEST(Server, TakesRequestsThatComeByteByByte) {
    TestServer test;
    add_echo_routes(test);
    TestClient client(test.start());

    for (const char c : std::string_view("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                                         "3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: x\r\n\r\n"))
        ASSERT_TRUE(client.send({&c, 1}));

    EXPECT_EQ(client.read_answer().body, "abcd");
    EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST(Server, AsksForTheBodyOfAClientThatWaits) {
    TestServer test;
    add_echo_routes(test);
    TestClient client(test.start());

    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    const std::string go_on = client.read_until("\r\n\r\n");
    client.send("body");

    EXPECT_EQ(go_on, "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().body, "body");
}

TEST(Server, SpeaksHttp10) {
    TestServer test;
    add_echo_routes(test);
    const unsigned short port = test.start();
    TestClient once(port);
    TestClient kept(port);

    once.send("GET /hello HTTP/1.0\r\n\r\n");
    kept.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

    EXPECT_EQ(once.read_answer().body, "hello");
    EXPECT_TRUE(once.closed_within(3s));
    EXPECT_EQ(kept.read_answer().header("Connection"), "keep-alive");
    EXPECT_EQ(kept.get("/hello").body, "hello");
}

TEST(Server, ClosesOnSlowHeadsSlowBodiesAndIdleConnections) {
    TestServer test;
    add_echo_routes(test);
    test.settings.header_time = 400ms;
    test.settings.body_time = 400ms;
    test.settings.idle_time = 400ms;
    const unsigned short port = test.start();
    TestClient slow_head(port), slow_body(port), idle(port);

    slow_body.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\na");
    EXPECT_EQ(idle.get("/hello").status, 200);
    // Each byte is progress, and yet the head must end in time.
    const std::string head = "GET /hello HTTP/1.1\r\nHost: t\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    std::size_t sent = 0;
    for (; sent < head.size(); ++sent) {
        if (!slow_head.send({&head[sent], 1})) break;
        std::this_thread::sleep_for(20ms);
        if (sent % 8 == 7 && test.server->metrics().timeouts >= 2) break;
    }

    EXPECT_LT(sent, head.size());
    EXPECT_EQ(slow_head.read_answer().status, 408);
    EXPECT_EQ(slow_body.read_answer().status, 408);
    EXPECT_TRUE(idle.closed_within(3s));
    EXPECT_EQ(test.server->metrics().timeouts, 2u);
}

TEST(Server, AnswersWith503AndRetryAfterWhenTheQueueIsFull) {
    TestServer test;
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::atomic<int> running{0};
    test.router.add(Method::get, "/wait", [&](Request&) {
        ++running;
        released.wait();
        return text("done");
    });
    test.settings.worker_threads = 1;
    test.settings.queue_max = 1;
    const unsigned short port = test.start();
    TestClient first(port), second(port), third(port);
    const std::string get = "GET /wait HTTP/1.1\r\nHost: t\r\n\r\n";

    first.send(get);
    while (running == 0) std::this_thread::sleep_for(1ms);
    second.send(get);
    while (test.server->metrics().queue == 0) std::this_thread::sleep_for(1ms);
    third.send(get);
    const Answer refused = third.read_answer();
    release.set_value();

    EXPECT_EQ(refused.status, 503);
    EXPECT_FALSE(refused.header("Retry-After").empty());
    EXPECT_EQ(first.read_answer().body, "done");
    EXPECT_EQ(second.read_answer().body, "done");
    EXPECT_EQ(test.server->metrics().queue_full, 1u);
}

TEST(Server, LimitsTheConnectionsOfOneAddress) {
    TestServer test;
    add_echo_routes(test);
    test.settings.connections_per_address_max = 2;
    const unsigned short port = test.start();
    auto first = std::make_unique<TestClient>(port);
    EXPECT_EQ(first->get("/hello").status, 200);
    TestClient second(port);
    EXPECT_EQ(second.get("/hello").status, 200);

    TestClient third(port);
    EXPECT_EQ(third.read_answer().status, 503);
    first.reset();
    int status = 0;
    for (int i = 0; i < 100 && status != 200; ++i) {
        TestClient again(port);
        status = again.get("/hello").status;
    }
    EXPECT_EQ(status, 200);
}

TEST(Server, BelievesForwardedHeadersOnlyFromTrustedProxies) {
    for (const bool trusted : {false, true}) {
        TestServer test;
        test.router.add(Method::get, "/who", [](Request& request) {
            return text(request.remote_address + (request.secure ? " secure" : ""));
        });
        if (trusted) test.settings.trusted_proxies = {"127.0.0.1"};
        TestClient client(test.start());

        const Answer answer = client.get("/who", "X-Forwarded-For: 6.6.6.6, 10.1.2.3\r\nX-Forwarded-Proto: https\r\n");

        EXPECT_EQ(answer.body, trusted ? "10.1.2.3 secure" : "127.0.0.1");
        EXPECT_EQ(answer.header("Strict-Transport-Security").empty(), !trusted);
    }
}

TEST(Server, StreamsABodyAndWaitsForASlowClient) {
    TestServer test;
    std::atomic<std::size_t> produced{0};
    std::atomic<bool> ended{false};
    test.router.add(Method::get, "/stream", [&](Request&) {
        Response response = text({});
        response.stream = [&](BodyWriter& out) {
            const std::string piece(1000, 'y');
            for (int i = 0; i < 16'000 && out.write(piece); ++i) produced += piece.size();
            ended = true;
        };
        return response;
    });
    TestClient client(test.start(), 4096);

    client.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n");
    std::this_thread::sleep_for(500ms);
    const std::size_t produced_unread = produced;
    const Answer answer = client.read_answer();

    EXPECT_GT(produced_unread, 0u);
    EXPECT_LT(produced_unread, 12'000'000u);  // socket buffers of the kernel and 256 KiB of ours
    EXPECT_FALSE(answer.body.empty());
    EXPECT_EQ(answer.body.size(), 16'000'000u);
    EXPECT_EQ(client.get("/nothing").status, 404);
    EXPECT_TRUE(ended);
}

TEST(Server, AnswersOthersWhileEveryStreamIsStuck) {
    TestServer test;
    add_echo_routes(test);
    std::atomic<int> streaming{0};
    test.router.add(Method::get, "/endless", [&](Request&) {
        Response response = text({});
        response.stream = [&](BodyWriter& out) {
            ++streaming;
            while (out.write(std::string(50'000, 'z'))) {
            }
        };
        return response;
    });
    test.settings.worker_threads = 2;
    test.settings.stream_threads = 2;
    const unsigned short port = test.start();
    std::vector<std::unique_ptr<TestClient>> stuck;
    for (int i = 0; i < 4; ++i) {
        stuck.push_back(std::make_unique<TestClient>(port, 4096));
        stuck.back()->send("GET /endless HTTP/1.1\r\nHost: t\r\n\r\n");
    }
    while (streaming < 2) std::this_thread::sleep_for(1ms);

    TestClient client(port);

    EXPECT_EQ(client.get("/records/a/b").body, "a|b|-");
    test.server->stop(0ms);
}

TEST(Server, TellsAProducerThatTheClientHasGone) {
    TestServer test;
    std::promise<bool> refused;
    test.router.add(Method::get, "/stream", [&](Request&) {
        Response response = text({});
        response.stream = [&](BodyWriter& out) {
            bool open = true;
            for (int i = 0; i < 100'000 && open; ++i) open = out.write(std::string(10'000, 'y'));
            refused.set_value(!open);
        };
        return response;
    });
    TestClient client(test.start());

    client.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n");
    client.read_some();
    client.reset();

    auto result = refused.get_future();
    ASSERT_EQ(result.wait_for(10s), std::future_status::ready);
    EXPECT_TRUE(result.get());
}

TEST(Server, CutsAStreamThatFailedSoThatNobodyTakesItForWhole) {
    TestServer test;
    test.router.add(Method::get, "/stream", [](Request&) {
        Response response = text({});
        response.stream = [](BodyWriter& out) {
            out.write("half");
            throw std::runtime_error("disk");
        };
        return response;
    });
    test.router.add(Method::get, "/length", [](Request&) {
        Response response = text({});
        response.stream_length = 8;
        response.stream = [](BodyWriter& out) { out.write("12345678"); };
        return response;
    });
    const unsigned short port = test.start();
    TestClient client(port), other(port);

    client.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n");
    const Answer whole = other.get("/length");

    EXPECT_EQ(client.read_to_end().find("0\r\n\r\n"), std::string::npos);
    EXPECT_TRUE(client.closed_within(1s));
    EXPECT_EQ(whole.header("Content-Length"), "8");
    EXPECT_EQ(whole.body, "12345678");
}

TEST(Server, KeepsLineEndsOutOfHeaders) {
    TestServer test;
    test.router.add(Method::get, "/go", [](Request&) {
        Response response = text("x");
        response.set_header("Location", "/a\r\nSet-Cookie: evil=1");
        return response;
    });
    TestClient client(test.start());

    const Answer answer = client.get("/go");

    EXPECT_EQ(answer.header("Set-Cookie"), "");
    EXPECT_EQ(answer.header("Location"), "/a  Set-Cookie: evil=1");
}

TEST(Server, LetsRunningRequestsEndWhenItStops) {
    TestServer test;
    std::atomic<bool> running{false};
    test.router.add(Method::get, "/slow", [&](Request&) {
        running = true;
        std::this_thread::sleep_for(500ms);
        return text("done");
    });
    const unsigned short port = test.start();
    TestClient busy(port), idle(port);
    busy.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n");
    while (!running) std::this_thread::sleep_for(1ms);

    test.server->stop(5s);

    const Answer answer = busy.read_answer();
    EXPECT_EQ(answer.body, "done");
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(idle.closed_within(1s));
    EXPECT_THROW(TestClient{port}, std::runtime_error);
}

TEST(Server, StopsAtTheDeadlineWhileClientsStream) {
    TestServer test;
    test.router.add(Method::get, "/endless", [](Request&) {
        Response response = text({});
        response.stream = [](BodyWriter& out) {
            while (out.write(std::string(5'000, 'z'))) {
            }
        };
        return response;
    });
    const unsigned short port = test.start();
    TestClient reading(port), stuck(port, 4096);
    for (TestClient* client : {&reading, &stuck}) client->send("GET /endless HTTP/1.1\r\nHost: t\r\n\r\n");
    std::this_thread::sleep_for(100ms);
    const auto began = std::chrono::steady_clock::now();

    test.server->stop(300ms);

    EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
    EXPECT_TRUE(reading.closed_within(5s));
}

TEST(Server, RefusesAPortThatIsTaken) {
    TestServer first;
    TestServer second;
    second.settings.port = first.start();

    try {
        second.start();
        FAIL() << "two servers on one port";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.key(), "listen_failed");
    }
}

TEST(Server, ServesManyClientsAtOnce) {
    TestServer test;
    add_echo_routes(test);
    const unsigned short port = test.start();
    std::atomic<int> good{0};
    std::vector<std::thread> clients;

    for (int c = 0; c < 8; ++c) {
        clients.emplace_back([&, c] {
            for (int round = 0; round < 10; ++round) {
                TestClient client(port);
                for (int i = 0; i < 10; ++i) {
                    const std::string body(static_cast<std::size_t>(c * 1000 + i), 'b');
                    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) +
                                "\r\n\r\n" + body);
                    if (client.read_answer().body == body) ++good;
                }
            }
        });
    }
    for (std::thread& client : clients) client.join();

    EXPECT_EQ(good, 800);
    test.server->stop(5s);
    const ServerMetrics metrics = test.server->metrics();
    EXPECT_EQ(metrics.requests[1], 800u);
    EXPECT_EQ(metrics.connections_accepted, 80u);
}

}  // namespace gx::net
