#include "base/log.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace gx {
namespace {

TEST(Log, WritesOneLineOfJsonAMessage) {
    testing::internal::CaptureStderr();
    log::write(log::Level::debug, "too fine to show");
    log::warning("disk\nfull", {{"request_id", "r1"}});
    const std::string out = testing::internal::GetCapturedStderr();

    const json::value line = parse_json(out);
    EXPECT_EQ(line.at("level").as_string(), "warning");
    EXPECT_EQ(line.at("message").as_string(), "disk\nfull");
    EXPECT_EQ(line.at("request_id").as_string(), "r1");
    EXPECT_TRUE(line.at("at").is_string());
}

}  // namespace
}  // namespace gx
