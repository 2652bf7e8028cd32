#include "meta/pattern.hpp"

#include <gtest/gtest.h>

namespace gx::meta {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
    std::string why;
    const auto compiled = Pattern::compile(pattern, why);
    if (!compiled) throw std::logic_error(why);
    return compiled->matches(text);
}

std::string mistake_in(std::string_view pattern) {
    std::string why;
    EXPECT_FALSE(Pattern::compile(pattern, why)) << pattern;
    return why;
}

TEST(Pattern, MatchesTheWholeText) {
    EXPECT_TRUE(matches("abc", "abc"));
    EXPECT_FALSE(matches("abc", "abcd"));
    EXPECT_FALSE(matches("abc", "xabc"));
    EXPECT_TRUE(matches("", ""));
    EXPECT_FALSE(matches("", "a"));
}

TEST(Pattern, RepeatsAndChooses) {
    EXPECT_TRUE(matches("a?b*c+", "bbc"));
    EXPECT_FALSE(matches("a?b*c+", "aab"));
    EXPECT_TRUE(matches("x{2,4}", "xx"));
    EXPECT_TRUE(matches("x{2,4}", "xxxx"));
    EXPECT_FALSE(matches("x{2,4}", "x"));
    EXPECT_FALSE(matches("x{2,4}", "xxxxx"));
    EXPECT_TRUE(matches("x{2,}", "xxxxxxx"));
    EXPECT_FALSE(matches("x{2,}", "x"));
    EXPECT_TRUE(matches("(ab|cd){2}|e", "abcd"));
    EXPECT_TRUE(matches("(ab|cd){2}|e", "e"));
    EXPECT_FALSE(matches("(ab|cd){2}|e", "abe"));
}

TEST(Pattern, KnowsClassesEscapesAndChineseCharacters) {
    EXPECT_TRUE(matches("[0-9A-Z]{18}", "91310000MA1FL1XX0Q"));
    EXPECT_FALSE(matches("[0-9A-Z]{18}", "91310000ma1fl1xx0q"));
    EXPECT_TRUE(matches(R"(\d\d\w\s\.)", "12a ."));
    EXPECT_TRUE(matches("[^a-c]", "d"));
    EXPECT_FALSE(matches("[^a-c]", "b"));
    EXPECT_TRUE(matches("[一-龥]{2,3}号", "东方红号"));
    EXPECT_TRUE(matches("[A-Za-z0-9._@-]{2,60}", "li.wei@hx-1"));
}

TEST(Pattern, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(mistake_in("[a"), "missing ']' at character 3");
    EXPECT_EQ(mistake_in("(a"), "missing ')' at character 3");
    EXPECT_EQ(mistake_in("a)"), "unexpected ')' at character 2");
    EXPECT_EQ(mistake_in("*a"), "nothing to repeat at character 1");
    EXPECT_EQ(mistake_in("a{3,2}"), "a repetition is {n}, {n,} or {n,m} at character 7");
    EXPECT_EQ(mistake_in("a{900}"), "a repetition is {n}, {n,} or {n,m} at character 6");
    EXPECT_EQ(mistake_in("\\q"), "unknown escape at character 3");
    EXPECT_EQ(mistake_in("[z-a]"), "a range must rise at character 5");
    EXPECT_EQ(mistake_in("[]"), "an empty class at character 3");
    EXPECT_EQ(mistake_in("((a{100}){100}){100}"), "the pattern is too large");
    EXPECT_EQ(mistake_in(std::string(600, 'a')), "the pattern is longer than 500 bytes");
    EXPECT_EQ(mistake_in(std::string(30, '(') + std::string(30, ')')), "too many nested groups at character 22");
}

TEST(Pattern, StaysLinearWhereBacktrackingWouldExplode) {
    EXPECT_FALSE(matches("(a*)*b", std::string(20000, 'a')));
    EXPECT_FALSE(matches("(a|a|aa)+b", std::string(20000, 'a')));
}

}  // namespace
}  // namespace gx::meta
