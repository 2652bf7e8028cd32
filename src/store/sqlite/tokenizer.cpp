#include "store/sqlite/tokenizer.hpp"

#include <sqlite3.h>

#include <cstring>

#include "base/failure.hpp"

namespace gx::store {

namespace {

using EachToken = int (*)(void*, int, const char*, int, int, int);

// The tokenizer has no state; FTS5 only wants an address that is not null.
int create(void* context, const char**, int, Fts5Tokenizer** out) {
    *out = static_cast<Fts5Tokenizer*>(context);
    return SQLITE_OK;
}

void destroy(Fts5Tokenizer*) {}

int tokenize(Fts5Tokenizer*, void* context, int, const char* text, int bytes, EachToken each) {
    for (int at = 0; at < bytes;) {
        const void* space = std::memchr(text + at, ' ', static_cast<std::size_t>(bytes - at));
        const int end = space == nullptr ? bytes : static_cast<int>(static_cast<const char*>(space) - text);
        if (end > at) {
            const int code = each(context, 0, text + at, end - at, at, end);
            if (code != SQLITE_OK) return code;
        }
        at = end + 1;
    }
    return SQLITE_OK;
}

fts5_api* api_of(sqlite3* database) {
    fts5_api* api = nullptr;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database, "select fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
        sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
        sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    return api;
}

}  // namespace

void register_tokenizer(sqlite3* database) {
    fts5_api* api = api_of(database);
    ensure(api != nullptr, "SQLite with FTS5");
    fts5_tokenizer tokenizer{&create, &destroy, &tokenize};
    const int code = api->xCreateTokenizer(api, "tokens", database, &tokenizer, nullptr);
    ensure(code == SQLITE_OK, "FTS5 takes our tokenizer");
}

}  // namespace gx::store
