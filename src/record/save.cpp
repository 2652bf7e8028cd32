// Saving, the verbs of the business, and what listeners are told.
#include <algorithm>
#include <utility>

#include "base/json.hpp"
#include "record/duplicates.hpp"
#include "record/saving.hpp"
#include "record/sql_pieces.hpp"
#include "record/state.hpp"

namespace gx::record {

Saved Records::save(const Caller& caller, std::span<const Change> changes, const SaveOptions& options) {
    const Saving saving{state_->parts, state_->zone, state_->behaviours, state_->writing};
    if (options.refuse_duplicates) {
        // A request that comes again has its own record there already.
        if (std::optional<Saved> saved = saving.answered_before(caller, options)) return *saved;
        ensure(changes.size() == 1 && !changes[0].id, "one new record is compared, not many");
        if (!find_duplicates(*state_, caller, changes[0].object, changes[0].values).empty())
            throw Failure(Failure::Kind::conflict, "duplicates");
    }
    return saving.run(caller, options, {}, changes);
}

namespace {

// Parameters of an action are checked like fields of a record.
Params checked_params(const meta::Action& action, const std::vector<std::pair<std::string, Value>>& given,
                      const meta::Model& model) {
    Params params;
    std::vector<Problem> problems;
    for (const auto& [name, value] : given) {
        const bool known = std::any_of(action.params.begin(), action.params.end(),
                                       [&](const meta::Field& field) { return field.name == name; });
        if (known)
            params.insert_or_assign(name, value);
        else
            problems.push_back({name, "unknown_field", {{"field", name}}, {}});
    }
    for (const meta::Field& field : action.params) {
        Value& value = params[field.name];
        if (is_null(value) && !is_null(field.default_value)) value = field.default_value;
        if (const auto* text = std::get_if<std::string>(&value); text != nullptr && is_blank(*text)) value = Value();
        if (is_null(value)) {
            if (field.required) problems.push_back({field.name, "required", {}, {}});
            continue;
        }
        if (std::optional<Problem> wrong = meta::check(field, value)) problems.push_back(std::move(*wrong));
        const auto* code = std::get_if<std::string>(&value);
        if (!field.dictionary.empty() && code != nullptr && model.dictionary(field.dictionary).find(*code) == nullptr)
            problems.push_back({field.name, "unknown_choice", {{"value", *code}}, {}});
    }
    if (!problems.empty()) throw invalid(std::move(problems));
    return params;
}

}  // namespace

Saved Records::act(const Caller& caller, std::string_view object, std::span<const RecordId> ids,
                   std::string_view action, const std::vector<std::pair<std::string, Value>>& params,
                   std::optional<std::int64_t> version, const SaveOptions& options) {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& of = model->object(object);
    const Saving saving{state_->parts, state_->zone, state_->behaviours, state_->writing};
    SaveOptions with_name = options;
    if (with_name.operation == "save") with_name.operation = action;

    std::vector<Change> changes;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        Change change;
        change.object = of.name;
        change.id = ids[i];
        change.version = version;
        change.row = i;
        changes.push_back(std::move(change));
    }
    if (const meta::Action* declared = of.action(action)) {
        if (with_name.note.empty()) with_name.note = declared->label.in(caller.language);
        const Params checked = checked_params(*declared, params, *model);
        const std::string special = of.name + "." + declared->right;
        if (!access::parse_verb(declared->right) && !caller.grants->has_special(special)) throw forbidden(special);
        WorkOptions how;
        how.action = declared;
        how.params = &checked;
        if (declared->on_object) return saving.run(caller, with_name, how, [&](Work& work) { work.anchor(of.name); });
        if (ids.empty()) throw bad_request("id_missing");
        return saving.run(caller, with_name, how, changes);
    }
    if (ids.empty()) throw bad_request("id_missing");
    if (action == "restore" || action == "delete") {
        for (Change& change : changes) (action == "restore" ? change.restore : change.remove) = true;
        return saving.run(caller, with_name, {}, changes);
    }
    if (action == "assign" && of.owned) {
        const auto owner =
            std::find_if(params.begin(), params.end(), [](const auto& param) { return param.first == "owner"; });
        if (owner == params.end() || !std::holds_alternative<RecordId>(owner->second))
            throw invalid({{"owner", "required", {}, {}}});
        for (Change& change : changes) change.values.push_back(*owner);
        WorkOptions how;
        how.assigns = true;
        return saving.run(caller, with_name, how, changes);
    }
    throw not_found();
}

void Records::on_commit(std::function<void(const Committed&)> listener) {
    const std::lock_guard lock(state_->writing.mutex);
    state_->writing.listeners.push_back(std::move(listener));
}

namespace {

std::vector<Records::Committed> read_events(store::Connection& connection, const store::Sql& where, int limit) {
    std::vector<Records::Committed> events;
    store::Sql sql{"select id, batch, object, operation, rows, count, closed_to from outbox where ", {}};
    sql += where;
    (sql += " order by id limit ?").bind(std::int64_t{limit});
    connection.query(sql, [&](const store::Row& row) {
        Records::Committed& event = events.emplace_back();
        event.event = row.integer(0);
        event.batch = RecordId{row.integer(1)};
        event.object = row.text(2);
        event.operation = row.text(3);
        event.many = row.is_null(4);
        event.count = static_cast<std::size_t>(row.integer(5));
        event.closed_to = RecordId{row.integer(6)};
        if (event.many) return true;
        const json::value rows = parse_json(row.text(4));
        for (const json::value& one : rows.as_array()) {
            const json::array& cells = one.as_array();
            const auto id = [&](std::size_t i) { return RecordId{cells.at(i).as_int64()}; };
            event.rows.push_back(
                {id(0), cells.at(1).as_int64(), id(2), id(3), id(4), id(5), cells.at(6).as_int64() != 0});
        }
        return true;
    });
    return events;
}

}  // namespace

std::vector<Records::Committed> Records::committed_after(std::int64_t after, int limit) const {
    std::vector<Committed> events;
    state_->parts.store.read(
        [&](store::Connection& connection) { events = read_events(connection, {"id > ?", {after}}, limit); });
    return events;
}

// Ids rise in the order of commits, so what is read up to the newest one is complete.
void Records::tell_commits_elsewhere() {
    constexpr int at_once = 500;
    std::optional<std::int64_t>& until = state_->writing.told_until;
    for (bool more = true; more;) {
        std::int64_t newest = 0;
        std::vector<Committed> events;
        state_->parts.store.read([&](store::Connection& connection) {
            connection.query({"select coalesce(max(id), 0) from outbox", {}}, [&](const store::Row& row) {
                newest = row.integer(0);
                return false;
            });
            if (!until || newest <= *until) return;
            events = read_events(connection,
                                 {"id > ? and id <= ? and process <> ?", {*until, newest, state_->parts.ids.process()}},
                                 at_once);
        });
        more = events.size() == static_cast<std::size_t>(at_once);
        state_->writing.tell(events);
        until = more ? events.back().event : newest;
    }
}

}  // namespace gx::record
