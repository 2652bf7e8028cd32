// Whatever bytes arrive, parsers answer or refuse, and soon.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "base/decimal.hpp"
#include "base/failure.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/tokens.hpp"

namespace gx {
namespace {

void feed(const std::string& input) {
    try {
        parse_json(input);
    } catch (const Failure& failure) {
        EXPECT_NE(failure.kind(), Failure::Kind::broken);
    }
    JsonLines::of(input);
    std::vector<std::string> tokens;
    index_tokens(input, {true, PinyinOf::person}, tokens);
    for (const std::string& token : tokens) EXPECT_TRUE(is_valid_utf8(token));
    for (const QueryWord& word : query_words(input)) EXPECT_FALSE(word.alternatives.empty());
    company_key(input);
    mnemonic_code(input);
    parse_decimal_leniently(input);
    parse_date_leniently(input);
    parse_timestamp(input);
    std::string out;
    JsonWriter(out).string(input);
    EXPECT_TRUE(is_valid_utf8(out));
}

TEST(HostileInput, NeverCrashesAParserNorHoldsItUp) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    // Pieces that parsers care about make deeper paths likelier than plain noise does.
    const std::vector<std::string> pieces = {
        "{",           "}",  "[",  "]",  "\"", "\\", "\\u", "//", "/*",
        ":",           ",",  "1",  "e9", ".",  "-",  "华",  "　", "\xF0\xA0\xAE\xB7",
        "\xff",        "万", "年", "%",  "(",  "a",  "lu",  "\n", std::string(1, '\0'),
        "\xE2\x80\x8B"};
    for (int round = 0; round < 1500; ++round) {
        std::string input;
        const std::size_t length = random() % 80;
        for (std::size_t i = 0; i < length; ++i) {
            if (random() % 4 == 0) {
                input.push_back(static_cast<char>(random() % 256));
            } else {
                input += pieces[random() % pieces.size()];
            }
        }
        const auto start = std::chrono::steady_clock::now();
        feed(input);
        ASSERT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{1}) << "round " << round;
    }
}

TEST(HostileInput, IsTakenInOneSecondEvenWhenLong) {
    for (const std::string& unit :
         {std::string("["), std::string("{\"a\":"), std::string("华"), std::string("a1"), std::string("1"),
          std::string("　"), std::string("\xff"), std::string("\"\\u0000"), std::string("lu")}) {
        std::string input;
        while (input.size() < 300'000) input += unit;
        const auto start = std::chrono::steady_clock::now();
        feed(input);
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{1}) << unit;
    }
}

}  // namespace
}  // namespace gx
