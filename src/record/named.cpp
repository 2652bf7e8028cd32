// Records by what people and files call them. Each way to name a record has an index: unique fields and numbers their
// own, titles that of their order. Texts are compared folded, which no index knows: it only brings what may be equal.
#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "base/text.hpp"
#include "record/listing.hpp"
#include "record/schema.hpp"

namespace gx::record {

namespace {

constexpr std::size_t keys_a_statement = 500;

std::string in_capitals(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

// One way to name a record.
struct Way {
    const meta::Field* field;
    bool title;
    std::string column;             // that the index is on
    std::vector<std::string> keys;  // what this column holds of the texts
};

void sort_out(std::vector<std::string>& keys) {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    std::erase(keys, std::string());
}

std::vector<Way> ways_of(const Asking& asking, const meta::Object& object, std::span<const std::string> texts) {
    const access::FieldMask mask = access::fields(*asking.caller.grants, object);
    std::vector<Way> ways;
    for (const meta::Field* field : naming_fields(object)) {
        if (!mask.read[field->index]) continue;
        Way way{field, field->name == object.title || field->name == object.title_en, field->name, {}};
        if (field->name == object.title && !title_sort_column(object).empty()) {
            way.column = title_sort_column(object);
            for (const std::string& text : texts) way.keys.push_back(title_sort_key(*field, text));
        } else {
            for (const std::string& text : texts) {
                std::string folded = fold(text);
                way.keys.insert(way.keys.end(), {text, in_capitals(folded), folded});
            }
        }
        sort_out(way.keys);
        ways.push_back(std::move(way));
    }
    return ways;
}

}  // namespace

std::vector<const meta::Field*> naming_fields(const meta::Object& object) {
    std::vector<const meta::Field*> fields;
    for (const meta::Field& field : object.fields) {
        const bool plain = field.type == meta::FieldType::text || field.type == meta::FieldType::number;
        const bool title = field.name == object.title || (!object.title_en.empty() && field.name == object.title_en);
        const bool key = plain && (field.unique || field.type == meta::FieldType::number);
        if ((title || key) && field.has_column() && !field.formula) fields.push_back(&field);
    }
    return fields;
}

std::vector<Named> Records::named(const Caller& caller, std::string_view object_name,
                                  std::span<const std::string> texts) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(object_name);
    require_view(caller, object);
    std::unordered_set<std::string> wanted;
    for (const std::string& text : texts) wanted.insert(fold(text));
    std::vector<Named> found;
    state_->parts.store.read([&](store::Connection& connection) {
        found.clear();
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        const Selection selection(asking, object);
        const std::vector<Way> ways = ways_of(asking, object, texts);
        std::vector<Sql> statements;
        std::vector<const Way*> way_of;
        for (const Way& way : ways) {
            for (std::size_t begin = 0; begin < way.keys.size(); begin += keys_a_statement) {
                From from(asking, object);
                std::vector<Sql> conditions = selection.conditions(from);
                if (!selection.reach().everything) conditions.push_back(reach_condition(selection, from));
                Sql sql{"select " + from.own("id") + ", " + from.own(way.field->name) + " from ", {}};
                sql += from.sql();
                sql += " where ";
                sql += joined_with_and(conditions);
                sql += " and " + from.own(way.column) + " in (";
                const std::size_t end = std::min(begin + keys_a_statement, way.keys.size());
                for (std::size_t i = begin; i < end; ++i) {
                    sql += i == begin ? "?" : ", ?";
                    sql.bind(way.keys[i]);
                }
                sql += ")";
                statements.push_back(std::move(sql));
                way_of.push_back(&way);
            }
        }
        if (statements.empty()) return;
        connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
            if (row.is_null(1)) return true;
            std::string text = fold(row.text(1));
            if (wanted.contains(text))
                found.push_back({RecordId{row.integer(0)}, std::move(text), way_of[statement]->title});
            return true;
        });
    });
    return found;
}

}  // namespace gx::record
