// A decision that looked at the children of a record holds only while these are the children: another one that appears,
// goes or changes meanwhile is looked at again.
#include <map>
#include <set>

#include "record/sql_pieces.hpp"
#include "record/work.hpp"

namespace gx::record {

void Work::verify_children(store::Connection& connection) const {
    using Known = std::set<std::pair<std::int64_t, std::int64_t>>;  // id, version
    for (const auto& [name, of] : objects_) {
        std::set<std::int64_t> parents;
        for (const auto& [list, children] : of.children)
            for (const auto& [parent, known] : children) parents.insert(parent.value);
        if (parents.empty()) continue;
        const std::vector<std::int64_t> ids(parents.begin(), parents.end());
        // Two who add children to one record wait for each other here. SQLite has one writer anyway.
        if (connection.dialect() == store::Dialect::postgres)
            in_pieces(ids, [&, &plan = *of.plan](std::span<const std::int64_t> piece) {
                store::Sql sql{"select id from " + plan.table + " where id in ", {}};
                append_list(sql, piece);
                sql += " order by id for no key update";
                connection.query(sql, [](const store::Row&) { return true; });
            });
        for (const ListPlan& list : of.plan->lists) {
            const auto loaded = of.children.find(list.field);
            if (loaded == of.children.end()) continue;
            std::map<std::int64_t, Known> now;
            in_pieces(ids, [&](std::span<const std::int64_t> piece) {
                store::Sql sql{"select " + list.by_column + ", id, version from " + plans_.of(list.child).table +
                                   " where " + list.by_column + " in ",
                               {}};
                append_list(sql, piece);
                sql += " and deleted_at is null";
                connection.query(sql, [&](const store::Row& row) {
                    now[row.integer(0)].emplace(row.integer(1), row.integer(2));
                    return true;
                });
            });
            for (const auto& [parent, children] : loaded->second) {
                Known seen;
                for (const ObjectWork::Child& child : children) seen.emplace(child.id.value, child.version);
                if (seen != now[parent.value]) throw Moved();
            }
        }
    }
}

}  // namespace gx::record
