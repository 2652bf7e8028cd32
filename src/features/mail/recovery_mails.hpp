// Writes to people who forgot their password. Wishes are rows (access/one_time_links.hpp), so none is lost by a crash;
// the link itself is made when it is sent and stands nowhere but in the e-mail.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "access/one_time_links.hpp"
#include "access/policy.hpp"
#include "features/mail/mailer.hpp"

namespace gx::features {

class RecoveryMails {
public:
    RecoveryMails(access::OneTimeLinks& links, access::Policy& policy, Mailer mailer,
                  std::function<std::string()> company);
    ~RecoveryMails();  // an e-mail that is being sent is waited for

private:
    void run();
    void send_waiting();
    Mail mail_for(const access::OneTimeLinks::Recovery& recovery);

    access::OneTimeLinks& links_;
    access::Policy& policy_;
    Mailer mailer_;
    std::function<std::string()> company_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace gx::features
