#include "access/viewing.hpp"

namespace gx::access {

bool may_view_as(const Grants& person, const Grants& other) {
    if (!person.has_special(view_as_right) || person.user == other.user) return false;
    return person.administrator() || !other.administrator();
}

}  // namespace gx::access
