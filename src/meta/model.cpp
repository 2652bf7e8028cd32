#include "meta/model.hpp"

#include <array>

#include "base/failure.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {

std::string_view name_of(FieldType type) { return faces_of(type).name(); }

std::optional<FieldType> parse_field_type(std::string_view name) {
    for (const FieldType type : field_types)
        if (name_of(type) == name) return type;
    return std::nullopt;
}

bool Field::has_column() const { return type != FieldType::list && !is_multiple() && (!formula || formula_stored); }

const Field* Object::find(std::string_view field) const {
    const auto found = field_index.find(std::string(field));
    return found == field_index.end() ? nullptr : &fields[found->second];
}

const Field& Object::field(std::string_view field) const {
    const Field* found = find(field);
    ensure(found != nullptr, "object " + name + " has no field " + std::string(field));
    return *found;
}

const Action* Object::action(std::string_view action) const {
    for (const Action& one : actions)
        if (one.name == action) return &one;
    return nullptr;
}

void Dictionary::index() {
    // The number of no item: two labels that fold to the same text find neither.
    constexpr std::uint32_t ambiguous = UINT32_MAX;
    by_code.clear();
    by_folded.clear();
    for (std::uint32_t i = 0; i < items.size(); ++i) by_code.emplace(items[i].code, i);
    for (std::uint32_t i = 0; i < items.size(); ++i) {
        for (const std::string* word : {&items[i].label.zh, &items[i].label.en}) {
            if (word->empty()) continue;
            const auto [at, is_new] = by_folded.emplace(fold(*word), i);
            if (!is_new && at->second != i) at->second = ambiguous;
        }
    }
    // A code in other letter case is the last resort, and never takes a label's place.
    for (std::uint32_t i = 0; i < items.size(); ++i) by_folded.emplace(fold(items[i].code), i);
    std::erase_if(by_folded, [](const auto& entry) { return entry.second == ambiguous; });
}

const DictionaryItem* Dictionary::find(std::string_view wanted) const {
    const auto found = by_code.find(std::string(wanted));
    return found == by_code.end() ? nullptr : &items[found->second];
}

const DictionaryItem* Dictionary::find_leniently(std::string_view typed) const {
    if (const DictionaryItem* item = find(typed)) return item;
    const auto found = by_folded.find(fold(typed));
    return found == by_folded.end() ? nullptr : &items[found->second];
}

const Object* Model::find(std::string_view object) const {
    const auto found = by_name_.find(std::string(object));
    return found == by_name_.end() ? nullptr : &objects_[found->second];
}

const Object& Model::object(std::string_view object) const {
    const Object* found = find(object);
    if (!found) throw not_found();
    return *found;
}

const Dictionary& Model::dictionary(std::string_view code) const {
    const auto found = dictionaries_.find(std::string(code));
    ensure(found != dictionaries_.end(), "no dictionary " + std::string(code));
    return found->second;
}

}  // namespace gx::meta
