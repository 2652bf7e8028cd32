#include "record/columns.hpp"

#include <charconv>

#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "meta/field_value.hpp"

namespace gx::record {

using meta::Field;
using meta::FieldType;
using meta::Object;

namespace {

// Several members in one column, gathered by the database: control characters that no text of a record holds.
constexpr char member_end = '\x1e';
constexpr char part_end = '\x1f';

void append_integer(std::int64_t value, std::string& out) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    (void)error;
    out.append(digits, end);
}

template <class Each>
void each_part(std::string_view text, char end, Each each) {
    while (!text.empty()) {
        const std::size_t at = text.find(end);
        each(text.substr(0, at));
        if (at == std::string_view::npos) return;
        text.remove_prefix(at + 1);
    }
}

std::int64_t integer_of(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// `members` rows of one record as one text, in a settled order on both databases.
Sql gathered(Dialect dialect, const Sql& member, const Sql& from, const std::string& order) {
    const std::string separator = "'" + std::string(1, member_end) + "'";
    Sql out;
    if (dialect == Dialect::sqlite) {
        out.text = "(select group_concat(m, " + separator + ") from (select ";
        out += member;
        out += " as m from ";
        out += from;
        out += " order by " + order + "))";
    } else {
        out.text = "(select string_agg(";
        out += member;
        out += ", " + separator + " order by " + order + ") from ";
        out += from;
        out += ")";
    }
    return out;
}

}  // namespace

void write_text(std::string_view text, std::string& out) { JsonWriter(out).string(text); }

void write_id(std::int64_t id, std::string& out) {
    out += '"';
    append_integer(id, out);
    out += '"';
}

void write_choice(std::string_view code, const meta::Dictionary& dictionary, Language language, std::string& out) {
    const meta::DictionaryItem* item = dictionary.find(code);
    out += "{\"code\":";
    write_text(code, out);
    out += ",\"title\":";
    write_text(item ? std::string_view(item->label.in(language)) : code, out);
    out += '}';
}

void write_decimal(std::int64_t unscaled, std::uint8_t scale, std::string& out) {
    JsonWriter(out).decimal({unscaled, scale});
}

const meta::Dictionary* dictionary_of(const meta::Model& model, const Field& field) {
    if (field.dictionary.empty()) return nullptr;
    return &model.dictionary(field.dictionary);
}

int Columns::append(const Sql& value) {
    append_part(list_, value);
    return width_++;
}

int Columns::add_extra(const Sql& value) { return append(value); }

Columns::~Columns() {
    if (!asking_.caller.disclosed) return;
    for (const Column& column : columns_)
        if (column.given > 0)
            asking_.caller.disclosed->add(column.sensitive_of->name, column.field->name, column.given);
}

void Columns::add(const std::string& path) {
    const From::Place at = from_.place(split_path(path), PathOf::caller);
    const Field& field = *at.field;
    Column column;
    column.field = &field;
    column.masked = access::is_masked(*asking_.caller.grants, *at.object, field);
    if (field.sensitive) column.sensitive_of = at.object;
    column.scale = field.scale;
    column.key = ",";
    write_text(path, column.key);
    column.key += ':';
    column.dictionary = dictionary_of(asking_.model, field);
    const bool titles = purpose_ == For::json;

    if (field.is_multiple()) {
        const std::string links = from_.links_of(at.alias, *at.object, field);
        const std::string alias = at.alias + "m" + std::to_string(columns_.size());
        const std::string where = " where " + alias + ".record = " + at.alias + ".\"id\"";
        if (field.type == FieldType::choices) {
            column.kind = Kind::choices;
            column.first = append(
                gathered(asking_.dialect, {alias + ".item", {}}, {links + " " + alias + where, {}}, alias + ".item"));
        } else {
            column.kind = Kind::references;
            const Object& target = asking_.model.object(field.to);
            Sql member{"cast(" + alias + ".item as text)", {}};
            Sql tables{links + " " + alias, {}};
            if (titles && shows_title(asking_, target)) {
                From linked(asking_, target, alias + "t");
                const Sql title = linked.title(linked.alias(), target);
                member += " || '" + std::string(1, part_end) + "' || coalesce(";
                member += title;
                member += ", '')";
                tables += " join ";
                tables += linked.sql();
                tables += " on " + linked.own("id") + " = " + alias + ".item";
            }
            tables += where;
            column.first = append(gathered(asking_.dialect, member, tables, alias + ".item"));
        }
        columns_.push_back(std::move(column));
        return;
    }

    const bool computed = field.formula && !field.formula_stored;
    const Sql value =
        computed ? from_.value_of(split_path(path), PathOf::caller) : Sql{at.alias + "." + in_quotes(field.name), {}};
    column.first = append(value);
    switch (field.type) {
        case FieldType::integer:
            column.kind = Kind::integer;
            break;
        case FieldType::decimal:
        case FieldType::percent:
            column.kind = Kind::decimal;
            break;
        case FieldType::money:
            column.kind = Kind::money;
            // What a formula computes is in the company's currency.
            append(computed ? Sql{"null", {}} : Sql{at.alias + "." + in_quotes(field.name + "_currency"), {}});
            break;
        case FieldType::date:
            column.kind = Kind::date;
            break;
        case FieldType::time:
            column.kind = Kind::timestamp;
            break;
        case FieldType::boolean:
            column.kind = Kind::boolean;
            break;
        case FieldType::choice:
            column.kind = column.dictionary ? Kind::choice : Kind::text;
            break;
        case FieldType::ref:
        case FieldType::user:
        case FieldType::department:
        case FieldType::file: {
            column.kind = Kind::reference;
            const std::string_view target_name = meta::target_of(field);
            const Object* target = target_name.empty() ? nullptr : asking_.model.find(target_name);
            if (titles) {
                if (target && !computed && field.name != "id" && shows_title(asking_, *target)) {
                    append(from_.title(from_.join(at.alias, field), *target));
                } else {
                    append({"null", {}});
                }
            }
            break;
        }
        case FieldType::address:
            column.kind = Kind::address;
            append({at.alias + "." + in_quotes(field.name + "_region"), {}});
            if (titles) {
                const Object* region = asking_.model.find("region");
                append(region ? from_.region_path(from_.join(at.alias, field.name + "_region", *region))
                              : Sql{"null", {}});
            }
            break;
        default:
            column.kind = Kind::text;
            break;
    }
    columns_.push_back(std::move(column));
}

void Columns::write(const store::Row& row, std::string& out) const {
    for (const Column& column : columns_) {
        out += column.key;
        if (column.masked) {
            if (column.kind != Kind::text || row.is_null(column.first)) {
                out += "null";
            } else {
                write_text(meta::masked_text(*column.field, row.text(column.first)), out);
            }
        } else if (row.is_null(column.first) && column.kind != Kind::address) {
            out += column.kind == Kind::choices || column.kind == Kind::references ? "[]" : "null";
        } else {
            write_value(column, row, out);
        }
    }
}

// An address is empty when both its parts are.
void Columns::count_given(const Column& column, const store::Row& row) {
    if (!row.is_null(column.first) || (column.kind == Kind::address && !row.is_null(column.first + 1))) ++column.given;
}

void Columns::write_value(const Column& column, const store::Row& row, std::string& out) const {
    const int at = column.first;
    if (column.sensitive_of) count_given(column, row);
    switch (column.kind) {
        case Kind::text:
            write_text(row.text(at), out);
            break;
        case Kind::integer:
            append_integer(row.integer(at), out);
            break;
        case Kind::decimal:
            write_decimal(row.integer(at), column.scale, out);
            break;
        case Kind::money: {
            out += "{\"amount\":";
            write_decimal(row.integer(at), column.scale, out);
            out += ",\"currency\":\"";
            const std::string_view currency = row.text(at + 1);
            out += currency.empty() ? asking_.currency.text() : currency;
            out += "\"}";
            break;
        }
        case Kind::date:
            JsonWriter(out).date(Date(std::chrono::days(row.integer(at))));
            break;
        case Kind::timestamp:
            JsonWriter(out).timestamp(Timestamp(std::chrono::milliseconds(row.integer(at))));
            break;
        case Kind::boolean:
            out += row.integer(at) != 0 ? "true" : "false";
            break;
        case Kind::choice:
            write_choice(row.text(at), *column.dictionary, asking_.caller.language, out);
            break;
        case Kind::reference:
            out += "{\"id\":";
            write_id(row.integer(at), out);
            out += ",\"title\":";
            if (row.is_null(at + 1)) {
                out += "null";
            } else {
                write_text(row.text(at + 1), out);
            }
            out += '}';
            break;
        case Kind::choices: {
            out += '[';
            bool first = true;
            each_part(row.text(at), member_end, [&](std::string_view code) {
                if (!first) out += ',';
                first = false;
                if (column.dictionary) {
                    write_choice(code, *column.dictionary, asking_.caller.language, out);
                } else {
                    write_text(code, out);
                }
            });
            out += ']';
            break;
        }
        case Kind::references: {
            out += '[';
            bool first = true;
            each_part(row.text(at), member_end, [&](std::string_view member) {
                if (!first) out += ',';
                first = false;
                const std::size_t cut = member.find(part_end);
                out += "{\"id\":\"";
                out += member.substr(0, cut);
                out += "\",\"title\":";
                if (cut == std::string_view::npos) {
                    out += "null";
                } else {
                    write_text(member.substr(cut + 1), out);
                }
                out += '}';
            });
            out += ']';
            break;
        }
        case Kind::address:
            if (row.is_null(at) && row.is_null(at + 1)) {
                out += "null";
                break;
            }
            out += "{\"region\":";
            if (row.is_null(at + 1)) {
                out += "null";
            } else {
                out += "{\"id\":";
                write_id(row.integer(at + 1), out);
                out += ",\"title\":";
                if (row.is_null(at + 2)) {
                    out += "null";
                } else {
                    write_text(row.text(at + 2), out);
                }
                out += '}';
            }
            out += ",\"street\":";
            if (row.is_null(at)) {
                out += "null";
            } else {
                write_text(row.text(at), out);
            }
            out += '}';
            break;
    }
}

void Columns::read(const store::Row& row, std::span<Value> values) const {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Column& column = columns_[i];
        const int at = column.first;
        Value& value = values[i];
        if ((row.is_null(at) && column.kind != Kind::address) || (column.masked && column.kind != Kind::text)) {
            value = Value();
            continue;
        }
        if (column.masked) {
            value = meta::masked_text(*column.field, row.text(at));
            continue;
        }
        if (column.sensitive_of) count_given(column, row);
        switch (column.kind) {
            case Kind::text:
            case Kind::choice:
                value = std::string(row.text(at));
                break;
            case Kind::integer:
                value = Decimal{row.integer(at), 0};
                break;
            case Kind::decimal:
                value = Decimal{row.integer(at), column.scale};
                break;
            case Kind::money:
                value =
                    Money{{row.integer(at), column.scale}, parse_currency(row.text(at + 1)).value_or(asking_.currency)};
                break;
            case Kind::date:
                value = Date(std::chrono::days(row.integer(at)));
                break;
            case Kind::timestamp:
                value = Timestamp(std::chrono::milliseconds(row.integer(at)));
                break;
            case Kind::boolean:
                value = row.integer(at) != 0;
                break;
            case Kind::reference:
                value = RecordId{row.integer(at)};
                break;
            case Kind::choices: {
                Codes codes;
                each_part(row.text(at), member_end, [&](std::string_view code) { codes.emplace_back(code); });
                value = std::move(codes);
                break;
            }
            case Kind::references: {
                Ids ids;
                each_part(row.text(at), member_end,
                          [&](std::string_view member) { ids.push_back(RecordId{integer_of(member)}); });
                value = std::move(ids);
                break;
            }
            case Kind::address:
                if (row.is_null(at) && row.is_null(at + 1)) {
                    value = Value();
                } else {
                    value = Address{RecordId{row.integer(at + 1)}, std::string(row.text(at))};
                }
                break;
        }
    }
}

}  // namespace gx::record
