// The SQLite database of one company: one writer thread that commits for many callers at once, and a few readers.
#pragma once

#include <memory>

#include "store/store.hpp"

namespace gx::store {

std::unique_ptr<Store> open_sqlite(const Settings& settings);

}  // namespace gx::store
