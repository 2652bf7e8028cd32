#include "features/mail/recovery_mails.hpp"

#include "base/failure.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/texts.hpp"

namespace gx::features {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 500ms;

}  // namespace

RecoveryMails::RecoveryMails(access::OneTimeLinks& links, access::Policy& policy, Mailer mailer,
                             std::function<std::string()> company)
    : links_(links), policy_(policy), mailer_(std::move(mailer)), company_(std::move(company)), thread_([this] {
          run();
      }) {}

RecoveryMails::~RecoveryMails() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void RecoveryMails::run() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, look_every, [this] { return stopping_; })) {
        lock.unlock();
        try {
            send_waiting();
        } catch (const Failure& failure) {
            log::warning("e-mails for forgotten passwords have to wait", {{"why", failure.key()}});
        }
        lock.lock();
    }
}

void RecoveryMails::send_waiting() {
    const auto rules = policy_.rules();
    // Wishes wait until the policy says again who writes, and where the links lead.
    if (rules->mail_sender.empty() || rules->site_address.empty()) return;
    while (const auto recovery = links_.take_request()) {
        try {
            // The name of the request: a mail server that gets the same e-mail again can tell.
            mailer_.send(mail_for(*recovery), "recovery-" + to_string(recovery->request));
            links_.settle(recovery->request);
        } catch (const Failure& failure) {
            std::string why = failure.key();
            for (const auto& [name, value] : failure.params()) why += " " + name + "=" + value;
            log::warning("an e-mail for a forgotten password was not sent", {{"why", why}});
            links_.put_off(*recovery);
        }
    }
}

Mail RecoveryMails::mail_for(const access::OneTimeLinks::Recovery& recovery) {
    const auto rules = policy_.rules();
    const Language language = parse_language(recovery.language).value_or(Language::zh);
    const std::string company = company_();
    const auto made = links_.make_mailed(recovery.user);
    return {rules->mail_sender, company, recovery.email,
            text(language, "mail.recovery.subject", {{"company", company}}),
            text(language, "mail.recovery.text",
                 {{"name", recovery.name},
                  {"login", recovery.login},
                  {"minutes", std::to_string(rules->link_life.count())},
                  {"link", rules->site_address + "/set-password#" + made.token}})};
}

}  // namespace gx::features
