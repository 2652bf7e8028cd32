// What was committed, told with who did it: the feed of the audit. Events of the outbox rise in the order of commits,
// so whoever has read up to one event has missed nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

namespace gx::record {

struct Operation {
    std::int64_t event = 0;
    Timestamp at{};
    RecordId batch{};
    std::string object, operation, note;
    RecordId user{};  // account
    std::string address;
    struct Row {
        RecordId id;
        std::int64_t version = 0;
        bool removed = false;
    };
    std::int64_t count = 0;
    std::vector<Row> rows;  // empty when there are many
    // The rows of history of its transaction, which may have told several events; none when it erased records.
    std::int64_t history_first = 0, history_last = 0;
};
// By rising event.
std::vector<Operation> operations_after(store::Connection& connection, std::int64_t event);
std::int64_t last_event(store::Connection& connection);

// Old and new values of the records of one operation, as people read them.
struct RecordChange {
    RecordId record{};
    std::int64_t version = 0;
    std::string operation;  // of the row: create, update, delete, restore …
    std::string changes;    // {"field":{"old":…,"new":…}}; of a new record every field that is filled, with old null
};
// Records::changes_of gives them.

}  // namespace gx::record
