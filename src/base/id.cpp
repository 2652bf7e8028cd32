#include "base/id.hpp"

#include <algorithm>
#include <charconv>
#include <random>

#include "base/failure.hpp"
#include "base/time.hpp"

namespace gx {

namespace {

constexpr std::int64_t id_max = (std::int64_t{1} << 53) - 1;
constexpr Timestamp epoch = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};

RecordId make_id(std::int64_t ticket, std::int64_t node) {
    const std::int64_t milliseconds = ticket >> 8;
    const std::int64_t sequence = ticket & 0xFF;
    const RecordId id{(milliseconds << 12) | (node << 8) | sequence};
    ensure(id.value > 0 && id.value <= id_max, "record id out of range");
    return id;
}

std::int64_t any_number() {
    std::random_device device;
    return std::uniform_int_distribution<std::int64_t>(1)(device);
}

}  // namespace

std::string to_string(RecordId id) { return std::to_string(id.value); }

std::optional<RecordId> parse_record_id(std::string_view text) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    // Sixteen digits hold 2^53-1; leading zeros and signs would give one id two spellings.
    if (error != std::errc{} || at != end || text.size() > 16 || text.front() == '0') return std::nullopt;
    if (value < 1 || value > id_max) return std::nullopt;
    return RecordId{value};
}

IdSource::IdSource(const Clock& clock, unsigned node) : clock_(clock), node_(node), process_(any_number()) {
    ensure(node < 16, "node of an id source is 0..15");
}

RecordId IdSource::next() { return next_many(1).front(); }

std::vector<RecordId> IdSource::next_many(std::size_t count) {
    if (count == 0) return {};
    const std::int64_t now = (clock_.now() - epoch).count() << 8;
    const auto step = static_cast<std::int64_t>(count);
    std::int64_t last = last_.load();
    std::int64_t first = 0;
    do {
        // A clock that stands still or goes back must not repeat an id.
        first = std::max(now, last + 1);
    } while (!last_.compare_exchange_weak(last, first + step - 1));

    std::vector<RecordId> ids;
    ids.reserve(count);
    for (std::int64_t ticket = first; ticket < first + step; ++ticket) ids.push_back(make_id(ticket, node_));
    return ids;
}

}  // namespace gx
