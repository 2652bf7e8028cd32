// What somebody is told about work that others have given him: a record whose owner he has become. A notice is a row;
// it is made from the outbox, so that no commit is missed by a crash and none told twice, whatever process it was made
// by. One notice stands for all that one batch brought of one object.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "access/access.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "record/records.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::features {

struct Notice {
    RecordId id;
    Timestamp at;
    std::string object;
    std::string operation;  // of the batch: assign, hand_over, import, create …
    RecordId record;        // the only one; none when there are several
    std::int64_t count = 0;
    RecordId who;  // employee; none: the program
    bool read = false;
};

struct NoticePage {
    std::vector<Notice> notices;  // newest first
    RecordId next;                // ask for those before this one; none: these were the last
    std::int64_t unread = 0;
};

class Notices {
public:
    Notices(store::Store& store, record::Records& records, const Clock& clock, IdSource& ids);
    ~Notices();

    static std::vector<store::Table> tables();  // notice, outbox_reader

    // From now on what is committed becomes notices, by a thread of its own. What was committed while no process
    // followed is made up for; a database that was never followed begins with what comes.
    void follow();
    void stop();  // waits for what is being made
    // Makes notices of everything that is committed and not yet told. Says how many people have new ones.
    std::size_t catch_up();

    NoticePage of(RecordId employee, RecordId before, int limit) const;
    std::int64_t unread(RecordId employee) const;
    // Of this person only; empty: all of them.
    void mark_read(RecordId employee, std::span<const RecordId> ids);
    // Forgets what was read long ago.
    void tidy();

    // Called with each employee who has new notices, or fewer unread ones. For the event stream.
    void on_change(std::function<void(RecordId employee, std::int64_t unread)> listener);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gx::features
