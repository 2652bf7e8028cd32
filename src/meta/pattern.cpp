#include "meta/pattern.hpp"

#include <optional>
#include <utility>

#include "base/text.hpp"

namespace gx::meta {

// Parses into a tree first, because a counted repetition copies its operand.
class PatternCompiler {
public:
    explicit PatternCompiler(std::string_view source) : source_(to_code_points(source)) {}

    std::shared_ptr<const Pattern> compile(std::string& why) {
        std::optional<Tree> tree = alternatives(0);
        if (tree && at_ < source_.size()) fail("unexpected ')'");
        if (!why_.empty()) {
            why = why_;
            return nullptr;
        }
        auto pattern = std::make_shared<Pattern>();
        pattern->states_.emplace_back();
        pattern->start_ = emit(*pattern, *tree, 0);
        if (pattern->states_.size() >= Pattern::states_max) {
            why = "the pattern is too large";
            return nullptr;
        }
        return pattern;
    }

private:
    using State = Pattern::State;
    struct Tree {
        enum class Kind { characters, sequence, either, repeat } kind = Kind::sequence;
        State characters;
        std::vector<Tree> children;
        std::uint32_t least = 0, most = 0;  // repeat; most 0 = without end
    };
    static constexpr int depth_max = 20;

    void fail(std::string why) {
        if (why_.empty()) why_ = std::move(why) + " at character " + std::to_string(at_ + 1);
    }
    bool more() const { return why_.empty() && at_ < source_.size(); }
    bool take(char32_t c) {
        if (at_ >= source_.size() || source_[at_] != c) return false;
        ++at_;
        return true;
    }

    std::optional<Tree> alternatives(int depth) {
        if (depth > depth_max) return fail("too many nested groups"), std::nullopt;
        Tree either{Tree::Kind::either, {}, {}, 0, 0};
        do {
            Tree sequence;
            while (more() && source_[at_] != U'|' && source_[at_] != U')') {
                std::optional<Tree> item = repeated(depth);
                if (!item) return std::nullopt;
                sequence.children.push_back(std::move(*item));
            }
            either.children.push_back(std::move(sequence));
        } while (take(U'|'));
        return either;
    }

    std::optional<Tree> repeated(int depth) {
        std::optional<Tree> item = single(depth);
        if (!item) return std::nullopt;
        if (take(U'?')) return repeat(std::move(*item), 0, 1);
        if (take(U'*')) return repeat(std::move(*item), 0, 0);
        if (take(U'+')) return repeat(std::move(*item), 1, 0);
        if (!take(U'{')) return item;
        const std::optional<std::uint32_t> least = number();
        std::optional<std::uint32_t> most = least;
        if (take(U','))
            most = at_ < source_.size() && source_[at_] == U'}' ? std::optional<std::uint32_t>(0) : number();
        if (!least || !most || !take(U'}') || (*most != 0 && *most < *least) || (*most == 0 && *least == 0))
            return fail("a repetition is {n}, {n,} or {n,m}"), std::nullopt;
        return repeat(std::move(*item), *least, *most);
    }

    static Tree repeat(Tree item, std::uint32_t least, std::uint32_t most) {
        Tree tree{Tree::Kind::repeat, {}, {}, least, most};
        tree.children.push_back(std::move(item));
        return tree;
    }

    std::optional<std::uint32_t> number() {
        std::uint32_t value = 0;
        const std::size_t from = at_;
        while (at_ < source_.size() && source_[at_] >= U'0' && source_[at_] <= U'9' && value <= Pattern::repeat_max)
            value = value * 10 + static_cast<std::uint32_t>(source_[at_++] - U'0');
        if (at_ == from || value > Pattern::repeat_max) return std::nullopt;
        return value;
    }

    std::optional<Tree> single(int depth) {
        Tree tree{Tree::Kind::characters, {}, {}, 0, 0};
        tree.characters.kind = State::Kind::characters;
        const char32_t c = source_[at_++];
        switch (c) {
            case U'(': {
                std::optional<Tree> inner = alternatives(depth + 1);
                if (inner && !take(U')')) return fail("missing ')'"), std::nullopt;
                return inner;
            }
            case U'[':
                if (!read_class(tree.characters)) return std::nullopt;
                return tree;
            case U'.':
                tree.characters.ranges.push_back({0, 0x10FFFF});
                return tree;
            case U'\\':
                if (!read_escape(tree.characters)) return std::nullopt;
                return tree;
            case U'*':
            case U'+':
            case U'?':
            case U'{':
                --at_;
                return fail("nothing to repeat"), std::nullopt;
            default:
                tree.characters.ranges.push_back({c, c});
                return tree;
        }
    }

    bool read_escape(State& state) {
        if (at_ >= source_.size()) return fail("a character must follow '\\'"), false;
        const char32_t c = source_[at_++];
        if (c == U'd' || c == U'w') state.ranges.push_back({U'0', U'9'});
        if (c == U'w') state.ranges.insert(state.ranges.end(), {{U'A', U'Z'}, {U'a', U'z'}, {U'_', U'_'}});
        if (c == U's') state.ranges.insert(state.ranges.end(), {{U' ', U' '}, {U'\t', U'\r'}, {0x3000, 0x3000}});
        if (c == U'd' || c == U'w' || c == U's') return true;
        if ((c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9'))
            return fail("unknown escape"), false;
        state.ranges.push_back({c, c});
        return true;
    }

    bool read_class(State& state) {
        state.inverted = take(U'^');
        while (at_ < source_.size() && source_[at_] != U']') {
            char32_t first = source_[at_++];
            if (first == U'\\') {
                if (!read_escape(state)) return false;
                continue;
            }
            char32_t last = first;
            if (at_ + 1 < source_.size() && source_[at_] == U'-' && source_[at_ + 1] != U']') {
                last = source_[at_ + 1];
                at_ += 2;
            }
            if (last < first) return fail("a range must rise"), false;
            state.ranges.push_back({first, last});
        }
        if (!take(U']')) return fail("missing ']'"), false;
        if (state.ranges.empty()) return fail("an empty class"), false;
        return true;
    }

    // Back to front: every part is given the state that follows it.
    std::uint32_t emit(Pattern& pattern, const Tree& tree, std::uint32_t next) const {
        if (pattern.states_.size() >= Pattern::states_max) return next;
        switch (tree.kind) {
            case Tree::Kind::characters: {
                State state = tree.characters;
                state.next = next;
                return add(pattern, std::move(state));
            }
            case Tree::Kind::sequence:
                for (auto part = tree.children.rbegin(); part != tree.children.rend(); ++part)
                    next = emit(pattern, *part, next);
                return next;
            case Tree::Kind::either: {
                std::uint32_t start = emit(pattern, tree.children.back(), next);
                for (std::size_t i = tree.children.size() - 1; i-- > 0;)
                    start = add(pattern, split(emit(pattern, tree.children[i], next), start));
                return start;
            }
            case Tree::Kind::repeat: {
                const Tree& item = tree.children.front();
                if (tree.most == 0) {
                    const std::uint32_t loop = add(pattern, split(next, next));
                    pattern.states_[loop].next = emit(pattern, item, loop);
                    next = loop;
                }
                // Skipping one optional copy skips the rest of them as well.
                const std::uint32_t end = next;
                for (std::uint32_t i = tree.least; i < tree.most; ++i)
                    next = add(pattern, split(emit(pattern, item, next), end));
                for (std::uint32_t i = 0; i < tree.least; ++i) next = emit(pattern, item, next);
                return next;
            }
        }
        return next;
    }
    static State split(std::uint32_t one, std::uint32_t other) {
        State state;
        state.kind = State::Kind::split;
        state.next = one;
        state.other = other;
        return state;
    }
    static std::uint32_t add(Pattern& pattern, State state) {
        pattern.states_.push_back(std::move(state));
        return static_cast<std::uint32_t>(pattern.states_.size() - 1);
    }

    std::vector<char32_t> source_;
    std::size_t at_ = 0;
    std::string why_;
};

std::shared_ptr<const Pattern> Pattern::compile(std::string_view source, std::string& why) {
    if (source.size() > source_max) {
        why = "the pattern is longer than " + std::to_string(source_max) + " bytes";
        return nullptr;
    }
    return PatternCompiler(source).compile(why);
}

bool Pattern::matches(std::string_view text) const {
    std::vector<std::uint32_t> now, then, open;
    std::vector<std::size_t> seen(states_.size(), 0);
    std::size_t step = 1;
    const auto enter = [&](std::uint32_t start, std::vector<std::uint32_t>& into) {
        open.assign(1, start);
        while (!open.empty()) {
            const std::uint32_t at = open.back();
            open.pop_back();
            if (seen[at] == step) continue;
            seen[at] = step;
            if (states_[at].kind == State::Kind::split) {
                open.push_back(states_[at].next);
                open.push_back(states_[at].other);
            } else {
                into.push_back(at);
            }
        }
    };
    enter(start_, now);
    for (const char32_t c : to_code_points(text)) {
        ++step;
        then.clear();
        for (const std::uint32_t at : now) {
            const State& state = states_[at];
            if (state.kind != State::Kind::characters) continue;
            bool within = false;
            for (const Range& range : state.ranges) within = within || (c >= range.first && c <= range.last);
            if (within != state.inverted) enter(state.next, then);
        }
        std::swap(now, then);
    }
    for (const std::uint32_t at : now)
        if (states_[at].kind == State::Kind::end) return true;
    return false;
}

}  // namespace gx::meta
