// Identifiers of records: 53 bits, so that they are exact in JSON; ordered by time; made by the program, so that
// they exist before the insert and in bulk. Layout: 41 bits milliseconds since 2024-01-01 UTC, 4 bits node, 8 bits
// sequence. A burst of more than 256 a millisecond borrows from the milliseconds to come.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gx {

class Clock;

struct RecordId {
    std::int64_t value = 0;  // 0 is "none" and is never stored

    explicit operator bool() const { return value != 0; }
    friend bool operator==(RecordId, RecordId) = default;
    friend auto operator<=>(RecordId, RecordId) = default;
};

std::string to_string(RecordId id);
// Decimal text to id. Empty for anything that is not 1 .. 2^53-1.
std::optional<RecordId> parse_record_id(std::string_view text);

// Hands out ids. Thread-safe. One per process; `node` (0..15) differs between processes on one database.
class IdSource {
public:
    IdSource(const Clock& clock, unsigned node);
    RecordId next();
    // `count` ids in rising order, for bulk.
    std::vector<RecordId> next_many(std::size_t count);
    // A random number that tells this process from the others on its database, whatever their nodes.
    std::int64_t process() const { return process_; }

private:
    const Clock& clock_;
    std::int64_t node_;
    const std::int64_t process_;
    std::atomic<std::int64_t> last_{0};  // milliseconds << 8 | sequence
};

}  // namespace gx

template <>
struct std::hash<gx::RecordId> {
    std::size_t operator()(gx::RecordId id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
