#include "net/assets.hpp"

#include <gtest/gtest.h>

#include <array>

#include "net/net_test_support.hpp"

namespace gx::net {

static constexpr std::array<Asset, 3> assets{
    Asset{"/assets/app-1a.js", "text/javascript; charset=utf-8", "\"1a\"", "script", "gz", "br"},
    Asset{"/favicon.ico", "image/x-icon", "\"2b\"", "icon", "", ""},
    Asset{"/index.html", "text/html; charset=utf-8", "\"3c\"", "<html>", "", ""},
};

static constexpr std::string_view browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

TEST(Assets, AreCachedForEverUnderAssetsAndCheckedEachTimeElsewhere) {
    TestServer test;
    serve_assets(test.router, assets);
    TestClient client(test.start());

    EXPECT_EQ(client.get("/assets/app-1a.js").header("Cache-Control"), "public, max-age=31536000, immutable");
    const Answer index = client.get("/index.html");
    EXPECT_EQ(index.header("Cache-Control"), "no-cache");
    EXPECT_EQ(index.header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(client.get("/index.html", "If-None-Match: " + index.header("ETag") + "\r\n").status, 304);
}

TEST(Assets, AreSentInTheBestFormThatTheClientTakes) {
    TestServer test;
    serve_assets(test.router, assets);
    TestClient client(test.start());

    const Answer brotli = client.get("/assets/app-1a.js", "Accept-Encoding: gzip, deflate, br\r\n");
    const Answer gzip = client.get("/assets/app-1a.js", "Accept-Encoding: gzip\r\n");
    const Answer plain = client.get("/assets/app-1a.js");

    EXPECT_EQ(brotli.body, "br");
    EXPECT_EQ(brotli.header("Content-Encoding"), "br");
    EXPECT_EQ(gzip.body, "gz");
    EXPECT_EQ(plain.body, "script");
    EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
    EXPECT_NE(brotli.header("ETag"), plain.header("ETag"));
}

TEST(Assets, AnswerEveryPageOfTheApplicationWithIndexHtml) {
    TestServer test;
    serve_assets(test.router, assets);
    TestClient client(test.start());

    for (const char* path : {"/", "/customer/7", "/apiary", "/%E5%AE%A2%E6%88%B7?view=mine"})
        EXPECT_EQ(client.get(path, browser).body, "<html>") << path;
    for (const char* path : {"/api", "/api/nothing", "/healthz", "/metrics", "/assets/old-9z.js"})
        EXPECT_EQ(client.get(path, browser).status, 404) << path;
    EXPECT_EQ(client.get("/customer/7", "Accept: application/json\r\n").status, 404);
    client.send("POST /customer HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\nAccept: text/html\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 404);
}

TEST(Assets, SayHowToMakeThemWhenThereAreNone) {
    TestServer test;
    serve_assets(test.router, {});
    TestClient client(test.start());

    std::string headers(browser);
    headers += "Accept-Language: en-GB,en\r\n";
    const Answer answer = client.get("/", headers);

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_NE(answer.body.find("npm run build"), std::string::npos);
}

}  // namespace gx::net
