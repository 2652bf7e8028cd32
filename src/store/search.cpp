#include "store/search.hpp"

#include <algorithm>
#include <unordered_set>

#include "store/sql_text.hpp"

namespace gx::store {

namespace {

// PostgreSQL refuses lexemes of 2 KiB; a token of that length is no word that anybody types.
constexpr std::size_t token_bytes_max = 1000;
constexpr std::size_t entries_a_statement_max = 2000;

bool is_indexed(std::string_view token) { return !token.empty() && token.size() <= token_bytes_max; }

std::string table_of(std::string_view object) { return identifier("search_" + std::string(object)); }

// Those of `tokens` that are not among `others`.
std::string joined_without(std::span<const std::string> tokens, std::span<const std::string> others) {
    const std::unordered_set<std::string_view> left_out(others.begin(), others.end());
    std::string out;
    for (const std::string& token : tokens) {
        if (!is_indexed(token) || (!left_out.empty() && left_out.contains(token))) continue;
        if (!out.empty()) out += ' ';
        out += token;
    }
    return out;
}

// FTS5 keeps a list of records for each token, and a later entry for a token and a record covers an earlier one. So a
// change names only the tokens that go and that come; all others stay as they are. FTS5 also counts rows, for a ranking
// that is not used, and refuses to delete when it has counted none: so no 'delete' goes without an insert while the
// record stays, even one of no token.
void write_sqlite(Connection& connection, std::string_view object, std::span<const SearchEntry> entries) {
    const std::string table = table_of(object);
    std::vector<std::vector<Cell>> removed;
    std::vector<std::vector<Cell>> added;
    for (const SearchEntry& entry : entries) {
        if (entry.tokens == entry.old_tokens) continue;
        std::string gone = joined_without(entry.old_tokens, entry.tokens);
        std::string come = joined_without(entry.tokens, entry.old_tokens);
        const bool stays = entry.has_others || !entry.tokens.empty();
        if (!come.empty() || (stays && !gone.empty())) added.push_back({entry.id, std::move(come)});
        if (!gone.empty()) removed.push_back({entry.id, std::move(gone)});
    }
    // FTS5 writes out what it has gathered whenever a record comes before the last one.
    const auto by_id = [](const std::vector<Cell>& a, const std::vector<Cell>& b) { return a.front() < b.front(); };
    std::ranges::sort(removed, by_id);
    std::ranges::sort(added, by_id);
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

// Three columns of values for unnest(): ids, and texts of tokens with spaces between.
struct PostgresRows {
    std::string ids, added, removed;
    void add(std::int64_t id, std::string_view now, std::string_view before) {
        if (!ids.empty()) ids += ',', added += ',', removed += ',';
        ids += std::to_string(id);
        append_array_text(added, now);
        append_array_text(removed, before);
    }
    bool empty() const { return ids.empty(); }
};

void write_postgres_part(Connection& connection, const std::string& table, std::span<const SearchEntry> entries) {
    std::string gone;
    PostgresRows whole, changed;
    for (const SearchEntry& entry : entries) {
        if (entry.tokens == entry.old_tokens) continue;
        const std::string now = joined_without(entry.tokens, {});
        if (entry.has_others) {
            changed.add(entry.id, now, joined_without(entry.old_tokens, entry.tokens));
        } else if (now.empty()) {
            gone += (gone.empty() ? "" : ",") + std::to_string(entry.id);
        } else {
            whole.add(entry.id, now, {});
        }
    }
    if (!gone.empty()) {
        connection.execute({"delete from " + table + " where id = any(?::bigint[])", {'{' + gone + '}'}});
    }
    const std::string insert = "insert into " + table +
                               " (id, tokens) select e.id, array_to_tsvector(string_to_array(e.added, ' ')) "
                               "from unnest(?::bigint[], ?::text[]) as e(id, added) on conflict (id) do ";
    if (!whole.empty()) {
        connection.execute(
            {insert + "update set tokens = excluded.tokens", {'{' + whole.ids + '}', '{' + whole.added + '}'}});
    }
    if (!changed.empty()) {
        connection.execute({"update " + table +
                                " s set tokens = ts_delete(s.tokens, string_to_array(e.removed, ' ')) || "
                                "array_to_tsvector(string_to_array(e.added, ' ')) "
                                "from unnest(?::bigint[], ?::text[], ?::text[]) as e(id, added, removed) "
                                "where s.id = e.id",
                            {'{' + changed.ids + '}', '{' + changed.added + '}', '{' + changed.removed + '}'}});
        // A record without any token has no row yet.
        connection.execute({insert + "nothing", {'{' + changed.ids + '}', '{' + changed.added + '}'}});
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

SearchJoin search_join(Dialect dialect, std::string_view object, std::span<const QueryWord> words) {
    const std::string table = table_of(object);
    const bool sqlite = dialect == Dialect::sqlite;
    SearchJoin out{table + " w", sqlite ? "w.rowid" : "w.id", {"1 = 0", {}}};
    if (std::string query = query_text(dialect, words); !query.empty())
        out.matches = {sqlite ? "w." + table + " match ?" : "w.tokens @@ ?::tsquery", {std::move(query)}};
    return out;
}

SearchJoin search_join(Dialect dialect, std::string_view object, std::span<const QueryWord> words, const Sql& only_if) {
    SearchJoin out = search_join(dialect, object, words);
    const std::string query = query_text(dialect, words);
    if (query.empty()) return out;
    if (dialect == Dialect::sqlite) {
        // SQLite would check such a condition on every row; an empty phrase matches none.
        out.matches = {"w." + table_of(object) + " match coalesce((select ? where ", {query}};
        out.matches += only_if;
        out.matches += "), '\"\"')";
    } else {
        out.matches += " and ";
        out.matches += only_if;
    }
    return out;
}

Sql checked_words(std::span<const QueryWord> words) {
    std::string query = query_text(Dialect::postgres, words);
    if (query.empty()) return {"1 = 0", {}};
    return {"case when w.tokens @@ ?::tsquery then true else false end", {std::move(query)}};
}

std::map<std::string, std::int64_t, std::less<>> common_tokens(Connection& connection, std::string_view object,
                                                               std::int64_t least) {
    std::map<std::string, std::int64_t, std::less<>> common;
    if (connection.dialect() == Dialect::sqlite) return common;
    connection.query({"select x.token, cast(x.share * c.reltuples as bigint) from pg_class c join pg_namespace n on "
                      "n.oid = c.relnamespace join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname "
                      "and s.attname = 'tokens' cross join lateral unnest(cast(cast(s.most_common_elems as text) as "
                      "text[]), s.most_common_elem_freqs) x(token, share) where n.nspname = current_schema() and "
                      "c.relname = ? and x.token is not null and x.share * c.reltuples >= ?",
                      {"search_" + std::string(object), least}},
                     [&](const Row& row) {
                         common.emplace(row.text(0), row.integer(1));
                         return true;
                     });
    return common;
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
