// Web addresses: http and https only, because they become links; without a scheme https is meant.
#include "base/text.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

class UrlFaces final : public TextFaces {
public:
    std::string_view name() const override { return "url"; }
    Read from_text(const Field& field, std::string_view in, const ReadContext&) const override {
        return normalise(field, in);
    }

protected:
    Read normalise(const Field& field, std::string_view in) const override {
        const std::string typed(trim(in));
        for (const char c : typed)
            if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '"' || c == '<' || c == '>' || c == '\\')
                return problem(field, "not_a_url");
        std::string scheme = "https", rest = typed;
        if (const std::size_t end = typed.find("://"); end != std::string::npos) {
            scheme = fold(std::string_view(typed).substr(0, end));
            rest = typed.substr(end + 3);
        }
        const std::string host = rest.substr(0, rest.find_first_of("/?#"));
        const std::size_t name_end = std::min(host.find(':'), host.size());
        const std::string name_part = host.substr(0, name_end);
        const std::string_view port = std::string_view(host).substr(name_end);
        bool fine = (scheme == "http" || scheme == "https") && name_part.find('@') == std::string::npos &&
                    name_part.find('.') != std::string::npos && name_part.front() != '.' && name_part.back() != '.';
        if (!port.empty())
            fine = fine && port.size() >= 2 && port.size() <= 6 &&
                   port.find_first_not_of("0123456789", 1) == std::string_view::npos;
        if (!fine) return problem(field, "not_a_url");
        return Value(scheme + "://" + rest);
    }
};

}  // namespace

const TypeFaces& url_faces() {
    static const UrlFaces faces;
    return faces;
}

}  // namespace gx::meta
