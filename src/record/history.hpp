// Rows of the history as JSON, for the history of a record and for its timeline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/query.hpp"
#include "record/titles.hpp"

namespace gx::record {

struct HistoryEntry {
    std::int64_t id = 0, version = 0, at = 0;
    RecordId who, batch;
    std::string who_title, operation, note;
    struct Changed {
        const meta::Field* field;
        Value before, after;
    };
    std::vector<Changed> changes;
};

// The statement; rows are read with read_history_row. `where` speaks of `h`.
Sql history_sql(const Asking& asking, const Sql& where, std::string_view order, int limit);
// Only changes of fields that the caller may read.
HistoryEntry read_history_row(const Asking& asking, const meta::Object& object, const store::Row& row);
void want_titles(const std::vector<HistoryEntry>& entries, Titles& titles);
// {"version","at","who","operation","batch","note","changes"}
void write_history(const HistoryEntry& entry, const Titles& titles, std::string& out);

void write_at(std::int64_t milliseconds, std::string& out);
void write_person(RecordId id, std::string_view title, std::string& out);

}  // namespace gx::record
