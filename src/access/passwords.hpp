// Passwords of accounts: what they must be like, which ones were there before, and who has to choose a new one. They
// are kept as argon2id and never are fields of records.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "access/attempts.hpp"
#include "access/other_passwords.hpp"
#include "access/policy.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::access {

// A password that somebody else chose is replaced at the first sign-in.
enum class ChosenBy { person, other };

class Passwords {
public:
    // `company` gives the name of the company: part of what a password must not consist of.
    Passwords(store::Store& store, const Clock& clock, Policy& policy, Attempts& attempts,
              std::function<std::string()> company)
        : store_(store), clock_(clock), policy_(policy), attempts_(attempts), company_(std::move(company)) {}

    // Where passwords of accounts are that are not kept here. It must outlive this.
    void ask(OtherPasswords& other) { other_ = &other; }
    bool kept_elsewhere(RecordId user) { return other_ != nullptr && other_->keeps(user); }

    static std::vector<store::Table> tables();  // credential, old_password, application_password

    // Told of every account whose password is another one now, or none.
    void on_change(std::function<void(RecordId)> changed) { changed_ = std::move(changed); }

    // Checks it against the policy and the passwords before it. Throws Failure(invalid) at `field`.
    void set(RecordId user, std::string_view password, ChosenBy by, std::string_view field = "password");

    // The same in two steps, for what must happen in between: the checked password as it is stored, then its storing.
    std::string accepted(RecordId user, std::string_view password, std::string_view field = "password");
    void store_accepted(RecordId user, const std::string& encoded, ChosenBy by);

    // The person changes the own password. Failure(invalid) at "old" when that one is wrong; guessing it is slowed
    // down like a sign-in.
    void change(RecordId user, const Peer& peer, std::string_view old_password, std::string_view new_password);

    // For what needs the person again and not only the session. Failure(invalid) at `field`; slowed down too.
    void confirm(RecordId user, const Peer& peer, std::string_view password, std::string_view field = "password");

    // Takes as long for an account without a password, whose `encoded` is empty, as for one with.
    bool verify(std::string_view encoded, std::string_view typed);

    // Must a new one be chosen now? `changed_at` and `temporary` are those of the credential.
    bool is_due(Timestamp changed_at, bool temporary);

    void remove(RecordId user);  // nobody signs in with the old one any more
    bool exists(RecordId user);  // here or elsewhere

    // The password that somebody chose when applying for an account; it becomes that of the account (a user whose
    // field `application` names the application) when there is one.
    void keep_for_application(RecordId application, const std::string& encoded);
    void adopt_applications();

    // A random one that the policy accepts, for showing once.
    std::string made();

    // What does not depend on the account: length, kinds of characters, the list of common ones. For applications.
    void check(std::string_view password, const std::vector<std::string>& own_words, std::string_view field);

private:
    struct Owner {
        std::string login;
        std::vector<std::string> words;    // folded: sign-in name, name, its pinyin, the company's
        std::vector<std::string> encoded;  // the present one first, then those before it
    };
    Owner owner(RecordId user, int remembered);
    const std::string& decoy();

    store::Store& store_;
    const Clock& clock_;
    Policy& policy_;
    Attempts& attempts_;
    std::function<std::string()> company_;
    std::function<void(RecordId)> changed_ = [](RecordId) {};
    OtherPasswords* other_ = nullptr;
    std::once_flag decoy_made_;
    std::string decoy_;
};

// Words that stand for a person or a company in a password: folded, in pinyin too.
std::vector<std::string> words_of(std::string_view login, std::string_view name, std::string_view company);

}  // namespace gx::access
