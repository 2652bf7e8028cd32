// From our notation to libpq's: `?` to `$1`, and a connection string with the defaults of docs/decisions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gx::store {

// `?` outside of quotes and comments, in order.
std::size_t count_parameters(std::string_view sql);
std::string numbered_parameters(std::string_view sql);

// What the administrator wrote, with a default for whatever decides how soon a dead server is noticed.
// Throws Failure(unavailable, "database_address_malformed", {why}).
class ConnectionParameters {
public:
    explicit ConnectionParameters(const std::string& conninfo);

    const char* const* keywords() const { return keywords_.data(); }
    const char* const* values() const { return values_.data(); }

private:
    std::vector<std::string> texts_;
    std::vector<const char*> keywords_;
    std::vector<const char*> values_;
};

}  // namespace gx::store
