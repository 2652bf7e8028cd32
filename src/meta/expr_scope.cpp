#include "meta/expr_scope.hpp"

#include "meta/field_value.hpp"

namespace gx::meta {

std::string_view target_of(const Field& field) {
    switch (field.type) {
        case FieldType::user:
            return "employee";
        case FieldType::department:
            return "department";
        case FieldType::ref:
        case FieldType::refs:
        case FieldType::list:
            return field.to;
        default:
            return {};
    }
}

ResolvedPath resolve(const Model& model, const Object& object, const std::vector<std::string>& path) {
    ResolvedPath found;
    if (path.empty() || path.size() > ObjectScope::path_max) return {};
    const Object* at = &object;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const Field* field = at ? at->find(path[i]) : nullptr;
        if (!field) return {};
        found.objects.push_back(at);
        found.fields.push_back(field);
        if (i + 1 == path.size()) break;
        if (field->type == FieldType::list) {
            // The children of children would be counted once for every way that leads to them.
            if (found.through_list) return {};
            found.through_list = true;
        } else if (!field->is_reference()) {
            return {};
        }
        at = model.find(target_of(*field));
    }
    return found;
}

std::optional<expr::Type> ObjectScope::type_of(const std::vector<std::string>& path) const {
    const ResolvedPath found = resolve(model_, object_, path);
    if (found.fields.empty()) return std::nullopt;
    return expression_type(found.fields.back()->type);
}

}  // namespace gx::meta
