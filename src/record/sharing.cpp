// Single records opened to an employee, a department with those below, or a team, for reading or for writing too, until
// a moment or for good. A share widens the data scope; the function right is still needed.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/failure.hpp"
#include "base/json_writer.hpp"
#include "record/erase.hpp"
#include "record/listing.hpp"
#include "record/reach.hpp"
#include "record/sql_pieces.hpp"
#include "record/state.hpp"
#include "record/titles.hpp"

namespace gx::record {

namespace {

constexpr std::size_t records_max = 10'000;

std::int64_t milliseconds(Timestamp at) { return at.time_since_epoch().count(); }

// Who a record can be opened to.
constexpr std::array<std::string_view, 3> kinds{"employee", "department", "team"};

const meta::Object& shareable(const meta::Model& model, std::string_view name) {
    const meta::Object& object = model.object(name);
    if (!object.owned) throw bad_request("not_shareable", {{"object", object.name}});
    return object;
}

void check_grantee(store::Connection& connection, const meta::Model& model, const ShareWish& wish) {
    const bool known = std::find(kinds.begin(), kinds.end(), wish.kind) != kinds.end() && model.find(wish.kind);
    bool found = false;
    if (known) {
        connection.query(
            {"select 1 from " + in_quotes(wish.kind) + " where id = ? and deleted_at is null", {wish.grantee.value}},
            [&](const store::Row&) { return found = true; });
    }
    if (!found) throw invalid({{"grantee", "unknown_reference", {{"value", to_string(wish.grantee)}}, {}}});
}

// Rows among `ids` that the caller may change, as an event tells them.
std::vector<Records::Committed::Row> changeable(store::Connection& connection, const Asking& asking,
                                                const meta::Object& object, const std::vector<std::int64_t>& ids,
                                                std::vector<store::Cell>& updated) {
    std::vector<Records::Committed::Row> rows;
    const access::RowFilter filter = access::rows(*asking.caller.grants, object, access::Verb::change);
    in_pieces(ids, [&](std::span<const std::int64_t> piece) {
        Sql sql{"select t.id, t.version, t.owner, t.owner_department, t.updated_at from " + in_quotes(object.name) +
                    " t where t.id in ",
                {}};
        append_list(sql, piece);
        sql += " and t.deleted_at is null and ";
        sql += reach_sql(asking, object, filter, "t");
        connection.query(sql, [&](const store::Row& row) {
            Records::Committed::Row& one = rows.emplace_back();
            one.id = RecordId{row.integer(0)};
            one.version = row.integer(1);
            one.owner = one.old_owner = RecordId{row.integer(2)};
            one.department = one.old_department = RecordId{row.integer(3)};
            one.removed = false;
            updated.push_back(row.cell(4, false));
            return true;
        });
    });
    return rows;
}

Records::Committed event_of(const meta::Object& object, std::vector<Records::Committed::Row> rows) {
    Records::Committed event;
    event.object = object.name;
    event.operation = "share";
    event.count = rows.size();
    event.many = rows.size() > event_rows_max;
    if (!event.many) event.rows = std::move(rows);
    return event;
}

}  // namespace

void Records::share(const Caller& caller, std::string_view object_name, std::span<const RecordId> ids,
                    const ShareWish& wish) {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = shareable(*model, object_name);
    if (!access::may(*caller.grants, object, access::Verb::change)) throw forbidden("change");
    if (ids.empty() || ids.size() > records_max)
        throw bad_request("too_many_records", {{"max", std::to_string(records_max)}});
    const Timestamp now = state_->parts.clock.now();
    if (wish.until && *wish.until <= now) throw invalid({{"until", "in_the_past", {}, {}}});
    std::vector<std::int64_t> wanted;
    for (const RecordId id : ids) wanted.push_back(id.value);
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    const std::vector<RecordId> share_ids = state_->parts.ids.next_many(wanted.size());

    Committed event;
    state_->parts.store.change([&](store::Connection& connection) {
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        check_grantee(connection, *model, wish);
        std::vector<store::Cell> updated;
        std::vector<Committed::Row> rows = changeable(connection, asking, object, wanted, updated);
        if (rows.size() != wanted.size()) throw not_found();
        std::vector<std::vector<store::Cell>> cells;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            cells.push_back({share_ids[i].value, object.name, rows[i].id.value, wish.grantee.value, wish.kind,
                             std::int64_t{wish.writes ? 1 : 0},
                             wish.until ? store::Cell(milliseconds(*wish.until)) : store::Cell(), updated[i],
                             caller.employee() ? store::Cell(caller.employee().value) : store::Cell(),
                             milliseconds(now)});
        }
        connection.execute_many(
            "insert into share (id, object, record, grantee, kind, writes, until, seen, created_by, created_at) values "
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (object, record, grantee) do update set writes = "
            "excluded.writes, "
            "until = excluded.until, created_by = excluded.created_by, created_at = excluded.created_at",
            cells);
        event = event_of(object, std::move(rows));
        write_events(connection, now, state_->parts.ids.process(), {&event, 1});
    });
    state_->writing.tell({&event, 1});
}

void Records::unshare(const Caller& caller, std::string_view object_name, RecordId id, RecordId share) {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = shareable(*model, object_name);
    if (!access::may(*caller.grants, object, access::Verb::change)) throw forbidden("change");
    Committed event;
    state_->parts.store.change([&](store::Connection& connection) {
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        std::vector<store::Cell> updated;
        std::vector<Committed::Row> rows = changeable(connection, asking, object, {id.value}, updated);
        if (rows.empty()) throw not_found();
        RecordId grantee;
        connection.query({"delete from share where id = ? and object = ? and record = ? returning grantee",
                          {share.value, object.name, id.value}},
                         [&](const store::Row& row) {
                             grantee = RecordId{row.integer(0)};
                             return true;
                         });
        if (!grantee) throw not_found();
        event = event_of(object, std::move(rows));
        event.closed_to = grantee;
        write_events(connection, state_->parts.clock.now(), state_->parts.ids.process(), {&event, 1});
    });
    state_->writing.tell({&event, 1});
}

void Records::tell_ended_shares() {
    const Timestamp now = state_->parts.clock.now();
    const Timestamp since = state_->writing.shares_looked_at.value_or(now);
    state_->writing.shares_looked_at = now;
    if (since >= now) return;
    std::map<std::pair<std::string, RecordId>, Committed> events;  // by object and grantee
    state_->parts.store.read([&](store::Connection& connection) {
        events.clear();
        connection.query({"select object, grantee, record from share where until > ? and until <= ?",
                          {milliseconds(since), milliseconds(now)}},
                         [&](const store::Row& row) {
                             const RecordId grantee{row.integer(1)};
                             Committed& event = events[{std::string(row.text(0)), grantee}];
                             event.object = row.text(0);
                             event.operation = "share";
                             event.closed_to = grantee;
                             Committed::Row& one = event.rows.emplace_back();
                             one.id = RecordId{row.integer(2)};
                             one.version = 0;
                             one.removed = false;
                             return true;
                         });
    });
    for (auto& [key, event] : events) {
        event.count = event.rows.size();
        event.many = event.rows.size() > event_rows_max;
        if (event.many) event.rows.clear();
        state_->writing.tell({&event, 1});
    }
}

void Records::shares(const Caller& caller, std::string_view object_name, RecordId id, std::string& out) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = shareable(*model, object_name);
    require_view(caller, object);
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        From from(asking, object);
        Sql seen{"select 1 from ", {}};
        seen += from.sql();
        seen += " where t.id = ? and t.deleted_at is null and ";
        seen.bind(id.value);
        seen += reach_sql(asking, object, access::rows(*caller.grants, object, access::Verb::view), "t");
        bool visible = false;
        connection.query(seen, [&](const store::Row&) { return visible = true; });
        if (!visible) throw not_found();

        struct Shown {
            RecordId id, grantee, by;
            std::string kind;
            bool writes;
            std::optional<std::int64_t> until;
            std::int64_t at;
        };
        std::vector<Shown> all;
        Titles titles(asking);
        connection.query(
            {"select id, grantee, kind, writes, until, created_by, created_at from share where object = ? and record "
             "= ? order by created_at, id limit ?",
             {object.name, id.value, std::int64_t{500}}},
            [&](const store::Row& row) {
                all.push_back({RecordId{row.integer(0)}, RecordId{row.integer(1)}, RecordId{row.integer(5)},
                               std::string(row.text(2)), row.integer(3) != 0,
                               row.is_null(4) ? std::nullopt : std::optional(row.integer(4)), row.integer(6)});
                return true;
            });
        for (const Shown& one : all) {
            titles.want(one.kind, one.grantee);
            if (one.by) titles.want("employee", one.by);
        }
        titles.read(connection);
        const auto write_person = [&](JsonWriter& json, std::string_view kind, RecordId who) {
            const std::string* title = titles.find(kind, who);
            json.begin_object().key("id").id(who).key("title").string(title ? *title : std::string());
            json.end_object();
        };
        JsonWriter json(out);
        json.begin_object().key("shares").begin_array();
        for (const Shown& one : all) {
            json.begin_object().key("id").id(one.id);
            json.key("kind").string(one.kind);
            json.key("grantee");
            write_person(json, one.kind, one.grantee);
            json.key("level").string(one.writes ? "write" : "read");
            json.key("until");
            if (one.until) {
                json.timestamp(Timestamp(std::chrono::milliseconds(*one.until)));
            } else {
                json.null();
            }
            json.key("expired").boolean(one.until && *one.until <= milliseconds(asking.now));
            json.key("by");
            if (one.by) {
                write_person(json, "employee", one.by);
            } else {
                json.null();
            }
            json.key("at").timestamp(Timestamp(std::chrono::milliseconds(one.at)));
            json.end_object();
        }
        json.end_array().end_object();
    });
}

}  // namespace gx::record
