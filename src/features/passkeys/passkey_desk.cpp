#include "features/passkeys/passkey_desk.hpp"

#include <charconv>
#include <vector>

namespace gx::features {

namespace {

using namespace std::chrono_literals;

constexpr auto challenge_life = 5min;
constexpr std::size_t challenge_bytes = 32;

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> found;
    for (;;) {
        const std::size_t end = text.find('\n');
        found.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return found;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

PasskeyDesk::Begun PasskeyDesk::begin(const PasskeyUse& use) const {
    Begun begun;
    begun.challenge = random_bytes(challenge_bytes);
    std::string plain(use.purpose);
    plain += '\n';
    plain += use.session;
    plain += '\n' + base64url(begun.challenge) + '\n' + std::to_string(stamp(clock_.now() + challenge_life));
    begun.ticket = sealer_.seal(plain);
    return begun;
}

PasskeyDesk::Challenge PasskeyDesk::open(std::string_view ticket, const PasskeyUse& use) const {
    constexpr std::size_t ticket_bytes_most = 1000;
    const auto plain = ticket.size() <= ticket_bytes_most ? sealer_.open(ticket) : std::nullopt;
    if (!plain) throw PasskeyRefused{"challenge"};
    const std::vector<std::string_view> parts = lines(*plain);
    if (parts.size() != 4 || parts[0] != use.purpose || parts[1] != use.session) throw PasskeyRefused{"challenge"};
    std::int64_t until = 0;
    std::from_chars(parts[3].data(), parts[3].data() + parts[3].size(), until);
    auto text = from_base64url(parts[2]);
    if (!text || text->size() != challenge_bytes) throw PasskeyRefused{"challenge"};
    const Timestamp end{std::chrono::milliseconds(until)};
    if (end <= clock_.now()) throw PasskeyRefused{"too_late"};
    return {std::move(*text), end};
}

// Only when everything else is right: otherwise strangers could write rows.
void PasskeyDesk::use(const Challenge& challenge) {
    if (!kept_.use_challenge(challenge.text, challenge.until)) throw PasskeyRefused{"replayed"};
}

RecordId PasskeyDesk::keep(std::string_view ticket, const PasskeyUse& use_for, RecordId user, std::string name,
                           const Made& made, const Site& site) {
    const Challenge challenge = open(ticket, use_for);
    const NewKey key = verify_made(made, challenge.text, site);
    use(challenge);
    access::Passkey passkey;
    passkey.user = user;
    passkey.name = std::move(name);
    passkey.credential = key.credential;
    passkey.public_key = key.public_key;
    passkey.algorithm = key.algorithm;
    passkey.counter = key.counter;
    passkey.site = site.domain;
    return kept_.add(passkey);
}

access::Passkey PasskeyDesk::shown(std::string_view ticket, const PasskeyUse& use_for, RecordId expected,
                                   const Shown& shown, const Site& site) {
    const Challenge challenge = open(ticket, use_for);
    auto passkey = kept_.find(shown.credential);
    if (!passkey) throw PasskeyRefused{"unknown"};
    if (expected && passkey->user != expected) throw PasskeyRefused{"other_person"};
    // Without a name the authenticator has to say whose it is; and what it says must agree with what is kept.
    if ((!expected || !shown.user_handle.empty()) && shown.user_handle != handle_of(passkey->user))
        throw PasskeyRefused{"other_person"};
    if (passkey->site != site.domain) throw PasskeyRefused{"domain"};
    const std::int64_t counter = verify_shown(shown, {passkey->public_key, passkey->algorithm}, challenge.text, site);
    use(challenge);
    if (!kept_.used(passkey->id, counter)) throw PasskeyRefused{"counter"};
    return std::move(*passkey);
}

}  // namespace gx::features
