#include "record/history_seal.hpp"

#include "base/json_writer.hpp"
#include "base/secret.hpp"
#include "record/sql_pieces.hpp"

namespace gx::record {
namespace {

using store::Cell;
using store::Row;
using store::Sql;

// Of both tables together; a row of the second has its digest in the last column.
void read_leaves(store::Connection& connection, const std::string& where, const std::vector<Cell>& params,
                 FunctionRef<void(const HistoryLeaf&)> each) {
    Sql sql{"select " + std::string(history_leaf_columns) + ", null as leaf from history where " + where +
                " union all select id, object, record, 0, batch, 0, null, '', null, leaf from erased_history where " +
                where + " order by 1",
            params};
    sql.params.insert(sql.params.end(), params.begin(), params.end());
    connection.query(sql, [&](const Row& row) {
        each({row.integer(0), row.integer(4), row.is_null(9) ? history_leaf(row) : std::string(row.text(9))});
        return true;
    });
}

}  // namespace

std::string history_leaf(const Row& row) {
    std::string text;
    JsonWriter json(text);
    json.begin_array().integer(row.integer(0)).string(row.text(1));
    for (const int column : {2, 3, 4, 5, 6}) json.integer(row.integer(column));
    json.string(row.text(7));
    if (row.is_null(8))
        json.null();
    else
        json.string(row.text(8));
    json.end_array();
    return sha256_hex(text);
}

void each_leaf(store::Connection& connection, std::int64_t above, std::int64_t up_to,
               FunctionRef<void(const HistoryLeaf&)> each) {
    read_leaves(connection, "id > ? and id <= ?", {above, up_to}, each);
}

void each_leaf_of_batch(store::Connection& connection, std::int64_t batch, std::int64_t from, std::int64_t up_to,
                        FunctionRef<void(const HistoryLeaf&)> each) {
    read_leaves(connection, "batch = ? and id >= ? and id <= ?", {batch, from, up_to}, each);
}

void keep_leaves(store::Connection& connection, std::string_view object, const std::vector<std::int64_t>& records) {
    in_pieces(records, [&](std::span<const std::int64_t> piece) {
        Sql sql{"select " + std::string(history_leaf_columns) + " from history where object = ? and record in ",
                {std::string(object)}};
        append_list(sql, piece);
        std::vector<std::vector<Cell>> rows;
        connection.query(sql, [&](const Row& row) {
            rows.push_back(
                {row.integer(0), std::string(row.text(1)), row.integer(2), row.integer(4), history_leaf(row), Cell()});
            return true;
        });
        static const std::vector<std::string> columns{"id", "object", "record", "batch", "leaf", "entry"};
        if (!rows.empty()) connection.insert_rows("erased_history", columns, rows);
    });
}

}  // namespace gx::record
