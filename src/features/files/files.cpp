#include "features/files/files.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/failure.hpp"

namespace gx::features {

namespace {

using store::Connection;
using store::Row;

struct Descriptor {
    int value;
    explicit Descriptor(int descriptor) : value(descriptor) {
        if (value < 0)
            throw Failure(errno == ENOSPC ? Failure::Kind::storage_full : Failure::Kind::unavailable, "storage_full");
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { ::close(value); }
};

void must(bool done) {
    if (!done)
        throw Failure(errno == ENOSPC ? Failure::Kind::storage_full : Failure::Kind::unavailable, "storage_full");
}

std::string hex(const unsigned char* data, std::size_t size) {
    std::string text(size * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), data, size);
    text.pop_back();
    return text;
}

// Copies in pieces, so that a file of any size needs a little memory only, and digests on the way.
std::pair<std::int64_t, std::string> copy_and_digest(const std::filesystem::path& from,
                                                     const std::filesystem::path& to) {
    const Descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    const Descriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    crypto_hash_sha256_state digest;
    crypto_hash_sha256_init(&digest);
    auto piece = std::make_unique<std::array<unsigned char, 1 << 16>>();
    std::int64_t bytes = 0;
    for (;;) {
        const ssize_t got = ::read(in.value, piece->data(), piece->size());
        must(got >= 0);
        if (got == 0) break;
        crypto_hash_sha256_update(&digest, piece->data(), static_cast<unsigned long long>(got));
        for (ssize_t sent = 0; sent < got;) {
            const ssize_t wrote = ::write(out.value, piece->data() + sent, static_cast<std::size_t>(got - sent));
            must(wrote > 0);
            sent += wrote;
        }
        bytes += got;
    }
    must(::fsync(out.value) == 0);
    std::array<unsigned char, crypto_hash_sha256_BYTES> sum{};
    crypto_hash_sha256_final(&digest, sum.data());
    return {bytes, hex(sum.data(), sum.size())};
}

}  // namespace

Files::Files(store::Store& store, const Clock& clock, IdSource& ids, std::filesystem::path folder)
    : store_(store), clock_(clock), ids_(ids), folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
}

std::vector<store::Table> Files::tables() {
    return {{"file",
             {{"id"},
              {"name", true, true},
              {"content_type", true},
              {"bytes", false, true},
              {"sha256", true},
              {"user_account"},
              {"created_at", false, true}},
             {"id"},
             {}}};
}

File Files::keep(RecordId user, std::string_view name, std::string_view content_type,
                 const std::filesystem::path& uploaded) {
    File file;
    file.id = ids_.next();
    file.name = name.empty() ? "file" : std::string(name.substr(0, 255));
    file.content_type = std::string(content_type.substr(0, 200));
    file.user = user;
    file.path = folder_ / to_string(file.id);
    const std::filesystem::path unfinished = folder_ / (to_string(file.id) + ".part");
    try {
        std::tie(file.bytes, file.sha256) = copy_and_digest(uploaded, unfinished);
        std::filesystem::rename(unfinished, file.path);
        const Descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        must(::fsync(folder.value) == 0);
    } catch (...) {
        std::error_code ignored;  // the first failure is the one to tell
        std::filesystem::remove(unfinished, ignored);
        throw;
    }
    const std::int64_t now = clock_.now().time_since_epoch().count();
    store_.change([&](Connection& connection) {
        connection.execute(
            {"insert into file (id, name, content_type, bytes, sha256, user_account, created_at) values (?, ?, ?, ?, "
             "?, ?, ?)",
             {file.id.value, file.name, file.content_type, file.bytes, file.sha256, user.value, now}});
    });
    return file;
}

std::optional<File> Files::find(RecordId id) const {
    std::optional<File> file;
    store_.read([&](Connection& connection) {
        connection.query({"select name, content_type, bytes, sha256, user_account from file where id = ?", {id.value}},
                         [&](const Row& row) {
                             file = File{id,
                                         std::string(row.text(0)),
                                         std::string(row.text(1)),
                                         row.integer(2),
                                         std::string(row.text(3)),
                                         {row.integer(4)},
                                         folder_ / to_string(id)};
                             return false;
                         });
    });
    return file;
}

}  // namespace gx::features
