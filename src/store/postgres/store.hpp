// A PostgreSQL schema of one company, on one server or a cluster: whole transactions run again when the server
// asks for it or goes away.
#pragma once

#include <memory>

#include "store/store.hpp"

namespace gx::store {

std::unique_ptr<Store> open_postgres(const Settings& settings);

}  // namespace gx::store
