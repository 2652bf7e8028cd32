#include "features/auditing/verifier.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/texts.hpp"
#include "features/auditing/seal.hpp"
#include "record/operations.hpp"
#include "store/sql_text.hpp"

namespace gx::features {

namespace {

using access::ChainEntry;
using store::Connection;
using store::Row;

constexpr JsonLimits detail_limits{64u << 20, 32};
// No transaction takes so long: an id is made in the transaction that writes it.
constexpr auto late_most = std::chrono::hours(1);
constexpr Timestamp id_epoch = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};

Timestamp moment_of(std::int64_t id) { return id_epoch + std::chrono::milliseconds(id >> 12); }

Joined read_joined(const json::object& in) {
    Joined joined;
    joined.to = in.at("to").as_int64();
    joined.event = in.at("event").as_int64();
    joined.rows = in.at("rows").as_int64();
    joined.digest = std::string(in.at("digest").as_string());
    joined.erased_rows = in.at("erased_rows").as_int64();
    joined.erased_digest = std::string(in.at("erased_digest").as_string());
    return joined;
}

struct PlacedSeal {
    std::int64_t seq = 0;
    Timestamp at{};
    Seal seal;
};

// The seals of the chain, in order, and what an archive says of those that it holds.
struct Seals {
    std::vector<PlacedSeal> seals;
    std::optional<Joined> archived;
    std::int64_t archived_to_seq = 0;
    std::optional<std::int64_t> unreadable;  // seq

    void take(const ChainEntry& chained) {
        const bool is_seal = chained.entry.kind == access::audit_kind::sealed;
        if (!is_seal && chained.entry.kind != access::audit_kind::archived) return;
        try {
            const json::value detail = parse_json(chained.entry.detail, detail_limits);
            if (is_seal) {
                seals.push_back({chained.seq, chained.at, read_seal(detail)});
            } else {
                archived_to_seq = detail.as_object().at("last").as_int64();
                archived = read_joined(detail.as_object().at("history").as_object());
            }
        } catch (const std::exception&) {
            unreadable = unreadable.value_or(chained.seq);
        }
    }

    // Seals that an archive joined are the archive's matter, also while their entries still stand here.
    void leave_out_archived() {
        std::erase_if(seals, [&](const PlacedSeal& one) { return one.seq <= archived_to_seq; });
    }
    std::int64_t first_to() const { return archived ? archived->to : 0; }
    std::int64_t last_event() const {
        return !seals.empty() ? seals.back().seal.event : archived ? archived->event : 0;
    }
};

// Rows of history that belong to some seal as late ones, by batch.
class LateRows {
public:
    struct Run {
        const LateRun* run;
        std::int64_t seq;
        Stretch found;
    };

    void add(const PlacedSeal& placed) {
        for (const LateRun& late : placed.seal.late) runs_[late.batch].push_back({&late, placed.seq, {}});
    }
    Run* holding(const record::HistoryLeaf& leaf) {
        const auto of_batch = runs_.find(leaf.batch);
        if (of_batch == runs_.end()) return nullptr;
        for (Run& run : of_batch->second)
            if (run.run->holds(leaf)) return &run;
        return nullptr;
    }
    template <class Use>
    void each(Use use) {
        for (auto& [batch, runs] : runs_)
            for (Run& run : runs) use(run);
    }

private:
    std::unordered_map<std::int64_t, std::vector<Run>> runs_;
};

// What is committed but not yet sealed.
class FreshRows {
public:
    FreshRows(Connection& connection, std::int64_t after_event) {
        for (const record::Operation& operation : record::operations_after(connection, after_event))
            if (operation.history_first != 0)
                runs_[operation.batch.value].emplace_back(operation.history_first, operation.history_last);
    }
    bool holds(const record::HistoryLeaf& leaf) const {
        const auto of_batch = runs_.find(leaf.batch);
        return of_batch != runs_.end() && std::ranges::any_of(of_batch->second, [&](const auto& run) {
                   return leaf.id >= run.first && leaf.id <= run.second;
               });
    }

private:
    std::unordered_map<std::int64_t, std::vector<std::pair<std::int64_t, std::int64_t>>> runs_;
};

class Verifying {
public:
    Verifying(const record::Records& records, Connection& connection, std::span<const Anchor> noted)
        : records_(records), connection_(connection), noted_(noted) {}

    Verdict run() {
        check_entries();
        if (verdict_.is_whole()) check_seals();
        if (verdict_.is_whole()) check_history();
        if (verdict_.is_whole()) check_erased();
        if (verdict_.is_whole()) check_erased_records();
        return std::move(verdict_);
    }

private:
    void fault(std::string_view key, TextParams params) {
        if (!verdict_.is_whole()) return;
        verdict_.fault = key;
        verdict_.params = std::move(params);
    }
    static std::string number(std::int64_t value) { return std::to_string(value); }

    void check_entries() {
        std::map<std::int64_t, std::string> hashes;  // at the places that are noted
        for (const Anchor& anchor : noted_) hashes[anchor.seq];
        const access::ChainCheck check = access::check_chain(connection_, [&](const ChainEntry& chained) {
            seals_.take(chained);
            if (const auto place = hashes.find(chained.seq); place != hashes.end()) place->second = chained.hash;
        });
        verdict_.head = check.head;
        verdict_.entries = check.entries;
        if (check.fault) return fault(check.fault->key, {{"seq", number(check.fault->seq)}});
        if (const auto base = hashes.find(check.head.first - 1); base != hashes.end()) base->second = check.head.base;
        for (const Anchor& anchor : noted_) {
            if (anchor.seq < check.head.first - 1) continue;  // the archive that holds it can be asked
            if (anchor.seq == 0) continue;
            if (anchor.seq > check.head.last)
                return fault("audit_shorter", {{"seq", number(anchor.seq)}, {"last", number(check.head.last)}});
            if (hashes.at(anchor.seq) != anchor.hash) return fault("audit_not_as_noted", {{"seq", number(anchor.seq)}});
        }
    }

    void check_seals() {
        if (seals_.unreadable) return fault("audit_seal_unreadable", {{"seq", number(*seals_.unreadable)}});
        seals_.leave_out_archived();
        std::int64_t to = seals_.first_to();
        for (const PlacedSeal& placed : seals_.seals) {
            const auto at = [&] { return TextParams{{"seq", number(placed.seq)}}; };
            if (placed.seal.from != to || placed.seal.to < to) return fault("audit_seal_gap", at());
            if (placed.seal.strange > 0)
                return fault("audit_history_strange",
                             {{"seq", number(placed.seq)}, {"rows", number(placed.seal.strange)}});
            for (const LateRun& late : placed.seal.late)
                if (placed.at - moment_of(late.from) > late_most)
                    return fault("audit_history_late",
                                 {{"seq", number(placed.seq)}, {"from", number(late.from)}, {"to", number(late.to)}});
            to = placed.seal.to;
        }
    }

    // One pass over all rows by rising id; each belongs to a stretch, or to a late run, or is not sealed yet.
    void check_history() {
        LateRows late;
        for (const PlacedSeal& placed : seals_.seals) late.add(placed);
        const FreshRows fresh(connection_, seals_.last_event());
        std::size_t next = 0;
        Stretch found, archived;
        const auto close_until = [&](std::int64_t id) {
            while (next < seals_.seals.size() && id > seals_.seals[next].seal.to) {
                const PlacedSeal& placed = seals_.seals[next++];
                compare(placed.seq, placed.seal.from, placed.seal.to, placed.seal.stretch, found);
                found = {};
            }
        };
        std::int64_t last = 0;
        record::each_leaf(connection_, 0, (std::int64_t{1} << 53) - 1, [&](const record::HistoryLeaf& leaf) {
            if (leaf.id == last) fault("audit_history_twice", {{"id", number(leaf.id)}});
            last = leaf.id;
            if (fresh.holds(leaf)) {
                ++verdict_.unsealed;
            } else if (LateRows::Run* run = late.holding(leaf)) {
                run->found.add(leaf);
            } else if (leaf.id <= seals_.first_to()) {
                archived.add(leaf);
            } else {
                close_until(leaf.id);
                if (next < seals_.seals.size())
                    found.add(leaf);
                else
                    fault("audit_history_added", {{"id", number(leaf.id)}});
            }
        });
        close_until((std::int64_t{1} << 53));
        if (seals_.archived)
            compare(seals_.archived_to_seq, 0, seals_.archived->to, {seals_.archived->rows, seals_.archived->digest},
                    archived);
        late.each(
            [&](LateRows::Run& run) { compare(run.seq, run.run->from - 1, run.run->to, run.run->sealed, run.found); });
    }

    void compare(std::int64_t seq, std::int64_t above, std::int64_t to, const Sealed& sealed, Stretch& found) {
        const TextParams where{{"seq", number(seq)},
                               {"from", number(above + 1)},
                               {"to", number(to)},
                               {"sealed", number(sealed.rows)},
                               {"found", number(found.rows())}};
        if (found.rows() < sealed.rows) return fault("audit_history_removed", where);
        if (found.rows() > sealed.rows) return fault("audit_history_more", where);
        if (found.digest() != sealed.digest) return fault("audit_history_changed", where);
        verdict_.history += sealed.rows;
    }

    // Digests of rows that went: those of each seal together, those of archived seals all together.
    void check_erased() {
        std::map<std::int64_t, Stretch> found;  // by the entry that covers them; archived ones by 0
        connection_.query({"select id, leaf, entry from erased_history where entry is not null order by entry, id", {}},
                          [&](const Row& row) {
                              const std::int64_t entry = row.integer(2) <= seals_.archived_to_seq ? 0 : row.integer(2);
                              found[entry].add_erased(row.integer(0), row.text(1));
                              return true;
                          });
        const auto compare_erased = [&](std::int64_t key, std::int64_t seq, const Sealed& sealed) {
            Stretch stretch = std::move(found[key]);
            found.erase(key);
            if (stretch.rows() != sealed.rows || stretch.digest() != sealed.digest)
                return fault("audit_erased_changed", {{"seq", number(seq)}});
            verdict_.erased += sealed.rows;
        };
        if (seals_.archived)
            compare_erased(0, seals_.archived_to_seq, {seals_.archived->erased_rows, seals_.archived->erased_digest});
        for (const PlacedSeal& placed : seals_.seals) compare_erased(placed.seq, placed.seq, placed.seal.erased);
        if (!found.empty()) fault("audit_erased_changed", {{"seq", number(found.begin()->first)}});
    }

    // History goes only together with its record.
    void check_erased_records() {
        const meta::ModelPtr model = records_.parts().model();
        std::vector<std::string> objects;
        connection_.query({"select distinct object from erased_history", {}}, [&](const Row& row) {
            objects.emplace_back(row.text(0));
            return true;
        });
        for (const std::string& object : objects) {
            if (model->find(object) == nullptr) continue;
            connection_.query({"select r.id from erased_history e join " + store::identifier(object) +
                                   " r on r.id = e.record where e.object = ? order by r.id limit 1",
                               {object}},
                              [&](const Row& row) {
                                  fault("audit_erased_alive", {{"object", object}, {"id", number(row.integer(0))}});
                                  return false;
                              });
        }
    }

    const record::Records& records_;
    Connection& connection_;
    std::span<const Anchor> noted_;
    Seals seals_;
    Verdict verdict_;
};

}  // namespace

Verdict verify(const record::Records& records, std::span<const Anchor> noted) {
    Verdict verdict;
    records.parts().store.read([&](Connection& connection) { verdict = Verifying(records, connection, noted).run(); });
    return verdict;
}

void write_verdict(const Verdict& verdict, Language language, JsonWriter& json) {
    json.begin_object().key("whole").boolean(verdict.is_whole());
    json.key("fault");
    if (verdict.is_whole()) {
        json.null();
    } else {
        json.begin_object().key("key").string(verdict.fault);
        json.key("text").string(text(language, verdict.fault, verdict.params));
        for (const auto& [name, value] : verdict.params) json.key(name).string(value);
        json.end_object();
    }
    json.key("first").integer(verdict.head.first).key("last").integer(verdict.head.last);
    json.key("head").string(to_text({verdict.head.last, verdict.head.hash}));
    json.key("entries").integer(verdict.entries).key("history").integer(verdict.history);
    json.key("erased").integer(verdict.erased).key("unsealed").integer(verdict.unsealed);
    json.end_object();
}

Joined join_seals(Connection& connection, std::int64_t up_to_seq) {
    Seals seals;
    connection.allow_long_statements();
    connection.query({access::select_entries + " where kind in ('sealed', 'archived') order by seq", {}},
                     [&](const Row& row) {
                         seals.take(access::read_chain_entry(row));
                         return true;
                     });
    Joined joined;
    joined.to = seals.first_to();
    if (seals.archived) joined.event = seals.archived->event;
    LateRows later;
    for (const PlacedSeal& placed : seals.seals) {
        if (placed.seq <= up_to_seq) {
            joined.to = std::max(joined.to, placed.seal.to);
            joined.event = std::max(joined.event, placed.seal.event);
        } else {
            later.add(placed);
        }
    }
    const FreshRows fresh(connection, seals.last_event());
    Stretch stretch, erased;
    record::each_leaf(connection, 0, joined.to, [&](const record::HistoryLeaf& leaf) {
        if (!fresh.holds(leaf) && later.holding(leaf) == nullptr) stretch.add(leaf);
    });
    connection.query({"select id, leaf from erased_history where entry <= ? order by entry, id", {up_to_seq}},
                     [&](const Row& row) {
                         erased.add_erased(row.integer(0), row.text(1));
                         return true;
                     });
    joined.rows = stretch.rows();
    joined.digest = stretch.digest();
    joined.erased_rows = erased.rows();
    joined.erased_digest = erased.digest();
    return joined;
}

std::string to_json(const Joined& joined) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().key("to").integer(joined.to).key("event").integer(joined.event);
    json.key("rows").integer(joined.rows).key("digest").string(joined.digest);
    json.key("erased_rows").integer(joined.erased_rows).key("erased_digest").string(joined.erased_digest);
    json.end_object();
    return out;
}

}  // namespace gx::features
