#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/texts.hpp"

namespace gx {
namespace {

TEST(Text, FoldsWhatPeopleTakeForTheSame) {
    EXPECT_EQ(fold("ＡＢＣ　公司"), "abc 公司");
    EXPECT_EQ(fold("  Huaxin \t\n Tech "), "huaxin tech");
    EXPECT_EQ(fold("ﬁ Straße"), "fi strasse");
    EXPECT_EQ(fold("华​信"), "华信");  // a zero-width space inside
    EXPECT_EQ(fold("㈱"), "(株)");
    EXPECT_EQ(fold(""), "");
}

TEST(Text, TrimsEverySpaceThatUnicodeKnows) {
    EXPECT_EQ(trim("　 华 信\xC2\xA0\n"), "华 信");
    EXPECT_TRUE(is_blank("　\t"));
    EXPECT_FALSE(is_blank("。"));
    EXPECT_EQ(trim("\x80\x80"), "\x80\x80");
}

TEST(Text, CountsCharactersNotBytes) {
    EXPECT_EQ(count_code_points("a华😀"), 3U);
    EXPECT_TRUE(is_valid_utf8("a华😀"));
    EXPECT_FALSE(is_valid_utf8("\xed\xa0\x80"));
    EXPECT_FALSE(is_valid_utf8("\xc0\xaf"));
    EXPECT_FALSE(is_valid_utf8("\xe5\x8d"));
}

TEST(Text, ReadsTheLanguageOfATag) {
    EXPECT_EQ(parse_language("zh-CN"), Language::zh);
    EXPECT_EQ(parse_language("EN_us"), Language::en);
    EXPECT_FALSE(parse_language("fr"));
    EXPECT_FALSE(parse_language("zho"));
}

TEST(CompanyKey, IsOneForTwoSpellingsOfACompany) {
    const std::string key = company_key("华为技术有限公司");
    EXPECT_EQ(key, "华为技术");
    EXPECT_EQ(company_key("华为技术股份有限公司"), key);
    EXPECT_EQ(company_key("华为 技术（集团）有限责任公司"), company_key("华为技术集团"));
    EXPECT_EQ(company_key("北京华信（科技）有限公司"), company_key("北京华信科技有限公司"));
    EXPECT_EQ(company_key("Huaxin Tech Co., Ltd."), company_key("HUAXIN TECH"));
    EXPECT_EQ(company_key("Ａｐｐｌｅ Inc"), company_key("apple"));
}

TEST(CompanyKey, KeepsWhatTellsCompaniesApart) {
    EXPECT_NE(company_key("华信北京分公司"), company_key("华信北京"));
    EXPECT_EQ(company_key("Costco"), "costco");
    EXPECT_EQ(company_key("有限公司"), "有限公司");
    EXPECT_EQ(company_key("集团"), "集团");
    EXPECT_EQ(company_key("Ltd"), "ltd");
    EXPECT_EQ(company_key("（）"), "");
}

TEST(Texts, FillParametersByName) {
    EXPECT_EQ(text(Language::zh, "too_long", {{"max", "200"}, {"length", "230"}}), "最多 200 个字符，现有 230 个");
    EXPECT_EQ(text(Language::en, "too_long", {{"max", "200"}, {"length", "230"}}), "At most 200 characters, has 230");
    EXPECT_EQ(fill("{a}{b} {c} {", {{"a", "{b}"}, {"b", "2"}}), "{b}2 {c} {");
}

TEST(Texts, GiveTheKeyWhenThereIsNone) { EXPECT_EQ(text(Language::zh, "no.such.key"), "no.such.key"); }

TEST(Texts, SpeakTheReasonInsideAMessageToo) {
    EXPECT_EQ(text(Language::zh, "json_malformed", {{"line", "1"}, {"column", "2"}, {"why", "why.json_incomplete"}}),
              "第 1 行第 2 列的 JSON 有误：内容不完整");
}

}  // namespace
}  // namespace gx
