// What becomes of a record's responsibilities when it gives them up: declared at the object and at the fields that
// refer to it (docs/declarations.md).
#include "meta/expr_scope.hpp"
#include "meta/field_value.hpp"
#include "meta/loader.hpp"

#include "base/texts.hpp"

namespace gx::meta {

// Values that records get, as the API writes them.
std::vector<std::pair<std::string, Value>> Loader::read_set(const Object& object, const Place& place) {
    std::vector<std::pair<std::string, Value>> values;
    place.each_member("set", [&](const std::string& name, const Place& at) {
        const Field* field = object.find(name);
        if (!field || field->system) return at.mistake("set: there is no field " + in_quotes(name));
        if (field->is_reference() || field->is_multiple() || field->type == FieldType::list)
            return at.mistake("set: field " + in_quotes(name) + " cannot be set by a declaration");
        Read read = from_json(*field, at.value(), {*model_, zone_, Currency{}, Language::en});
        if (auto* problem = std::get_if<Problem>(&read))
            return at.mistake("set: " + text(Language::en, problem->rule, problem->params));
        values.emplace_back(name, std::move(std::get<Value>(read)));
    });
    return values;
}

void Loader::read_hand_over(Object& object, const Place& root) {
    if (root.has("hand_over")) {
        object.hand_over.emplace();
        if (const json::value& in = root.object().at("hand_over"); in.is_bool()) {
            if (in.get_bool()) root.mistake_at("hand_over", "'hand_over' of an object is false or an object");
            object.hand_over->stays = true;
        } else if (const Place place = root.member("hand_over").called("hand_over"); place.is_object("'hand_over'")) {
            place.allow({"label", "open", "set"});
            object.hand_over->label = place.label("label", false);
            check_filter(object, place, "open");
            if (place.has("open")) object.hand_over->open = place.object().at("open");
            object.hand_over->set = read_set(object, place);
        }
    }
    if (!root.has("fields") || !root.object().at("fields").is_object()) return;
    const Place fields = root.member("fields");
    for (Field& field : object.fields) {
        if (field.system) continue;
        const Place bare = fields.member(field.name).called("field " + field.name);
        if (!bare.value().is_object() || !bare.has("hand_over")) continue;
        auto made = std::make_shared<HandOver>();
        if (const json::value& in = bare.object().at("hand_over"); in.is_bool()) {
            if (!in.get_bool()) bare.mistake_at("hand_over", "'hand_over' of a field is true or an object");
        } else if (const Place place = bare.member("hand_over").called("field " + field.name + ": hand_over");
                   place.is_object("'hand_over'")) {
            place.allow({"open", "set"});
            check_filter(object, place, "open");
            if (place.has("open")) made->open = place.object().at("open");
            made->set = read_set(object, place);
        }
        field.hand_over = std::move(made);
    }
}

}  // namespace gx::meta
