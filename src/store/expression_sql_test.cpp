// tests/expr-vectors.json, and expressions made at random: the SQL means what expr::evaluate means, on both databases.
#include "store/expression_sql.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "expr/vectors_test_support.hpp"
#include "store/store_test_support.hpp"

namespace gx::store {
namespace {

using expr::Type;
using expr::test::read_value;
using expr::test::types;
using Path = std::vector<std::string>;

constexpr std::uint8_t answer_scale = 9;

std::string join(const Path& path) {
    std::string out;
    for (const std::string& part : path) out += (out.empty() ? "" : ".") + part;
    return out;
}

// One record, with the values both sides read.
struct Field {
    Type type = Type::null;
    std::uint8_t scale = 0;
    Value value;
    std::vector<Value> items;  // through a list
    bool is_list = false;
};
using Record = std::map<std::string, Field>;

class RecordScope final : public expr::Scope {
public:
    explicit RecordScope(const Record& record) : record_(record) {}
    std::optional<Type> type_of(const Path& path) const override {
        const auto found = record_.find(join(path));
        return found == record_.end() ? std::nullopt : std::optional(found->second.type);
    }

private:
    const Record& record_;
};

struct Asked {
    Timestamp now;
    TimeZone zone{"UTC"};
    RecordId me, department;
};

std::string in_quotes(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + '\'';
}

// The stored form of a value, as SQL.
std::string stored(const Value& value, const Field& field, Dialect dialect) {
    const std::string collate = dialect == Dialect::postgres ? " collate \"C\"" : "";
    if (is_null(value)) return field.type == Type::text ? "cast(null as text)" + collate : "cast(null as bigint)";
    const auto integer = [](std::int64_t number) { return "cast(" + std::to_string(number) + " as bigint)"; };
    if (const auto* number = std::get_if<Decimal>(&value)) return integer(rescale(*number, field.scale).unscaled);
    if (const auto* money = std::get_if<Money>(&value)) return integer(rescale(money->amount, field.scale).unscaled);
    if (const auto* truth = std::get_if<bool>(&value)) return integer(*truth ? 1 : 0);
    if (const auto* date = std::get_if<Date>(&value)) return integer(date->time_since_epoch().count());
    if (const auto* at = std::get_if<Timestamp>(&value)) return integer(at->time_since_epoch().count());
    if (const auto* id = std::get_if<RecordId>(&value)) return integer(id->value);
    return "cast(" + in_quotes(std::get<std::string>(value)) + " as text)" + collate;
}

std::string stored_currency(const Value& value) {
    const auto* money = std::get_if<Money>(&value);
    return money == nullptr ? "cast(null as text)" : "cast(" + in_quotes(money->currency.text()) + " as text)";
}

std::vector<Value> members_of(const Value& value) {
    std::vector<Value> out;
    if (const auto* codes = std::get_if<Codes>(&value)) out.assign(codes->begin(), codes->end());
    if (const auto* ids = std::get_if<Ids>(&value)) out.assign(ids->begin(), ids->end());
    return out;
}

// The record as a table of one row, and the expression over it.
class Question {
public:
    Question(const Record& record, const Asked& asked, Dialect dialect)
        : record_(record), asked_(asked), dialect_(dialect) {}

    Sql value(const expr::Node& node) {
        return with_context([&](const ExpressionContext& context) { return value_sql(node, context, answer_scale); });
    }
    Sql condition(const expr::Node& node) {
        Sql out{"case when ", {}};
        out += with_context([&](const ExpressionContext& context) { return condition_sql(node, context); });
        out += " then 1 else 0 end";
        return out;
    }
    // The condition again, turned round: it must never have been null.
    Sql denied(const expr::Node& node) {
        Sql out{"case when not (", {}};
        out += with_context([&](const ExpressionContext& context) { return condition_sql(node, context); });
        out += ") then 1 else 0 end";
        return out;
    }
    Sql row() const {
        std::string columns = "1 as one";
        for (const auto& [name, field] : record_) {
            if (field.is_list || field.type == Type::codes || field.type == Type::ids) continue;
            columns += ", " + stored(field.value, field, dialect_) + " as \"" + name + '"';
            columns += ", " + stored_currency(field.value) + " as \"" + name + "_currency\"";
        }
        return {"(select " + columns + ") r", {}};
    }

private:
    template <class Use>
    Sql with_context(Use use) {
        const auto column = [&](const Path& path) {
            const std::string name = join(path);
            const Field& field = record_.at(name);
            ColumnRef ref;
            ref.column = "r.\"" + name + '"';
            if (field.type == Type::money) ref.currency = "r.\"" + name + "_currency\"";
            ref.type = field.type;
            ref.scale = field.scale;
            if (field.type == Type::codes || field.type == Type::ids) {
                ref.multiple = true;
                const Field member{field.type == Type::codes ? Type::text : Type::id, 0, {}, {}, false};
                ref.column = "select v from (" + rows(members_of(field.value), member) + ") m";
            }
            return ref;
        };
        const auto aggregate = [&](std::string_view function, const Path& path) {
            const Field& field = record_.at(join(path));
            const std::vector<Value> items = field.type == Type::ids ? members_of(field.value) : field.items;
            const Field item{field.type == Type::ids ? Type::id : field.type, field.scale, {}, {}, false};
            const std::string of = function == "count" ? "*" : "v";
            return Sql{
                "(select cast(" + std::string(function) + '(' + of + ") as bigint) from (" + rows(items, item) + ") m)",
                {}};
        };
        const auto currency = [&](const Path& path) {
            const Field& field = record_.at(join(path));
            return Sql{"(select case when min(c) = max(c) then min(c) end from (" + rows(field.items, field) +
                           ") m where v is not null)",
                       {}};
        };
        return use(ExpressionContext{dialect_, column, aggregate, asked_.now, &asked_.zone, asked_.me,
                                     asked_.department, currency});
    }

    std::string rows(const std::vector<Value>& values, const Field& field) const {
        std::string out = "select " + stored({}, field, dialect_) + " as v, cast(null as text) as c where 1 = 0";
        for (const Value& value : values) {
            out += " union all select " + stored(value, field, dialect_) + ", " + stored_currency(value);
        }
        return out;
    }

    const Record& record_;
    const Asked& asked_;
    Dialect dialect_;
};

std::string to_text(const Value& value) {
    if (is_null(value)) return "null";
    if (const auto* number = std::get_if<Decimal>(&value))
        return std::to_string(rescale(*number, answer_scale).unscaled);
    if (const auto* money = std::get_if<Money>(&value))
        return std::to_string(rescale(money->amount, answer_scale).unscaled);
    if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "1" : "0";
    if (const auto* date = std::get_if<Date>(&value)) return std::to_string(date->time_since_epoch().count());
    if (const auto* at = std::get_if<Timestamp>(&value)) return std::to_string(at->time_since_epoch().count());
    if (const auto* id = std::get_if<RecordId>(&value)) return std::to_string(id->value);
    const auto* words = std::get_if<std::string>(&value);
    return words == nullptr || words->empty() ? "null" : *words;
}

class ExpressionSqlTest : public test::OnEachDatabase {
protected:
    // What the database says, and what evaluate() says; "too large" is an answer of both.
    void expect_same(const expr::Node& node, const Record& record, const Asked& asked) {
        const auto get = [&](const Path& path) { return record.at(join(path)).value; };
        const auto list = [&](const Path& path) {
            const Field& field = record.at(join(path));
            return field.type == Type::ids ? members_of(field.value) : field.items;
        };
        const expr::Environment environment{get, list, asked.now, &asked.zone, asked.me, asked.department};
        std::string expected;
        bool holds = false;
        try {
            const Value value = expr::evaluate(node, environment);
            holds = expr::holds(node, environment);
            expected = to_text(value);
        } catch (const Failure& failure) {
            expected = failure.key();
        }

        Question question(record, asked, dialect());
        const bool has_value = node.type != Type::codes && node.type != Type::ids;
        Sql sql{"select ", {}};
        sql += has_value ? question.value(node) : Sql{"null", {}};
        for (const bool denied : {false, true}) {
            sql += ", ";
            sql += node.type != Type::boolean && node.type != Type::null ? Sql{"0", {}}
                   : denied                                              ? question.denied(node)
                                                                         : question.condition(node);
        }
        sql += " from ";
        sql += question.row();
        std::string found;
        try {
            store().read([&](Connection& connection) {
                connection.query(sql, [&](const Row& row) {
                    found = row.is_null(0) ? "null" : std::string(row.text(0));
                    if (node.type == Type::boolean) {
                        EXPECT_EQ(row.integer(1), holds ? 1 : 0) << sql.text;
                        EXPECT_EQ(row.integer(2), holds ? 0 : 1) << "denied: " << sql.text;
                    }
                    return true;
                });
            });
        } catch (const Failure& failure) {
            found = failure.key();
            for (const auto& [name, text] : failure.params()) found += ' ' + text;
        }
        if (has_value) {
            EXPECT_EQ(found, expected) << expr::to_source(node) << '\n' << sql.text;
        }
    }
};
GX_ON_EACH_DATABASE(ExpressionSqlTest);

Record read_record(const json::object& vector) {
    Record record;
    for (const auto& [name, declared] : vector.at("fields").as_object()) {
        Field field;
        field.type = types.at(std::string_view(declared.at("type").as_string()));
        if (const json::value* scale = declared.as_object().if_contains("scale")) {
            field.scale = static_cast<std::uint8_t>(scale->as_int64());
        }
        const json::value& value = vector.at("row").at(name);
        field.is_list = value.is_array() && field.type != Type::codes && field.type != Type::ids;
        if (field.is_list) {
            for (const json::value& item : value.as_array()) field.items.push_back(read_value(field.type, item));
        } else {
            field.value = read_value(field.type, value);
        }
        record.emplace(std::string(name), std::move(field));
    }
    return record;
}

TEST_P(ExpressionSqlTest, EveryVectorMeansTheSameInSql) {
    const json::value vectors = expr::test::vectors();
    std::size_t checked = 0;
    for (const json::value& one : vectors.as_array()) {
        const json::object& vector = one.as_object();
        if (vector.contains("error")) continue;
        SCOPED_TRACE(json::serialize(vector));
        const Record record = read_record(vector);
        const RecordScope scope(record);
        const json::value* source = vector.if_contains("expr");
        const expr::Node node = source != nullptr ? expr::parse(std::string_view(source->as_string()), scope)
                                                  : expr::from_filter(vector.at("filter"), scope);
        const auto id = [&](const char* name) {
            return vector.at(name).is_null() ? RecordId{}
                                             : parse_record_id(std::string_view(vector.at(name).as_string())).value();
        };
        const Asked asked{parse_timestamp(std::string_view(vector.at("now").as_string())).value(),
                          TimeZone{std::string(vector.at("zone").as_string())}, id("me"), id("department")};
        expect_same(node, record, asked);
        ++checked;
    }
    EXPECT_GT(checked, 300U);
}

// Expressions of every kind over a record with every kind of value, nulls among them.
class Generator {
public:
    explicit Generator(unsigned seed) : random_(seed) {}

    std::string boolean(int depth) {
        if (depth <= 0) return pick({"active", "urgent", "true", "false", "is_empty(nick)", "size > 5"});
        switch (below(12)) {
            case 0:
                return "(" + boolean(depth - 1) + " and " + boolean(depth - 1) + ")";
            case 1:
                return "(" + boolean(depth - 1) + " or " + boolean(depth - 1) + ")";
            case 2:
                return "not (" + boolean(depth - 1) + ")";
            case 3:
                return number(depth - 1) + sign() + number(depth - 1);
            case 4:
                return money(depth - 1) + sign() + money(depth - 1);
            case 5:
                return moment(depth - 1) + sign() + moment(depth - 1);
            case 6:
                return text(depth - 1) + sign() + text(depth - 1);
            case 7:
                return pick({"contains(", "starts_with("}) + text(depth - 1) + ", " + text(depth - 1) + ")";
            case 8:
                return "is_empty(" + pick({number(depth - 1), text(depth - 1), date(depth - 1)}) + ")";
            case 9:
                return number(depth - 1) + pick({" in (", " not in ("}) + number(depth - 1) + ", 2, 12.5, " +
                       number(0) + ")";
            case 10:
                return "within(" + pick({date(depth - 1), stamp(depth - 1)}) + ", '" + period() + "')";
            default:
                return "if(" + boolean(depth - 1) + ", " + boolean(depth - 1) + ", " + boolean(depth - 1) + ")";
        }
    }
    std::string number(int depth) {
        if (depth <= 0) return pick({"size", "rate", "chance", "none", "0", "2", "12.5", "0.333333", "7"});
        switch (below(10)) {
            case 0:
                return "(" + number(depth - 1) + " + " + number(depth - 1) + ")";
            case 1:
                return "(" + number(depth - 1) + " - " + number(depth - 1) + ")";
            case 2:
                return "(" + number(depth - 1) + " * " + number(depth - 1) + ")";
            case 3:
                return "(" + number(depth - 1) + " / " + number(depth - 1) + ")";
            case 4:
                return "round(" + number(depth - 1) + ", " + std::to_string(below(5)) + ")";
            case 5:
                return pick({"min(", "max(", "coalesce("}) + number(depth - 1) + ", " + number(depth - 1) + ")";
            case 6:
                return "if(" + boolean(depth - 1) + ", " + number(depth - 1) + ", " + number(depth - 1) + ")";
            case 7:
                return pick({"year(", "month(", "quarter("}) + moment(depth - 1) + ")";
            case 8:
                return "days_between(" + moment(depth - 1) + ", " + moment(depth - 1) + ")";
            default:
                return pick({"length(" + text(depth - 1) + ")", "abs(" + number(depth - 1) + ")",
                             "-(" + number(depth - 1) + ")"});
        }
    }
    std::string text(int depth) {
        if (depth <= 0) return pick({"name", "nick", "stage", "'won'", "'Huaxin'", "'信'", "''"});
        switch (below(4)) {
            case 0:
                return "concat(" + text(depth - 1) + ", " + text(depth - 1) + ")";
            case 1:
                return "lower(" + text(depth - 1) + ")";
            case 2:
                return "coalesce(" + text(depth - 1) + ", " + text(depth - 1) + ")";
            default:
                return "if(" + boolean(depth - 1) + ", " + text(depth - 1) + ", " + text(depth - 1) + ")";
        }
    }
    std::string date(int depth) {
        if (depth <= 0) return pick({"close_on", "open_on", "none_on", "today()", "date('2024-02-29')"});
        switch (below(4)) {
            case 0:
                return "(" + date(depth - 1) + " + " + number(depth - 1) + ")";
            case 1:
                return "add_days(" + date(depth - 1) + ", " + number(depth - 1) + ")";
            case 2:
                return pick({"min(", "max("}) + date(depth - 1) + ", " + date(depth - 1) + ")";
            default:
                return "if(" + boolean(depth - 1) + ", " + date(depth - 1) + ", " + date(depth - 1) + ")";
        }
    }
    std::string stamp(int depth) {
        if (depth <= 0) return pick({"created_at", "late_at", "none_at", "now()"});
        return pick({"(" + stamp(depth - 1) + " - " + number(depth - 1) + ")",
                     "coalesce(" + stamp(depth - 1) + ", " + stamp(depth - 1) + ")"});
    }
    std::string money(int depth) {
        if (depth <= 0) return pick({"amount", "other", "dollars", "no_money", "money('12.50', 'CNY')"});
        switch (below(6)) {
            case 0:
                return "(" + money(depth - 1) + " + " + money(depth - 1) + ")";
            case 1:
                return "(" + money(depth - 1) + " * " + number(depth - 1) + ")";
            case 2:
                return "(" + money(depth - 1) + " / " + number(depth - 1) + ")";
            case 3:
                return "if(" + boolean(depth - 1) + ", " + money(depth - 1) + ", " + money(depth - 1) + ")";
            case 4:
                return pick({"min(", "max(", "coalesce("}) + money(depth - 1) + ", " + money(depth - 1) + ")";
            default:
                return "round(" + money(depth - 1) + ", 1)";
        }
    }
    std::string any(int depth) {
        switch (below(6)) {
            case 0:
                return number(depth);
            case 1:
                return money(depth);
            case 2:
                return text(depth);
            case 3:
                return date(depth);
            case 4:
                return stamp(depth);
            default:
                return boolean(depth);
        }
    }
    Record record() {
        Record out;
        const auto add = [&](const char* name, Type type, std::uint8_t scale, Value value, bool always_null = false) {
            out[name] = {type, scale, always_null || below(5) == 0 ? Value{} : std::move(value), {}, false};
        };
        const auto number = [&](std::uint8_t scale) {
            return Decimal{static_cast<std::int64_t>(below(40'000)) - 20'000, scale};
        };
        const auto amount = [&](const char* currency) { return Money{number(2), parse_currency(currency).value()}; };
        const auto day = [&] { return Date{std::chrono::days(20'400 + static_cast<int>(below(500)))}; };
        const auto moment = [&] {
            return Timestamp{
                std::chrono::milliseconds(1'763'000'000'000 + static_cast<std::int64_t>(below(2'000'000)) * 10'007)};
        };
        add("size", Type::number, 0, number(0));
        add("rate", Type::number, 2, number(2));
        add("chance", Type::number, 4, number(4));
        add("none", Type::number, 2, {}, true);
        add("amount", Type::money, 2, amount("CNY"));
        add("other", Type::money, 2, amount(below(2) == 0 ? "CNY" : "USD"));
        add("dollars", Type::money, 2, amount("USD"));
        add("no_money", Type::money, 2, {}, true);
        add("active", Type::boolean, 0, true);
        add("urgent", Type::boolean, 0, below(2) == 0);
        add("name", Type::text, 0, std::string("Huaxin 华信"));
        add("nick", Type::text, 0, {}, true);
        add("stage", Type::text, 0, std::string(pick({"won", "WON", "信", "Äb", "O'Neil \\ %"})));
        add("close_on", Type::date, 0, day());
        add("open_on", Type::date, 0, day());
        add("none_on", Type::date, 0, {}, true);
        add("created_at", Type::timestamp, 0, moment());
        add("late_at", Type::timestamp, 0, moment());
        add("none_at", Type::timestamp, 0, {}, true);
        return out;
    }
    std::string pick(std::vector<std::string> of) { return of[below(of.size())]; }

private:
    std::size_t below(std::size_t limit) { return random_() % limit; }
    std::string sign() { return pick({" = ", " != ", " < ", " <= ", " > ", " >= "}); }
    std::string moment(int depth) { return pick({date(depth), stamp(depth)}); }
    std::string period() {
        return pick({"today", "this_week", "last_month", "next_quarter", "this_year", "last_90_days",
                     "more_than_10_days_ago", "overdue"});
    }

    std::mt19937 random_;
};

TEST_P(ExpressionSqlTest, ExpressionsMadeAtRandomMeanTheSameInSql) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Generator generator(seed);
    int checked = 0;
    for (int round = 0; round < 1500 && !HasFailure(); ++round) {
        const Record record = generator.record();
        const RecordScope scope(record);
        const std::string source = generator.any(1 + round % 4);
        SCOPED_TRACE(source);
        const Asked asked{Timestamp{std::chrono::milliseconds(1'772'000'000'000)},
                          TimeZone{generator.pick({"Asia/Shanghai", "America/New_York", "UTC"})}, RecordId{1001},
                          RecordId{}};
        expr::Node node;
        try {
            node = expr::parse(source, scope);
        } catch (const Failure&) {
            continue;  // types that do not go together, or too long
        }
        expect_same(node, record, asked);
        ++checked;
    }
    EXPECT_TRUE(HasFailure() || checked > 700) << checked;
}

TEST_P(ExpressionSqlTest, WhatNeedsNoRecordBecomesAParameterBesideABareColumn) {
    const Record record{{"close_on", {Type::date, 0, {}, {}, false}}, {"rate", {Type::number, 2, {}, {}, false}}};
    const RecordScope scope(record);
    const auto column = [](const Path& path) {
        ColumnRef ref;
        ref.column = "c." + path[0];
        ref.scale = path[0] == "rate" ? 2 : 0;
        return ref;
    };
    const auto aggregate = [](std::string_view, const Path&) { return Sql{}; };
    const TimeZone zone("Asia/Shanghai");
    const ExpressionContext context{dialect(), column, aggregate, Timestamp{}, &zone, {}, {}};
    const std::string place = dialect() == Dialect::sqlite ? "?" : "cast(? as bigint)";

    const Sql date = condition_sql(expr::parse("close_on <= today() + 30", scope), context);
    EXPECT_EQ(date.text, "(c.close_on <= " + place + " and c.close_on is not null)");
    EXPECT_THAT(date.params, ::testing::ElementsAre(Cell{30}));

    const Sql number = condition_sql(expr::parse("rate in (2, 12.5, 0.001)", scope), context);
    EXPECT_EQ(number.text, "((c.rate in (" + place + ", " + place + ") and c.rate is not null))");
    EXPECT_THAT(number.params, ::testing::ElementsAre(Cell{200}, Cell{1250}));
}

TEST_P(ExpressionSqlTest, ATreeIsSearchedDownwardsAndACircleEnds) {
    store().change([](Connection& connection) {
        connection.execute({"create table region (id bigint primary key, parent bigint)", {}});
        connection.execute(
            {"insert into region (id, parent) values (1, null), (2, 1), (3, 2), (4, null), (5, 6), (6, 5)", {}});
    });
    const Record record{{"place", {Type::id, 0, {}, {}, false}}};
    const RecordScope scope(record);
    const auto column = [](const Path&) {
        ColumnRef ref;
        ref.column = "r.id";
        ref.tree = "region";
        return ref;
    };
    const auto aggregate = [](std::string_view, const Path&) { return Sql{}; };
    const ExpressionContext context{dialect(), column, aggregate, Timestamp{}, nullptr, {}, {}};
    const auto found = [&](const std::string& source) {
        std::vector<std::int64_t> ids;
        Sql sql{"select r.id from region r where ", {}};
        sql += condition_sql(expr::parse(source, scope), context);
        sql += " order by r.id";
        store().read([&](Connection& connection) {
            connection.query(sql, [&](const Row& row) {
                ids.push_back(row.integer(0));
                return true;
            });
        });
        return ids;
    };
    EXPECT_THAT(found("under(place, 1)"), ::testing::ElementsAre(1, 2, 3));
    EXPECT_THAT(found("under(place, 3)"), ::testing::ElementsAre(3));
    EXPECT_THAT(found("under(place, 5)"), ::testing::ElementsAre(5, 6));
    EXPECT_THAT(found("not under(place, 1)"), ::testing::ElementsAre(4, 5, 6));
}

TEST_P(ExpressionSqlTest, AnExpressionWhoseSqlWouldExplodeIsRefused) {
    const Record record{{"a", {Type::money, 2, {}, {}, false}}, {"b", {Type::money, 2, {}, {}, false}}};
    const RecordScope scope(record);
    std::string source = "a";
    for (int i = 0; i < 14; ++i) source = "if(" + source + " > b, a, b)";
    const Asked asked;
    Question question(record, asked, dialect());
    try {
        question.value(expr::parse(source, scope));
        ADD_FAILURE() << "it was accepted";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.key(), "expression_too_complex");
    }
}

}  // namespace
}  // namespace gx::store
