// Links that let somebody choose a new password once: sent by e-mail to who forgot it, or passed on by an
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
    // The one that was handed before it to the same account is void. What people ask for by e-mail voids nothing:
    // anybody can ask.
    Made make_handed(RecordId user, RecordId by);  // by none: from the command line
    Made make_mailed(RecordId user);

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
    void request(std::string_view login_or_email, const Peer& peer);

    struct Recovery {
        RecordId request;
        RecordId user;
        std::string login, name, email, language;
        int tries = 0;
    };
    // Takes the next request that waits, for one process only; those of unknown accounts are settled and passed over.
    std::optional<Recovery> take_request();
    void settle(RecordId request);
    // Tries again later; gives up after a few times.
    void put_off(const Recovery& recovery);

    void tidy();

private:
    enum class Way { handed, mailed };
    Made make(RecordId user, RecordId by, Way way, std::chrono::milliseconds life);
    std::optional<Recovery> addressee(RecordId request, const std::string& asked_for) const;

    store::Store& store_;
    const Clock& clock_;
    IdSource& ids_;
    Policy& policy_;
    OtherPasswords* other_ = nullptr;
};

}  // namespace gx::access
