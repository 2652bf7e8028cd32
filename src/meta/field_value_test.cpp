#include "meta/field_value.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/texts.hpp"
#include "meta/declarations_test_support.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

class FieldValue : public ::testing::Test {
protected:
    const Field& field(std::string_view name) const { return model_->object("customer").field(name); }
    Read json(std::string_view name, std::string_view text) const {
        return from_json(field(name), parse_json(text), context_);
    }
    Read text(std::string_view name, std::string_view typed) const { return from_text(field(name), typed, context_); }

    static Value value(const Read& read) {
        if (const Problem* problem = std::get_if<Problem>(&read)) throw std::logic_error("problem: " + problem->rule);
        return std::get<Value>(read);
    }
    static std::string rule(const Read& read) {
        const Problem* problem = std::get_if<Problem>(&read);
        return problem ? problem->rule : "";
    }
    std::string checked(std::string_view name, const Value& held) const {
        const std::optional<Problem> problem = check(field(name), held);
        return problem ? problem->rule : "";
    }
    std::string shown(std::string_view name, const Value& held, Language language = Language::zh) const {
        return to_display(field(name), held, {*model_, zone_, Currency{}, language});
    }

    ModelPtr model_ = testing::model_of(testing::declarations());
    TimeZone zone_{"Asia/Shanghai"};
    ReadContext context_{*model_, zone_, Currency{}, Language::zh};
};

Decimal decimal(std::string_view text) { return parse_decimal(text).value(); }
Value day(std::string_view text) { return parse_date(text).value(); }
Value moment(std::string_view text) { return parse_timestamp(text).value(); }

TEST_F(FieldValue, TakesNullAndEmptyTextAsNothing) {
    for (const Field& one : model_->object("customer").fields) {
        EXPECT_EQ(std::get<Value>(from_json(one, nullptr, context_)), Value()) << one.name;
        EXPECT_EQ(std::get<Value>(from_json(one, "", context_)), Value()) << one.name;
        EXPECT_EQ(std::get<Value>(from_text(one, " \u3000", context_)), Value()) << one.name;
        EXPECT_EQ(to_display(one, Value(), context_), "") << one.name;
        EXPECT_FALSE(check(one, Value())) << one.name;
    }
    EXPECT_EQ(value(json("name", "\"  \"")), Value());
    EXPECT_EQ(value(json("tags", "[]")), Value());
    EXPECT_EQ(value(json("address", R"({"region":null,"street":""})")), Value());
}

TEST_F(FieldValue, ReadsTextTrimmedAndRefusesControlCharacters) {
    EXPECT_EQ(value(json("name", "\" 华信 \"")), Value(std::string("华信")));
    EXPECT_EQ(rule(json("name", "12")), "not_text");
    EXPECT_EQ(rule(json("name", "\"a\\nb\"")), "one_line");
    EXPECT_EQ(rule(json("name", "\"a\\u0001b\"")), "control_characters");
    EXPECT_EQ(value(json("note", "\"a\\r\\nb\\rc\"")), Value(std::string("a\nb\nc")));
    EXPECT_EQ(value(text("name", "a\r\nb")), Value(std::string("a  b")));
    EXPECT_EQ(rule(text("name", "\xC3\x28")), "not_utf8");
}

TEST_F(FieldValue, ChecksLengthInCharactersAndPattern) {
    EXPECT_EQ(checked("name", std::string("二十个字二十个字二十个字二十个字二十个字")), "");
    const std::optional<Problem> problem =
        check(field("name"), std::string("二十一个字二十个字二十个字二十个字二十个字"));
    ASSERT_TRUE(problem);
    EXPECT_EQ(*problem, (Problem{"name", "too_long", {{"max", "20"}, {"length", "21"}}, ""}));
    EXPECT_EQ(checked("code", std::string("AB12")), "");
    EXPECT_EQ(checked("code", std::string("ab12")), "pattern");
}

TEST_F(FieldValue, ReadsNumbersExactly) {
    EXPECT_EQ(value(json("staff", "12")), Value(decimal("12")));
    EXPECT_EQ(rule(json("staff", "12.5")), "not_an_integer");
    EXPECT_EQ(rule(json("staff", "\"12\"")), "not_an_integer");
    EXPECT_EQ(value(json("weight", "\"1.5\"")), Value(decimal("1.500")));
    EXPECT_EQ(value(json("weight", "7")), Value(decimal("7")));
    EXPECT_EQ(rule(json("weight", "1.5")), "decimal_as_text");
    EXPECT_EQ(rule(json("weight", "\"1.2345\"")), "too_many_decimals");
    EXPECT_EQ(rule(json("weight", "\"many\"")), "not_a_number");
    EXPECT_EQ(rule(json("weight", "\"999999999999999999\"")), "number_too_large");
    EXPECT_EQ(value(text("staff", "1,234")), Value(decimal("1234")));
    EXPECT_EQ(value(text("weight", "12.5万")), Value(decimal("125000")));
    EXPECT_EQ(value(text("discount", "12%")), Value(decimal("0.12")));
    EXPECT_EQ(value(text("discount", "0.12")), Value(decimal("0.12")));
    EXPECT_EQ(rule(text("staff", "1.5")), "not_an_integer");
    EXPECT_EQ(checked("staff", decimal("-1")), "too_small");
    EXPECT_EQ(checked("discount", decimal("1.01")), "too_large");
    EXPECT_EQ(checked("discount", decimal("1")), "");
}

TEST_F(FieldValue, ReadsMoneyWithAndWithoutCurrency) {
    const Currency dollar = parse_currency("USD").value();
    EXPECT_EQ(value(json("credit", R"({"amount":"12.5","currency":"USD"})")), Value(Money{decimal("12.50"), dollar}));
    EXPECT_EQ(value(json("credit", "\"12.50\"")), Value(Money{decimal("12.50"), Currency{}}));
    EXPECT_EQ(value(json("credit", R"({"amount":"12","currency":null})")), Value(Money{decimal("12"), Currency{}}));
    EXPECT_EQ(value(json("credit", R"({"amount":null,"currency":"CNY"})")), Value());
    EXPECT_EQ(rule(json("credit", R"({"amount":"1","currency":"yen"})")), "not_a_currency");
    EXPECT_EQ(rule(json("credit", R"({"sum":"1"})")), "not_money");
    EXPECT_EQ(rule(json("credit", R"({"amount":"1","rate":"2"})")), "not_money");
    EXPECT_EQ(value(text("credit", "USD 1,234.50")), Value(Money{decimal("1234.50"), dollar}));
    EXPECT_EQ(value(text("credit", "12.5usd")), Value(Money{decimal("12.50"), dollar}));
    EXPECT_EQ(value(text("credit", "￥3万")), Value(Money{decimal("30000"), Currency{}}));
    EXPECT_EQ(rule(text("credit", "much")), "not_a_number");
    EXPECT_EQ(checked("credit", Money{decimal("-0.01"), Currency{}}), "too_small");
}

TEST_F(FieldValue, ReadsDaysAndMoments) {
    EXPECT_EQ(value(json("founded", "\"2024-03-08\"")), day("2024-03-08"));
    EXPECT_EQ(rule(json("founded", "\"2024/3/8\"")), "not_a_date");
    EXPECT_EQ(rule(json("founded", "20240308")), "not_a_date");
    EXPECT_EQ(value(text("founded", "2024/3/8")), day("2024-03-08"));
    EXPECT_EQ(value(text("founded", "2024-03-08 00:00:00")), day("2024-03-08"));
    EXPECT_EQ(rule(text("founded", "2024-02-30")), "not_a_date");
    EXPECT_EQ(value(json("seen_at", "\"2024-03-08T06:30:00Z\"")), moment("2024-03-08T06:30:00Z"));
    EXPECT_EQ(rule(json("seen_at", "\"2024-03-08\"")), "not_a_time");
    EXPECT_EQ(value(text("seen_at", "2024/3/8 14:30")), moment("2024-03-08T06:30:00Z"));
    EXPECT_EQ(value(text("seen_at", "2024-03-08")), moment("2024-03-07T16:00:00Z"));
    EXPECT_EQ(rule(text("seen_at", "2024-03-08 25:00")), "not_a_time");
    EXPECT_EQ(rule(text("seen_at", "2024-03-08 14")), "not_a_time");
}

TEST_F(FieldValue, ReadsYesAndNoInTheWordsOfPeople) {
    for (const char* word : {"是", "Y", "yes", "TRUE", "1", "√", "有"})
        EXPECT_EQ(value(text("active", word)), Value(true)) << word;
    for (const char* word : {"否", "N", "no", "False", "0", "×", "无"})
        EXPECT_EQ(value(text("active", word)), Value(false)) << word;
    EXPECT_EQ(rule(text("active", "maybe")), "not_a_boolean");
    EXPECT_EQ(rule(text("active", "yes no")), "not_a_boolean");
    EXPECT_EQ(rule(json("active", "\"yes\"")), "not_a_boolean");
    EXPECT_EQ(shown("active", true), "是");
    EXPECT_EQ(shown("active", false, Language::en), "No");
}

TEST_F(FieldValue, FindsAChoiceByCodeAndByLabelInBothLanguages) {
    for (const char* typed : {"large", "LARGE", "Ｌａｒｇｅ", "大型", " large "})
        EXPECT_EQ(value(text("size", typed)), Value(std::string("large"))) << typed;
    EXPECT_EQ(value(json("size", "\"large\"")), Value(std::string("large")));
    EXPECT_EQ(value(json("size", R"({"code":"large","title":"大型"})")), Value(std::string("large")));
    EXPECT_EQ(std::get<Problem>(json("size", "\"大型\"")),
              (Problem{"size", "unknown_choice", {{"value", "大型"}}, ""}));
    EXPECT_EQ(rule(json("size", "3")), "not_a_choice");
    EXPECT_EQ(value(text("size", "旧")), Value(std::string("old"))) << "old records may hold what is no longer offered";
    EXPECT_EQ(value(text("tags", "大型、Small；large")), Value(Codes{"large", "small"}));
    EXPECT_EQ(value(json("tags", R"(["small",{"code":"large"},"small"])")), Value(Codes{"large", "small"}));
    EXPECT_EQ(rule(json("tags", "\"small\"")), "not_a_list");
    EXPECT_EQ(shown("tags", Codes{"large", "small"}), "大型、小型");
    EXPECT_EQ(shown("size", std::string("large"), Language::en), "Large");
}

TEST_F(FieldValue, LeavesALabelThatTwoItemsShareUnfound) {
    Dictionary twins;
    twins.items = {{"a", {"双", "Twin"}, "", true, false, nullptr}, {"b", {"双", "Other"}, "", true, false, nullptr}};
    twins.index();

    EXPECT_EQ(twins.find_leniently("双"), nullptr);
    EXPECT_EQ(twins.find_leniently("twin")->code, "a");
    EXPECT_EQ(twins.find_leniently("B")->code, "b");
}

TEST_F(FieldValue, ReadsReferencesByIdAndLeavesNamesToImport) {
    EXPECT_EQ(value(json("level", "\"12\"")), Value(RecordId{12}));
    EXPECT_EQ(value(json("owner", R"({"id":"12","title":"王伟"})")), Value(RecordId{12}));
    EXPECT_EQ(value(json("friends", R"(["3",{"id":"2"},"3"])")), Value(Ids{{2}, {3}}));
    for (const char* bad : {"12", "\"0\"", "\"-3\"", "\"x\"", "{}", "[\"1\"]", "\"9007199254740993\""})
        EXPECT_EQ(rule(json("level", bad)), "not_an_id") << bad;
    EXPECT_EQ(value(text("level", " 一级 ")), Value(std::string("一级")));
    EXPECT_EQ(rule(json("lines", "[]")), "read_only");
}

TEST_F(FieldValue, BringsPhoneNumbersIntoOneForm) {
    const auto phone = [&](std::string_view typed) { return std::get<std::string>(value(text("phone", typed))); };
    EXPECT_EQ(phone("138 1234 5678"), "13812345678");
    EXPECT_EQ(phone("+86 138-1234-5678"), "13812345678");
    EXPECT_EQ(phone("008613812345678"), "13812345678");
    EXPECT_EQ(phone("１３８１２３４５６７８"), "13812345678");
    EXPECT_EQ(phone("(021) 5888 1234"), "021 5888 1234");
    EXPECT_EQ(phone("010-12345678 转 801"), "010-12345678 ext. 801");
    EXPECT_EQ(phone("010-12345678 ext. 801"), "010-12345678 ext. 801");
    EXPECT_EQ(phone("+1 (780) 428-9482"), "+1 780 428-9482");
    EXPECT_EQ(phone("400-820-8820"), "400-820-8820");
    EXPECT_EQ(phone("95588"), "95588");
    EXPECT_EQ(std::get<Problem>(text("phone", "1381234567")),
              (Problem{"phone", "phone_length", {{"expected", "11"}, {"actual", "10"}}, ""}));
    EXPECT_EQ(rule(text("phone", "138 1234 56789")), "phone_length");
    EXPECT_EQ(rule(text("phone", "call me")), "not_a_phone");
    EXPECT_EQ(rule(text("phone", "12")), "not_a_phone");
    EXPECT_EQ(rule(text("phone", "123456789012345678901")), "not_a_phone");
    EXPECT_EQ(rule(json("phone", "13812345678")), "not_text");
}

TEST_F(FieldValue, ComparesPhoneNumbersHoweverTheyAreGrouped) {
    for (const char* same : {"0510-8555 1234", "(0510)85551234", "+86 510 8555 1234", "0086 510 85551234",
                             "86-510-85551234", "＋８６　５１０　８５５５１２３４", "+86 0510 8555 1234"})
        EXPECT_EQ(phone_key(same), "51085551234") << same;
    for (const char* same : {"13812345678", "+86 138 1234 5678", "86 138-1234-5678", "0086 13812345678"})
        EXPECT_EQ(phone_key(same), "13812345678") << same;
    EXPECT_EQ(phone_key("400-820-8820"), phone_key("+86 400 820 8820"));
    EXPECT_EQ(phone_key("+1 (780) 428-9482"), "+17804289482");
    EXPECT_EQ(phone_key("001 780 428 9482"), "+17804289482");
    EXPECT_EQ(phone_key("010-12345678 转 801"), "1012345678x801");
    EXPECT_NE(phone_key("010-12345678 转 801"), phone_key("010-12345678"));
    EXPECT_EQ(phone_key("8612345678"), "8612345678");
    EXPECT_EQ(phone_key("call me"), "");
    EXPECT_EQ(phone_key(""), "");
}

TEST_F(FieldValue, ReadsEmailAndWebAddresses) {
    EXPECT_EQ(value(text("email", "Li.Wei@Example.COM")), Value(std::string("Li.Wei@example.com")));
    EXPECT_EQ(value(text("email", "mailto:li@example.com")), Value(std::string("li@example.com")));
    for (const char* bad : {"li", "li@", "@example.com", "li@example", "l i@example.com", "li@exa mple.com",
                            ".li@example.com", "li@-x.com", "a,b@example.com"})
        EXPECT_EQ(rule(text("email", bad)), "not_an_email") << bad;
    EXPECT_EQ(value(text("website", "www.example.com/a?b=1#c")), Value(std::string("https://www.example.com/a?b=1#c")));
    EXPECT_EQ(value(text("website", "HTTP://example.com:8080")), Value(std::string("http://example.com:8080")));
    for (const char* bad : {"example", "javascript:alert(1)", "javascript://example.com", "ftp://example.com",
                            "http://user@example.com", "http://a b.com", "http://example.com:port", "https://"})
        EXPECT_EQ(rule(text("website", bad)), "not_a_url") << bad;
}

TEST_F(FieldValue, ReadsAddresses) {
    EXPECT_EQ(value(json("address", R"({"region":{"id":"7","title":"苏州"},"street":" 人民路 1 号 "})")),
              Value(Address{{7}, "人民路 1 号"}));
    EXPECT_EQ(value(json("address", R"({"region":"7"})")), Value(Address{{7}, ""}));
    EXPECT_EQ(value(json("address", "\"人民路\"")), Value(Address{{}, "人民路"}));
    EXPECT_EQ(rule(json("address", R"({"town":"x"})")), "not_an_address");
    EXPECT_EQ(rule(json("address", R"({"region":7})")), "not_an_id");
    EXPECT_EQ(rule(json("address", "7")), "not_an_address");
}

TEST_F(FieldValue, NamesTheColumnsOfAField) {
    const auto names = [&](std::string_view name) {
        std::string all;
        for (const Column& column : columns(field(name))) all += column.name + (column.text ? ":text " : ":integer ");
        return all;
    };
    EXPECT_EQ(names("credit"), "credit:integer credit_currency:text ");
    EXPECT_EQ(names("address"), "address:text address_region:integer ");
    EXPECT_EQ(names("name"), "name:text ");
    EXPECT_EQ(names("seen_at"), "seen_at:integer ");
    EXPECT_EQ(names("grade"), "grade:integer ") << "a stored formula";
    for (const char* none : {"tags", "friends", "lines", "total"}) EXPECT_EQ(names(none), "") << none;
}

TEST_F(FieldValue, StoresNumbersDaysAndMomentsAsIntegers) {
    const auto cell = [&](std::string_view name, const Value& held) {
        std::vector<Cell> cells;
        to_cells(field(name), held, cells);
        return cells;
    };
    EXPECT_EQ(cell("credit", Money{decimal("12.5"), Currency{}}),
              (std::vector<Cell>{std::int64_t{1250}, std::string("CNY")}));
    EXPECT_EQ(cell("credit", Value()), (std::vector<Cell>{Cell(), Cell()}));
    EXPECT_EQ(cell("founded", day("1970-01-02")), (std::vector<Cell>{std::int64_t{1}}));
    EXPECT_EQ(cell("seen_at", moment("1970-01-01T00:00:01Z")), (std::vector<Cell>{std::int64_t{1000}}));
    EXPECT_EQ(cell("discount", decimal("0.25")), (std::vector<Cell>{std::int64_t{2500}}));
    EXPECT_EQ(cell("active", false), (std::vector<Cell>{std::int64_t{0}}));
    EXPECT_EQ(cell("level", RecordId{9}), (std::vector<Cell>{std::int64_t{9}}));
    EXPECT_EQ(cell("grade", decimal("1.005")), (std::vector<Cell>{std::int64_t{101}}))
        << "computed values are rounded half up";
    EXPECT_TRUE(cell("tags", Codes{"small"}).empty());
}

TEST_F(FieldValue, ShowsValuesAsPeopleReadThem) {
    EXPECT_EQ(shown("credit", Money{decimal("1234567.5"), Currency{}}), "1,234,567.50");
    EXPECT_EQ(shown("credit", Money{decimal("-999"), parse_currency("USD").value()}), "USD -999.00");
    EXPECT_EQ(shown("staff", decimal("2024")), "2024");
    EXPECT_EQ(shown("discount", decimal("0.25")), "25%");
    EXPECT_EQ(shown("discount", decimal("0.1234")), "12.34%");
    EXPECT_EQ(shown("founded", day("2024-03-08")), "2024-03-08");
    EXPECT_EQ(shown("seen_at", moment("2024-03-08T06:30:00Z")), "2024-03-08 14:30");
    EXPECT_EQ(shown("seen_at", moment("2024-03-08T06:30:09Z")), "2024-03-08 14:30:09");
}

// Of a short value the ends would be nearly all of it.
TEST(MaskedText, ShowsTheEndsOfLongValuesOnly) {
    const auto masked = [](FieldType type, std::string_view text) {
        Field field;
        field.type = type;
        return masked_text(field, text);
    };
    EXPECT_EQ(masked(FieldType::phone, "13812345678"), "138****5678");
    EXPECT_EQ(masked(FieldType::phone, "66123456"), "6***");
    EXPECT_EQ(masked(FieldType::phone, "6612345"), "6***");
    EXPECT_EQ(masked(FieldType::phone, "6"), "***");
    EXPECT_EQ(masked(FieldType::email, "anna@example.cn"), "a***@example.cn");
    EXPECT_EQ(masked(FieldType::email, "a@example.cn"), "***@example.cn");
    EXPECT_EQ(masked(FieldType::text, "张三"), "张***");
    EXPECT_EQ(masked(FieldType::text, "张"), "***");
}

TEST_F(FieldValue, HasATextInBothLanguagesForEveryRule) {
    for (const char* key :
         {"not_text",         "one_line",       "control_characters", "not_utf8",          "too_long",
          "pattern",          "not_an_integer", "decimal_as_text",    "too_many_decimals", "not_a_number",
          "number_too_large", "too_small",      "too_large",          "not_a_currency",    "not_money",
          "not_a_date",       "not_a_time",     "not_a_boolean",      "unknown_choice",    "not_a_choice",
          "not_a_list",       "too_many_items", "not_an_id",          "read_only",         "phone_length",
          "not_a_phone",      "not_an_email",   "not_a_url",          "not_an_address",    "required"})
        for (const Language language : {Language::zh, Language::en}) EXPECT_NE(gx::text(language, key), key);
}

// ── random values ──────────────────────────────────────────────────────────────────────────────────────────────────

class Random {
public:
    explicit Random(unsigned seed) : engine_(seed) {}
    std::int64_t number(std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>(least, most)(engine_);
    }
    template <class T>
    const T& one_of(const std::vector<T>& all) {
        return all[static_cast<std::size_t>(number(0, static_cast<std::int64_t>(all.size()) - 1))];
    }

    std::string word() {
        static const std::vector<std::string> parts{"华", "信", "科技", "a", "B", "7", "é",
                                                    "𠮷", "\"", "\\",   "'", "%", "-", "<b>"};
        std::string out;
        for (std::int64_t i = number(1, 6); i > 0; --i) out += one_of(parts);
        return out;
    }

    Value value_of(const Field& field) {
        switch (field.type) {
            case FieldType::text:
            case FieldType::number:
            case FieldType::mnemonic:
                return word();
            case FieldType::long_text:
                return word() + "\n" + word();
            case FieldType::integer:
                return Decimal{number(-1'000'000, 1'000'000), 0};
            case FieldType::decimal:
            case FieldType::percent:
                return Decimal{number(-1'000'000'000, 1'000'000'000), field.scale};
            case FieldType::money:
                return Money{{number(-1'000'000'000, 1'000'000'000), field.scale},
                             *parse_currency(one_of(std::vector<std::string>{"CNY", "USD", "JPY"}))};
            case FieldType::date:
                return Date(std::chrono::days(number(-100'000, 100'000)));
            case FieldType::time:
                return Timestamp(std::chrono::seconds(number(0, 4'000'000'000)));
            case FieldType::boolean:
                return number(0, 1) == 1;
            case FieldType::choice:
                return one_of(std::vector<std::string>{"small", "large", "old"});
            case FieldType::choices:
                return one_of(std::vector<Codes>{{"large"}, {"large", "small"}, {"large", "old", "small"}});
            case FieldType::ref:
            case FieldType::user:
            case FieldType::department:
            case FieldType::file:
                return RecordId{number(1, (std::int64_t{1} << 53) - 1)};
            case FieldType::refs:
                return Ids{{number(1, 100)}, {number(101, 200)}};
            case FieldType::phone:
                return "139" + std::to_string(number(10'000'000, 99'999'999));
            case FieldType::email:
                return "u" + std::to_string(number(0, 99999)) + "@example.com";
            case FieldType::url:
                return "https://example.com/" + std::to_string(number(0, 99999));
            case FieldType::address:
                return Address{{number(0, 50)}, word()};
            case FieldType::list:
                return {};
        }
        return {};
    }

private:
    std::mt19937 engine_;
};

TEST_F(FieldValue, SurvivesEveryFormForRandomValuesOfEveryType) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::set<FieldType> seen;
    for (const Field& one : model_->object("customer").fields) {
        seen.insert(one.type);
        for (int i = 0; i < 200; ++i) {
            const Value before = random.value_of(one);
            SCOPED_TRACE(one.name + " " + to_display(one, before, context_));

            std::string written;
            JsonWriter writer(written);
            write_json(one, before, writer);
            EXPECT_EQ(from_stored_json(one, parse_json(written)), before) << written;
            if (one.type == FieldType::list) continue;
            EXPECT_EQ(value(from_json(one, parse_json(written), context_)), before) << written;

            std::vector<Cell> cells;
            to_cells(one, before, cells);
            ASSERT_EQ(cells.size(), columns(one).size());
            EXPECT_EQ(from_cells(one, cells.data()), one.has_column() ? before : Value());

            const bool is_reference = one.is_reference() || one.type == FieldType::refs || one.type == FieldType::file;
            if (is_reference || one.type == FieldType::address) continue;  // people type names of these
            EXPECT_EQ(value(from_text(one, to_display(one, before, context_), context_)), before);
        }
    }
    EXPECT_EQ(seen.size(), field_types.size()) << "every type is among the fields";
}

TEST_F(FieldValue, NeverCrashesOnRandomJsonAndAnswersAValueOrAProblem) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const std::vector<std::string> pieces{"null",
                                          "true",
                                          "0",
                                          "-7",
                                          "1.5",
                                          "99999999999999999999",
                                          "\"\"",
                                          "\"x\"",
                                          "\"12\"",
                                          "\"2024-01-01\"",
                                          "[]",
                                          "{}",
                                          "[1]",
                                          "[\"1\"]",
                                          "[null]",
                                          R"({"id":"1"})",
                                          R"({"id":1})",
                                          R"({"code":[]})",
                                          R"({"amount":{}})",
                                          R"({"street":[]})"};
    int problems = 0;
    for (const Field& one : model_->object("customer").fields) {
        for (int i = 0; i < 100; ++i) {
            const std::string& piece = random.one_of(pieces);
            const Read read = from_json(one, parse_json(piece), context_);
            if (const Problem* problem = std::get_if<Problem>(&read)) {
                ++problems;
                EXPECT_EQ(problem->field, one.name);
            } else {
                const Value& held = std::get<Value>(read);
                std::string written;
                JsonWriter writer(written);
                write_json(one, held, writer);
                EXPECT_EQ(from_stored_json(one, parse_json(written)), held) << one.name << ' ' << piece;
            }
            (void)from_text(one, piece, context_);
        }
    }
    EXPECT_GT(problems, 0);
}

}  // namespace
}  // namespace gx::meta
