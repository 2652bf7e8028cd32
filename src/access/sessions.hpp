// Who is signed in. Sessions are rows, so that every process knows them and a restart forgets nobody. Tokens are kept
// only as SHA-256: a stolen database opens no session.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/attempts.hpp"
#include "access/policy.hpp"
#include "access/strength.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::access {

// What is still to do before a session can be used for anything else.
enum class Step {
    none,
    code,           // give the code of the second factor
    enrol,          // set a second factor up, because one is asked for and there is none
    password,       // choose a new password
    passkey,        // show a passkey, because one is asked for, or it is the only second factor
    enrol_passkey,  // make a passkey, because one is asked for and there is none
};
std::string_view name_of(Step step);
Step parse_step(std::string_view name);

struct Session {
    RecordId user;
    std::string key;  // SHA-256 of the token: names the session, opens nothing
    std::string csrf;
    Step step = Step::none;
    Strength strength = Strength::password;  // how the person proved who it is
    RecordId view_as{};                      // whose view this is, for reading only (access/viewing.hpp); none: the own
    RecordId api_key{};       // no session of a browser but a program with this key (access/api_keys.hpp)
    bool reads_only = false;  // of a key that only reads
};

// What the browser gets; none of it is stored as it is.
struct Tokens {
    std::string token;  // goes into the cookie
    std::string csrf;
    std::string key;
};

struct SessionInfo {
    std::string key;
    RecordId user;
    std::string login, name;
    Timestamp since, seen;
    std::string address, agent;
    Strength strength = Strength::password;
    std::string view_as{};  // sign-in name of the account whose view it is
};

// Why a session is over; kept for a day and told to the audit.
enum class End { sign_out, another_sign_in, password, administrator, person, account, policy, expired, renewed };
std::string_view name_of(End end);

class Sessions {
public:
    Sessions(store::Store& store, const Clock& clock, Policy& policy, Demands& demands, Tell tell);
    ~Sessions();

    static std::vector<store::Table> tables();  // session

    Tokens open(RecordId user, const Peer& peer, Strength strength, Step step);
    // The next step is reached: a new token for the same session, so that one that was seen before is worth nothing.
    // `together` runs in the same transaction: what made the session stronger, so that there is no moment in which the
    // account asks for more than its session has. Throws Failure(unauthenticated) when the session has ended meanwhile;
    // `together` has not run then.
    Tokens renew(
        const Session& session, Strength strength, Step step,
        FunctionRef<void(store::Connection&)> together = [](store::Connection&) {});
    // The view of somebody else begins, or with none ends: a new token too, so that nothing that was open goes on as
    // another. The token for writing stays, for pages that are open beside this one.
    Tokens view_as(const Session& session, RecordId other);

    // Empty when the token is unknown, ended, expired, idle for too long, its account no longer active, or the address
    // not allowed by the policy.
    std::optional<Session> find(std::string_view token, std::string_view address);

    // False when there is no such session, or this user has none.
    bool end(std::string_view key, End why);
    bool end_of(RecordId user, std::string_view key, End why);
    void end_all(RecordId user, End why, std::string_view except_key = {});
    void end_everybody(End why, std::string_view except_key);
    // Sessions whose account is no longer active, that are weaker than what policy, roles and account now ask for, or
    // that came from where nobody is let in any more: ended at the next watch(). For when any of that has changed; many
    // changes one after the other are one check.
    void check_again();

    // Whose session this is; empty when it has ended.
    std::optional<RecordId> holder(std::string_view key) const;
    // Signed in now, last seen first. Of one user, or of all when none.
    std::vector<SessionInfo> list(RecordId user, int limit) const;

    // Called with the keys of sessions that ended, in this process or in another, each at least once. `renewed`: the
    // session goes on under another token, and its browser has that token already.
    using Listener = std::function<void(std::span<const std::string> keys, bool renewed)>;
    void on_end(Listener listener);
    void forget_listeners();  // before what they use goes
    // Ends what has expired or no longer fits, and looks for what ended in other processes. Called a few times a
    // second.
    void watch();

    // Forgets sessions that ended more than a day ago.
    void tidy();

private:
    void end_unfit();
    void end_weak();
    void end_from_elsewhere();

    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gx::access
