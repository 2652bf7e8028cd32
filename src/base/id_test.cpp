#include "base/id.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/failure.hpp"
#include "base/time.hpp"

namespace gx {
namespace {

const Timestamp noon = parse_timestamp("2026-11-24T12:00:00Z").value();

TEST(IdSource, RisesEvenWhenTheClockStandsOrGoesBack) {
    FixedClock clock(noon);
    IdSource ids(clock, 3);
    const RecordId first = ids.next();
    const std::vector<RecordId> many = ids.next_many(1000);
    clock.advance(std::chrono::seconds{-60});
    const RecordId last = ids.next();

    EXPECT_LT(first, many.front());
    EXPECT_TRUE(std::ranges::is_sorted(many));
    EXPECT_LT(many.back(), last);
}

TEST(IdSource, GivesIdsThatAreExactInJson) {
    const FixedClock late(parse_timestamp("2093-01-01T00:00:00Z").value());
    IdSource ids(late, 15);

    EXPECT_LT(ids.next().value, std::int64_t{1} << 53);
}

TEST(IdSource, NeverGivesTheSameIdTwice) {
    const SystemClock clock;
    IdSource ids(clock, 0);
    IdSource other(clock, 1);
    std::vector<std::vector<RecordId>> taken(3);
    {
        std::vector<std::jthread> threads;
        threads.emplace_back([&] {
            for (int i = 0; i < 5000; ++i) taken[0].push_back(ids.next());
        });
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) std::ranges::copy(ids.next_many(100), std::back_inserter(taken[1]));
        });
        threads.emplace_back([&] { taken[2] = other.next_many(5000); });
    }
    std::set<RecordId> all;
    for (const auto& part : taken) all.insert(part.begin(), part.end());

    EXPECT_EQ(all.size(), 15'000U);
}

TEST(RecordId, HasOneSpelling) {
    EXPECT_EQ(parse_record_id("9007199254740991"), RecordId{9007199254740991});
    EXPECT_EQ(to_string(RecordId{42}), "42");
    for (const char* wrong : {"", "0", "-1", "+1", "01", "1 ", "9007199254740992", "99999999999999999999", "1.0", "x"})
        EXPECT_FALSE(parse_record_id(wrong)) << wrong;
}

TEST(IdSource, RefusesANodeThatDoesNotFit) {
    const SystemClock clock;
    EXPECT_THROW(IdSource(clock, 16), Failure);
}

}  // namespace
}  // namespace gx
