// The one way in which anything is written: think on a snapshot, write in one transaction, think again when something
// moved in between, tell the listeners after the commit.
#pragma once

#include "base/function_ref.hpp"
#include "record/work.hpp"
#include "record/writing_state.hpp"

namespace gx::record {

struct Saving {
    const Parts& parts;
    const TimeZone& zone;
    const Behaviours& behaviours;
    WritingState& state;

    // `fill` puts the drafts into the work. It runs again for every attempt.
    Saved run(const Caller& caller, const SaveOptions& options, const WorkOptions& how,
              FunctionRef<void(Work&)> fill) const;
    Saved run(const Caller& caller, const SaveOptions& options, const WorkOptions& how,
              std::span<const Change> changes) const {
        return run(caller, options, how, [&](Work& work) { work.take(changes); });
    }
    // What was answered to the same request before, when it was one.
    std::optional<Saved> answered_before(const Caller& caller, const SaveOptions& options) const;
};

// For what the program does by itself.
Caller system_caller(const TimeZone& zone);

}  // namespace gx::record
