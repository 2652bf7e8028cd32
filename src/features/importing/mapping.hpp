// Which column goes into which field, and how: chosen by itself from headings, corrected by people, kept as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "meta/model.hpp"

namespace gx::features {

// What to do with a reference whose record does not exist.
enum class Missing { reject, create, empty };
// What to do with a row whose record exists already.
enum class Duplicate { skip, update, fill };

struct ColumnMapping {
    std::string heading;
    std::size_t column = 0;           // position in the file, from 0
    std::string field;                // empty: left out
    std::string part;                 // of an address: "" is street, "region"
    std::string confidence = "none";  // sure, likely, none
    Missing missing = Missing::reject;
    std::map<std::string, std::string> values;  // text in the file -> text to read instead
    std::optional<Decimal> multiply;            // numbers given in thousands or millions
    std::optional<Currency> currency;           // of amounts in this column; none: the company's
};

struct ImportSettings {
    std::string encoding, sheet;  // empty: found by itself
    char separator = 0;
    int header_row = 1;  // 0: no headings, every row is data
    std::vector<ColumnMapping> columns;
    std::vector<std::string> duplicates_by;  // fields; empty: no check beyond unique fields
    Duplicate duplicates_then = Duplicate::skip;
    RecordId owner;  // of new records without an owner column; none: the caller
};

// Fields that a column may go into: what this caller may write, and numbers of other systems.
std::vector<const meta::Field*> importable_fields(const meta::Object& object, const access::FieldMask& mask);

// Fills `columns` from headings: by name or label in either language, then by pinyin and by similarity. No field is
// given to two columns.
void match_columns(const meta::Object& object, const std::vector<const meta::Field*>& fields,
                   const std::vector<std::string>& headings, std::vector<ColumnMapping>& columns);

// The mapping file of the command line: {"heading": "field" | null |
// {"field","missing","values","multiply","currency"}}. A heading that the file does not name is matched by itself; one
// that the table does not have is a problem.
void apply_map(const meta::Object& object, const std::vector<const meta::Field*>& fields, const json::value& map,
               ImportSettings& settings);

// Settings as kept and as sent by the wizard (docs/api.md). `read` throws Failure(invalid) naming what is wrong.
void write_settings(const ImportSettings& settings, JsonWriter& json);
void read_settings(const meta::Object& object, const std::vector<const meta::Field*>& fields, const json::object& in,
                   ImportSettings& settings);

std::string_view name_of(Missing missing);
std::string_view name_of(Duplicate duplicate);

}  // namespace gx::features
