// Old entries of the audit leave the database for a file that is signed, and the chain goes on behind them: the head
// keeps the hash of the last entry that left. The file is lines of JSON: what it holds, the entries, a signature. It
// can be checked anywhere, without the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
// Entries before a moment. `by`: whose entry tells of it; without a sign-in name that of the program. Throws
// Failure(conflict) when the audit is not whole, or when the file is there already.
Archived archive_audit(const record::Records& records, access::Audit& audit, const SigningKey& key, Timestamp before,
                       const std::filesystem::path& file, access::AuditEntry by = {});

struct ArchiveCheck {
    std::string fault;  // key of a text; empty when the file is whole and signed
    TextParams params;
    std::string key;  // the open key that it is signed with
    std::int64_t entries = 0, first = 0, last = 0;
    std::string base, head;
};
ArchiveCheck check_archive(const std::filesystem::path& file);

// The archives of this installation: files of one folder, each named after the day before which its entries lie.
class AuditArchives {
public:
    AuditArchives(const record::Records& records, access::Audit& audit, std::filesystem::path key_file,
                  std::filesystem::path folder)
        : records_(records), audit_(audit), key_file_(std::move(key_file)), folder_(std::move(folder)) {}

    struct File {
        std::string name;
        std::int64_t bytes = 0;
        Timestamp made_at{}, before{};
        std::int64_t first = 0, last = 0;  // entries
    };
    std::vector<File> list() const;                           // newest first; what is no archive is left out
    std::filesystem::path path(std::string_view name) const;  // of one that list() names; throws not_found()
    std::string key() const { return installation_key(key_file_).open; }

    // Entries before a day of the company; no file when nothing is that old. One at a time. Throws as archive_audit().
    Archived make(Date before, access::AuditEntry by = {});
    // Keeps the entries of this month and of the `months` before it. Gives the new file; empty when nothing is older.
    std::optional<std::filesystem::path> make_when_due(int months);

private:
    std::filesystem::path file_before(Date day) const;

    const record::Records& records_;
    access::Audit& audit_;
    const std::filesystem::path key_file_, folder_;
    std::mutex making_;
};

}  // namespace gx::features
