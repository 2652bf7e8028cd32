// Objects: their fields, rules, actions and expressions.
#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "base/failure.hpp"
#include "base/texts.hpp"
#include "base/time.hpp"
#include "meta/expr_scope.hpp"
#include "meta/field_value.hpp"
#include "meta/loader.hpp"
#include "meta/pattern.hpp"

namespace gx::meta {
namespace {

// Tables of the platform (docs/tables.md); an object is a table too.
constexpr std::array<std::string_view, 22> platform_tables{"batch",
                                                           "unfinished_batch",
                                                           "history",
                                                           "outbox",
                                                           "sequence",
                                                           "idempotency",
                                                           "session",
                                                           "sign_in",
                                                           "job",
                                                           "file",
                                                           "migration",
                                                           "schema",
                                                           "credential",
                                                           "old_password",
                                                           "second_factor",
                                                           "recovery_code",
                                                           "one_time_link",
                                                           "recovery_request",
                                                           "application_password",
                                                           "notice",
                                                           "outbox_reader",
                                                           "api_key_digest"};
// Namespaces of the program: an object's behaviour has a namespace of its own name.
constexpr std::array<std::string_view, 12> namespaces{"base",     "expr", "meta", "store", "access",  "record",
                                                      "features", "net",  "api",  "app",   "modules", "json"};
// Columns of the platform, and columns that a database keeps for itself. Other words of SQL are no trouble: every name
// is quoted.
constexpr std::array<std::string_view, 17> reserved_fields{"id",         "version",    "created_by",
                                                           "created_at", "updated_by", "updated_at",
                                                           "deleted_at", "owner",      "owner_department",
                                                           "rowid",      "oid",        "ctid",
                                                           "xmin",       "xmax",       "cmin",
                                                           "cmax",       "tableoid"};
// Members that a record has in the API beside its fields.
constexpr std::array<std::string_view, 3> record_members{"actions", "rights", "included"};
// Words of the expression language: a field of that name could never be named in a rule.
constexpr std::array<std::string_view, 8> expression_words{"and", "or", "not", "in", "is", "null", "true", "false"};
constexpr std::array<std::string_view, 12> platform_actions{"restore",    "delete",     "assign", "change_all",
                                                            "delete_all", "history",    "groups", "options",
                                                            "timeline",   "duplicates", "access", "undo"};
constexpr std::array<std::string_view, 9> verbs{"view",    "add",    "change", "delete", "assign",
                                                "approve", "export", "import", "print"};

bool is_among(std::span<const std::string_view> words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

bool is_text_type(FieldType type) {
    switch (type) {
        case FieldType::text:
        case FieldType::long_text:
        case FieldType::phone:
        case FieldType::email:
        case FieldType::url:
        case FieldType::address:
        case FieldType::number:
        case FieldType::mnemonic:
            return true;
        default:
            return false;
    }
}

bool is_number_type(FieldType type) {
    return type == FieldType::integer || type == FieldType::decimal || type == FieldType::money ||
           type == FieldType::percent;
}

std::size_t length_max_of(FieldType type) {
    switch (type) {
        case FieldType::long_text:
            return 20000;
        case FieldType::email:
            return 254;
        case FieldType::url:
            return 500;
        case FieldType::phone:
        case FieldType::number:
            return 40;
        case FieldType::mnemonic:
            return 20;
        default:
            return 200;
    }
}

std::uint8_t scale_of(FieldType type) {
    switch (type) {
        case FieldType::money:
        case FieldType::decimal:
            return 2;
        case FieldType::percent:
            return 4;
        default:
            return 0;
    }
}

// Does an attribute mean anything for a type? Attributes that are not listed mean something for all.
bool has_meaning(std::string_view attribute, FieldType type) {
    if (attribute == "max") return is_text_type(type);
    if (attribute == "pattern")
        return type == FieldType::text || type == FieldType::long_text || type == FieldType::phone;
    if (attribute == "search") return is_text_type(type);
    if (attribute == "scale") return is_number_type(type) && type != FieldType::integer;
    if (attribute == "least" || attribute == "most" || attribute == "unit") return is_number_type(type);
    if (attribute == "to") return type == FieldType::ref || type == FieldType::refs;
    if (attribute == "of") return type == FieldType::list || type == FieldType::mnemonic;
    if (attribute == "by" || attribute == "cascade") return type == FieldType::list;
    if (attribute == "dictionary") return type == FieldType::choice || type == FieldType::choices;
    if (attribute == "hand_over")
        return type == FieldType::ref || type == FieldType::refs || type == FieldType::user ||
               type == FieldType::department;
    if (attribute == "tree") return type == FieldType::ref || type == FieldType::user || type == FieldType::department;
    if (attribute == "rights") return type == FieldType::long_text;
    if (attribute == "unique")
        return type != FieldType::list && type != FieldType::choices && type != FieldType::refs &&
               type != FieldType::address;
    if (attribute == "required" || attribute == "default" || attribute == "formula" || attribute == "lookup" ||
        attribute == "stored" || attribute == "fixed")
        return type != FieldType::list;
    return true;
}

constexpr std::array<std::string_view, 31> field_attributes{
    "type",    "label",     "help",   "group",   "required",   "unique", "read_only", "fixed",
    "hidden",  "sensitive", "search", "history", "max",        "scale",  "least",     "most",
    "pattern", "to",        "of",     "by",      "dictionary", "tree",   "default",   "formula",
    "stored",  "lookup",    "unit",   "cascade", "hand_over",  "rights", "own"};

bool is_assignable(expr::Type from, FieldType to) { return from == expr::Type::null || from == expression_type(to); }

std::string_view name_of_type(expr::Type type) {
    switch (type) {
        case expr::Type::null:
            return "null";
        case expr::Type::boolean:
            return "boolean";
        case expr::Type::number:
            return "number";
        case expr::Type::money:
            return "money";
        case expr::Type::date:
            return "date";
        case expr::Type::timestamp:
            return "moment";
        case expr::Type::text:
            return "text";
        case expr::Type::id:
            return "reference";
        case expr::Type::codes:
            return "choices";
        case expr::Type::ids:
            return "references";
        case expr::Type::address:
            return "address";
    }
    return "value";
}

bool uses_call(const expr::Node& node, std::string_view name) {
    if (node.op == expr::Op::call && node.name == name) return true;
    return std::ranges::any_of(node.children, [&](const expr::Node& child) { return uses_call(child, name); });
}

}  // namespace

void Loader::read_object(const DeclarationFile& file) {
    const Place root = place_of(file);
    root.allow({"label",      "plural",     "icon",     "title",   "title_en",         "sort",
                "number",     "owned",      "menu",     "system",  "kept_by_platform", "audited",
                "restricted", "single",     "fields",   "groups",  "indexes",          "rules",
                "actions",    "duplicates", "timeline", "special", "problems",         "hand_over"});
    Object object;
    object.name = file.stem;
    object.area = file.area;
    object.file = file.name;
    object.label = root.label("label");
    object.plural = root.has("plural") ? root.label("plural") : object.label;
    object.icon = root.text("icon");
    object.title = root.text("title", true);
    object.title_en = root.text("title_en");
    object.sort = root.text("sort");
    object.number_pattern = root.text("number");
    object.owned = root.flag("owned");
    object.menu = root.flag("menu", true);
    object.system = root.flag("system");
    object.single = root.flag("single");
    object.kept_by_platform = root.flag("kept_by_platform");
    object.restricted = root.flag("restricted");
    object.audited = root.flag("audited");
    root.each_member("groups", [&](const std::string& code, const Place& place) {
        object.groups.emplace_back(code, place.called("group " + code).as_label());
    });
    root.each_member("problems", [&](const std::string& key, const Place& place) {
        object.problems.emplace(key, place.called("problem " + key).as_label());
    });
    root.each_member("special", [&](const std::string& right, const Place& place) {
        const Place named = place.called("special right " + right);
        if (!is_snake_case(right)) named.mistake("the name is not snake_case");
        if (is_among(verbs, right)) named.mistake("the name is taken by the platform");
        object.special_rights.push_back(right);
        object.special_labels.emplace(right, named.as_label());
    });

    if (!root.has("fields")) root.mistake("'fields' is missing");
    root.each_member("fields", [&](const std::string& name, const Place& place) {
        Field field = read_field(name, place.called("field " + name), false);
        if (!field.fixed_right.empty() &&
            std::ranges::find(object.special_rights, field.fixed_right) == object.special_rights.end())
            place.called("field " + name)
                .mistake_at("fixed", "there is no special right " + in_quotes(field.fixed_right));
        field.index = static_cast<std::uint32_t>(object.fields.size());
        object.field_index.emplace(name, field.index);
        object.fields.push_back(std::move(field));
    });
    if (object.groups.empty())
        object.groups.emplace_back("base",
                                   Label{text(Language::zh, "default_group"), text(Language::en, "default_group")});
    for (Field& field : object.fields)
        if (field.group.empty()) field.group = object.groups.front().first;
    add_system_fields(object);
    read_indexes(object, root);
    if (const json::value* duplicates = file.root.get_object().if_contains("duplicates"))
        object.duplicate_check = *duplicates;
    if (const json::value* timeline = file.root.get_object().if_contains("timeline")) object.timeline = *timeline;

    object.searchable = std::ranges::any_of(object.fields, &Field::searchable);
    object.tree = std::ranges::any_of(object.fields, &Field::tree);
    model_->by_name_.emplace(object.name, model_->objects_.size());
    model_->objects_.push_back(std::move(object));
}

Field Loader::read_field(const std::string& name, const Place& place, bool is_param) {
    Field field;
    field.name = name;
    if (!is_snake_case(name)) place.mistake("the name is not snake_case");
    if (name.size() > name_length_max)
        place.mistake("the name is longer than " + std::to_string(name_length_max) + " characters");
    if (!is_param && is_among(reserved_fields, name)) place.mistake("the name is kept by the platform or a database");
    if (is_among(expression_words, name)) place.mistake("the name is a word of the expression language");
    if (!place.is_object("a field")) return field;

    const std::string type = place.text("type", true);
    const std::optional<FieldType> known = parse_field_type(type);
    if (!known && !type.empty()) place.mistake_at("type", "unknown type " + in_quotes(type));
    field.type = known.value_or(FieldType::text);
    field.label = place.label("label");
    for (const auto& entry : place.object()) {
        if (!is_among(field_attributes, entry.key()))
            place.mistake_at(entry.key(), "unknown attribute " + in_quotes(entry.key()));
        else if (known && !has_meaning(entry.key(), field.type))
            place.mistake_at(entry.key(), in_quotes(entry.key()) + " has no meaning for type " + type);
    }
    if (known) read_field_attributes(field, place);
    field.raw = place.value();
    return field;
}

void Loader::read_field_attributes(Field& field, const Place& place) {
    field.help = place.label("help", false);
    field.group = place.text("group");
    field.required = place.flag("required");
    field.unique = place.flag("unique");
    // Numbers are given out and formulas computed; nobody types them.
    const bool is_formula = place.has("formula") || place.has("lookup");
    field.read_only =
        place.flag("read_only") || is_formula || field.type == FieldType::number || field.type == FieldType::list;
    if (place.has("fixed") && place.object().at("fixed").is_string()) {
        field.fixed = true;
        field.fixed_right = place.text("fixed", true);
    } else {
        field.fixed = place.flag("fixed");
    }
    field.hidden = place.flag("hidden");
    if (!field.hidden && is_among(record_members, field.name))
        place.mistake("the name stands for something else in the API; only a hidden field may have it");
    field.sensitive = place.flag("sensitive");
    field.own = place.flag("own");
    field.history = place.flag("history", true);
    field.tree = place.flag("tree");
    field.rights = place.flag("rights");
    place.flag("cascade");  // read from `raw` by who removes records; here only its type is checked
    field.formula_stored = place.flag("stored");
    if (field.formula_stored && !is_formula) place.mistake_at("stored", "'stored' is for fields with a formula");
    if (place.has("formula") && place.has("lookup")) place.mistake("has both 'formula' and 'lookup'");
    if (is_formula && place.has("default")) place.mistake_at("default", "a formula has no default");
    field.length_max = static_cast<std::size_t>(
        place.integer("max", 1, 1'000'000, static_cast<std::int64_t>(length_max_of(field.type))));
    field.scale = static_cast<std::uint8_t>(place.integer("scale", 0, Decimal::scale_max, scale_of(field.type)));
    field.unit = place.label("unit", false);

    if (place.has("search")) {
        const json::value& search = place.object().at("search");
        const std::string_view how = search.is_string() ? std::string_view(search.get_string()) : std::string_view();
        if (!search.is_bool() && how != "pinyin" && how != "person")
            place.mistake_at("search", "'search' must be true, \"pinyin\" or \"person\"");
        field.searchable = !search.is_bool() || search.get_bool();
        field.pinyin = how == "pinyin" || how == "person";
        field.person = how == "person";
    }
    for (const auto& [key, bound] : {std::pair{"least", &field.least}, std::pair{"most", &field.most}}) {
        if (!place.has(key)) continue;
        const json::value& in = place.object().at(key);
        if (in.is_int64())
            *bound = Decimal{in.get_int64(), 0};
        else if (in.is_string())
            *bound = parse_decimal(in.get_string());
        if (!*bound) place.mistake_at(key, in_quotes(key) + " must be a number, with decimals as text");
    }
    if (field.least && field.most && *field.most < *field.least)
        place.mistake_at("most", "'most' is less than 'least'");
    field.pattern = place.text("pattern");
    if (!field.pattern.empty()) {
        std::string why;
        field.pattern_compiled = Pattern::compile(field.pattern, why);
        if (!field.pattern_compiled) place.mistake_at("pattern", "'pattern' cannot be read: " + why);
    }
    const bool is_list = field.type == FieldType::list;
    if (field.type == FieldType::ref || field.type == FieldType::refs) field.to = place.text("to", true);
    if (is_list) field.to = place.text("of", true);
    if (is_list) field.by = place.text("by", true);
    if (field.type == FieldType::mnemonic) field.mnemonic_of = place.text("of", true);
    if (field.type == FieldType::choice || field.type == FieldType::choices)
        field.dictionary = place.text("dictionary", true);
}

void Loader::add_system_fields(Object& object) {
    const auto add = [&](std::string name, FieldType type, std::string to = {}) -> Field& {
        Field field;
        field.name = name;
        field.index = static_cast<std::uint32_t>(object.fields.size());
        field.type = type;
        field.label = {text(Language::zh, "system_field." + name), text(Language::en, "system_field." + name)};
        field.group = "system";
        field.system = true;
        field.read_only = true;
        field.history = false;
        field.to = std::move(to);
        object.field_index.insert_or_assign(std::move(name), field.index);
        return object.fields.emplace_back(std::move(field));
    };
    if (object.owned) {
        Field& owner = add("owner", FieldType::user);
        owner.read_only = false;
        owner.fixed = true;
        owner.history = true;
        add("owner_department", FieldType::department).history = true;
    }
    add("id", FieldType::ref, object.name);
    add("version", FieldType::integer);
    add("created_by", FieldType::user);
    add("created_at", FieldType::time);
    add("updated_by", FieldType::user);
    add("updated_at", FieldType::time);
    add("deleted_at", FieldType::time);
}

void Loader::read_indexes(Object& object, const Place& root) {
    root.each_element("indexes", [&](const Place& place) {
        Index index;
        const auto read = [&](const Place& fields) {
            if (!fields.value().is_array() || fields.value().get_array().empty())
                return fields.mistake("an index must list fields");
            for (const json::value& name : fields.value().get_array()) {
                std::string field = name.is_string() ? std::string(name.get_string()) : "";
                const Field* known = object.find(field);
                if (!known)
                    fields.mistake("index: there is no field " + in_quotes(field));
                else if (!known->has_column())
                    fields.mistake("index: field " + in_quotes(field) + " has no column");
                index.fields.push_back(std::move(field));
            }
        };
        if (place.value().is_object()) {
            place.allow({"fields", "unique"});
            index.unique = place.flag("unique");
            if (place.has("fields"))
                read(place.member("fields"));
            else
                place.mistake("'fields' is missing");
        } else {
            read(place);
        }
        object.indexes.push_back(std::move(index));
    });
}

void Loader::check_object(Object& object, const Place& root) {
    check_names(object, root);
    for (const auto& [key, name] : {std::pair{"title", &object.title}, std::pair{"title_en", &object.title_en}}) {
        if (name->empty()) continue;
        const Field* title = object.find(*name);
        if (!title)
            root.mistake_at(key, in_quotes(key) + ": there is no field " + in_quotes(*name));
        else if (expression_type(title->type) != expr::Type::text || !title->has_column())
            root.mistake_at(key, in_quotes(key) + ": field " + in_quotes(*name) + " is not a text");
    }
    if (!object.sort.empty()) {
        const Field* sort = object.find(object.sort);
        if (!sort)
            root.mistake_at("sort", "'sort': there is no field " + in_quotes(object.sort));
        else if (!sort->has_column() || sort->type == FieldType::refs || sort->type == FieldType::choices)
            root.mistake_at("sort", "'sort': nothing can be listed by field " + in_quotes(object.sort));
    }
    check_number(object, root);
    if (!root.has("fields") || !root.object().at("fields").is_object()) return;
    const Place fields = root.member("fields");
    for (const Field& field : object.fields) {
        if (field.system) continue;
        const Place place = fields.member(field.name).called("field " + field.name);
        if (std::ranges::find(object.groups, field.group, &std::pair<std::string, Label>::first) == object.groups.end())
            place.mistake_at("group", "there is no group " + in_quotes(field.group));
        check_field_target(object, field, place);
    }
    check_duplicates(object, root);
    check_timeline(object, root);
    check_kept_by_platform(object, root);
    read_hand_over(object, root);
}

// What only happens when somebody saves would never happen.
void Loader::check_kept_by_platform(const Object& object, const Place& root) {
    if (!object.kept_by_platform) return;
    for (const char* key : {"number", "rules", "actions", "duplicates", "problems", "audited"})
        if (root.has(key))
            root.mistake_at(key, in_quotes(key) + " has no meaning where 'kept_by_platform' is true: nobody saves");
    if (!root.has("fields") || !root.object().at("fields").is_object()) return;
    const Place fields = root.member("fields");
    for (const Field& field : object.fields) {
        if (field.system) continue;
        const Place place = fields.member(field.name).called("field " + field.name);
        if (!place.value().is_object()) continue;
        for (const char* key : {"default", "stored", "fixed", "required", "search"})
            if (place.has(key))
                place.mistake_at(key,
                                 in_quotes(key) + " has no meaning where 'kept_by_platform' is true: nobody saves");
        if (field.type == FieldType::mnemonic)
            place.mistake_at("type", "a mnemonic is made when somebody saves, and 'kept_by_platform' is true");
    }
}

void Loader::check_names(const Object& object, const Place& root) {
    if (!is_snake_case(object.name)) root.mistake("the object's name " + in_quotes(object.name) + " is not snake_case");
    if (object.name.size() > name_length_max)
        root.mistake("the object's name is longer than " + std::to_string(name_length_max) + " characters");
    // One that the platform keeps may be such a table: that is how people get to read it.
    if (is_among(platform_tables, object.name) && !object.kept_by_platform)
        root.mistake("the object's name " + in_quotes(object.name) + " is a table of the platform");

    if (is_among(namespaces, object.name))
        root.mistake("the object's name " + in_quotes(object.name) + " is a name of the program's own");

    // Columns that fields bring along, and tables of fields with several values, must not meet others.
    std::map<std::string, std::string> columns_taken;
    for (const Field& field : object.fields) columns_taken.emplace(field.name, field.name);
    for (const Field& field : object.fields) {
        if (field.system) continue;
        const auto take = [&](const std::string& column) {
            const auto [at, is_new] = columns_taken.emplace(column, field.name);
            if (!is_new && at->second != field.name)
                root.member("fields").mistake_at(field.name, "field " + field.name + ": its column " +
                                                                 in_quotes(column) + " clashes with field " +
                                                                 in_quotes(at->second));
        };
        for (const Column& column : columns(field))
            if (column.name != field.name) take(column.name);
        if (field.name == object.title) take(field.name + "_sort");
        if (field.is_multiple() && find_object(object.name + '_' + field.name))
            root.member("fields").mistake_at(field.name, "field " + field.name + ": its table clashes with object " +
                                                             in_quotes(object.name + '_' + field.name));
    }
}

void Loader::check_field_target(const Object& object, const Field& field, const Place& place) {
    const std::string target_name(target_of(field));
    const Object* target = target_name.empty() ? nullptr : find_object(target_name);
    if (!target_name.empty() && !target) {
        const char* key = field.type == FieldType::list ? "of" : field.to.empty() ? "type" : "to";
        return place.mistake_at(key, "there is no object " + in_quotes(target_name));
    }
    if (field.type == FieldType::list && !field.by.empty()) {
        const Field* back = target->find(field.by);
        if (!back)
            place.mistake_at("by", "object " + in_quotes(target->name) + " has no field " + in_quotes(field.by));
        else if (!back->is_reference() || target_of(*back) != object.name)
            place.mistake_at("by", "field " + in_quotes(field.by) + " of " + in_quotes(target->name) +
                                       " does not refer to " + in_quotes(object.name));
    }
    if (field.tree && target_name != object.name)
        place.mistake_at("tree", "a tree refers to its own object, not to " + in_quotes(target_name));
    if (!field.dictionary.empty() && !model_->dictionaries_.contains(field.dictionary))
        place.mistake_at("dictionary", "there is no dictionary " + in_quotes(field.dictionary));
    if (!field.mnemonic_of.empty()) {
        const Field* of = object.find(field.mnemonic_of);
        if (!of)
            place.mistake_at("of", "there is no field " + in_quotes(field.mnemonic_of));
        else if (of->type != FieldType::text)
            place.mistake_at("of", "field " + in_quotes(field.mnemonic_of) + " is not a text");
    }
}

// "KH{yyyy}{MM}{seq:4}": exactly one running number, and a field that carries it.
void Loader::check_number(const Object& object, const Place& root) {
    const auto carriers = std::ranges::count(object.fields, FieldType::number, &Field::type);
    if (object.number_pattern.empty()) {
        if (carriers > 0) root.mistake("a field of type number needs 'number', the pattern of the object");
        return;
    }
    if (carriers != 1) root.mistake_at("number", "'number' needs exactly one field of type number");
    int running = 0;
    std::string_view rest = object.number_pattern;
    while (!rest.empty()) {
        const std::size_t open = rest.find('{');
        if (rest.substr(0, open).find('}') != std::string_view::npos)
            return root.mistake_at("number", "'number': '}' without '{'");
        if (open == std::string_view::npos) break;
        const std::size_t close = rest.find('}', open);
        if (close == std::string_view::npos) return root.mistake_at("number", "'number': '{' without '}'");
        const std::string_view word = rest.substr(open + 1, close - open - 1);
        rest.remove_prefix(close + 1);
        const bool is_running = word.size() == 5 && word.starts_with("seq:") && word[4] >= '1' && word[4] <= '9';
        running += is_running;
        if (!is_running && word != "yyyy" && word != "yy" && word != "MM" && word != "dd")
            return root.mistake_at("number", "'number': unknown part {" + std::string(word) +
                                                 "}; known are {yyyy} {yy} {MM} {dd} {seq:4}");
    }
    if (running != 1) root.mistake_at("number", "'number' needs exactly one {seq:N}");
}

void Loader::check_duplicates(const Object& object, const Place& root) {
    root.each_element("duplicates", [&](const Place& place) {
        if (!place.is_object("a duplicate check")) return;
        place.allow({"fields", "key"});
        const std::string key = place.text("key");
        if (!key.empty() && key != "company" && key != "exact")
            place.mistake_at("key", "duplicates: unknown key " + in_quotes(key) + "; known are company and exact");
        if (!place.has("fields")) place.mistake("'fields' is missing");
        place.each_element("fields", [&](const Place& name) {
            const std::string_view field = name.value().is_string() ? std::string_view(name.value().get_string()) : "";
            const Field* known = object.find(field);
            if (!known)
                name.mistake("duplicates: there is no field " + in_quotes(field));
            else if (!known->has_column())
                name.mistake("duplicates: field " + in_quotes(field) + " has no column");
        });
    });
}

void Loader::check_timeline(const Object& object, const Place& root) {
    if (!root.has("timeline")) return;
    const Place timeline = root.member("timeline").called("timeline");
    if (!timeline.is_object("'timeline'")) return;
    for (const char* role : {"at", "title"})
        if (!timeline.has(role)) timeline.mistake(in_quotes(role) + " is missing");
    root.each_member("timeline", [&](const std::string& role, const Place& place) {
        const std::string_view field = place.value().is_string() ? std::string_view(place.value().get_string()) : "";
        const Field* known = object.find(field);
        if (role != "at" && role != "title" && role != "kind")
            return place.mistake("timeline: unknown " + in_quotes(role) + "; known are at, title and kind");
        if (!known || !known->has_column())
            return place.mistake("timeline: there is no field with a column " + in_quotes(field));
        if (role == "at" && known->type != FieldType::time && known->type != FieldType::date)
            place.mistake("timeline: field " + in_quotes(field) + " is no date and no moment");
        if (role == "kind" && known->type != FieldType::choice)
            place.mistake("timeline: field " + in_quotes(field) + " is no choice");
    });
}

// ── expressions ────────────────────────────────────────────────────────────────────────────────────────────────────

std::optional<expr::Node> Loader::read_expression(const Object& object, const Place& place, std::string_view key,
                                                  std::string_view source) {
    try {
        return expr::parse(source, ObjectScope(*model_, object));
    } catch (const Failure& failure) {
        place.mistake_at(key, in_quotes(key) + ": " + text(Language::en, failure.key(), failure.params()));
        return std::nullopt;
    }
}

void Loader::read_expressions(Object& object, const Place& root) {
    if (Field* owner = object.owned ? &object.fields[object.field_index.at("owner")] : nullptr)
        owner->default_expression = expr::parse("me()", ObjectScope(*model_, object));
    if (root.has("fields") && root.object().at("fields").is_object()) {
        const Place fields = root.member("fields");
        for (Field& field : object.fields)
            if (!field.system)
                read_field_expressions(object, field, fields.member(field.name).called("field " + field.name));
    }
    read_rules(object, root);
    read_actions(object, root);
}

void Loader::read_field_expressions(const Object& object, Field& field, const Place& place) {
    if (!place.value().is_object()) return;
    const auto has_type = [&](const expr::Node& node, std::string_view key) {
        if (is_assignable(node.type, field.type)) return true;
        place.mistake_at(key, in_quotes(key) + " is of type " + std::string(name_of_type(node.type)) +
                                  ", the field is " + std::string(name_of(field.type)));
        return false;
    };
    for (const char* key : {"formula", "lookup"}) {
        const std::string source = place.text(key);
        if (source.empty()) continue;
        std::optional<expr::Node> node = read_expression(object, place, key, source);
        if (!node || !has_type(*node, key)) continue;
        if (std::string_view(key) == "lookup" && (node->op != expr::Op::path || node->path.size() < 2))
            place.mistake_at(key, "'lookup' must be a path through a reference, as in \"customer.level\"");
        if (field.formula_stored) {
            for (const std::vector<std::string>& path : expr::paths(*node))
                if (const ResolvedPath found = resolve(*model_, object, path);
                    found.through_list || (!found.fields.empty() && found.fields.back()->type == FieldType::list))
                    place.mistake_at(key, "a stored formula cannot read the list " + in_quotes(path.front()));
            for (const char* call : {"today", "now", "me", "my_department"})
                if (uses_call(*node, call))
                    place.mistake_at(key, std::string("a stored formula cannot use ") + call + "()");
        }
        field.formula = std::move(node);
    }
    if (!place.has("default")) return;
    const json::value& in = place.object().at("default");
    if (in.is_string() && in.get_string().starts_with('=')) {
        std::optional<expr::Node> node =
            read_expression(object, place, "default", std::string_view(in.get_string()).substr(1));
        if (node && has_type(*node, "default")) field.default_expression = std::move(node);
        return;
    }
    // References are known by their id, which no declaration can know.
    if (field.is_reference() || field.type == FieldType::refs || field.type == FieldType::file)
        return place.mistake_at("default", "the default of a reference must be an expression, beginning with '='");
    if (!field.dictionary.empty() && !model_->dictionaries_.contains(field.dictionary)) return;
    Read read = from_json(field, in, {*model_, zone_, Currency{}, Language::en});
    std::optional<Problem> bad;
    if (auto* problem = std::get_if<Problem>(&read))
        bad = std::move(*problem);
    else
        bad = check(field, std::get<Value>(read));
    if (bad) return place.mistake_at("default", "'default': " + text(Language::en, bad->rule, bad->params));
    field.default_value = std::move(std::get<Value>(read));
}

void Loader::read_rules(Object& object, const Place& root) {
    root.each_element("rules", [&](const Place& bare) {
        if (!bare.is_object("a rule")) return;
        const Place place = bare.called("rule");
        place.allow({"when", "at", "problem"});
        const std::string when = place.text("when", true), at = place.text("at", true),
                          problem = place.text("problem", true);
        if (!at.empty() && !object.find(at)) place.mistake_at("at", "there is no field " + in_quotes(at));
        if (!problem.empty() && !object.problems.contains(problem))
            place.mistake_at("problem", "there is no problem " + in_quotes(problem));
        if (when.empty()) return;
        std::optional<expr::Node> node = read_expression(object, place, "when", when);
        if (node && node->type != expr::Type::boolean) place.mistake_at("when", "'when' must be a condition");
        if (node) object.rules.push_back({std::move(*node), at, problem});
    });
}

void Loader::read_actions(Object& object, const Place& root) {
    root.each_member("actions", [&](const std::string& name, const Place& bare) {
        if (!bare.is_object("an action")) return;
        const Place place = bare.called("action " + name);
        place.allow({"label", "right", "when", "icon", "bulk", "on_object", "danger", "params"});
        if (!is_snake_case(name)) place.mistake("the name is not snake_case");
        if (is_among(platform_actions, name)) place.mistake("the name is taken by the platform");
        Action action;
        action.name = name;
        action.label = place.label("label");
        action.right = place.text("right", true);
        if (!action.right.empty() && !is_among(verbs, action.right) &&
            std::ranges::find(object.special_rights, action.right) == object.special_rights.end())
            place.mistake_at("right", "there is no right " + in_quotes(action.right));
        action.icon = place.text("icon");
        action.bulk = place.flag("bulk");
        action.on_object = place.flag("on_object");
        action.danger = place.flag("danger");
        if (const std::string when = place.text("when"); !when.empty()) {
            action.when = read_expression(object, place, "when", when);
            if (action.when && action.when->type != expr::Type::boolean)
                place.mistake_at("when", "'when' must be a condition");
        }
        place.each_member("params", [&](const std::string& param, const Place& inner) {
            const Place named = inner.called("action " + name + ": parameter " + param);
            Field field = read_field(param, named, true);
            field.index = static_cast<std::uint32_t>(action.params.size());
            if (field.type == FieldType::list || field.type == FieldType::number || field.type == FieldType::mnemonic)
                named.mistake_at("type", "a parameter cannot be of type " + std::string(name_of(field.type)));
            else
                check_field_target(object, field, named);
            read_field_expressions(object, field, named);
            action.params.push_back(std::move(field));
        });
        object.actions.push_back(std::move(action));
    });
}

// Formulas may read formulas, also of other objects. A depth-first walk finds circles; the order in which it leaves the
// stored formulas of one object is the order in which they can be computed.
void Loader::order_formulas() {
    enum class Mark { none, open, done };
    std::map<const Field*, Mark> marks;
    std::vector<std::pair<const Object*, const Field*>> trail;
    const std::function<void(const Object&, const Field&)> visit = [&](const Object& object, const Field& field) {
        Mark& mark = marks[&field];
        if (mark == Mark::done) return;
        if (mark == Mark::open) {
            std::string circle;
            const auto from = std::ranges::find(trail, &field, &std::pair<const Object*, const Field*>::second);
            for (auto at = from; at != trail.end(); ++at) circle += at->first->name + '.' + at->second->name + " → ";
            const Object& first = *from->first;
            place_of(*object_files_.at(first.name))
                .member("fields")
                .mistake_at(field.name, "field " + field.name + ": its formula needs itself: " + circle + object.name +
                                            '.' + field.name);
            return;
        }
        mark = Mark::open;
        trail.emplace_back(&object, &field);
        for (const std::vector<std::string>& path : expr::paths(*field.formula)) {
            const ResolvedPath found = resolve(*model_, object, path);
            for (std::size_t i = 0; i < found.fields.size(); ++i)
                if (found.fields[i]->formula) visit(*found.objects[i], *found.fields[i]);
        }
        trail.pop_back();
        marks[&field] = Mark::done;
        if (field.formula_stored) find_object(object.name)->formula_order.push_back(field.index);
    };
    for (const Object& object : model_->objects_)
        for (const Field& field : object.fields)
            if (field.formula) visit(object, field);
}

}  // namespace gx::meta
