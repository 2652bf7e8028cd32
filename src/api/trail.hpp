// What requests leave on the audit without their handlers doing anything: accesses that were refused, and sensitive
// fields that were given out. In one place, so that no route forgets it.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "access/access.hpp"
#include "access/audit.hpp"
#include "base/failure.hpp"
#include "base/time.hpp"
#include "meta/model.hpp"
#include "net/http.hpp"

namespace gx::api {

// An entry with who asks and from where.
access::AuditEntry entry_of(std::string_view kind, const access::Caller& caller);

class Trail {
public:
    Trail(access::Audit& audit, const Clock& clock) : audit_(audit), clock_(clock) {}
    ~Trail();  // tells how much was held back

    // A forbidden access, or one to a record that is there but not for this caller. A session that is refused again
    // and again fills no disk: after the first ones only now and then an entry, with the number of those left out.
    void refused(const net::Request& request, const access::Caller& caller, const std::string& session,
                 const meta::Model& model, const Failure& failure);

    // A key that is wrong or over; held back like refusals, by address.
    void unknown_key(const net::Request& request);

    // The same for somebody who is not signed in; `counted_as` is the address with the reason.
    void refused_from(const std::string& counted_as, access::AuditEntry entry);

    // One entry a request, when it gave out something.
    void disclosed(const net::Request& request, const access::Caller& caller);

private:
    struct Bucket {
        double tokens = 0;
        Timestamp filled{};
        std::int64_t left_out = 0;
        access::AuditEntry last{};  // of those left out
    };

    bool takes(const std::string& session, access::AuditEntry& entry);
    void tell_left_out(Bucket& bucket);

    access::Audit& audit_;
    const Clock& clock_;
    std::mutex mutex_;
    std::unordered_map<std::string, Bucket> buckets_;  // by session
    Timestamp swept_{};
};

}  // namespace gx::api
