#include "store/store.hpp"

#include "store/postgres/store.hpp"
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
    return settings.database == "sqlite" ? open_sqlite(settings) : open_postgres(settings);
}

}  // namespace gx::store
