#include "access/audit_chain.hpp"

#include "base/failure.hpp"
#include "base/json_writer.hpp"
#include "base/secret.hpp"

namespace gx::access {

namespace {

using store::Cell;
using store::Connection;
using store::Row;

constexpr std::string_view head_columns = "first, last, base, hash, sealed_event, sealed_history";

Cell id_cell(RecordId id) { return id ? Cell(id.value) : Cell(); }
Cell text_cell(const std::string& text) { return text.empty() ? Cell() : Cell(text); }

ChainHead head_of(Connection& connection, std::string_view ending) {
    std::optional<ChainHead> head;
    connection.query(
        {"select " + std::string(head_columns) + " from audit_head where id = 1" + std::string(ending), {}},
        [&](const Row& row) {
            head.emplace();
            head->first = row.integer(0);
            head->last = row.integer(1);
            head->base = row.text(2);
            head->hash = row.text(3);
            if (!row.is_null(4)) head->sealed_event = row.integer(4);
            head->sealed_history = row.integer(5);
            return false;
        });
    if (!head) throw Failure(Failure::Kind::broken, "audit_head");
    return *head;
}

}  // namespace

const std::string select_entries =
    "select seq, id, at, kind, outcome, user_account, login, address, object, record, subject, rows, detail, hash, "
    "version, created_at, updated_at, deleted_at, created_by, updated_by from audit_entry";

std::string canonical(const ChainEntry& chained) {
    const AuditEntry& entry = chained.entry;
    std::string text;
    JsonWriter json(text);
    json.begin_array();
    json.integer(chained.seq).integer(chained.id.value).integer(stamp(chained.at));
    json.string(entry.kind).string(entry.outcome).integer(entry.user.value).string(entry.login).string(entry.address);
    json.string(entry.object)
        .integer(entry.record.value)
        .string(entry.subject)
        .integer(entry.rows)
        .string(entry.detail);
    json.end_array();
    return text;
}

std::string chain_hash(std::string_view before, const ChainEntry& entry) {
    return sha256_hex(std::string(before) + canonical(entry));
}

std::vector<store::Table> audit_tables() {
    return {{"audit_head",
             {{"id", false, true},
              {"first", false, true},
              {"last", false, true},
              {"base", true, true},
              {"hash", true, true},
              {"sealed_event"},
              {"sealed_history", false, true}},
             {"id"},
             {}}};
}

void make_head(Connection& connection) {
    const ChainHead head;
    connection.execute(
        {"insert into audit_head (id, first, last, base, hash, sealed_history) values (1, ?, ?, ?, ?, 0) "
         "on conflict (id) do nothing",
         {head.first, head.last, head.base, head.hash}});
}

ChainHead read_head(Connection& connection) { return head_of(connection, ""); }

ChainHead lock_head(Connection& connection) {
    // SQLite has one writer anyway.
    return head_of(connection, connection.dialect() == store::Dialect::postgres ? " for update" : "");
}

void write_head(Connection& connection, const ChainHead& head) {
    connection.execute(
        {"update audit_head set first = ?, last = ?, base = ?, hash = ?, sealed_event = ?, sealed_history = ? where id "
         "= 1",
         {head.first, head.last, head.base, head.hash, head.sealed_event ? Cell(*head.sealed_event) : Cell(),
          head.sealed_history}});
}

void append_to_chain(Connection& connection, ChainHead& head, std::span<ChainEntry> entries) {
    if (entries.empty()) return;
    std::vector<std::vector<Cell>> rows;
    rows.reserve(entries.size());
    for (ChainEntry& chained : entries) {
        chained.seq = head.last + 1;
        chained.hash = chain_hash(head.hash, chained);
        head.last = chained.seq;
        head.hash = chained.hash;
        const AuditEntry& entry = chained.entry;
        const std::int64_t at = stamp(chained.at);
        rows.push_back({chained.id.value, std::int64_t{1}, at, at, chained.seq, at, entry.kind, entry.outcome,
                        id_cell(entry.user), text_cell(entry.login), text_cell(entry.address), text_cell(entry.object),
                        entry.record ? Cell(to_string(entry.record)) : Cell(), text_cell(entry.subject), entry.rows,
                        entry.detail, chained.hash});
    }
    static const std::vector<std::string> columns{
        "id",    "version", "created_at", "updated_at", "seq",     "at",   "kind",   "outcome", "user_account",
        "login", "address", "object",     "record",     "subject", "rows", "detail", "hash"};
    connection.insert_rows("audit_entry", columns, rows);
}

ChainEntry read_chain_entry(const Row& row) {
    ChainEntry chained;
    chained.seq = row.integer(0);
    chained.id = RecordId{row.integer(1)};
    chained.at = Timestamp(std::chrono::milliseconds(row.integer(2)));
    AuditEntry& entry = chained.entry;
    entry.kind = row.text(3);
    entry.outcome = row.text(4);
    entry.user = RecordId{row.integer(5)};
    entry.login = row.text(6);
    entry.address = row.text(7);
    entry.object = row.text(8);
    if (const auto record = parse_record_id(row.text(9))) entry.record = *record;
    entry.subject = row.text(10);
    entry.rows = row.integer(11);
    entry.detail = row.text(12);
    chained.hash = row.text(13);
    return chained;
}

namespace {

// What a list shows or hides beside the content. The hash does not cover it, because it never differs.
bool is_plain(const Row& row) {
    return row.integer(14) == 1 && row.integer(15) == row.integer(2) && row.integer(16) == row.integer(2) &&
           row.is_null(17) && row.is_null(18) && row.is_null(19);
}

}  // namespace

ChainCheck check_chain(Connection& connection, FunctionRef<void(const ChainEntry&)> each) {
    ChainCheck check;
    check.head = read_head(connection);
    std::int64_t expected = check.head.first;
    std::string before = check.head.base;
    connection.allow_long_statements();
    connection.query({select_entries + " order by seq, id", {}}, [&](const Row& row) {
        const ChainEntry entry = read_chain_entry(row);
        const auto found = [&](std::string_view key, std::int64_t seq) {
            check.fault = ChainFault{std::string(key), seq};
            return false;
        };
        if (entry.seq < expected || entry.seq > check.head.last) return found("audit_added", entry.seq);
        if (entry.seq > expected) return found("audit_missing", expected);
        if (entry.hash != chain_hash(before, entry)) return found("audit_changed", entry.seq);
        if (!is_plain(row)) return found("audit_hidden", entry.seq);
        each(entry);
        before = entry.hash;
        ++expected;
        ++check.entries;
        return true;
    });
    if (check.fault) return check;
    if (expected <= check.head.last) {
        check.fault = ChainFault{"audit_cut", expected};
    } else if (before != check.head.hash) {
        check.fault = ChainFault{"audit_head_differs", check.head.last};
    }
    return check;
}

}  // namespace gx::access
