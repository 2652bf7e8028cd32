#include <algorithm>
#include <optional>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "expr/typing.hpp"

namespace gx::expr {

namespace {

enum class Kind { end, number, text, name, sign };

struct Token {
    Kind kind = Kind::end;
    std::string_view source;  // as written; of a name the whole path "customer.industry"
    std::uint32_t position = 0;

    bool is(std::string_view sign_or_word) const {
        return (kind == Kind::sign || kind == Kind::name) && source == sign_or_word;
    }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || is_digit(c); }

class Lexer {
public:
    explicit Lexer(std::string_view source) : source_(source) {}

    Token next() {
        while (at_ < source_.size() && std::string_view(" \t\r\n").find(source_[at_]) != std::string_view::npos) ++at_;
        if (at_ == source_.size()) return {Kind::end, {}, position()};
        const char c = source_[at_];
        const std::size_t begin = at_;
        if (is_digit(c)) {
            take_digits();
            if (at_ + 1 < source_.size() && source_[at_] == '.' && is_digit(source_[at_ + 1])) {
                ++at_;
                take_digits();
            }
            return token(Kind::number, begin);
        }
        if (is_name_start(c)) {
            take_name();
            while (at_ + 1 < source_.size() && source_[at_] == '.' && is_name_start(source_[at_ + 1])) {
                ++at_;
                take_name();
            }
            return token(Kind::name, begin);
        }
        if (c == '\'') {
            for (++at_; at_ < source_.size(); ++at_) {
                if (source_[at_] != '\'') continue;
                if (at_ + 1 == source_.size() || source_[at_ + 1] != '\'') break;
                ++at_;
            }
            if (at_ == source_.size())
                throw Mistake{static_cast<std::uint32_t>(begin), "why.expression_open_text", "'"};
            ++at_;
            return token(Kind::text, begin);
        }
        for (const std::string_view sign : {"<=", ">=", "!=", "<>", "=", "<", ">", "+", "-", "*", "/", "(", ")", ","}) {
            if (!source_.substr(at_).starts_with(sign)) continue;
            at_ += sign.size();
            return token(Kind::sign, begin);
        }
        std::string character;
        append_utf8(character, to_code_points(source_.substr(at_, 4)).front());
        throw Mistake{position(), "why.expression_unexpected", character};
    }

private:
    void take_digits() {
        while (at_ < source_.size() && is_digit(source_[at_])) ++at_;
    }
    void take_name() {
        while (at_ < source_.size() && is_name(source_[at_])) ++at_;
    }
    std::uint32_t position() const { return static_cast<std::uint32_t>(at_); }
    Token token(Kind kind, std::size_t begin) const {
        return {kind, source_.substr(begin, at_ - begin), static_cast<std::uint32_t>(begin)};
    }

    std::string_view source_;
    std::size_t at_ = 0;
};

std::string unquote(std::string_view source) {
    std::string out;
    for (std::size_t i = 1; i + 1 < source.size(); ++i) {
        out.push_back(source[i]);
        if (source[i] == '\'') ++i;
    }
    return out;
}

struct Operator {
    std::string_view sign;
    Op op;
};

class Parser {
public:
    Parser(std::string_view source, const Scope& scope, const Limits& limits)
        : lexer_(source), scope_(scope), limits_(limits) {
        advance();
    }

    Node parse() {
        Node node = parse_or();
        if (token_.kind != Kind::end) unexpected();
        return node;
    }

private:
    // Counts one level of nesting; source that nests too deep would exhaust the stack.
    class Level {
    public:
        explicit Level(Parser& parser) : parser_(parser) {
            if (++parser_.depth_ > parser_.limits_.depth_max)
                throw Mistake{parser_.token_.position, "why.expression_too_deep", {}};
        }
        ~Level() { --parser_.depth_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

    private:
        Parser& parser_;
    };

    void advance() { token_ = lexer_.next(); }

    bool take(std::string_view sign_or_word) {
        if (!token_.is(sign_or_word)) return false;
        advance();
        return true;
    }

    void expect(std::string_view sign) {
        if (!take(sign)) {
            if (token_.kind == Kind::end) throw Mistake{token_.position, "why.expression_missing", std::string(sign)};
            unexpected();
        }
    }

    [[noreturn]] void unexpected() const {
        if (token_.kind == Kind::end) throw Mistake{token_.position, "why.expression_ends_early", {}};
        throw Mistake{token_.position, "why.expression_unexpected", std::string(token_.source)};
    }

    Node finish(Node node) {
        if (++nodes_ > limits_.nodes_max) throw Mistake{node.position, "why.expression_too_long", {}};
        settle(node, scope_);
        return node;
    }

    Node make(Op op, std::uint32_t position, std::vector<Node> children) {
        Node node;
        node.op = op;
        node.position = position;
        node.children = std::move(children);
        return finish(std::move(node));
    }

    Node parse_or() {
        return parse_chain("or", Op::op_or, [this] { return parse_and(); });
    }
    Node parse_and() {
        return parse_chain("and", Op::op_and, [this] { return parse_not(); });
    }

    template <class Part>
    Node parse_chain(std::string_view word, Op op, Part part) {
        const std::uint32_t position = token_.position;
        std::vector<Node> children;
        children.push_back(part());
        while (take(word)) children.push_back(part());
        return children.size() == 1 ? std::move(children.front()) : make(op, position, std::move(children));
    }

    Node parse_not() {
        const Level level(*this);
        const std::uint32_t position = token_.position;
        if (!take("not")) return parse_comparison();
        std::vector<Node> children;
        children.push_back(parse_not());
        return make(Op::op_not, position, std::move(children));
    }

    Node parse_comparison() {
        Node left = parse_sum();
        const std::uint32_t position = token_.position;
        for (const auto& [sign, op] : {Operator{"=", Op::equal},
                                       {"!=", Op::not_equal},
                                       {"<>", Op::not_equal},
                                       {"<", Op::less},
                                       {"<=", Op::less_equal},
                                       {">", Op::greater},
                                       {">=", Op::greater_equal}}) {
            if (token_.kind != Kind::sign || !take(sign)) continue;
            std::vector<Node> children;
            children.push_back(std::move(left));
            children.push_back(parse_sum());
            return make(op, position, std::move(children));
        }
        if (take("not")) {
            if (!take("in")) unexpected();
            std::vector<Node> children;
            children.push_back(parse_members(std::move(left), position));
            return make(Op::op_not, position, std::move(children));
        }
        if (take("in")) return parse_members(std::move(left), position);
        return left;
    }

    Node parse_members(Node left, std::uint32_t position) {
        expect("(");
        std::vector<Node> children;
        children.push_back(std::move(left));
        do {
            children.push_back(parse_sum());
        } while (take(","));
        expect(")");
        return make(Op::in, position, std::move(children));
    }

    Node parse_sum() {
        return parse_left_to_right({Operator{"+", Op::add}, {"-", Op::subtract}}, [this] { return parse_product(); });
    }
    Node parse_product() {
        return parse_left_to_right({Operator{"*", Op::multiply}, {"/", Op::divide}}, [this] { return parse_unary(); });
    }

    template <class Part>
    Node parse_left_to_right(std::initializer_list<Operator> operators, Part part) {
        Node left = part();
        for (std::size_t length = 0;; ++length) {
            const auto found = std::ranges::find_if(operators, [&](const Operator& candidate) {
                return token_.kind == Kind::sign && token_.source == candidate.sign;
            });
            if (found == operators.end()) return left;
            // Each step of "a + b + c" makes the tree deeper by one, and others walk the tree by recursion.
            if (length == chain_max) throw Mistake{token_.position, "why.expression_too_deep", {}};
            const std::uint32_t position = token_.position;
            advance();
            std::vector<Node> children;
            children.push_back(std::move(left));
            children.push_back(part());
            left = make(found->op, position, std::move(children));
        }
    }

    Node parse_unary() {
        const std::uint32_t position = token_.position;
        if (token_.kind != Kind::sign || !take("-")) return parse_primary();
        const Level level(*this);
        if (token_.kind == Kind::number) {
            Node number = parse_number();
            number.value = -std::get<Decimal>(number.value);
            number.position = position;
            return number;
        }
        std::vector<Node> children;
        children.push_back(parse_unary());
        return make(Op::negate, position, std::move(children));
    }

    Node parse_number() {
        const auto number = parse_decimal(token_.source);
        if (!number) throw Mistake{token_.position, "why.expression_number", std::string(token_.source)};
        Node node = finish(literal(*number, token_.position));
        advance();
        return node;
    }

    Node parse_primary() {
        const Token token = token_;
        if (token.kind == Kind::number) return parse_number();
        if (token.kind == Kind::text) {
            advance();
            return finish(literal(unquote(token.source), token.position));
        }
        if (take("(")) {
            Node node = parse_or();
            expect(")");
            return node;
        }
        if (token.kind != Kind::name) unexpected();
        advance();
        if (token_.is("(")) return parse_call(token);
        if (token.source == "true" || token.source == "false")
            return finish(literal(token.source == "true", token.position));
        if (token.source == "null") return finish(literal({}, token.position));
        for (const std::string_view reserved : {"and", "or", "not", "in"}) {
            if (token.source == reserved)
                throw Mistake{token.position, "why.expression_unexpected", std::string(reserved)};
        }
        return parse_path(token);
    }

    Node parse_path(const Token& token) {
        Node node;
        node.op = Op::path;
        node.position = token.position;
        for (std::string_view rest = token.source; !rest.empty();) {
            const std::size_t end = std::min(rest.find('.'), rest.size());
            node.path.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        if (node.path.size() > path_max) throw Mistake{token.position, "why.expression_too_deep", {}};
        return finish(std::move(node));
    }

    Node parse_call(const Token& token) {
        expect("(");
        std::vector<Node> arguments;
        if (!take(")")) {
            do {
                arguments.push_back(parse_or());
            } while (take(","));
            expect(")");
        }
        if (auto constant = make_constant(token, arguments)) return finish(std::move(*constant));

        Node node;
        node.op = Op::call;
        node.position = token.position;
        node.children = std::move(arguments);
        struct Known {
            std::string_view name;
            Op op;
            std::size_t arguments;
        };
        for (const auto& [name, op, count] : {Known{"if", Op::conditional, 3},
                                              {"is_empty", Op::is_empty, 1},
                                              {"is_not_empty", Op::is_not_empty, 1},
                                              {"contains", Op::contains, 2},
                                              {"starts_with", Op::starts_with, 2}}) {
            if (token.source != name) continue;
            if (node.children.size() != count)
                throw Mistake{token.position, "why.expression_arguments", std::string(name)};
            node.op = op;
            return finish(std::move(node));
        }
        node.name = token.source;
        return finish(std::move(node));
    }

    // date('2026-11-24') and its like: values that have no sign of their own.
    static std::optional<Node> make_constant(const Token& token, const std::vector<Node>& arguments) {
        const bool one = token.source == "date" || token.source == "time" || token.source == "id";
        if (!one && token.source != "money") return std::nullopt;
        std::vector<std::string> texts;
        for (const Node& argument : arguments) {
            const auto* text = argument.op == Op::literal ? std::get_if<std::string>(&argument.value) : nullptr;
            if (text) texts.push_back(*text);
        }
        if (arguments.size() != (one ? 1U : 2U) || texts.size() != arguments.size())
            throw Mistake{token.position, "why.expression_arguments", std::string(token.source)};
        std::optional<Value> value;
        if (token.source == "date") value = parse_date(texts[0]);
        if (token.source == "time") value = parse_timestamp(texts[0]);
        if (token.source == "id") value = parse_record_id(texts[0]);
        if (token.source == "money") {
            const auto amount = parse_decimal(texts[0]);
            const auto currency = parse_currency(texts[1]);
            if (amount && currency) value = Money{*amount, *currency};
        }
        if (!value) throw Mistake{arguments[0].position, "why.expression_constant", texts[0]};
        return literal(std::move(*value), token.position);
    }

    static constexpr std::size_t chain_max = 100;
    static constexpr std::size_t path_max = 8;

    Lexer lexer_;
    const Scope& scope_;
    const Limits& limits_;
    Token token_;
    std::size_t depth_ = 0;
    std::size_t nodes_ = 0;
};

Failure to_failure(const Mistake& mistake, std::string_view source) {
    const std::string_view before = source.substr(0, mistake.position);
    std::string at;
    for (const char32_t c : to_code_points(source.substr(before.size(), 80))) {
        if (count_code_points(at) == 20) break;
        append_utf8(at, c);
    }
    return {Failure::Kind::invalid,
            "expression",
            {{"position", std::to_string(count_code_points(before) + 1)},
             {"why", mistake.why},
             {"at", at},
             {"what", mistake.what}}};
}

}  // namespace

Node parse(std::string_view source, const Scope& scope, Limits limits) {
    try {
        if (source.size() > limits.length_max) throw Mistake{0, "why.expression_too_long", {}};
        if (!is_valid_utf8(source)) throw Mistake{0, "why.json_not_utf8", {}};
        return Parser(source, scope, limits).parse();
    } catch (const Mistake& mistake) {
        throw to_failure(mistake, source);
    }
}

}  // namespace gx::expr
