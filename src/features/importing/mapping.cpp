#include "features/importing/mapping.hpp"

#include <algorithm>
#include <set>

#include "base/failure.hpp"
#include "base/pinyin.hpp"
#include "base/text.hpp"
#include "base/texts.hpp"

namespace gx::features {

namespace {

// Headings carry units and marks that say nothing about the field: "营业额(万)", "电话*", "Name:".
std::string plain(std::string_view heading) {
    std::string folded = fold(heading);
    for (const std::string_view open : {"(", "（", "[", "【"}) {
        if (const auto at = folded.find(open); at != std::string::npos && at > 0) folded.resize(at);
    }
    std::string kept;
    for (const char c : folded) {
        if (c != ' ' && c != '_' && c != '-' && c != '*' && c != ':' && c != '.' && c != '/') kept += c;
    }
    return kept;
}

struct Names {
    const meta::Field* field;
    std::vector<std::string> exact;  // plain forms of name and labels
    std::string full, initials;      // pinyin of the Chinese label
};

Names names_of(const meta::Object& object, const meta::Field& field) {
    Names names{&field,
                {plain(field.name), plain(field.label.zh), plain(field.label.en)},
                pinyin_full(field.label.zh),
                pinyin_initials(field.label.zh)};
    if (field.name == object.title) {  // "客户", "Customer": a table of customers calls its names so
        names.exact.push_back(plain(object.label.zh));
        names.exact.push_back(plain(object.label.en));
        names.exact.push_back(plain(object.label.zh + "名称"));
        names.exact.push_back(plain(object.label.en + " name"));
    }
    return names;
}

// 3 exact, 2 pinyin, 1 one contains the other, 0 nothing alike.
int likeness(const Names& names, const std::string& heading) {
    if (heading.empty()) return 0;
    for (const std::string& name : names.exact) {
        if (name == heading) return 3;
    }
    if (heading.size() >= 2 && (heading == names.full || heading == names.initials)) return 2;
    for (const std::string& name : names.exact) {
        if (count_code_points(name) >= 2 && count_code_points(heading) >= 2 &&
            (heading.find(name) != std::string::npos || name.find(heading) != std::string::npos)) {
            return 1;
        }
    }
    return 0;
}

const meta::Field* find_field(const std::vector<const meta::Field*>& fields, std::string_view name) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const meta::Field* field) { return field->name == name; });
    return found == fields.end() ? nullptr : *found;
}

Problem wrong(std::string field, std::string rule, TextParams params = {}) {
    return {std::move(field), std::move(rule), std::move(params), {}};
}

std::optional<Missing> parse_missing(std::string_view text) {
    if (text == "create") return Missing::create;
    if (text == "empty") return Missing::empty;
    if (text == "reject") return Missing::reject;
    return std::nullopt;
}

// Names a field or "address.region".
bool set_field(const std::vector<const meta::Field*>& fields, std::string_view name, ColumnMapping& column) {
    const auto dot = name.find('.');
    const meta::Field* field = find_field(fields, name.substr(0, dot));
    if (field == nullptr) return false;
    std::string part;
    if (dot != std::string_view::npos) {
        part = std::string(name.substr(dot + 1));
        if (field->type != meta::FieldType::address || (part != "region" && part != "street")) return false;
        if (part == "street") part.clear();
    }
    column.field = field->name;
    column.part = std::move(part);
    column.confidence = "sure";
    return true;
}

void read_details(const json::object& in, const std::string& at, ColumnMapping& column,
                  std::vector<Problem>& problems) {
    for (const auto& [key, value] : in) {
        if (key == "missing") {
            const auto missing = value.is_string() ? parse_missing(std::string_view(value.get_string())) : std::nullopt;
            if (missing) {
                column.missing = *missing;
            } else {
                problems.push_back(wrong(at + ".missing", "unknown_choice", {{"value", json::serialize(value)}}));
            }
        } else if (key == "values") {
            if (!value.is_object() || value.get_object().size() > 10'000) {
                problems.push_back(wrong(at + ".values", "wrong_type", {{"expected", "object"}}));
                continue;
            }
            column.values.clear();
            for (const auto& [from, to] : value.get_object()) {
                if (to.is_string()) {
                    column.values.emplace(std::string(from), std::string(to.get_string()));
                } else if (to.is_null()) {
                    column.values.emplace(std::string(from), std::string());
                } else {
                    problems.push_back(wrong(at + ".values", "wrong_type", {{"expected", "text"}}));
                }
            }
        } else if (key == "multiply") {
            const auto by = value.is_string()  ? parse_decimal(std::string_view(value.get_string()))
                            : value.is_int64() ? std::optional(Decimal{value.get_int64(), 0})
                                               : std::nullopt;
            if (value.is_null()) {
                column.multiply.reset();
            } else if (by) {
                column.multiply = by;
            } else {
                problems.push_back(wrong(at + ".multiply", "not_a_number"));
            }
        } else if (key == "currency") {
            const auto currency =
                value.is_string() ? parse_currency(std::string_view(value.get_string())) : std::nullopt;
            if (value.is_null()) {
                column.currency.reset();
            } else if (currency) {
                column.currency = currency;
            } else {
                problems.push_back(wrong(at + ".currency", "not_a_currency"));
            }
        }
    }
}

// A file of rejected rows ends with line, column and reason. It is imported again as it is once its cells or the map
// are corrected, so these three never go into a field. Gives the number of headings before them.
std::size_t without_reasons(const std::vector<std::string>& headings) {
    std::size_t end = headings.size();
    const auto ends_with_reasons = [&](Language language) {
        return end > 3 && headings[end - 3] == text(language, "import_line") &&
               headings[end - 2] == text(language, "import_column") &&
               headings[end - 1] == text(language, "import_reason");
    };
    while (ends_with_reasons(Language::zh) || ends_with_reasons(Language::en)) end -= 3;
    return end;
}

}  // namespace

std::string_view name_of(Missing missing) {
    switch (missing) {
        case Missing::reject:
            return "reject";
        case Missing::create:
            return "create";
        case Missing::empty:
            return "empty";
    }
    return "reject";
}

std::string_view name_of(Duplicate duplicate) {
    switch (duplicate) {
        case Duplicate::skip:
            return "skip";
        case Duplicate::update:
            return "update";
        case Duplicate::fill:
            return "fill";
    }
    return "skip";
}

std::vector<const meta::Field*> importable_fields(const meta::Object& object, const access::FieldMask& mask) {
    std::vector<const meta::Field*> fields;
    for (const meta::Field& field : object.fields) {
        if (field.type == meta::FieldType::list || field.formula || field.hidden) continue;
        const bool number = field.type == meta::FieldType::number;
        if (!number && (field.read_only || !mask.write[field.index])) continue;
        fields.push_back(&field);
    }
    return fields;
}

void match_columns(const meta::Object& object, const std::vector<const meta::Field*>& fields,
                   const std::vector<std::string>& headings, std::vector<ColumnMapping>& columns) {
    std::vector<Names> names;
    names.reserve(fields.size());
    for (const meta::Field* field : fields) names.push_back(names_of(object, *field));

    columns.clear();
    std::vector<std::string> plains;
    for (std::size_t i = 0; i < headings.size(); ++i) {
        ColumnMapping column;
        column.heading = headings[i];
        column.column = i;
        columns.push_back(std::move(column));
        plains.push_back(plain(headings[i]));
    }
    // The surest pairs first, so that a likely one never takes the field of an exact one.
    const std::size_t end = without_reasons(headings);
    std::set<const meta::Field*> taken;
    for (int wanted = 3; wanted >= 1; --wanted) {
        for (std::size_t i = 0; i < end; ++i) {
            if (!columns[i].field.empty()) continue;
            for (const Names& candidate : names) {
                if (taken.contains(candidate.field) || likeness(candidate, plains[i]) != wanted) continue;
                columns[i].field = candidate.field->name;
                columns[i].confidence = wanted == 3 ? "sure" : "likely";
                taken.insert(candidate.field);
                break;
            }
        }
    }
}

void apply_map(const meta::Object& object, const std::vector<const meta::Field*>& fields, const json::value& map,
               ImportSettings& settings) {
    if (map.is_null()) return;
    if (!map.is_object()) throw bad_request("body_not_object");
    std::vector<Problem> problems;
    std::set<std::string> named;
    for (const auto& [key, value] : map.get_object()) {
        const std::string heading(key);
        if (heading == "$duplicates") {
            json::object wrapped;
            wrapped.emplace("duplicates", value);
            read_settings(object, fields, wrapped, settings);
            continue;
        }
        const auto column =
            std::find_if(settings.columns.begin(), settings.columns.end(),
                         [&](const ColumnMapping& candidate) { return fold(candidate.heading) == fold(heading); });
        if (column == settings.columns.end()) {
            problems.push_back(wrong(heading, "import_no_such_column", {{"column", heading}}));
            continue;
        }
        column->field.clear();
        column->part.clear();
        column->confidence = "sure";
        const json::value* field = &value;
        if (value.is_object()) {
            field = value.get_object().if_contains("field");
            for (const auto& [detail, unused] : value.get_object()) {
                constexpr std::string_view known[] = {"field", "missing", "values", "multiply", "currency"};
                if (std::find(std::begin(known), std::end(known), std::string_view(detail)) == std::end(known)) {
                    problems.push_back(wrong(heading, "unknown_field", {{"field", std::string(detail)}}));
                }
            }
            read_details(value.get_object(), heading, *column, problems);
        }
        if (field == nullptr || (!field->is_null() && !field->is_string())) {
            problems.push_back(wrong(heading, "wrong_type", {{"expected", "text"}}));
        } else if (field->is_string()) {
            if (!set_field(fields, std::string_view(field->get_string()), *column)) {
                problems.push_back(wrong(heading, "unknown_field", {{"field", std::string(field->get_string())}}));
            } else {
                named.insert(column->field);
            }
        }
    }
    if (!problems.empty()) throw invalid(std::move(problems));
    // A column that only matched by itself gives way to one that was named.
    std::set<std::string> named_columns;
    for (const auto& [key, value] : map.get_object()) named_columns.insert(fold(std::string_view(key)));
    for (ColumnMapping& column : settings.columns) {
        if (!named_columns.contains(fold(column.heading)) && named.contains(column.field)) column.field.clear();
    }
}

void write_settings(const ImportSettings& settings, JsonWriter& json) {
    json.begin_object();
    json.key("encoding").string(settings.encoding);
    json.key("sheet").string(settings.sheet);
    json.key("separator")
        .string(settings.separator == 0 ? std::string_view() : std::string_view(&settings.separator, 1));
    json.key("header_row").integer(settings.header_row);
    json.key("columns").begin_array();
    for (const ColumnMapping& column : settings.columns) {
        json.begin_object();
        json.key("heading").string(column.heading);
        json.key("column").integer(static_cast<std::int64_t>(column.column));
        json.key("field");
        if (column.field.empty()) {
            json.null();
        } else {
            json.string(column.part.empty() ? column.field : column.field + "." + column.part);
        }
        json.key("confidence").string(column.confidence);
        json.key("missing").string(name_of(column.missing));
        json.key("values").begin_object();
        for (const auto& [from, to] : column.values) json.key(from).string(to);
        json.end_object();
        if (column.multiply) json.key("multiply").decimal(*column.multiply);
        if (column.currency) json.key("currency").string(column.currency->text());
        json.end_object();
    }
    json.end_array();
    json.key("duplicates").begin_object();
    json.key("by").begin_array();
    for (const std::string& field : settings.duplicates_by) json.string(field);
    json.end_array();
    json.key("then").string(name_of(settings.duplicates_then));
    json.end_object();
    json.key("owner");
    if (settings.owner) {
        json.id(settings.owner);
    } else {
        json.null();
    }
    json.end_object();
}

void read_settings(const meta::Object&, const std::vector<const meta::Field*>& fields, const json::object& in,
                   ImportSettings& settings) {
    std::vector<Problem> problems;
    const auto text = [&](const json::value& value, std::string_view at) {
        if (value.is_null()) return std::string();
        if (value.is_string()) return std::string(value.get_string());
        problems.push_back(wrong(std::string(at), "wrong_type", {{"expected", "text"}}));
        return std::string();
    };
    for (const auto& [key, value] : in) {
        if (key == "encoding") {
            settings.encoding = text(value, "encoding");
        } else if (key == "sheet") {
            settings.sheet = text(value, "sheet");
        } else if (key == "separator") {
            const std::string separator = text(value, "separator");
            if (separator.size() > 1)
                problems.push_back(
                    wrong("separator", "too_long", {{"max", "1"}, {"length", std::to_string(separator.size())}}));
            settings.separator = separator.empty() ? '\0' : separator.front();
        } else if (key == "header_row") {
            const std::int64_t row = value.is_int64() ? value.get_int64() : -1;
            if (row < 0 || row > 100) {
                problems.push_back(wrong("header_row", "too_large", {{"most", "100"}}));
            } else {
                settings.header_row = static_cast<int>(row);
            }
        } else if (key == "columns") {
            if (!value.is_array() || value.get_array().size() > settings.columns.size()) {
                problems.push_back(wrong("columns", "wrong_type", {{"expected", "list"}}));
                continue;
            }
            for (std::size_t i = 0; i < value.get_array().size(); ++i) {
                const json::value& item = value.get_array()[i];
                const std::string at = "columns[" + std::to_string(i) + "]";
                if (!item.is_object()) {
                    problems.push_back(wrong(at, "wrong_type", {{"expected", "object"}}));
                    continue;
                }
                ColumnMapping& column = settings.columns[i];
                if (const json::value* field = item.get_object().if_contains("field")) {
                    column.field.clear();
                    column.part.clear();
                    column.confidence = "sure";
                    if (field->is_string()) {
                        if (!set_field(fields, std::string_view(field->get_string()), column)) {
                            problems.push_back(
                                wrong(at + ".field", "unknown_field", {{"field", std::string(field->get_string())}}));
                        }
                    } else if (!field->is_null()) {
                        problems.push_back(wrong(at + ".field", "wrong_type", {{"expected", "text"}}));
                    }
                }
                read_details(item.get_object(), at, column, problems);
            }
        } else if (key == "duplicates") {
            if (!value.is_object()) {
                problems.push_back(wrong("duplicates", "wrong_type", {{"expected", "object"}}));
                continue;
            }
            if (const json::value* by = value.get_object().if_contains("by")) {
                settings.duplicates_by.clear();
                if (by->is_array()) {
                    for (const json::value& name : by->get_array()) {
                        const meta::Field* field =
                            name.is_string() ? find_field(fields, std::string_view(name.get_string())) : nullptr;
                        if (field == nullptr) {
                            problems.push_back(
                                wrong("duplicates.by", "unknown_field", {{"field", json::serialize(name)}}));
                        } else {
                            settings.duplicates_by.push_back(field->name);
                        }
                    }
                } else if (!by->is_null()) {
                    problems.push_back(wrong("duplicates.by", "wrong_type", {{"expected", "list"}}));
                }
            }
            if (const json::value* then = value.get_object().if_contains("then")) {
                if (*then == "skip") {
                    settings.duplicates_then = Duplicate::skip;
                } else if (*then == "update") {
                    settings.duplicates_then = Duplicate::update;
                } else if (*then == "fill") {
                    settings.duplicates_then = Duplicate::fill;
                } else {
                    problems.push_back(wrong("duplicates.then", "unknown_choice", {{"value", json::serialize(*then)}}));
                }
            }
        } else if (key == "owner") {
            const std::string id = text(value, "owner");
            const auto owner = parse_record_id(id);
            if (id.empty()) {
                settings.owner = {};
            } else if (owner) {
                settings.owner = *owner;
            } else {
                problems.push_back(wrong("owner", "not_an_id"));
            }
        } else {
            problems.push_back(wrong(std::string(key), "unknown_field", {{"field", std::string(key)}}));
        }
    }
    // Two columns into one field would lose one of them; parts of an address and long notes are joined instead.
    std::set<std::string> used;
    for (const ColumnMapping& column : settings.columns) {
        if (column.field.empty()) continue;
        const meta::Field* field = find_field(fields, column.field);
        const bool joins = field != nullptr && (field->type == meta::FieldType::long_text ||
                                                (field->type == meta::FieldType::address && column.part.empty()));
        if (!joins && !used.insert(column.field + "." + column.part).second) {
            problems.push_back(wrong("columns[" + std::to_string(column.column) + "].field", "import_field_twice",
                                     {{"field", column.field}}));
        }
    }
    if (!problems.empty()) throw invalid(std::move(problems));
}

}  // namespace gx::features
