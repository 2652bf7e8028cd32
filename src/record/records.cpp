#include "record/records.hpp"

#include <memory>
#include <utility>

#include "record/state.hpp"

namespace gx::record {

Records::Records(Parts parts, const Behaviours& behaviours)
    : state_(std::make_unique<State>(std::move(parts), behaviours)) {}

Records::~Records() = default;

const Parts& Records::parts() const { return state_->parts; }

}  // namespace gx::record
