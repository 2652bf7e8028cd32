// The chain that makes the audit tamper-evident: every entry holds the SHA-256 of the one before it and of its own
// content, and a head row holds how many there are and the last hash. Whoever changes, removes, adds or moves an entry
// afterwards breaks it (docs/decisions/0017-audit-chain.md says what that proves and what not).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::access {

// Items of the dictionary audit_kind that the program itself writes; modules may declare more.
namespace audit_kind {
inline constexpr std::string_view sign_in = "sign_in", sign_out = "sign_out", session_ended = "session_ended",
                                  password = "password", refused = "refused", sensitive = "sensitive",
                                  exported = "export", imported = "import", deletion = "delete", undo = "undo",
                                  purge = "purge", rights = "rights", view_as = "view_as", api_key = "api_key",
                                  sealed = "sealed", archived = "archived";
}

struct AuditEntry {
    std::string kind;              // an item of the dictionary audit_kind
    std::string outcome = "done";  // of audit_outcome: done, refused, failed
    RecordId user{};               // account; none: the program itself, or nobody known
    std::string login{};
    std::string address{};
    std::string object{};      // name of an object
    RecordId record{};         // one of its records
    std::string subject{};     // for people: a title, the name of a file, a path
    std::int64_t rows = 0;     // how many records it concerns
    std::string detail{"{}"};  // JSON object
};

// An entry with its place in the chain, as it is stored.
struct ChainEntry {
    std::int64_t seq = 0;
    RecordId id{};
    Timestamp at{};
    AuditEntry entry{};
    std::string hash{};
};

inline constexpr std::string_view chain_start = "0000000000000000000000000000000000000000000000000000000000000000";

// What the hash is made of beside the hash before. Part of the format of archives: it never changes.
std::string canonical(const ChainEntry& entry);
std::string chain_hash(std::string_view before, const ChainEntry& entry);

// The head row. `first` and `base` move forward when old entries are archived; the entries from `first` to `last` are
// in the table, and the first one follows `base`.
struct ChainHead {
    std::int64_t first = 1, last = 0;
    std::string base{chain_start}, hash{chain_start};
    // How far the history is sealed (features/auditing): up to this commit (id of the outbox) and this history row.
    // Nothing: not begun.
    std::optional<std::int64_t> sealed_event{};
    std::int64_t sealed_history = 0;
};

std::vector<store::Table> audit_tables();  // audit_head; audit_entry is a declared object

void make_head(store::Connection& connection);  // when it is not there
ChainHead read_head(store::Connection& connection);
ChainHead lock_head(store::Connection& connection);  // others who append wait until this transaction ends
void write_head(store::Connection& connection, const ChainHead& head);

// Puts entries behind the head and moves it. The head must be locked; write_head() is the caller's.
void append_to_chain(store::Connection& connection, ChainHead& head, std::span<ChainEntry> entries);

// Columns of select_entries, in order.
ChainEntry read_chain_entry(const store::Row& row);
extern const std::string select_entries;  // "select … from audit_entry"

// What is wrong first, in the order of the chain.
struct ChainFault {
    std::string key;  // of a text: audit_changed, audit_missing, audit_added, audit_hidden, audit_cut, audit_head
    std::int64_t seq = 0;
};
struct ChainCheck {
    ChainHead head;
    std::int64_t entries = 0;  // read and found right
    std::optional<ChainFault> fault;
};
// Reads the whole table. `each` gets every entry that is right, in order.
ChainCheck check_chain(store::Connection& connection, FunctionRef<void(const ChainEntry&)> each);

}  // namespace gx::access
