#include "base/pinyin.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace gx {
namespace {

TEST(Pinyin, ReadsCompanyNames) {
    EXPECT_EQ(pinyin_full("华信科技"), "huaxinkeji");
    EXPECT_EQ(pinyin_initials("华信科技"), "hxkj");
    EXPECT_EQ(mnemonic_code("华信科技"), "HXKJ");
    EXPECT_EQ(pinyin_syllables("华信ABC公司 3号"),
              (std::vector<std::string>{"hua", "xin", "abc", "gong", "si", "3", "hao"}));
    EXPECT_EQ(pinyin_full("鑫垚犇𠀁"), "xinyaobenqi");  // the last lies outside the basic plane
}

TEST(Pinyin, KnowsWordsWithAnotherReading) {
    EXPECT_EQ(pinyin_full("重庆长安汽车"), "chongqingchanganqiche");
    EXPECT_EQ(pinyin_full("长沙三一重工"), "changshasanyizhonggong");
    EXPECT_EQ(pinyin_full("厦门银行"), "xiamenyinhang");
    EXPECT_EQ(pinyin_full("六安蚌埠亳州"), "luanbengbubozhou");
    EXPECT_EQ(pinyin_full("成都音乐学院院长"), "chengduyinyuexueyuanyuanzhang");
    EXPECT_EQ(pinyin_full("朝阳区会计师事务所"), "chaoyangqukuaijishishiwusuo");
    EXPECT_EQ(pinyin_full("番禺大厦行政部"), "panyudashaxingzhengbu");
    EXPECT_EQ(pinyin_full("西藏弹簧调研与空调"), "xizangtanhuangdiaoyanyukongtiao");
}

TEST(Pinyin, ReadsFamilyNamesInTheirOwnWay) {
    EXPECT_EQ(pinyin_full("曾国藩", PinyinOf::person), "zengguofan");
    EXPECT_EQ(pinyin_full("单田芳", PinyinOf::person), "shantianfang");
    EXPECT_EQ(pinyin_full("仇和", PinyinOf::person), "qiuhe");
    EXPECT_EQ(pinyin_full("解晓东", PinyinOf::person), "xiexiaodong");
    EXPECT_EQ(pinyin_full("朴树", PinyinOf::person), "piaoshu");
    EXPECT_EQ(pinyin_full("查良镛", PinyinOf::person), "zhaliangyong");
    EXPECT_EQ(pinyin_full("任长霞", PinyinOf::person), "renchangxia");
    EXPECT_EQ(pinyin_full("区伟", PinyinOf::person), "ouwei");
    EXPECT_EQ(pinyin_full("盖中单", PinyinOf::person), "gezhongdan");  // only what stands first is a family name
    EXPECT_EQ(pinyin_full("尉迟恭", PinyinOf::person), "yuchigong");
    EXPECT_EQ(pinyin_full("万俟卨", PinyinOf::person).substr(0, 4), "moqi");
    EXPECT_EQ(pinyin_full("长孙无忌", PinyinOf::person), "zhangsunwuji");
    EXPECT_EQ(pinyin_full("单位", PinyinOf::text), "danwei");
}

TEST(Pinyin, WritesTheUmlautAsInputMethodsDo) { EXPECT_EQ(pinyin_full("吕绿旅女"), "lvlvlvnv"); }

TEST(Mnemonic, KeepsLatinWholeAndHasALimit) {
    EXPECT_EQ(mnemonic_code("华信 abc-12 科技"), "HXABC12KJ");
    EXPECT_EQ(pinyin_initials("华信 abc-12 科技"), "hxa1kj");
    EXPECT_EQ(mnemonic_code("一二三四五", 3), "YES");
    EXPECT_EQ(mnemonic_code("（）！"), "");
}

TEST(Pinyin, TakesLittleTimeForACharacter) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "重庆华信科技有限公司";
    const auto start = std::chrono::steady_clock::now();

    EXPECT_EQ(pinyin_initials(text).size(), 10'000U);

    // Unoptimised builds and loaded machines included; the transliterator of ICU needs 95 us a name.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds{100});
}

}  // namespace
}  // namespace gx
