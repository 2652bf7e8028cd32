// The past: records that changed since a moment are rebuilt from today's row with the later changes taken back, and
// the statement runs over the unchanged rows and the rebuilt ones together. The rebuilt rows travel as one JSON
// parameter, because a reader may not make tables.
//
// Who may see a record is decided by whose it is today, never by whose it was: a right that was taken away stays away.
// Titles of other records are today's.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/failure.hpp"
#include "meta/field_value.hpp"
#include "record/listing.hpp"
#include "record/schema.hpp"

namespace gx::record {

namespace {

constexpr std::size_t changed_rows_max = 100'000;
constexpr std::size_t ids_a_statement = 500;
constexpr JsonLimits changes_limits{64u << 20, 32};

struct Past {
    std::int64_t version = 0;
    std::unordered_map<std::string, json::value> old;  // stored form, by field
    bool created_later = false;
};
using Pasts = std::unordered_map<std::int64_t, Past>;

Pasts changes_since(store::Connection& connection, const meta::Object& object, std::int64_t moment) {
    Pasts pasts;
    // Newest first: of one field the oldest change is the last to speak.
    connection.query(
        {"select record, version, changes from history where object = ? and at > ? order by at desc, id desc",
         {object.name, moment}},
        [&](const store::Row& row) {
            Past& past = pasts[row.integer(0)];
            if (pasts.size() > changed_rows_max) {
                throw bad_request("as_of_too_far", {{"max", std::to_string(changed_rows_max)}});
            }
            past.version = row.integer(1) - 1;
            if (row.is_null(2)) {
                past.created_later = true;
                return true;
            }
            json::value changes = parse_json(row.text(2), changes_limits);
            auto* members = changes.if_object();
            if (!members) return true;
            for (auto& [name, pair] : *members) {
                auto* both = pair.if_array();
                if (both && both->size() == 2) past.old.insert_or_assign(std::string(name), std::move((*both)[0]));
            }
            return true;
        });
    return pasts;
}

struct StoredColumn {
    std::string name;
    bool text = false;
};

// Every column of the object's table.
std::vector<StoredColumn> stored_columns(const meta::Object& object) {
    std::vector<StoredColumn> columns;
    for (const meta::Field& field : object.fields) {
        if (!field.has_column()) continue;
        for (const meta::Column& column : meta::columns(field)) columns.push_back({column.name, column.text});
    }
    if (const std::string sort = title_sort_column(object); !sort.empty()) columns.push_back({sort, true});
    return columns;
}

json::value to_json(const store::Cell& cell) {
    if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
    if (const auto* text = std::get_if<std::string>(&cell)) return json::value(*text);
    return nullptr;
}

// Puts the old values of one record over today's cells.
void take_back(const meta::Object& object, const Past& past, json::object& row) {
    for (const auto& [name, stored] : past.old) {
        const meta::Field* field = object.find(name);
        if (!field || !field->has_column()) continue;
        const Value value = meta::from_stored_json(*field, stored);
        std::vector<meta::Cell> cells;
        meta::to_cells(*field, value, cells);
        const std::vector<meta::Column> columns = meta::columns(*field);
        for (std::size_t i = 0; i < columns.size(); ++i) row[columns[i].name] = to_json(cells[i]);
        if (name != object.title) continue;
        if (const std::string sort = title_sort_column(object); !sort.empty()) {
            const auto* text = std::get_if<std::string>(&value);
            row[sort] = text ? json::value(title_sort_key(*field, *text)) : json::value(nullptr);
        }
    }
    row["version"] = past.version;
}

Sql rows_from_json(Dialect dialect, const std::vector<StoredColumn>& columns, std::string text) {
    Sql sql;
    if (dialect == Dialect::sqlite) {
        sql += "select ";
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (i > 0) sql += ", ";
            sql += "json_extract(value, '$.\"" + columns[i].name + "\"') as " + in_quotes(columns[i].name);
        }
        sql += " from json_each(?)";
    } else {
        sql += "select * from json_to_recordset(cast(? as json)) as j(";
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (i > 0) sql += ", ";
            sql += in_quotes(columns[i].name) + (columns[i].text ? " text collate \"C\"" : " bigint");
        }
        sql += ")";
    }
    sql.bind(std::move(text));
    return sql;
}

}  // namespace

void look_back(store::Connection& connection, Selection& selection, Timestamp moment) {
    const meta::Object& object = selection.object;
    const std::int64_t at = moment.time_since_epoch().count();
    const Pasts pasts = changes_since(connection, object, at);
    if (pasts.empty()) return;

    // Today's rows of what has changed, one statement for some hundred of them, all in one round trip.
    const std::vector<StoredColumn> columns = stored_columns(object);
    std::string names;
    for (const StoredColumn& column : columns) names += (names.empty() ? "" : ", ") + in_quotes(column.name);
    json::array touched;
    std::vector<std::int64_t> ids;
    std::set<std::string> links_changed;
    for (const auto& [id, past] : pasts) {
        touched.emplace_back(id);
        if (past.created_later) continue;
        ids.push_back(id);
        for (const auto& [name, stored] : past.old) {
            const meta::Field* field = object.find(name);
            if (field && field->is_multiple()) links_changed.insert(name);
        }
    }
    std::sort(ids.begin(), ids.end());
    std::vector<Sql> statements;
    const auto ask = [&](const std::string& text, std::size_t first, std::size_t count,
                         std::optional<std::int64_t> until) {
        Sql sql{text + " in (", {}};
        if (until) sql.params.insert(sql.params.begin(), {store::Cell(object.name), store::Cell(*until)});
        for (std::size_t i = first; i < first + count; ++i) {
            sql += i == first ? "?" : ", ?";
            sql.bind(ids[i]);
        }
        sql += until ? ") group by record" : ")";
        statements.push_back(std::move(sql));
    };
    for (std::size_t first = 0; first < ids.size(); first += ids_a_statement) {
        const std::size_t count = std::min(ids_a_statement, ids.size() - first);
        ask("select " + names + " from " + in_quotes(object.name) + " where \"id\"", first, count, std::nullopt);
        ask("select record, max(at) from history where object = ? and at <= ? and record", first, count, at);
    }
    std::unordered_map<std::int64_t, json::object> rows;
    connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
        if (statement % 2 == 1) {
            rows[row.integer(0)]["updated_at"] = row.integer(1);
            return true;
        }
        json::object cells;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            cells[columns[i].name] = to_json(row.cell(static_cast<int>(i), columns[i].text));
        }
        const std::int64_t id = cells["id"].as_int64();
        if (object.owned) {
            cells["owner_now"] = cells["owner"];
            cells["owner_department_now"] = cells["owner_department"];
        }
        take_back(object, pasts.at(id), cells);
        rows[id] = std::move(cells);
        return true;
    });
    json::array rebuilt;
    for (auto& [id, cells] : rows) {
        if (cells.contains("id")) rebuilt.emplace_back(std::move(cells));
    }

    const std::string then = in_quotes(object.name + "_then");
    std::vector<StoredColumn> wide = columns;
    std::string now_names = names;
    if (object.owned) {
        wide.push_back({"owner_now"});
        wide.push_back({"owner_department_now"});
        now_names += ", \"owner\" as \"owner_now\", \"owner_department\" as \"owner_department_now\"";
        selection.owner_column = "owner_now";
        selection.department_column = "owner_department_now";
    }
    Sql before{"with touched(id) as (", {}};
    std::vector<StoredColumn> id_column{{"id"}};
    json::array touched_rows;
    for (const json::value& id : touched) touched_rows.push_back(json::object{{"id", id}});
    before += rows_from_json(selection.asking.dialect, id_column, json::serialize(touched_rows));
    before += "), " + then + " as (select " + now_names + " from " + in_quotes(object.name) +
              " where \"id\" not in (select id from touched) union all ";
    before += rows_from_json(selection.asking.dialect, wide, json::serialize(rebuilt));
    before += ")";

    for (const std::string& name : links_changed) {
        const meta::Field& field = object.field(name);
        const bool codes = field.type == meta::FieldType::choices;
        const std::string table = link_table_sql(object, field);
        const std::string past_table = in_quotes(object.name + "_" + name + "_then");
        json::array members;
        json::array without;  // records whose members have changed since
        for (const auto& [id, past] : pasts) {
            const auto old = past.old.find(name);
            if (old == past.old.end()) continue;
            without.push_back(json::object{{"id", id}});
            const Value value = meta::from_stored_json(field, old->second);
            if (const auto* held = std::get_if<Codes>(&value)) {
                for (const std::string& code : *held) members.push_back(json::object{{"record", id}, {"item", code}});
            } else if (const auto* refs = std::get_if<Ids>(&value)) {
                for (const RecordId one : *refs) members.push_back(json::object{{"record", id}, {"item", one.value}});
            }
        }
        before += ", " + past_table + " as (select record, item from " + table + " where record not in (";
        before += rows_from_json(selection.asking.dialect, id_column, json::serialize(without));
        before += ") union all ";
        before += rows_from_json(selection.asking.dialect, {{"record"}, {"item", codes}}, json::serialize(members));
        before += ")";
        selection.links[name] = past_table;
    }
    before += " ";
    selection.before = std::move(before);
    selection.table = then;
}

}  // namespace gx::record
