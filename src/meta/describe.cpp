#include "meta/describe.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "expr/expr.hpp"
#include "meta/expr_scope.hpp"
#include "meta/field_value.hpp"

namespace gx::meta {
namespace {

void write_label(std::string_view key, const Label& label, JsonWriter& out) {
    out.key(key).begin_object();
    out.key("zh").string(label.zh).key("en").string(label.en);
    out.end_object();
}

void write_text(std::string_view key, std::string_view text, JsonWriter& out) {
    if (!text.empty()) out.key(key).string(text);
}

void write_flag(std::string_view key, bool value, JsonWriter& out) { out.key(key).boolean(value); }

bool is_sortable(const Field& field) {
    return field.has_column() && field.type != FieldType::address && field.type != FieldType::file;
}

bool has_length(const Field& field) {
    return expression_type(field.type) == expr::Type::text && field.type != FieldType::choice;
}

bool is_number(const Field& field) {
    const expr::Type type = expression_type(field.type);
    return type == expr::Type::number || type == expr::Type::money;
}

void write_field(const Field& field, bool may_write, bool may_correct, bool masked, JsonWriter& out) {
    out.begin_object();
    out.key("name").string(field.name).key("type").string(name_of(field.type));
    write_label("label", field.label, out);
    if (!field.help.zh.empty()) write_label("help", field.help, out);
    write_text("group", field.group, out);
    write_flag("required", field.required, out);
    write_flag("unique", field.unique, out);
    write_flag("read_only", field.read_only, out);
    write_flag("fixed", field.fixed && !may_correct, out);
    write_flag("write", may_write && !field.read_only, out);
    if (has_length(field) || field.type == FieldType::address)
        out.key("length_max").integer(static_cast<std::int64_t>(field.length_max));
    if (is_number(field)) out.key("scale").integer(field.scale);
    if (field.least) out.key("least").decimal(*field.least);
    if (field.most) out.key("most").decimal(*field.most);
    if (!field.unit.zh.empty()) write_label("unit", field.unit, out);
    write_text("pattern", field.pattern, out);
    write_text("to", target_of(field), out);
    write_text("by", field.by, out);
    write_text("dictionary", field.dictionary, out);
    write_text("of", field.mnemonic_of, out);
    if (field.formula) write_flag("formula", true, out);
    if (field.tree) write_flag("tree", true, out);
    if (field.rights) write_flag("rights", true, out);
    write_flag("searchable", field.searchable && !masked, out);
    write_flag("sortable", is_sortable(field) && !masked, out);
    if (masked) write_flag("masked", true, out);
    if (field.system) write_flag("system", true, out);
    if (!is_null(field.default_value)) write_json(field, field.default_value, out.key("default"));
    if (field.default_expression) out.key("default_expression").string(expr::to_source(*field.default_expression));
    out.end_object();
}

// Layouts and views without what the caller may not see.
class Filter {
public:
    Filter(const Object& object, const Masks& masks) : object_(object), masks_(masks) {}

    bool may_read(std::string_view path) const {
        const std::size_t dot = path.find('.');
        const Field* field = object_.find(path.substr(0, dot));
        if (!field || field->hidden || field->index >= masks_.read.size() || !masks_.read[field->index]) return false;
        if (dot == std::string_view::npos || !masks_.may_read_beyond) return true;
        return masks_.may_read_beyond(field->to, path.substr(dot + 1));
    }

    bool is_masked(const Field& field) const {
        return field.index < masks_.masked.size() && masks_.masked[field.index];
    }

    // Masked fields have a place on the screen; they are no use in a filter or an order.
    bool may_show(std::string_view path) const {
        const Field* field = object_.find(path.substr(0, path.find('.')));
        return may_read(path) || (field && is_masked(*field));
    }

    json::array names(const json::value* in) const {
        json::array out;
        if (in && in->is_array())
            for (const json::value& name : in->get_array())
                if (name.is_string() && may_show(name.get_string())) out.push_back(name);
        return out;
    }

    json::array readable(const json::value* in) const {
        json::array out;
        for (json::value& name : names(in))
            if (may_read(name.get_string())) out.push_back(std::move(name));
        return out;
    }

    json::array blocks(const json::value* in) const {
        json::array out;
        if (!in || !in->is_array()) return out;
        for (const json::value& one : in->get_array()) {
            const json::object& block = one.get_object();
            const json::value* field = block.if_contains("field");
            if (field && !may_show(field->get_string())) continue;
            const json::value* items = block.if_contains("items");
            if (!items) {
                out.push_back(block);
                continue;
            }
            json::array kept;
            for (const json::value& item : items->get_array())
                if (may_show(item.get_object().at("f").get_string())) kept.push_back(item);
            if (kept.empty()) continue;
            json::object section = block;
            section["items"] = std::move(kept);
            out.push_back(std::move(section));
        }
        return out;
    }

    // {"role": "field or action"} without the fields that may not be read.
    json::object roles(const json::value& in) const {
        json::object out;
        for (const auto& [role, name] : in.get_object()) {
            const bool is_hidden_field =
                name.is_string() && object_.find(name.get_string()) && !may_read(name.get_string());
            const bool is_telling_filter = name.is_array() || name.is_object() ? !may_filter(name) : false;
            if (!is_hidden_field && !is_telling_filter) out[role] = name;
        }
        return out;
    }

    json::object event(const json::value& in) const {
        const json::object& event = in.get_object();
        json::object out;
        for (const char* key : {"text", "facts"})
            if (const json::value* fields = event.if_contains(key)) out[key] = names(fields);
        for (const char* key : {"open", "done"})
            if (const json::value* text = event.if_contains(key)) out[key] = *text;
        json::array ways;
        if (const json::value* write = event.if_contains("write"))
            for (const json::value& one : write->get_array()) {
                json::object way = one.get_object();
                if (!may_show(way.at("text").get_string())) continue;
                way["more"] = names(way.if_contains("more"));
                ways.emplace_back(std::move(way));
            }
        out["write"] = std::move(ways);
        return out;
    }

    json::object tree(const json::value& in) const {
        json::object out = in.get_object();
        for (const char* key : {"show", "people"})
            if (const json::value* fields = out.if_contains(key)) out[key] = names(fields);
        if (const json::value* sort = out.if_contains("sort"); sort && !may_read(sort->get_string())) out.erase("sort");
        if (const json::value* members = out.if_contains("members")) out["members"] = blocks(members);
        return out;
    }

    // Does a filter ask only for what may be read? What it selects would tell the rest.
    bool may_filter(const json::value& filter) const {
        if (const json::array* condition = filter.if_array()) {
            const bool names_field = !condition->empty() && condition->front().is_string();
            return !names_field || may_read(condition->front().get_string());
        }
        const json::object* parts = filter.if_object();
        if (!parts) return true;
        return std::ranges::all_of(*parts, [&](const auto& part) {
            const json::array* inner = part.value().if_array();
            if (!inner || part.key() == "not") return may_filter(part.value());
            return std::ranges::all_of(*inner, [&](const json::value& one) { return may_filter(one); });
        });
    }

private:
    const Object& object_;
    const Masks& masks_;
};

void write_layout(const Object& object, const Filter& filter, JsonWriter& out) {
    const json::object& layout = object.layout.get_object();
    json::object shown;
    shown["compact"] = filter.names(layout.if_contains("compact"));
    shown["form"] = json::object{{"sections", filter.blocks(layout.at("form").get_object().if_contains("sections"))}};
    json::object record;
    for (const auto& side : layout.at("record").get_object()) record[side.key()] = filter.blocks(&side.value());
    shown["record"] = std::move(record);
    if (const json::value* path = layout.if_contains("path"))
        if (filter.may_read(path->get_object().at("field").get_string())) shown["path"] = filter.roles(*path);
    for (const char* key : {"steps", "passage", "todo"})
        if (const json::value* roles = layout.if_contains(key)) shown[key] = filter.roles(*roles);
    if (const json::value* event = layout.if_contains("event")) shown["event"] = filter.event(*event);
    if (const json::value* group = layout.if_contains("stands_for")) shown["stands_for"] = filter.roles(*group);
    if (const json::value* tree = layout.if_contains("tree")) shown["tree"] = filter.tree(*tree);
    if (const json::value* due = layout.if_contains("due")) {
        json::object kept;
        for (const auto& [field, condition] : due->get_object())
            if (filter.may_read(field)) kept[field] = condition;
        shown["due"] = std::move(kept);
    }
    out.key("layout").raw(json::serialize(shown));
}

void write_view(const View& view, const Filter& filter, JsonWriter& out) {
    const json::object& raw = view.raw.get_object();
    out.begin_object();
    out.key("id").string(view.code).key("code").string(view.code);
    write_label("label", view.label, out);
    out.key("kind").string(view.kind);
    out.key("columns").raw(json::serialize(filter.names(raw.if_contains("columns"))));
    out.key("filter").raw(json::serialize(view.filter));
    out.key("sort").begin_array();
    for (const auto& [field, descending] : view.sort) {
        if (!filter.may_read(field)) continue;
        out.begin_array().string(field).string(descending ? "desc" : "asc");
        out.end_array();
    }
    out.end_array();
    if (filter.may_read(view.group)) out.key("group").string(view.group);
    if (const json::value* card = raw.if_contains("card")) out.key("card").raw(json::serialize(filter.names(card)));
    if (const json::value* sum = raw.if_contains("sum")) out.key("sum").raw(json::serialize(filter.readable(sum)));
    write_flag("shipped", true, out);
    write_flag("own", false, out);
    write_flag("shared", true, out);
    const json::value* is_default = raw.if_contains("default");
    write_flag("default", is_default && is_default->is_bool() && is_default->get_bool(), out);
    out.end_object();
}

void write_views(const Object& object, const Filter& filter, const std::string& saved, JsonWriter& out) {
    out.key("views").begin_array();
    for (const View& view : object.views) {
        if (view.kind == "board" && !filter.may_read(view.group)) continue;
        if (filter.may_filter(view.filter)) write_view(view, filter, out);
    }
    if (!saved.empty()) out.raw(saved);
    out.end_array();
}

bool has_right(const Masks& masks, std::string_view name) {
    const auto right = std::ranges::find(masks.rights, name, &std::pair<std::string, bool>::first);
    return right != masks.rights.end() && right->second;
}

void write_actions(const Object& object, const Masks& masks, JsonWriter& out) {
    out.key("actions").begin_array();
    for (const Action& action : object.actions) {
        if (!has_right(masks, action.right)) continue;
        out.begin_object();
        out.key("name").string(action.name);
        write_label("label", action.label, out);
        out.key("right").string(action.right);
        write_flag("bulk", action.bulk, out);
        write_flag("on_object", action.on_object, out);
        write_text("icon", action.icon, out);
        write_flag("danger", action.danger, out);
        out.key("params").begin_array();
        for (const Field& param : action.params) write_field(param, true, false, false, out);
        out.end_array();
        out.end_object();
    }
    out.end_array();
}

// ── OpenAPI ────────────────────────────────────────────────────────────────────────────────────────────────────────

void write_reference_schema(std::string_view key, JsonWriter& out) {
    out.begin_object().key("oneOf").raw(std::string(R"([{"type":"string"},{"type":"object","required":[")") +
                                        std::string(key) + R"("],"properties":{")" + std::string(key) +
                                        R"(":{"type":"string"},"title":{"type":"string"}}},{"type":"null"}])");
    out.end_object();
}

void write_type_schema(const Field& field, JsonWriter& out) {
    switch (field.type) {
        case FieldType::text:
        case FieldType::long_text:
        case FieldType::phone:
        case FieldType::number:
        case FieldType::mnemonic:
        case FieldType::email:
        case FieldType::url:
            out.begin_object().key("type").raw(R"(["string","null"])");
            out.key("maxLength").integer(static_cast<std::int64_t>(field.length_max));
            if (field.type == FieldType::email) out.key("format").string("email");
            if (field.type == FieldType::url) out.key("format").string("uri");
            out.end_object();
            return;
        case FieldType::integer:
            out.raw(R"({"type":["integer","null"]})");
            return;
        case FieldType::decimal:
        case FieldType::percent:
            out.raw(R"({"type":["string","null"],"pattern":"^-?[0-9]+(\\.[0-9]+)?$"})");
            return;
        case FieldType::money:
            out.raw(R"({"type":["object","null"],"required":["amount"],"properties":{"amount":{"type":"string"},)"
                    R"("currency":{"type":"string","pattern":"^[A-Z]{3}$"}}})");
            return;
        case FieldType::date:
            out.raw(R"({"type":["string","null"],"format":"date"})");
            return;
        case FieldType::time:
            out.raw(R"({"type":["string","null"],"format":"date-time"})");
            return;
        case FieldType::boolean:
            out.raw(R"({"type":["boolean","null"]})");
            return;
        case FieldType::choice:
            write_reference_schema("code", out);
            return;
        case FieldType::ref:
        case FieldType::user:
        case FieldType::department:
        case FieldType::file:
            write_reference_schema("id", out);
            return;
        case FieldType::choices:
        case FieldType::refs:
            out.begin_object().key("type").raw(R"(["array","null"])");
            write_reference_schema(field.type == FieldType::refs ? "id" : "code", out.key("items"));
            out.end_object();
            return;
        case FieldType::address:
            out.begin_object().key("type").raw(R"(["object","null"])").key("properties").begin_object();
            write_reference_schema("id", out.key("region"));
            out.key("street").raw(R"({"type":["string","null"]})");
            out.end_object();
            out.end_object();
            return;
        case FieldType::list:
            out.raw(R"({"type":"null"})");
            return;
    }
}

}  // namespace

json::array home_of(const Model& model, const Area& area,
                    const std::function<std::optional<Masks>(const Object&)>& masks_of) {
    const auto is_seen = [&](const json::object& block) {
        const Object* object = model.find(block.at("object").get_string());
        const std::optional<Masks> masks = object ? masks_of(*object) : std::nullopt;
        if (!masks) return false;
        const Filter filter(*object, *masks);
        for (const char* role : {"sum", "by", "at", "last", "show", "note_sum"})
            if (const json::value* field = block.if_contains(role))
                if (!filter.may_read(field->get_string())) return false;
        const json::value* wanted = block.if_contains("filter");
        return !wanted || filter.may_filter(*wanted);
    };
    json::array home;
    for (const json::value& one : area.home) {
        const json::object& card = one.get_object();
        if (const json::value* items = card.if_contains("items")) {
            json::array kept;
            for (const json::value& item : items->get_array())
                if (is_seen(item.get_object())) kept.push_back(item);
            if (kept.empty()) continue;
            json::object shown = card;
            shown["items"] = std::move(kept);
            home.emplace_back(std::move(shown));
        } else if (is_seen(card)) {
            home.push_back(card);
        }
    }
    return home;
}

void describe_object(const Object& object, const Masks& masks, JsonWriter& out) {
    const Filter filter(object, masks);
    out.begin_object();
    out.key("name").string(object.name);
    write_label("label", object.label, out);
    write_label("plural", object.plural, out);
    out.key("icon").string(object.icon).key("area").string(object.area).key("title").string(object.title);
    write_text("title_en", object.title_en, out);
    if (!object.sort.empty() && filter.may_read(object.sort)) write_text("sort", object.sort, out);
    write_flag("owned", object.owned, out);
    write_flag("tree", object.tree, out);
    write_flag("searchable", object.searchable, out);
    write_flag("menu", object.menu && masks.menu, out);
    if (object.kept_by_platform) write_flag("kept_by_platform", true, out);
    if (object.single) write_flag("single", true, out);
    if (object.restricted) write_flag("restricted", true, out);
    if (object.hand_over && !object.hand_over->label.zh.empty()) write_label("hand_over", object.hand_over->label, out);
    out.key("rights").begin_object();
    for (const auto& [right, allowed] : masks.rights) write_flag(right, allowed, out);
    out.end_object();
    out.key("fields").begin_array();
    for (const Field& field : object.fields)
        if (filter.may_show(field.name))
            write_field(field, field.index < masks.write.size() && masks.write[field.index],
                        has_right(masks, field.fixed_right), filter.is_masked(field), out);
    out.end_array();
    out.key("groups").begin_array();
    for (const auto& [code, label] : object.groups) {
        out.begin_object().key("code").string(code);
        write_label("label", label, out);
        out.end_object();
    }
    out.end_array();
    write_layout(object, filter, out);
    write_views(object, filter, masks.saved_views, out);
    write_actions(object, masks, out);
    out.end_object();
}

void describe_schema(const Object& object, JsonWriter& out) {
    out.begin_object().key("type").string("object").key("title").string(object.label.en);
    out.key("properties").begin_object();
    // The id and version of a record are plain; everything else is as its type says.
    out.key("id")
        .raw(R"({"type":"string","readOnly":true})")
        .key("version")
        .raw(R"({"type":"integer","readOnly":true})");
    for (const Field& field : object.fields) {
        if (field.hidden || field.type == FieldType::list || field.name == "id" || field.name == "version") continue;
        out.key(field.name).begin_object().key("title").string(field.label.en);
        if (field.read_only) write_flag("readOnly", true, out);
        if (!field.dictionary.empty()) out.key("x-dictionary").string(field.dictionary);
        write_text("x-object", target_of(field), out);
        out.key("allOf").begin_array();
        write_type_schema(field, out);
        out.end_array();
        out.end_object();
    }
    out.end_object();
    out.end_object();
}

}  // namespace gx::meta
