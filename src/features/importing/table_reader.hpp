// Tables in files, read as a stream: one row at a time, memory independent of the size of the file.
// Cells are text; numbers, dates and booleans of a spreadsheet come in the form that meta::from_text understands.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"

namespace gx::features {

struct TableRow {
    std::int64_t line = 0;           // CSV: line of the file on which the row begins; spreadsheet: row number. From 1
    std::vector<std::string> cells;  // trailing empty cells may be absent
};

struct TableLimits {
    std::size_t cell_bytes_max = 1u << 20;
    std::size_t columns_max = 1000;
    std::int64_t rows_max = 5'000'000;
    std::size_t shared_text_bytes_max = 48u << 20;  // XLSX: all different texts of the workbook
    std::uint64_t unpacked_bytes_max = 4ull << 30;  // XLSX: of one part of the archive
};

struct TableOptions {
    std::string encoding;  // empty: found by itself (UTF-8, UTF-16, GB18030, Big5)
    char separator = 0;    // 0: found by itself (comma, semicolon, tab, bar)
    std::string sheet;     // empty: the first visible one
};

// What the file turned out to be.
struct TableShape {
    std::string format;  // "csv" or "xlsx"
    std::string encoding;
    char separator = 0;
    std::vector<std::string> sheets;
    std::string sheet;
};

// Each throws Failure(bad_request) with {line} where it can be told: "file_empty", "file_not_a_table", "file_encoding",
// "csv_open_quote", "cell_too_long", "too_many_columns", "too_many_rows", "xlsx_broken", "xlsx_encrypted",
// "xlsx_too_large", "xlsx_no_sheet", "file_old_excel", "file_opendocument".
class TableReader {
public:
    virtual ~TableReader() = default;
    virtual const TableShape& shape() const = 0;
    // Gives rows until the file ends or `each` says false. May be called again: it starts from the beginning.
    virtual void read(FunctionRef<bool(TableRow&)> each) = 0;
};

// Looks at the first bytes, not at the name, to tell what the file is.
std::unique_ptr<TableReader> open_table(const std::filesystem::path& file, const TableOptions& options = {},
                                        const TableLimits& limits = {});

// The two kinds, for open_table and its tests.
std::unique_ptr<TableReader> open_csv(const std::filesystem::path& file, const TableOptions& options,
                                      const TableLimits& limits);
std::unique_ptr<TableReader> open_xlsx(const std::filesystem::path& file, const TableOptions& options,
                                       const TableLimits& limits);

}  // namespace gx::features
