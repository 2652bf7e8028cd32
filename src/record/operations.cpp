#include "record/operations.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "meta/field_value.hpp"
#include "record/listing.hpp"
#include "record/saving.hpp"
#include "record/sql_pieces.hpp"
#include "record/state.hpp"
#include "record/titles.hpp"
#include "store/sql_text.hpp"

namespace gx::record {
namespace {

using store::Row;
using store::Sql;

constexpr JsonLimits changes_limits{64u << 20, 32};
constexpr int changes_page = 50;
constexpr int rows_of_one_operation_max = 1'000'000;

// A step in the life of one record, with its values before and after.
struct Step {
    std::int64_t id = 0;  // of the history
    const meta::Object* object = nullptr;
    RecordId record;
    std::int64_t version = 0;
    std::string operation;
    bool created = false;
    std::vector<std::pair<const meta::Field*, std::pair<Value, Value>>> changes;
};

// Fields by name, in the stored form of the history.
using Fields = std::map<const meta::Field*, Value>;

void read_changes(const meta::Object& object, std::string_view text, Step& step) {
    const json::value parsed = parse_json(text, changes_limits);
    const json::object* members = parsed.if_object();
    if (members == nullptr) return;
    for (const auto& [name, pair] : *members) {
        const meta::Field* field = object.find(name);
        const json::array* both = pair.if_array();
        if (field == nullptr || both == nullptr || both->size() != 2) continue;
        step.changes.emplace_back(
            field, std::pair(meta::from_stored_json(*field, (*both)[0]), meta::from_stored_json(*field, (*both)[1])));
    }
}

// `where` speaks of the history; rows of objects that are not declared any more are left out.
std::vector<Step> read_steps(store::Connection& connection, const meta::Model& model, const Sql& where, int limit) {
    std::vector<Step> steps;
    Sql sql{"select id, object, record, version, operation, changes from history where ", {}};
    sql += where;
    sql += " order by id limit ?";
    sql.bind(std::int64_t{limit});
    connection.query(sql, [&](const Row& row) {
        const meta::Object* object = model.find(row.text(1));
        if (object == nullptr) return true;
        Step& step = steps.emplace_back();
        step.id = row.integer(0);
        step.object = object;
        step.record = RecordId{row.integer(2)};
        step.version = row.integer(3);
        step.operation = row.text(4);
        step.created = row.is_null(5);
        if (!step.created) read_changes(*object, row.text(5), step);
        return true;
    });
    return steps;
}

// Today's values of records, in the bin or not.
std::map<std::int64_t, Fields> stored_values(store::Connection& connection, const ObjectPlan& plan,
                                             const std::vector<std::int64_t>& ids) {
    std::map<std::int64_t, Fields> values;
    in_pieces(ids, [&](std::span<const std::int64_t> piece) {
        Sql sql{plan.select + " from " + plan.table + " where id in ", {}};
        append_list(sql, piece);
        connection.query(sql, [&](const Row& row) {
            Fields& fields = values[row.integer(0)];
            int at = static_cast<int>(bookkeeping_cells);
            for (const ColumnPlan& column : plan.columns) {
                meta::Cell cells[2];
                for (std::size_t i = 0; i < column.columns.size(); ++i)
                    cells[i] = row.cell(at++, column.columns[i].text);
                const meta::Field& field = plan.object->fields[column.field];
                fields[&field] = meta::from_cells(field, cells);
            }
            return true;
        });
        for (const LinkPlan& link : plan.links) {
            const meta::Field* field = &plan.object->fields[link.field];
            Sql members{"select record, item from " + store::identifier(link.table) + " where record in ", {}};
            append_list(members, piece);
            members += " order by record, item";
            connection.query(members, [&](const Row& row) {
                Value& value = values[row.integer(0)][field];
                if (link.codes) {
                    if (is_null(value)) value = Codes();
                    std::get<Codes>(value).emplace_back(row.text(1));
                } else {
                    if (is_null(value)) value = Ids();
                    std::get<Ids>(value).push_back(RecordId{row.integer(1)});
                }
                return true;
            });
        }
    });
    return values;
}

// A creation has no values in the history: they are today's, with what was changed since taken back.
void fill_creations(store::Connection& connection, const Plans& plans, std::vector<Step>& steps) {
    std::map<const meta::Object*, std::vector<std::int64_t>> created;
    for (const Step& step : steps)
        if (step.created) created[step.object].push_back(step.record.value);
    for (const auto& [object, ids] : created) {
        std::map<std::int64_t, Fields> values = stored_values(connection, plans.of(object->name), ids);
        in_pieces(ids, [&, &object = object](std::span<const std::int64_t> piece) {
            Sql sql{"select record, changes from history where object = ? and changes is not null and record in ",
                    {object->name}};
            append_list(sql, piece);
            sql += " order by record, version desc";
            connection.query(sql, [&](const Row& row) {
                Step later;
                read_changes(*object, row.text(1), later);
                for (auto& [field, both] : later.changes) values[row.integer(0)][field] = std::move(both.first);
                return true;
            });
        });
        for (Step& step : steps) {
            if (!step.created || step.object != object) continue;
            const Fields& fields = values[step.record.value];
            for (const meta::Field& field : object->fields) {
                const auto found = fields.find(&field);
                if (found == fields.end() || is_null(found->second) || field.name == "deleted_at") continue;
                step.changes.emplace_back(&field, std::pair(Value(), found->second));
            }
        }
    }
}

void want_values(const std::vector<Step>& steps, Titles& titles) {
    for (const Step& step : steps)
        for (const auto& [field, both] : step.changes) {
            titles.want(*field, both.first);
            titles.want(*field, both.second);
        }
}

void write_step(const Step& step, const Titles& titles, const Caller& caller, std::string& out) {
    const std::string* title = titles.find(step.object->name, step.record);
    JsonWriter json(out);
    json.begin_object().key("object").string(step.object->name);
    json.key("record").begin_object().key("id").id(step.record);
    json.key("title").string(title == nullptr ? std::string_view() : *title).end_object();
    json.key("version").integer(step.version).key("operation").string(step.operation);
    json.key("changes").begin_array();
    for (const auto& [field, both] : step.changes) {
        if (field->sensitive && caller.disclosed) caller.disclosed->add(step.object->name, field->name, 1);
        std::string pair = "{\"field\":";
        JsonWriter(pair).string(field->name);
        pair += ",\"old\":";
        titles.write(*field, both.first, pair);
        pair += ",\"new\":";
        titles.write(*field, both.second, pair);
        pair += '}';
        json.raw(pair);
    }
    json.end_array().end_object();
}

}  // namespace

std::int64_t last_event(store::Connection& connection) {
    std::int64_t last = 0;
    connection.query({"select max(id) from outbox", {}}, [&](const Row& row) {
        last = row.integer(0);
        return false;
    });
    return last;
}

std::vector<Operation> operations_after(store::Connection& connection, std::int64_t event) {
    std::vector<Operation> operations;
    connection.query({"select o.id, o.at, o.batch, o.object, o.operation, b.note, b.user_account, b.address, o.count, "
                      "o.history_first, o.history_last, o.rows from outbox o left join batch b on b.id = o.batch where "
                      "o.id > ? order by "
                      "o.id",
                      {event}},
                     [&](const Row& row) {
                         Operation& one = operations.emplace_back();
                         one.event = row.integer(0);
                         one.at = Timestamp(std::chrono::milliseconds(row.integer(1)));
                         one.batch = RecordId{row.integer(2)};
                         one.object = row.text(3);
                         one.operation = row.text(4);
                         one.note = row.text(5);
                         one.user = RecordId{row.integer(6)};
                         one.address = row.text(7);
                         one.count = row.integer(8);
                         one.history_first = row.integer(9);
                         one.history_last = row.integer(10);
                         if (row.is_null(11)) return true;
                         const json::value rows = parse_json(row.text(11));
                         for (const json::value& cells : rows.as_array()) {
                             const json::array& cell = cells.as_array();
                             one.rows.push_back(
                                 {RecordId{cell.at(0).as_int64()}, cell.at(1).as_int64(), cell.at(6).as_int64() != 0});
                         }
                         return true;
                     });
    return operations;
}

std::vector<RecordChange> Records::changes_of(store::Connection& connection, const Operation& operation) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object* object = model->find(operation.object);
    if (object == nullptr) return {};
    const std::shared_ptr<const Plans> plans = state_->writing.plans.of(model, state_->behaviours);
    std::vector<Step> steps;
    if (operation.history_first != 0)
        steps = read_steps(connection, *model,
                           {"batch = ? and id >= ? and id <= ? and object = ?",
                            {operation.batch.value, operation.history_first, operation.history_last, object->name}},
                           rows_of_one_operation_max);
    fill_creations(connection, *plans, steps);

    const Caller program = system_caller(state_->zone);
    const Asking asking = asking_for(*state_, *model, program, connection.dialect());
    Titles titles(asking);
    want_values(steps, titles);
    titles.read(connection);

    std::vector<RecordChange> changes;
    for (const Step& step : steps) {
        RecordChange& change = changes.emplace_back();
        change.record = step.record;
        change.version = step.version;
        change.operation = step.operation;
        std::string& out = change.changes;
        out += '{';
        for (const auto& [field, both] : step.changes) {
            if (out.size() > 1) out += ',';
            JsonWriter(out).string(field->name);
            out += ":{\"old\":";
            titles.write(*field, both.first, out);
            out += ",\"new\":";
            titles.write(*field, both.second, out);
            out += '}';
        }
        out += '}';
    }
    return changes;
}

void Records::changes_of_batch(const Caller& caller, RecordId batch, std::string_view after, std::string& out) const {
    const meta::ModelPtr model = state_->parts.model();
    const std::shared_ptr<const Plans> plans = state_->writing.plans.of(model, state_->behaviours);
    const RecordId behind = after.empty() ? RecordId{} : parse_record_id(after).value_or(RecordId{});
    if (!after.empty() && !behind) throw bad_request("cursor");
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        bool known = false;
        connection.query({"select 1 from batch where id = ?", {batch.value}}, [&](const Row&) {
            known = true;
            return false;
        });
        if (!known) throw not_found();
        std::vector<Step> steps =
            read_steps(connection, *model, {"batch = ? and id > ?", {batch.value, behind.value}}, changes_page + 1);
        const bool more = steps.size() > changes_page;
        if (more) steps.pop_back();
        fill_creations(connection, *plans, steps);
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        Titles titles(asking);
        want_values(steps, titles);
        for (const Step& step : steps) titles.want(step.object->name, step.record);
        titles.read(connection);

        out += "{\"changes\":[";
        for (const Step& step : steps) {
            if (&step != &steps.front()) out += ',';
            write_step(step, titles, caller, out);
        }
        out += "],\"next\":";
        if (more)
            write_id(steps.back().id, out);
        else
            out += "null";
        out += '}';
    });
}

}  // namespace gx::record
