// What the writing files keep between calls.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "record/plan.hpp"
#include "record/records.hpp"

namespace gx::record {

struct WritingState {
    std::mutex mutex;
    std::vector<std::function<void(const Records::Committed&)>> listeners;
    PlanCache plans;
};

}  // namespace gx::record
