// FTS5 tokenizer "tokens": words stand between single spaces, because base/tokens.hpp has made them already.
#pragma once

struct sqlite3;

namespace gx::store {

void register_tokenizer(sqlite3* database);

}  // namespace gx::store
