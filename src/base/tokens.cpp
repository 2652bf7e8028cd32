#include "base/tokens.hpp"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/text.hpp"

namespace gx {

namespace {

constexpr std::size_t tokens_max = 2000;      // of one text; what comes after is found by its beginning only
constexpr std::size_t token_length_max = 64;  // characters
constexpr std::size_t syllables_max = 32;
constexpr std::size_t pinyin_bytes_max = 2048;
constexpr std::size_t text_bytes_max = 100'000;
constexpr std::size_t words_max = 8;
constexpr std::size_t alternatives_max = 9;
constexpr std::size_t long_number = 7;
constexpr std::size_t shortest_tail = 4;

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

class TokenSink {
public:
    explicit TokenSink(std::vector<std::string>& out)
        : out_(out), most_(out.size() + tokens_max), seen_(out.begin(), out.end()) {}

    bool full() const { return out_.size() >= most_; }
    void add(std::string token) {
        if (token.empty() || full()) return;
        if (seen_.insert(token).second) out_.push_back(std::move(token));
    }

private:
    std::vector<std::string>& out_;
    std::size_t most_;
    std::unordered_set<std::string> seen_;
};

void add_run(const Run& run, TokenSink& sink) {
    const auto& points = run.points;
    if (run.cjk) {
        for (std::size_t i = 0; i + 1 < points.size() && !sink.full(); ++i) sink.add(join(points, i, i + 2));
        sink.add(join(points, points.size() - 1, points.size()));
        return;
    }
    sink.add(join(points, 0, points.size()));
    for (const auto& [begin, end] : run.parts) {
        if (run.parts.size() > 1) sink.add(join(points, begin, end));
        const std::size_t length = end - begin;
        if (kind_of(points[begin]) != Kind::digit || length < long_number || length > token_length_max) continue;
        for (std::size_t i = begin + 1; i + shortest_tail <= end; ++i) sink.add(join(points, i, end));
    }
}

void add_pinyin(std::string_view text, PinyinOf of, TokenSink& sink) {
    // No more than can be used is read: a text may be long, a name is not.
    std::vector<std::string> syllables = pinyin_syllables(text.substr(0, pinyin_bytes_max), of);
    if (syllables.size() > syllables_max) syllables.resize(syllables_max);
    std::string full;
    std::string initials;
    std::vector<std::string> tokens;
    for (std::size_t i = syllables.size(); i-- > 0;) {
        full = syllables[i] + full;
        std::string first;
        append_utf8(first, to_code_points(syllables[i]).front());
        initials = first + initials;
        const std::vector<char32_t> points = to_code_points(full);
        tokens.push_back("py:" + join(points, 0, points.size()));
        if (i + 1 < syllables.size()) tokens.push_back("pi:" + initials);
    }
    std::for_each(tokens.rbegin(), tokens.rend(), [&](std::string& token) { sink.add(std::move(token)); });
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

std::vector<Terms> alternatives_of(const Run& run) {
    const auto& points = run.points;
    if (run.cjk) {
        if (points.size() == 1) return {{{join(points, 0, 1), true}}};
        Terms terms;
        for (std::size_t i = 0; i + 1 < points.size(); ++i) terms.push_back({join(points, i, i + 2), false});
        return {terms};
    }
    const std::string word = join(points, 0, points.size());
    std::vector<Terms> out = {{{word, true}}};
    if (!run.has_letter) return out;
    const std::string typed = umlauts_as_v(word);
    out.push_back({{"py:" + typed, true}});
    if (std::string other = with_umlauts(typed); other != typed) out.push_back({{"py:" + other, true}});
    if (points.size() <= syllables_max) out.push_back({{"pi:" + word, true}});
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
