#include "net/router.hpp"

#include <gtest/gtest.h>

namespace gx::net {

static Handler names(std::string name) {
    return [name](Request&) { return Response{.body = name}; };
}

static std::string answer(const Router& router, Method method, std::string path) {
    Request request;
    request.method = method;
    request.path = std::move(path);
    const Router::Match match = router.match(request);
    if (!match.route) return match.allow.empty() ? "404" : "405 " + match.allow;
    std::string text = match.route->handler(request).body;
    for (const auto& [name, value] : request.params) text += " " + name + "=" + value;
    return text;
}

TEST(Router, PrefersFixedSegmentsToParameters) {
    Router router;
    router.add(Method::get, "/api/records/{object}/{id}", names("read"));
    router.add(Method::get, "/api/records/{object}/groups", names("groups"));
    router.add(Method::post, "/api/records/{object}/{id}/{action}", names("act"));
    router.add(Method::get, "/api/records/{object}/{id}/history", names("history"));

    EXPECT_EQ(answer(router, Method::get, "/api/records/customer/7"), "read object=customer id=7");
    EXPECT_EQ(answer(router, Method::get, "/api/records/customer/groups"), "groups object=customer");
    EXPECT_EQ(answer(router, Method::get, "/api/records/customer/7/history"), "history object=customer id=7");
    EXPECT_EQ(answer(router, Method::post, "/api/records/customer/7/history"),
              "act object=customer id=7 action=history");
}

TEST(Router, TellsAnUnknownPathFromAnUnknownMethod) {
    Router router;
    router.add(Method::get, "/a/{b}", names("get"));
    router.add(Method::delete_, "/a/{b}", names("delete"));

    EXPECT_EQ(answer(router, Method::post, "/a/1"), "405 GET, HEAD, DELETE");
    EXPECT_EQ(answer(router, Method::head, "/a/1"), "get b=1");
    for (const char* path : {"/", "/a", "/a/", "/a/1/", "/a//1", "//a/1", "/a/1/2"})
        EXPECT_EQ(answer(router, Method::get, path), "404") << path;
}

TEST(Router, RefusesTwoHandlersForOneRoute) {
    Router router;
    router.add(Method::get, "/a/{b}", names("first"));

    EXPECT_THROW(router.add(Method::get, "/a/{c}", names("second")), std::logic_error);
    EXPECT_THROW(router.add(Method::get, "a", names("third")), std::logic_error);
    EXPECT_THROW(router.add(Method::get, "/a//b", names("fourth")), std::logic_error);
}

}  // namespace gx::net
