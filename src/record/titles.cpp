#include "record/titles.hpp"

#include "meta/field_value.hpp"
#include "record/columns.hpp"

namespace gx::record {

namespace {

constexpr std::size_t ids_a_statement = 500;

}  // namespace

void Titles::want(std::string_view object, RecordId id) {
    if (!id || !asking_.model.find(object)) return;
    const auto found = wanted_.find(object);
    (found == wanted_.end() ? wanted_[std::string(object)] : found->second).insert(id);
}

void Titles::want(const meta::Field& field, const Value& value) {
    if (const auto* id = std::get_if<RecordId>(&value)) {
        want(meta::target_of(field), *id);
    } else if (const auto* ids = std::get_if<Ids>(&value)) {
        for (const RecordId one : *ids) want(field.to, one);
    } else if (const auto* address = std::get_if<Address>(&value)) {
        want("region", address->region);
    }
}

void Titles::read(store::Connection& connection) {
    std::vector<Sql> statements;
    std::vector<std::string> objects;
    for (const auto& [name, ids] : wanted_) {
        const meta::Object& object = asking_.model.object(name);
        if (!shows_title(asking_, object)) continue;
        for (auto next = ids.begin(); next != ids.end();) {
            From from(asking_, object);
            const Sql title = name == "region" ? from.region_path(from.alias()) : from.title(from.alias(), object);
            Sql sql{"select " + from.own("id") + ", ", {}};
            sql += title;
            sql += " from ";
            sql += from.sql();
            sql += " where " + from.own("id") + " in (";
            for (std::size_t i = 0; i < ids_a_statement && next != ids.end(); ++i, ++next) {
                sql += i == 0 ? "?" : ", ?";
                sql.bind(next->value);
            }
            sql += ")";
            statements.push_back(std::move(sql));
            objects.push_back(name);
        }
    }
    if (statements.empty()) return;
    connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
        found_[objects[statement]][RecordId{row.integer(0)}] = std::string(row.text(1));
        return true;
    });
}

const std::string* Titles::find(std::string_view object, RecordId id) const {
    const auto titles = found_.find(object);
    if (titles == found_.end()) return nullptr;
    const auto title = titles->second.find(id);
    return title == titles->second.end() ? nullptr : &title->second;
}

void Titles::write_reference(std::string_view object, RecordId id, std::string& out) const {
    if (!id) {
        out += "null";
        return;
    }
    out += "{\"id\":";
    write_id(id.value, out);
    out += ",\"title\":";
    if (const std::string* title = find(object, id)) {
        write_text(*title, out);
    } else {
        out += "null";
    }
    out += '}';
}

void Titles::write(const meta::Field& field, const Value& value, std::string& out) const {
    const meta::Dictionary* dictionary = dictionary_of(asking_.model, field);
    if (const auto* id = std::get_if<RecordId>(&value)) {
        write_reference(meta::target_of(field), *id, out);
    } else if (const auto* ids = std::get_if<Ids>(&value)) {
        out += '[';
        for (std::size_t i = 0; i < ids->size(); ++i) {
            if (i > 0) out += ',';
            write_reference(field.to, (*ids)[i], out);
        }
        out += ']';
    } else if (const auto* code = std::get_if<std::string>(&value); code && dictionary) {
        write_choice(*code, *dictionary, asking_.caller.language, out);
    } else if (const auto* codes = std::get_if<Codes>(&value); codes && dictionary) {
        out += '[';
        for (std::size_t i = 0; i < codes->size(); ++i) {
            if (i > 0) out += ',';
            write_choice((*codes)[i], *dictionary, asking_.caller.language, out);
        }
        out += ']';
    } else if (const auto* address = std::get_if<Address>(&value)) {
        out += "{\"region\":";
        write_reference("region", address->region, out);
        out += ",\"street\":";
        if (address->street.empty()) {
            out += "null";
        } else {
            write_text(address->street, out);
        }
        out += '}';
    } else {
        JsonWriter writer(out);
        meta::write_json(field, value, writer);
    }
}

}  // namespace gx::record
