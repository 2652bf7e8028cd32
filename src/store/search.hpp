// The search index of one object: which records hold which tokens (base/tokens.hpp makes the tokens).
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/tokens.hpp"
#include "store/store.hpp"

namespace gx::store {

struct SearchEntry {
    std::int64_t id = 0;
    std::vector<std::string> tokens;
    std::vector<std::string> old_tokens;  // what was written before; empty for a new record
    // The record has other tokens, which are in neither list and stay: of a new owner only the owner need be named.
    bool has_others = false;
};
// Adds, replaces (old_tokens not empty) or removes (tokens empty, no others) entries, in the caller's transaction.
void write_search(Connection& connection, std::string_view object, std::span<const SearchEntry> entries);

// On SQLite an FTS5 table `search_<object>` without contents; on PostgreSQL a table `search_<object>(id, tokens)` with
// a tsvector made of the tokens as they are (no parser, no dictionary) and a GIN index, which also finds by prefix. A
// token of more than 1000 bytes is not indexed.
//
// A condition on `<alias>.id`: "c.id in (…)" that holds for records matching every word. Never null.
Sql search_condition(Dialect dialect, std::string_view object, std::string_view alias,
                     std::span<const QueryWord> words);

// The index as a table `w` to join with: its ids, and the condition that they match. On SQLite it is walked by id in
// either direction without reading more than is asked for.
struct SearchJoin {
    std::string table;
    std::string id;
    Sql matches;
};
SearchJoin search_join(Dialect dialect, std::string_view object, std::span<const QueryWord> words);
// Nothing matches unless `only_if`, a condition of its own, holds; then the index is not walked either.
SearchJoin search_join(Dialect dialect, std::string_view object, std::span<const QueryWord> words, const Sql& only_if);

// For PostgreSQL: that a row of the joined index `w` matches, as a condition by which it neither looks for rows nor
// guesses how many there are. It takes the pieces of one long word to be independent of each other, and finds few
// records probable that hold them all.
Sql checked_words(std::span<const QueryWord> words);

// How many records hold each token that at least `least` of them hold: on PostgreSQL as it last counted a sample, on
// SQLite, which walks the index no further than it is asked to, nothing.
std::map<std::string, std::int64_t, std::less<>> common_tokens(Connection& connection, std::string_view object,
                                                               std::int64_t least);

void clear_search(Connection& connection, std::string_view object);

}  // namespace gx::store
