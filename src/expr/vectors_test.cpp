// tests/expr-vectors.json: what an expression means, the same here, in SQL and in the browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "expr/expr.hpp"
#include "expr/vectors_test_support.hpp"

namespace gx::expr {
namespace {

using test::read_value;
using test::types;

std::string join(const std::vector<std::string>& path) {
    std::string out;
    for (const std::string& part : path) out += (out.empty() ? "" : ".") + part;
    return out;
}

class VectorScope final : public Scope {
public:
    explicit VectorScope(const json::object& fields) : fields_(fields) {}
    std::optional<Type> type_of(const std::vector<std::string>& path) const override {
        const json::value* field = fields_.if_contains(join(path));
        if (!field) return std::nullopt;
        return types.at(std::string_view(field->at("type").as_string()));
    }

private:
    const json::object& fields_;
};

Node make(const json::object& vector, const Scope& scope) {
    const json::value* source = vector.if_contains("expr");
    return source ? parse(std::string_view(source->as_string()), scope) : from_filter(vector.at("filter"), scope);
}

void check(const json::object& vector) {
    const json::object& fields = vector.at("fields").as_object();
    const json::object& row = vector.at("row").as_object();
    const VectorScope scope(fields);
    if (const json::value* why = vector.if_contains("error")) {
        try {
            make(vector, scope);
            ADD_FAILURE() << "no mistake found";
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::invalid);
            EXPECT_THAT(failure.params(),
                        testing::Contains(std::pair<std::string, std::string>("why", std::string(why->as_string()))));
        }
        return;
    }

    const Node node = make(vector, scope);
    const auto get = [&](const std::vector<std::string>& path) {
        return read_value(*scope.type_of(path), row.at(join(path)));
    };
    const auto list = [&](const std::vector<std::string>& path) {
        std::vector<Value> items;
        const Type type = *scope.type_of(path);
        for (const json::value& item : row.at(join(path)).as_array())
            items.push_back(read_value(type == Type::ids ? Type::id : type, item));
        return items;
    };
    const TimeZone zone{std::string(vector.at("zone").as_string())};
    const auto id = [&](const char* name) {
        return vector.at(name).is_null() ? RecordId{}
                                         : parse_record_id(std::string_view(vector.at(name).as_string())).value();
    };
    const Environment environment{
        get,   list,     parse_timestamp(std::string_view(vector.at("now").as_string())).value(),
        &zone, id("me"), id("department")};

    const json::value& expected = vector.at("expect");
    EXPECT_TRUE(evaluate(node, environment) == read_value(node.type, expected)) << to_source(node);
    if (expected.is_bool()) {
        EXPECT_EQ(holds(node, environment), expected.as_bool());
    }
    EXPECT_TRUE(parse(to_source(node), scope) == node) << to_source(node);
}

TEST(ExpressionVectors, MeanTheSameInEveryImplementation) {
    const json::value vectors = test::vectors();
    ASSERT_GE(vectors.as_array().size(), 150U);
    for (const json::value& vector : vectors.as_array()) {
        SCOPED_TRACE(json::serialize(vector));
        check(vector.as_object());
    }
}

}  // namespace
}  // namespace gx::expr
