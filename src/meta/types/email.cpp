// E-mail addresses: the part before the @ as typed, the domain in lower case.
#include "base/text.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

bool is_plain(std::string_view part, std::string_view also) {
    for (const char c : part) {
        const unsigned char u = static_cast<unsigned char>(c);
        const bool letter = (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u >= 0x80;
        if (!letter && also.find(c) == std::string_view::npos) return false;
    }
    return !part.empty() && part.front() != '.' && part.back() != '.' && part.find("..") == std::string_view::npos;
}

class EmailFaces final : public TextFaces {
public:
    std::string_view name() const override { return "email"; }
    Read from_text(const Field& field, std::string_view in, const ReadContext&) const override {
        return normalise(field, in);
    }

protected:
    Read normalise(const Field& field, std::string_view in) const override {
        std::string_view typed = trim(in);
        if (typed.starts_with("mailto:")) typed.remove_prefix(7);
        const std::size_t at = typed.rfind('@');
        if (at == std::string_view::npos) return problem(field, "not_an_email");
        const std::string_view local = typed.substr(0, at);
        const std::string domain = fold(typed.substr(at + 1));
        const bool fine = local.size() <= 64 && typed.size() <= 254 && is_plain(local, "!#$%&'*+/=?^_`{|}~.-") &&
                          is_plain(domain, ".-") && domain.find('.') != std::string::npos && domain.front() != '-' &&
                          domain.back() != '-';
        if (!fine) return problem(field, "not_an_email");
        return Value(std::string(local) + '@' + domain);
    }
};

}  // namespace

const TypeFaces& email_faces() {
    static const EmailFaces faces;
    return faces;
}

}  // namespace gx::meta
