// What the audit needs to know of the history: a digest of every row, in the order of ids. A row that goes for good
// with its record (undo of a creation, emptying the bin) leaves its digest behind in `erased_history`, so that the
// digest of a stretch of history stays what it was and every other removal is found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "store/store.hpp"

namespace gx::record {

// The SHA-256 of one row of `history`; part of what is sealed, so it never changes. The columns of history_leaf_columns
// stand in the row from the first one on.
inline constexpr std::string_view history_leaf_columns =
    "id, object, record, version, batch, at, who, operation, changes";
std::string history_leaf(const store::Row& row);

struct HistoryLeaf {
    std::int64_t id = 0;
    std::int64_t batch = 0;
    std::string leaf;
};
// Rows with `above` < id <= `up_to`, those that were erased among them, by rising id.
void each_leaf(store::Connection& connection, std::int64_t above, std::int64_t up_to,
               FunctionRef<void(const HistoryLeaf&)> each);
// The same of one batch.
void each_leaf_of_batch(store::Connection& connection, std::int64_t batch, std::int64_t from, std::int64_t up_to,
                        FunctionRef<void(const HistoryLeaf&)> each);

// Puts the digests of the history of these records aside, before it is deleted.
void keep_leaves(store::Connection& connection, std::string_view object, const std::vector<std::int64_t>& records);

}  // namespace gx::record
