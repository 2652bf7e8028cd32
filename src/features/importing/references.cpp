#include "features/importing/references.hpp"

#include <algorithm>

#include "access/access.hpp"
#include "base/text.hpp"

namespace gx::features {

namespace {

// An object with at most this many records is read whole: one statement instead of one a batch, and texts are then
// compared folded ("Medical" finds "medical").
constexpr std::int64_t read_whole_max = 20'000;

std::vector<const meta::Field*> key_fields(const meta::Object& object) {
    std::vector<const meta::Field*> keys;
    for (const meta::Field& field : object.fields) {
        const bool text = field.type == meta::FieldType::text || field.type == meta::FieldType::number;
        if (text && (field.unique || field.type == meta::FieldType::number)) keys.push_back(&field);
    }
    return keys;
}

std::vector<const meta::Field*> title_fields(const meta::Object& object) {
    std::vector<const meta::Field*> titles;
    for (const std::string& name : {object.title, object.title_en}) {
        const meta::Field* field = name.empty() ? nullptr : object.find(name);
        if (field != nullptr && !field->formula) titles.push_back(field);
    }
    return titles;
}

}  // namespace

void References::find(const std::string& name, const std::vector<std::string>& texts) {
    const meta::Object* object = model_->find(name);
    if (object == nullptr || !access::may(*caller_.grants, *object, access::Verb::view)) return;
    Known& known = known_[name];
    if (known.complete) return;
    if (known.asked.empty()) {
        record::ListQuery all;
        all.object = name;
        if (records_.count(caller_, all) <= read_whole_max) {
            read(*object, nullptr, known);
            known.complete = true;
            return;
        }
    }
    std::vector<std::string> wanted;
    for (const std::string& text : texts) {
        if (!text.empty() && known.asked.insert(text).second) wanted.push_back(text);
    }
    // A condition has a limit, and each text stands in it once a field.
    const std::size_t texts_at_once =
        400 / std::max<std::size_t>(1, key_fields(*object).size() + title_fields(*object).size());
    for (std::size_t from = 0; from < wanted.size(); from += texts_at_once) {
        const auto first = wanted.begin() + static_cast<std::ptrdiff_t>(from);
        const std::vector<std::string> piece(
            first, first + static_cast<std::ptrdiff_t>(std::min(texts_at_once, wanted.size() - from)));
        read(*object, &piece, known);
    }
}

void References::read(const meta::Object& object, const std::vector<std::string>* texts, Known& known) {
    const auto keys = key_fields(object);
    const auto titles = title_fields(object);
    record::ListQuery query;
    query.object = object.name;
    query.sort = {{"id", false}};
    json::array conditions;
    for (const auto* fields : {&keys, &titles}) {
        for (const meta::Field* field : *fields) {
            query.fields.push_back(field->name);
            if (texts == nullptr) continue;
            json::array values;
            for (const std::string& text : *texts) values.emplace_back(text);
            conditions.push_back(json::array{field->name, "in", std::move(values)});
        }
    }
    if (texts != nullptr) query.filter = json::value{{"or", std::move(conditions)}};
    records_.each(caller_, query, [&](RecordId id, std::span<const Value> values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto* text = std::get_if<std::string>(&values[i]);
            if (text == nullptr) continue;
            if (i < keys.size()) {
                known.by_key.emplace(fold(*text), id);
            } else {
                auto& ids = known.by_title[fold(*text)];
                if (ids.size() < 2 && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
            }
        }
        return true;
    });
}

References::Found References::get(const std::string& object, std::string_view text, RecordId& id) const {
    const auto found = known_.find(object);
    if (found == known_.end()) return Found::none;
    const std::string folded = fold(text);
    if (const auto key = found->second.by_key.find(folded); key != found->second.by_key.end()) {
        id = key->second;
        return Found::one;
    }
    const auto title = found->second.by_title.find(folded);
    if (title == found->second.by_title.end()) return Found::none;
    if (title->second.size() > 1) return Found::several;
    id = title->second.front();
    return Found::one;
}

void References::add(const std::string& object, std::string_view title, RecordId id) {
    auto& ids = known_[object].by_title[fold(title)];
    if (ids.size() < 2) ids.push_back(id);
}

void References::forget(const std::string& object) { known_.erase(object); }

}  // namespace gx::features
