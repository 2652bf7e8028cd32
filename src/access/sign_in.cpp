#include "access/sign_in.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "base/text.hpp"

namespace gx::access {

namespace {

using store::Connection;
using store::Row;
using store::Sql;

// Everything that proves who it is has been done.
bool is_in(Step step) { return step == Step::none || step == Step::password; }

Failure refusal() { return {Failure::Kind::unauthenticated, "sign_in_failed"}; }

}  // namespace

std::optional<SignIn::Account> SignIn::account(const Sql& which) const {
    Sql sql{
        "select u.id, u.login, u.status, c.password, c.changed_at, c.temporary from \"user\" u left join credential "
        "c on c.user_account = u.id where u.deleted_at is null and ",
        {}};
    sql += which;
    std::optional<Account> found;
    parts_.store.read([&](Connection& connection) {
        connection.query(sql, [&](const Row& row) {
            found = Account{{row.integer(0)},
                            std::string(row.text(1)),
                            row.text(2) == "active",
                            std::string(row.text(3)),
                            Timestamp(std::chrono::milliseconds(row.integer(4))),
                            row.integer(5) != 0};
            return false;
        });
    });
    return found;
}

Step SignIn::next_step(const Account& account, Strength proved, bool by_password) const {
    if (proved < Strength::passkey) {
        const Demands::Of of = parts_.demands.of(account.user);
        if (proved < of.needed()) {
            if (of.needed() == Strength::passkey && of.has_passkey) return Step::passkey;
            // Whoever knows no more than the password must not add a passkey beside an app.
            if (of.has_app && proved < Strength::second_factor) return Step::code;
            if (of.has_passkey) return Step::passkey;
            return of.needed() == Strength::passkey ? Step::enrol_passkey : Step::enrol;
        }
    }
    // A password that is not kept here does not grow old here.
    if (by_password && !account.password.empty() && parts_.passwords.is_due(account.changed_at, account.temporary))
        return Step::password;
    return Step::none;
}

void SignIn::note_success(const Account& account, const Peer& peer) {
    parts_.attempts.log(account.login, account.user, peer, Outcome::signed_in);
    parts_.store.change([&](Connection& connection) {
        connection.execute(
            {"update \"user\" set last_sign_in = ? where id = ?", {stamp(parts_.clock.now()), account.user.value}});
    });
}

SignIn::Entered SignIn::begin(std::string_view login_as_typed, std::string_view password, std::string_view code,
                              const Peer& peer) {
    const std::string login = fold(login_as_typed.substr(0, 200));
    parts_.attempts.admit(login, peer);
    auto found = account({"u.login = ?", {login}});
    const bool admitted = parts_.policy.rules()->admits(peer.address);
    const bool right = admitted ? proves(found, login, password)
                                : parts_.passwords.verify(found ? std::string_view(found->password) : "", password);
    if (!right || !found->active || !admitted) {
        parts_.attempts.log(login, found ? found->user : RecordId{}, peer, Outcome::refused);
        throw refusal();
    }
    Strength proved = Strength::password;
    if (!code.empty() && next_step(*found, proved, true) == Step::code) {
        if (!parts_.second_factors.verify(found->user, code)) {
            parts_.attempts.log(login, found->user, peer, Outcome::code_refused);
            throw invalid({{"code", "code_wrong", {}, {}}});
        }
        proved = Strength::second_factor;
    }
    const Step step = next_step(*found, proved, true);
    if (is_in(step)) note_success(*found, peer);
    return {found->user, parts_.sessions.open(found->user, peer, proved, step), step};
}

bool SignIn::proves(std::optional<Account>& found, const std::string& login, std::string_view password) {
    // Always, so that it takes as long for who is kept elsewhere.
    const bool right_here =
        parts_.passwords.verify(found ? std::string_view(found->password) : std::string_view(), password);
    if (other_ == nullptr) return right_here;
    const OtherPasswords::Asked asked = other_->ask(login, password, found ? found->user : RecordId{});
    if (asked.answer == OtherPasswords::Answer::not_there) return right_here;
    if (asked.answer == OtherPasswords::Answer::wrong) return false;
    found = account({"u.id = ?", {asked.user.value}});
    return found.has_value();
}

SignIn::Entered SignIn::give_code(const Session& session, std::string_view code, const Peer& peer) {
    const auto found = account({"u.id = ?", {session.user.value}});
    if (!found || session.step != Step::code) throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
    parts_.attempts.admit(found->login, peer);
    if (!parts_.second_factors.verify(found->user, code)) {
        parts_.attempts.log(found->login, found->user, peer, Outcome::code_refused);
        throw invalid({{"code", "code_wrong", {}, {}}});
    }
    const Step step = next_step(*found, Strength::second_factor, true);
    Entered entered{found->user, parts_.sessions.renew(session, Strength::second_factor, step), step};
    if (is_in(step)) note_success(*found, peer);
    return entered;
}

void SignIn::admit_passkey(const Session& session, const Peer& peer) {
    const auto found = account({"u.id = ?", {session.user.value}});
    if (!found || (session.step != Step::code && session.step != Step::passkey))
        throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
    parts_.attempts.admit(found->login, peer);
}

SignIn::Entered SignIn::shown_passkey(const Session& session, const Peer& peer) {
    const auto found = account({"u.id = ?", {session.user.value}});
    if (!found || (session.step != Step::code && session.step != Step::passkey))
        throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
    const Step step = next_step(*found, Strength::passkey, true);
    Entered entered{found->user, parts_.sessions.renew(session, Strength::passkey, step), step};
    note_success(*found, peer);
    return entered;
}

SignIn::Entered SignIn::enrolled(const Session& session, Strength proved, const Peer& peer,
                                 FunctionRef<void(Connection&)> together) {
    const auto found = account({"u.id = ?", {session.user.value}});
    const bool signing_in = session.step == Step::enrol || session.step == Step::enrol_passkey;
    if (!found || (!signing_in && session.step != Step::none))
        throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
    const Strength strength = std::max(session.strength, proved);
    const Step step = signing_in ? next_step(*found, strength, true) : Step::none;
    Entered entered{found->user, parts_.sessions.renew(session, strength, step, together), step};
    if (signing_in && is_in(step)) note_success(*found, peer);
    // The others were opened without it.
    parts_.sessions.end_all(found->user, End::person, entered.tokens.key);
    return entered;
}

SignIn::Entered SignIn::choose_password(const Session& session, std::string_view password, const Peer&) {
    if (session.step != Step::password) throw Failure(Failure::Kind::unauthenticated, "unauthenticated");
    parts_.passwords.set(session.user, password, ChosenBy::person, "new");
    Entered entered{session.user, parts_.sessions.renew(session, session.strength, Step::none), Step::none};
    parts_.sessions.end_all(session.user, End::password, entered.tokens.key);
    return entered;
}

SignIn::Entered SignIn::admit(RecordId user, Strength proved, const Peer& peer) {
    const auto found = account({"u.id = ?", {user.value}});
    if (!found || !found->active || !parts_.policy.rules()->admits(peer.address)) throw refusal();
    const Step step = next_step(*found, proved, false);
    if (step == Step::none) note_success(*found, peer);
    return {user, parts_.sessions.open(user, peer, proved, step), step};
}

}  // namespace gx::access
