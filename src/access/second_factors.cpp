#include "access/second_factors.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "base/log.hpp"
#include "base/totp.hpp"

namespace gx::access {

namespace {

using namespace std::chrono_literals;
using store::Cell;
using store::Connection;
using store::Row;

constexpr std::size_t secret_bytes = 20;  // RFC 4226 asks for 160 bits
constexpr auto begun_life = 30min;
constexpr int recovery_codes = 10;
constexpr std::size_t code_letters = 12;  // the first one is the place of the code among the ten

// Without blanks and dashes, in small letters: as people copy codes.
std::string plain(std::string_view typed) {
    std::string code;
    for (const char c : typed.substr(0, 100)) {
        if (c == ' ' || c == '-') continue;
        code += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return code;
}

// "3abc-defg-hjkm": eleven random characters behind the digit are 54 bits.
std::string new_recovery_code(int place) {
    std::string code = std::to_string(place);
    while (code.size() < code_letters) {
        std::string letters = random_password();
        // What people write by hand has no difference of small and capital letters.
        code += plain(letters);
    }
    code.resize(code_letters);
    for (const std::size_t at : {std::size_t{8}, std::size_t{4}}) code.insert(at, 1, '-');
    return code;
}

std::vector<std::string> ten_recovery_codes() {
    std::vector<std::string> codes;
    for (int place = 0; place < recovery_codes; ++place) codes.push_back(new_recovery_code(place));
    return codes;
}

}  // namespace

std::vector<store::Table> SecondFactors::tables() {
    return {{"second_factor",
             {{"user_account"}, {"secret", true}, {"confirmed_at"}, {"last_step"}, {"next_secret", true}, {"next_at"}},
             {"user_account"},
             {}},
            {"recovery_code",
             {{"user_account", false, true}, {"place", false, true}, {"code", true, true}, {"used_at"}},
             {"user_account", "place"},
             {}}};
}

SecondFactors::Started SecondFactors::begin(RecordId user, std::string_view issuer, std::string_view account) {
    const std::string secret = random_bytes(secret_bytes);
    const std::string sealed = sealer_.seal(secret);
    store_.change([&](Connection& connection) {
        connection.execute(
            {"insert into second_factor (user_account, next_secret, next_at) values (?, ?, ?) on "
             "conflict (user_account) do update set next_secret = excluded.next_secret, next_at = "
             "excluded.next_at",
             {user.value, sealed, stamp(clock_.now())}});
    });
    return {base32(secret), totp_uri(secret, issuer, account)};
}

SecondFactors::Proven SecondFactors::prove(RecordId user, std::string_view typed) const {
    std::string sealed;
    store_.read([&](Connection& connection) {
        connection.query({"select next_secret from second_factor where user_account = ? and next_at > ?",
                          {user.value, stamp(clock_.now() - begun_life)}},
                         [&](const Row& row) {
                             sealed = row.text(0);
                             return false;
                         });
    });
    const auto secret = opened(user, sealed);
    const auto step = secret ? matching_totp_step(*secret, plain(typed), clock_.now()) : std::nullopt;
    if (!step) throw invalid({{"code", "code_wrong", {}, {}}});
    const std::vector<std::string> codes = ten_recovery_codes();
    return {user, sealed, *step, codes, hashed(codes)};
}

void SecondFactors::take(Connection& connection, const Proven& proven) const {
    const std::int64_t taken =
        connection.execute({"update second_factor set secret = next_secret, confirmed_at = ?, last_step = ?, "
                            "next_secret = null, next_at = null where user_account = ? and next_secret = ?",
                            {stamp(clock_.now()), proven.step, proven.user.value, proven.sealed}});
    if (taken != 1) throw invalid({{"code", "code_wrong", {}, {}}});
    put_codes(connection, proven.user, proven.hashed_codes);
}

bool SecondFactors::verify(RecordId user, std::string_view typed) {
    const std::string code = plain(typed);
    if (code.size() == totp_digits) return verify_app_code(user, code);
    return code.size() == code_letters && verify_recovery_code(user, code);
}

bool SecondFactors::verify_app_code(RecordId user, std::string_view code) {
    std::string sealed;
    store_.read([&](Connection& connection) {
        connection.query(
            {"select secret from second_factor where user_account = ? and confirmed_at is not null", {user.value}},
            [&](const Row& row) {
                sealed = row.text(0);
                return false;
            });
    });
    const auto secret = opened(user, sealed);
    const auto step = secret ? matching_totp_step(*secret, code, clock_.now()) : std::nullopt;
    if (!step) return false;
    // Whoever looks over a shoulder comes too late: a step counts once, and none before it any more. Two requests at
    // the same time are settled by the database.
    std::int64_t taken = 0;
    store_.change([&](Connection& connection) {
        taken = connection.execute(
            {"update second_factor set last_step = ? where user_account = ? and coalesce(last_step, 0) < ?",
             {*step, user.value, *step}});
    });
    return taken == 1;
}

bool SecondFactors::verify_recovery_code(RecordId user, std::string_view code) {
    if (code.front() < '0' || code.front() > '9') return false;
    const std::int64_t place = code.front() - '0';
    std::string encoded;
    store_.read([&](Connection& connection) {
        connection.query({"select code from recovery_code where user_account = ? and place = ? and used_at is null",
                          {user.value, place}},
                         [&](const Row& row) {
                             encoded = row.text(0);
                             return false;
                         });
    });
    if (encoded.empty() || !verify_password(encoded, code)) return false;
    std::int64_t taken = 0;
    store_.change([&](Connection& connection) {
        taken = connection.execute(
            {"update recovery_code set used_at = ? where user_account = ? and place = ? and used_at is null",
             {stamp(clock_.now()), user.value, place}});
    });
    return taken == 1;
}

std::optional<std::string> SecondFactors::opened(RecordId user, std::string_view sealed) const {
    if (sealed.empty()) return std::nullopt;
    auto secret = sealer_.open(sealed);
    if (!secret) {
        log::error("the secret of a second factor cannot be opened with the key of this process",
                   {{"user", to_string(user)}});
    }
    return secret;
}

bool SecondFactors::is_set_up(RecordId user) const {
    bool found = false;
    store_.read([&](Connection& connection) {
        connection.query(
            {"select 1 from second_factor where user_account = ? and confirmed_at is not null", {user.value}},
            [&](const Row&) {
                found = true;
                return false;
            });
    });
    return found;
}

int SecondFactors::recovery_codes_left(RecordId user) const {
    int left = 0;
    store_.read([&](Connection& connection) {
        connection.query(
            {"select count(*) from recovery_code where user_account = ? and used_at is null", {user.value}},
            [&](const Row& row) {
                left = static_cast<int>(row.integer(0));
                return false;
            });
    });
    return left;
}

std::vector<std::string> SecondFactors::new_recovery_codes(RecordId user) {
    std::vector<std::string> codes = ten_recovery_codes();
    const std::vector<std::string> hashed_codes = hashed(codes);  // takes long, and would hold up every other change
    store_.change([&](Connection& connection) { put_codes(connection, user, hashed_codes); });
    return codes;
}

std::vector<std::string> SecondFactors::hashed(const std::vector<std::string>& codes) {
    std::vector<std::string> hashed_codes;
    for (const std::string& code : codes) hashed_codes.push_back(hash_password(plain(code)));
    return hashed_codes;
}

void SecondFactors::put_codes(Connection& connection, RecordId user, const std::vector<std::string>& hashed_codes) {
    std::vector<std::vector<Cell>> rows;
    for (const std::string& code : hashed_codes)
        rows.push_back({user.value, static_cast<std::int64_t>(rows.size()), code});
    connection.execute({"delete from recovery_code where user_account = ?", {user.value}});
    connection.execute_many("insert into recovery_code (user_account, place, code) values (?, ?, ?)", rows);
}

void SecondFactors::remove(RecordId user) {
    store_.change([&](Connection& connection) {
        connection.execute({"delete from second_factor where user_account = ?", {user.value}});
        connection.execute({"delete from recovery_code where user_account = ?", {user.value}});
    });
}

}  // namespace gx::access
