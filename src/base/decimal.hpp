// Exact decimal numbers and money. No floating point anywhere. A Decimal is unscaled * 10^-scale.
// In the database a decimal, percent or money field is one integer: the unscaled value at the field's own scale.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gx {

struct Decimal {
    std::int64_t unscaled = 0;
    std::uint8_t scale = 0;  // 0..9

    static constexpr std::uint8_t scale_max = 9;

    // Value equality and order: 1.50 == 1.5.
    friend bool operator==(Decimal a, Decimal b) { return (a <=> b) == 0; }
    friend std::strong_ordering operator<=>(Decimal a, Decimal b);
};

// Arithmetic is exact or throws Failure(invalid, "number_too_large"). Sum and difference have the larger scale,
// a product the sum of the scales (rounded to scale_max). Division rounds half away from zero to `scale`.
Decimal operator+(Decimal a, Decimal b);
Decimal operator-(Decimal a, Decimal b);
Decimal operator-(Decimal a);
Decimal operator*(Decimal a, Decimal b);
Decimal divide(Decimal a, Decimal b, std::uint8_t scale);  // throws Failure(invalid, "division_by_zero")

// Rounds half away from zero (四舍五入), as Chinese accounting does.
Decimal rescale(Decimal value, std::uint8_t scale);
bool fits_scale(Decimal value, std::uint8_t scale);  // true when rescaling loses nothing

std::string to_string(Decimal value);                    // "12.50"; always `scale` decimals
std::optional<Decimal> parse_decimal(std::string_view);  // "-12.50"; no grouping, no exponent, at most 18 digits
// What people type: 1,234.50  ￥1234  1234元  12.5万  3亿  (1,234)  1.2E3  12%. Full-width digits too.
std::optional<Decimal> parse_decimal_leniently(std::string_view);

// ISO 4217 code packed into a small value; three letters, upper case.
struct Currency {
    char code[4] = {'C', 'N', 'Y', 0};

    std::string_view text() const { return {code, 3}; }
    friend bool operator==(const Currency& a, const Currency& b) { return a.text() == b.text(); }
};
std::optional<Currency> parse_currency(std::string_view text);
std::uint8_t minor_digits(Currency currency);  // CNY 2, JPY 0, KWD 3 (ISO 4217)

// An exact amount. Two currencies never meet here: rates change, so conversion belongs to records.
struct Money {
    Decimal amount;
    Currency currency;

    friend bool operator==(const Money&, const Money&) = default;
};
Money operator+(Money a, Money b);  // ensure()s one currency
Money operator-(Money a, Money b);
Money operator*(Money a, Decimal b);
std::strong_ordering compare(Money a, Money b);  // ensure()s one currency

}  // namespace gx
