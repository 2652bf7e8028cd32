// Telephone numbers. A Chinese mobile number is kept as its eleven digits, so that one number has one form; others keep
// the grouping that people gave them.
#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "base/texts.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

constexpr std::size_t mobile_digits = 11;
constexpr std::size_t digits_min = 3, digits_max = 20, extension_max = 8;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Cuts "… 转 801", "… ext. 801", "… #801" and gives the extension; the words are texts.
std::optional<std::string> cut_extension(std::string& number) {
    for (const Language language : {Language::zh, Language::en}) {
        const std::string words = text(language, "phone_extension_words");
        std::string_view rest = words;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(' '), rest.size());
            const std::string_view word = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const std::size_t at = word.empty() ? std::string::npos : number.find(word);
            if (at == std::string::npos || at == 0) continue;
            std::string extension(trim(std::string_view(number).substr(at + word.size())));
            number = std::string(trim(std::string_view(number).substr(0, at)));
            return extension;
        }
    }
    return std::nullopt;
}

// 13x … 19x, with or without the country code. An empty result: some other kind of number.
std::optional<std::string> chinese_mobile(std::string_view kept, std::string_view digits) {
    std::string_view rest = digits;
    if (kept.starts_with("+86"))
        rest.remove_prefix(2);
    else if (kept.starts_with('+'))
        return std::nullopt;
    else if (rest.starts_with("0086"))
        rest.remove_prefix(4);
    else if (rest.starts_with("86") && rest.size() == mobile_digits + 2)
        rest.remove_prefix(2);
    if (rest.size() < 7 || rest[0] != '1' || rest[1] < '3') return std::nullopt;
    return std::string(rest);
}

class PhoneFaces final : public TextFaces {
public:
    std::string_view name() const override { return "phone"; }
    Read from_text(const Field& field, std::string_view in, const ReadContext&) const override {
        return normalise(field, in);
    }

protected:
    Read normalise(const Field& field, std::string_view in) const override {
        std::string typed = fold(in);
        const std::optional<std::string> extension = cut_extension(typed);
        std::string kept, digits;
        for (const char c : typed) {
            if (is_digit(c))
                digits += c, kept += c;
            else if (c == '+' && kept.empty())
                kept += c;
            else if (c == '-' || c == '.')
                kept += '-';
            else if (c == ' ' || c == '(' || c == ')') {
                if (!kept.empty() && kept.back() != ' ') kept += ' ';
            } else
                return problem(field, "not_a_phone");
        }
        kept = std::string(trim(kept));
        if (extension && (extension->empty() || extension->size() > extension_max ||
                          !std::all_of(extension->begin(), extension->end(), is_digit)))
            return problem(field, "not_a_phone");

        if (const std::optional<std::string> mobile = chinese_mobile(kept, digits)) {
            if (mobile->size() != mobile_digits)
                return problem(
                    field, "phone_length",
                    {{"expected", std::to_string(mobile_digits)}, {"actual", std::to_string(mobile->size())}});
            kept = *mobile;
        } else if (digits.size() < digits_min || digits.size() > digits_max) {
            return problem(field, "not_a_phone");
        }
        if (extension) kept += " ext. " + *extension;
        return Value(std::move(kept));
    }
};

}  // namespace

std::string phone_key(std::string_view number) {
    std::string typed = fold(number);
    const std::optional<std::string> extension = cut_extension(typed);
    std::string digits;
    std::copy_if(typed.begin(), typed.end(), std::back_inserter(digits), is_digit);
    const std::string_view kept = trim(typed);
    std::string key;
    if (std::optional<std::string> mobile = chinese_mobile(kept, digits)) {
        key = std::move(*mobile);
    } else {
        std::string_view rest = digits;
        const bool international = kept.starts_with('+') || rest.starts_with("00");
        if (rest.starts_with("00")) rest.remove_prefix(2);
        // Without a plus it is a country code when no number inside the country is that long.
        const bool at_home = rest.starts_with("86") && (international || rest.size() > mobile_digits);
        if (at_home) rest.remove_prefix(2);
        if (at_home || !international) {
            if (rest.starts_with('0')) rest.remove_prefix(1);  // of the area code, which falls away behind +86
            key = rest;
        } else {
            key = '+' + std::string(rest);
        }
    }
    if (extension && !extension->empty()) key += 'x' + *extension;
    return key;
}

const TypeFaces& phone_faces() {
    static const PhoneFaces faces;
    return faces;
}

}  // namespace gx::meta
