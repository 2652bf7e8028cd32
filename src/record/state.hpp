// What one Records holds between calls. The reading files (list, read, search …) and the writing files (save, undo …)
// each keep their own part, so that neither has to know the caches of the other.
#pragma once

#include <utility>

#include "record/behaviour.hpp"
#include "record/reading_state.hpp"
#include "record/records.hpp"
#include "record/writing_state.hpp"

namespace gx::record {

struct Records::State {
    State(Parts given, const Behaviours& known) : parts(std::move(given)), behaviours(known), zone(parts.zone) {}

    Parts parts;
    const Behaviours& behaviours;
    TimeZone zone;  // of the company
    ReadingState reading;
    WritingState writing;
};

}  // namespace gx::record
