// Removing records for good: row, links, search entry and history, of which the digests stay (record/history_seal.hpp).
// For undoing a creation, and for the recycle bin.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "record/plan.hpp"
#include "record/records.hpp"
#include "store/search.hpp"
#include "store/store.hpp"

namespace gx::record {

// A record as it was when its removal was decided on.
struct Doomed {
    RecordId id;
    std::int64_t version = 0;
    RecordId owner, department;
    std::vector<std::string> tokens;  // what the search index holds
};

// The live records (or those in the bin) among `ids` that `reach` admits (record/reach.hpp).
std::vector<Doomed> read_doomed(store::Connection& connection, const ObjectPlan& plan,
                                std::span<const std::int64_t> ids, const store::Sql& reach, bool bin);

// Throws Moved when one of them has changed since it was read.
void erase(store::Connection& connection, const ObjectPlan& plan, std::span<const Doomed> doomed);

// Running numbers of (object, period), and the rows that tell the world of a commit.
std::int64_t take_numbers(store::Connection& connection, const std::string& object, const std::string& period,
                          std::size_t count);
// The rows of history that one transaction writes: ids that rise, given out at once. None when it writes no history.
struct HistoryRun {
    RecordId first, last;
};
// Writes the events with ids given here; `process` is whose commit it is (IdSource::process).
void write_events(store::Connection& connection, Timestamp at, std::int64_t process,
                  std::span<Records::Committed> events, HistoryRun history = {});

}  // namespace gx::record
