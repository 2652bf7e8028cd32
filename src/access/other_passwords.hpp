// Passwords that another place keeps, such as the directory of the company. Signing in asks there for accounts whose
// password is not kept here.
#pragma once

#include <string_view>

#include "base/id.hpp"

namespace gx::access {

class OtherPasswords {
public:
    virtual ~OtherPasswords() = default;

    enum class Answer {
        not_there,  // this account's password is kept here
        right,
        wrong,
    };
    struct Asked {
        Answer answer = Answer::not_there;
        RecordId user{};  // with `right`: who it is; the account may just have been made
    };
    // `account`: the one of this sign-in name, none when there is none. Throws Failure(unavailable) when that place
    // does not answer.
    virtual Asked ask(std::string_view login, std::string_view password, RecordId account) = 0;

    // The password of this account is kept there: here it cannot be chosen.
    virtual bool keeps(RecordId account) = 0;
};

}  // namespace gx::access
