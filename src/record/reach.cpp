#include "record/reach.hpp"

#include "record/sql_pieces.hpp"

namespace gx::record {

namespace {

// Of a condition's own table inside its subquery.
constexpr std::string_view inner_alias = "reached";
// Of today's row, beside one of another day.
constexpr std::string_view today_alias = "today";

std::string column_of(std::string_view alias, std::string_view column) {
    return std::string(alias) + "." + in_quotes(column);
}

std::optional<Sql> scope_sql(Dialect dialect, std::string_view alias, const std::vector<RecordId>& owners,
                             const std::vector<RecordId>& departments) {
    Sql out;
    if (!owners.empty()) append_part(out, in_list(dialect, column_of(alias, "owner"), owners), " or ");
    if (!departments.empty())
        append_part(out, in_list(dialect, column_of(alias, "owner_department"), departments), " or ");
    if (out.text.empty()) return std::nullopt;
    return out;
}

Sql in_brackets(Sql sql) {
    sql.text = "(" + sql.text + ")";
    return sql;
}

// A condition on fields of the record alone stands in the statement as it is; one that looks further brings its own
// tables along.
Sql condition_sql(const Asking& asking, const meta::Object& object, const expr::Node& where, std::string_view alias) {
    From here(asking, object, std::string(alias));
    Sql condition = here.condition(where);
    if (!here.has_joins()) return condition;
    From inner(asking, object, std::string(inner_alias));
    condition = inner.condition(where);
    Sql out{"exists (select 1 from ", {}};
    out += inner.sql();
    out += " where " + inner.own("id") + " = " + column_of(alias, "id") + " and ";
    out += condition;
    out += ")";
    return out;
}

Sql conditional_sql(const Asking& asking, const meta::Object& object, const access::RowFilter::Conditional& one,
                    std::string_view alias) {
    Sql out = condition_sql(asking, object, *one.where, alias);
    if (one.everything) return out;
    const std::optional<Sql> scope = scope_sql(asking.dialect, alias, one.owners, one.departments);
    if (!scope) return {"1 = 0", {}};
    out += " and ";
    out += in_brackets(*scope);
    return in_brackets(std::move(out));
}

// The same of today's row, owner and department included.
Sql asked_of_today(const meta::Object& object, const Sql& condition, std::string_view alias) {
    Sql out{"exists (select 1 from " + in_quotes(object.name) + " " + std::string(today_alias) + " where " +
                column_of(today_alias, "id") + " = " + column_of(alias, "id") + " and ",
            {}};
    out += condition;
    out += ")";
    return out;
}

}  // namespace

Sql live_share(const Asking& asking, const access::RowFilter& filter, std::string_view alias) {
    const std::string share(alias);
    Sql out{"(" + share + ".until is null or " + share + ".until > ?)", {}};
    out.bind(std::int64_t{asking.now.time_since_epoch().count()});
    if (filter.shared_for_writing) out += " and " + share + ".writes = 1";
    return out;
}

namespace {

// Asked of a row at hand: a look at the few shares of that record.
Sql shared_sql(const Asking& asking, const meta::Object& object, const access::RowFilter& filter,
               std::string_view alias) {
    Sql out{"exists (select 1 from share s where s.object = ? and s.record = " + column_of(alias, "id") + " and ",
            {object.name}};
    // The plus keeps SQLite at the shares of the record, whatever number of grantees is asked for.
    out += in_list(asking.dialect, asking.dialect == Dialect::sqlite ? "+s.grantee" : "s.grantee", filter.grantees);
    out += " and ";
    out += live_share(asking, filter, "s");
    out += ")";
    return out;
}

}  // namespace

namespace {

Sql listed(const std::string& column, const std::vector<RecordId>& ids, bool inside) {
    Sql out{column, {}};
    if (ids.size() == 1) {
        out += inside ? " = ?" : " <> ?";
        out.bind(ids.front().value);
        return out;
    }
    std::vector<std::int64_t> values;
    for (const RecordId id : ids) values.push_back(id.value);
    out += inside ? " in " : " not in ";
    append_list(out, values);
    return out;
}

}  // namespace

Sql in_list(Dialect dialect, const std::string& column, const std::vector<RecordId>& ids) {
    if (dialect == Dialect::sqlite || ids.size() == 1) return listed(column, ids, true);
    return {column + " = any(?::bigint[])", {id_array(ids)}};
}

Sql checked_in_list(Dialect dialect, const std::string& column, const std::vector<RecordId>& ids, bool inside) {
    if (dialect == Dialect::sqlite || ids.size() == 1) return listed(column, ids, inside);
    if (!inside) return {column + " not in (select unnest(?::bigint[]))", {id_array(ids)}};
    // As one side of an "or" it is no join.
    return {"(" + column + " in (select unnest(?::bigint[])) or false)", {id_array(ids)}};
}

std::optional<Sql> reach_by_condition(const Asking& asking, const meta::Object& object, const access::RowFilter& filter,
                                      std::string_view alias, bool past) {
    Sql out;
    for (const auto& one : filter.conditional)
        append_part(out, conditional_sql(asking, object, one, past ? today_alias : alias), " or ");
    if (out.text.empty()) return std::nullopt;
    out = in_brackets(std::move(out));
    return past ? asked_of_today(object, out, alias) : out;
}

std::optional<Sql> reach_beyond_scope(const Asking& asking, const meta::Object& object, const access::RowFilter& filter,
                                      std::string_view alias, bool past) {
    Sql out;
    if (auto condition = reach_by_condition(asking, object, filter, alias, past)) out += *condition;
    if (!filter.grantees.empty()) append_part(out, shared_sql(asking, object, filter, alias), " or ");
    if (out.text.empty()) return std::nullopt;
    return in_brackets(std::move(out));
}

Sql reach_sql(const Asking& asking, const meta::Object& object, const access::RowFilter& filter, std::string_view alias,
              bool past) {
    if (past) return asked_of_today(object, reach_sql(asking, object, filter, today_alias), alias);
    Sql out;
    if (filter.everything) {
        out += "1 = 1";
    } else {
        if (const auto scope = scope_sql(asking.dialect, alias, filter.owners, filter.departments)) out += *scope;
        if (const auto beyond = reach_beyond_scope(asking, object, filter, alias)) append_part(out, *beyond, " or ");
        if (out.text.empty()) out += "1 = 0";
    }
    out = in_brackets(std::move(out));
    if (filter.also) {
        out += " and ";
        out += reach_sql(asking, object, *filter.also, alias);
    }
    return out;
}

}  // namespace gx::record
