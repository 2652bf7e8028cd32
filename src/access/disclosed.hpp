// What one request gave out of sensitive fields, so that the audit can tell of it.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace gx::access {

class Disclosed {
public:
    // `values` is how many records showed something in this field; an empty field tells nothing.
    void add(std::string_view object, std::string_view field, std::size_t values) {
        if (values == 0) return;
        const std::lock_guard lock(mutex_);
        std::size_t& most = objects_[std::string(object)][std::string(field)];
        if (values > most) most = values;
    }

    using Fields = std::map<std::string, std::size_t>;  // by field: records
    std::map<std::string, Fields> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(objects_, {});
    }

private:
    std::mutex mutex_;  // a file is streamed from another thread than the request was answered by
    std::map<std::string, Fields> objects_;
};

}  // namespace gx::access
