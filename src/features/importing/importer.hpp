// One pass over a table: rows become drafts in batches, references and duplicates are looked up set-wise, and every
// batch is one save. A check is the same pass with nothing written, so it cannot disagree with the import.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "features/importing/mapping.hpp"
#include "features/importing/table_reader.hpp"
#include "record/records.hpp"

namespace gx::features {

struct CellProblem {
    std::int64_t column = -1;  // position in the file; -1 when it concerns the whole row
    std::string heading;
    Problem problem;
    std::string value;  // what stood in the cell
};

struct Reject {
    std::int64_t row = 0;   // data row, from 1
    std::int64_t line = 0;  // as in TableRow
    std::vector<std::string> cells;
    std::vector<CellProblem> problems;
};

struct Tally {
    std::int64_t read = 0, created = 0, updated = 0, skipped = 0, rejected = 0;
    RecordId batch;  // none when nothing was written
};

// Cells that a person corrected: data row -> column -> text. Whole-column replacements are in ColumnMapping::values.
using Fixes = std::map<std::int64_t, std::map<std::size_t, std::string>>;

struct ImportPass {
    record::Records& records;
    const access::Caller& caller;
    meta::ModelPtr model;
    const meta::Object& object;
    const ImportSettings& settings;
    TableReader& table;
    const Fixes& fixes;
    std::int64_t rows = 0;  // for progress; 0 when not known
    std::string note;       // file name, for the history

    // `rejected` gets every row with problems, in order. `progress` says false to cancel: Failure(conflict,
    // "import_cancelled") is thrown after what was written has been undone.
    Tally check(FunctionRef<void(const Reject&)> rejected,
                FunctionRef<bool(std::int64_t, std::int64_t)> progress) const;
    // `begun` is told the batch as soon as there is one, before anything is written into it.
    Tally run(FunctionRef<void(const Reject&)> rejected, FunctionRef<bool(std::int64_t, std::int64_t)> progress,
              RecordId batch) const;
};

// Headings and a few values of each column.
struct Inspection {
    std::vector<std::string> headings;
    std::vector<std::vector<std::string>> samples;  // by column, at most 5 different ones
    std::int64_t rows = 0;                          // data rows
};
Inspection inspect(TableReader& table, int header_row);

}  // namespace gx::features
