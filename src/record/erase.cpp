#include "record/erase.hpp"

#include <algorithm>
#include <utility>

#include "base/json_writer.hpp"
#include "record/history_seal.hpp"
#include "record/scope_tokens.hpp"
#include "record/sql_pieces.hpp"
#include "record/stored_words.hpp"
#include "record/work.hpp"
#include "store/sql_text.hpp"

namespace gx::record {
namespace {

using store::Cell;
using store::identifier;

}  // namespace

std::vector<Doomed> read_doomed(store::Connection& connection, const ObjectPlan& plan,
                                std::span<const std::int64_t> ids, const store::Sql& reach, bool bin) {
    std::string select = "select id, version";
    select += plan.owner < 0 ? ", null, null" : ", owner, owner_department";
    select += searched_columns(plan);
    select += " from " + plan.table + " where id in ";
    std::vector<Doomed> doomed;
    in_pieces(std::vector<std::int64_t>(ids.begin(), ids.end()), [&](std::span<const std::int64_t> piece) {
        store::Sql sql{select, {}};
        append_list(sql, piece);
        sql += bin ? " and deleted_at is not null and " : " and deleted_at is null and ";
        sql += reach;
        connection.query(sql, [&](const store::Row& row) {
            Doomed& one = doomed.emplace_back();
            one.id = RecordId{row.integer(0)};
            one.version = row.integer(1);
            one.owner = RecordId{row.integer(2)};
            one.department = RecordId{row.integer(3)};
            append_stored_words(plan, row, 4, one.tokens);
            append_scope_tokens(one.owner, one.department, one.tokens);
            return true;
        });
    });
    return doomed;
}

void erase(store::Connection& connection, const ObjectPlan& plan, std::span<const Doomed> doomed) {
    if (doomed.empty()) return;
    std::vector<std::vector<Cell>> rows;
    std::vector<std::int64_t> ids;
    std::vector<store::SearchEntry> entries;
    for (const Doomed& one : doomed) {
        rows.push_back({one.id.value, one.version});
        ids.push_back(one.id.value);
        if (plan.object->searchable) entries.push_back({one.id.value, {}, one.tokens});
    }
    const std::vector<std::int64_t> counts =
        connection.execute_many("delete from " + plan.table + " where id = ? and version = ?", rows);
    if (std::any_of(counts.begin(), counts.end(), [](std::int64_t count) { return count != 1; })) throw Moved();
    if (!entries.empty()) store::write_search(connection, plan.object->name, entries);
    keep_leaves(connection, plan.object->name, ids);
    in_pieces(ids, [&](std::span<const std::int64_t> piece) {
        for (const LinkPlan& link : plan.links) {
            store::Sql sql{"delete from " + identifier(link.table) + " where record in ", {}};
            append_list(sql, piece);
            connection.execute(sql);
        }
        store::Sql sql{"delete from history where object = ? and record in ", {plan.object->name}};
        append_list(sql, piece);
        connection.execute(sql);
    });
}

std::int64_t take_numbers(store::Connection& connection, const std::string& object, const std::string& period,
                          std::size_t count) {
    std::int64_t next = 0;
    connection.query({"insert into sequence (object, period, next) values (?, ?, ?) on conflict (object, period) "
                      "do update set next = sequence.next + excluded.next - 1 returning next",
                      {object, period, static_cast<std::int64_t>(count) + 1}},
                     [&](const store::Row& row) {
                         next = row.integer(0);
                         return true;
                     });
    return next - static_cast<std::int64_t>(count);
}

// The ids come from a row that is locked until the commit, so that they rise in the order of the commits: who has read
// up to one id never misses a smaller one.
void write_events(store::Connection& connection, Timestamp at, std::int64_t process,
                  std::span<Records::Committed> events, HistoryRun history) {
    if (events.empty()) return;
    std::int64_t id = take_numbers(connection, "outbox", "", events.size());
    std::vector<std::vector<Cell>> rows;
    const auto id_or_null = [](RecordId row) { return row ? Cell(row.value) : Cell(); };
    for (Records::Committed& event : events) {
        event.event = id++;
        Cell json;
        if (!event.many) {
            std::string text;
            JsonWriter out(text);
            out.begin_array();
            for (const Records::Committed::Row& row : event.rows) {
                out.begin_array();
                for (const std::int64_t number :
                     {row.id.value, row.version, row.owner.value, row.department.value, row.old_owner.value,
                      row.old_department.value, std::int64_t{row.removed}})
                    out.integer(number);
                out.end_array();
            }
            out.end_array();
            json = std::move(text);
        }
        rows.push_back({event.event, std::int64_t{at.time_since_epoch().count()}, event.batch.value, event.object,
                        event.operation, std::move(json), static_cast<std::int64_t>(event.count),
                        id_or_null(history.first), id_or_null(history.last), id_or_null(event.closed_to), process});
    }
    static const std::vector<std::string> columns{"id",           "at",        "batch",  "object",
                                                  "operation",    "rows",      "count",  "history_first",
                                                  "history_last", "closed_to", "process"};
    connection.insert_rows("outbox", columns, rows);
}

}  // namespace gx::record
