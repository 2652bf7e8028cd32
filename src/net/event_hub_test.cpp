#include "net/event_hub.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "net/net_test_support.hpp"

namespace gx::net {

using namespace std::chrono_literals;

// GET /events?key=… opens a stream of that key.
static void add_events(TestServer& test) {
    test.router.add(Method::get, "/events", [&test](Request& request) {
        Response response;
        response.event_stream = request.query_value("key").value_or("all");
        response.subscription = test.events.subscribe(response.event_stream);
        response.body = "retry: 2000\n\n";
        return response;
    });
}

static void open_stream(TestClient& client, std::string_view key) {
    client.send("GET /events?key=" + std::string(key) + " HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_NE(client.read_until("retry: 2000\n\n").find("Content-Type: text/event-stream"), std::string::npos);
}

static void wait_for_streams(TestServer& test, std::uint64_t count) {
    for (int i = 0; i < 2000 && test.server->metrics().event_streams != count; ++i) std::this_thread::sleep_for(2ms);
    EXPECT_EQ(test.server->metrics().event_streams, count);
}

TEST(EventText, SplitsDataAtLineEndsAndKeepsFieldsOnOneLine) {
    EXPECT_EQ(event_text("7", "change", "{\"a\":1}"), "id: 7\nevent: change\ndata: {\"a\":1}\n\n");
    EXPECT_EQ(event_text("", "", "a\nb"), "data: a\ndata: b\n\n");
    EXPECT_EQ(event_text("7\nevent: x", "a\r\nb", ""), "id: 7event: x\nevent: ab\ndata: \n\n");
}

TEST(EventHub, SendsEachSubscriberWhatItMaySee) {
    TestServer test;
    add_events(test);
    const unsigned short port = test.start();
    TestClient li(port), wang(port);
    open_stream(li, "li");
    open_stream(wang, "wang");

    test.events.publish([](const Subscriber& subscriber) -> std::optional<std::string> {
        if (subscriber.key != "li") return std::nullopt;
        return event_text("1", "change", "for li");
    });
    test.events.publish([](const Subscriber&) { return event_text("2", "change", "for all"); });

    EXPECT_EQ(li.read_until("for all\n\n"),
              "id: 1\nevent: change\ndata: for li\n\nid: 2\nevent: change\ndata: for all\n\n");
    EXPECT_EQ(wang.read_until("for all\n\n"), "id: 2\nevent: change\ndata: for all\n\n");
}

TEST(EventHub, LosesNothingBetweenSubscribingAndOpening) {
    TestServer test;
    test.router.add(Method::get, "/events", [&test](Request&) {
        Response response;
        response.subscription = test.events.subscribe("li");
        test.events.publish([](const Subscriber&) { return event_text("2", "", "published while the handler ran"); });
        response.body = event_text("1", "", "backlog");
        return response;
    });
    TestClient client(test.start());

    client.send("GET /events HTTP/1.1\r\nHost: t\r\n\r\n");

    client.read_until("\r\n\r\n");
    EXPECT_EQ(client.read_until("ran\n\n"), "id: 1\ndata: backlog\n\nid: 2\ndata: published while the handler ran\n\n");
}

TEST(EventHub, EndsTheStreamsOfAKeyAtOnce) {
    TestServer test;
    add_events(test);
    const unsigned short port = test.start();
    TestClient first(port), second(port), other(port);
    open_stream(first, "li");
    open_stream(second, "li");
    open_stream(other, "wang");

    test.events.close("li");

    EXPECT_TRUE(first.closed_within(2s));
    EXPECT_TRUE(second.closed_within(2s));
    wait_for_streams(test, 1);
    EXPECT_EQ(test.events.size(), 1u);
    test.events.publish([](const Subscriber&) { return event_text("", "", "still here"); });
    EXPECT_EQ(other.read_until("\n\n"), "data: still here\n\n");
}

TEST(EventHub, ForgetsClientsThatWentAndHandlersThatFailed) {
    TestServer test;
    add_events(test);
    test.router.add(Method::get, "/failing", [&test](Request&) -> Response {
        const auto subscription = test.events.subscribe("li");
        throw std::runtime_error("no");
    });
    const unsigned short port = test.start();
    auto client = std::make_unique<TestClient>(port);
    open_stream(*client, "li");
    EXPECT_EQ(TestClient(port).get("/failing").status, 500);
    int asked = 0;

    client.reset();
    wait_for_streams(test, 0);

    test.events.publish([&asked](const Subscriber&) {
        ++asked;
        return std::nullopt;
    });
    EXPECT_EQ(asked, 0);
}

TEST(EventHub, CutsOffAClientThatDoesNotRead) {
    TestServer test;
    add_events(test);
    test.settings.event_bytes_max = 64u << 10;
    const unsigned short port = test.start();
    TestClient slow(port, 4096), quick(port);
    open_stream(slow, "slow");
    open_stream(quick, "quick");

    for (int i = 0; i < 400; ++i) {
        test.events.publish([](const Subscriber& subscriber) -> std::optional<std::string> {
            if (subscriber.key == "quick") return event_text("", "", "small");
            return event_text("", "", std::string(32u << 10, 'x'));
        });
    }

    wait_for_streams(test, 1);
    std::string got;
    while (got.size() < std::size_t{400} * 13) {
        const std::string more = quick.read_some();
        ASSERT_FALSE(more.empty());
        got += more;
    }
    EXPECT_EQ(got.size(), 400u * 13);
}

TEST(EventHub, SendsAHeartbeatOnQuietStreams) {
    TestServer test;
    add_events(test);
    test.settings.heartbeat = 100ms;
    TestClient client(test.start());
    open_stream(client, "li");

    EXPECT_EQ(client.read_until("\n\n", 3s), ":\n\n");
    EXPECT_EQ(client.read_until("\n\n", 3s), ":\n\n");
}

TEST(EventHub, EndsItsStreamsWhenTheServerStops) {
    TestServer test;
    add_events(test);
    TestClient client(test.start());
    open_stream(client, "li");
    const auto began = std::chrono::steady_clock::now();

    test.server->stop(5s);

    EXPECT_TRUE(client.closed_within(1s));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
    EXPECT_EQ(test.events.size(), 0u);
}

TEST(EventHub, PublishesFromManyThreadsWhileClientsComeAndGo) {
    TestServer test;
    add_events(test);
    const unsigned short port = test.start();
    TestClient steady(port);
    open_stream(steady, "steady");
    std::vector<std::thread> threads;

    for (int t = 0; t < 2; ++t) {
        threads.emplace_back([&test] {
            for (int i = 0; i < 200; ++i)
                test.events.publish([](const Subscriber&) { return event_text("", "", "x"); });
        });
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                TestClient client(port);
                open_stream(client, std::to_string(t));
                if (i % 4 == 0) test.events.close(std::to_string(t));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    std::string got;
    while (got.size() < std::size_t{400} * 9) {
        const std::string more = steady.read_some();
        ASSERT_FALSE(more.empty());
        got += more;
    }
    EXPECT_EQ(got.size(), 400u * 9);
}

}  // namespace gx::net
