// The generated table of texts (tools/generate_texts.py). Only texts.cpp reads it.
#pragma once

#include <span>
#include <string_view>

namespace gx {

struct TextEntry {
    std::string_view key, zh, en;
};
std::span<const TextEntry> text_table();  // sorted by key

}  // namespace gx
