#include "base/texts.hpp"

#include <algorithm>

#include "base/texts_table.hpp"

namespace gx {

namespace {

const TextEntry* find_text(std::string_view key) {
    const auto table = text_table();
    const auto found = std::ranges::lower_bound(table, key, {}, &TextEntry::key);
    return found != table.end() && found->key == key ? &*found : nullptr;
}

}  // namespace

std::string fill(std::string_view pattern, const TextParams& params) {
    std::string out;
    out.reserve(pattern.size() + 32);
    for (std::size_t i = 0; i < pattern.size();) {
        const std::size_t open = pattern.find('{', i);
        const std::size_t close = open == std::string_view::npos ? open : pattern.find('}', open);
        if (close == std::string_view::npos) {
            out += pattern.substr(i);
            break;
        }
        out += pattern.substr(i, open - i);
        const std::string_view name = pattern.substr(open + 1, close - open - 1);
        const auto found = std::ranges::find_if(params, [&](const auto& param) { return param.first == name; });
        out += found == params.end() ? pattern.substr(open, close + 1 - open) : std::string_view(found->second);
        i = close + 1;
    }
    return out;
}

std::string text(Language language, std::string_view key, const TextParams& params) {
    const TextEntry* entry = find_text(key);
    if (!entry) return std::string(key);
    const std::string_view pattern = language == Language::zh ? entry->zh : entry->en;
    if (std::ranges::none_of(params, [](const auto& param) { return param.second.starts_with("why."); }))
        return fill(pattern, params);
    // A reason inside a text ("why.json_syntax") is itself a text.
    TextParams spoken = params;
    for (auto& [name, value] : spoken) {
        if (!value.starts_with("why.")) continue;
        if (const TextEntry* why = find_text(value)) value = fill(language == Language::zh ? why->zh : why->en, params);
    }
    return fill(pattern, spoken);
}

}  // namespace gx
