// Any order of creating, changing, removing, restoring and undoing leaves the database in the state that a model of a
// few lines arrives at, with every part of it agreeing: rows, links, search index, history.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "record/save_test_support.hpp"
#include "store/store.hpp"

namespace gx::record {
namespace {

using test::Values;

struct Firm {
    std::string name;
    std::optional<std::string> tax_code;
    Codes tags;
    std::optional<std::int64_t> staff;
    bool removed = false;
    std::int64_t version = 1;

    friend bool operator==(const Firm&, const Firm&) = default;
};
using Firms = std::map<std::int64_t, Firm>;

class Random : public test::OnOffice {
protected:
    Firms stored() {
        Firms firms;
        store().read([&](store::Connection& connection) {
            firms.clear();
            connection.query({"select id, name, tax_code, staff, deleted_at, version from firm", {}},
                             [&](const store::Row& row) {
                                 Firm& firm = firms[row.integer(0)];
                                 firm.name = row.text(1);
                                 if (!row.is_null(2)) firm.tax_code = std::string(row.text(2));
                                 if (!row.is_null(3)) firm.staff = row.integer(3);
                                 firm.removed = !row.is_null(4);
                                 firm.version = row.integer(5);
                                 return true;
                             });
            connection.query({"select record, item from firm_tags order by record, item", {}},
                             [&](const store::Row& row) {
                                 firms[row.integer(0)].tags.emplace_back(row.text(1));
                                 return true;
                             });
        });
        return firms;
    }
};
GX_ON_EACH_DATABASE(Random);

// Which values a row gets, and what the simple model makes of them.
Values random_values(std::mt19937_64& random, Firm& firm) {
    static const std::vector<std::string> words{"华信", "云峰", "明达", "海川", "science", "Ünïcode", "x y z"};
    static const std::vector<std::string> tags{"new", "old", "vip"};
    Values values;
    if (random() % 2 == 0 || firm.name.empty()) {
        firm.name = words[random() % words.size()] + std::to_string(random() % 50);
        values.emplace_back("name", firm.name);
    }
    if (random() % 3 == 0) {
        firm.tax_code = random() % 4 == 0 ? std::nullopt : std::optional("T" + std::to_string(random() % 12));
        values.emplace_back("tax_code", firm.tax_code ? Value(*firm.tax_code) : Value());
    }
    if (random() % 3 == 0) {
        firm.tags.clear();
        for (const std::string& tag : tags)
            if (random() % 2 == 0) firm.tags.push_back(tag);
        values.emplace_back("tags", firm.tags.empty() ? Value() : Value(firm.tags));
    }
    if (random() % 3 == 0) {
        firm.staff = static_cast<std::int64_t>(random() % 1000);
        values.emplace_back("staff", Decimal{*firm.staff, 0});
    }
    return values;
}

bool same_but_version(Firm a, Firm b) {
    a.version = b.version = 0;
    return a == b;
}

// What saving the changes should give, or nothing when one of them is not possible.
std::optional<Firms> expected(const Firms& before, const std::map<std::int64_t, Firm>& wanted,
                              const std::vector<Firm>& made) {
    Firms after = before;
    for (const auto& [id, firm] : wanted) {
        after[id] = firm;
        after[id].version = before.at(id).version + (same_but_version(firm, before.at(id)) ? 0 : 1);
    }
    std::map<std::string, int> holders;
    for (const auto& [id, firm] : after)
        if (!firm.removed && firm.tax_code) ++holders[*firm.tax_code];
    for (const Firm& firm : made)
        if (firm.tax_code) ++holders[*firm.tax_code];
    for (const auto& [code, count] : holders)
        if (count > 1) return std::nullopt;
    return after;
}

TEST_P(Random, OperationsAgreeWithASimpleModel) {
    const char* given = std::getenv("GX_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    SCOPED_TRACE("GX_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    Firms firms;
    struct Done {
        RecordId batch;
        Firms before;
        std::vector<std::int64_t> touched;
    };
    std::optional<Done> last;

    for (int step = 0; step < 150; ++step) {
        const auto go_on = [](std::size_t, std::size_t) { return true; };
        if (last && random() % 5 == 0) {
            const Undone undone = office().records().undo(office().boss(), last->batch, go_on);
            ASSERT_EQ(undone.skipped, 0u) << "step " << step;
            for (const std::int64_t id : last->touched) {
                const auto before = last->before.find(id);
                if (before == last->before.end()) {
                    firms.erase(id);
                } else {
                    const std::int64_t version = firms.at(id).version + 1;
                    firms[id] = before->second;
                    firms[id].version = version;
                }
            }
            last.reset();
            ASSERT_EQ(stored(), firms) << "step " << step;
            continue;
        }
        std::vector<Change> changes;
        std::map<std::int64_t, Firm> wanted;
        std::vector<Firm> made;
        const std::size_t count = 1 + random() % 4;
        for (std::size_t i = 0; i < count; ++i) {
            Change change;
            change.object = "firm";
            change.row = i;
            auto chosen = firms.begin();
            if (!firms.empty()) std::advance(chosen, static_cast<std::ptrdiff_t>(random() % firms.size()));
            if (firms.empty() || random() % 3 == 0) {
                Firm& firm = made.emplace_back();
                change.values = random_values(random, firm);
            } else if (wanted.contains(chosen->first)) {
                continue;
            } else {
                Firm& firm = wanted[chosen->first] = chosen->second;
                change.id = RecordId{chosen->first};
                if (firm.removed) {
                    change.restore = true;
                    firm.removed = false;
                } else if (random() % 4 == 0) {
                    change.remove = true;
                    firm.removed = true;
                } else {
                    if (random() % 2 == 0) change.version = firm.version;
                    change.values = random_values(random, firm);
                }
            }
            changes.push_back(std::move(change));
        }
        const std::optional<Firms> after = expected(firms, wanted, made);
        std::optional<Saved> saved;
        try {
            saved = office().records().save(office().boss(), changes, {});
        } catch (const Failure& failure) {
            ASSERT_EQ(failure.kind(), Failure::Kind::invalid) << failure.key() << " at step " << step;
        }
        ASSERT_EQ(saved.has_value(), after.has_value()) << "step " << step;
        if (saved) {
            Done done{saved->batch, firms, {}};
            std::size_t next_made = 0;
            Firms now = *after;
            for (std::size_t i = 0; i < changes.size(); ++i)
                if (!changes[i].id) now[saved->ids[i].value] = made[next_made++];
            for (const auto& [id, firm] : now)
                if (!firms.contains(id) || firms.at(id).version != firm.version) done.touched.push_back(id);
            firms = std::move(now);
            last.reset();
            if (saved->batch) last = std::move(done);
        }
        ASSERT_EQ(stored(), firms) << "step " << step;
    }
    for (const auto& [id, firm] : firms) {
        EXPECT_EQ(office().history("firm", RecordId{id}).size(), static_cast<std::size_t>(firm.version));
        EXPECT_THAT(office().found("firm", firm.name), ::testing::Contains(RecordId{id}));
    }
    EXPECT_EQ(office().number("select count(*) from history where object = 'firm'"), [&] {
        std::int64_t versions = 0;
        for (const auto& [id, firm] : firms) versions += firm.version;
        return versions;
    }());
}

}  // namespace
}  // namespace gx::record
