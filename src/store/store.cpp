#include "store/store.hpp"

#include "base/failure.hpp"
#include "store/sqlite/store.hpp"

namespace gx::store {

Sql& Sql::operator+=(const Sql& more) {
    text += more.text;
    params.insert(params.end(), more.params.begin(), more.params.end());
    return *this;
}

Cell Row::cell(int column, bool is_text) const {
    if (is_null(column)) return std::monostate{};
    if (is_text) return std::string(text(column));
    return integer(column);
}

std::unique_ptr<Store> open(const Settings& settings) {
    ensure(settings.database == "sqlite", "the database is sqlite");
    return open_sqlite(settings);
}

}  // namespace gx::store
