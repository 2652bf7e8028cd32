// Hands e-mails to a mail server by SMTP. One call sends one e-mail and returns when the server has taken it.
#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"
#include "features/messages/mail.hpp"

namespace gx::features {

class Mailer {
public:
    // smtp://[USER:PASSWORD@]HOST[:PORT] speaks TLS from the first command on (STARTTLS) unless the host is this
    // machine; smtps:// speaks TLS at once; smtp+plain:// speaks none, for a server inside the own walls.
    static bool can_read(std::string_view url);

    Mailer(std::string url, const Clock& clock);

    // `id` is that of message_text(). Throws Failure(unavailable, "mail_failed", {why}); nothing was sent then, as far
    // as anybody can know.
    void send(const Mail& mail, std::string_view id) const;

private:
    std::string url_;
    bool tls_ = false;
    const Clock& clock_;
};

}  // namespace gx::features
