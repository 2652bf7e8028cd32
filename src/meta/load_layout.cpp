// Layouts and views: checked when declared, derived when not.
#include <algorithm>
#include <array>
#include <span>

#include "base/failure.hpp"
#include "base/texts.hpp"
#include "meta/expr_scope.hpp"
#include "meta/field_value.hpp"
#include "meta/loader.hpp"

namespace gx::meta {
namespace {

constexpr std::size_t compact_max = 7;
constexpr std::size_t derived_columns = 8;
constexpr int columns_of_form = 2;

bool is_wide(const Field& field) { return field.type == FieldType::long_text || field.type == FieldType::address; }

// What a person types into a form: not what the platform fills in, and not the children.
bool is_entered(const Field& field) { return !field.hidden && !field.read_only && field.type != FieldType::list; }

bool is_summable(const Field& field) {
    return field.type == FieldType::money || field.type == FieldType::integer || field.type == FieldType::decimal;
}

// A column that helps to tell records apart in a list.
bool is_useful_column(const Field& field) {
    switch (field.type) {
        case FieldType::long_text:
        case FieldType::list:
        case FieldType::file:
        case FieldType::mnemonic:
        case FieldType::address:
        case FieldType::url:
            return false;
        default:
            return !field.hidden && !field.sensitive;
    }
}

json::object as_json(const Label& label) { return {{"zh", label.zh}, {"en", label.en}}; }

json::array as_json(const std::vector<std::string>& words) {
    json::array out;
    for (const std::string& word : words) out.emplace_back(word);
    return out;
}

std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> out(1);
    for (const char c : path) {
        if (c == '.')
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

}  // namespace

void Loader::read_layout(Object& object, const DeclarationFile* file) {
    json::object layout;
    if (file) {
        const Place root = place_of(*file);
        root.allow({"compact", "form", "record", "path", "steps", "passage", "event", "todo", "due", "tree",
                    "stands_for", "views"});
        if (root.has("compact")) {
            const std::vector<std::string> compact = root.words("compact");
            if (compact.size() > compact_max)
                root.mistake_at("compact", "'compact' has " + std::to_string(compact.size()) + " fields, at most " +
                                               std::to_string(compact_max) + " are shown");
            for (const std::string& name : compact)
                if (!object.find(name)) root.mistake_at("compact", "compact: there is no field " + in_quotes(name));
            layout["compact"] = as_json(compact);
        }
        if (root.has("form")) {
            const Place form = root.member("form").called("form");
            form.allow({"sections"});
            if (form.is_object("'form'"))
                layout["form"] = json::object{{"sections", read_blocks(object, form, "sections", true)}};
        }
        if (root.has("record")) {
            const Place record = root.member("record").called("record");
            record.allow({"left", "main", "right"});
            json::object sides;
            if (record.is_object("'record'"))
                for (const char* side : {"left", "main", "right"})
                    sides[side] = read_blocks(object, record, side, false);
            layout["record"] = std::move(sides);
        }
        if (root.has("path")) {
            const Place path = root.member("path").called("path");
            const std::string name = path.text("field", true);
            const Field* field = object.find(name);
            if (!name.empty() && !field)
                path.mistake_at("field", "there is no field " + in_quotes(name));
            else if (field && field->type != FieldType::choice && !field->is_reference())
                path.mistake_at("field", "field " + in_quotes(name) + " is neither a choice nor a reference");
            layout["path"] = read_roles(object, root, "path", {"field", "entered", "expected"}, {"won", "lost"});
        }
        if (root.has("steps"))
            layout["steps"] = read_roles(object, root, "steps", {"order", "outcome", "chance", "days"}, {});
        if (root.has("passage"))
            layout["passage"] = read_roles(object, root, "passage", {"step", "entered", "left", "planned"}, {});
        if (root.has("event")) {
            check_event(object, root.member("event").called("event"));
            layout["event"] = root.object().at("event");
        }
        if (root.has("todo")) {
            layout["todo"] = read_roles(object, root, "todo", {"on"}, {"done"});
            const Place todo = root.member("todo").called("todo");
            check_filter(object, todo, "open");
            if (todo.has("open")) layout["todo"].as_object()["open"] = todo.object().at("open");
        }
        if (root.has("due")) {
            check_due(object, root.member("due").called("due"));
            layout["due"] = root.object().at("due");
        }
        if (root.has("tree")) {
            check_tree(object, root.member("tree").called("tree"));
            layout["tree"] = root.object().at("tree");
        }
        if (root.has("stands_for")) {
            check_stands_for(object, root.member("stands_for").called("stands_for"));
            layout["stands_for"] = root.object().at("stands_for");
        }
        root.each_element("views", [&](const Place& view) { read_view(object, view); });
    }
    if (!layout.contains("compact")) layout["compact"] = derive_compact(object);
    if (!layout.contains("form")) layout["form"] = json::object{{"sections", derive_sections(object, true)}};
    if (!layout.contains("record")) layout["record"] = derive_record(object);
    object.layout = std::move(layout);
    if (object.views.empty()) object.views.push_back(derive_view(object));
}

// {"role": "field or action"}: which of its fields and actions a screen uses for what.
json::object Loader::read_roles(const Object& object, const Place& layout, std::string_view key,
                                std::initializer_list<std::string_view> fields,
                                std::initializer_list<std::string_view> actions) {
    json::object roles;
    const Place place = layout.member(key).called(std::string(key));
    if (!place.is_object(in_quotes(key))) return roles;
    layout.each_member(key, [&](const std::string& role, const Place& at) {
        const bool is_field = std::ranges::find(fields, role) != fields.end();
        const bool is_action = std::ranges::find(actions, role) != actions.end();
        if (!is_field && !is_action) {
            if (key != "todo" || role != "open") at.mistake(std::string(key) + ": unknown key " + in_quotes(role));
            return;
        }
        const std::string name = place.text(role, true);
        // What is wrong with the field of a path is told where the path is read.
        if (is_field && !object.find(name) && !(key == "path" && role == "field"))
            place.mistake_at(role, "there is no field " + in_quotes(name));
        if (is_action && !object.action(name)) place.mistake_at(role, "there is no action " + in_quotes(name));
        roles[role] = name;
    });
    return roles;
}

void Loader::check_field_names(const Object& object, const Place& place, std::string_view key) {
    for (const std::string& name : place.words(key))
        if (!object.find(name)) place.mistake_at(key, std::string(key) + ": there is no field " + in_quotes(name));
}

void Loader::check_filter(const Object& object, const Place& place, std::string_view key) {
    if (!place.has(key) || place.object().at(key).is_null()) return;
    try {
        expr::from_filter(place.object().at(key), ObjectScope(*model_, object));
    } catch (const Failure& failure) {
        place.mistake_at(key, in_quotes(key) + ": " + text(Language::en, failure.key(), failure.params()));
    }
}

// How a record shows in the timelines of others, and what may be written there.
void Loader::check_event(const Object& object, const Place& event) {
    if (!event.is_object("'event'")) return;
    event.allow({"text", "facts", "open", "done", "write"});
    if (const std::string source = event.text("open"); !source.empty()) {
        const std::optional<expr::Node> node = read_expression(object, event, "open", source);
        if (node && node->type != expr::Type::boolean) event.mistake_at("open", "'open' must be a condition");
    }
    if (const std::string done = event.text("done"); !done.empty() && !object.find(done))
        event.mistake_at("done", "there is no field " + in_quotes(done));
    check_field_names(object, event, "text");
    check_field_names(object, event, "facts");
    event.each_element("write", [&](const Place& write) {
        if (!write.is_object("a way to write")) return;
        write.allow({"key", "label", "hint", "save", "icon", "text", "set", "more"});
        write.text("key", true);
        write.text("icon");
        for (const char* label : {"label", "hint", "save"}) write.label(label);
        if (const std::string name = write.text("text", true); !name.empty() && !object.find(name))
            write.mistake_at("text", "there is no field " + in_quotes(name));
        check_field_names(object, write, "more");
        write.each_member("set", [&](const std::string& name, const Place& value) {
            if (!object.find(name)) value.mistake("set: there is no field " + in_quotes(name));
        });
    });
}

// Dates that are plans: in the past they are late while their condition holds; an empty one always does.
void Loader::check_due(const Object& object, const Place& due) {
    if (!due.is_object("'due'")) return;
    for (const auto& [name, condition] : due.object()) {
        const Field* field = object.find(name);
        if (!field || (field->type != FieldType::date && field->type != FieldType::time))
            due.mistake_at(name, "there is no date " + in_quotes(name));
        const std::string source = due.text(name);
        if (source.empty()) continue;
        const std::optional<expr::Node> node = read_expression(object, due, name, source);
        if (node && node->type != expr::Type::boolean) due.mistake_at(name, in_quotes(name) + " must be a condition");
    }
}

// How the records show as a tree: what stands beside each name, and which of its lists are told beside the tree.
void Loader::check_tree(const Object& object, const Place& tree) {
    if (!tree.is_object("'tree'")) return;
    if (!object.tree) tree.mistake("object " + in_quotes(object.name) + " is no tree");
    tree.allow({"show", "people", "members"});
    check_field_names(object, tree, "show");
    check_field_names(object, tree, "people");
    tree.each_element("members", [&](const Place& member) {
        if (!member.is_object("a list of members")) return;
        member.allow({"field", "filter", "label", "columns"});
        member.label("label", false);
        const std::string name = member.text("field", true);
        const Field* field = object.find(name);
        if (!field || field->type != FieldType::list) {
            if (!name.empty()) member.mistake_at("field", "there is no list " + in_quotes(name));
            return;
        }
        const Object* target = find_object(field->to);
        if (!target) return;
        check_filter(*target, member, "filter");
        check_field_names(*target, member, "columns");
    });
}

// Whoever chooses one of the members may name the group instead.
void Loader::check_stands_for(const Object& object, const Place& place) {
    if (!place.is_object("'stands_for'")) return;
    place.allow({"members", "first"});
    const std::string members = place.text("members", true), first = place.text("first");
    const Field* several = object.find(members);
    const Field* one = object.find(first);
    if (!several || several->type != FieldType::refs)
        place.mistake_at("members", "there is no field of several references " + in_quotes(members));
    else if (!first.empty() && (!one || target_of(*one) != several->to))
        place.mistake_at("first", "there is no reference " + in_quotes(first) + " to " + in_quotes(several->to));
}

// ── the first page ─────────────────────────────────────────────────────────────────────────────────────────────────

void Loader::check_home(const Place& card) {
    if (!card.is_object("a card")) return;
    const std::string kind = card.text("t", true);
    if (kind == "figures" || kind == "agenda") {
        card.allow({"t", "label", "items"});
        card.label("label", false);
        card.each_element("items", [&](const Place& item) { check_home_block(item); });
    } else if (kind == "list" || kind == "funnel") {
        check_home_block(card);
    } else if (!kind.empty()) {
        card.mistake_at("t", "unknown card " + in_quotes(kind) + "; known are figures, agenda, list and funnel");
    }
}

void Loader::check_home_block(const Place& block) {
    if (!block.is_object("a part of a card")) return;
    block.allow(
        {"t", "label", "unit", "object", "filter", "sum", "by", "at", "last", "show", "done", "note", "note_sum"});
    for (const char* label : {"label", "unit", "note"}) block.label(label, false);
    const std::string name = block.text("object", true);
    const Object* object = find_object(name);
    if (!object) {
        if (!name.empty()) block.mistake_at("object", "there is no object " + in_quotes(name));
        return;
    }
    for (const char* role : {"sum", "by", "at", "last", "show", "note_sum"})
        if (const std::string field = block.text(role); !field.empty() && !object->find(field))
            block.mistake_at(role, "object " + in_quotes(name) + " has no field " + in_quotes(field));
    if (const std::string action = block.text("done"); !action.empty() && !object->action(action))
        block.mistake_at("done", "object " + in_quotes(name) + " has no action " + in_quotes(action));
    check_filter(*object, block, "filter");
}

// ── blocks and views ───────────────────────────────────────────────────────────────────────────────────────────────

json::array Loader::read_blocks(const Object& object, const Place& place, std::string_view key, bool is_form) {
    json::array blocks;
    place.each_element(key, [&](const Place& block) {
        if (!block.is_object("a block")) return;
        const std::string kind = block.text("t", true);
        if (kind == "section") {
            blocks.push_back(read_section(object, block, is_form));
            return;
        }
        if (is_form) {
            if (!kind.empty()) block.mistake_at("t", "a form has sections only, not " + in_quotes(kind));
            return;
        }
        if (kind == "timeline") {
            block.allow({"t"});
        } else if (kind == "related") {
            block.allow({"t", "field", "limit", "label", "columns"});
            block.integer("limit", 1, 100, 5);
            block.label("label", false);
            const std::string name = block.text("field", true);
            const Field* field = object.find(name);
            if (!name.empty() && !field)
                block.mistake_at("field", "there is no field " + in_quotes(name));
            else if (field && field->type != FieldType::list && field->type != FieldType::refs)
                block.mistake_at("field", "field " + in_quotes(name) + " is neither a list nor several references");
            else if (field)
                for (const std::string& column : block.words("columns"))
                    if (const Object* target = find_object(field->to); target && !target->find(column))
                        block.mistake_at("columns",
                                         "object " + in_quotes(field->to) + " has no field " + in_quotes(column));
        } else if (kind == "slot") {
            block.allow({"t", "name", "props"});
            block.text("name", true);
        } else if (!kind.empty()) {
            block.mistake_at("t",
                             "unknown block " + in_quotes(kind) + "; known are section, timeline, related and slot");
        }
        blocks.push_back(block.value());
    });
    return blocks;
}

json::object Loader::read_section(const Object& object, const Place& bare, bool is_form) {
    const std::string key = bare.text("key", true);
    const Place place = bare.called((is_form ? "form: section " : "record: section ") + key);
    place.allow({"t", "key", "label", "cols", "items", "show", "closed"});
    json::object section = place.object();
    const auto group = std::ranges::find(object.groups, key, &std::pair<std::string, Label>::first);
    if (!place.has("label") && group != object.groups.end())
        section["label"] = as_json(group->second);
    else
        place.label("label");
    section["cols"] = place.integer("cols", 1, 4, is_form ? columns_of_form : 1);
    place.flag("closed");
    const auto check_condition = [&](const Place& at, std::string_view name) {
        const std::string source = at.text(name);
        if (source.empty()) return;
        const std::optional<expr::Node> node = read_expression(object, at, name, source);
        if (node && node->type != expr::Type::boolean) at.mistake_at(name, in_quotes(name) + " must be a condition");
    };
    check_condition(place, "show");
    if (!place.has("items")) place.mistake("'items' is missing");
    place.each_element("items", [&](const Place& item) {
        if (!item.is_object("an item")) return;
        item.allow({"f", "span", "show", "req", "ro"});
        const std::string name = item.text("f", true);
        const Field* field = object.find(name);
        if (!name.empty() && !field)
            item.mistake_at("f", "there is no field " + in_quotes(name));
        else if (field && field->hidden)
            item.mistake_at("f", "field " + in_quotes(name) + " is hidden");
        else if (is_form && field && field->type == FieldType::list)
            item.mistake_at("f", "field " + in_quotes(name) + " is a list; lists stand in 'record' as related");
        item.integer("span", 1, 4, 1);
        for (const char* condition : {"show", "req", "ro"}) check_condition(item, condition);
    });
    return section;
}

void Loader::read_view(Object& object, const Place& bare) {
    if (!bare.is_object("a view")) return;
    View view;
    view.code = bare.text("code", true);
    const Place place = bare.called("view " + view.code);
    place.allow({"code", "label", "kind", "columns", "filter", "sort", "group", "card", "sum", "default"});
    if (!view.code.empty() && !is_snake_case(view.code)) place.mistake_at("code", "the code is not snake_case");
    if (std::ranges::find(object.views, view.code, &View::code) != object.views.end())
        place.mistake_at("code", "declared twice");
    view.label = place.label("label");
    view.kind = place.text("kind", true);
    if (!view.kind.empty() && view.kind != "table" && view.kind != "board")
        place.mistake_at("kind", "unknown kind " + in_quotes(view.kind) + "; known are table and board");
    place.flag("default");

    const auto check_fields = [&](std::string_view key) {
        std::vector<std::string> names = place.words(key);
        for (const std::string& name : names) {
            const Field* field = object.find(name);
            if (!field)
                place.mistake_at(key, std::string(key) + ": there is no field " + in_quotes(name));
            else if (field->hidden)
                place.mistake_at(key, std::string(key) + ": field " + in_quotes(name) + " is hidden");
            else if (key == "sum" && !is_summable(*field))
                place.mistake_at(key, "sum: field " + in_quotes(name) + " is not a number");
        }
        return names;
    };
    view.columns = check_fields("columns");
    check_fields("card");
    check_fields("sum");
    if (view.kind == "table" && view.columns.empty()) place.mistake("a table needs 'columns'");

    view.group = place.text("group");
    if (view.kind == "board" && view.group.empty()) place.mistake("a board needs 'group'");
    if (const Field* group = object.find(view.group); !view.group.empty() && !group)
        place.mistake_at("group", "group: there is no field " + in_quotes(view.group));
    else if (group && view.kind == "board" && group->type != FieldType::choice && !group->is_reference())
        place.mistake_at("group", "group: field " + in_quotes(view.group) + " is neither a choice nor a reference");

    if (place.has("filter")) view.filter = place.object().at("filter");
    check_filter(object, place, "filter");
    place.each_element("sort", [&](const Place& sort) {
        const json::array* pair = sort.value().if_array();
        const auto word = [&](std::size_t at) {
            return pair && pair->size() == 2 && (*pair)[at].is_string() ? std::string((*pair)[at].get_string())
                                                                        : std::string();
        };
        const std::string name = word(0), direction = word(1);
        if (name.empty() || (direction != "asc" && direction != "desc"))
            return sort.mistake("sort: each must be [\"field\", \"asc\"] or [\"field\", \"desc\"]");
        const ResolvedPath found = resolve(*model_, object, split_path(name));
        if (found.fields.empty() || found.through_list)
            sort.mistake("sort: there is no field " + in_quotes(name));
        else if (found.fields.back()->is_multiple() || found.fields.back()->type == FieldType::list)
            sort.mistake("sort: field " + in_quotes(name) + " has several values");
        view.sort.emplace_back(name, direction == "desc");
    });
    view.raw = place.value();
    object.views.push_back(std::move(view));
}

// ── defaults ───────────────────────────────────────────────────────────────────────────────────────────────────────

json::array Loader::derive_compact(const Object& object) const {
    json::array out;
    const auto add = [&](const Field& field) {
        const bool taken =
            std::ranges::any_of(out, [&](const json::value& one) { return one.get_string() == field.name; });
        if (!taken && out.size() < compact_max && field.name != object.title && field.name != object.title_en)
            out.emplace_back(field.name);
    };
    if (const Field* owner = object.owned ? object.find("owner") : nullptr) add(*owner);
    for (const Field& field : object.fields)
        if (!field.system && is_useful_column(field) && field.required) add(field);
    for (const Field& field : object.fields)
        if (!field.system && is_useful_column(field) && field.type != FieldType::boolean && out.size() < 5) add(field);
    return out;
}

// The title first, what is required next, then as declared; long text over the whole width.
json::array Loader::derive_sections(const Object& object, bool is_form) const {
    json::array sections;
    for (const auto& [code, label] : object.groups) {
        std::vector<const Field*> fields;
        for (const int importance : {0, 1, 2}) {
            for (const Field& field : object.fields) {
                const bool shown = is_form ? is_entered(field) : !field.hidden && field.type != FieldType::list;
                const int own = field.name == object.title ? 0 : field.required ? 1 : 2;
                if (!field.system && field.group == code && shown && own == importance) fields.push_back(&field);
            }
        }
        if (fields.empty()) continue;
        json::array items;
        for (const Field* field : fields) {
            json::object item{{"f", field->name}};
            if (is_form && is_wide(*field)) item["span"] = columns_of_form;
            items.push_back(std::move(item));
        }
        sections.push_back(json::object{{"t", "section"},
                                        {"key", code},
                                        {"label", as_json(label)},
                                        {"cols", is_form ? columns_of_form : 1},
                                        {"items", std::move(items)}});
    }
    return sections;
}

json::object Loader::derive_record(const Object& object) const {
    json::array left = derive_sections(object, false), right, system;
    for (const Field& field : object.fields) {
        if (field.system && field.name != "id" && field.name != "version" && field.name != "deleted_at")
            system.push_back(json::object{{"f", field.name}});
        if (field.type == FieldType::list && !field.hidden)
            right.push_back(json::object{{"t", "related"}, {"field", field.name}, {"limit", 5}});
    }
    // No history, so no life to tell of either.
    if (object.kept_by_platform)
        return {{"left", std::move(left)}, {"main", json::array{}}, {"right", std::move(right)}};
    const Label label{text(Language::zh, "system_group"), text(Language::en, "system_group")};
    left.push_back(json::object{
        {"t", "section"}, {"key", "system"}, {"label", as_json(label)}, {"cols", 1}, {"items", std::move(system)}});
    return {
        {"left", std::move(left)}, {"main", json::array{json::object{{"t", "timeline"}}}}, {"right", std::move(right)}};
}

View Loader::derive_view(const Object& object) const {
    View view;
    view.code = "all";
    view.label = {text(Language::zh, "default_view"), text(Language::en, "default_view")};
    view.kind = "table";
    if (object.find(object.title)) view.columns.push_back(object.title);
    const auto add = [&](const Field& field) {
        if (view.columns.size() < derived_columns && std::ranges::find(view.columns, field.name) == view.columns.end())
            view.columns.push_back(field.name);
    };
    for (const Field& field : object.fields)
        if (!field.system && is_useful_column(field) && field.required) add(field);
    for (const Field& field : object.fields)
        if (!field.system && is_useful_column(field)) add(field);
    if (object.owned) add(object.field("owner"));
    add(object.field("updated_at"));
    view.sort.emplace_back("updated_at", true);
    view.raw = json::object{{"code", view.code}, {"label", as_json(view.label)},
                            {"kind", view.kind}, {"columns", as_json(view.columns)},
                            {"filter", nullptr}, {"sort", json::array{json::array{"updated_at", "desc"}}}};
    return view;
}

}  // namespace gx::meta
