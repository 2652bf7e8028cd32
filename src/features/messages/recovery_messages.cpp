#include "features/messages/recovery_messages.hpp"

#include "base/failure.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/texts.hpp"

namespace gx::features {

namespace {

using namespace std::chrono_literals;
using access::RecoveryWays;
using Recovery = access::OneTimeLinks::Recovery;

constexpr auto look_every = 500ms;

Language language_of(const Recovery& recovery) { return parse_language(recovery.language).value_or(Language::zh); }

// What a server says of a message may repeat it, and the link stands nowhere but in the message. It may have been cut
// in the midst of the token.
std::string without(std::string text, const std::string& token) {
    constexpr std::size_t enough = 6;
    if (const std::size_t at = text.find(token.substr(0, enough)); at != std::string::npos) {
        text.resize(at);
        text += "…";
    }
    return text;
}

std::string subject_of(const Recovery& recovery, const std::string& company) {
    return text(language_of(recovery), "mail.recovery.subject", {{"company", company}});
}

}  // namespace

RecoveryMessages::RecoveryMessages(access::OneTimeLinks& links, access::Policy& policy, std::optional<Mailer> mailer,
                                   std::unique_ptr<SmsGateway> gateway, MessageLog& log,
                                   std::function<std::string()> company)
    : links_(links),
      policy_(policy),
      mailer_(std::move(mailer)),
      gateway_(std::move(gateway)),
      log_(log),
      company_(std::move(company)),
      rounds_(look_every, "messages for forgotten passwords have to wait", [this] { send_waiting(); }) {}

RecoveryWays RecoveryMessages::ways(const access::PolicyRules& rules, bool mail, bool sms) {
    const bool has_address = !rules.site_address.empty();
    return {mail && has_address && !rules.mail_sender.empty(), sms && has_address};
}

void RecoveryMessages::send_waiting() {
    const auto rules = policy_.rules();
    // Wishes wait until the policy says again who writes, and where the links lead.
    const RecoveryWays open = ways(*rules, mailer_.has_value(), gateway_ != nullptr);
    if (!open) return;
    while (const auto recovery = links_.take_request(open)) {
        log_.sending({recovery->request, recovery->by_sms ? "sms" : "mail", recovery->address,
                      recovery->by_sms ? std::string() : rules->mail_sender, subject_of(*recovery, company_()),
                      recovery->user, recovery->login});
        const std::string token = links_.make_sent(recovery->user).token;
        try {
            log_.sent(recovery->request, send(*recovery, *rules, token));
            links_.settle(recovery->request);
        } catch (const Failure& failure) {
            const auto& params = failure.params();
            const std::string why = without(params.empty() ? failure.key() : params.front().second, token);
            log::warning("a message for a forgotten password was not sent", {{"key", failure.key()}, {"why", why}});
            log_.failed(recovery->request, why, links_.put_off(*recovery));
        }
    }
}

Receipt RecoveryMessages::send(const Recovery& recovery, const access::PolicyRules& rules, const std::string& token) {
    const Language language = language_of(recovery);
    const std::string company = company_();
    const TextParams params{{"name", recovery.name},
                            {"login", recovery.login},
                            {"company", company},
                            {"minutes", std::to_string(rules.link_life.count())},
                            {"link", rules.site_address + "/set-password#" + token}};
    // The name of the request: a server that gets the same message again can tell.
    const std::string id = "recovery-" + to_string(recovery.request);
    if (recovery.by_sms) {
        return gateway_->send({recovery.address, text(language, "sms.recovery.text", params)}, id);
    }
    mailer_->send({rules.mail_sender, company, recovery.address, subject_of(recovery, company),
                   text(language, "mail.recovery.text", params)},
                  id);
    return {id, {}};
}

}  // namespace gx::features
