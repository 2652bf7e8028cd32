// The chain of the audit: what it finds, and that it stays one chain whoever writes.
#include "access/audit.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/failure.hpp"
#include "store/schema.hpp"
#include "store/store_test_support.hpp"

namespace gx::access {
namespace {

using store::Connection;
using store::Row;

// As the declared object has it (modules/organisation/audit_entry).
store::Table audit_entry_table() {
    return {"audit_entry",
            {{"id", false, true},
             {"version", false, true},
             {"created_by"},
             {"created_at", false, true},
             {"updated_by"},
             {"updated_at", false, true},
             {"deleted_at"},
             {"subject", true},
             {"at"},
             {"kind", true},
             {"outcome", true},
             {"login", true},
             {"user_account"},
             {"address", true},
             {"object", true},
             {"record", true},
             {"rows"},
             {"detail", true},
             {"seq"},
             {"hash", true}},
            {"id"},
            {{"audit_entry_seq_idx", {"seq"}}}};
}

class AuditChain : public store::test::OnEachDatabase {
protected:
    void SetUp() override {
        OnEachDatabase::SetUp();
        if (IsSkipped()) return;
        store::Schema schema;
        schema.tables = audit_tables();
        schema.tables.push_back(audit_entry_table());
        store::migrate(store(), schema);
        audit_ = std::make_unique<Audit>(store(), clock_, ids_);
    }
    void TearDown() override { audit_.reset(); }

    Audit& audit() { return *audit_; }
    void run(const std::string& sql) {
        store().change([&](Connection& connection) { connection.execute({sql, {}}); });
    }
    std::int64_t number(const std::string& sql) {
        std::int64_t found = 0;
        store().read([&](Connection& connection) {
            connection.query({sql, {}}, [&](const Row& row) {
                found = row.integer(0);
                return false;
            });
        });
        return found;
    }
    // "key seq" of the first thing that is wrong; empty when nothing is.
    std::string fault() {
        ChainCheck check;
        store().read([&](Connection& connection) { check = check_chain(connection, [](const ChainEntry&) {}); });
        return check.fault ? check.fault->key + " " + std::to_string(check.fault->seq) : "";
    }
    void append_some(int count) {
        for (int i = 1; i <= count; ++i)
            audit().append({.kind = "export",
                            .user = RecordId{7},
                            .login = "zhou",
                            .address = "10.0.0.9",
                            .object = "customer",
                            .record = RecordId{1'000 + i},
                            .subject = "客户 " + std::to_string(i),
                            .rows = i,
                            .detail = R"({"format":"csv"})"});
    }

    FixedClock clock_{*parse_timestamp("2026-11-24T02:00:00Z")};
    IdSource ids_{clock_, 0};
    std::unique_ptr<Audit> audit_;
};
GX_ON_EACH_DATABASE(AuditChain);

// covers: PLAT-127
TEST_P(AuditChain, IsWholeAndDurableWhenAppendReturns) {
    EXPECT_EQ(fault(), "");
    append_some(3);

    EXPECT_EQ(number("select count(*) from audit_entry"), 3);
    EXPECT_EQ(fault(), "");
    std::vector<ChainEntry> entries;
    store().read([&](Connection& connection) {
        check_chain(connection, [&](const ChainEntry& entry) { entries.push_back(entry); });
    });
    ASSERT_EQ(entries.size(), 3u);
    EXPECT_EQ(entries[1].seq, 2);
    EXPECT_EQ(entries[1].entry.subject, "客户 2");
    EXPECT_EQ(entries[1].entry.record, RecordId{1002});
    EXPECT_EQ(entries[1].at, clock_.now());
    EXPECT_EQ(entries[0].hash, chain_hash(chain_start, entries[0]));
    EXPECT_EQ(entries[1].hash, chain_hash(entries[0].hash, entries[1]));
}

// covers: NFR-28
TEST_P(AuditChain, FindsAChangeOfEveryColumn) {
    append_some(3);
    for (const char* change :
         {"subject = 'other'", "at = at + 1", "kind = 'import'", "outcome = 'failed'", "login = 'wu'",
          "user_account = 8", "user_account = null", "address = null", "object = 'contact'", "record = '5'", "rows = 0",
          "detail = '{}'", "id = id + 1000000", "hash = 'x'"}) {
        run("create table kept as select * from audit_entry");
        run(std::string("update audit_entry set ") + change + " where seq = 2");
        EXPECT_EQ(fault(), "audit_changed 2") << change;
        run("delete from audit_entry");
        run("insert into audit_entry select * from kept");
        run("drop table kept");
        EXPECT_EQ(fault(), "") << change;
    }
    for (const char* change : {"deleted_at = 5", "version = 2", "created_at = 0", "updated_at = 0", "created_by = 1"}) {
        run("create table kept as select * from audit_entry");
        run(std::string("update audit_entry set ") + change + " where seq = 2");
        EXPECT_EQ(fault(), "audit_hidden 2") << change;
        run("delete from audit_entry");
        run("insert into audit_entry select * from kept");
        run("drop table kept");
    }
}

// covers: NFR-28
TEST_P(AuditChain, FindsWhatWasRemovedAddedMovedOrCut) {
    append_some(5);
    const auto after = [&](const std::vector<std::string>& changes) {
        run("create table kept as select * from audit_entry");
        run("create table kept_head as select * from audit_head");
        for (const std::string& change : changes) run(change);
        const std::string found = fault();
        run("delete from audit_entry");
        run("insert into audit_entry select * from kept");
        run("delete from audit_head");
        run("insert into audit_head select * from kept_head");
        run("drop table kept");
        run("drop table kept_head");
        EXPECT_EQ(fault(), "");
        return found;
    };
    const std::string copy =
        "insert into audit_entry (id, version, created_at, updated_at, at, kind, outcome, rows, detail, seq, hash) "
        "select "
        "id + 5000000, version, created_at, updated_at, at, kind, outcome, rows, detail, ";

    EXPECT_EQ(after({"delete from audit_entry where seq = 3"}), "audit_missing 3");
    EXPECT_EQ(after({"delete from audit_entry where seq = 1"}), "audit_missing 1");
    EXPECT_EQ(after({"delete from audit_entry where seq >= 4"}), "audit_cut 4");
    EXPECT_EQ(after({"delete from audit_entry"}), "audit_cut 1");
    EXPECT_EQ(after({"delete from audit_entry where seq >= 4", "update audit_head set last = 3"}),
              "audit_head_differs 3");
    EXPECT_EQ(after({copy + "3, hash from audit_entry where seq = 3"}), "audit_added 3");
    EXPECT_EQ(after({copy + "6, hash from audit_entry where seq = 5"}), "audit_added 6");
    EXPECT_EQ(after({copy + "6, hash from audit_entry where seq = 5", "update audit_head set last = 6"}),
              "audit_changed 6");
    EXPECT_EQ(after({"update audit_entry set seq = case seq when 2 then 3 else 2 end where seq in (2, 3)"}),
              "audit_changed 2");
    EXPECT_EQ(after({"update audit_entry set seq = seq - 1 where seq > 3", "update audit_head set last = 4"}),
              "audit_added 3");
    EXPECT_EQ(after({"delete from audit_entry where seq = 1", "update audit_head set first = 2"}), "audit_changed 2");
}

TEST_P(AuditChain, FindsTheEntryBehindOneThatWasRewrittenWithItsDigest) {
    append_some(3);
    ChainEntry second;
    std::string before;
    store().read([&](Connection& connection) {
        check_chain(connection, [&](const ChainEntry& entry) {
            if (entry.seq == 1) before = entry.hash;
            if (entry.seq == 2) second = entry;
        });
    });
    second.entry.login = "somebody else";
    run("update audit_entry set login = 'somebody else', hash = '" + chain_hash(before, second) + "' where seq = 2");
    EXPECT_EQ(fault(), "audit_changed 3");
}

TEST_P(AuditChain, StaysOneChainWhenProcessesAndThreadsWriteAtOnce) {
    store::test::FreshStore& fresh = this->fresh();
    const std::unique_ptr<store::Store> other_store = store::open(fresh.settings());
    {
        IdSource other_ids(clock_, 1);
        Audit other(*other_store, clock_, other_ids);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] { append_some(20); });
            threads.emplace_back([&] {
                for (int n = 0; n < 20; ++n) other.append_later({.kind = "refused", .outcome = "refused"});
                other.append({.kind = "sign_out"});
            });
        }
        for (std::thread& thread : threads) thread.join();
    }
    EXPECT_EQ(number("select count(*) from audit_entry"), 4 * 20 + 4 * 21);
    EXPECT_EQ(number("select last from audit_head"), 4 * 20 + 4 * 21);
    EXPECT_EQ(fault(), "");
}

TEST_P(AuditChain, WritesWhatNobodyWaitsForWithinAMomentAndAtTheEnd) {
    audit().append_later({.kind = "export"});
    audit().drain();
    EXPECT_EQ(number("select count(*) from audit_entry"), 1);
    audit().append_later({.kind = "export"});
    for (int i = 0; i < 100 && number("select count(*) from audit_entry") < 2; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(number("select count(*) from audit_entry"), 2);
    audit().append_later({.kind = "export"});
    audit_.reset();
    EXPECT_EQ(number("select count(*) from audit_entry"), 3);
    EXPECT_EQ(fault(), "");
}

TEST_P(AuditChain, AsksTheConditionOfAnEntryBeforeItWritesIt) {
    const RecordId there{number("select 5")};
    run("create table thing (id bigint primary key, deleted_at bigint)");
    run("insert into thing values (5, null), (6, 1)");
    audit().append_later({.kind = "refused", .subject = "there"}, Audit::is_there("thing", there, true));
    audit().append_later({.kind = "refused", .subject = "in the bin"}, Audit::is_there("thing", RecordId{6}, true));
    audit().append_later({.kind = "refused", .subject = "bin asked"}, Audit::is_there("thing", RecordId{6}, false));
    audit().append_later({.kind = "refused", .subject = "nowhere"}, Audit::is_there("thing", RecordId{7}, true));
    audit().append_later({.kind = "refused", .subject = "no table"}, Audit::is_there("nothing", RecordId{7}, true));
    audit().drain();

    std::vector<std::string> subjects;
    store().read([&](Connection& connection) {
        connection.query({"select subject from audit_entry order by seq", {}}, [&](const Row& row) {
            subjects.emplace_back(row.text(0));
            return true;
        });
    });
    EXPECT_EQ(subjects, (std::vector<std::string>{"there", "bin asked", "no table"}))
        << "what cannot be asked is rather written";
    EXPECT_EQ(fault(), "");
}

TEST_P(AuditChain, KeepsOddTextsShortAndReadable) {
    std::string zero = "a";
    zero += '\0';
    zero += "b";
    audit().append({.kind = "refused",
                    .login = std::string(5000, 'x'),
                    .address = "\xff\xfe",
                    .subject = zero,
                    .detail = "{\"long\":\"" + std::string(1 << 20, 'y') + "\"}"});
    EXPECT_EQ(fault(), "");
    EXPECT_EQ(number("select length(login) from audit_entry"), 200);
    EXPECT_LT(number("select length(detail) from audit_entry"), 100);
    EXPECT_EQ(number("select count(*) from audit_entry where address is null and subject = 'a b'"), 1);
}

TEST_P(AuditChain, TellsWhoeverWaitsThatNothingCouldBeWritten) {
    run("alter table audit_entry rename to hidden_entry");
    EXPECT_THROW(audit().append({.kind = "export"}), Failure);
    run("alter table hidden_entry rename to audit_entry");
    audit().append({.kind = "export"});
    EXPECT_EQ(fault(), "");
}

}  // namespace
}  // namespace gx::access
