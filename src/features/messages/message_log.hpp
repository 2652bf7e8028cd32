// The log of e-mails and short messages: one row of message_log for each that leaves, written before it leaves, so that
// none goes out without a trace. What stands in it is not kept: a message may hold a link that opens an account.
#pragma once

#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/time.hpp"
#include "features/messages/receipt.hpp"
#include "store/store.hpp"

namespace gx::features {

class MessageLog {
public:
    MessageLog(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

    struct Message {
        RecordId id;               // the same for every try
        std::string_view channel;  // an item of the dictionary message_channel: mail, sms
        std::string recipient;     // address or number
        std::string sender;        // empty for an SMS: the gateway knows
        std::string subject;
        RecordId user{};  // the account it is for; none: nobody's
        std::string login{};
    };
    // It is about to be sent, for the first time or again.
    void sending(const Message& message);

    void sent(RecordId id, const Receipt& receipt);
    // `again`: it will be tried once more.
    void failed(RecordId id, std::string_view why, bool again);

    // Those older than this many months go; 0: none.
    void tidy(int months);

private:
    void end(RecordId id, std::string_view state, const std::string& why, const Receipt& receipt);

    store::Store& store_;
    const Clock& clock_;
};

}  // namespace gx::features
