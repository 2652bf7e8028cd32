// Old entries of the audit leave the database for a file that is signed, and the chain goes on behind them: the head
// keeps the hash of the last entry that left. The file is lines of JSON: what it holds, the entries, a signature. It
// can be checked anywhere, without the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "access/audit.hpp"
#include "base/signature.hpp"
#include "base/time.hpp"
#include "record/records.hpp"

namespace gx::features {

// The key of this installation: read from the file, or made, readable by its owner only. Throws Failure(broken,
// "key_file") when it cannot be read.
SigningKey installation_key(const std::filesystem::path& file);

struct Archived {
    std::int64_t entries = 0;  // 0: nothing is that old, and no file was made
    std::int64_t first = 0, last = 0;
};
// Entries before a moment. Throws Failure(conflict) when the audit is not whole, or when the file is there already.
Archived archive_audit(const record::Records& records, access::Audit& audit, const SigningKey& key, Timestamp before,
                       const std::filesystem::path& file);

// Keeps the entries of this month and of the `months` before it in the database, and puts older ones into a file of the
// folder, named after the day before which they lie. Gives that file; empty when nothing is that old.
std::optional<std::filesystem::path> archive_when_due(const record::Records& records, access::Audit& audit,
                                                      const std::filesystem::path& key_file, int months,
                                                      const std::filesystem::path& folder);

struct ArchiveCheck {
    std::string fault;  // key of a text; empty when the file is whole and signed
    TextParams params;
    std::string key;  // the open key that it is signed with
    std::int64_t entries = 0, first = 0, last = 0;
    std::string base, head;
};
ArchiveCheck check_archive(const std::filesystem::path& file);

}  // namespace gx::features
