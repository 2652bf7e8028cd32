// The audit: who did what that matters, on a trail that nobody can alter unnoticed. Entries are only ever added. One
// thread a process writes them, many in one transaction, so that processes that share a database rarely wait for each
// other's place in the chain.
#pragma once

#include <functional>
#include <memory>

#include "access/audit_chain.hpp"

namespace gx::access {

class Audit {
public:
    Audit(store::Store& store, const Clock& clock, IdSource& ids);
    ~Audit();  // writes what is waiting

    // Returns when the entry is durable; throws when it cannot be written, so that what needs a trace does not happen
    // without one.
    void append(AuditEntry entry);

    // Written within a moment. `holds` is asked before that, beside the request: an entry whose condition is not met
    // is left out, and nobody can measure the question.
    using Condition = std::function<bool(store::Connection&)>;
    void append_later(AuditEntry entry, Condition holds = {});
    // There is a row of this id, `live`: that is not in the bin.
    static Condition is_there(const std::string& table, RecordId id, bool live);
    void drain();  // returns when everything that was appended before is written

    // For what is written together with something else, in its transaction: gives an entry its id and moment.
    ChainEntry stamped(AuditEntry entry) const;

    struct State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace gx::access
