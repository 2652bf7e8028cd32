// Hands short messages to a gateway: one POST a message, in words that a small relay in front of any provider's own
// interface can speak (docs/operations.md).
#pragma once

#include <string>
#include <string_view>

#include "features/messages/receipt.hpp"
#include "features/outside.hpp"

namespace gx::features {

struct Sms {
    std::string to;  // a number as employees have it: 13812345678, +1 780 428-9482
    std::string text;
};

class SmsGateway {
public:
    // https://[NAME:SECRET@ or TOKEN@]HOST[:PORT][/PATH]; http:// for a gateway inside the own walls only.
    static bool can_read(std::string_view url);

    explicit SmsGateway(const std::string& url);

    // `id` names the message for good, so that a gateway that gets it again can tell. Throws
    // Failure(unavailable, "sms_failed", {why}); nothing was sent then, as far as anybody can know.
    Receipt send(const Sms& sms, std::string_view id);

    // What a gateway answered, as far as it can be understood: {"id": …, "cost": …}.
    static Receipt receipt_of(std::string_view answer);

private:
    Outside outside_{"sms_failed"};
    std::string url_, authorization_;
};

}  // namespace gx::features
