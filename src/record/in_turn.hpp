// Saves of one long work, an import or a bulk edit: the next is decided while the last is written, and they are written
// in the order in which they were started. Nobody starts a third before the first has ended.
#pragma once

#include <functional>
#include <future>
#include <utility>

#include "record/records.hpp"

namespace gx::record {

class InTurn {
public:
    // The result, or what was thrown; whoever lets go of it waits for its end. When a save fails, those behind it fail
    // with what it threw, and have written nothing.
    std::shared_future<Saved> start(SaveOptions options, std::function<Saved(const SaveOptions&)> save) {
        if (last_.valid()) options.before_write = [before = last_] { before.get(); };
        last_ = std::async(std::launch::async, [options = std::move(options), save = std::move(save)] {
                    return save(options);
                }).share();
        return last_;
    }

private:
    std::shared_future<Saved> last_;
};

}  // namespace gx::record
