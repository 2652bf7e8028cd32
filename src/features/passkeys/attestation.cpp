#include "features/passkeys/attestation.hpp"

#include "features/passkeys/cbor.hpp"

namespace gx::features {

namespace {

constexpr std::size_t bytes_most = 12 << 10;
constexpr unsigned has_extensions = 0x80, has_key = 0x40;
// Hash of the domain, flags, counter; with a key the model and the length of its id.
constexpr std::size_t plain_bytes = 37, flags_at = 32, length_at = plain_bytes + 16, id_at = length_at + 2;

unsigned byte_at(std::string_view bytes, std::size_t place) { return static_cast<unsigned char>(bytes[place]); }

}  // namespace

std::optional<Attestation> read_attestation(std::string_view cbor) {
    if (cbor.size() > bytes_most) return std::nullopt;
    const auto members = cbor_map(cbor);
    if (!members) return std::nullopt;
    Attestation found;
    bool has_statement = false;
    for (const auto& [name, value] : *members) {
        if (name == "fmt") {
            found.format = cbor_text(value).value_or("");
        } else if (name == "authData") {
            found.authenticator_data = cbor_bytes(value).value_or("");
        } else if (name == "attStmt") {
            const auto statement = cbor_map(value);
            if (!statement) return std::nullopt;
            has_statement = true;
            found.statement = value;
            for (const auto& member : *statement) found.with_certificate |= member.first == "x5c";
        }
    }
    if (found.format.empty() || found.authenticator_data.empty() || !has_statement) return std::nullopt;
    return found;
}

bool is_whole_with_key(std::string_view data) {
    if (data.size() < id_at || (byte_at(data, flags_at) & has_key) == 0) return false;
    const std::size_t id_bytes = (byte_at(data, length_at) << 8U) | byte_at(data, length_at + 1);
    if (data.size() < id_at + id_bytes) return false;
    const std::size_t items = (byte_at(data, flags_at) & has_extensions) != 0 ? 2 : 1;
    return is_cbor(data.substr(id_at + id_bytes), items, items);
}

bool is_whole(std::string_view data) {
    if (data.size() < plain_bytes || (byte_at(data, flags_at) & has_key) != 0) return false;
    const std::size_t items = (byte_at(data, flags_at) & has_extensions) != 0 ? 1 : 0;
    return is_cbor(data.substr(plain_bytes), items, items);
}

}  // namespace gx::features
