// Whoever names a server must not make this program look around inside the own walls.
#include "features/outside.hpp"

#include <gtest/gtest.h>

#include "base/failure.hpp"

namespace gx::features {
namespace {

TEST(Outside, KnowsWhatLiesInside) {
    for (const char* inside : {"127.0.0.1", "127.1.2.3", "10.0.0.1", "172.31.0.1", "192.168.1.1", "169.254.169.254",
                               "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fd00::1",
                               "fe80::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"}) {
        EXPECT_TRUE(is_inside(inside)) << inside;
    }
    for (const char* outside : {"8.8.8.8", "172.32.0.1", "192.169.0.1", "100.128.0.1", "2001:4860:4860::8888"})
        EXPECT_FALSE(is_inside(outside)) << outside;
    EXPECT_TRUE(is_link_local("169.254.169.254"));
    EXPECT_TRUE(is_link_local("::ffff:169.254.169.254"));
    EXPECT_FALSE(is_link_local("10.0.0.1"));
}

TEST(Outside, AsksNobodyInsideUnlessItMay) {
    Outside outside("sso_provider_away");
    for (const char* url : {"https://127.0.0.1:1/", "https://[::1]:1/", "https://localhost:1/", "https://0x7f.1:1/"}) {
        try {
            outside.get(url, Outside::Walls::out_only);
            FAIL() << url;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.key(), "sso_provider_away");
            EXPECT_EQ(failure.params().at(0).second, "the address is not allowed") << url;
        }
    }
    for (const char* url : {"http://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/"})
        EXPECT_THROW(outside.get(url, Outside::Walls::out_only), Failure) << url;
    EXPECT_THROW(outside.get("http://169.254.169.254/", Outside::Walls::inside_too), Failure);
}

TEST(Outside, WritesFormsThatNothingBreaksOutOf) {
    EXPECT_EQ(form_text({{"a", "1&b=2"}, {"c", "中 +"}, {"d", ""}}), "a=1%26b%3D2&c=%E4%B8%AD%20%2B&d=");
    EXPECT_EQ(with_query("https://a/b", {{"c", "d"}}), "https://a/b?c=d");
    EXPECT_EQ(with_query("https://a/b?x=y", {{"c", "d"}}), "https://a/b?x=y&c=d");
}

}  // namespace
}  // namespace gx::features
