// A private PostgreSQL for tests: made from the distribution's binaries in a temporary folder, reached by a Unix
// socket only, gone when the process ends however it ends. GX_TEST_POSTGRES names a running server instead.
#pragma once

#include <string>

namespace gx::test {

// False when neither GX_TEST_POSTGRES nor initdb is there; why() then says what to install.
bool postgres_available();
std::string why_no_postgres();

// Connection string of the server; the first call starts it. Throws std::runtime_error with the server's log.
std::string postgres_url();

}  // namespace gx::test
