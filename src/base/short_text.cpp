#include "base/short_text.hpp"

#include "base/text.hpp"

namespace gx {

std::string short_text(std::string_view text, std::size_t code_points_max) {
    std::string out;
    if (!is_valid_utf8(text)) return out;
    std::size_t count = 0;
    for (const char32_t c : to_code_points(text)) {
        if (count++ == code_points_max) break;
        append_utf8(out, c == 0 ? U' ' : c);
    }
    return out;
}

}  // namespace gx
