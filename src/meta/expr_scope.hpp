// What the words of an expression mean on one object of a model: its fields, fields behind references
// ("customer.level"), and fields of the children of a list ("lines.amount", for sum and the like).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "expr/expr.hpp"
#include "meta/model.hpp"

namespace gx::meta {

class ObjectScope final : public expr::Scope {
public:
    static constexpr std::size_t path_max = 6;

    // Borrows both.
    ObjectScope(const Model& model, const Object& object) : model_(model), object_(object) {}
    std::optional<expr::Type> type_of(const std::vector<std::string>& path) const override;

private:
    const Model& model_;
    const Object& object_;
};

// The fields that a path goes through, the last one included; empty when it leads nowhere. `through_list` tells
// whether one of the steps before the last is a list.
struct ResolvedPath {
    std::vector<const Field*> fields;
    std::vector<const Object*> objects;  // objects[i] has fields[i]
    bool through_list = false;
};
ResolvedPath resolve(const Model& model, const Object& object, const std::vector<std::string>& path);

// The object that a field refers to or lists: `to`, "employee" for user, "department"; empty for others.
std::string_view target_of(const Field& field);

}  // namespace gx::meta
