#include "base/tokens.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.hpp"

namespace gx {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::SizeIs;

std::vector<std::string> tokens(std::string_view text, IndexOptions options = {}) {
    std::vector<std::string> out;
    index_tokens(text, options, out);
    return out;
}

// The meaning of a query, as both databases carry it out.
bool finds(std::string_view typed, std::string_view text, IndexOptions options = {true, PinyinOf::text}) {
    const std::vector<std::string> index = tokens(text, options);
    const auto term_matches = [&](const QueryWord::Term& term) {
        return std::ranges::any_of(index, [&](const std::string& token) {
            return term.prefix ? token.starts_with(term.token) : token == term.token;
        });
    };
    const auto word_matches = [&](const QueryWord& word) {
        const bool any = std::ranges::any_of(
            word.alternatives, [&](const auto& terms) { return std::ranges::all_of(terms, term_matches); });
        return any && (!word.recheck || fold(text).find(word.folded) != std::string::npos);
    };
    const auto words = query_words(typed);
    return !words.empty() && std::ranges::all_of(words, word_matches);
}

TEST(IndexTokens, CutChineseIntoPairs) {
    EXPECT_THAT(tokens("华信科技"), ElementsAre("华信", "信科", "科技", "技"));
    EXPECT_THAT(tokens("王"), ElementsAre("王"));
}

TEST(IndexTokens, TakeWordsAndNumbersWhole) {
    EXPECT_THAT(tokens("Huaxin Tech"), ElementsAre("huaxin", ">hu", ">hua", "tech", ">te", ">tec"));
    EXPECT_THAT(tokens("13812345678"), ElementsAre("13812345678", ">138", ">1381", "3812345678", "812345678",
                                                   "12345678", "2345678", "345678", "45678", "5678"));
    EXPECT_THAT(tokens("123456"), ElementsAre("123456", ">123", ">1234"));
    EXPECT_THAT(tokens("GTX500"), ElementsAre("gtx500", ">gt", ">gtx", "gtx", "500", ">500"));
    EXPECT_THAT(tokens("a a ａ"), ElementsAre("a"));
}

// Of two or three letters no list has to be merged of all the words that begin with them.
TEST(Query, FindsWordsByTheirFirstLettersWhole) {
    for (const char* typed : {"hu", "hua", "huax", "te", "gt", "gtx", "gtx5", "gtx50", "zh", "exa"})
        EXPECT_TRUE(finds(typed, "Huaxin Tech GTX500 zhang@example.com")) << typed;
    for (const char* typed : {"ua", "uax", "x5", "00", "50", "hub", "gtx6"})
        EXPECT_FALSE(finds(typed, "Huaxin Tech GTX500 zhang@example.com")) << typed;
    for (const char* typed : {"hu", "hua"})
        for (const QueryWord& word : query_words(typed))
            for (const auto& terms : word.alternatives)
                for (const QueryWord::Term& term : terms) EXPECT_FALSE(term.prefix) << typed;
}

TEST(IndexTokens, HoldSyllablesAndInitialsOfNames) {
    EXPECT_THAT(tokens("华信科技", {true, PinyinOf::text}),
                ElementsAre("华信", "信科", "科技", "技", "<h", ":hua", "<hu", "'hua'xin", "~hx", "~hxk", ":xin", "<xi",
                            "'xin'ke", "~xk", "~xkj", ":ke", "<ke", "'ke'ji", "~kj", ":ji", "<ji"));
    EXPECT_THAT(tokens("单田芳", {true, PinyinOf::person}), Contains("'shan'tian"));
}

// Marks are no letters: whoever types "py" looks for words and names that begin so, not for every name.
TEST(Query, MeetsNoMark) {
    for (const char* typed : {"py", "pi", "p", "o", "d", "py:", "pi:", ":hu", "<hu", "~hx", "'hua"})
        EXPECT_FALSE(finds(typed, "李四") || finds(typed, "天天")) << typed;
}

TEST(Query, ReadsLettersInEachWayTheyCanBeMeant) {
    EXPECT_TRUE(finds("xian", "西安银行"));
    EXPECT_TRUE(finds("xian", "先锋"));
    EXPECT_TRUE(finds("fangan", "方案"));
    EXPECT_TRUE(finds("fangan", "反感"));
    EXPECT_TRUE(finds("shanghaiyun", "上海云峰"));
    EXPECT_TRUE(finds("shanghaiyunf", "上海云峰"));
    EXPECT_FALSE(finds("shanghaifeng", "上海云峰"));
    EXPECT_FALSE(finds("unfeng", "上海云峰"));
    EXPECT_TRUE(finds("shyf", "上海云峰"));
    EXPECT_FALSE(finds("shf", "上海云峰"));
}

TEST(Query, GivesUpOnLettersThatAreNoSyllables) {
    std::string typed;
    for (int i = 0; i < 31; ++i) typed += "an";
    EXPECT_FALSE(finds(typed + "v", "安安"));
    EXPECT_LE(query_words(typed).at(0).alternatives.size(), 64U);
}

TEST(IndexTokens, AreLimitedInNumberAndLength) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "w" + std::to_string(i) + "华" + std::to_string(i) + " ";
    EXPECT_THAT(tokens(text, {true, PinyinOf::text}), SizeIs(2000));
    for (const std::string& token : tokens(std::string(5000, 'x') + std::string(5000, '1'), {true, PinyinOf::text}))
        EXPECT_LE(token.size(), 67U);
}

TEST(Query, FindsByAnyPieceOfChinese) {
    for (const char* typed : {"华信", "信科", "科技", "华", "技", "华信科", "信科技", "华信科技", "科技 华信"})
        EXPECT_TRUE(finds(typed, "华信科技有限公司")) << typed;
    EXPECT_FALSE(finds("华科", "华信科技"));
    EXPECT_FALSE(finds("华信科", "信科与华信"));
    EXPECT_FALSE(finds("华信科", "华信 信科"));  // every pair is there, the words are not
}

TEST(Query, FindsByPinyinAndInitials) {
    for (const char* typed : {"huaxin", "huaxinkeji", "hx", "hxkj", "keji", "kj", "HXK", "h"})
        EXPECT_TRUE(finds(typed, "华信科技")) << typed;
    EXPECT_FALSE(finds("xh", "华信科技"));
    EXPECT_FALSE(finds("uaxin", "华信科技"));
    EXPECT_TRUE(finds("lv", "吕布"));
    EXPECT_TRUE(finds("lubu", "吕布"));
    EXPECT_TRUE(finds("lübu", "吕布"));
    EXPECT_TRUE(finds("luoyang", "洛阳"));
}

TEST(Query, FindsWordsByTheirBeginningAndNumbersByTheirTail) {
    EXPECT_TRUE(finds("hua", "Huaxin Tech"));
    EXPECT_TRUE(finds("TECH hua", "Huaxin Tech"));
    EXPECT_FALSE(finds("axin", "Huaxin Tech", {}));
    EXPECT_TRUE(finds("138", "13812345678"));
    EXPECT_TRUE(finds("1381", "13812345678"));
    EXPECT_TRUE(finds("13812", "13812345678"));
    EXPECT_TRUE(finds("5678", "13812345678"));
    EXPECT_FALSE(finds("678", "13812345678"));
    EXPECT_TRUE(finds("gtx5", "GTX500"));
}

// One letter or two digits begin nearly everything: they find names that begin so, and words that are just that.
TEST(Query, OfOneLetterOrTwoDigitsLooksForNoBeginningsOfWords) {
    EXPECT_TRUE(finds("h", "华信科技"));
    EXPECT_TRUE(finds("h", "Huaxin Tech"));
    EXPECT_FALSE(finds("k", "华信科技"));
    EXPECT_FALSE(finds("13", "13812345678", {}));
    EXPECT_TRUE(finds("13", "13 号", {}));
}

TEST(Query, NeedsEveryPartOfAMixedWord) {
    EXPECT_TRUE(finds("abc公司123", "ABC公司 1234"));
    EXPECT_FALSE(finds("abc公司123", "ABC公司"));
    EXPECT_TRUE(finds("hx科技", "华信科技"));
    EXPECT_TRUE(finds("li@huaxin.com", "li@huaxin.com"));
}

TEST(Query, RechecksOnlyLongChinese) {
    EXPECT_FALSE(query_words("华信").at(0).recheck);
    EXPECT_TRUE(query_words("华信科").at(0).recheck);
    EXPECT_EQ(query_words("hx科技园").at(0).folded, "科技园");
}

TEST(Query, IsLimitedAndIgnoresPunctuation) {
    EXPECT_THAT(query_words("a b c d e f g h i j"), SizeIs(8));
    EXPECT_THAT(query_words("，。 !"), SizeIs(0));
    EXPECT_THAT(query_words(""), SizeIs(0));
    EXPECT_EQ(count_code_points(query_words(std::string(500, 'x')).at(0).folded), 64U);
}

}  // namespace
}  // namespace gx
