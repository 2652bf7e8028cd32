// The process is killed in the middle of eight writers, again and again: whatever was acknowledged is there afterwards,
// whole, and nothing is there by half.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <random>
#include <thread>

#include "record/save_test_support.hpp"
#include "store/search.hpp"

namespace gx::record {
namespace {

using test::Office;

class Kill : public store::test::OnEachDatabase {};
GX_ON_EACH_DATABASE(Kill);

// Writes until it is killed, and tells the id of every acknowledged record through the pipe.
[[noreturn]] void write_until_killed(const store::Settings& settings, int pipe, int round) {
    const std::unique_ptr<store::Store> store = store::open(settings);
    Office office(*store, static_cast<unsigned>(1 + round % 14));
    std::vector<std::thread> writers;
    for (int w = 0; w < 8; ++w)
        writers.emplace_back([&, w] {
            for (int i = 0;; ++i) {
                const RecordId id = office.create("firm", {{"name", "w" + std::to_string(w) + " " + std::to_string(i)},
                                                           {"tags", Codes{"new", "vip"}}});
                if (write(pipe, &id.value, sizeof id.value) != sizeof id.value) _exit(1);
            }
        });
    for (std::thread& writer : writers) writer.join();
    _exit(0);
}

// covers: NFR-30 (kill -9 at any moment under 8 writers)
TEST_P(Kill, AtAnyMomentLosesNoAcknowledgedWriteAndLeavesNoHalfOne) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    {
        Office first(store());
    }
    fresh().close();

    std::vector<std::int64_t> acknowledged;
    for (int round = 0; round < 5; ++round) {
        int ends[2];
        ASSERT_EQ(pipe(ends), 0);
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            close(ends[0]);
            write_until_killed(fresh().settings(), ends[1], round);
        }
        close(ends[1]);
        std::int64_t id = 0;
        std::size_t of_this_round = 0;
        const std::size_t enough = 20 + random() % 100;
        while (read(ends[0], &id, sizeof id) == sizeof id) {
            acknowledged.push_back(id);
            if (++of_this_round == enough) kill(child, SIGKILL);
        }
        close(ends[0]);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the writers ended by themselves";
        ASSERT_GE(of_this_round, enough);
    }

    fresh().reopen();
    Office office(store());
    std::map<std::int64_t, int> tags;
    store().read([&](store::Connection& connection) {
        tags.clear();
        connection.query(
            {"select f.id, count(t.item) from firm f left join firm_tags t on t.record = f.id group by f.id", {}},
            [&](const store::Row& row) {
                tags[row.integer(0)] = static_cast<int>(row.integer(1));
                return true;
            });
    });
    for (const std::int64_t id : acknowledged) EXPECT_TRUE(tags.contains(id)) << id;
    for (const auto& [id, count] : tags) EXPECT_EQ(count, 2) << id;
    const auto rows = static_cast<std::int64_t>(tags.size());
    EXPECT_EQ(office.number("select count(*) from history h join firm f on f.id = h.record where h.object = 'firm'"),
              rows);
    EXPECT_EQ(office.number("select count(*) from history where object = 'firm'"), rows);
    EXPECT_EQ(office.number("select count(*) from outbox where object = 'firm'"), rows);
    EXPECT_EQ(office.number("select count(*) from batch where object = 'firm'"), rows);
    EXPECT_EQ(office.number("select count(distinct number) from firm"), rows);
    EXPECT_EQ(office.number("select next from sequence where object = 'firm'"), rows + 1);
    EXPECT_FALSE(office.found("firm", "w1").empty());
}

}  // namespace
}  // namespace gx::record
