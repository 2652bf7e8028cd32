#include "features/auditing/archive.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/failure.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "features/auditing/anchor.hpp"
#include "features/auditing/verifier.hpp"

namespace gx::features {

namespace {

using access::ChainEntry;
using access::ChainHead;
using store::Connection;
using store::Row;

constexpr std::int64_t entries_a_piece = 2000;
constexpr std::int64_t format = 1;
constexpr JsonLimits line_limits{64u << 20, 32};
constexpr std::size_t title_most = 4096;  // bytes; the first line tells what the file holds

// What is signed: a signature for one purpose must not serve another.
std::string signed_text(const std::string& digest) { return "guanxi audit archive 1 " + digest; }

// A file that is there only when it is whole and on the disk.
class NewFile {
public:
    explicit NewFile(const std::filesystem::path& path) : path_(path), draft_(path.string() + ".part") {
        if (std::filesystem::exists(path))
            throw Failure(Failure::Kind::conflict, "archive_exists", {{"file", path.string()}});
        descriptor_ = open(draft_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (descriptor_ < 0) throw Failure(Failure::Kind::conflict, "file_not_written", {{"file", draft_.string()}});
    }
    ~NewFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
        std::error_code ignored;
        std::filesystem::remove(draft_, ignored);
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    void write(std::string_view text) {
        while (!text.empty()) {
            const ssize_t written = ::write(descriptor_, text.data(), text.size());
            if (written < 0) throw Failure(Failure::Kind::storage_full, "storage_full");
            text.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    void finish() {
        const bool safe = fsync(descriptor_) == 0 && ::close(descriptor_) == 0;
        descriptor_ = -1;
        if (!safe) throw Failure(Failure::Kind::storage_full, "storage_full");
        std::filesystem::rename(draft_, path_);
        const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
        const int directory = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory >= 0) {
            fsync(directory);
            ::close(directory);
        }
    }

private:
    std::filesystem::path path_, draft_;
    int descriptor_ = -1;
};

std::string line_of(const ChainEntry& chained) {
    const access::AuditEntry& entry = chained.entry;
    std::string line;
    JsonWriter json(line);
    json.begin_object().key("seq").integer(chained.seq).key("id").integer(chained.id.value);
    json.key("at").integer(stamp(chained.at)).key("kind").string(entry.kind).key("outcome").string(entry.outcome);
    json.key("user").integer(entry.user.value).key("login").string(entry.login);
    json.key("address").string(entry.address).key("object").string(entry.object);
    json.key("record").integer(entry.record.value).key("subject").string(entry.subject);
    json.key("rows").integer(entry.rows).key("detail").string(entry.detail).key("hash").string(chained.hash);
    json.end_object();
    return line + "\n";
}

ChainEntry entry_of(std::string_view line) {
    const json::value parsed = parse_json(line, line_limits);
    const json::object& in = parsed.as_object();
    const auto number = [&](std::string_view name) { return in.at(name).as_int64(); };
    const auto words = [&](std::string_view name) { return std::string(in.at(name).as_string()); };
    ChainEntry chained;
    chained.seq = number("seq");
    chained.id = RecordId{number("id")};
    chained.at = Timestamp(std::chrono::milliseconds(number("at")));
    chained.entry = {words("kind"),    words("outcome"), RecordId{number("user")},   words("login"),
                     words("address"), words("object"),  RecordId{number("record")}, words("subject"),
                     number("rows"),   words("detail")};
    chained.hash = words("hash");
    return chained;
}

// The last entry of the beginning of the chain that is older than the moment.
std::int64_t last_before(Connection& connection, Timestamp before) {
    std::int64_t last = 0;
    connection.query({"select coalesce(min(seq), (select last + 1 from audit_head where id = 1)) - 1 from audit_entry "
                      "where at >= ?",
                      {stamp(before)}},
                     [&](const Row& row) {
                         last = row.integer(0);
                         return false;
                     });
    return last;
}

struct Written {
    std::string digest, signature, head;
};

Written write_file(const record::Records& records, const SigningKey& key, Timestamp before, const ChainHead& head,
                   std::int64_t last, const std::filesystem::path& path) {
    NewFile file(path);
    Sha256 digest;
    const auto put = [&](const std::string& line) {
        digest.add(line);
        file.write(line);
    };
    std::string title;
    JsonWriter json(title);
    json.begin_object().key("guanxi_audit").integer(format).key("before").timestamp(before);
    json.key("made_at").timestamp(records.parts().clock.now());
    json.key("first").integer(head.first).key("last").integer(last).key("base").string(head.base);
    json.key("key").string(key.open).end_object();
    put(title + "\n");
    Written written;
    records.parts().store.read([&](Connection& connection) {
        connection.allow_long_statements();
        connection.query({access::select_entries + " where seq >= ? and seq <= ? order by seq", {head.first, last}},
                         [&](const Row& row) {
                             const ChainEntry entry = access::read_chain_entry(row);
                             put(line_of(entry));
                             written.head = entry.hash;
                             return true;
                         });
    });
    written.digest = digest.hex();
    written.signature = sign(key, signed_text(written.digest));
    std::string ending;
    JsonWriter end(ending);
    end.begin_object().key("sha256").string(written.digest).key("signature").string(written.signature).end_object();
    file.write(ending + "\n");
    file.finish();
    return written;
}

// In pieces, so that nobody who saves waits long; the chain is whole after each of them.
void remove_entries(store::Store& store, std::int64_t last) {
    for (bool more = true; more;) {
        store.change([&](Connection& connection) {
            ChainHead head = access::lock_head(connection);
            more = head.first <= last;
            if (!more) return;
            const std::int64_t to = std::min(last, head.first + entries_a_piece - 1);
            connection.query({"select hash from audit_entry where seq = ?", {to}}, [&](const Row& row) {
                head.base = row.text(0);
                return false;
            });
            connection.execute({"delete from audit_entry where seq >= ? and seq <= ?", {head.first, to}});
            head.first = to + 1;
            access::write_head(connection, head);
        });
    }
}

}  // namespace

SigningKey installation_key(const std::filesystem::path& path) {
    if (std::ifstream in(path); in) {
        std::string line;
        std::getline(in, line);
        SigningKey key = signing_key(line);
        if (key.open.empty()) throw Failure(Failure::Kind::broken, "key_file", {{"file", path.string()}});
        return key;
    }
    const SigningKey key = make_signing_key();
    // Never over a key that is there: what it signed could not be checked any more.
    const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) throw Failure(Failure::Kind::broken, "key_file", {{"file", path.string()}});
    const std::string line = key.secret + "\n";
    const bool written =
        ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && fsync(descriptor) == 0;
    ::close(descriptor);
    if (!written) {
        std::filesystem::remove(path);
        throw Failure(Failure::Kind::storage_full, "storage_full");
    }
    return key;
}

Archived archive_audit(const record::Records& records, access::Audit& audit, const SigningKey& key, Timestamp before,
                       const std::filesystem::path& file, access::AuditEntry by) {
    store::Store& store = records.parts().store;
    const Verdict verdict = verify(records, {});
    if (!verdict.is_whole()) throw Failure(Failure::Kind::conflict, "archive_of_broken_audit", verdict.params);
    const ChainHead& head = verdict.head;
    Archived archived;
    Joined joined;
    store.read([&](Connection& connection) {
        archived.last = std::min(last_before(connection, before), head.last);
        if (archived.last >= head.first) joined = join_seals(connection, archived.last);
    });
    if (archived.last < head.first) return {};
    archived.first = head.first;
    archived.entries = archived.last - archived.first + 1;
    const Written written = write_file(records, key, before, head, archived.last, file);

    access::AuditEntry entry = std::move(by);
    entry.kind = access::audit_kind::archived;
    if (entry.login.empty()) entry.login = "guanxi";
    entry.subject = file.filename().string();
    entry.rows = archived.entries;
    entry.detail.clear();
    JsonWriter json(entry.detail);
    json.begin_object().key("first").integer(archived.first).key("last").integer(archived.last);
    json.key("base").string(head.base).key("head").string(written.head).key("sha256").string(written.digest);
    json.key("signature").string(written.signature).key("key").string(key.open);
    json.key("history").raw(to_json(joined)).end_object();
    audit.append(std::move(entry));
    remove_entries(store, archived.last);
    return archived;
}

ArchiveCheck check_archive(const std::filesystem::path& path) {
    ArchiveCheck check;
    const auto fault = [&](std::string_view key, TextParams params = {}) {
        if (!check.fault.empty()) return;
        check.fault = key;
        check.params = std::move(params);
    };
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        fault("archive_unreadable", {{"file", path.string()}});
        return check;
    }
    Sha256 digest;
    std::int64_t line_number = 0, expected = 0;
    std::string line, ending;
    try {
        for (bool ended = false; std::getline(in, line); ++line_number) {
            if (ended) throw Failure(Failure::Kind::invalid, "archive_shape");
            const json::value parsed = parse_json(line, line_limits);
            const json::object& members = parsed.as_object();
            if (line_number == 0) {
                if (members.at("guanxi_audit").as_int64() != format)
                    throw Failure(Failure::Kind::invalid, "archive_shape");
                check.first = expected = members.at("first").as_int64();
                check.last = members.at("last").as_int64();
                check.base = check.head = std::string(members.at("base").as_string());
                check.key = std::string(members.at("key").as_string());
            } else if (members.contains("signature")) {
                ended = true;
                ending = line;
                continue;
            } else {
                const ChainEntry entry = entry_of(line);
                if (entry.seq != expected || entry.hash != access::chain_hash(check.head, entry))
                    fault("archive_changed", {{"seq", std::to_string(expected)}});
                check.head = entry.hash;
                ++expected;
                ++check.entries;
            }
            digest.add(line).add("\n");
        }
        if (ending.empty()) throw Failure(Failure::Kind::invalid, "archive_shape");
        if (expected != check.last + 1) fault("archive_changed", {{"seq", std::to_string(expected)}});
        const json::value end = parse_json(ending);
        const std::string sha256 = digest.hex();
        if (end.at("sha256").as_string() != sha256) fault("archive_digest");
        if (!is_signature(check.key, signed_text(sha256), std::string_view(end.at("signature").as_string())))
            fault("archive_signature");
    } catch (const std::exception&) {
        fault("archive_shape", {{"line", std::to_string(line_number + 1)}});
    }
    return check;
}

std::vector<AuditArchives::File> AuditArchives::list() const {
    std::vector<File> files;
    std::error_code none;  // no folder yet: no archive
    for (const auto& entry : std::filesystem::directory_iterator(folder_, none)) {
        if (entry.path().extension() != ".jsonl" || !entry.is_regular_file()) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        std::string title(title_most, '\0');
        in.read(title.data(), static_cast<std::streamsize>(title.size()));
        title.resize(static_cast<std::size_t>(in.gcount()));
        title.resize(std::min(title.find('\n'), title.size()));
        try {
            const json::value parsed = parse_json(title, line_limits);
            const json::object& members = parsed.as_object();
            if (members.at("guanxi_audit").as_int64() != format) continue;
            File file;
            file.name = entry.path().filename().string();
            file.bytes = static_cast<std::int64_t>(entry.file_size());
            file.made_at = parse_timestamp(members.at("made_at").as_string()).value();
            file.before = parse_timestamp(members.at("before").as_string()).value();
            file.first = members.at("first").as_int64();
            file.last = members.at("last").as_int64();
            files.push_back(std::move(file));
        } catch (const std::exception&) {
            continue;
        }
    }
    std::ranges::sort(files, std::ranges::greater(), &File::first);
    return files;
}

std::filesystem::path AuditArchives::path(std::string_view name) const {
    for (const File& file : list())
        if (file.name == name) return folder_ / file.name;
    throw not_found();
}

std::filesystem::path AuditArchives::file_before(Date day) const {
    return folder_ / ("audit-before-" + format_date(day) + ".jsonl");
}

Archived AuditArchives::make(Date before, access::AuditEntry by) {
    const std::lock_guard lock(making_);
    std::filesystem::create_directories(folder_);
    const Timestamp moment = TimeZone(records_.parts().zone).start_of(before);
    return archive_audit(records_, audit_, installation_key(key_file_), moment, file_before(before), std::move(by));
}

std::optional<std::filesystem::path> AuditArchives::make_when_due(int months) {
    const record::Parts& parts = records_.parts();
    const TimeZone zone(parts.zone);
    const std::chrono::year_month_day today{zone.date_at(parts.clock.now())};
    const Date day = std::chrono::sys_days{(today.year() / today.month() - std::chrono::months(months)) / 1};
    bool due = false;
    parts.store.read([&](Connection& connection) {
        connection.query({"select at from audit_entry order by seq limit 1", {}}, [&](const Row& row) {
            due = row.integer(0) < stamp(zone.start_of(day));
            return false;
        });
    });
    if (!due || make(day).entries == 0) return std::nullopt;
    return file_before(day);
}

}  // namespace gx::features
