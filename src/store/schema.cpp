#include "store/schema.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/failure.hpp"
#include "store/sql_text.hpp"

namespace gx::store {

namespace {

struct IndexColumn {
    std::string name;
    bool descending = false;

    friend bool operator==(const IndexColumn&, const IndexColumn&) = default;
};
struct IndexShape {
    std::vector<IndexColumn> columns;
    bool unique = false;
    bool live_only = false;

    friend bool operator==(const IndexShape&, const IndexShape&) = default;
};
struct Found {
    std::map<std::string, std::map<std::string, std::string>> tables;  // column -> type
    std::map<std::string, IndexShape> indexes;
    std::set<std::string> counted;  // search tables whose tokens PostgreSQL counts as finely as they need
};

// Of how many tokens PostgreSQL knows the frequency is ten times this. One that it does not know it takes to be in one
// record of 200, and then rather walks through all records, newest first, than to ask the index for the few that there
// are: of a million customers a two-character word took 60 ms, and 160 for whoever sees a part of them.
constexpr std::string_view tokens_counted = "1000";

IndexColumn parse_index_column(const std::string& column) {
    const std::size_t space = column.find(' ');
    if (space == std::string::npos) return {column, false};
    const std::string order = column.substr(space + 1);
    ensure(order == "desc" || order == "asc", "an index column is a name, with asc or desc");
    return {column.substr(0, space), order == "desc"};
}

IndexShape shape_of(const TableIndex& index) {
    IndexShape shape{{}, index.unique, index.live_only};
    for (const std::string& column : index.columns) shape.columns.push_back(parse_index_column(column));
    return shape;
}

constexpr std::string_view sqlite_columns =
    "select m.name, c.name, lower(c.type) from sqlite_schema m left join pragma_table_info(m.name) c on m.rootpage > 0 "
    "where m.type = 'table'";
constexpr std::string_view sqlite_indexes =
    "select l.name, l.\"unique\", l.partial, c.name, c.\"desc\" from sqlite_schema m, pragma_index_list(m.name) l, "
    "pragma_index_xinfo(l.name) c where m.type = 'table' and m.rootpage > 0 and l.origin = 'c' and c.key "
    "order by l.name, c.seqno";
constexpr std::string_view postgres_columns =
    "select t.relname, a.attname, format_type(a.atttypid, null) from pg_class t "
    "join pg_namespace n on n.oid = t.relnamespace join pg_attribute a on a.attrelid = t.oid "
    "where n.nspname = current_schema() and t.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped";
constexpr std::string_view postgres_indexes =
    "select i.relname, x.indisunique, x.indpred is not null, coalesce(a.attname, ''), x.indoption[k.n] & 1 "
    "from pg_index x join pg_class i on i.oid = x.indexrelid join pg_namespace n on n.oid = i.relnamespace "
    "cross join lateral generate_series(0, x.indnkeyatts - 1) k(n) "
    "left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[k.n] "
    "where n.nspname = current_schema() and not x.indisprimary order by i.relname, k.n";

constexpr std::string_view postgres_counted =
    "select t.relname from pg_class t join pg_namespace n on n.oid = t.relnamespace join pg_attribute a on a.attrelid "
    "= "
    "t.oid where n.nspname = current_schema() and a.attname = 'tokens' and a.attstattarget = ";

Found look(Connection& connection) {
    const bool sqlite = connection.dialect() == Dialect::sqlite;
    std::vector<Sql> questions{{std::string(sqlite ? sqlite_columns : postgres_columns), {}},
                               {std::string(sqlite ? sqlite_indexes : postgres_indexes), {}}};
    if (!sqlite) questions.push_back({std::string(postgres_counted) + std::string(tokens_counted), {}});
    Found found;
    connection.query_many(questions, [&](std::size_t question, const Row& row) {
        if (question == 0) {
            auto& columns = found.tables[std::string(row.text(0))];
            if (!row.is_null(1)) columns.emplace(row.text(1), row.text(2));
        } else if (question == 2) {
            found.counted.emplace(row.text(0));
        } else {
            IndexShape& shape = found.indexes[std::string(row.text(0))];
            shape.unique = row.integer(1) != 0;
            shape.live_only = row.integer(2) != 0;
            shape.columns.push_back({std::string(row.text(3)), row.integer(4) != 0});
        }
        return true;
    });
    return found;
}

std::string type_of(const TableColumn& column, Dialect dialect) {
    if (dialect == Dialect::sqlite) return column.text ? "text" : "integer";
    return column.text ? "text" : "bigint";
}

// Text compares by bytes on both databases, so that order and paging agree.
std::string column_definition(const TableColumn& column, Dialect dialect) {
    std::string out = identifier(column.name) + ' ' + type_of(column, dialect);
    if (column.text && dialect == Dialect::postgres) out += " collate \"C\"";
    if (column.not_null) out += " not null";
    return out;
}

std::string names(std::span<const std::string> columns) {
    std::string out;
    for (const std::string& column : columns) {
        if (!out.empty()) out += ", ";
        out += identifier(column);
    }
    return out;
}

std::string create_table(const Table& table, Dialect dialect) {
    const bool sqlite = dialect == Dialect::sqlite;
    ensure(!table.primary_key.empty(), "every table has a primary key");
    const bool is_rowid = [&] {
        if (!sqlite || table.primary_key.size() != 1 || table.without_rowid) return false;
        const auto key = std::ranges::find(table.columns, table.primary_key[0], &TableColumn::name);
        return key != table.columns.end() && !key->text;
    }();

    std::string out = "create table if not exists " + identifier(table.name) + " (";
    for (const TableColumn& column : table.columns) {
        out += column_definition(column, dialect);
        if (is_rowid && column.name == table.primary_key[0]) out += " primary key";
        out += ", ";
    }
    if (is_rowid) {
        out.resize(out.size() - 2);
    } else {
        if (!sqlite) out += "constraint " + identifier(table.name + "_pkey") + ' ';
        out += "primary key (" + names(table.primary_key) + ')';
    }
    out += ')';
    // Strict: an integer column takes only integers, as on PostgreSQL.
    if (sqlite) out += table.without_rowid ? " strict, without rowid" : " strict";
    return out;
}

std::string add_column(const Table& table, const TableColumn& column, Dialect dialect) {
    std::string out = "alter table " + identifier(table.name) + " add column ";
    if (dialect == Dialect::postgres) out += "if not exists ";
    out += column_definition(column, dialect);
    if (column.not_null) out += column.text ? " default ''" : " default 0";
    return out;
}

std::string create_index(const Table& table, const TableIndex& index, Dialect dialect) {
    std::string out = index.unique ? "create unique index if not exists " : "create index if not exists ";
    out += identifier(index.name) + " on " + identifier(table.name) + " (";
    bool first = true;
    for (const IndexColumn& column : shape_of(index).columns) {
        if (!first) out += ", ";
        first = false;
        out += identifier(column.name);
        if (column.descending) out += " desc";
        // Null sorts lowest on both; on SQLite that is its nature.
        if (dialect == Dialect::postgres) out += column.descending ? " nulls last" : " nulls first";
    }
    out += ')';
    if (index.live_only) out += " where deleted_at is null";
    return out;
}

std::string drop_index(const TableIndex& index) { return "drop index if exists " + identifier(index.name); }

void compare_columns(const Table& table, const std::map<std::string, std::string>& found, Dialect dialect,
                     std::vector<std::string>& out) {
    for (const TableColumn& column : table.columns) {
        const auto existing = found.find(column.name);
        if (existing == found.end()) {
            out.push_back(add_column(table, column, dialect));
        } else if (existing->second != type_of(column, dialect)) {
            throw Failure(Failure::Kind::broken, "column_type_differs",
                          {{"column", table.name + '.' + column.name},
                           {"is", existing->second},
                           {"wanted", type_of(column, dialect)}});
        }
    }
}

void compare_indexes(const Table& table, const Found& found, Dialect dialect, std::vector<std::string>& out) {
    for (const TableIndex& index : table.indexes) {
        const auto existing = found.indexes.find(index.name);
        if (existing != found.indexes.end()) {
            if (existing->second == shape_of(index)) continue;
            out.push_back(drop_index(index));
        }
        out.push_back(create_index(table, index, dialect));
    }
}

void compare_search(const SearchTable& search, const Found& found, Dialect dialect, std::vector<std::string>& out) {
    const std::string name = "search_" + search.object;
    if (dialect == Dialect::sqlite) {
        if (found.tables.contains(name)) return;
        // Neither the text nor positions are kept: a query asks for records that hold all of some tokens.
        out.push_back("create virtual table if not exists " + identifier(name) +
                      " using fts5(tokens, content='', columnsize=0, detail=none, tokenize='tokens')");
        return;
    }
    if (!found.tables.contains(name)) {
        out.push_back("create table if not exists " + identifier(name) +
                      " (id bigint not null, tokens tsvector, constraint " + identifier(name + "_pkey") +
                      " primary key (id))");
    }
    if (!found.indexes.contains(name + "_tokens")) {
        // A query reads the whole pending list, so it is kept short.
        out.push_back("create index if not exists " + identifier(name + "_tokens") + " on " + identifier(name) +
                      " using gin (tokens) with (gin_pending_list_limit = 512)");
    }
    if (!found.counted.contains(name)) {
        out.push_back("alter table " + identifier(name) + " alter column tokens set statistics " +
                      std::string(tokens_counted));
    }
}

}  // namespace

std::vector<std::string> differences(Connection& connection, const Schema& wanted) {
    const Found found = look(connection);
    const Dialect dialect = connection.dialect();
    std::vector<std::string> out;
    for (const Table& table : wanted.tables) {
        const auto existing = found.tables.find(table.name);
        if (existing == found.tables.end()) {
            out.push_back(create_table(table, dialect));
        } else {
            compare_columns(table, existing->second, dialect, out);
        }
        compare_indexes(table, found, dialect, out);
    }
    for (const SearchTable& search : wanted.searches) compare_search(search, found, dialect, out);
    return out;
}

std::size_t migrate(Store& store, const Schema& wanted) {
    std::size_t count = 0;
    store.change([&](Connection& connection) {
        connection.allow_long_statements();
        const std::vector<std::string> statements = differences(connection, wanted);
        for (const std::string& statement : statements) connection.execute({statement, {}});
        count = statements.size();
    });
    return count;
}

void drop_indexes(Connection& connection, const Table& table) {
    for (const TableIndex& index : table.indexes) connection.execute({drop_index(index), {}});
}

void make_indexes(Connection& connection, const Table& table) {
    connection.allow_long_statements();
    for (const TableIndex& index : table.indexes) {
        connection.execute({create_index(table, index, connection.dialect()), {}});
    }
}

}  // namespace gx::store
