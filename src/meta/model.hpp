// What objects exist and what they are made of. A Model is immutable; a change makes a new one with a new version,
// and whoever holds the old one finishes with it. Declarations are checked whole when the model is made, and every
// message names file and line (meta/load.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/value.hpp"
#include "expr/expr.hpp"

namespace gx::meta {

struct Label {
    std::string zh, en;
    const std::string& in(Language language) const { return language == Language::zh ? zh : en; }
};

enum class FieldType {
    text,
    long_text,
    integer,
    decimal,
    money,
    percent,
    date,
    time,
    boolean,
    choice,
    choices,
    ref,
    refs,
    user,        // a person of the company: a reference to object "employee"
    department,  // a reference to object "department"
    phone,
    email,
    url,
    address,
    number,
    mnemonic,
    file,  // an uploaded file, by its id
    list   // the children of this record: records of `to` whose field `by` refers here; no column
};
std::string_view name_of(FieldType type);
std::optional<FieldType> parse_field_type(std::string_view name);

class Pattern;  // meta/pattern.hpp

// What happens when somebody hands over what he is responsible for. At an object: to the records that it owns, and to
// the one that gives up. At a field: to the records that refer there.
struct HandOver {
    bool stays = false;  // they are personal and keep their owner
    json::value open;    // JSON filter form: only these are open work, the others may stay; null = all
    std::vector<std::pair<std::string, Value>> set;  // instead of another reference, or of one's own at the end
    Label label;                                     // of the whole, where records of the object hand over
};

// A formula is an attribute of a field of any type; a lookup ("lookup": "customer.level") is a formula that is a path.
// stored formulas are computed at save from the record's own and referenced fields; the others are computed when read.
struct Field {
    std::string name;         // snake_case, also the column
    std::uint32_t index = 0;  // position in Object::fields
    FieldType type = FieldType::text;
    Label label;
    Label help;
    std::string group;  // section of the default form: "base", "finance", …
    bool required = false;
    bool unique = false;           // among records that are not in the bin
    bool read_only = false;        // set by behaviour, numbering or import of system data only
    bool fixed = false;            // set at creation; later changed by administrators only, and …
    std::string fixed_right;       // … by whoever has this special right of the object
    bool hidden = false;           // not in lists, forms or API
    bool sensitive = false;        // absent unless a role names it
    bool own = false;              // people change it on the record that they themselves are
    bool searchable = false;       // goes into the search index
    bool pinyin = false;           // also by pinyin and initials
    bool person = false;           // names of people: family-name readings
    bool history = true;           // changes are kept
    bool system = false;           // kept by the platform, not declared: id, version, owner …
    std::size_t length_max = 200;  // text types, code points
    std::uint8_t scale = 0;        // decimal, money, percent: decimals kept (percent: 0.25 at scale 4 is 25 %)
    std::optional<Decimal> least, most;
    std::string pattern;  // simple regular expression for the whole text; empty = none
    std::shared_ptr<const Pattern> pattern_compiled;
    std::string to;          // ref, refs, list: target object
    std::string by;          // list: field of the target that refers here
    std::string dictionary;  // choice, choices
    Label unit;              // numbers: shown behind the value; may be empty
    bool tree = false;       // ref to the same object that makes a tree (department.parent)
    Value default_value;
    std::optional<expr::Node> default_expression;
    std::optional<expr::Node> formula;
    bool formula_stored = false;
    bool rights = false;                        // long_text: the rights of a role (access/rights.hpp), checked
    std::string mnemonic_of;                    // mnemonic: field whose initials it is
    std::shared_ptr<const HandOver> hand_over;  // goes along when the record that it refers to hands over; null: stays
    json::value raw;                            // the declaration, for what only one reader needs

    bool is_reference() const {
        return type == FieldType::ref || type == FieldType::user || type == FieldType::department;
    }
    bool is_multiple() const { return type == FieldType::choices || type == FieldType::refs; }  // link table
    bool has_column() const;  // false for list, choices, refs, and formulas that are not stored
};

struct Index {
    std::vector<std::string> fields;
    bool unique = false;
};

struct Rule {
    expr::Node when;      // true = problem
    std::string at;       // field
    std::string problem;  // key in Object::problems
};

struct Action {
    std::string name;
    Label label;
    std::string right;               // view add change delete assign … or a special right
    std::optional<expr::Node> when;  // absent: always
    std::vector<Field> params;
    bool bulk = false;       // also on a selection
    bool on_object = false;  // has no record: POST /api/records/{object}/{action}
    std::string icon;
    bool danger = false;
};

struct View {
    std::string code;
    Label label;
    std::string kind;  // table, board
    std::vector<std::string> columns;
    json::value filter;                              // JSON filter form, null = none
    std::vector<std::pair<std::string, bool>> sort;  // field, descending
    std::string group;                               // board: column field; table: group field
    json::value raw;
};

struct Object {
    std::string name;  // snake_case singular, also the table
    std::string area;
    Label label;
    Label plural;
    std::string icon;
    std::string file;      // where it was declared, for messages
    std::string title;     // field shown as the record's name
    std::string title_en;  // field shown instead to English readers when it is not null; may be empty
    std::string sort;      // field that pickers and trees list the records by, before the title; may be empty
    bool owned = false;    // has owner and department
    bool tree = false;
    bool searchable = false;  // has at least one searchable field
    bool menu = true;
    bool system = false;  // not in menus, not for custom fields
    bool single = false;  // there is exactly one record, which ships: nobody adds or deletes one
    // Written by the platform alone (logs, sessions): to be listed and exported like any object, but nobody may add,
    // change, delete or import. Its records have no history and no recycle bin.
    bool kept_by_platform = false;
    bool audited = false;        // every change of its records is an entry of the audit, with old and new values
    bool restricted = false;     // the "*" of a role grants nothing here: a role must name it
    std::string number_pattern;  // "KH{yyyy}{seq:6}"; empty = none. Field `number` carries it
    std::vector<Field> fields;   // declared ones, in order, then the system fields
    std::vector<Index> indexes;
    std::vector<Rule> rules;
    std::vector<Action> actions;
    std::vector<std::pair<std::string, Label>> groups;  // sections of the default form, in order
    std::map<std::string, Label> problems;
    std::vector<std::uint32_t> formula_order;  // stored formulas: each stands behind those that it reads
    std::vector<View> views;
    json::value layout;           // compact, form, record and what else screens need to know (checked grammar); always
                                  // present, derived if absent
    json::value timeline;         // {"at","title","kind"?}: field names, when its records are events in the life of the
                                  // records they refer to; null = they are not
    json::value duplicate_check;  // which fields make two records likely the same; null = none
    std::optional<HandOver> hand_over;
    std::vector<std::string> special_rights;
    std::map<std::string, Label> special_labels;

    const Field* find(std::string_view field) const;   // null when absent
    const Field& field(std::string_view field) const;  // ensure()s it exists
    const Action* action(std::string_view name) const;

    std::unordered_map<std::string, std::uint32_t> field_index;
};

// System fields of every object, behind the declared ones: of owned ones owner (user, given at creation, changed by
// the right "assign") and owner_department (department of the owner); then id (a ref to the object itself), version,
// created_by, created_at, updated_by, updated_at, deleted_at. All but owner are read-only.

struct DictionaryItem {
    std::string code;
    Label label;
    std::string color;
    bool active = true;
    bool is_default = false;
    json::value extra;
};
struct Dictionary {
    std::string code;
    Label label;
    bool system = true;
    bool of_objects = false;  // "object": the objects themselves; not stored, and everybody sees those that he may view
    std::vector<DictionaryItem> items;

    const DictionaryItem* find(std::string_view code) const;
    // By code or by label in either language, as people type them. Null when nothing or more than one fits.
    const DictionaryItem* find_leniently(std::string_view typed) const;
    void index();  // after every change of `items`

    std::unordered_map<std::string, std::uint32_t> by_code, by_folded;
};

inline constexpr std::string_view dictionary_of_objects = "object";

struct Area {
    std::string code;
    Label label;
    std::string icon;
    int order = 0;
    std::vector<std::string> uses;
    std::vector<std::string> objects;
    json::array home;  // its cards on the first page (checked grammar); may be empty
};

// Records that a module ships, written once and then the company's own. References are the key of their target.
struct ShippedRecords {
    std::string object;
    std::string key;                 // field by which a shipped record is known again
    std::vector<json::object> rows;  // field -> value as in the API, or as people type it when from_text
    bool from_text = false;          // from a CSV file: all values are text
    std::string file;
};

class Model {
public:
    const Object* find(std::string_view object) const;
    const Object& object(std::string_view object) const;  // throws not_found()
    const std::vector<Object>& objects() const { return objects_; }
    const std::vector<Area>& areas() const { return areas_; }
    const std::map<std::string, Dictionary>& dictionaries() const { return dictionaries_; }
    const Dictionary& dictionary(std::string_view code) const;  // ensure()s it exists
    // Shipped roles by code, as declared; access::parse_role_rights reads them.
    const std::map<std::string, json::value>& roles() const { return roles_; }
    const std::vector<ShippedRecords>& shipped_records() const { return shipped_; }
    const std::string& version() const { return version_; }  // digest of everything in it

private:
    friend class Loader;
    std::vector<Object> objects_;
    std::unordered_map<std::string, std::size_t> by_name_;
    std::vector<Area> areas_;
    std::map<std::string, Dictionary> dictionaries_;
    std::map<std::string, json::value> roles_;
    std::vector<ShippedRecords> shipped_;
    std::string declared_version_;  // of the declarations alone
    std::string version_;
};

using ModelPtr = std::shared_ptr<const Model>;

}  // namespace gx::meta
