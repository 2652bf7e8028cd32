#include "meta/load.hpp"

#include <algorithm>
#include <array>

#include "base/failure.hpp"
#include "base/secret.hpp"
#include "base/texts.hpp"
#include "meta/loader.hpp"

namespace gx::meta {
namespace {

constexpr std::string_view root_folder = "modules/";
constexpr JsonLimits limits{.bytes_max = 4u << 20, .depth_max = 24};

std::string digest(std::string_view data) { return sha256_hex(data).substr(0, 20); }

// Each part with its length before it, so that no two lists of parts give the same text.
void append(std::string& out, std::string_view part) {
    out += std::to_string(part.size());
    out += ':';
    out += part;
}

}  // namespace

Loaded load(const std::vector<Source>& sources) { return Loader().load(sources); }

ModelPtr with_dictionaries(const ModelPtr& model, std::map<std::string, Dictionary> stored) {
    return Loader::with_dictionaries(*model, std::move(stored));
}

Object* Loader::find_object(std::string_view name) {
    const auto found = model_->by_name_.find(std::string(name));
    return found == model_->by_name_.end() ? nullptr : &model_->objects_[found->second];
}

Loaded Loader::load(const std::vector<Source>& sources) {
    model_ = std::make_shared<Model>();
    std::vector<const Source*> in_order;
    for (const Source& source : sources) in_order.push_back(&source);
    std::ranges::sort(in_order, {}, &Source::file);
    std::string all;
    for (const Source* source : in_order) {
        append(all, source->file);
        append(all, source->text);
        read_file(*source);
    }
    model_->declared_version_ = model_->version_ = digest(all);
    // What an unreadable file should have declared would be missed everywhere.
    if (unreadable_) return {nullptr, std::move(mistakes_)};

    for (const auto& [name, file] : area_files_) read_area(*file);
    for (const auto& [name, file] : dictionary_files_) read_dictionary(*file);
    for (const auto& [name, file] : object_files_) read_object(*file);
    add_dictionary_of_objects();
    check_areas();
    for (Object& object : model_->objects_) check_object(object, place_of(*object_files_.at(object.name)));
    for (Object& object : model_->objects_) read_expressions(object, place_of(*object_files_.at(object.name)));
    order_formulas();
    for (Object& object : model_->objects_) {
        const auto layout = layout_files_.find(object.name);
        read_layout(object, layout == layout_files_.end() ? nullptr : layout->second);
    }
    for (const auto& [name, file] : layout_files_)
        if (!find_object(name)) place_of(*file).mistake("there is no object " + in_quotes(name));
    for (const auto& [name, file] : area_files_)
        place_of(*file).each_element("home", [&](const Place& card) { check_home(card); });
    for (const auto& file : files_) {
        if (file->name.ends_with(".records.json")) read_records(*file);
        if (file->name.ends_with(".records.csv")) read_records_table(*file);
    }
    for (const auto& [name, file] : role_files_) read_role(*file);
    check_roles();

    // By place; several at one place in the order in which they were found.
    std::multimap<std::pair<std::string, int>, Mistake> by_place;
    for (Mistake& mistake : mistakes_) by_place.emplace(std::pair(mistake.file, mistake.line), std::move(mistake));
    mistakes_.clear();
    for (auto& [place, mistake] : by_place) mistakes_.push_back(std::move(mistake));
    if (!mistakes_.empty()) return {nullptr, std::move(mistakes_)};
    return {std::move(model_), {}};
}

// So that a field of a log can say which object it speaks of, and be shown, filtered and grouped by its label.
void Loader::add_dictionary_of_objects() {
    Dictionary objects;
    objects.code = dictionary_of_objects;
    objects.label = {text(Language::zh, "dictionary_of_objects"), text(Language::en, "dictionary_of_objects")};
    objects.of_objects = true;
    for (const Object& object : model_->objects_) {
        DictionaryItem& item = objects.items.emplace_back();
        item.code = object.name;
        item.label = object.label;
    }
    objects.index();
    for (const auto& [stem, file] : dictionary_files_)
        if (place_of(*file).text("code") == objects.code)
            place_of(*file).mistake_at("code", "the code " + in_quotes(objects.code) + " is that of the objects");
    model_->dictionaries_[objects.code] = std::move(objects);
}

void Loader::read_file(const Source& source) {
    const std::string_view name = source.file;
    if (name.ends_with(".md") || name.ends_with(".cases.json")) return;
    auto file = std::make_unique<DeclarationFile>();
    file->name = source.file;

    // modules/<area>/[<folder>/]<file>
    const auto mistake = [&](int line, std::string what) { mistakes_.push_back({source.file, line, std::move(what)}); };
    std::vector<std::string> parts;
    std::string_view rest = name.starts_with(root_folder) ? name.substr(root_folder.size()) : std::string_view();
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('/'), rest.size());
        parts.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (parts.size() < 2 || parts.size() > 3) return mistake(1, "declarations stand in modules/<area>/<object>/");
    file->area = parts[0];
    file->folder = parts.size() == 3 ? parts[1] : "";
    file->stem = parts.back().substr(0, parts.back().find('.'));
    const std::string ending = parts.back().substr(file->stem.size());

    std::map<std::string, const DeclarationFile*>* kind = nullptr;
    std::string key = file->stem;
    if (parts.size() == 2 && parts[1] == "module.json")
        kind = &area_files_, key = file->area;
    else if (ending == ".dictionary.json")
        kind = &dictionary_files_;
    else if (ending == ".role.json")
        kind = &role_files_;
    else if (ending == ".json" && !file->folder.empty())
        kind = &object_files_;
    else if (ending == ".layout.json")
        kind = &layout_files_;
    else if (ending != ".records.json" && ending != ".records.csv")
        return mistake(1, "unknown kind of declaration");
    const bool beside_object = kind == &object_files_ || kind == &layout_files_ || !kind;
    if (beside_object && file->stem != file->folder)
        return mistake(1, "must stand in a folder " + in_quotes(file->stem) + ", as the object is called");

    if (ending == ".records.csv") {
        file->text = source.text;
    } else {
        try {
            file->root = parse_json_with_comments(source.text, limits);
        } catch (const Failure& failure) {
            int line = 1;
            for (const auto& [param, value] : failure.params())
                if (param == "line") line = std::atoi(value.c_str());
            unreadable_ = true;
            return mistake(line, text(Language::en, failure.key(), failure.params()));
        }
        file->lines = JsonLines::of(source.text);
        if (!place_of(*file).is_object("a declaration")) return;
    }
    if (kind) {
        const auto [at, is_new] = kind->emplace(key, file.get());
        if (!is_new) return mistake(1, in_quotes(key) + " is already declared in " + at->second->name);
    }
    files_.push_back(std::move(file));
}

void Loader::read_area(const DeclarationFile& file) {
    const Place root = place_of(file);
    root.allow({"label", "icon", "order", "uses", "objects", "home"});
    Area area;
    area.code = file.area;
    if (!is_snake_case(area.code)) root.mistake("the area's name " + in_quotes(area.code) + " is not snake_case");
    area.label = root.label("label");
    area.icon = root.text("icon");
    area.order = static_cast<int>(root.integer("order", 0, 100000, 0));
    area.uses = root.words("uses");
    area.objects = root.words("objects");
    if (const json::value* home = root.object().if_contains("home"); home && home->is_array())
        area.home = home->get_array();
    model_->areas_.push_back(std::move(area));
}

void Loader::check_areas() {
    std::ranges::sort(model_->areas_, {}, [](const Area& area) { return std::pair(area.order, area.code); });
    for (Area& area : model_->areas_) {
        const Place root = place_of(*area_files_.at(area.code));
        root.each_element("uses", [&](const Place& place) {
            if (place.value().is_string() && !area_files_.contains(std::string(place.value().get_string())))
                place.mistake("there is no area " + in_quotes(place.value().get_string()));
        });
        root.each_element("objects", [&](const Place& place) {
            if (!place.value().is_string()) return;
            const Object* object = find_object(place.value().get_string());
            if (!object)
                place.mistake("there is no object " + in_quotes(place.value().get_string()));
            else if (object->area != area.code)
                place.mistake("object " + in_quotes(object->name) + " is of area " + object->area);
        });
        // What the menu does not name comes last, in the order of names.
        for (const Object& object : model_->objects_)
            if (object.area == area.code && std::ranges::find(area.objects, object.name) == area.objects.end())
                area.objects.push_back(object.name);
    }
    for (const Object& object : model_->objects_)
        if (!area_files_.contains(object.area))
            mistakes_.push_back({object.file, 1, "area " + in_quotes(object.area) + " has no module.json"});
}

void Loader::read_dictionary(const DeclarationFile& file) {
    const Place root = place_of(file);
    root.allow({"code", "label", "system", "items"});
    Dictionary dictionary;
    dictionary.code = root.text("code", true);
    if (!dictionary.code.empty() && dictionary.code != file.stem)
        root.mistake_at("code", "the code " + in_quotes(dictionary.code) + " is not the name of the file");
    if (!is_snake_case(file.stem)) root.mistake("the name " + in_quotes(file.stem) + " is not snake_case");
    dictionary.label = root.label("label");
    dictionary.system = root.flag("system", true);
    if (!root.has("items")) root.mistake("'items' is missing");
    std::set<std::string> codes;
    root.each_element("items", [&](const Place& item) {
        if (!item.is_object("an item")) return;
        DictionaryItem one;
        one.code = item.text("code", true);
        const Place place = item.called("item " + one.code);
        place.allow({"code", "zh", "en", "color", "active", "default", "extra"});
        const bool is_plain = std::ranges::all_of(one.code, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
        if (!is_plain || one.code.size() > name_length_max)
            place.mistake("a code has letters, digits and '_', at most " + std::to_string(name_length_max));
        if (!one.code.empty() && !codes.insert(one.code).second) place.mistake("declared twice");
        one.label = {place.text("zh", true), place.text("en", true)};
        one.color = place.text("color");
        one.active = place.flag("active", true);
        one.is_default = place.flag("default", false);
        if (place.has("extra")) one.extra = place.object().at("extra");
        dictionary.items.push_back(std::move(one));
    });
    dictionary.index();
    std::string code = file.stem;
    model_->dictionaries_.emplace(std::move(code), std::move(dictionary));
}

void Loader::read_role(const DeclarationFile& file) {
    const Place root = place_of(file);
    root.allow({"code", "label", "description", "order", "administrator", "objects", "special", "fields"});
    const std::string code = root.text("code", true);
    if (!code.empty() && code != file.stem)
        root.mistake_at("code", "the code " + in_quotes(code) + " is not the name of the file");
    root.label("label");
    root.label("description", false);
    root.integer("order", 0, 100000, 0);
    root.flag("administrator");
    model_->roles_.emplace(file.stem, file.root);
}

void Loader::check_roles() {
    static constexpr std::array<std::string_view, 9> verbs{"view",    "add",    "change", "delete", "assign",
                                                           "approve", "export", "import", "print"};
    static constexpr std::array<std::string_view, 6> scopes{"none", "own", "team", "department", "department_and_below",
                                                            "all"};
    const auto split = [](std::string_view name) {
        const std::size_t dot = std::min(name.find('.'), name.size());
        return std::pair{name.substr(0, dot), name.substr(std::min(dot + 1, name.size()))};
    };
    for (const auto& [code, file] : role_files_) {
        const Place root = place_of(*file);
        root.each_member("objects", [&](const std::string& object, const Place& rights) {
            if (object != "*" && !find_object(object)) rights.mistake("there is no object " + in_quotes(object));
            if (!rights.is_object("rights")) return;
            for (const auto& entry : rights.object()) {
                // Or {"scope": "all", "where": "head = me()"}.
                const bool is_conditional = entry.value().is_object();
                const json::value* scope =
                    is_conditional ? entry.value().get_object().if_contains("scope") : &entry.value();
                const bool known = scope != nullptr && scope->is_string() &&
                                   std::ranges::find(scopes, std::string_view(scope->get_string())) != scopes.end();
                if (is_conditional) check_right_condition(object, rights.member(entry.key()));
                if (std::ranges::find(verbs, std::string_view(entry.key())) == verbs.end())
                    rights.mistake_at(entry.key(), object + ": unknown right " + in_quotes(entry.key()));
                else if (!known)
                    rights.mistake_at(entry.key(),
                                      object + ": " + std::string(entry.key()) +
                                          " must be none, own, team, department, department_and_below or all");
            }
        });
        root.each_element("special", [&](const Place& place) {
            const std::string_view name = place.value().is_string() ? std::string_view(place.value().get_string()) : "";
            const auto [object_name, right] = split(name);
            const Object* object = find_object(object_name);
            if (!object || std::ranges::find(object->special_rights, right) == object->special_rights.end())
                place.mistake("there is no special right " + in_quotes(name));
        });
        root.each_element("fields", [&](const Place& place) {
            const std::string_view name = place.value().is_string() ? std::string_view(place.value().get_string()) : "";
            const auto [object_name, field_name] = split(name);
            const Object* object = find_object(object_name);
            if (!object || !object->find(field_name)) place.mistake("there is no field " + in_quotes(name));
        });
    }
}

void Loader::check_right_condition(const std::string& object, const Place& right) {
    right.allow({"scope", "where"});
    const Object* known = find_object(object);
    const std::string source = right.text("where");
    if (known == nullptr || source.empty()) return;
    const std::optional<expr::Node> where = read_expression(*known, right, "where", source);
    if (where && where->type != expr::Type::boolean) right.mistake_at("where", "'where' must be a condition");
}

ModelPtr Loader::with_dictionaries(const Model& model, std::map<std::string, Dictionary> stored) {
    auto changed = std::make_shared<Model>(model);
    std::string all = model.declared_version_;
    for (auto& [code, dictionary] : stored) {
        if (code == dictionary_of_objects) continue;  // one that a company made under this code stays unused
        // What belongs to an option beyond its texts and colour is declared, not stored.
        if (const auto declared = model.dictionaries_.find(code); declared != model.dictionaries_.end())
            for (DictionaryItem& item : dictionary.items)
                if (const DictionaryItem* one = declared->second.find(item.code); one && item.extra.is_null())
                    item.extra = one->extra;
        dictionary.index();
        append(all, code);
        append(all, dictionary.label.zh);
        append(all, dictionary.label.en);
        for (const DictionaryItem& item : dictionary.items) {
            for (const std::string* part : {&item.code, &item.label.zh, &item.label.en, &item.color})
                append(all, *part);
            append(all, item.active ? "active" : "");
            append(all, item.is_default ? "default" : "");
            append(all, json::serialize(item.extra));
        }
        append(all, "");
        changed->dictionaries_.insert_or_assign(code, std::move(dictionary));
    }
    changed->version_ = digest(all);
    return changed;
}

}  // namespace gx::meta
