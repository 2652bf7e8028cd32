// Writes the table of pinyin readings as C++: single characters from ICU (Han-Latin, Latin-ASCII), words and family
// names from src/base/pinyin_phrases.txt and ICU's Han-Latin/Names. Run by the build: making it at every start of the
// server would take longer than the whole start may.
#include <unicode/translit.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// The range of the dense table, see base/pinyin_table.hpp; words and family names are made of these characters only.
constexpr char32_t common_first = 0x3400;
constexpr char32_t common_last = 0x9FFF;

std::unique_ptr<icu::Transliterator> make_transliterator(const char* id) {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::Transliterator> made{icu::Transliterator::createInstance(id, UTRANS_FORWARD, status)};
    if (U_FAILURE(status) || !made) throw std::runtime_error(std::string("no transliterator ") + id);
    return made;
}

// lü and nü are typed lv and nv, and so told from lu and nu. All other marks are tones.
std::string without_tones(icu::UnicodeString text, const icu::Transliterator& ascii) {
    for (const char* umlaut : {"ü", "ǖ", "ǘ", "ǚ", "ǜ"}) text.findAndReplace(icu::UnicodeString::fromUTF8(umlaut), "v");
    ascii.transliterate(text);
    text.toLower();
    std::string out;
    text.toUTF8String(out);
    return out;
}

bool is_syllable(const std::string& text) {
    return !text.empty() && text.size() <= 6 && std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

std::u32string to_utf32(const std::string& text) {
    std::u32string out;
    const icu::UnicodeString units = icu::UnicodeString::fromUTF8(text);
    for (std::int32_t i = 0; i < units.length(); i = units.moveIndex32(i, 1))
        out.push_back(static_cast<char32_t>(units.char32At(i)));
    return out;
}

struct Table {
    std::map<std::string, std::uint16_t> index{{"", 0}};
    std::vector<std::string> syllables{""};
    std::map<char32_t, std::uint16_t> readings;
    std::map<std::u32string, std::vector<std::uint16_t>> phrases, names;

    std::uint16_t index_of(const std::string& syllable) {
        const auto [found, added] = index.emplace(syllable, static_cast<std::uint16_t>(syllables.size()));
        if (added) syllables.push_back(syllable);
        return found->second;
    }
};

std::vector<char32_t> han_characters() {
    std::vector<char32_t> out;
    for (char32_t c = 0x2E80; c < 0x40000; ++c) {
        UErrorCode status = U_ZERO_ERROR;
        if (uscript_getScript(static_cast<UChar32>(c), &status) == USCRIPT_HAN) out.push_back(c);
    }
    return out;
}

void read_characters(Table& table) {
    const auto latin = make_transliterator("Han-Latin");
    const auto names = make_transliterator("Han-Latin/Names");
    const auto ascii = make_transliterator("Latin-ASCII");
    for (const char32_t c : han_characters()) {
        icu::UnicodeString alone(static_cast<UChar32>(c));
        latin->transliterate(alone);
        const std::string reading = without_tones(alone, *ascii);
        if (!is_syllable(reading)) continue;
        table.readings[c] = table.index_of(reading);

        if (c < common_first || c > common_last) continue;
        icu::UnicodeString named(static_cast<UChar32>(c));
        names->transliterate(named);
        const std::string name_reading = without_tones(named, *ascii);
        if (is_syllable(name_reading) && name_reading != reading) table.names[{c}] = {table.index_of(name_reading)};
    }
}

void read_phrase(Table& table, const std::string& part, bool names) {
    std::istringstream words(part);
    std::string text;
    if (!(words >> text)) return;
    const std::u32string key = to_utf32(text);
    std::vector<std::uint16_t> readings;
    for (std::string syllable; words >> syllable;) {
        if (!is_syllable(syllable)) throw std::runtime_error("not a syllable: " + syllable);
        readings.push_back(table.index_of(syllable));
    }
    if (readings.size() != key.size()) throw std::runtime_error(text + " needs one syllable a character");
    for (const char32_t c : key) {
        if (c < common_first || c > common_last) throw std::runtime_error(text + " has a rare character");
    }
    if (names) {
        table.names[key] = readings;
    } else if (key.size() == 1) {
        table.readings[key.front()] = readings.front();
    } else {
        table.phrases[key] = readings;
    }
}

// "重庆 chong qing; 长沙 chang sha", below "[names]" family names; "#" begins a comment.
void read_phrases(Table& table, const char* path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error(std::string("cannot read ") + path);
    bool names = false;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        line.resize(std::min(line.find('#'), line.size()));
        std::istringstream parts(line);
        for (std::string part; std::getline(parts, part, ';');) {
            if (part == "[names]") {
                names = true;
                continue;
            }
            try {
                read_phrase(table, part, names);
            } catch (const std::exception& mistake) {
                throw std::runtime_error(std::string(path) + ":" + std::to_string(number) + ": " + mistake.what());
            }
        }
    }
}

void write_phrases(std::ostream& out, const std::map<std::u32string, std::vector<std::uint16_t>>& phrases,
                   const char* name) {
    out << "constexpr std::uint16_t " << name << "_readings[] = {";
    for (const auto& [text, readings] : phrases) {
        for (const auto reading : readings) out << reading << ',';
    }
    out << "};\nconstexpr Phrase " << name << "_entries[] = {\n";
    std::size_t at = 0;
    for (const auto& [text, readings] : phrases) {
        out << "{U\"";
        for (const char32_t c : text) out << "\\x" << std::hex << static_cast<std::uint32_t>(c) << std::dec;
        out << "\", " << name << "_readings + " << at << "},\n";
        at += readings.size();
    }
    out << "};\n";
}

void write(const Table& table, const char* path) {
    std::vector<std::uint16_t> common(common_last - common_first + 1);
    std::ofstream out(path);
    out << "// Generated by tools/generate_pinyin.cpp.\n#include \"base/pinyin_table.hpp\"\n\nnamespace "
           "gx::pinyin_table {\n\nnamespace {\n\n";
    out << "constexpr std::string_view syllable_entries[] = {";
    for (const std::string& syllable : table.syllables) out << '"' << syllable << "\",";
    out << "};\nconstexpr Rare rare_entries[] = {";
    for (const auto& [c, reading] : table.readings) {
        if (c >= common_first && c <= common_last) {
            common[c - common_first] = reading;
        } else {
            out << '{' << static_cast<std::uint32_t>(c) << ',' << reading << "},\n";
        }
    }
    out << "};\n";
    for (const auto& [text, readings] : table.phrases) common[text.front() - common_first] |= 0x8000;
    for (const auto& [text, readings] : table.names) common[text.front() - common_first] |= 0x4000;
    out << "constexpr std::uint16_t common_entries[] = {";
    for (std::size_t i = 0; i < common.size(); ++i) out << common[i] << (i % 32 == 31 ? ",\n" : ",");
    out << "};\n";
    write_phrases(out, table.phrases, "phrase");
    write_phrases(out, table.names, "name");
    out << "\n}  // namespace\n\n"
           "std::span<const std::string_view> syllables() { return syllable_entries; }\n"
           "std::span<const std::uint16_t> common() { return common_entries; }\n"
           "std::span<const Rare> rare() { return rare_entries; }\n"
           "std::span<const Phrase> phrases() { return phrase_entries; }\n"
           "std::span<const Phrase> family_names() { return name_entries; }\n"
           "\n}  // namespace gx::pinyin_table\n";
    out.close();
    if (!out) throw std::runtime_error(std::string("cannot write ") + path);
}

}  // namespace

int main(int count, char** arguments) {
    try {
        if (count != 3) throw std::runtime_error("usage: generate_pinyin PHRASES OUT");
        Table table;
        read_characters(table);
        read_phrases(table, arguments[1]);
        if (table.syllables.size() > 0x0FFF) throw std::runtime_error("too many syllables for the table");
        write(table, arguments[2]);
        return 0;
    } catch (const std::exception& mistake) {
        std::cerr << "generate_pinyin: " << mistake.what() << '\n';
        return 1;
    }
}
