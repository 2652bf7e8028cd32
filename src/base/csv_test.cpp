#include "base/csv.hpp"

#include <gtest/gtest.h>

namespace gx {
namespace {

std::string cell(std::string_view text) {
    std::string out = "before,";
    append_csv_cell(out, text);
    return out;
}

TEST(Csv, APlainCellStaysAsItIs) {
    EXPECT_EQ(cell("华信 科技"), "before,华信 科技");
    EXPECT_EQ(cell(""), "before,");
}

TEST(Csv, SeparatorsQuotesAndLineEndsAreQuoted) {
    EXPECT_EQ(cell("1,5"), "before,\"1,5\"");
    EXPECT_EQ(cell("say \"hi\""), "before,\"say \"\"hi\"\"\"");
    EXPECT_EQ(cell("a\nb"), "before,\"a\nb\"");
    EXPECT_EQ(cell("a\rb"), "before,\"a\rb\"");
}

}  // namespace
}  // namespace gx
