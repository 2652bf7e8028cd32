#include "features/importing/table_reader.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/failure.hpp"
#include "base/json.hpp"

namespace gx::features {
namespace {

using Rows = std::vector<std::vector<std::string>>;

class TableReaderTest : public testing::Test {
protected:
    TableReaderTest()
        : folder_(std::filesystem::temp_directory_path() / ("gx-table-" + std::to_string(std::random_device{}()))) {
        std::filesystem::create_directories(folder_);
    }
    ~TableReaderTest() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path write(std::string_view bytes) {
        const auto path = folder_ / ("f" + std::to_string(count_++));
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    static Rows rows(TableReader& reader) {
        Rows all;
        reader.read([&](TableRow& row) {
            all.push_back(row.cells);
            return true;
        });
        return all;
    }
    Rows rows_of(std::string_view bytes) { return rows(*open_table(write(bytes))); }

    static std::string failure_of(const std::function<void()>& work) {
        try {
            work();
        } catch (const Failure& failure) {
            return failure.key();
        }
        return "no failure";
    }

private:
    std::filesystem::path folder_;
    int count_ = 0;
};

TEST_F(TableReaderTest, QuotesCommasAndLineBreaksInsideQuotesStayInTheirCell) {
    EXPECT_EQ(rows_of("a,b\n\"1,5\",\"say \"\"hi\"\"\nto all\"\n"), (Rows{{"a", "b"}, {"1,5", "say \"hi\"\nto all"}}));
}

TEST_F(TableReaderTest, EveryKindOfLineEndEndsARow) {
    const Rows expected{{"a", "b"}, {"1", "2"}, {"3", "4"}};
    EXPECT_EQ(rows_of("a,b\n1,2\n3,4"), expected);
    EXPECT_EQ(rows_of("a,b\r\n1,2\r\n3,4\r\n"), expected);
    EXPECT_EQ(rows_of("a,b\r1,2\r3,4\r"), expected);
}

TEST_F(TableReaderTest, TheSeparatorIsFoundByItself) {
    const Rows expected{{"名称", "电话", "金额"}, {"华信", "021", "1,5"}};
    EXPECT_EQ(rows_of("名称;电话;金额\n华信;021;1,5\n"), expected);
    EXPECT_EQ(rows_of("名称\t电话\t金额\n华信\t021\t1,5\n"), expected);
    EXPECT_EQ(rows_of("名称|电话|金额\n华信|021|1,5\n"), expected);
}

TEST_F(TableReaderTest, EncodingsOfChineseFilesAreFoundByThemselves) {
    const Rows expected{{"公司名称", "电话"}, {"华信科技有限公司", "021"}, {"蓝海贸易（上海）", "022"}};
    EXPECT_EQ(rows_of("\xEF\xBB\xBF公司名称,电话\n华信科技有限公司,021\n蓝海贸易（上海）,022\n"), expected);
    // 公司名称,电话 … in GBK
    EXPECT_EQ(rows_of("\xB9\xAB\xCB\xBE\xC3\xFB\xB3\xC6,"
                      "\xB5\xE7\xBB\xB0\n\xBB\xAA\xD0\xC5\xBF\xC6\xBC\xBC\xD3\xD0\xCF\xDE\xB9\xAB\xCB\xBE,021\n"
                      "\xC0\xB6\xBA\xA3\xC3\xB3\xD2\xD7\xA3\xA8\xC9\xCF\xBA\xA3\xA3\xA9,022\n"),
              expected);
    // 公司名稱,電話 / 華信科技有限公司,021 in Big5
    EXPECT_EQ(rows_of("\xA4\xBD\xA5\x71\xA6\x57\xBA\xD9,"
                      "\xB9\x71\xB8\xDC\n\xB5\xD8\xAB\x48\xAC\xEC\xA7\xDE\xA6\xB3\xAD\xAD\xA4\xBD\xA5\x71,021\n"),
              (Rows{{"公司名稱", "電話"}, {"華信科技有限公司", "021"}}));
    std::string wide("\xFF\xFE", 2);
    for (const char16_t c : std::u16string(u"公司名称,电话\n华信科技有限公司,021\n蓝海贸易（上海）,022\n")) {
        wide += static_cast<char>(c & 0xFF);
        wide += static_cast<char>(c >> 8);
    }
    EXPECT_EQ(rows_of(wide), expected);
    EXPECT_EQ(rows_of(wide.substr(2)), expected);
}

TEST_F(TableReaderTest, RowsKnowTheLineOnWhichTheyBegin) {
    std::vector<std::int64_t> lines;
    open_table(write("a,b\n\"x\ny\",2\n\n3,4\n"))->read([&](TableRow& row) {
        lines.push_back(row.line);
        return true;
    });
    EXPECT_EQ(lines, (std::vector<std::int64_t>{1, 2, 5}));
}

TEST_F(TableReaderTest, WhatIsNoTableIsRefusedWithAReason) {
    EXPECT_EQ(failure_of([&] { rows_of(""); }), "file_empty");
    EXPECT_EQ(failure_of([&] { rows_of("a,b\n\"open,2\n"); }), "csv_open_quote");
    EXPECT_EQ(failure_of([&] { rows_of("%PDF-1.7\n"); }), "file_not_a_table");
    EXPECT_EQ(failure_of([&] { rows_of("PK\x03\x04 torn"); }), "xlsx_broken");
    EXPECT_EQ(failure_of([&] { rows_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"); }), "file_old_excel");
    EXPECT_EQ(failure_of([&] { rows_of("a," + std::string(2u << 20, 'x') + "\n"); }), "cell_too_long");
    EXPECT_EQ(failure_of([&] { rows_of(std::string(2000, ',') + "\n"); }), "too_many_columns");
}

TEST_F(TableReaderTest, RandomBytesNeverCrashIt) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    constexpr std::string_view alphabet = "a,;\t|\"\n\r\xE5\x8D\x8E\xFF\x00PK";
    for (int round = 0; round < 300; ++round) {
        std::string bytes;
        for (std::size_t i = random() % 400; i > 0; --i)
            bytes += round % 2 == 0 ? alphabet[random() % alphabet.size()] : static_cast<char>(random());
        try {
            rows_of(bytes);
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.kind(), Failure::Kind::bad_request);
        }
    }
}

// covers: PLAT-102
TEST_F(TableReaderTest, TheSpectrumOfCsvFilesGivesTheExpectedCells) {
    const std::filesystem::path data = GX_SOURCE_DIR "/tests/data/csv-spectrum";
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(data)) {
        if (entry.path().extension() != ".csv") continue;
        SCOPED_TRACE(entry.path().filename());
        std::ifstream in(std::filesystem::path(entry.path()).replace_extension(".json"));
        const std::string text((std::istreambuf_iterator<char>(in)), {});
        const Rows read = rows(*open_table(entry.path()));
        json::value expected = parse_json(text);
        if (expected.is_object()) {  // a file of one row gives it bare
            json::array one;
            one.push_back(expected);
            expected = std::move(one);
        }
        ASSERT_EQ(read.size(), expected.as_array().size() + 1);
        for (std::size_t row = 0; row + 1 < read.size(); ++row) {
            for (const auto& [heading, value] : expected.as_array()[row].as_object()) {
                const auto column =
                    static_cast<std::size_t>(std::find(read[0].begin(), read[0].end(), heading) - read[0].begin());
                ASSERT_LT(column, read[0].size());
                // As published, this file and its expectation name different telephones; the file is what is read.
                const bool published_wrong =
                    entry.path().filename() == "location_coordinates.csv" && value == "1234567890";
                const std::string wanted = published_wrong ? "2095257564" : std::string(value.as_string());
                EXPECT_EQ(column < read[row + 1].size() ? read[row + 1][column] : "", wanted) << heading;
            }
        }
        ++files;
    }
    EXPECT_EQ(files, 12);
}

}  // namespace
}  // namespace gx::features
