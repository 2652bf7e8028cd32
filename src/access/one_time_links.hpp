// Links that let somebody choose a new password once: sent by e-mail or SMS to who forgot it, or passed on by an
// administrator. Only the hash of a token is kept, and the token stands behind the "#" of the address, which browsers
// send to no server.
#pragma once

#include <optional>
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

// How somebody who forgot the password can be reached.
struct RecoveryWays {
    bool mail = false, sms = false;
    explicit operator bool() const { return mail || sms; }
};

class OneTimeLinks {
public:
    OneTimeLinks(store::Store& store, const Clock& clock, IdSource& ids, Policy& policy)
        : store_(store), clock_(clock), ids_(ids), policy_(policy) {}

    // Where passwords of accounts are that are not kept here: nobody gets an e-mail about those. It must outlive this.
    void ask(OtherPasswords& other) { other_ = &other; }

    static std::vector<store::Table> tables();  // one_time_link, recovery_request

    struct Made {
        std::string token;
        Timestamp until;
    };
    // The one that was handed before it to the same account is void. What people ask for themselves voids nothing:
    // anybody can ask.
    Made make_handed(RecordId user, RecordId by);  // by none: from the command line
    Made make_sent(RecordId user);

    // Whose link it is. Empty when it is unknown, used, too old, or the account is not active.
    struct Holder {
        RecordId user;
        std::string login, name;
    };
    std::optional<Holder> holder(std::string_view token) const;
    // True for one caller only; then every link of the account is void.
    bool use(std::string_view token);

    // ── forgotten passwords ──

    // Notes the wish, known account or not, in the same time; who carries it out comes later. Throws Failure(too_many)
    // when this address asks too often.
    void request(std::string_view login_or_address, const Peer& peer);

    struct Recovery {
        RecordId request;
        RecordId user;
        std::string login, name, language;
        bool by_sms = false;
        std::string address;  // where the link goes: an e-mail address, or the number of a mobile
        int tries = 0;
    };
    // Takes the next request that waits, for one process only; those of unknown accounts, and of people whom none of
    // the `ways` reaches, are settled and passed over.
    std::optional<Recovery> take_request(RecoveryWays ways);
    void settle(RecordId request);
    // Tries again later: true. Gives up after a few times: false.
    bool put_off(const Recovery& recovery);

    void tidy();

private:
    enum class Way { handed, sent };
    Made make(RecordId user, RecordId by, Way way, std::chrono::milliseconds life);
    std::optional<Recovery> addressee(RecordId request, const std::string& asked_for, int tries,
                                      RecoveryWays ways) const;

    store::Store& store_;
    const Clock& clock_;
    IdSource& ids_;
    Policy& policy_;
    OtherPasswords* other_ = nullptr;
};

}  // namespace gx::access
