#include "store/sql_text.hpp"

#include "base/failure.hpp"

namespace gx::store {

std::string identifier(std::string_view name) {
    constexpr std::size_t bytes_max = 63;  // PostgreSQL cuts longer names silently
    ensure(!name.empty() && name.size() <= bytes_max && name.find_first_of("\"\0") == std::string_view::npos,
           "a name of at most 63 bytes");
    std::string out;
    out.reserve(name.size() + 2);
    out += '"';
    out += name;
    return out += '"';
}

}  // namespace gx::store
