// Blocks of internet addresses as a policy lists them: "192.168.0.0/16", "2001:db8::/32", or one address alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gx {

struct AddressRange {
    // IPv4 lies inside IPv6 (::ffff:0:0/96), so an IPv4 peer of a socket for both is the same however it is written.
    std::array<std::uint8_t, 16> bytes{};
    unsigned bits = 0;  // of 128

    bool contains(std::string_view address) const;  // false for what is no address

    friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

// Bits behind the length are dropped: "10.1.2.3/8" is "10.0.0.0/8".
std::optional<AddressRange> parse_address_range(std::string_view text);

// One range a line or separated by commas or blanks; "#" begins a remark. `wrong` is the first piece that is no range.
struct AddressRanges {
    std::vector<AddressRange> ranges;
    std::string_view wrong;
};
AddressRanges parse_address_ranges(std::string_view text);

}  // namespace gx
