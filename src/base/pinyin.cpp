#include "base/pinyin.hpp"

#include <unicode/uchar.h>

#include <algorithm>

#include "base/pinyin_table.hpp"
#include "base/text.hpp"

namespace gx {

namespace {

using pinyin_table::Phrase;

std::uint16_t entry_of(char32_t c) {
    if (c >= pinyin_table::first && c <= pinyin_table::last) return pinyin_table::common()[c - pinyin_table::first];
    const auto rare = pinyin_table::rare();
    const auto found = std::ranges::lower_bound(rare, c, {}, &pinyin_table::Rare::character);
    return found != rare.end() && found->character == c ? found->reading : std::uint16_t{0};
}

// The longest entry that `text` begins with, or none.
const Phrase* longest_match(std::span<const Phrase> entries, std::u32string_view text) {
    const Phrase* best = nullptr;
    // Entries that begin alike stand together, shorter ones first.
    auto at = std::ranges::lower_bound(entries, text.substr(0, 1), {}, &Phrase::text);
    for (; at != entries.end() && at->text.front() == text.front(); ++at) {
        if (text.starts_with(at->text) && (!best || at->text.size() > best->text.size())) best = &*at;
    }
    return best;
}

struct Syllable {
    std::string text;
    bool read = false;  // a syllable of Chinese; else a run of letters and digits
};

std::vector<Syllable> read_syllables(std::string_view source, PinyinOf of) {
    const std::string folded = fold(source);
    const std::vector<char32_t> points = to_code_points(folded);
    const std::u32string_view all(points.data(), points.size());
    const auto syllables = pinyin_table::syllables();
    std::vector<Syllable> out;
    out.reserve(points.size());
    bool in_run = false;
    const auto add_phrase = [&](const Phrase& phrase) {
        for (std::size_t i = 0; i < phrase.text.size(); ++i)
            out.push_back({std::string(syllables[phrase.readings[i]]), true});
        in_run = false;
        return phrase.text.size();
    };
    for (std::size_t i = 0; i < all.size();) {
        const char32_t c = all[i];
        const std::uint16_t entry = c < 0x2E80 ? std::uint16_t{0} : entry_of(c);
        if (entry != 0) {
            const Phrase* phrase = nullptr;
            // Only what stands first in a name is a family name.
            if (of == PinyinOf::person && out.empty() && (entry & pinyin_table::begins_name)) {
                phrase = longest_match(pinyin_table::family_names(), all.substr(i));
            }
            if (!phrase && (entry & pinyin_table::begins_phrase))
                phrase = longest_match(pinyin_table::phrases(), all.substr(i));
            if (phrase) {
                i += add_phrase(*phrase);
                continue;
            }
            if (const std::uint16_t index = entry & pinyin_table::index_mask; index != 0)
                out.push_back({std::string(syllables[index]), true});
            in_run = false;
        } else if (c < 0x80 ? ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
                            : (u_isalnum(static_cast<UChar32>(c)) && !is_han(c))) {
            if (!in_run) out.emplace_back();
            append_utf8(out.back().text, c);
            in_run = true;
        } else {
            in_run = false;
        }
        ++i;
    }
    return out;
}

std::string first_character(const std::string& text) {
    std::size_t length = 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
    return text.substr(0, length);
}

}  // namespace

std::vector<std::string> pinyin_syllables(std::string_view text, PinyinOf of) {
    std::vector<std::string> out;
    for (Syllable& syllable : read_syllables(text, of)) out.push_back(std::move(syllable.text));
    return out;
}

std::string pinyin_full(std::string_view text, PinyinOf of) {
    std::string out;
    for (const Syllable& syllable : read_syllables(text, of)) out += syllable.text;
    return out;
}

std::string pinyin_initials(std::string_view text, PinyinOf of) {
    std::string out;
    for (const Syllable& syllable : read_syllables(text, of)) out += first_character(syllable.text);
    return out;
}

std::string mnemonic_code(std::string_view text, std::size_t length_max, PinyinOf of) {
    std::string out;
    std::size_t length = 0;
    for (const Syllable& syllable : read_syllables(text, of)) {
        for (const char32_t c : to_code_points(syllable.read ? first_character(syllable.text) : syllable.text)) {
            if (length++ == length_max) return out;
            append_utf8(out, static_cast<char32_t>(u_toupper(static_cast<UChar32>(c))));
        }
    }
    return out;
}

}  // namespace gx
