// A note of the head of the chain, outside the database: whoever can write to the database, but not to the folder of
// the program, can neither cut the chain nor write it anew from an earlier place without being found.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace gx::features {

struct Anchor {
    std::int64_t seq = 0;
    std::string hash;
};
std::optional<Anchor> read_anchor(const std::filesystem::path& file);  // empty when there is none
// Whole or not at all, and never an earlier place than the one that stands there.
void write_anchor(const std::filesystem::path& file, const Anchor& anchor);

// "1234:9f86d0…", as `guanxi verify` prints and takes it.
std::string to_text(const Anchor& anchor);
std::optional<Anchor> parse_anchor(std::string_view text);

}  // namespace gx::features
