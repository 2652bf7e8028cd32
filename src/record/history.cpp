#include "record/history.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "meta/field_value.hpp"
#include "record/columns.hpp"
#include "record/listing.hpp"

namespace gx::record {

namespace {

constexpr int history_page = 50;
constexpr int batches_max = 200;
constexpr JsonLimits changes_limits{64u << 20, 32};

}  // namespace

void write_at(std::int64_t milliseconds, std::string& out) {
    JsonWriter(out).timestamp(Timestamp(std::chrono::milliseconds(milliseconds)));
}

void write_person(RecordId id, std::string_view title, std::string& out) {
    if (!id) {
        out += "null";
        return;
    }
    out += "{\"id\":";
    write_id(id.value, out);
    out += ",\"title\":";
    write_text(title, out);
    out += '}';
}

Sql history_sql(const Asking& asking, const Sql& where, std::string_view order, int limit) {
    Sql sql{"select h.id, h.version, h.at, h.who, h.batch, h.operation, h.changes, b.note, ", {}};
    const meta::Object* employee = asking.model.find("employee");
    std::string join;
    if (employee) {
        From people(asking, *employee, "e");
        sql += people.title("e", *employee);
        join = " left join \"employee\" e on e.\"id\" = h.who";
    } else {
        sql += "null";
    }
    // A save that only touched fields without history ("last contact") has a version but nothing to tell.
    sql += " from history h left join batch b on b.id = h.batch" + join +
           " where (h.changes is null or h.changes <> '{}') and ";
    sql += where;
    sql += " order by " + std::string(order) + " limit ?";
    sql.bind(std::int64_t{limit});
    return sql;
}

HistoryEntry read_history_row(const Asking& asking, const meta::Object& object, const store::Row& row) {
    HistoryEntry entry;
    entry.id = row.integer(0);
    entry.version = row.integer(1);
    entry.at = row.integer(2);
    entry.who = RecordId{row.integer(3)};
    entry.batch = RecordId{row.integer(4)};
    entry.operation = row.text(5);
    entry.note = row.text(7);
    entry.who_title = row.text(8);
    if (row.is_null(6)) return entry;
    const access::FieldMask mask = access::fields(*asking.caller.grants, object);
    const json::value changes = parse_json(row.text(6), changes_limits);
    const auto* members = changes.if_object();
    if (!members) return entry;
    for (const auto& [name, pair] : *members) {
        const meta::Field* field = object.find(name);
        const auto* both = pair.if_array();
        if (!field || !mask.read[field->index] || !both || both->size() != 2) continue;
        if (field->sensitive && asking.caller.disclosed) asking.caller.disclosed->add(object.name, field->name, 1);
        entry.changes.push_back(
            {field, meta::from_stored_json(*field, (*both)[0]), meta::from_stored_json(*field, (*both)[1])});
    }
    std::sort(entry.changes.begin(), entry.changes.end(),
              [](const auto& a, const auto& b) { return a.field->index < b.field->index; });
    return entry;
}

void want_titles(const std::vector<HistoryEntry>& entries, Titles& titles) {
    for (const HistoryEntry& entry : entries) {
        for (const HistoryEntry::Changed& changed : entry.changes) {
            titles.want(*changed.field, changed.before);
            titles.want(*changed.field, changed.after);
        }
    }
}

void write_history(const HistoryEntry& entry, const Titles& titles, std::string& out) {
    out += "{\"version\":" + std::to_string(entry.version) + ",\"at\":";
    write_at(entry.at, out);
    out += ",\"who\":";
    write_person(entry.who, entry.who_title, out);
    out += ",\"operation\":";
    write_text(entry.operation, out);
    out += ",\"batch\":";
    write_id(entry.batch.value, out);
    out += ",\"note\":";
    if (entry.note.empty()) {
        out += "null";
    } else {
        write_text(entry.note, out);
    }
    out += ",\"changes\":[";
    bool first = true;
    for (const HistoryEntry::Changed& changed : entry.changes) {
        out += first ? "{\"field\":" : ",{\"field\":";
        first = false;
        write_text(changed.field->name, out);
        out += ",\"old\":";
        titles.write(*changed.field, changed.before, out);
        out += ",\"new\":";
        titles.write(*changed.field, changed.after, out);
        out += '}';
    }
    out += "]}";
}

void Records::history(const Caller& caller, std::string_view object_name, RecordId id, std::string_view after,
                      std::string& out) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(object_name);
    require_view(caller, object);
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        const std::string signature = "history " + object.name;
        Sql where{"h.object = ? and h.record = ?", {object.name, id.value}};
        if (!after.empty()) {
            OrderKey key;
            key.nullable = false;
            where += " and h.version < ?";
            where.bind(read_cursor(after, signature, {key}).front());
        }
        // A record in the bin still has its history for those who could see it.
        const From from(asking, object);
        Sql visible{"select 1 from " + in_quotes(object.name) + " t where t.\"id\" = ?", {id.value}};
        if (const auto scope = from.access(access::Verb::view)) {
            visible += " and ";
            visible += *scope;
        }
        std::vector<HistoryEntry> entries;
        bool may = false;
        const std::vector<Sql> statements{visible, history_sql(asking, where, "h.version desc", history_page + 1)};
        connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
            if (statement == 0) {
                may = true;
            } else {
                entries.push_back(read_history_row(asking, object, row));
            }
            return true;
        });
        if (!may) throw not_found();
        const bool more = entries.size() > history_page;
        if (more) entries.pop_back();
        Titles titles(asking);
        want_titles(entries, titles);
        titles.read(connection);
        out += "{\"history\":[";
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (i > 0) out += ',';
            write_history(entries[i], titles, out);
        }
        out += "],\"next\":";
        if (more) {
            write_text(write_cursor(signature, {entries.back().version}), out);
        } else {
            out += "null";
        }
        out += '}';
    });
}

void Records::batches(const Caller& caller, int limit, std::string& out) const {
    const meta::ModelPtr model = state_->parts.model();
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        Sql sql{"select id, at, operation, note, object, count, undone_by from batch", {}};
        if (!caller.grants->administrator()) {
            sql += " where who = ?";
            sql.bind(caller.employee().value);
        }
        sql += " order by id desc limit ?";
        sql.bind(std::int64_t{std::clamp(limit, 1, batches_max)});
        out += "{\"batches\":[";
        bool first = true;
        connection.query(sql, [&](const store::Row& row) {
            out += first ? "{\"id\":" : ",{\"id\":";
            first = false;
            write_id(row.integer(0), out);
            out += ",\"at\":";
            write_at(row.integer(1), out);
            out += ",\"operation\":";
            write_text(row.text(2), out);
            out += ",\"note\":";
            if (row.is_null(3)) {
                out += "null";
            } else {
                write_text(row.text(3), out);
            }
            out += ",\"object\":";
            write_text(row.text(4), out);
            out +=
                ",\"count\":" + std::to_string(row.integer(5)) + ",\"undone\":" + (row.is_null(6) ? "false}" : "true}");
            return true;
        });
        out += "]}";
    });
}

}  // namespace gx::record
