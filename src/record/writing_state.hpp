// What the writing files keep between calls.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "record/plan.hpp"
#include "record/records.hpp"

namespace gx::record {

// An event with more rows than this says only that there were many.
inline constexpr std::size_t event_rows_max = 500;

struct WritingState {
    std::mutex mutex;
    std::vector<std::function<void(const Records::Committed&)>> listeners;
    PlanCache plans;
    std::optional<Timestamp> shares_looked_at;  // only one thread looks
    std::optional<std::int64_t> told_until;     // commits of other processes up to this event; only one thread looks

    // After a commit: what happened, to everybody who asked to be told.
    void tell(std::span<const Records::Committed> committed);
};

}  // namespace gx::record
