#include "store/search.hpp"

#include <algorithm>

#include "store/sql_text.hpp"

namespace gx::store {

namespace {

// PostgreSQL refuses lexemes of 2 KiB; a token of that length is no word that anybody types.
constexpr std::size_t token_bytes_max = 1000;
constexpr std::size_t entries_a_statement_max = 2000;

bool is_indexed(std::string_view token) { return !token.empty() && token.size() <= token_bytes_max; }

std::string joined(std::span<const std::string> tokens) {
    std::string out;
    for (const std::string& token : tokens) {
        if (!is_indexed(token)) continue;
        if (!out.empty()) out += ' ';
        out += token;
    }
    return out;
}

std::string table_of(std::string_view object) { return identifier("search_" + std::string(object)); }

void write_sqlite(Connection& connection, std::string_view object, std::span<const SearchEntry> entries) {
    const std::string table = table_of(object);
    std::vector<std::vector<Cell>> removed;
    std::vector<std::vector<Cell>> added;
    for (const SearchEntry& entry : entries) {
        if (entry.tokens == entry.old_tokens) continue;
        if (std::string old = joined(entry.old_tokens); !old.empty()) removed.push_back({entry.id, std::move(old)});
        if (std::string now = joined(entry.tokens); !now.empty()) added.push_back({entry.id, std::move(now)});
    }
    connection.execute_many("insert into " + table + " (" + table + ", rowid, tokens) values ('delete', ?, ?)",
                            removed);
    connection.execute_many("insert into " + table + " (rowid, tokens) values (?, ?)", added);
}

void append_array_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

void write_postgres_part(Connection& connection, const std::string& table, std::span<const SearchEntry> entries) {
    std::string removed;
    std::string ids;
    std::string tokens;
    for (const SearchEntry& entry : entries) {
        if (entry.tokens == entry.old_tokens) continue;
        const std::string now = joined(entry.tokens);
        if (now.empty()) {
            removed += (removed.empty() ? "" : ",") + std::to_string(entry.id);
            continue;
        }
        if (!ids.empty()) ids += ',', tokens += ',';
        ids += std::to_string(entry.id);
        append_array_text(tokens, now);
    }
    if (!removed.empty()) {
        connection.execute({"delete from " + table + " where id = any(?::bigint[])", {'{' + removed + '}'}});
    }
    if (!ids.empty()) {
        connection.execute({"insert into " + table +
                                " (id, tokens) select e.id, array_to_tsvector(string_to_array(e.tokens, ' ')) "
                                "from unnest(?::bigint[], ?::text[]) as e(id, tokens) "
                                "on conflict (id) do update set tokens = excluded.tokens",
                            {'{' + ids + '}', '{' + tokens + '}'}});
    }
}

void write_postgres(Connection& connection, std::string_view object, std::span<const SearchEntry> entries) {
    const std::string table = table_of(object);
    while (!entries.empty()) {
        const auto part = entries.first(std::min(entries.size(), entries_a_statement_max));
        write_postgres_part(connection, table, part);
        entries = entries.subspan(part.size());
    }
}

std::string sqlite_term(const QueryWord::Term& term) {
    std::string out = "\"";
    for (const char c : term.token) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
    if (term.prefix) out += " *";
    return out;
}

std::string postgres_term(const QueryWord::Term& term) {
    std::string out = "'";
    for (const char c : term.token) {
        if (c == '\'' || c == '\\') out += c;
        out += c;
    }
    out += '\'';
    if (term.prefix) out += ":*";
    return out;
}

// The words in the query language of the database; empty when one of them can match nothing.
std::string query_text(Dialect dialect, std::span<const QueryWord> words) {
    const bool sqlite = dialect == Dialect::sqlite;
    std::string out;
    for (const QueryWord& word : words) {
        std::string alternatives;
        for (const std::vector<QueryWord::Term>& terms : word.alternatives) {
            const auto indexed = [](const QueryWord::Term& term) { return is_indexed(term.token); };
            if (terms.empty() || !std::ranges::all_of(terms, indexed)) continue;
            std::string all;
            for (const QueryWord::Term& term : terms) {
                if (!all.empty()) all += sqlite ? " AND " : " & ";
                all += sqlite ? sqlite_term(term) : postgres_term(term);
            }
            if (!alternatives.empty()) alternatives += sqlite ? " OR " : " | ";
            alternatives += '(' + all + ')';
        }
        if (alternatives.empty()) return {};
        if (!out.empty()) out += sqlite ? " AND " : " & ";
        out += '(' + alternatives + ')';
    }
    return out;
}

}  // namespace

void write_search(Connection& connection, std::string_view object, std::span<const SearchEntry> entries) {
    if (connection.dialect() == Dialect::sqlite) return write_sqlite(connection, object, entries);
    write_postgres(connection, object, entries);
}

Sql search_condition(Dialect dialect, std::string_view object, std::string_view alias,
                     std::span<const QueryWord> words) {
    if (words.empty()) return {"1 = 1", {}};
    std::string query = query_text(dialect, words);
    if (query.empty()) return {"1 = 0", {}};
    const std::string table = table_of(object);
    std::string text(alias);
    text += dialect == Dialect::sqlite ? ".id in (select rowid from " + table + " where " + table + " match ?)"
                                       : ".id in (select id from " + table + " where tokens @@ ?::tsquery)";
    return {std::move(text), {std::move(query)}};
}

Sql search_ids(Dialect dialect, std::string_view object, std::span<const QueryWord> words) {
    const std::string table = table_of(object);
    std::string query = query_text(dialect, words);
    const bool sqlite = dialect == Dialect::sqlite;
    if (query.empty())
        return {"select " + std::string(sqlite ? "rowid as id" : "id") + " from " + table + " where 1 = 0", {}};
    return {sqlite ? "select rowid as id from " + table + " where " + table + " match ? order by rowid desc"
                   : "select id from " + table + " where tokens @@ ?::tsquery",
            {std::move(query)}};
}

void clear_search(Connection& connection, std::string_view object) {
    const std::string table = table_of(object);
    if (connection.dialect() == Dialect::sqlite) {
        connection.execute({"insert into " + table + " (" + table + ") values ('delete-all')", {}});
    } else {
        connection.execute({"delete from " + table, {}});
    }
}

}  // namespace gx::store
