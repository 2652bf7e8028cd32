// The generated table of readings (tools/generate_pinyin.cpp). Only pinyin.cpp reads it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gx::pinyin_table {

// Readings of U+3400..U+9FFF: index into syllables() in the low 12 bits, 0 = none; the flags say that a phrase or a
// family name begins with this character.
inline constexpr char32_t first = 0x3400;
inline constexpr char32_t last = 0x9FFF;
inline constexpr std::uint16_t index_mask = 0x0FFF;
inline constexpr std::uint16_t begins_phrase = 0x8000;
inline constexpr std::uint16_t begins_name = 0x4000;

struct Rare {
    char32_t character;
    std::uint16_t reading;
};
// Words whose characters are read otherwise than alone; readings are indexes into syllables().
struct Phrase {
    std::u32string_view text;
    const std::uint16_t* readings;
};

std::span<const std::string_view> syllables();
std::span<const std::uint16_t> common();  // by character - first
std::span<const Rare> rare();             // sorted by character: everything outside first..last
std::span<const Phrase> phrases();        // sorted by text
std::span<const Phrase> family_names();   // sorted by text

}  // namespace gx::pinyin_table
