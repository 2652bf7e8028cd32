// What the program will ask of the provider can be asked: an issuer that is one, and the scope without which there is
// no OpenID Connect.
#include "organisation/sign_in_provider/fields.hpp"

#include <string>

#include "record/behaviour.hpp"

namespace gx::sign_in_provider {
namespace {

void check_issuer(record::Draft& draft) {
    const std::string address = draft.get(issuer).value_or("");
    if (address.empty()) return;
    if (!address.starts_with("https://") && !draft.get(inside).value_or(false)) draft.problem(issuer, "issuer_plain");
    if (address.find_first_of("?#") != std::string::npos) draft.problem(issuer, "issuer_form");
}

void check_scopes(record::Draft& draft) {
    const std::string words = " " + draft.get(scopes).value_or("") + " ";
    if (words.find(" openid ") == std::string::npos) draft.problem(scopes, "scope_openid");
}

}  // namespace

void behave(record::Behaviour& behaviour) {
    behaviour.before_save(check_issuer);
    behaviour.before_save(check_scopes);
}

}  // namespace gx::sign_in_provider
