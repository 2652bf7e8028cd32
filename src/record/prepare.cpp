// Bringing the database to the model: tables, search indexes, sort keys, shipped records.
#include <set>
#include <utility>

#include "base/secret.hpp"
#include "record/schema.hpp"
#include "record/scope_tokens.hpp"
#include "record/shipped.hpp"
#include "record/state.hpp"
#include "record/stored_words.hpp"
#include "store/sql_text.hpp"

namespace gx::record {
namespace {

using store::identifier;

constexpr std::int64_t rows_a_piece = 2000;

// What the tokens of an object depend on: when it differs from what the index was made with, the index is made anew.
std::string search_signature(const meta::Object& object) {
    std::string text = object.owned ? "tokens 4 with owners" : "tokens 4";
    for (const meta::Field& field : object.fields)
        if (field.searchable && field.has_column())
            text += ' ' + field.name + (field.pinyin ? "+pinyin" : "") + (field.person ? "+person" : "");
    return "search " + object.name + " " + sha256_hex(text).substr(0, 16);
}

std::set<std::string> migrations_done(store::Store& store) {
    std::set<std::string> names;
    store.read([&](store::Connection& connection) {
        names.clear();
        connection.query({"select name from migration", {}}, [&](const store::Row& row) {
            names.emplace(row.text(0));
            return true;
        });
    });
    return names;
}

// Sort keys of titles of an object that had none before, as after an upgrade.
void fill_sort_keys(store::Connection& connection, const meta::Object& object) {
    const std::string column = title_sort_column(object);
    if (column.empty()) return;
    const meta::Field& title = object.field(object.title);
    const std::string select = "select id, " + identifier(title.name) + " from " + identifier(object.name) + " where " +
                               identifier(column) + " is null and " + identifier(title.name) +
                               " is not null and id > ? order by id limit ?";
    std::int64_t last = 0;
    while (true) {
        std::vector<std::vector<store::Cell>> rows;
        connection.query({select, {last, rows_a_piece}}, [&](const store::Row& row) {
            last = row.integer(0);
            rows.push_back({title_sort_key(title, row.text(1)), last});
            return true;
        });
        if (rows.empty()) return;
        connection.execute_many(
            "update " + identifier(object.name) + " set " + identifier(column) + " = ? where id = ?", rows);
    }
}

}  // namespace

void Records::prepare() {
    const meta::ModelPtr model = state_->parts.model();
    const std::size_t statements = store::migrate(state_->parts.store, schema_of(*model));
    const std::set<std::string> done = migrations_done(state_->parts.store);
    for (const meta::Object& object : model->objects()) {
        if (statements > 0)
            state_->parts.store.change([&](store::Connection& connection) {
                connection.allow_long_statements();
                fill_sort_keys(connection, object);
            });
        const std::string signature = search_signature(object);
        if (object.searchable && !done.contains(signature))
            rebuild_search(object.name, [](std::size_t, std::size_t) { return true; });
    }
    write_shipped({state_->parts, state_->zone, state_->behaviours, state_->writing}, model);
}

// In one transaction: a save in the middle would find its entry written twice.
void Records::rebuild_search(std::string_view name, FunctionRef<bool(std::size_t, std::size_t)> progress) {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(name);
    if (!object.searchable) return;
    const std::shared_ptr<const Plans> plans = state_->writing.plans.of(model, state_->behaviours);
    const ObjectPlan& plan = plans->of(name);
    std::string select = plan.owner < 0 ? "select id, null, null" : "select id, owner, owner_department";
    select += searched_columns(plan) + " from " + plan.table + " where id > ? order by id limit ?";

    state_->parts.store.change([&](store::Connection& connection) {
        connection.allow_long_statements();
        std::size_t all = 0, done = 0;
        connection.query({"select count(*) from " + plan.table, {}}, [&](const store::Row& row) {
            all = static_cast<std::size_t>(row.integer(0));
            return true;
        });
        store::clear_search(connection, object.name);
        std::int64_t last = 0;
        while (true) {
            std::vector<store::SearchEntry> entries;
            connection.query({select, {last, rows_a_piece}}, [&](const store::Row& row) {
                store::SearchEntry& entry = entries.emplace_back();
                last = entry.id = row.integer(0);
                append_scope_tokens(RecordId{row.integer(1)}, RecordId{row.integer(2)}, entry.tokens);
                append_stored_words(plan, row, 3, entry.tokens);
                return true;
            });
            if (entries.empty()) break;
            store::write_search(connection, object.name, entries);
            done += entries.size();
            if (!progress(done, all)) throw Failure(Failure::Kind::conflict, "cancelled");
        }
        connection.execute(
            {"insert into migration (name, at) values (?, ?) on conflict (name) do nothing",
             {search_signature(object), std::int64_t{state_->parts.clock.now().time_since_epoch().count()}}});
    });
}

}  // namespace gx::record
