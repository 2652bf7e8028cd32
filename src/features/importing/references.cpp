#include "features/importing/references.hpp"

#include <algorithm>

#include "access/access.hpp"
#include "base/text.hpp"

namespace gx::features {

namespace {

// An object with at most this many records is read whole: one statement instead of one a batch.
constexpr std::int64_t read_whole_max = 20'000;

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
            read_whole(*object, known);
            known.complete = true;
            return;
        }
    }
    std::vector<std::string> wanted;
    for (const std::string& text : texts) {
        if (!text.empty() && known.asked.insert(text).second) wanted.push_back(text);
    }
    for (record::Named& one : records_.named(caller_, name, wanted)) learn(known, std::move(one));
}

void References::learn(Known& known, record::Named one) {
    if (!one.title) {
        known.by_key.emplace(std::move(one.text), one.id);
        return;
    }
    auto& ids = known.by_title[std::move(one.text)];
    if (ids.size() < 2 && std::find(ids.begin(), ids.end(), one.id) == ids.end()) ids.push_back(one.id);
}

void References::read_whole(const meta::Object& object, Known& known) {
    // What is kept from the caller names nothing to him.
    const access::FieldMask mask = access::fields(*caller_.grants, object);
    auto fields = record::naming_fields(object);
    std::erase_if(fields, [&](const meta::Field* field) { return !mask.read[field->index]; });
    record::ListQuery query;
    query.object = object.name;
    query.sort = {{"id", false}};
    for (const meta::Field* field : fields) query.fields.push_back(field->name);
    records_.each(caller_, query, [&](RecordId id, std::span<const Value> values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const bool title = fields[i]->name == object.title || fields[i]->name == object.title_en;
            if (const auto* text = std::get_if<std::string>(&values[i])) learn(known, {id, fold(*text), title});
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
