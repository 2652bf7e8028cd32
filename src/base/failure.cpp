#include "base/failure.hpp"

namespace gx {

void ensure(bool holds, std::string_view what) {
    if (!holds) throw Failure(Failure::Kind::broken, "broken", {{"why", std::string(what)}});
}

}  // namespace gx
