#include "expr/expr.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>

#include "base/failure.hpp"
#include "base/texts.hpp"

namespace gx::expr {
namespace {

class TestScope final : public Scope {
public:
    std::optional<Type> type_of(const std::vector<std::string>& path) const override {
        static const std::map<std::vector<std::string>, Type> types = {
            {{"b"}, Type::boolean},    {{"n"}, Type::number},      {{"m"}, Type::money},      {{"d"}, Type::date},
            {{"at"}, Type::timestamp}, {{"t"}, Type::text},        {{"id"}, Type::id},        {{"codes"}, Type::codes},
            {{"ids"}, Type::ids},      {{"a", "n"}, Type::number}, {{"where"}, Type::address}};
        const auto found = types.find(path);
        return found == types.end() ? std::nullopt : std::optional(found->second);
    }
};
const TestScope scope;

std::string message(std::string_view source) {
    try {
        parse(source, scope);
    } catch (const Failure& failure) {
        return text(Language::en, failure.key(), failure.params());
    }
    return "none";
}

TEST(Expression, TellsWhatIsWrongAndWhere) {
    EXPECT_EQ(message("t = '华信' and nme = 1"), "Mistake in the expression at character 14: there is no field “nme”");
    EXPECT_EQ(message("n = "), "Mistake in the expression at character 5: it ends too early");
    EXPECT_EQ(message("n = 'x'"), "Mistake in the expression at character 3: the types differ: number, text");
    EXPECT_EQ(message("t = '\xff'"), "Mistake in the expression at character 1: not UTF-8");
    EXPECT_EQ(message("n = １"), "Mistake in the expression at character 5: “１” does not belong here");
}

TEST(Expression, IsWrittenInOneCanonicalWay) {
    const auto canonical = [](std::string_view source) { return to_source(parse(source, scope)); };

    EXPECT_EQ(canonical("not(b)or b  and  b"), "not b or b and b");
    EXPECT_EQ(canonical("(b or b) and not (b and b)"), "(b or b) and not (b and b)");
    EXPECT_EQ(canonical("n-(n-1)-1*-2"), "n - (n - 1) - 1 * -2");
    EXPECT_EQ(canonical("-(5)+ -n"), "-(5) + -n");
    EXPECT_EQ(canonical("t not in('it''s')"), "not t in ('it''s')");
    EXPECT_EQ(canonical("d>='2026-11-24'"), "d >= date('2026-11-24')");
    EXPECT_EQ(canonical("id = 42"), "id = id('42')");
    EXPECT_EQ(canonical("(n = 1) = b"), "(n = 1) = b");
    EXPECT_EQ(canonical("if (b, n, null)"), "if(b, n, null)");
    EXPECT_EQ(canonical("t <> 'x'"), "t != 'x'");
}

TEST(Expression, NamesEveryPathItReadsOnce) {
    EXPECT_THAT(paths(parse("n + a.n > n and is_empty(t)", scope)),
                testing::ElementsAre(std::vector<std::string>{"n"}, std::vector<std::string>{"a", "n"},
                                     std::vector<std::string>{"t"}));
}

TEST(Expression, HasLimitsOfLengthDepthAndSize) {
    EXPECT_THROW(parse(std::string(8001, ' '), scope), Failure);
    EXPECT_THROW(parse(std::string(100, '(') + "b" + std::string(100, ')'), scope), Failure);
    EXPECT_THROW(parse(std::string(100, '-') + "n", scope), Failure);
    std::string chain = "1";
    for (int i = 0; i < 200; ++i) chain += "+1";
    EXPECT_THROW(parse(chain, scope), Failure);
    std::string alternatives = "b";
    for (int i = 0; i < 1000; ++i) alternatives += " or b";
    EXPECT_THROW(parse(alternatives, scope), Failure);
    EXPECT_NO_THROW(parse(alternatives.substr(0, 1001), scope));
}

TEST(Filter, TellsWhereItIsWrongByJsonPointer) {
    try {
        from_filter(parse_json(R"({"and":[["t","is","x"],{"or":[["n","is","many"]]}]})"), scope);
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_EQ(text(Language::en, failure.key(), failure.params()),
                  "Mistake in the condition at /and/1/or/0/2: the value does not fit the field: \"many\"");
    }
}

TEST(Filter, HasALimitOfDepth) {
    std::string nested = R"(["b","is",true])";
    for (int i = 0; i < 31; ++i) nested = "{\"not\":" + nested + "}";
    EXPECT_NO_THROW(from_filter(parse_json(nested, {1 << 20, 100}), scope));
    nested = "{\"not\":" + nested + "}";
    EXPECT_THROW(from_filter(parse_json(nested, {1 << 20, 100}), scope), Failure);
}

TEST(Under, AsksTheTreeAndElseTakesTheNodeItself) {
    const Node node = parse("under(id, '7')", scope);
    const auto get = [](const std::vector<std::string>&) -> Value { return RecordId{9}; };
    const auto list = [](const std::vector<std::string>&) { return std::vector<Value>{}; };
    const auto tree = [](const std::vector<std::string>& path, RecordId top) {
        return path.front() == "id" && top == RecordId{7};
    };
    Environment environment{get, list, Timestamp{}, nullptr, {}, {}};

    EXPECT_FALSE(holds(node, environment));
    environment.under.emplace(tree);
    EXPECT_TRUE(holds(node, environment));
}

// ---- random trees: each kind is made of kinds that the typing rules allow

class RandomTrees {
public:
    explicit RandomTrees(std::uint64_t seed) : random_(seed) {}

    Node boolean(int depth) {
        if (depth == 0) return pick(3) == 0 ? value(pick(2) == 0) : path({"b"}, Type::boolean);
        switch (pick(10)) {
            case 0:
                return make(Op::op_not, Type::boolean, {boolean(depth - 1)});
            case 1:
            case 2: {
                std::vector<Node> children;
                for (std::size_t i = 0; i < 2 + pick(3); ++i) children.push_back(boolean(depth - 1));
                while (children.size() < 2) children.push_back(boolean(0));
                return make(pick(2) == 0 ? Op::op_and : Op::op_or, Type::boolean, std::move(children));
            }
            case 3:
                return make(order(), Type::boolean, {number(depth - 1), number(depth - 1)});
            case 4:
                return make(order(), Type::boolean, {text(depth - 1), text(depth - 1)});
            case 5:
                return make(order(), Type::boolean, {date(depth - 1), date(depth - 1)});
            case 6:
                return make(Op::in, Type::boolean, {text(depth - 1), text(0), text(depth - 1)});
            case 7:
                return make(pick(2) == 0 ? Op::is_empty : Op::is_not_empty, Type::boolean, {text(depth - 1)});
            case 8:
                return make(pick(2) == 0 ? Op::contains : Op::starts_with, Type::boolean,
                            {text(depth - 1), text(depth - 1)});
            default:
                return make(pick(2) == 0 ? Op::equal : Op::not_equal, Type::boolean,
                            {boolean(depth - 1), boolean(depth - 1)});
        }
    }

    Node number(int depth) {
        if (depth == 0) {
            if (pick(2) == 0) return path({"a", "n"}, Type::number);
            return value(Decimal{static_cast<std::int64_t>(random_() % 2'000'000) - 1'000'000,
                                 static_cast<std::uint8_t>(pick(10))});
        }
        switch (pick(5)) {
            case 0:
                return make(Op::negate, Type::number, {number(depth - 1)});
            case 1:
                return make(Op::conditional, Type::number, {boolean(depth - 1), number(depth - 1), number(depth - 1)});
            case 2:
                return call("max", Type::number, {number(depth - 1), number(depth - 1)});
            default: {
                static constexpr std::array<Op, 4> ops = {Op::add, Op::subtract, Op::multiply, Op::divide};
                return make(ops[pick(4)], Type::number, {number(depth - 1), number(depth - 1)});
            }
        }
    }

    Node text(int depth) {
        static const std::vector<std::string> texts = {"won", "it's", "华信 '科技'", "not", "😀", "\n", "''"};
        if (depth == 0) return pick(2) == 0 ? path({"t"}, Type::text) : value(texts[pick(texts.size())]);
        return pick(2) == 0 ? call("concat", Type::text, {text(depth - 1), text(0)})
                            : make(Op::conditional, Type::text, {boolean(depth - 1), text(depth - 1), text(depth - 1)});
    }

    Node date(int depth) {
        if (depth == 0)
            return pick(2) == 0 ? path({"d"}, Type::date)
                                : value(Date{std::chrono::days{static_cast<int>(pick(40'000))}});
        return make(pick(2) == 0 ? Op::add : Op::subtract, Type::date, {date(depth - 1), number(depth - 1)});
    }

private:
    std::size_t pick(std::size_t count) { return random_() % count; }
    Op order() {
        static constexpr std::array<Op, 6> ops = {Op::equal,      Op::not_equal, Op::less,
                                                  Op::less_equal, Op::greater,   Op::greater_equal};
        return ops[pick(6)];
    }
    static Node make(Op op, Type type, std::vector<Node> children) {
        Node node;
        node.op = op;
        node.type = type;
        node.children = std::move(children);
        return node;
    }
    static Node call(std::string name, Type type, std::vector<Node> children) {
        Node node = make(Op::call, type, std::move(children));
        node.name = std::move(name);
        return node;
    }
    static Node path(std::vector<std::string> path, Type type) {
        Node node = make(Op::path, type, {});
        node.path = std::move(path);
        return node;
    }
    static Node value(Value value) {
        Node node;
        node.type = value.index() == 1                       ? Type::boolean
                    : std::holds_alternative<Decimal>(value) ? Type::number
                    : std::holds_alternative<Date>(value)    ? Type::date
                                                             : Type::text;
        node.value = std::move(value);
        return node;
    }

    std::mt19937_64 random_;
};

TEST(Expression, IsReadBackAsItWasWritten) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomTrees trees(seed);
    for (int i = 0; i < 3000; ++i) {
        const Node node = trees.boolean(i % 5);
        const std::string source = to_source(node);
        const Node read = parse(source, scope, {1 << 20, 200, 100'000});
        ASSERT_TRUE(read == node) << source;
        ASSERT_EQ(to_source(read), source);
    }
}

TEST(Expression, IsEvaluatedWhateverTheTreeWithoutADefect) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomTrees trees(seed);
    std::mt19937_64 random(seed);
    const auto get = [&](const std::vector<std::string>& path) -> Value {
        if (random() % 3 == 0) return {};
        if (path.front() == "b") return random() % 2 == 0;
        if (path.front() == "a") return Decimal{static_cast<std::int64_t>(random() % 1000), 2};
        if (path.front() == "t") return std::string("won");
        return Date{std::chrono::days{20'000}};
    };
    const auto list = [](const std::vector<std::string>&) { return std::vector<Value>{}; };
    const Environment environment{get, list, Timestamp{}, nullptr, {}, {}};
    for (int i = 0; i < 3000; ++i) {
        const Node node = trees.boolean(i % 5);
        try {
            evaluate(node, environment);
        } catch (const Failure& failure) {
            // Numbers may outgrow 64 bits; that is for people to correct, not a defect.
            ASSERT_EQ(failure.key(), "number_too_large") << to_source(node);
        }
    }
}

TEST(Expression, IsReadOrRefusedWhateverTheBytes) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::vector<std::string> pieces = {
        "b",   "n",    "t",     " and ", " or ",      "not ",    " in ", "(",  ")",    ",",   "'",    "''",
        "+",   "-",    "*",     "/",     "=",         "<",       ">",    "!=", "1",    "0.5", "null", "true",
        "if(", "sum(", "date(", "id(",   "within(d,", "'today'", "max(", "华", "\xff", ".",   " "};
    for (int round = 0; round < 5000; ++round) {
        std::string source;
        for (std::size_t i = random() % 60; i > 0; --i) {
            if (random() % 10 == 0) {
                source.push_back(static_cast<char>(random() % 256));
            } else {
                source += pieces[random() % pieces.size()];
            }
        }
        const auto start = std::chrono::steady_clock::now();
        try {
            const Node node = parse(source, scope);
            ASSERT_TRUE(parse(to_source(node), scope) == node) << source;
        } catch (const Failure& failure) {
            ASSERT_EQ(failure.kind(), Failure::Kind::invalid) << source;
        }
        ASSERT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{1});
    }
}

}  // namespace
}  // namespace gx::expr
