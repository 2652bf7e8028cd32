// Any list as a file, streamed: CSV (UTF-8 with a byte order mark, so that spreadsheets read Chinese) and XLSX.
// Cells that a spreadsheet would run as a formula (= + - @ and control characters in front) are made safe.
#pragma once

#include <string>
#include <string_view>

#include "access/access.hpp"
#include "base/function_ref.hpp"
#include "record/records.hpp"

namespace gx::features {

enum class ExportFormat { csv, xlsx };

class Exporter {
public:
    explicit Exporter(record::Records& records) : records_(records) {}

    using Sink = FunctionRef<bool(std::string_view piece)>;  // false: the reader has gone, stop

    // Headings and choices in the caller's language. Needs the export right on the object; only rows and fields that
    // the caller may see. Gives the number of rows written.
    std::size_t write(const access::Caller& caller, record::ListQuery query, ExportFormat format, Sink sink) const;

    // Throws what write() would throw for this query, before the first byte goes out.
    void check(const access::Caller& caller, record::ListQuery query) const;

    // "客户 2026-11-24.xlsx"
    static std::string file_name(const meta::Object& object, Language language, Date today, ExportFormat format);

private:
    record::Records& records_;
};

}  // namespace gx::features
