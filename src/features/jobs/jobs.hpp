// Long work that people wait for: import, bulk edit of many records, undo of many. A job is a row, so that its state
// survives and every process can show it; the work itself runs in the process that took it, a few at a time.
// A job that was running when its process died is told as failed at the next start.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace gx::features {

struct Job {
    RecordId id;
    RecordId user;
    std::string kind;   // import, change_all, undo …
    std::string state;  // waiting running done failed cancelled
    std::int64_t done = 0, all = 0;
    std::string result;   // JSON, when done
    std::string problem;  // key of a text, when failed
};

class Jobs {
public:
    // Tells how far the work is. Returns false when the job was cancelled: stop as soon as possible.
    using Progress = std::function<bool(std::int64_t done, std::int64_t all)>;
    // Gives the result as JSON. A Failure thrown becomes state "failed" with its key.
    using Work = std::function<std::string(const Progress&)>;

    Jobs(store::Store& store, const Clock& clock, IdSource& ids, int threads = 2);
    ~Jobs();  // cancels and waits

    static std::vector<store::Table> tables();
    void recover();  // at start: what this database shows as running is told as failed

    RecordId submit(RecordId user, std::string_view kind, Work work);
    std::optional<Job> find(RecordId id) const;
    bool cancel(RecordId id);  // false when it is not running here

    // Called on each change of a job, at most a few times a second. For the event stream.
    void on_change(std::function<void(const Job&)> listener);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gx::features
