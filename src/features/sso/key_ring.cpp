#include "features/sso/key_ring.hpp"

#include "base/log.hpp"

namespace gx::features {

namespace {

using store::Connection;
using store::Row;

constexpr auto used_for = std::chrono::hours(24 * 90);
constexpr auto published_for = used_for + std::chrono::hours(48);

}  // namespace

std::vector<store::Table> KeyRing::tables() {
    return {{"token_key", {{"id", true, true}, {"secret", true, true}, {"made_at", false, true}}, {"id"}, {}}};
}

std::vector<TokenKey> KeyRing::younger_than(std::chrono::milliseconds age) const {
    std::vector<std::string> sealed;
    store_.read([&](Connection& connection) {
        sealed.clear();
        connection.query(
            {"select secret from token_key where made_at > ? order by made_at desc, id", {stamp(clock_.now() - age)}},
            [&](const Row& row) {
                sealed.emplace_back(row.text(0));
                return true;
            });
    });
    std::vector<TokenKey> keys;
    for (const std::string& one : sealed) {
        if (const auto secret = sealer_.open(one)) {
            keys.emplace_back(*secret);
        } else {
            log::error("a key for tokens cannot be opened with the key of this process", {});
        }
    }
    return keys;
}

TokenKey KeyRing::current() {
    std::vector<TokenKey> keys = younger_than(used_for);
    if (!keys.empty()) return keys.front();
    TokenKey made = TokenKey::make();
    const std::string sealed = sealer_.seal(made.secret());
    const std::int64_t now = stamp(clock_.now());
    // Two processes may each make one: both are published, and either is right.
    store_.change([&](Connection& connection) {
        connection.execute({"insert into token_key (id, secret, made_at) values (?, ?, ?)", {made.id(), sealed, now}});
    });
    return made;
}

std::string KeyRing::open_keys() {
    current();  // applications may ask for the keys before anything was signed
    std::string out = "{\"keys\":[";
    bool first = true;
    for (const TokenKey& key : younger_than(published_for)) {
        if (!first) out += ',';
        out += key.open();
        first = false;
    }
    return out + "]}";
}

void KeyRing::tidy() {
    store_.change([&](Connection& connection) {
        connection.execute({"delete from token_key where made_at < ?", {stamp(clock_.now() - published_for)}});
    });
}

}  // namespace gx::features
