// What expressions need and SQLite lacks. PostgreSQL has it all built in.
//   gx_multiply(a, b, digits)  a * b without its last `digits` digits, half away from zero
//   gx_divide(a, b, digits)    a * 10^digits / b, half away from zero; null when b is 0
//   gx_rescale(a, digits)      a * 10^digits, half away from zero when digits is negative
//   gx_in_range(a, low, high)  a, or null outside
//   gx_local_day(at, zone)     days since 1970 on the calendar of the zone
// A result beyond 64 bits is the error "number_too_large".
#pragma once

struct sqlite3;

namespace gx::store {

void register_functions(sqlite3* database);

}  // namespace gx::store
