#include "base/text.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "base/failure.hpp"

namespace gx {

namespace {

// The next code point, U+FFFD for a byte that belongs to none; moves `at` on.
char32_t next_code_point(std::string_view text, std::size_t& at) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(bytes, at, text.size(), c);
    return static_cast<char32_t>(c);
}

bool is_space(char32_t c) {
    if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D);
    return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

// ASCII and the common ideographs fold to themselves but for A-Z: most of our text needs no normaliser.
bool folds_plainly(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80) {
            ++i;
        } else if (byte >= 0xE5 && byte <= 0xE9 && i + 2 < text.size() &&
                   (static_cast<unsigned char>(text[i + 1]) & 0xC0) == 0x80 &&
                   (static_cast<unsigned char>(text[i + 2]) & 0xC0) == 0x80) {
            i += 3;
        } else {
            return false;
        }
    }
    return true;
}

std::string fold_plain(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool gap = false;
    for (const char c : text) {
        if (c == ' ' || (c >= 0x09 && c <= 0x0D)) {
            gap = !out.empty();
            continue;
        }
        if (gap) out.push_back(' ');
        gap = false;
        out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    return out;
}

std::string normalise(std::string_view text) {
    std::string out;
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* normaliser = icu::Normalizer2::getNFKCCasefoldInstance(status);
    ensure(U_SUCCESS(status), "NFKC_Casefold");
    icu::StringByteSink<std::string> sink(&out, static_cast<std::int32_t>(text.size()));
    normaliser->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, nullptr,
                              status);
    ensure(U_SUCCESS(status), "fold");
    return out;
}

}  // namespace

std::string_view code(Language language) { return language == Language::zh ? "zh" : "en"; }

std::optional<Language> parse_language(std::string_view tag) {
    const std::string_view primary = tag.substr(0, tag.find_first_of("-_"));
    if (primary.size() != 2) return std::nullopt;
    const auto lower = [](char c) { return static_cast<char>(c | 0x20); };
    const std::array<char, 2> letters = {lower(primary[0]), lower(primary[1])};
    if (letters == std::array{'z', 'h'}) return Language::zh;
    if (letters == std::array{'e', 'n'}) return Language::en;
    return std::nullopt;
}

bool is_valid_utf8(std::string_view text) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    for (std::size_t i = 0; i < text.size();) {
        if (bytes[i] < 0x80) {
            ++i;
            continue;
        }
        UChar32 c = 0;
        U8_NEXT(bytes, i, text.size(), c);
        if (c < 0) return false;
    }
    return true;
}

std::size_t count_code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view trim(std::string_view text) {
    std::size_t begin = 0;
    while (begin < text.size()) {
        std::size_t next = begin;
        if (!is_space(next_code_point(text, next))) break;
        begin = next;
    }
    text.remove_prefix(begin);
    while (!text.empty()) {
        std::size_t last = text.size() - 1;
        while (last > 0 && text.size() - last < 4 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
        std::size_t next = last;
        if (!is_space(next_code_point(text, next))) break;
        text = text.substr(0, last);
    }
    return text;
}

bool is_blank(std::string_view text) { return trim(text).empty(); }

std::string fold(std::string_view text) {
    if (folds_plainly(text)) return fold_plain(text);
    const std::string normal = normalise(text);
    std::string out;
    out.reserve(normal.size());
    bool gap = false;
    for (std::size_t i = 0; i < normal.size();) {
        const std::size_t begin = i;
        const char32_t c = next_code_point(normal, i);
        if (is_space(c)) {
            gap = !out.empty();
            continue;
        }
        if (gap) out.push_back(' ');
        gap = false;
        out.append(normal, begin, i - begin);
    }
    return out;
}

namespace {

constexpr std::array<std::string_view, 17> latin_forms = {
    "co",  "ltd", "limited", "inc", "incorporated", "corp", "corporation", "company", "llc",
    "llp", "plc", "gmbh",    "ag",  "sa",           "bv",   "group",       "holdings"};
constexpr std::array<std::string_view, 7> chinese_forms = {"股份有限公司", "有限责任公司", "有限公司", "股份公司",
                                                           "集团公司",     "集团",         "公司"};

bool strip_chinese_form(std::string& key) {
    // A name that is nothing but a legal form has nothing else to be known by.
    if (std::ranges::find(chinese_forms, key) != chinese_forms.end()) return false;
    for (const std::string_view form : chinese_forms) {
        if (key.size() <= form.size() || !key.ends_with(form)) continue;
        const std::string_view rest = std::string_view(key).substr(0, key.size() - form.size());
        // A branch or a subsidiary is not the company itself.
        if (form == "公司" && (rest.ends_with("分") || rest.ends_with("子"))) return false;
        key.resize(rest.size());
        return true;
    }
    return false;
}

}  // namespace

std::string company_key(std::string_view name) {
    const std::string folded = fold(name);
    std::vector<std::string> words(1);
    for (std::size_t i = 0; i < folded.size();) {
        const std::size_t begin = i;
        const char32_t c = next_code_point(folded, i);
        if (c == '&' || c == '+' || u_isalnum(static_cast<UChar32>(c)) ||
            (u_getCombiningClass(static_cast<UChar32>(c)) != 0)) {
            words.back().append(folded, begin, i - begin);
        } else if (c != '.' && c != '\'' && !words.back().empty()) {
            words.emplace_back();
        }
    }
    if (words.back().empty() && words.size() > 1) words.pop_back();
    while (words.size() > 1 && std::ranges::find(latin_forms, words.back()) != latin_forms.end()) words.pop_back();
    std::string key;
    for (const std::string& word : words) key += word;
    while (strip_chinese_form(key)) {
    }
    return key;
}

bool is_han(char32_t c) {
    if (c < 0x2E80) return false;
    if (c >= 0x4E00 && c <= 0x9FFF) return true;
    UErrorCode status = U_ZERO_ERROR;
    return uscript_getScript(static_cast<UChar32>(c), &status) == USCRIPT_HAN && U_SUCCESS(status);
}

std::vector<char32_t> to_code_points(std::string_view text) {
    std::vector<char32_t> out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) out.push_back(next_code_point(text, i));
    return out;
}

void append_utf8(std::string& out, char32_t c) {
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
    const auto push = [&](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
    if (c < 0x80) {
        push(c);
    } else if (c < 0x800) {
        push(0xC0 | (c >> 6));
        push(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        push(0xE0 | (c >> 12));
        push(0x80 | ((c >> 6) & 0x3F));
        push(0x80 | (c & 0x3F));
    } else {
        push(0xF0 | (c >> 18));
        push(0x80 | ((c >> 12) & 0x3F));
        push(0x80 | ((c >> 6) & 0x3F));
        push(0x80 | (c & 0x3F));
    }
}

}  // namespace gx
