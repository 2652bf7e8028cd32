// Amounts with their currency, in two columns. A plain number is an amount in the company's currency.
#include "base/text.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

// "USD 12.50" and "12.50 USD": cuts the code off. Other signs of currency belong to the lenient number.
std::optional<Currency> cut_currency(std::string_view& in) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    const auto code_at = [&](std::size_t at) -> std::optional<Currency> {
        std::string code;
        for (std::size_t i = at; i < at + 3; ++i) {
            if (!letter(in[i])) return std::nullopt;
            code += static_cast<char>(in[i] >= 'a' ? in[i] - 'a' + 'A' : in[i]);
        }
        return parse_currency(code);
    };
    if (in.size() < 4) return std::nullopt;
    if (const std::optional<Currency> front = letter(in[3]) ? std::nullopt : code_at(0)) {
        in = trim(in.substr(3));
        return front;
    }
    if (const std::optional<Currency> back = letter(in[in.size() - 4]) ? std::nullopt : code_at(in.size() - 3)) {
        in = trim(in.substr(0, in.size() - 3));
        return back;
    }
    return std::nullopt;
}

class MoneyFaces final : public TypeFaces {
public:
    std::string_view name() const override { return "money"; }
    expr::Type expression() const override { return expr::Type::money; }

    Read from_json(const Field& field, const json::value& in, const ReadContext& context) const override {
        Currency currency = context.currency;
        const json::value* amount = &in;
        if (const json::object* object = in.if_object()) {
            amount = object->if_contains("amount");
            if (!amount) return problem(field, "not_money");
            if (amount->is_null()) return Value();
            if (const json::value* code = object->if_contains("currency"); code && !code->is_null()) {
                const std::string_view typed =
                    code->is_string() ? std::string_view(code->get_string()) : std::string_view();
                const std::optional<Currency> known = parse_currency(typed);
                if (!known) return problem(field, "not_a_currency", {{"currency", std::string(typed)}});
                currency = *known;
            }
            for (const auto& member : *object)
                if (member.key() != "amount" && member.key() != "currency") return problem(field, "not_money");
        }
        auto read = decimal_from_json(field, *amount);
        if (auto* bad = std::get_if<Problem>(&read)) return std::move(*bad);
        return Value(Money{std::get<Decimal>(read), currency});
    }

    Read from_text(const Field& field, std::string_view in, const ReadContext& context) const override {
        const Currency currency = cut_currency(in).value_or(context.currency);
        const std::optional<Decimal> value = parse_decimal_leniently(in);
        if (!value) return problem(field, "not_a_number");
        auto read = fit(field, *value);
        if (auto* bad = std::get_if<Problem>(&read)) return std::move(*bad);
        return Value(Money{std::get<Decimal>(read), currency});
    }

    std::optional<Problem> check(const Field& field, const Value& value) const override {
        return check_bounds(field, std::get<Money>(value).amount);
    }

    void write_json(const Field& field, const Value& value, JsonWriter& out) const override {
        out.money(at_scale(field, value));
    }

    Value from_stored(const Field& field, const json::value& in) const override {
        const json::object* object = in.if_object();
        const json::value* amount = object ? object->if_contains("amount") : nullptr;
        const json::value* code = object ? object->if_contains("currency") : nullptr;
        if (!amount || !code || !code->is_string()) return {};
        return Money{rescale(stored_decimal(*amount), field.scale),
                     parse_currency(code->get_string()).value_or(Currency{})};
    }

    std::string to_display(const Field& field, const Value& value, const ReadContext& context) const override {
        const Money money = at_scale(field, value);
        const std::string amount = grouped(money.amount);
        return money.currency == context.currency ? amount : std::string(money.currency.text()) + ' ' + amount;
    }

    std::size_t cell_count() const override { return 2; }

    void add_columns(const Field& field, std::vector<Column>& out) const override {
        out.push_back({field.name, false});
        out.push_back({field.name + "_currency", true});
    }

    void to_cells(const Field& field, const Value& value, std::vector<Cell>& out) const override {
        const Money money = at_scale(field, value);
        out.emplace_back(money.amount.unscaled);
        out.emplace_back(std::string(money.currency.text()));
    }

    Value from_cells(const Field& field, const Cell* cells) const override {
        const std::int64_t* amount = std::get_if<std::int64_t>(&cells[0]);
        const std::string* code = std::get_if<std::string>(&cells[1]);
        if (!amount) return {};
        return Money{{*amount, field.scale}, (code ? parse_currency(*code) : std::nullopt).value_or(Currency{})};
    }

private:
    static Money at_scale(const Field& field, const Value& value) {
        const Money& money = std::get<Money>(value);
        return {rescale(money.amount, field.scale), money.currency};
    }
};

}  // namespace

const TypeFaces& money_faces() {
    static const MoneyFaces faces;
    return faces;
}

}  // namespace gx::meta
