// What keeps records out of the bin: how many others refer to them, and the first few of those that the caller may see.
// Two round trips, however many objects could refer here.
#include <algorithm>

#include "record/listing.hpp"
#include "record/sql_pieces.hpp"
#include "record/state.hpp"

namespace gx::record {
namespace {

constexpr std::int64_t records_told = 5;
// Of a larger selection the first ones are looked at: every object that may refer here asks with all of them.
constexpr std::size_t ids_max = 200;

// Live records that refer to one of `ids` and would stay when those go.
void append_referring(Sql& sql, const ReferrerPlan& referrer, const std::string& object,
                      const std::vector<std::int64_t>& ids, const From& from) {
    if (referrer.link) {
        sql += " where " + from.own("id") + " in (select l.record from " + referrer.table + " l where l.item in ";
        append_list(sql, ids);
        sql += ")";
    } else {
        sql += " where " + from.alias() + "." + referrer.column + " in ";
        append_list(sql, ids);
    }
    sql += " and " + from.own("deleted_at") + " is null";
    if (referrer.object != object) return;
    sql += " and " + from.own("id") + " not in ";
    append_list(sql, ids);
}

struct Blocker {
    const ReferrerPlan* referrer = nullptr;
    std::int64_t count = 0;
    std::vector<std::pair<RecordId, std::string>> records;
};

std::vector<Blocker> count_blockers(store::Connection& connection, const Asking& asking, const ObjectPlan& plan,
                                    const std::vector<std::int64_t>& ids) {
    Sql sql;
    for (std::size_t i = 0; i < plan.referrers.size(); ++i) {
        const ReferrerPlan& referrer = plan.referrers[i];
        if (referrer.cascade) continue;
        const From from(asking, asking.model.object(referrer.object));
        if (!sql.text.empty()) sql += " union all ";
        sql += "select " + std::to_string(i) + ", count(*) from ";
        sql += from.sql();
        append_referring(sql, referrer, plan.object->name, ids, from);
    }
    std::vector<Blocker> found;
    if (sql.text.empty()) return found;
    connection.query(sql, [&](const store::Row& row) {
        if (row.integer(1) > 0)
            found.push_back({&plan.referrers[static_cast<std::size_t>(row.integer(0))], row.integer(1), {}});
        return true;
    });
    return found;
}

void read_first(store::Connection& connection, const Asking& asking, const ObjectPlan& plan,
                const std::vector<std::int64_t>& ids, std::vector<Blocker>& blockers) {
    std::vector<Sql> statements;
    std::vector<std::size_t> of_statement;
    for (std::size_t i = 0; i < blockers.size(); ++i) {
        const ReferrerPlan& referrer = *blockers[i].referrer;
        const meta::Object& object = asking.model.object(referrer.object);
        if (!access::may(*asking.caller.grants, object, access::Verb::view)) continue;
        From from(asking, object);
        const Sql title = from.title(from.alias(), object);
        const std::optional<Sql> scope = from.access(access::Verb::view);
        Sql sql{"select " + from.own("id") + ", ", {}};
        sql += title;
        sql += " from ";
        sql += from.sql();
        append_referring(sql, referrer, plan.object->name, ids, from);
        if (scope) {
            sql += " and ";
            sql += *scope;
        }
        sql += " order by " + from.own("id") + " desc limit ?";
        sql.bind(records_told);
        statements.push_back(std::move(sql));
        of_statement.push_back(i);
    }
    if (statements.empty()) return;
    connection.query_many(statements, [&](std::size_t i, const store::Row& row) {
        blockers[of_statement[i]].records.emplace_back(RecordId{row.integer(0)}, std::string(row.text(1)));
        return true;
    });
}

}  // namespace

void Records::blockers(const Caller& caller, std::string_view object, std::span<const RecordId> ids,
                       std::string& out) const {
    const meta::ModelPtr model = state_->parts.model();
    const std::shared_ptr<const Plans> plans = state_->writing.plans.of(model, state_->behaviours);
    const ObjectPlan& plan = plans->of(object);
    std::vector<Blocker> found;
    state_->parts.store.read([&](store::Connection& connection) {
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        From from(asking, *plan.object);
        const std::optional<Sql> scope = from.access(access::Verb::remove);
        std::vector<std::int64_t> wanted, own;
        for (const RecordId id : ids.first(std::min(ids.size(), ids_max))) wanted.push_back(id.value);
        found.clear();
        if (wanted.empty()) return;
        Sql sql{"select " + from.own("id") + " from ", {}};
        sql += from.sql();
        sql += " where " + from.own("id") + " in ";
        append_list(sql, wanted);
        if (scope) {
            sql += " and ";
            sql += *scope;
        }
        connection.query(sql, [&](const store::Row& row) {
            own.push_back(row.integer(0));
            return true;
        });
        if (own.empty()) return;
        found = count_blockers(connection, asking, plan, own);
        read_first(connection, asking, plan, own, found);
    });
    JsonWriter json(out);
    json.begin_array();
    for (const Blocker& blocker : found) {
        json.begin_object();
        const meta::Object& referring = model->object(blocker.referrer->object);
        json.key("object").string(referring.name).key("field").string(blocker.referrer->field);
        json.key("label").string(referring.label.in(caller.language));
        json.key("field_label").string(referring.field(blocker.referrer->field).label.in(caller.language));
        json.key("count").integer(blocker.count);
        json.key("records").begin_array();
        for (const auto& [id, title] : blocker.records)
            json.begin_object().key("id").id(id).key("title").string(title).end_object();
        json.end_array();
        json.end_object();
    }
    json.end_array();
}

}  // namespace gx::record
