// A small regular expression for field patterns, matched against the whole text in time linear to its length, so that
// no declaration can make a save slow. Literals, ".", classes "[A-Z0-9_]" "[^…]", \d \w \s, groups, "|", ? * + {n}
// {n,m}.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gx::meta {

class Pattern {
public:
    static constexpr std::size_t source_max = 500;
    static constexpr std::size_t states_max = 2000;
    static constexpr std::uint32_t repeat_max = 200;

    // Null and the reason in `why` when the source is not a pattern.
    static std::shared_ptr<const Pattern> compile(std::string_view source, std::string& why);
    bool matches(std::string_view text) const;

private:
    friend class PatternCompiler;
    struct Range {
        char32_t first, last;
    };
    struct State {
        enum class Kind { characters, split, end } kind = Kind::end;
        bool inverted = false;
        std::vector<Range> ranges;
        std::uint32_t next = 0, other = 0;
    };
    std::vector<State> states_;
    std::uint32_t start_ = 0;
};

}  // namespace gx::meta
