// Records that a module ships: JSON, or a table as CSV whose first column is the key.
#include "base/failure.hpp"
#include "base/text.hpp"
#include "base/texts.hpp"
#include "base/time.hpp"
#include "meta/expr_scope.hpp"
#include "meta/field_value.hpp"
#include "meta/loader.hpp"

namespace gx::meta {
namespace {

constexpr std::size_t rows_max = 100'000;

// RFC 4180: cells by comma, quotes doubled inside quotes, line ends allowed inside quotes.
struct CsvRow {
    int line = 1;
    std::vector<std::string> cells;
};
std::vector<CsvRow> split_csv(std::string_view text) {
    std::vector<CsvRow> rows;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    int line = 1;
    CsvRow row{1, {std::string()}};
    bool quoted = false;
    const auto end_row = [&] {
        if (row.cells.size() > 1 || !row.cells.front().empty()) rows.push_back(std::move(row));
        row = {line, {std::string()}};
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') ++line;
        if (quoted) {
            if (c == '"' && i + 1 < text.size() && text[i + 1] == '"')
                row.cells.back() += text[++i];
            else if (c == '"')
                quoted = false;
            else
                row.cells.back() += c;
        } else if (c == '"' && row.cells.back().empty()) {
            quoted = true;
        } else if (c == ',') {
            row.cells.emplace_back();
        } else if (c == '\n') {
            end_row();
        } else if (c != '\r') {
            row.cells.back() += c;
        }
    }
    end_row();
    return rows;
}

std::string as_text(const json::value& in) {
    return in.is_string() ? std::string(in.get_string()) : json::serialize(in);
}

}  // namespace

void Loader::read_records(const DeclarationFile& file) {
    const Place root = place_of(file);
    root.allow({"key", "records"});
    const Object* object = find_object(file.stem);
    if (!object) return root.mistake("there is no object " + in_quotes(file.stem));
    if (object->kept_by_platform)
        return root.mistake("the records of " + in_quotes(file.stem) +
                            " are kept by the platform and cannot be shipped");
    ShippedRecords shipped{object->name, root.text("key", true), {}, false, file.name};
    if (!shipped.key.empty() && !object->find(shipped.key))
        return root.mistake_at("key", "there is no field " + in_quotes(shipped.key));
    if (!root.has("records")) root.mistake("'records' is missing");
    root.each_element("records", [&](const Place& place) {
        if (!place.is_object("a record")) return;
        shipped.rows.push_back(place.object());
        check_shipped(*object, shipped, shipped.rows.size() - 1, place, 0);
    });
    model_->shipped_.push_back(std::move(shipped));
}

void Loader::read_records_table(const DeclarationFile& file) {
    const Place root = place_of(file);
    const Object* object = find_object(file.stem);
    if (!object) return root.mistake("there is no object " + in_quotes(file.stem));
    if (object->kept_by_platform)
        return root.mistake("the records of " + in_quotes(file.stem) +
                            " are kept by the platform and cannot be shipped");
    if (!is_valid_utf8(file.text)) return root.mistake("the file is not UTF-8");
    const std::vector<CsvRow> rows = split_csv(file.text);
    if (rows.empty()) return root.mistake("the file is empty");
    if (rows.size() > rows_max) return root.mistake("more than " + std::to_string(rows_max) + " rows");
    const std::vector<std::string>& headings = rows.front().cells;
    bool known = true;
    for (const std::string& heading : headings) {
        if (object->find(heading)) continue;
        root.mistake("there is no field " + in_quotes(heading));
        known = false;
    }
    if (!known) return;
    ShippedRecords shipped{object->name, headings.front(), {}, true, file.name};
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const CsvRow& row = rows[i];
        if (row.cells.size() != headings.size()) {
            root.mistake_in_line(row.line, "has " + std::to_string(row.cells.size()) + " cells, the heading has " +
                                               std::to_string(headings.size()));
            continue;
        }
        json::object record;
        for (std::size_t c = 0; c < headings.size(); ++c)
            if (!row.cells[c].empty()) record[headings[c]] = row.cells[c];
        shipped.rows.push_back(std::move(record));
        check_shipped(*object, shipped, shipped.rows.size() - 1, root, row.line);
    }
    model_->shipped_.push_back(std::move(shipped));
}

// `line` is given for tables; for JSON every value has its own.
void Loader::check_shipped(const Object& object, ShippedRecords& shipped, std::size_t row, const Place& place,
                           int line) {
    const json::object& record = shipped.rows[row];
    const json::value* key = record.if_contains(shipped.key);
    const std::string name = key ? as_text(*key) : std::string();
    const auto mistake = [&](std::string_view field, const std::string& what) {
        const std::string all = "record " + name + ": " + what;
        if (line > 0)
            place.mistake_in_line(line, all);
        else if (field.empty())
            place.mistake(all);
        else
            place.mistake_at(field, all);
    };
    if (name.empty()) return mistake("", "the key " + in_quotes(shipped.key) + " is missing");
    if (!shipped_keys_[object.name + '.' + shipped.key].insert(name).second) mistake("", "shipped twice");
    const ReadContext context{*model_, zone_, Currency{}, Language::en};
    for (const auto& entry : record) {
        const Field* field = object.find(entry.key());
        if (!field) {
            mistake(entry.key(), "there is no field " + in_quotes(entry.key()));
            continue;
        }
        // References are the key of their target, which is known only when all are stored.
        if (!target_of(*field).empty() ||
            (!field->dictionary.empty() && !model_->dictionaries_.contains(field->dictionary)))
            continue;
        Read read = shipped.from_text ? from_text(*field, as_text(entry.value()), context)
                                      : from_json(*field, entry.value(), context);
        std::optional<Problem> bad;
        if (auto* problem = std::get_if<Problem>(&read))
            bad = std::move(*problem);
        else
            bad = check(*field, std::get<Value>(read));
        if (bad) mistake(entry.key(), field->name + ": " + text(Language::en, bad->rule, bad->params));
    }
    for (const Field& field : object.fields)
        if (field.required && !field.system && !record.contains(field.name) && is_null(field.default_value) &&
            !field.default_expression)
            mistake("", field.name + ": " + text(Language::en, "required"));
}

}  // namespace gx::meta
