// An e-mail as it travels: plain text in any language, in a form that every mail server takes.
#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"

namespace gx::features {

struct Mail {
    std::string from, from_name;  // the name may be empty
    std::string to;
    std::string subject;
    std::string text;
};

// Can stand in an envelope and a header: no blanks, no line ends, no brackets. That somebody reads mail there is not
// known by this.
bool is_mail_address(std::string_view address);

// Header and body (RFC 5322, MIME) with line ends of the protocol. `id` names the message for good, so that a second
// try is known as the same. Throws Failure(invalid, "mail_address") for addresses that cannot be.
std::string message_text(const Mail& mail, std::string_view id, Timestamp at);

}  // namespace gx::features
