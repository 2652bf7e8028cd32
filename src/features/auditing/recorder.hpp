// Turns what was committed into entries of the audit: deletions, undone operations, changes of rights with old and new
// values; and seals the history into the chain. It reads the outbox, so that a save costs nothing for it and nothing is
// missed: what a process had no time to tell is told by the next one, also after a crash.
//
// A seal is an entry of kind "sealed" with a stretch of the history, the number of its rows and their digest. A row
// that was committed late, with an id below a stretch that is sealed already, is named in the seal of the next stretch.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "access/audit.hpp"
#include "record/operations.hpp"
#include "record/records.hpp"

namespace gx::features {

class Recorder {
public:
    // `note` is the file outside the database in which the head of the chain is noted (features/auditing/anchor.hpp).
    Recorder(record::Records& records, access::Audit& audit, std::filesystem::path note);
    ~Recorder();  // tells and seals what is left

    // At the first start on a database: seals what is there, without telling what happened before.
    void begin();
    // From now on by itself, every few seconds.
    void start();
    // Soon: something was committed that should not wait.
    void wake();

    // Tells and seals what was committed since the last time. False when there was nothing, or another process did it.
    bool round();

private:
    struct Gathered;

    void serve();
    void gather(store::Connection& connection, Gathered& gathered);
    void tell(store::Connection& connection, Gathered& gathered, const std::vector<record::Operation>& operations);
    bool append(Gathered& gathered);
    void note_head(const access::ChainHead& head);

    record::Records& records_;
    access::Audit& audit_;
    std::filesystem::path note_;
    std::chrono::steady_clock::time_point logged_{};

    std::mutex mutex_;
    std::condition_variable woken_;
    bool soon_ = false, stopping_ = false;
    std::thread thread_;
};

}  // namespace gx::features
