#include "base/tokens.hpp"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>

#include "base/pinyin_table.hpp"
#include "base/text.hpp"

namespace gx {

namespace {

constexpr std::size_t tokens_max = 2000;      // of one text; what comes after is found by its beginning only
constexpr std::size_t token_length_max = 64;  // characters
constexpr std::size_t syllables_max = 32;
constexpr std::size_t syllable_length_max = 6;  // zhuang
constexpr std::size_t pinyin_bytes_max = 2048;
constexpr std::size_t text_bytes_max = 100'000;
constexpr std::size_t words_max = 8;
constexpr std::size_t alternatives_max = 64;
constexpr std::size_t long_number = 7;
constexpr std::size_t shortest_tail = 4;
constexpr std::size_t fewest_digits = 3;  // fewer begin too many numbers
constexpr std::size_t most_first_digits = 4;
constexpr std::size_t fewest_letters = 2, most_first_letters = 3;

constexpr char syllable_mark = ':';
constexpr char beginning_mark = '<';
constexpr char pair_mark = '\'';
constexpr char initials_mark = '~';
constexpr char first_mark = '>';

enum class Kind { other, cjk, letter, digit };

Kind kind_of(char32_t c) {
    if (c < 0x80) {
        if (c >= '0' && c <= '9') return Kind::digit;
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? Kind::letter : Kind::other;
    }
    if (is_han(c)) return Kind::cjk;
    const auto point = static_cast<UChar32>(c);
    if (c >= 0x1100) {
        UErrorCode status = U_ZERO_ERROR;
        const UScriptCode script = uscript_getScript(point, &status);
        if (script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA || script == USCRIPT_HANGUL) return Kind::cjk;
    }
    if (u_isdigit(point)) return Kind::digit;
    return u_isalpha(point) || u_getCombiningClass(point) != 0 ? Kind::letter : Kind::other;
}

struct Run {
    bool cjk = false;
    std::vector<char32_t> points;
    std::vector<std::pair<std::size_t, std::size_t>> parts;  // [begin, end) of letters and digits inside a Latin run
    bool has_letter = false;
};

// Runs of CJK characters, and runs of letters and digits ("gtx500"), of folded text.
std::vector<Run> split_runs(std::string_view folded) {
    std::vector<Run> runs;
    Kind before = Kind::other;
    for (const char32_t c : to_code_points(folded)) {
        const Kind kind = kind_of(c);
        if (kind != Kind::other) {
            const bool cjk = kind == Kind::cjk;
            if (before == Kind::other || runs.back().cjk != cjk) {
                runs.emplace_back();
                runs.back().cjk = cjk;
            }
            Run& run = runs.back();
            if (!cjk) {
                if (kind == before && !run.parts.empty()) {
                    ++run.parts.back().second;
                } else {
                    run.parts.emplace_back(run.points.size(), run.points.size() + 1);
                }
                run.has_letter = run.has_letter || kind == Kind::letter;
            }
            run.points.push_back(c);
        }
        before = kind;
    }
    return runs;
}

std::string join(const std::vector<char32_t>& points, std::size_t begin, std::size_t end) {
    std::string out;
    for (std::size_t i = begin; i < std::min(end, begin + token_length_max); ++i) append_utf8(out, points[i]);
    return out;
}

std::string marked(char mark, std::string_view text) {
    std::string out(1, mark);
    out += text;
    return out;
}

// Keeps each token once. A text has some dozens of them: a table of places in the list costs no copies of tokens.
class TokenSink {
public:
    explicit TokenSink(std::vector<std::string>& out) : out_(out), first_(out.size()), places_(128, none) {}

    bool full() const { return out_.size() - first_ >= tokens_max; }
    void add(std::string token) {
        if (token.empty() || full()) return;
        std::uint32_t& place = place_of(token);
        if (place != none) return;
        place = static_cast<std::uint32_t>(out_.size());
        out_.push_back(std::move(token));
        if ((out_.size() - first_) * 2 > places_.size()) grow();
    }

private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    std::uint32_t& place_of(const std::string& token) {
        std::size_t at = std::hash<std::string_view>()(token) % places_.size();
        while (places_[at] != none && out_[places_[at]] != token) at = (at + 1) % places_.size();
        return places_[at];
    }
    void grow() {
        places_.assign(places_.size() * 4, none);
        for (std::size_t i = first_; i < out_.size(); ++i) place_of(out_[i]) = static_cast<std::uint32_t>(i);
    }

    std::vector<std::string>& out_;
    std::size_t first_;
    std::vector<std::uint32_t> places_;  // open addressing
};

void add_run(const Run& run, TokenSink& sink) {
    const auto& points = run.points;
    if (run.cjk) {
        for (std::size_t i = 0; i + 1 < points.size() && !sink.full(); ++i) sink.add(join(points, i, i + 2));
        sink.add(join(points, points.size() - 1, points.size()));
        return;
    }
    const auto add_word = [&](std::size_t begin, std::size_t end, bool has_letter) {
        sink.add(join(points, begin, end));
        const std::size_t most = has_letter ? std::min(end - begin, most_first_letters) : 0;
        for (std::size_t first = fewest_letters; first <= most; ++first)
            sink.add(marked(first_mark, join(points, begin, begin + first)));
    };
    add_word(0, points.size(), run.has_letter);
    for (const auto& [begin, end] : run.parts) {
        const bool digits = kind_of(points[begin]) == Kind::digit;
        if (run.parts.size() > 1) add_word(begin, end, !digits);
        const std::size_t length = end - begin;
        if (!digits || length > token_length_max) continue;
        for (std::size_t first = fewest_digits; first <= std::min(length, most_first_digits); ++first)
            sink.add(marked(first_mark, join(points, begin, begin + first)));
        if (length < long_number) continue;
        for (std::size_t i = begin + 1; i + shortest_tail <= end; ++i) sink.add(join(points, i, end));
    }
}

// The syllables of Chinese, sorted.
const std::vector<std::string_view>& known_syllables() {
    static const std::vector<std::string_view> sorted = [] {
        const auto all = pinyin_table::syllables();
        std::vector<std::string_view> out(all.begin(), all.end());
        std::ranges::sort(out);
        std::erase(out, std::string_view());
        return out;
    }();
    return sorted;
}

bool is_syllable(std::string_view text) { return std::ranges::binary_search(known_syllables(), text); }

bool begins_syllable(std::string_view text) {
    const auto at = std::ranges::lower_bound(known_syllables(), text);
    return at != known_syllables().end() && at->starts_with(text);
}

std::string pair_token(std::string_view first, std::string_view second) {
    std::string out = marked(pair_mark, first);
    out += pair_mark;
    out += second;
    return out;
}

std::string cut(const std::string& text) {
    const std::vector<char32_t> points = to_code_points(text);
    return points.size() <= token_length_max / 2 ? text : join(points, 0, token_length_max / 2);
}

void add_pinyin(std::string_view text, PinyinOf of, TokenSink& sink) {
    // No more than can be used is read: a text may be long, a name is not.
    std::vector<std::string> syllables = pinyin_syllables(text.substr(0, pinyin_bytes_max), of);
    if (syllables.size() > syllables_max) syllables.resize(syllables_max);
    std::vector<std::string> firsts;
    for (std::string& syllable : syllables) {
        syllable = cut(syllable);
        append_utf8(firsts.emplace_back(), to_code_points(syllable).front());
    }
    for (std::size_t i = 0; i < syllables.size(); ++i) {
        // Other words are indexed as words. Of the whole name also the first letter.
        if (i == 0) sink.add(marked(beginning_mark, firsts[0]));
        if (is_syllable(syllables[i])) {
            sink.add(marked(syllable_mark, syllables[i]));
            sink.add(marked(beginning_mark, syllables[i].substr(0, 2)));
        }
        if (i + 1 < syllables.size()) {
            sink.add(pair_token(syllables[i], syllables[i + 1]));
            sink.add(marked(initials_mark, firsts[i] + firsts[i + 1]));
        }
        if (i + 2 < syllables.size()) sink.add(marked(initials_mark, firsts[i] + firsts[i + 1] + firsts[i + 2]));
    }
}

// Input methods write lü as lv; people also type lu.
std::string with_umlauts(std::string word) {
    for (std::size_t i = 0; i + 1 < word.size(); ++i) {
        if ((word[i] == 'l' || word[i] == 'n') && word[i + 1] == 'u' &&
            !(i + 2 < word.size() && (word[i + 2] == 'o' || word[i + 2] == 'a'))) {
            word[i + 1] = 'v';
        }
    }
    return word;
}

std::string umlauts_as_v(std::string_view word) {
    std::string out;
    for (const char32_t c : to_code_points(word)) append_utf8(out, c == U'ü' ? U'v' : c);
    return out;
}

using Terms = std::vector<QueryWord::Term>;

// Each way to read letters as syllables of which the last may be unfinished: "xian" is xi'an, and the beginning of
// xian.
class Readings {
public:
    Readings(std::string_view typed, std::vector<Terms>& out) : typed_(typed), out_(out), dead_(typed.size(), false) {}
    void add_all() { read(0); }

private:
    // True when there is a way to read what stands from `begin` on.
    bool read(std::size_t begin) {
        if (dead_[begin] || out_.size() + 1 >= alternatives_max) return false;  // one is left for the initials
        bool found = false;
        const std::string_view rest = typed_.substr(begin);
        if (begins_syllable(rest)) {
            add(rest);
            found = true;
        }
        // The longest first: that is how they are mostly meant.
        for (std::size_t length = std::min(syllable_length_max, rest.size() - 1); length > 0; --length) {
            if (!is_syllable(rest.substr(0, length))) continue;
            before_.push_back(rest.substr(0, length));
            found = read(begin + length) || found;
            before_.pop_back();
        }
        dead_[begin] = !found;
        return found;
    }

    void add(std::string_view last) {
        if (before_.empty() && last.size() <= 2) {
            out_.push_back({{marked(beginning_mark, last), false}});
            return;
        }
        Terms terms;
        for (std::size_t i = 0; i + 1 < before_.size(); ++i)
            terms.push_back({pair_token(before_[i], before_[i + 1]), false});
        const auto token = [&](std::string_view syllable) {
            return before_.empty() ? marked(syllable_mark, syllable) : pair_token(before_.back(), syllable);
        };
        auto at = std::ranges::lower_bound(known_syllables(), last);
        for (; at != known_syllables().end() && at->starts_with(last); ++at) {
            if (out_.size() + 1 >= alternatives_max) return;
            out_.push_back(terms);
            out_.back().push_back({token(*at), false});
        }
    }

    std::string_view typed_;
    std::vector<Terms>& out_;
    std::vector<bool> dead_;  // from here on there is no way
    std::vector<std::string_view> before_;
};

std::vector<Terms> alternatives_of(const Run& run) {
    const auto& points = run.points;
    if (run.cjk) {
        if (points.size() == 1) return {{{join(points, 0, 1), true}}};
        Terms terms;
        for (std::size_t i = 0; i + 1 < points.size(); ++i) terms.push_back({join(points, i, i + 2), false});
        return {terms};
    }
    const std::string word = join(points, 0, points.size());
    // What begins too many words is looked for as it is, and at the beginning of words, numbers and names.
    const std::size_t fewest = run.has_letter ? fewest_letters : fewest_digits;
    const std::size_t most = run.has_letter ? most_first_letters : most_first_digits;
    std::vector<Terms> out = {{{word, points.size() > most}}};
    if (points.size() >= fewest && points.size() <= most) out.push_back({{marked(first_mark, word), false}});
    if (!run.has_letter) return out;
    const std::string typed = umlauts_as_v(word);
    Readings(typed, out).add_all();
    if (const std::string other = with_umlauts(typed); other != typed) Readings(other, out).add_all();
    if (points.size() >= 2 && points.size() <= syllables_max) {
        Terms initials;
        const std::size_t length = std::min<std::size_t>(points.size(), 3);
        for (std::size_t i = 0; i + length <= points.size(); ++i)
            initials.push_back({marked(initials_mark, join(points, i, i + length)), false});
        out.push_back(std::move(initials));
    }
    return out;
}

std::vector<Terms> combine(const std::vector<Terms>& left, const std::vector<Terms>& right) {
    std::vector<Terms> out;
    for (const Terms& a : left) {
        for (const Terms& b : right) {
            if (out.size() == alternatives_max) return out;
            out.push_back(a);
            out.back().insert(out.back().end(), b.begin(), b.end());
        }
    }
    return out;
}

QueryWord make_word(std::string word, const std::vector<Run>& runs) {
    QueryWord out;
    out.alternatives = {{}};
    const Run* longest = nullptr;
    for (const Run& run : runs) {
        out.alternatives = combine(out.alternatives, alternatives_of(run));
        if (run.cjk && (!longest || run.points.size() > longest->points.size())) longest = &run;
    }
    out.literal = runs.size() == 1 && runs.front().cjk && runs.front().points.size() == count_code_points(word);
    out.recheck = longest && longest->points.size() >= 3;
    // Other parts of the word may have matched as pinyin, so only the CJK part can be looked for literally.
    out.folded = out.recheck && runs.size() > 1 ? join(longest->points, 0, longest->points.size()) : std::move(word);
    return out;
}

}  // namespace

void index_tokens(std::string_view text, const IndexOptions& options, std::vector<std::string>& out) {
    TokenSink sink(out);
    for (const Run& run : split_runs(fold(text.substr(0, text_bytes_max)))) {
        if (sink.full()) break;
        add_run(run, sink);
    }
    if (options.pinyin) add_pinyin(text, options.reading, sink);
}

bool is_pinyin_token(std::string_view token) {
    if (token.empty()) return false;
    const char first = token.front();
    return first == syllable_mark || first == beginning_mark || first == pair_mark || first == initials_mark;
}

std::vector<QueryWord> query_words(std::string_view typed) {
    const std::string folded = fold(typed.substr(0, 4096));
    std::vector<QueryWord> words;
    for (std::size_t begin = 0; begin < folded.size() && words.size() < words_max;) {
        const std::size_t end = std::min(folded.find(' ', begin), folded.size());
        std::vector<char32_t> points = to_code_points(std::string_view(folded).substr(begin, end - begin));
        begin = end + 1;
        std::string word = join(points, 0, points.size());
        const std::vector<Run> runs = split_runs(word);
        if (!runs.empty()) words.push_back(make_word(std::move(word), runs));
    }
    return words;
}

}  // namespace gx
