#include "base/json.hpp"

#include <gtest/gtest.h>

#include "base/failure.hpp"
#include "base/json_writer.hpp"
#include "base/texts.hpp"

namespace gx {
namespace {

std::string mistake(std::string_view source, JsonLimits limits = {}) {
    try {
        parse_json(source, limits);
    } catch (const Failure& failure) {
        return text(Language::en, failure.key(), failure.params());
    }
    return "none";
}

TEST(Json, TellsWhereItIsMalformed) {
    EXPECT_EQ(mistake("{\"a\":1,\n \"名\":x}"), "JSON mistake in line 2, column 6: not valid syntax");
    EXPECT_EQ(mistake("{\"a\":"), "JSON mistake in line 1, column 6: it ends too early");
    EXPECT_EQ(mistake(""), "JSON mistake in line 1, column 1: it ends too early");
    EXPECT_EQ(mistake("[1] 2"), "JSON mistake in line 1, column 5: there is more after the end");
    EXPECT_EQ(mistake("\"\xff\""), "JSON mistake in line 1, column 2: not UTF-8");
    EXPECT_EQ(mistake("// no\n1"), "JSON mistake in line 1, column 1: not valid syntax");
}

TEST(Json, HasLimitsOfSizeAndDepth) {
    EXPECT_EQ(mistake(std::string(101, ' '), {100, 32}), "Too large, at most 100 bytes");
    EXPECT_EQ(mistake(std::string(40, '['), {100, 32}), "JSON may nest at most 32 levels");
    EXPECT_EQ(mistake("[[[1]]]", {100, 3}), "none");
}

TEST(Json, AllowsCommentsAndTrailingCommasInDeclarations) {
    const json::value value = parse_json_with_comments("{ // why\n \"a\": [1, 2,], /* and */ }");

    EXPECT_EQ(value.at("a").as_array().size(), 2U);
}

TEST(JsonLines, KnowTheLineOfEveryMember) {
    const JsonLines lines = JsonLines::of(
        "{\n  // \"a\": 1\n  \"a\": {\"b\": \"}\\\"\"},\n  \"list\": [\n    1,\n    {\"x/y\": 2}\n  ],\n  /*\n */ "
        "\"last\": 3\n}");

    EXPECT_EQ(lines.line("/a"), 3);
    EXPECT_EQ(lines.line("/a/b"), 3);
    EXPECT_EQ(lines.line("/list"), 4);
    EXPECT_EQ(lines.line("/list/0"), 5);
    EXPECT_EQ(lines.line("/list/1/x~1y"), 6);
    EXPECT_EQ(lines.line("/last"), 9);
    EXPECT_EQ(lines.line("/a/unknown/deeper"), 3);
    EXPECT_EQ(lines.line("/nothing"), 1);
}

TEST(JsonWriter, PlacesCommasAndQuotes) {
    std::string out;
    JsonWriter writer(out);
    writer.begin_object()
        .key("a")
        .integer(-1)
        .key("b")
        .begin_array()
        .boolean(true)
        .null()
        .begin_object()
        .end_object()
        .end_array();
    writer.key("c").id(RecordId{42}).key("d").decimal({1250, 2}).key("e").money({{-5, 1}, {}}).end_object();

    EXPECT_EQ(out, R"({"a":-1,"b":[true,null,{}],"c":"42","d":"12.50","e":{"amount":"-0.5","currency":"CNY"}})");
}

TEST(JsonWriter, EscapesSoThatTheParserReadsTheSameText) {
    const std::string hostile = std::string("\"\\\b\f\n\r\t\x01") + '\0' + "</script> 华信 😀";
    std::string out;
    JsonWriter(out).string(hostile);

    EXPECT_EQ(std::string_view(parse_json(out).as_string()), hostile);
}

TEST(JsonWriter, ReplacesWhatIsNotUtf8) {
    for (const char* wrong : {"a\xff", "a\xc0\x80", "a\xed\xa0\x80", "a\xe5\x8d", "a\xf5\x80\x80\x80"}) {
        std::string out;
        JsonWriter(out).string(wrong);

        EXPECT_TRUE(parse_json(out).as_string().starts_with("a\xEF\xBF\xBD")) << out;
    }
}

}  // namespace
}  // namespace gx
