// Who is signed in. Passwords, sessions and the sign-in log are rows, so that every process knows them and a restart
// forgets nobody. Tokens are kept only as SHA-256: a stolen database opens no session.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::access {

struct Peer {
    std::string address;
    std::string agent;
};

struct SignedIn {
    RecordId user;
    std::string token;  // goes into the cookie, is stored nowhere
    std::string csrf;
};

struct Session {
    RecordId user;
    std::string key;  // SHA-256 of the token: names the session, opens nothing
    std::string csrf;
};

struct SessionSettings {
    std::chrono::minutes life{60 * 24 * 7};
    std::chrono::minutes idle{60 * 24};
    int failures_free = 5;  // wrong passwords before waiting begins
    std::chrono::minutes failure_window{15};
};

class Sessions {
public:
    Sessions(store::Store& store, const Clock& clock, IdSource& ids, SessionSettings settings = {});
    ~Sessions();

    static std::vector<store::Table> tables();  // credential, session, sign_in

    // One answer for an unknown login, a wrong password and a disabled account: Failure(unauthenticated,
    // "sign_in_failed"). After `failures_free` failures of this login or address: Failure(too_many) with {seconds},
    // doubling up to the window. Every attempt is a row of sign_in.
    SignedIn sign_in(std::string_view login, std::string_view password, const Peer& peer);

    // Empty when the token is unknown, expired, idle for too long, or its account is no longer active.
    std::optional<Session> find(std::string_view token);

    void sign_out(std::string_view token);
    // Ends all sessions of an account but one; gives the keys of the ended ones, so that event streams can be closed.
    std::vector<std::string> end_all(RecordId user, std::string_view except_key = {});

    // Checks length (8..128 code points) and that it is not the login. Throws Failure(invalid).
    void set_password(RecordId user, std::string_view login, std::string_view password);
    // Throws Failure(invalid) at field "old" when the old one is wrong.
    void change_password(RecordId user, std::string_view login, std::string_view old_password,
                         std::string_view new_password);
    bool has_password(RecordId user);

    // Forgets expired sessions and log rows older than a year.
    void tidy();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gx::access
