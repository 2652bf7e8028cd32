// Signing in, one step after the other: the password, then the second factor where it is asked for, then a new password
// where the old one is over. A session can be used when the last step is done.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/attempts.hpp"
#include "access/other_passwords.hpp"
#include "access/passwords.hpp"
#include "access/policy.hpp"
#include "access/second_factors.hpp"
#include "access/sessions.hpp"
#include "access/strength.hpp"
#include "base/id.hpp"
#include "store/store.hpp"

namespace gx::access {

class SignIn {
public:
    struct Parts {
        store::Store& store;
        const Clock& clock;
        Policy& policy;
        Demands& demands;
        Attempts& attempts;
        Passwords& passwords;
        SecondFactors& second_factors;
        Sessions& sessions;
    };
    explicit SignIn(Parts parts) : parts_(parts) {}

    // Where passwords of accounts are that are not kept here. It must outlive this.
    void ask(OtherPasswords& other) { other_ = &other; }

    struct Entered {
        RecordId user;
        Tokens tokens;
        Step step = Step::none;
    };

    // One answer for an unknown login, a wrong password, a disabled account and an address that the policy does not
    // allow: Failure(unauthenticated, "sign_in_failed"), after the same time. `code` may be empty: then the session
    // waits for it when one is asked for.
    Entered begin(std::string_view login, std::string_view password, std::string_view code, const Peer& peer);
    // Step::code. Throws Failure(invalid) at "code" when it is wrong.
    Entered give_code(const Session& session, std::string_view code, const Peer& peer);
    // Step::code and Step::passkey: throws when it is neither, or when somebody tried too often.
    void admit_passkey(const Session& session, const Peer& peer);
    // The same steps, when a passkey of this person was verified.
    Entered shown_passkey(const Session& session, const Peer& peer);
    // Step::enrol and Step::enrol_passkey; also in a session that is in use. What is set up is set up in `together`,
    // with the step in one transaction, or was before. The other sessions of the account end.
    Entered enrolled(
        const Session& session, Strength proved, const Peer& peer,
        FunctionRef<void(store::Connection&)> together = [](store::Connection&) {});
    // Step::password. All other sessions of the account end.
    Entered choose_password(const Session& session, std::string_view password, const Peer& peer);

    // For ways to sign in without a password of ours: whoever proved who `user` is, opens a session here.
    Entered admit(RecordId user, Strength proved, const Peer& peer);

private:
    struct Account {
        RecordId user;
        std::string login;
        bool active = false;
        std::string password;
        Timestamp changed_at;
        bool temporary = false;
    };
    std::optional<Account> account(const store::Sql& which) const;
    Step next_step(const Account& account, Strength proved, bool by_password) const;
    void note_success(const Account& account, const Peer& peer);

    // Is that the password of this account? Elsewhere it may become another account, or one that was not there before.
    bool proves(std::optional<Account>& account, const std::string& login, std::string_view password);

    Parts parts_;
    OtherPasswords* other_ = nullptr;
};

}  // namespace gx::access
