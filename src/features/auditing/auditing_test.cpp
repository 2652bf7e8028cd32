// From what people do to entries and seals, and what a check of them finds.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "access/audit.hpp"
#include "features/auditing/archive.hpp"
#include "features/auditing/recorder.hpp"
#include "features/auditing/verifier.hpp"
#include "record/history_seal.hpp"
#include "record/save_test_support.hpp"
#include "store/schema.hpp"

namespace gx::features {
namespace {

using access::ChainEntry;
using record::test::Values;
using store::Connection;
using store::Row;

std::string text_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

class Auditing : public record::test::OnOffice {
protected:
    void SetUp() override {
        OnOffice::SetUp();
        if (IsSkipped()) return;
        store::Schema schema;
        schema.tables = access::audit_tables();
        store::migrate(store(), schema);
        audit_ = std::make_unique<access::Audit>(store(), office().clock(), ids_);
        recorder_ = std::make_unique<Recorder>(records(), *audit_, note());
        recorder_->begin();
    }
    void TearDown() override {
        recorder_.reset();
        audit_.reset();
    }

    std::filesystem::path folder() { return fresh().settings().directory; }
    std::filesystem::path note() { return folder() / "audit.head"; }

    void round() {
        audit_->drain();
        while (recorder_->round()) {
        }
    }
    Verdict verdict() {
        round();
        std::vector<Anchor> noted;
        if (const auto anchor = read_anchor(note())) noted.push_back(*anchor);
        return verify(records(), noted);
    }
    std::string fault() { return verdict().fault; }

    void run(const std::string& sql) {
        store().change([&](Connection& connection) { connection.execute({sql, {}}); });
    }
    std::vector<ChainEntry> entries(std::string_view kind) {
        std::vector<ChainEntry> found;
        store().read([&](Connection& connection) {
            found.clear();
            connection.query({access::select_entries + " where kind = ? order by seq", {std::string(kind)}},
                             [&](const Row& row) {
                                 found.push_back(access::read_chain_entry(row));
                                 return true;
                             });
        });
        return found;
    }
    RecordId firm(std::string name) { return office().create("firm", {{"name", std::move(name)}}); }

    IdSource ids_{office_clock_, 3};
    std::unique_ptr<access::Audit> audit_;
    std::unique_ptr<Recorder> recorder_;

private:
    static inline FixedClock office_clock_{*parse_timestamp("2026-11-24T02:00:00Z")};
};
GX_ON_EACH_DATABASE(Auditing);

// covers: PLAT-123
TEST_P(Auditing, SealsWhatWasThereAtTheFirstStartAndThenWhatComes) {
    const auto first = entries("sealed");
    ASSERT_EQ(first.size(), 1u) << "the people and what ships";
    EXPECT_EQ(entries("rights").size(), 0u) << "what happened before is not told";

    const RecordId id = firm("华信");
    office().change(boss(), "firm", id, {{"name", std::string("华信科技")}});
    round();

    const auto seals = entries("sealed");
    ASSERT_EQ(seals.size(), 2u);
    EXPECT_EQ(seals[1].entry.rows, 2);
    const Verdict found = verdict();
    EXPECT_EQ(found.fault, "");
    EXPECT_EQ(found.history, office().number("select count(*) from history"));
    EXPECT_EQ(found.unsealed, 0);
    EXPECT_FALSE(recorder_->round()) << "nothing new, nothing written";
}

// covers: NFR-28
TEST_P(Auditing, FindsAHistoryRowThatWasChangedRemovedOrAdded) {
    const RecordId id = firm("华信");
    office().change(boss(), "firm", id, {{"name", std::string("华信科技")}});
    office().change(boss(), "firm", id, {{"staff", Decimal{20, 0}}});
    round();
    ASSERT_EQ(fault(), "");
    const std::string columns = "id, object, record, version, batch, at, who, operation, changes";
    const auto after = [&](const std::string& change) {
        run("create table kept as select * from history");
        run(change);
        const std::string found = fault();
        run("delete from history");
        run("insert into history (" + columns + ") select " + columns + " from kept");
        run("drop table kept");
        EXPECT_EQ(fault(), "");
        return found;
    };
    const std::string last = " where id = (select max(id) from kept)";

    EXPECT_EQ(after("update history set changes = replace(changes, '20', '30')" + last), "audit_history_changed");
    EXPECT_EQ(after("update history set who = null" + last), "audit_history_changed");
    EXPECT_EQ(after("update history set at = at - 1" + last), "audit_history_changed");
    EXPECT_EQ(after("delete from history" + last), "audit_history_removed");
    EXPECT_EQ(after("delete from history where id = (select min(id) from kept)"), "audit_history_removed");
    EXPECT_EQ(after("insert into history (" + columns +
                    ") select id - 1, object, record, version + 9, batch, at, who, "
                    "operation, changes from kept" +
                    last),
              "audit_history_more");
}

TEST_P(Auditing, FindsARowThatSomebodyWroteBehindTheLastSeal) {
    firm("华信");
    round();
    run("insert into history (id, object, record, version, batch, at, operation) select max(id) + 1, 'firm', 5, 1, "
        "max(batch), max(at), 'create' from history");
    EXPECT_EQ(verify(records(), {}).fault, "audit_history_added");

    office().clock().advance(std::chrono::seconds(5));
    firm("中科");
    EXPECT_EQ(fault(), "audit_history_strange") << "the next seal covers it and says so";
}

TEST_P(Auditing, SealsRowsThatWereCommittedLateByName) {
    firm("华信");
    office().clock().advance(std::chrono::seconds(2));
    round();
    const std::int64_t batch = 77;
    // What another process began before the last seal and committed after it.
    run("insert into history (id, object, record, version, batch, at, operation) select min(id) - 1, 'firm', 5, 1, 77, "
        "max(at), 'create' from history");
    run("insert into outbox (id, at, batch, object, operation, rows, count, history_first, history_last) select "
        "max(o.id) + 1, "
        "max(o.at), 77, 'firm', 'create', '[]', 1, (select min(id) from history), (select min(id) from history) "
        "from outbox o");
    run("update sequence set next = next + 1 where object = 'outbox'");
    EXPECT_EQ(verify(records(), {}).fault, "") << "known to be committed, not yet sealed";
    EXPECT_EQ(verify(records(), {}).unsealed, 1);

    round();

    EXPECT_EQ(fault(), "");
    EXPECT_EQ(verdict().unsealed, 0);
    const auto seals = entries("sealed");
    EXPECT_EQ(seals.back().entry.rows, 1);
    EXPECT_NE(seals.back().entry.detail.find("\"batch\":" + std::to_string(batch)), std::string::npos);
    run("update history set version = 2 where batch = 77");
    EXPECT_EQ(fault(), "audit_history_changed");
    run("update history set version = 1 where batch = 77");
    run("delete from history where batch = 77");
    EXPECT_EQ(fault(), "audit_history_removed");
}

TEST_P(Auditing, DoesNotBelieveRowsThatComeMuchTooLate) {
    firm("华信");
    round();
    office().clock().advance(std::chrono::hours(30));
    run("insert into history (id, object, record, version, batch, at, operation) select min(id) - 1, 'firm', 5, 1, 77, "
        "max(at), 'create' from history");
    run("insert into outbox (id, at, batch, object, operation, rows, count, history_first, history_last) select "
        "max(o.id) + 1, "
        "max(o.at), 77, 'firm', 'create', '[]', 1, (select min(id) from history), (select min(id) from history) "
        "from outbox o");
    run("update sequence set next = next + 1 where object = 'outbox'");
    EXPECT_EQ(fault(), "audit_history_late");
}

TEST_P(Auditing, StaysWholeWhenCreationsAreTakenBackAndTheBinIsEmptied) {
    const RecordId kept = firm("华信");
    round();
    record::Change change;
    change.object = "firm";
    change.values = {{"name", std::string("中科")}};
    const record::Saved saved = records().save(boss(), {&change, 1}, {});
    office().change(boss(), "firm", saved.ids[0], {{"staff", Decimal{3, 0}}});
    round();
    const auto on = [](std::size_t, std::size_t) { return true; };
    records().undo(boss(), saved.batch, on);  // changed since by another batch: stays
    office().remove(boss(), "firm", kept);
    record::Change fresh;
    fresh.object = "firm";
    fresh.values = {{"name", std::string("东方")}};
    records().undo(boss(), records().save(boss(), {&fresh, 1}, {}).batch, on);  // never sealed before it goes
    office().clock().advance(std::chrono::hours(24 * 40));
    EXPECT_EQ(records().purge(30), 1u);

    const Verdict found = verdict();

    EXPECT_EQ(found.fault, "");
    EXPECT_EQ(found.erased, 3) << "creation and removal of one, creation of another";
    EXPECT_EQ(office().number("select count(*) from erased_history where entry is null"), 0);
    run("update erased_history set leaf = '0' where id = (select min(id) from erased_history)");
    EXPECT_EQ(fault(), "audit_history_changed");
}

TEST_P(Auditing, FindsHistoryThatWasErasedAlthoughItsRecordIsThere) {
    const RecordId id = firm("华信");
    office().change(boss(), "firm", id, {{"name", std::string("华信科技")}});
    round();
    // As if the platform had done it, digests and all.
    store().change([&](Connection& connection) {
        record::keep_leaves(connection, "firm", {id.value});
        connection.execute({"delete from history where object = 'firm' and record = ?", {id.value}});
    });
    EXPECT_EQ(fault(), "audit_erased_alive");
}

TEST_P(Auditing, FindsDigestsOfErasedRowsThatWereTakenAwayOrAdded) {
    record::Change change;
    change.object = "firm";
    change.values = {{"name", std::string("东方")}};
    records().undo(boss(), records().save(boss(), {&change, 1}, {}).batch,
                   [](std::size_t, std::size_t) { return true; });
    round();
    ASSERT_EQ(fault(), "");
    run("create table kept as select * from erased_history");
    run("delete from erased_history");
    EXPECT_EQ(fault(), "audit_history_removed");
    run("insert into erased_history select * from kept");
    run("insert into erased_history (id, object, record, batch, leaf, entry) select id + 1, object, record + 1, batch, "
        "leaf, entry from kept");
    EXPECT_NE(fault(), "");
}

// covers: PLAT-128
TEST_P(Auditing, TellsOfDeletionsAndOfWhatWasTakenBack) {
    const RecordId a = firm("华信"), b = firm("中科");
    record::Change removals[2];
    removals[0].object = removals[1].object = "firm";
    removals[0].remove = removals[1].remove = true;
    removals[0].id = a;
    removals[1].id = b;
    access::Caller caller = boss();
    caller.address = "10.1.2.3";
    const record::Saved removed = records().save(caller, removals, {});
    const RecordId c = firm("东方");
    office().remove(boss(), "firm", c);
    round();

    auto deletions = entries("delete");
    ASSERT_EQ(deletions.size(), 2u);
    EXPECT_EQ(deletions[0].entry.rows, 2);
    EXPECT_EQ(deletions[0].entry.object, "firm");
    EXPECT_EQ(deletions[0].entry.address, "10.1.2.3");
    EXPECT_EQ(deletions[0].entry.user, boss().user());
    EXPECT_FALSE(deletions[0].entry.record);
    EXPECT_EQ(deletions[0].entry.subject, "华信");
    EXPECT_NE(deletions[0].entry.detail.find(to_string(b)), std::string::npos);
    EXPECT_EQ(deletions[1].entry.record, c);
    EXPECT_EQ(deletions[1].entry.rows, 1);

    records().undo(caller, removed.batch, [](std::size_t, std::size_t) { return true; });
    round();
    const auto undone = entries("undo");
    ASSERT_EQ(undone.size(), 1u);
    EXPECT_EQ(undone[0].entry.rows, 2);
    EXPECT_EQ(entries("delete").size(), 2u);
    EXPECT_EQ(fault(), "");
}

TEST_P(Auditing, TellsManyDeletionsAsOne) {
    std::vector<record::Change> firms(1200);
    for (std::size_t i = 0; i < firms.size(); ++i) {
        firms[i].object = "firm";
        firms[i].values = {{"name", "firm " + std::to_string(i)}};
    }
    records().save(boss(), firms, {});
    record::ListQuery all;
    all.object = "firm";
    records().change_all(boss(), all, {}, true, [](std::size_t, std::size_t) { return true; });
    round();

    const auto deletions = entries("delete");
    ASSERT_EQ(deletions.size(), 1u);
    EXPECT_EQ(deletions[0].entry.rows, 1200);
    EXPECT_EQ(fault(), "");
}

// covers: PLAT-128
TEST_P(Auditing, TellsEveryChangeOfAnAuditedObjectWithOldAndNewValues) {
    const RecordId id = office().create(
        "phase", {{"code", std::string("deal")}, {"name", std::string("谈判")}, {"chance", Decimal{3000, 4}}});
    office().change(boss(), "phase", id, {{"name", std::string("商谈")}});
    round();

    auto changes = entries("rights");
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_EQ(changes[0].entry.record, id);
    EXPECT_EQ(changes[0].entry.object, "phase");
    const json::value created = parse_json(changes[0].entry.detail);
    EXPECT_EQ(created.at("operation").as_string(), "create");
    EXPECT_EQ(json::serialize(created.at("changes").at("name")), R"({"old":null,"new":"谈判"})")
        << "as it was when it was made, not as it is now";
    EXPECT_EQ(json::serialize(created.at("changes").at("chance")), R"({"old":null,"new":"0.3000"})");
    const json::value changed = parse_json(changes[1].entry.detail);
    EXPECT_EQ(json::serialize(changed.at("changes")), R"({"name":{"old":"谈判","new":"商谈"}})");
    EXPECT_EQ(changes[1].entry.subject, "商谈");

    office().remove(boss(), "phase", id);
    round();
    changes = entries("rights");
    ASSERT_EQ(changes.size(), 3u);
    EXPECT_EQ(parse_json(changes[2].entry.detail).at("operation").as_string(), "delete");
    EXPECT_EQ(entries("delete").size(), 1u);
}

TEST_P(Auditing, IsDoneOnceWhenSeveralProcessesDoIt) {
    const std::unique_ptr<store::Store> other_store = store::open(fresh().settings());
    record::test::Office other_office(*other_store, 1);
    IdSource other_ids(other_office.clock(), 4);
    access::Audit other_audit(*other_store, other_office.clock(), other_ids);
    Recorder other(other_office.records(), other_audit, folder() / "other.head");
    for (int i = 0; i < 20; ++i) {
        const RecordId id = i % 2 == 0 ? firm("firm " + std::to_string(i))
                                       : other_office.create("firm", {{"name", "firm " + std::to_string(i)}});
        (i % 2 == 0 ? office() : other_office).remove(boss(), "firm", id);
        std::thread beside([&] { other.round(); });
        recorder_->round();
        beside.join();
    }
    EXPECT_EQ(fault(), "");
    EXPECT_EQ(entries("delete").size(), 20u);
}

TEST_P(Auditing, FindsAChainThatEndsBeforeWhatWasNoted) {
    firm("华信");
    round();
    const auto noted = read_anchor(note());
    ASSERT_TRUE(noted);
    EXPECT_EQ(noted->seq, office().number("select last from audit_head"));
    firm("中科");
    round();
    // The whole end cut off, head and all: the database alone looks whole.
    run("delete from audit_entry where seq > 1");
    run("update audit_head set last = 1, hash = (select hash from audit_entry where seq = 1), sealed_event = 0, "
        "sealed_history = 0");
    EXPECT_EQ(verify(records(), {}).fault, "") << "from inside of the database nobody can tell";
    const Anchor place[] = {*noted};
    EXPECT_EQ(verify(records(), place).fault, "audit_shorter");
    const Anchor wrong[] = {{1, std::string(64, 'a')}};
    EXPECT_EQ(verify(records(), wrong).fault, "audit_not_as_noted");
}

// ── archives ───────────────────────────────────────────────────────────────────────────────────────────────────────

class Archiving : public Auditing {
protected:
    std::filesystem::path file(const std::string& name = "old.jsonl") { return folder() / name; }
    SigningKey key() { return installation_key(folder() / "audit.key"); }
    // Three days of work, a day apart; gives the moment between the second and the third.
    Timestamp work() {
        for (int day = 0; day < 2; ++day) {
            office().remove(boss(), "firm", firm("firm " + std::to_string(day)));
            audit_->append({.kind = "export", .subject = "old " + std::to_string(day)});
            round();
            office().clock().advance(std::chrono::hours(24));
            clock_of_ids_.advance(std::chrono::hours(24));
        }
        const Timestamp between = office().clock().now() - std::chrono::hours(1);
        office().remove(boss(), "firm", firm("firm 2"));
        audit_->append({.kind = "export", .subject = "new"});
        round();
        return between;
    }
    FixedClock clock_of_ids_{*parse_timestamp("2026-11-24T02:00:00Z")};
};
GX_ON_EACH_DATABASE(Archiving);

// covers: NFR-28
TEST_P(Archiving, MovesOldEntriesToASignedFileAndGoesOnBehindThem) {
    const Timestamp before = work();
    const std::int64_t all = office().number("select count(*) from audit_entry");

    const Archived archived = archive_audit(records(), *audit_, key(), before, file());

    EXPECT_EQ(archived.first, 1);
    EXPECT_GT(archived.entries, 4);
    EXPECT_EQ(office().number("select count(*) from audit_entry"), all - archived.entries + 1);
    EXPECT_EQ(office().number("select count(*) from audit_entry where subject like 'old%'"), 1)
        << "of these only the entry about the file old.jsonl";
    const Verdict found = verdict();
    EXPECT_EQ(found.fault, "");
    EXPECT_EQ(found.head.first, archived.last + 1);
    EXPECT_EQ(found.history, office().number("select count(*) from history")) << "also of what was sealed long ago";

    const ArchiveCheck check = check_archive(file());
    EXPECT_EQ(check.fault, "");
    EXPECT_EQ(check.key, key().open);
    EXPECT_EQ(check.entries, archived.entries);
    EXPECT_EQ(check.head, found.head.base);
    EXPECT_NE(text_of(file()).find("old 0"), std::string::npos);
    EXPECT_EQ(text_of(file()).find("\"new\""), std::string::npos);
}

TEST_P(Archiving, StillFindsWhatHappensToOldHistoryAndGoesOnWithTheNextArchive) {
    const Timestamp before = work();
    archive_audit(records(), *audit_, key(), before, file());
    ASSERT_EQ(fault(), "");
    run("update history set who = 5 where id = (select min(id) from history)");
    EXPECT_EQ(fault(), "audit_history_changed");
    EXPECT_THROW(archive_audit(records(), *audit_, key(), office().clock().now(), file("b.jsonl")), Failure);
    EXPECT_FALSE(std::filesystem::exists(file("b.jsonl")));
    run("update history set who = null where id = (select min(id) from history)");
    ASSERT_EQ(fault(), "");

    office().clock().advance(std::chrono::hours(24));
    records().purge(1);
    round();
    const Archived second =
        archive_audit(records(), *audit_, key(), office().clock().now() + std::chrono::hours(1), file("b.jsonl"));
    EXPECT_GT(second.entries, 0);
    EXPECT_EQ(fault(), "");
    const ArchiveCheck one = check_archive(file()), two = check_archive(file("b.jsonl"));
    EXPECT_EQ(two.base, one.head) << "the files are one chain";
    EXPECT_EQ(two.first, one.last + 1);
    firm("后来");
    EXPECT_EQ(fault(), "");
}

TEST_P(Archiving, LeavesThingsAloneWhenThereIsNothingOldOrTheFileIsThere) {
    const Timestamp before = work();
    EXPECT_EQ(archive_audit(records(), *audit_, key(), before - std::chrono::hours(24 * 30), file()).entries, 0);
    EXPECT_FALSE(std::filesystem::exists(file()));
    std::ofstream(file()) << "mine";
    EXPECT_THROW(archive_audit(records(), *audit_, key(), before, file()), Failure);
    EXPECT_EQ(text_of(file()), "mine");
    EXPECT_EQ(fault(), "");
    EXPECT_EQ(office().number("select first from audit_head"), 1);
}

TEST_P(Archiving, IsDoneByItselfWhenEntriesAreOlderThanTheMonthsToKeep) {
    const auto due = [&](int months) {
        return AuditArchives(records(), *audit_, folder() / "audit.key", folder() / "audit").make_when_due(months);
    };
    work();  // from 24 to 26 November
    EXPECT_FALSE(due(6));
    office().clock().advance(std::chrono::hours(24 * 160));  // 5 May
    EXPECT_FALSE(due(6)) << "November is the sixth month before";
    office().clock().advance(std::chrono::hours(24 * 30));  // 4 June
    const auto file = due(6);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->filename(), "audit-before-2026-12-01.jsonl");
    EXPECT_EQ(check_archive(*file).fault, "");
    EXPECT_EQ(office().number("select count(*) from audit_entry where kind = 'export'"), 0);
    EXPECT_EQ(fault(), "");
    EXPECT_FALSE(due(6)) << "once";
}

TEST_P(Archiving, FindsEveryChangeOfAFile) {
    archive_audit(records(), *audit_, key(), work(), file());
    const std::string whole = text_of(file());
    const auto after = [&](std::string_view from, std::string_view to) {
        std::string text = whole;
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        text.replace(at, from.size(), to);
        std::ofstream(file(), std::ios::binary | std::ios::trunc) << text;
        return check_archive(file()).fault;
    };
    const SigningKey other = make_signing_key();
    EXPECT_EQ(after("old 0", "old 9"), "archive_changed");
    EXPECT_EQ(after("\"seq\":2,", "\"seq\":3,"), "archive_changed");
    EXPECT_EQ(after("\"before\":\"2026", "\"before\":\"2025"), "archive_digest");
    EXPECT_EQ(after(key().open, other.open), "archive_digest");
    EXPECT_EQ(after("\"signature\":\"", "\"signature\":\"00"), "archive_signature");
    EXPECT_EQ(after("\n", "\n\n"), "archive_shape");
    EXPECT_EQ(after("{\"sha256\"", "{\"sha255\""), "archive_shape");
    const std::size_t second_line = whole.find('\n') + 1;
    EXPECT_EQ(after(whole.substr(second_line, whole.find('\n', second_line) + 1 - second_line), ""), "archive_changed");
    EXPECT_EQ(check_archive(file("nowhere")).fault, "archive_unreadable");
}

TEST_P(Archiving, KeepsTheKeyOfTheInstallation) {
    const SigningKey made = key();
    EXPECT_EQ(key().open, made.open);
    const auto allowed = std::filesystem::status(folder() / "audit.key").permissions();
    EXPECT_EQ(allowed & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
              std::filesystem::perms::none);
    std::ofstream(folder() / "audit.key") << "nonsense";
    EXPECT_THROW(key(), Failure);
}

}  // namespace
}  // namespace gx::features
