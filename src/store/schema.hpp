// Tables as they should be, compared with tables as they are. Additive differences are applied; anything else is a
// numbered migration of a module.
#pragma once

#include <string>
#include <vector>

#include "store/store.hpp"

namespace gx::store {

struct TableColumn {
    std::string name;
    bool text = false;
    bool not_null = false;
};
struct TableIndex {
    std::string name;
    std::vector<std::string> columns;  // "updated_at desc" allowed
    bool unique = false;
    bool live_only = false;  // where deleted_at is null
};
struct Table {
    std::string name;
    std::vector<TableColumn> columns;
    std::vector<std::string> primary_key;  // one integer column: the rowid on SQLite
    std::vector<TableIndex> indexes;
    bool without_rowid = false;  // SQLite, for link tables
};
// A table with the search index of an object: FTS5 on SQLite, tsvector with GIN on PostgreSQL (store/search.hpp).
struct SearchTable {
    std::string object;
};

struct Schema {
    std::vector<Table> tables;
    std::vector<SearchTable> searches;
};

// What would be done, one statement a line, in order; empty when the database is as it should be.
std::vector<std::string> differences(Connection& connection, const Schema& wanted);
// Does it. Idempotent; safe to run again after a crash. Returns the number of statements.
std::size_t migrate(Store& store, const Schema& wanted);

// Indexes dropped before a bulk load and made again after it are the caller's choice:
void drop_indexes(Connection& connection, const Table& table);
void make_indexes(Connection& connection, const Table& table);

}  // namespace gx::store
