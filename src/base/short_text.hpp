// Text of others that is kept or passed on: no more of it than there is room for, and nothing that databases refuse.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gx {

// The first code points, with blanks in place of NUL; empty when it is not UTF-8.
std::string short_text(std::string_view text, std::size_t code_points_max);

}  // namespace gx
