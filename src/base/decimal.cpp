#include "base/decimal.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/failure.hpp"
#include "base/text.hpp"

namespace gx {

namespace {

__extension__ using Wide = __int128;

constexpr std::size_t digits_max = 18;

constexpr std::array<std::int64_t, 19> powers_of_ten = [] {
    std::array<std::int64_t, 19> powers{};
    std::int64_t power = 1;
    for (std::size_t i = 0; i < powers.size(); ++i) {
        powers[i] = power;
        if (i + 1 < powers.size()) power *= 10;
    }
    return powers;
}();

Wide power_of_ten(int exponent) { return powers_of_ten[static_cast<std::size_t>(exponent)]; }

Wide widen(Decimal value, std::uint8_t scale) { return Wide{value.unscaled} * power_of_ten(scale - value.scale); }

bool fits(Wide value) {
    return value >= std::numeric_limits<std::int64_t>::min() && value <= std::numeric_limits<std::int64_t>::max();
}

Decimal narrow(Wide unscaled, std::uint8_t scale) {
    if (!fits(unscaled)) throw Failure(Failure::Kind::invalid, "number_too_large");
    return {static_cast<std::int64_t>(unscaled), scale};
}

// Half away from zero; `divisor` is not zero.
Wide divide_rounded(Wide dividend, Wide divisor) {
    if (divisor < 0) {
        dividend = -dividend;
        divisor = -divisor;
    }
    const Wide quotient = dividend / divisor;
    const Wide rest = dividend % divisor;
    const Wide distance = rest < 0 ? -rest : rest;
    if (distance < divisor - distance) return quotient;
    return rest < 0 ? quotient - 1 : quotient + 1;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::strong_ordering operator<=>(Decimal a, Decimal b) {
    const std::uint8_t scale = std::max(a.scale, b.scale);
    const Wide left = widen(a, scale);
    const Wide right = widen(b, scale);
    if (left < right) return std::strong_ordering::less;
    return left == right ? std::strong_ordering::equal : std::strong_ordering::greater;
}

Decimal operator+(Decimal a, Decimal b) {
    const std::uint8_t scale = std::max(a.scale, b.scale);
    return narrow(widen(a, scale) + widen(b, scale), scale);
}

Decimal operator-(Decimal a, Decimal b) {
    const std::uint8_t scale = std::max(a.scale, b.scale);
    return narrow(widen(a, scale) - widen(b, scale), scale);
}

Decimal operator-(Decimal a) { return narrow(-Wide{a.unscaled}, a.scale); }

Decimal operator*(Decimal a, Decimal b) {
    Wide product = Wide{a.unscaled} * b.unscaled;
    int scale = a.scale + b.scale;
    if (scale > Decimal::scale_max) {
        product = divide_rounded(product, power_of_ten(scale - Decimal::scale_max));
        scale = Decimal::scale_max;
    }
    return narrow(product, static_cast<std::uint8_t>(scale));
}

Decimal divide(Decimal a, Decimal b, std::uint8_t scale) {
    ensure(scale <= Decimal::scale_max, "scale of a quotient");
    if (b.unscaled == 0) throw Failure(Failure::Kind::invalid, "division_by_zero");
    Wide dividend = a.unscaled;
    Wide divisor = b.unscaled;
    const int shift = scale + b.scale - a.scale;
    if (shift >= 0) {
        dividend *= power_of_ten(shift);
    } else {
        divisor *= power_of_ten(-shift);
    }
    return narrow(divide_rounded(dividend, divisor), scale);
}

Decimal rescale(Decimal value, std::uint8_t scale) {
    ensure(scale <= Decimal::scale_max, "scale of a decimal");
    if (scale >= value.scale) return narrow(widen(value, scale), scale);
    return narrow(divide_rounded(value.unscaled, power_of_ten(value.scale - scale)), scale);
}

bool fits_scale(Decimal value, std::uint8_t scale) {
    return scale >= value.scale || value.unscaled % powers_of_ten[static_cast<std::size_t>(value.scale - scale)] == 0;
}

std::string to_string(Decimal value) {
    Wide rest = value.unscaled;
    const bool negative = rest < 0;
    if (negative) rest = -rest;
    std::string digits;
    for (int i = 0; rest != 0 || i <= value.scale; ++i) {
        if (i == value.scale && i > 0) digits.push_back('.');
        digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    }
    if (negative) digits.push_back('-');
    return {digits.rbegin(), digits.rend()};
}

std::optional<Decimal> parse_decimal(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    std::int64_t unscaled = 0;
    std::size_t digits = 0;
    std::optional<std::size_t> point;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '.') {
            if (point || i == 0 || i + 1 == text.size()) return std::nullopt;
            point = i;
        } else if (is_digit(text[i]) && digits < digits_max) {
            unscaled = unscaled * 10 + (text[i] - '0');
            ++digits;
        } else {
            return std::nullopt;
        }
    }
    const std::size_t scale = point ? text.size() - *point - 1 : 0;
    if (digits == 0 || scale > Decimal::scale_max) return std::nullopt;
    return Decimal{negative ? -unscaled : unscaled, static_cast<std::uint8_t>(scale)};
}

namespace {

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    text = trim(text);
    return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    text = trim(text);
    return true;
}

constexpr std::array<std::string_view, 12> currency_signs = {"¥",   "$",   "€",   "£",   "cny", "rmb",
                                                             "usd", "eur", "hk$", "us$", "元",  "人民币"};

// Digits with optional groups of three, a fraction and an exponent, as unscaled * 10^exponent.
std::optional<std::pair<Wide, int>> read_number(std::string_view text) {
    Wide value = 0;
    int exponent = 0;
    std::size_t digits = 0;
    std::size_t since_group = 0;
    bool grouped = false;
    std::size_t i = 0;
    for (; i < text.size() && (is_digit(text[i]) || text[i] == ','); ++i) {
        if (text[i] == ',') {
            if (since_group == 0 || since_group > 3 || (grouped && since_group != 3)) return std::nullopt;
            grouped = true;
            since_group = 0;
            continue;
        }
        value = value * 10 + (text[i] - '0');
        ++since_group;
        if (++digits > 30) return std::nullopt;
    }
    if (grouped && since_group != 3) return std::nullopt;
    if (i < text.size() && text[i] == '.') {
        for (++i; i < text.size() && is_digit(text[i]); ++i) {
            value = value * 10 + (text[i] - '0');
            --exponent;
            if (++digits > 30) return std::nullopt;
        }
    }
    if (digits == 0) return std::nullopt;
    if (i < text.size() && text[i] == 'e') {
        ++i;
        bool negative = false;
        if (i < text.size() && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
        if (i == text.size() || text.size() - i > 2) return std::nullopt;
        int power = 0;
        for (; i < text.size(); ++i) {
            if (!is_digit(text[i])) return std::nullopt;
            power = power * 10 + (text[i] - '0');
        }
        exponent += negative ? -power : power;
    }
    if (i != text.size()) return std::nullopt;
    return std::pair{value, exponent};
}

}  // namespace

std::optional<Decimal> parse_decimal_leniently(std::string_view typed) {
    if (typed.size() > 100 || !is_valid_utf8(typed)) return std::nullopt;
    const std::string folded = fold(typed);
    std::string_view text = folded;
    bool negative = false;
    if (text.starts_with('(') && text.ends_with(')') && text.size() > 2) {
        negative = true;
        text = trim(text.substr(1, text.size() - 2));
    }
    bool sign_taken = negative;
    const auto take_sign = [&] {
        if (sign_taken) return;
        if (take_prefix(text, "-") || take_prefix(text, "−")) {
            negative = sign_taken = true;
        } else if (take_prefix(text, "+")) {
            sign_taken = true;
        }
    };
    take_sign();
    for (const std::string_view sign : currency_signs) {
        if (take_prefix(text, sign)) break;
    }
    take_sign();

    int shift = 0;
    bool percent = false;
    if (take_suffix(text, "%")) {
        percent = true;
        shift = -2;
    } else {
        for (const std::string_view unit : {"人民币", "元", "块", "cny", "rmb", "usd", "eur"}) {
            if (take_suffix(text, unit)) break;
        }
        bool again = true;
        while (again && shift < 16) {
            again = false;
            for (const auto& [unit, power] : {std::pair<std::string_view, int>{"千", 3}, {"万", 4}, {"亿", 8}}) {
                if (take_suffix(text, unit)) {
                    shift += power;
                    again = true;
                }
            }
        }
    }
    const auto number = read_number(text);
    if (!number) return std::nullopt;
    auto [value, exponent] = *number;
    exponent += shift;
    // 0.30000000000000004 is what spreadsheets make of 0.3; "12.50%" is 0.125.
    while (exponent < 0 && value % 10 == 0 && (percent || shift > 0 || -exponent > Decimal::scale_max)) {
        value /= 10;
        ++exponent;
    }
    if (value == 0 && exponent > 0) exponent = 0;
    for (; exponent > 0; --exponent) {
        if (value > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
        value *= 10;
    }
    if (const int surplus = -exponent - Decimal::scale_max; surplus > 0) {
        Wide divisor = 1;
        for (int i = 0; i < surplus && i < 36; ++i) divisor *= 10;
        value = surplus > 36 ? 0 : divide_rounded(value, divisor);
        exponent = -Decimal::scale_max;
        while (exponent < 0 && value % 10 == 0) {
            value /= 10;
            ++exponent;
        }
    }
    if (value >= power_of_ten(digits_max)) return std::nullopt;
    const auto unscaled = static_cast<std::int64_t>(value);
    return Decimal{negative ? -unscaled : unscaled, static_cast<std::uint8_t>(-exponent)};
}

std::optional<Currency> parse_currency(std::string_view text) {
    if (text.size() != 3) return std::nullopt;
    Currency currency;
    for (std::size_t i = 0; i < 3; ++i) {
        if (text[i] < 'A' || text[i] > 'Z') return std::nullopt;
        currency.code[i] = text[i];
    }
    return currency;
}

std::uint8_t minor_digits(Currency currency) {
    // ICU follows CLDR, which rounds some currencies as cash is used (IQD 0); contracts follow ISO 4217.
    static constexpr std::array<std::string_view, 17> none = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY",
                                                              "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                                                              "VND", "VUV", "XAF", "XOF", "XPF"};
    static constexpr std::array<std::string_view, 7> three = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
    static constexpr std::array<std::string_view, 2> four = {"CLF", "UYW"};
    const auto is_one_of = [&](const auto& codes) { return std::ranges::find(codes, currency.text()) != codes.end(); };
    if (is_one_of(none)) return 0;
    if (is_one_of(three)) return 3;
    return is_one_of(four) ? 4 : 2;
}

Money operator+(Money a, Money b) {
    ensure(a.currency == b.currency, "sum of two currencies");
    return {a.amount + b.amount, a.currency};
}

Money operator-(Money a, Money b) {
    ensure(a.currency == b.currency, "difference of two currencies");
    return {a.amount - b.amount, a.currency};
}

Money operator*(Money a, Decimal b) { return {a.amount * b, a.currency}; }

std::strong_ordering compare(Money a, Money b) {
    ensure(a.currency == b.currency, "order of two currencies");
    return a.amount <=> b.amount;
}

}  // namespace gx
