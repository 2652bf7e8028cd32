#include "record/schema.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "access/load.hpp"
#include "base/pinyin.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "meta/field_value.hpp"

namespace gx::record {
namespace {

using store::Table;
using store::TableColumn;
using store::TableIndex;

TableColumn number(std::string name) { return {std::move(name), false, false}; }
TableColumn number_not_null(std::string name) { return {std::move(name), false, true}; }
TableColumn words(std::string name) { return {std::move(name), true, false}; }
TableColumn words_not_null(std::string name) { return {std::move(name), true, true}; }

// PostgreSQL cuts names at 63 bytes, and two cut names would be one.
std::string index_name(const std::string& table, const std::vector<std::string>& columns, std::string_view ending) {
    constexpr std::size_t bytes_max = 60, digest_digits = 8;
    std::string name = table;
    for (const std::string& column : columns) name += "_" + column.substr(0, column.find(' '));
    if (name.size() + ending.size() > bytes_max)
        name = name.substr(0, bytes_max - ending.size() - digest_digits - 1) + "_" +
               sha256_hex(name).substr(0, digest_digits);
    return name.append(ending);
}

void add_index(Table& table, std::vector<std::string> columns, bool unique = false) {
    TableIndex index;
    index.name = index_name(table.name, columns, unique ? "_key" : "_idx");
    index.columns = std::move(columns);
    index.unique = unique;
    index.live_only = unique && table.name != "idempotency";
    // An index that begins like a wider one finds nothing that the wider one does not.
    const bool known = std::any_of(table.indexes.begin(), table.indexes.end(), [&](const TableIndex& other) {
        return other.name == index.name ||
               (!index.unique && !other.live_only && other.columns.size() >= index.columns.size() &&
                std::equal(index.columns.begin(), index.columns.end(), other.columns.begin()));
    });
    if (known) return;
    std::erase_if(table.indexes, [&](const TableIndex& other) {
        return !other.unique && !index.live_only && other.columns.size() <= index.columns.size() &&
               std::equal(other.columns.begin(), other.columns.end(), index.columns.begin());
    });
    table.indexes.push_back(std::move(index));
}

// The columns that an index over declared fields has; the owner's rows are found by (owner, …) as they are.
std::vector<std::string> index_columns(const meta::Object& object, const std::vector<std::string>& fields) {
    std::vector<std::string> columns;
    for (const std::string& name : fields) {
        const std::string plain = name.substr(0, name.find(' '));
        const std::string order = name.substr(plain.size());
        for (const meta::Column& column : meta::columns(object.field(plain))) columns.push_back(column.name + order);
    }
    return columns;
}

Table object_table(const meta::Object& object) {
    Table table;
    table.name = object.name;
    table.primary_key = {"id"};
    table.columns = {number_not_null("id"),         number_not_null("version"), number("created_by"),
                     number_not_null("created_at"), number("updated_by"),       number_not_null("updated_at"),
                     number("deleted_at")};
    for (const meta::Field& field : object.fields) {
        if (is_bookkeeping(field) || !field.has_column()) continue;
        for (const meta::Column& column : meta::columns(field))
            table.columns.push_back({column.name, column.text, false});
    }
    const std::string sort = title_sort_column(object);
    if (!sort.empty()) {
        table.columns.push_back(words(sort));
    }
    // Behind the order stands all that decides whether a row is shown: pages far down, counts and scopes are read from
    // the index alone.
    if (object.owned) {
        if (!sort.empty()) add_index(table, {sort, "id", "owner", "owner_department", "deleted_at"});
        add_index(table, {"updated_at", "id", "owner", "owner_department", "deleted_at"});
        add_index(table, {"owner", "updated_at", "id", "deleted_at"});
        add_index(table, {"owner_department", "updated_at", "id", "owner", "deleted_at"});
    } else {
        if (!sort.empty()) add_index(table, {sort, "id", "deleted_at"});
        add_index(table, {"updated_at", "id", "deleted_at"});
    }
    for (const meta::Field& field : object.fields)
        if (field.unique && field.has_column()) add_index(table, index_columns(object, {field.name}), true);
    for (const meta::Index& index : object.indexes) add_index(table, index_columns(object, index.fields), index.unique);
    return table;
}

Table link_table_of(const meta::Object& object, const meta::Field& field) {
    Table table;
    table.name = link_table(object, field);
    table.columns = {number_not_null("record"), {"item", field.type == meta::FieldType::choices, true}};
    table.primary_key = {"record", "item"};
    table.without_rowid = true;
    // From a member to its records: filters, and "is it still referred to".
    table.indexes.push_back({index_name(table.name, {"item"}, "_idx"), {"item", "record"}, false, false});
    return table;
}

std::vector<Table> platform_tables() {
    std::vector<Table> tables;
    const auto add = [&](std::string name, std::vector<TableColumn> columns, std::vector<std::string> key) -> Table& {
        tables.push_back({std::move(name), std::move(columns), std::move(key), {}, false});
        return tables.back();
    };
    Table& batch =
        add("batch",
            {number_not_null("id"), number_not_null("at"), number("who"), number("user_account"),
             words_not_null("operation"), words("note"), words("object"), number_not_null("count"), number("undone_by"),
             words("address"), number("version"), number("created_at"), number("updated_at")},
            {"id"});
    add_index(batch, {"user_account", "id"});
    add("unfinished_batch", {number_not_null("batch"), number_not_null("process")}, {"batch"});
    Table& history = add(
        "history",
        {number_not_null("id"), words_not_null("object"), number_not_null("record"), number_not_null("version"),
         number_not_null("batch"), number_not_null("at"), number("who"), words_not_null("operation"), words("changes")},
        {"id"});
    add_index(history, {"object", "record", "version"});
    add_index(history, {"batch", "id"});
    add_index(history, {"object", "at"});
    Table& erased = add("erased_history",
                        {number_not_null("id"), words_not_null("object"), number_not_null("record"),
                         number_not_null("batch"), words_not_null("leaf"), number("entry")},
                        {"id"});
    add_index(erased, {"entry"});
    add_index(erased, {"batch", "id"});
    Table& outbox = add("outbox",
                        {number_not_null("id"), number_not_null("at"), number_not_null("batch"),
                         words_not_null("object"), words_not_null("operation"), words("rows"), number("count"),
                         number("history_first"), number("history_last"), number("closed_to"), number("process")},
                        {"id"});
    add_index(outbox, {"at"});
    add("sequence", {words_not_null("object"), words_not_null("period"), number_not_null("next")},
        {"object", "period"});
    Table& idempotency =
        add("idempotency",
            {words_not_null("key"), number_not_null("user_account"), number_not_null("at"), words_not_null("answer")},
            {"key", "user_account"});
    add_index(idempotency, {"at"});
    for (Table& shares : access::share_tables()) tables.push_back(std::move(shares));
    add("migration", {words_not_null("name"), number_not_null("at")}, {"name"});
    return tables;
}

}  // namespace

bool is_bookkeeping(const meta::Field& field) {
    return field.system && field.name != "owner" && field.name != "owner_department";
}

std::string link_table(const meta::Object& object, const meta::Field& field) { return object.name + "_" + field.name; }

std::string title_sort_column(const meta::Object& object) {
    const meta::Field* title = object.find(object.title);
    if (title == nullptr || !title->has_column()) return {};
    // The key is made when a record is saved; these are not.
    if (object.kept_by_platform) return {};
    const std::vector<meta::Column> columns = meta::columns(*title);
    return columns.size() == 1 && columns[0].text ? title->name + "_sort" : std::string();
}

std::string title_sort_key(const meta::Field& title, std::string_view text) {
    return pinyin_full(fold(text), title.person ? PinyinOf::person : PinyinOf::text);
}

store::Schema schema_of(const meta::Model& model) {
    store::Schema schema;
    // What is declared too, so that people can read it, has its table from there.
    for (Table& table : platform_tables())
        if (model.find(table.name) == nullptr) schema.tables.push_back(std::move(table));
    const std::size_t first_object = schema.tables.size();
    for (const meta::Object& object : model.objects()) schema.tables.push_back(object_table(object));

    // Children are found by the field that refers to their parent.
    for (const meta::Object& object : model.objects())
        for (const meta::Field& field : object.fields) {
            if (field.type != meta::FieldType::list) continue;
            const meta::Object& target = model.object(field.to);
            const meta::Field& by = target.field(field.by);
            if (!by.has_column()) continue;
            const auto table =
                std::find_if(schema.tables.begin() + static_cast<std::ptrdiff_t>(first_object), schema.tables.end(),
                             [&](const Table& candidate) { return candidate.name == target.name; });
            if (table != schema.tables.end()) add_index(*table, {by.name, "id"});
        }
    for (const meta::Object& object : model.objects()) {
        for (const meta::Field& field : object.fields)
            if (field.is_multiple() && !field.formula) schema.tables.push_back(link_table_of(object, field));
        if (object.searchable) schema.searches.push_back({object.name});
    }
    return schema;
}

}  // namespace gx::record
