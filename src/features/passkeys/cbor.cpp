#include "features/passkeys/cbor.hpp"

#include <cstdint>

namespace gx::features {

namespace {

constexpr int levels_most = 8;
enum Major : unsigned { number = 0, negative = 1, bytes_of = 2, text_of = 3, list = 4, map = 5, tag = 6, simple = 7 };

struct Head {
    unsigned major = 0;
    std::uint64_t value = 0;
    std::size_t size = 0;
};

// RFC 8949, 3: three bits say what it is, five how long the number behind them is.
std::optional<Head> head_of(std::string_view bytes) {
    if (bytes.empty()) return std::nullopt;
    const auto first = static_cast<unsigned char>(bytes.front());
    Head head{unsigned{first} >> 5U, unsigned{first} & 31U, 1};
    if (head.value < 24) return head;
    if (head.value > 27) return std::nullopt;  // of unknown length, or not defined
    const std::size_t more = std::size_t{1} << (head.value - 24);
    if (bytes.size() < 1 + more) return std::nullopt;
    head.value = 0;
    for (const char c : bytes.substr(1, more)) head.value = (head.value << 8U) | static_cast<unsigned char>(c);
    head.size += more;
    return head;
}

std::optional<std::size_t> item(std::string_view bytes, int levels_left) {
    const auto head = head_of(bytes);
    if (!head || levels_left == 0) return std::nullopt;
    std::size_t size = head->size;
    const std::uint64_t left = bytes.size() - size;
    if (head->major == bytes_of || head->major == text_of) {
        if (head->value > left) return std::nullopt;
        return size + static_cast<std::size_t>(head->value);
    }
    if (head->major == tag) return std::nullopt;  // nothing of WebAuthn has one
    if (head->major != list && head->major != map) return size;
    // Each entry takes a byte at least.
    if (head->value > left / (head->major == map ? 2 : 1)) return std::nullopt;
    const std::uint64_t entries = head->major == map ? head->value * 2 : head->value;
    for (std::uint64_t i = 0; i < entries; ++i) {
        const auto entry = item(bytes.substr(size), levels_left - 1);
        if (!entry) return std::nullopt;
        size += *entry;
    }
    return size;
}

std::optional<std::string_view> content(std::string_view whole, unsigned major) {
    const auto head = head_of(whole);
    const auto size = cbor_item(whole);
    if (!head || head->major != major || size != whole.size()) return std::nullopt;
    return whole.substr(head->size);
}

}  // namespace

std::optional<std::size_t> cbor_item(std::string_view bytes) { return item(bytes, levels_most); }

bool is_cbor(std::string_view bytes, std::size_t items_least, std::size_t items_most) {
    std::size_t items = 0;
    for (; !bytes.empty(); ++items) {
        const auto size = cbor_item(bytes);
        if (!size) return false;
        bytes.remove_prefix(*size);
    }
    return items >= items_least && items <= items_most;
}

std::optional<std::vector<std::pair<std::string_view, std::string_view>>> cbor_map(std::string_view whole) {
    const auto inside = content(whole, map);
    if (!inside) return std::nullopt;
    std::vector<std::pair<std::string_view, std::string_view>> entries;
    std::string_view rest = *inside;
    while (!rest.empty()) {
        const std::string_view name = rest.substr(0, cbor_item(rest).value_or(0));
        rest.remove_prefix(name.size());
        const std::string_view value = rest.substr(0, cbor_item(rest).value_or(0));
        rest.remove_prefix(value.size());
        const auto text = cbor_text(name);
        if (!text || value.empty()) return std::nullopt;
        entries.emplace_back(*text, value);
    }
    return entries;
}

std::optional<std::string_view> cbor_text(std::string_view whole) { return content(whole, text_of); }
std::optional<std::string_view> cbor_bytes(std::string_view whole) { return content(whole, bytes_of); }

}  // namespace gx::features
