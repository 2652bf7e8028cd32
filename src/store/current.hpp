// Which connection this thread is working on, so that a nested read joins the transaction it stands in.
// A stack threaded through the frames of read() and change(): nothing is allocated and nothing outlives the call.
#pragma once

namespace gx::store {

class Connection;

class Current {
public:
    enum class Mode { reading, changing };

    Current(const void* store, Connection& connection, Mode mode)
        : store_(store), connection_(connection), mode_(mode), outer_(top()) {
        top() = this;
    }
    ~Current() { top() = outer_; }
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;

    Connection& connection() const { return connection_; }
    Mode mode() const { return mode_; }

    // The innermost one of this store on this thread; null when there is none.
    static const Current* of(const void* store) {
        for (const Current* current = top(); current != nullptr; current = current->outer_) {
            if (current->store_ == store) return current;
        }
        return nullptr;
    }

private:
    static Current*& top() {
        thread_local Current* top = nullptr;
        return top;
    }

    const void* store_;
    Connection& connection_;
    Mode mode_;
    Current* outer_;
};

}  // namespace gx::store
