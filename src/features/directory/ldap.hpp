// Talking LDAP, as much of it as people and their groups need. Every call ends after a time; referrals are not
// followed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gx::features {

// The directory does not answer, or not as it should. `why` is a key of a text, `detail` what the library says.
struct DirectoryTrouble {
    std::string_view why;
    std::string detail;
};

struct LdapAddress {
    std::string url;  // ldap://host[:389] or ldaps://host[:636]
    bool start_tls = false;
    std::string authority;  // PEM of the authority that signed the certificate; empty: those of the system
    std::chrono::seconds patience{5};
};

struct LdapEntry {
    std::string dn;
    std::map<std::string, std::vector<std::string>> values;  // names in small letters, values as they are

    const std::string& first(std::string_view attribute) const;  // empty when there is none
    const std::vector<std::string>& all(std::string_view attribute) const;
};

class Ldap {
public:
    // Throws DirectoryTrouble, like everything below.
    explicit Ldap(const LdapAddress& address);
    ~Ldap();
    Ldap(Ldap&&) noexcept;

    // False: that is not the password of this name, or the directory lets it in no more (locked, expired). An empty
    // password proves nothing in LDAP, so it is never sent.
    bool bind(std::string_view dn, std::string_view password);

    struct Question {
        std::string base, filter;
        std::vector<std::string> attributes;
    };
    // Page by page: servers give no more than a thousand at once. `entry` says whether to go on. Long lists of values,
    // which Active Directory gives in parts, come whole.
    void each(const Question& question, const std::function<bool(LdapEntry)>& entry);
    std::vector<LdapEntry> some(const Question& question, std::size_t most);

private:
    void complete(LdapEntry& entry);

    struct State;
    std::unique_ptr<State> state_;
};

// What Active Directory calls a part of a long list of values: "member;range=0-1499", the last one "…-*".
struct ValueRange {
    std::string attribute;
    std::size_t next = 0;  // where the following part begins; 0: this was the last
};
std::optional<ValueRange> range_of(std::string_view attribute);

// For a place inside a filter: whatever is in it, it means itself (RFC 4515).
std::string in_filter(std::string_view value);
// The readable form of a binary id: as it is when it is text, else in hexadecimal digits.
std::string readable_id(std::string_view value);

}  // namespace gx::features
