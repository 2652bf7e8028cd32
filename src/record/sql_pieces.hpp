// Pieces of SQL that several writing files need.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "store/store.hpp"

namespace gx::record {

// Values in one statement. Well below what either database allows, large enough that the statement costs nothing.
inline constexpr std::size_t values_a_statement = 500;

// Appends "(?, ?, …)". The number of marks is rounded up to a power of two (the last value again), so that only a
// handful of different statements is ever prepared.
template <class Values>
void append_list(store::Sql& sql, const Values& values) {
    std::size_t marks = 1;
    while (marks < values.size()) marks *= 2;
    sql += "(";
    for (std::size_t i = 0; i < marks; ++i) {
        sql += i == 0 ? "?" : ", ?";
        sql.params.emplace_back(values[std::min(i, values.size() - 1)]);
    }
    sql += ")";
}

// "{1,2,3}": a value of PostgreSQL's bigint[].
inline std::string id_array(std::span<const RecordId> ids) {
    std::string array = "{";
    for (const RecordId id : ids) {
        if (array.size() > 1) array += ',';
        array += std::to_string(id.value);
    }
    return array + "}";
}

// " limit 50", written out for one of few numbers: a plan of PostgreSQL that serves all values then knows it too.
inline void append_limit(store::Sql& sql, std::int64_t rows) { sql += " limit " + std::to_string(rows); }

// Calls `work` with pieces of at most `values_a_statement` values.
template <class T, class Work>
void in_pieces(const std::vector<T>& values, Work work) {
    for (std::size_t from = 0; from < values.size(); from += values_a_statement) {
        const std::size_t count = std::min(values_a_statement, values.size() - from);
        work(std::span<const T>(values.data() + from, count));
    }
}

}  // namespace gx::record
