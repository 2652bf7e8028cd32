// Pinyin of Chinese text, from a table built once from ICU (the transliterator itself takes 95 µs a name),
// with phrases where a character is read differently (重庆, 长沙, 音乐) and name readings for family names
// (曾 zēng, 单 shàn, 仇 qiú, 解 xiè).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gx {

enum class PinyinOf {
    text,   // company names, products, places
    person  // the first syllable(s) may be a family name with a reading of its own
};

// One entry a syllable or a run of other letters and digits: "华信ABC" -> {"hua", "xin", "abc"}. Lower case, no tones.
std::vector<std::string> pinyin_syllables(std::string_view text, PinyinOf of = PinyinOf::text);

// "华信科技" -> "huaxinkeji"
std::string pinyin_full(std::string_view text, PinyinOf of = PinyinOf::text);

// "华信科技" -> "hxkj"; runs of Latin letters and digits stay whole in `mnemonic`, first letter only here.
std::string pinyin_initials(std::string_view text, PinyinOf of = PinyinOf::text);

// Mnemonic code: initials in upper case, at most `length_max` characters: "华信科技" -> "HXKJ".
std::string mnemonic_code(std::string_view text, std::size_t length_max = 20, PinyinOf of = PinyinOf::text);

}  // namespace gx
