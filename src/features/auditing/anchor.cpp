#include "features/auditing/anchor.hpp"

#include <unistd.h>

#include <charconv>
#include <fstream>

namespace gx::features {

std::string to_text(const Anchor& anchor) { return std::to_string(anchor.seq) + ":" + anchor.hash; }

std::optional<Anchor> parse_anchor(std::string_view text) {
    constexpr std::size_t hash_digits = 64;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.size() - colon - 1 != hash_digits) return std::nullopt;
    Anchor anchor;
    const auto [end, error] = std::from_chars(text.data(), text.data() + colon, anchor.seq);
    if (error != std::errc() || end != text.data() + colon || anchor.seq < 0) return std::nullopt;
    anchor.hash = text.substr(colon + 1);
    if (anchor.hash.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
    return anchor;
}

std::optional<Anchor> read_anchor(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line)) return std::nullopt;
    return parse_anchor(line);
}

void write_anchor(const std::filesystem::path& file, const Anchor& anchor) {
    if (const auto stands = read_anchor(file); stands && stands->seq >= anchor.seq) return;
    // Of each process its own, because a command may work beside the server.
    const std::filesystem::path fresh = file.string() + "." + std::to_string(getpid());
    {
        std::ofstream out(fresh, std::ios::trunc);
        out << to_text(anchor) << "\n";
        if (!out.flush()) return;
    }
    std::error_code ignored;  // a note that is missed is written the next time
    std::filesystem::rename(fresh, file, ignored);
}

}  // namespace gx::features
