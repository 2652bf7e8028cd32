// Writes to people who forgot their password, by e-mail or SMS. Wishes are rows (access/one_time_links.hpp), so none is
// lost by a crash; the link itself is made when it is sent and stands nowhere but in the message.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "access/one_time_links.hpp"
#include "access/policy.hpp"
#include "base/rounds.hpp"
#include "features/messages/mailer.hpp"
#include "features/messages/message_log.hpp"
#include "features/messages/sms_gateway.hpp"

namespace gx::features {

class RecoveryMessages {
public:
    // Without a mailer or a gateway nobody is reached that way. The log must outlive this; a message that is being sent
    // at the end is waited for.
    RecoveryMessages(access::OneTimeLinks& links, access::Policy& policy, std::optional<Mailer> mailer,
                     std::unique_ptr<SmsGateway> gateway, MessageLog& log, std::function<std::string()> company);

    // Which ways are open: what is set up, and what the policy says of sender and address.
    static access::RecoveryWays ways(const access::PolicyRules& rules, bool mail, bool sms);

private:
    void send_waiting();
    Receipt send(const access::OneTimeLinks::Recovery& recovery, const access::PolicyRules& rules,
                 const std::string& token);

    access::OneTimeLinks& links_;
    access::Policy& policy_;
    std::optional<Mailer> mailer_;
    std::unique_ptr<SmsGateway> gateway_;
    MessageLog& log_;
    std::function<std::string()> company_;
    Rounds rounds_;  // the last: it uses all the others
};

}  // namespace gx::features
