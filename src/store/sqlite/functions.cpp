#include "store/sqlite/functions.hpp"

#include <sqlite3.h>

#include <exception>
#include <limits>
#include <string>

#include "base/failure.hpp"
#include "base/time.hpp"

namespace gx::store {

namespace {

__extension__ using Wide = __int128;

constexpr int digits_max = 20;

Wide power_of_ten(int digits) {
    Wide power = 1;
    for (int i = 0; i < digits && i < digits_max; ++i) power *= 10;
    return power;
}

Wide divide_half_away(Wide number, Wide by) {
    if (by < 0) number = -number, by = -by;
    // An odd divisor has no exact half, so its integer half is right for it too.
    const Wide half = by / 2;
    return (number >= 0 ? number + half : number - half) / by;
}

void answer(sqlite3_context* context, Wide number) {
    if (number > std::numeric_limits<std::int64_t>::max() || number < std::numeric_limits<std::int64_t>::min()) {
        sqlite3_result_error(context, "number_too_large", -1);
    } else {
        sqlite3_result_int64(context, static_cast<std::int64_t>(number));
    }
}

bool any_null(int count, sqlite3_value** values) {
    for (int i = 0; i < count; ++i) {
        if (sqlite3_value_type(values[i]) == SQLITE_NULL) return true;
    }
    return false;
}

void multiply(sqlite3_context* context, int count, sqlite3_value** values) {
    if (any_null(count, values)) return;
    const Wide product = Wide{sqlite3_value_int64(values[0])} * sqlite3_value_int64(values[1]);
    answer(context, divide_half_away(product, power_of_ten(sqlite3_value_int(values[2]))));
}

void divide(sqlite3_context* context, int count, sqlite3_value** values) {
    if (any_null(count, values)) return;
    Wide number = sqlite3_value_int64(values[0]);
    Wide by = sqlite3_value_int64(values[1]);
    const int digits = sqlite3_value_int(values[2]);
    if (by == 0) return;
    if (digits >= 0) {
        number *= power_of_ten(digits);  // 19 digits and at most 15 more: within 128 bits
    } else {
        by *= power_of_ten(-digits);
    }
    answer(context, divide_half_away(number, by));
}

void rescale(sqlite3_context* context, int count, sqlite3_value** values) {
    if (any_null(count, values)) return;
    const Wide number = sqlite3_value_int64(values[0]);
    const int digits = sqlite3_value_int(values[1]);
    answer(context, digits >= 0 ? number * power_of_ten(digits) : divide_half_away(number, power_of_ten(-digits)));
}

void in_range(sqlite3_context* context, int count, sqlite3_value** values) {
    // Beyond 64 bits SQLite went on in floating point; that is outside of any range.
    if (any_null(count, values) || sqlite3_value_type(values[0]) != SQLITE_INTEGER) return;
    const std::int64_t number = sqlite3_value_int64(values[0]);
    if (number < sqlite3_value_int64(values[1]) || number > sqlite3_value_int64(values[2])) return;
    sqlite3_result_int64(context, number);
}

void local_day(sqlite3_context* context, int count, sqlite3_value** values) {
    if (any_null(count, values)) return;
    try {
        const auto* zone = static_cast<const TimeZone*>(sqlite3_get_auxdata(context, 1));
        if (zone == nullptr) {
            const auto* name = reinterpret_cast<const char*>(sqlite3_value_text(values[1]));
            sqlite3_set_auxdata(context, 1, new TimeZone(name),
                                [](void* kept) { delete static_cast<TimeZone*>(kept); });
            zone = static_cast<const TimeZone*>(sqlite3_get_auxdata(context, 1));
        }
        if (zone == nullptr) return sqlite3_result_error_nomem(context);
        const Timestamp at{std::chrono::milliseconds(sqlite3_value_int64(values[0]))};
        sqlite3_result_int64(context, zone->date_at(at).time_since_epoch().count());
    } catch (const std::exception& failure) {
        // Nothing may be thrown through SQLite.
        sqlite3_result_error(context, failure.what(), -1);
    }
}

using Function = void (*)(sqlite3_context*, int, sqlite3_value**);

void add(sqlite3* database, const char* name, int parameters, Function function) {
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    const int code =
        sqlite3_create_function_v2(database, name, parameters, flags, nullptr, function, nullptr, nullptr, nullptr);
    ensure(code == SQLITE_OK, "SQLite takes our functions");
}

}  // namespace

void register_functions(sqlite3* database) {
    add(database, "gx_multiply", 3, &multiply);
    add(database, "gx_divide", 3, &divide);
    add(database, "gx_rescale", 2, &rescale);
    add(database, "gx_in_range", 3, &in_range);
    add(database, "gx_local_day", 2, &local_day);
}

}  // namespace gx::store
