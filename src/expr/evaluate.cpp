#include <algorithm>
#include <compare>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "expr/typing.hpp"

namespace gx::expr {

namespace {

using Path = std::vector<std::string>;

constexpr Date date_least = std::chrono::sys_days{std::chrono::year{1} / 1 / 1};
constexpr Date date_most = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};

Value whole(std::int64_t value) { return Decimal{value, 0}; }

Value to_text(std::string text) {
    if (text.empty()) return {};
    return text;
}

std::string lower_ascii(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

bool is_empty_value(const Value& value) {
    if (const auto* codes = std::get_if<Codes>(&value)) return codes->empty();
    if (const auto* ids = std::get_if<Ids>(&value)) return ids->empty();
    if (const auto* text = std::get_if<std::string>(&value)) return text->empty();
    if (const auto* address = std::get_if<Address>(&value)) return !address->region && address->street.empty();
    return is_null(value);
}

const Decimal* amount_of(const Value& value) {
    if (const auto* number = std::get_if<Decimal>(&value)) return number;
    const auto* money = std::get_if<Money>(&value);
    return money ? &money->amount : nullptr;
}

bool two_currencies(const Value& a, const Value& b) {
    const auto* left = std::get_if<Money>(&a);
    const auto* right = std::get_if<Money>(&b);
    return left && right && left->currency != right->currency;
}

// The amount in the currency of the operands.
Value amount_like(const Value& a, const Value& b, Decimal amount) {
    if (const auto* money = std::get_if<Money>(&a)) return Money{amount, money->currency};
    if (const auto* money = std::get_if<Money>(&b)) return Money{amount, money->currency};
    return amount;
}

class Evaluation {
public:
    explicit Evaluation(const Environment& environment) : environment_(environment) {}

    Value value(const Node& node) const {
        switch (node.op) {
            case Op::literal:
                return node.value;
            case Op::path:
                return environment_.get(node.path);
            case Op::call:
                return call(node);
            case Op::conditional:
                return value(node.children[holds(node.children[0]) ? 1 : 2]);
            case Op::negate: {
                const Value operand = value(node.children[0]);
                const Decimal* amount = amount_of(operand);
                return amount ? amount_like(operand, operand, -*amount) : Value{};
            }
            case Op::add:
            case Op::subtract:
                return sum(node);
            case Op::multiply:
            case Op::divide:
                return product(node);
            default:
                return condition(node);
        }
    }

    bool holds(const Node& node) const {
        const Value result = value(node);
        const auto* truth = std::get_if<bool>(&result);
        return truth && *truth;
    }

private:
    bool condition(const Node& node) const {
        const auto& children = node.children;
        const auto holds_here = [this](const Node& child) { return holds(child); };
        switch (node.op) {
            case Op::op_not:
                return !holds(children[0]);
            case Op::op_and:
                return std::ranges::all_of(children, holds_here);
            case Op::op_or:
                return std::ranges::any_of(children, holds_here);
            case Op::is_empty:
                return is_empty_value(value(children[0]));
            case Op::is_not_empty:
                return !is_empty_value(value(children[0]));
            case Op::contains:
                return contains(value(children[0]), value(children[1]));
            case Op::starts_with: {
                const Value text = value(children[0]);
                const Value start = value(children[1]);
                const auto* left = std::get_if<std::string>(&text);
                const auto* right = std::get_if<std::string>(&start);
                return left && right && lower_ascii(*left).starts_with(lower_ascii(*right));
            }
            case Op::in: {
                const Value wanted = value(children[0]);
                return std::any_of(children.begin() + 1, children.end(), [&](const Node& child) {
                    return compare(wanted, value(child)) == std::strong_ordering::equal;
                });
            }
            default:
                break;
        }
        const auto order = compare(value(children[0]), value(children[1]));
        switch (node.op) {
            case Op::equal:
                return order == std::strong_ordering::equal;
            case Op::not_equal:
                return order != std::strong_ordering::equal;
            case Op::less:
                return order && *order < 0;
            case Op::less_equal:
                return order && *order <= 0;
            case Op::greater:
                return order && *order > 0;
            case Op::greater_equal:
                return order && *order >= 0;
            default:
                break;
        }
        ensure(false, "a node that is no condition");
        return false;
    }

    // Empty when there is nothing to compare: a null, or two currencies.
    std::optional<std::strong_ordering> compare(const Value& a, const Value& b) const {
        if (is_null(a) || is_null(b) || two_currencies(a, b)) return std::nullopt;
        if (const Decimal* left = amount_of(a)) {
            const Decimal* right = amount_of(b);
            return right ? std::optional(*left <=> *right) : std::nullopt;
        }
        if (a.index() != b.index()) {
            const auto left = day_of(a);
            const auto right = day_of(b);
            return left && right ? std::optional(*left <=> *right) : std::nullopt;
        }
        if (const auto* text = std::get_if<std::string>(&a)) return *text <=> std::get<std::string>(b);
        if (const auto* date = std::get_if<Date>(&a)) return *date <=> std::get<Date>(b);
        if (const auto* at = std::get_if<Timestamp>(&a)) return *at <=> std::get<Timestamp>(b);
        if (const auto* id = std::get_if<RecordId>(&a)) return *id <=> std::get<RecordId>(b);
        if (const auto* truth = std::get_if<bool>(&a)) return *truth <=> std::get<bool>(b);
        return std::nullopt;
    }

    static bool contains(const Value& whole, const Value& part) {
        const auto* id = std::get_if<RecordId>(&part);
        if (const auto* ids = std::get_if<Ids>(&whole)) return id && std::ranges::find(*ids, *id) != ids->end();
        const auto* text = std::get_if<std::string>(&part);
        if (!text || text->empty()) return false;
        if (const auto* codes = std::get_if<Codes>(&whole)) return std::ranges::find(*codes, *text) != codes->end();
        const auto* all = std::get_if<std::string>(&whole);
        return all && lower_ascii(*all).find(lower_ascii(*text)) != std::string::npos;
    }

    Date today() const {
        return environment_.zone ? environment_.zone->date_at(environment_.now)
                                 : std::chrono::floor<std::chrono::days>(environment_.now);
    }

    std::optional<Date> day_of(const Value& value) const {
        if (const auto* date = std::get_if<Date>(&value)) return *date;
        const auto* at = std::get_if<Timestamp>(&value);
        if (!at) return std::nullopt;
        return environment_.zone ? environment_.zone->date_at(*at) : std::chrono::floor<std::chrono::days>(*at);
    }

    static Value shift_days(const Value& from, const Value& by, bool back) {
        const auto* number = std::get_if<Decimal>(&by);
        if (!number || is_null(from)) return {};
        const std::int64_t whole_days = rescale(*number, 0).unscaled;
        constexpr std::int64_t span = 4'000'000;  // more than all the days there are
        if (whole_days > span || whole_days < -span) return {};
        const std::chrono::days days{back ? -whole_days : whole_days};
        if (const auto* date = std::get_if<Date>(&from)) {
            const Date moved = *date + days;
            return moved < date_least || moved > date_most ? Value{} : Value{moved};
        }
        const Timestamp moved = std::get<Timestamp>(from) + days;
        return moved < date_least || moved >= date_most + std::chrono::days{1} ? Value{} : Value{moved};
    }

    Value sum(const Node& node) const {
        const bool back = node.op == Op::subtract;
        const Value left = value(node.children[0]);
        const Value right = value(node.children[1]);
        if (node.children[0].type == Type::date && node.children[1].type == Type::date) {
            if (is_null(left) || is_null(right)) return {};
            return whole((std::get<Date>(left) - std::get<Date>(right)).count());
        }
        if (node.type == Type::date || node.type == Type::timestamp) return shift_days(left, right, back);
        const Decimal* a = amount_of(left);
        const Decimal* b = amount_of(right);
        if (!a || !b || two_currencies(left, right)) return {};
        return amount_like(left, right, back ? *a - *b : *a + *b);
    }

    Value product(const Node& node) const {
        const Value left = value(node.children[0]);
        const Value right = value(node.children[1]);
        const Decimal* a = amount_of(left);
        const Decimal* b = amount_of(right);
        if (!a || !b || two_currencies(left, right)) return {};
        if (node.op == Op::multiply) return amount_like(left, right, *a * *b);
        if (b->unscaled == 0) return {};
        const Decimal quotient = divide(*a, *b, quotient_scale);
        return node.type == Type::money ? amount_like(left, left, quotient) : Value{quotient};
    }

    Value call(const Node& node) const {
        const std::string& name = node.name;
        const auto& arguments = node.children;
        if (name == "today") return today();
        if (name == "now") return environment_.now;
        if (name == "me") return environment_.me ? Value{environment_.me} : Value{};
        if (name == "my_department") return environment_.department ? Value{environment_.department} : Value{};
        if (name == "count") return count(arguments[0]);
        if (name == "sum") return total(arguments[0]);
        if (name == "min" || name == "max") return extreme(node, name == "max");
        if (name == "coalesce") {
            for (const Node& argument : arguments) {
                Value found = value(argument);
                if (!is_empty_value(found)) return found;
            }
            return {};
        }
        if (name == "concat") {
            std::string out;
            for (const Node& argument : arguments) {
                const Value part = value(argument);
                if (const auto* text = std::get_if<std::string>(&part)) out += *text;
            }
            return to_text(std::move(out));
        }
        if (name == "within") return within(arguments[0], std::get<std::string>(arguments[1].value));
        if (name == "under") return under(arguments[0], value(arguments[1]));
        return call_on_first(node, value(arguments[0]));
    }

    Value call_on_first(const Node& node, const Value& first) const {
        const std::string& name = node.name;
        if (name == "length") {
            const auto* text = std::get_if<std::string>(&first);
            return whole(text ? static_cast<std::int64_t>(count_code_points(*text)) : 0);
        }
        if (is_null(first)) return {};
        if (name == "lower") return lower_ascii(std::get<std::string>(first));
        if (name == "abs") {
            const Decimal amount = *amount_of(first);
            return amount_like(first, first, amount.unscaled < 0 ? -amount : amount);
        }
        if (name == "round") {
            const auto scale =
                node.children.size() == 2 ? rescale(std::get<Decimal>(node.children[1].value), 0).unscaled : 0;
            return amount_like(first, first, rescale(*amount_of(first), static_cast<std::uint8_t>(scale)));
        }
        if (name == "add_days") return shift_days(first, value(node.children[1]), false);
        const Date day = *day_of(first);
        if (name == "days_between") {
            const auto to = day_of(value(node.children[1]));
            return to ? whole((*to - day).count()) : Value{};
        }
        const std::chrono::year_month_day ymd{day};
        const auto month = static_cast<unsigned>(ymd.month());
        if (name == "year") return whole(static_cast<int>(ymd.year()));
        if (name == "month") return whole(month);
        ensure(name == "quarter", "a function that is not known");
        return whole((month + 2) / 3);
    }

    Value count(const Node& list) const {
        if (list.type != Type::codes) return whole(static_cast<std::int64_t>(environment_.list(list.path).size()));
        const Value codes = environment_.get(list.path);
        return whole(is_null(codes) ? 0 : static_cast<std::int64_t>(std::get<Codes>(codes).size()));
    }

    Value total(const Node& list) const {
        Value sum = list.type == Type::number ? whole(0) : Value{};
        for (const Value& item : environment_.list(list.path)) {
            const Decimal* amount = amount_of(item);
            if (!amount) continue;
            if (is_null(sum)) {
                sum = item;
                continue;
            }
            if (two_currencies(sum, item)) return {};
            sum = amount_like(sum, item, *amount_of(sum) + *amount);
        }
        return sum;
    }

    Value extreme(const Node& node, bool largest) const {
        std::vector<Value> values;
        const bool of_list = node.children.size() == 1;
        if (of_list) {
            values = environment_.list(node.children[0].path);
            std::erase_if(values, is_null);
        } else {
            for (const Node& child : node.children) values.push_back(value(child));
        }
        Value best;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (is_null(values[i])) return {};
            if (i == 0) {
                best = values[0];
                continue;
            }
            const auto order = compare(values[i], best);
            if (!order) return {};
            if (largest ? *order > 0 : *order < 0) best = values[i];
        }
        return best;
    }

    bool within(const Node& moment, std::string_view name) const {
        const auto day = day_of(value(moment));
        if (!day) return false;
        const auto bounds = period(name, today());
        ensure(bounds.has_value(), "a period that is not known");
        return (!bounds->from || *day >= *bounds->from) && (!bounds->to || *day < *bounds->to);
    }

    bool under(const Node& place, const Value& top) const {
        const auto* node = std::get_if<RecordId>(&top);
        if (!node) return false;
        if (environment_.under) return (*environment_.under)(place.path, *node);
        return compare(value(place), top) == std::strong_ordering::equal;
    }

    const Environment& environment_;
};

}  // namespace

Value evaluate(const Node& node, const Environment& environment) { return Evaluation(environment).value(node); }
bool holds(const Node& node, const Environment& environment) { return Evaluation(environment).holds(node); }

}  // namespace gx::expr
