// Caches of the reading files.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/id.hpp"
#include "base/time.hpp"

namespace gx::record {

// How many live records of an object each owner and each department holds, roughly: enough to choose a plan.
struct ScopeSizes {
    std::unordered_map<RecordId, std::int64_t> owners, departments;
    std::int64_t all = 0;
    Timestamp counted_at;
};

// How many records hold a token of the search index, of those that many hold (store::common_tokens).
struct CommonTokens {
    std::map<std::string, std::int64_t, std::less<>> records;
    Timestamp counted_at;
};

// What a plan depends on, counted now and then.
struct KeptCount {
    std::int64_t count = 0;
    Timestamp counted_at;
};

struct ReadingState {
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<const ScopeSizes>, std::less<>> scope_sizes;      // by object
    std::map<std::string, std::shared_ptr<const CommonTokens>, std::less<>> common_tokens;  // by object
    std::map<std::string, KeptCount, std::less<>> counts;  // by statement and parameters
};

}  // namespace gx::record
