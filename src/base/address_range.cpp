#include "base/address_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace gx {

namespace {

struct Parsed {
    std::array<std::uint8_t, 16> bytes{};
    unsigned bits = 128;       // of the written address: 32 or 128
    unsigned bits_before = 0;  // in front of them: 96 for IPv4
};

std::optional<Parsed> parse_address(std::string_view text) {
    if (text.empty() || text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
    const std::string terminated(text);
    Parsed parsed;
    if (inet_pton(AF_INET6, terminated.c_str(), parsed.bytes.data()) == 1) return parsed;
    if (inet_pton(AF_INET, terminated.c_str(), parsed.bytes.data() + 12) != 1) return std::nullopt;
    std::fill_n(parsed.bytes.begin(), 10, std::uint8_t{0});
    parsed.bytes[10] = parsed.bytes[11] = 0xff;
    parsed.bits = 32;
    parsed.bits_before = 96;
    return parsed;
}

// The byte with only its first `bits` bits.
std::uint8_t masked(std::uint8_t byte, unsigned bits) {
    if (bits >= 8) return byte;
    return static_cast<std::uint8_t>(byte & (0xff00u >> bits));
}

std::array<std::uint8_t, 16> masked(std::array<std::uint8_t, 16> bytes, unsigned bits) {
    for (unsigned i = 0; i < bytes.size(); ++i) bytes[i] = masked(bytes[i], bits > 8 * i ? bits - 8 * i : 0);
    return bytes;
}

}  // namespace

bool AddressRange::contains(std::string_view address) const {
    const auto parsed = parse_address(address);
    return parsed && masked(parsed->bytes, bits) == bytes;
}

std::optional<AddressRange> parse_address_range(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    unsigned length = address->bits;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
        if (error != std::errc() || end != digits.data() + digits.size() || length > address->bits) return std::nullopt;
    }
    const unsigned bits = address->bits_before + length;
    return AddressRange{masked(address->bytes, bits), bits};
}

AddressRanges parse_address_ranges(std::string_view text) {
    AddressRanges found;
    constexpr std::string_view separators = " \t\r\n,;";
    while (!text.empty()) {
        const std::size_t begin = text.find_first_not_of(separators);
        if (begin == std::string_view::npos) break;
        text.remove_prefix(begin);
        if (text.front() == '#') {
            text.remove_prefix(std::min(text.find('\n'), text.size()));
            continue;
        }
        const std::string_view piece = text.substr(0, text.find_first_of(separators));
        text.remove_prefix(piece.size());
        if (const auto range = parse_address_range(piece)) {
            found.ranges.push_back(*range);
        } else if (found.wrong.empty()) {
            found.wrong = piece;
        }
    }
    return found;
}

}  // namespace gx
