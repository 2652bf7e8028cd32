// As much CBOR as is needed to look at it before a library does: libcbor gives memory for as many entries as a header
// claims, and nine bytes can claim more than any machine has.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace gx::features {

// Bytes of the first item; empty when it is cut off, claims more than there is, goes deeper than eight levels, or is of
// unknown length. What may stand behind it is the caller's to look at.
std::optional<std::size_t> cbor_item(std::string_view bytes);

// Is it this many whole items, one behind the other, and nothing else?
bool is_cbor(std::string_view bytes, std::size_t items_least, std::size_t items_most);

// Names and values of a map whose names are texts, each value as it stands there. Empty when it is no such map.
std::optional<std::vector<std::pair<std::string_view, std::string_view>>> cbor_map(std::string_view item);
// What is in a text or in bytes.
std::optional<std::string_view> cbor_text(std::string_view item);
std::optional<std::string_view> cbor_bytes(std::string_view item);

}  // namespace gx::features
