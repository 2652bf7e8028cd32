#include "store/expression_sql.hpp"

#include <algorithm>
#include <limits>

#include "base/failure.hpp"
#include "expr/typing.hpp"
#include "store/sql_text.hpp"

namespace gx::store {

namespace {

using expr::Node;
using expr::Op;
using expr::Type;
using Path = std::vector<std::string>;

constexpr std::size_t sql_bytes_max = std::size_t{256} * 1024;
constexpr std::int64_t day_milliseconds = 86'400'000;
constexpr std::int64_t day_least = -719'162;  // 0001-01-01
constexpr std::int64_t day_most = 2'932'896;  // 9999-12-31

constexpr const char* always = "1 = 1";
constexpr const char* never = "1 = 0";

bool is_amount(Type type) { return type == Type::number || type == Type::money; }
bool is_moment(Type type) { return type == Type::date || type == Type::timestamp; }

// One expression in SQL.
struct Term {
    Sql sql;
    Type type = Type::null;
    std::uint8_t scale = 0;  // numbers and money
    Sql currency;            // money whose currency is known; empty text otherwise
    bool nullable = true;
    bool is_column = false;         // short enough to be said twice
    std::optional<Value> constant;  // known already

    bool has_currency() const { return !currency.text.empty(); }
    bool is_null() const { return constant && gx::is_null(*constant); }
};

class Compiler {
public:
    explicit Compiler(const ExpressionContext& context)
        : context_(context), sqlite_(context.dialect == Dialect::sqlite) {}

    // Never null.
    Sql condition(const Node& node) {
        Sql out = condition_unchecked(node);
        check_size(out);
        return out;
    }

    Term value(const Node& node) {
        Term out = value_unchecked(node);
        check_size(out.sql);
        return out;
    }

    // Numbers at exactly this scale, rounded half away from zero when it is smaller than their own.
    Term at_scale(Term term, std::uint8_t scale) {
        if (term.scale == scale || !is_amount(term.type)) return term;
        if (term.constant && !term.is_null()) {
            return constant_amount(term, scale);
        }
        const int digits = int{scale} - int{term.scale};
        if (sqlite_) {
            term.sql = join({text("gx_rescale("), term.sql, text(", " + std::to_string(digits) + ")")});
        } else if (digits > 0) {
            term.sql = join({text("("), term.sql, text(" * " + power_of_ten(digits) + ")")});
        } else {
            term.sql = join({text("cast(round(cast("), term.sql,
                             text(" as numeric) * " + negative_power_of_ten(-digits) + ") as bigint)")});
        }
        term.scale = scale;
        term.is_column = false;
        return term;
    }

private:
    // ── text ────────────────────────────────────────────────────────────────────────────────────────────────────

    static Sql text(std::string text) { return {std::move(text), {}}; }

    static Sql join(std::initializer_list<Sql> parts) {
        Sql out;
        for (const Sql& part : parts) out += part;
        return out;
    }

    static Sql join(const std::vector<Sql>& parts, std::string_view separator) {
        Sql out;
        for (const Sql& part : parts) {
            if (!out.text.empty()) out += separator;
            out += part;
        }
        return out;
    }

    static void check_size(const Sql& sql) {
        if (sql.text.size() > sql_bytes_max) throw Failure(Failure::Kind::invalid, "expression_too_complex");
    }

    static std::string power_of_ten(int digits) { return '1' + std::string(static_cast<std::size_t>(digits), '0'); }
    static std::string negative_power_of_ten(int digits) {
        return "0." + std::string(static_cast<std::size_t>(digits) - 1, '0') + '1';
    }

    // PostgreSQL must be told the type of a parameter; text always compares by bytes.
    Sql parameter(Cell cell, bool is_text) const {
        if (sqlite_) return {"?", {std::move(cell)}};
        return {is_text ? "(cast(? as text) collate \"C\")" : "cast(? as bigint)", {std::move(cell)}};
    }
    Sql integer(std::int64_t number) const { return parameter(number, false); }

    static Failure not_in_queries() { return {Failure::Kind::invalid, "expression_not_in_queries"}; }

    // ── constants ───────────────────────────────────────────────────────────────────────────────────────────────

    static bool needs_record(const Node& node) {
        if (node.op == Op::path) return true;
        return std::ranges::any_of(node.children, needs_record);
    }

    // Empty when the value depends on the record, or when working it out fails: then it fails where it is needed.
    std::optional<Value> worked_out(const Node& node) const {
        if (needs_record(node)) return std::nullopt;
        if (node.op == Op::literal) return node.value;
        const auto no_value = [](const Path&) -> Value { return {}; };
        const auto no_list = [](const Path&) -> std::vector<Value> { return {}; };
        try {
            return expr::evaluate(node,
                                  {no_value, no_list, context_.now, context_.zone, context_.me, context_.department});
        } catch (const Failure&) {
            return std::nullopt;
        }
    }

    Term null_of(Type type) const {
        Term term;
        term.type = type;
        term.sql = text(type == Type::text ? "cast(null as text)" : sqlite_ ? "null" : "cast(null as bigint)");
        term.constant = Value{};
        return term;
    }

    Term constant(const Value& value, Type type) const {
        if (gx::is_null(value)) return null_of(type);
        Term term;
        term.type = expr::type_of(value);
        term.nullable = false;
        term.constant = value;
        if (const auto* number = std::get_if<Decimal>(&value)) {
            term.scale = number->scale;
            term.sql = integer(number->unscaled);
        } else if (const auto* money = std::get_if<Money>(&value)) {
            term.scale = money->amount.scale;
            term.sql = integer(money->amount.unscaled);
            term.currency = parameter(std::string(money->currency.text()), true);
        } else if (const auto* truth = std::get_if<bool>(&value)) {
            term.sql = integer(*truth ? 1 : 0);
        } else if (const auto* date = std::get_if<Date>(&value)) {
            term.sql = integer(date->time_since_epoch().count());
        } else if (const auto* at = std::get_if<Timestamp>(&value)) {
            term.sql = integer(at->time_since_epoch().count());
        } else if (const auto* id = std::get_if<RecordId>(&value)) {
            term.sql = integer(id->value);
        } else if (const auto* words = std::get_if<std::string>(&value)) {
            term.sql = parameter(*words, true);
        } else {
            throw not_in_queries();
        }
        return term;
    }

    static const Decimal& amount_of(const Value& value) {
        const auto* money = std::get_if<Money>(&value);
        return money != nullptr ? money->amount : std::get<Decimal>(value);
    }

    // A number so large that it does not fit at this scale is beyond every stored one: the largest stands for it.
    Term constant_amount(const Term& term, std::uint8_t scale) const {
        const Decimal amount = amount_of(*term.constant);
        Decimal fitted{0, scale};
        try {
            fitted = rescale(amount, scale);
        } catch (const Failure&) {
            fitted.unscaled = amount.unscaled < 0 ? std::numeric_limits<std::int64_t>::min()
                                                  : std::numeric_limits<std::int64_t>::max();
        }
        Term out = term;
        out.scale = scale;
        out.sql = integer(fitted.unscaled);
        if (const auto* money = std::get_if<Money>(&*term.constant)) {
            out.constant = Money{fitted, money->currency};
        } else {
            out.constant = fitted;
        }
        return out;
    }

    // 120.0 as 120, so that a column of whole numbers stays bare beside it.
    Term without_trailing_zeros(const Term& term) const {
        if (!term.constant || term.is_null() || !is_amount(term.type)) return term;
        const Decimal amount = amount_of(*term.constant);
        std::uint8_t scale = amount.scale;
        while (scale > 0 && fits_scale(amount, static_cast<std::uint8_t>(scale - 1))) --scale;
        return scale == amount.scale ? term : constant_amount(term, scale);
    }

    // ── conditions ──────────────────────────────────────────────────────────────────────────────────────────────

    Sql condition_unchecked(const Node& node) {
        if (const auto known = worked_out(node)) {
            const auto* truth = std::get_if<bool>(&*known);
            return text(truth != nullptr && *truth ? always : never);
        }
        switch (node.op) {
            case Op::op_not:
                return join({text("not ("), condition(node.children[0]), text(")")});
            case Op::op_and:
                return all_or_any(node, " and ", always);
            case Op::op_or:
                return all_or_any(node, " or ", never);
            case Op::equal:
                return compare(node.children[0], node.children[1], "=");
            case Op::not_equal:
                return join({text("not ("), compare(node.children[0], node.children[1], "="), text(")")});
            case Op::less:
                return compare(node.children[0], node.children[1], "<");
            case Op::less_equal:
                return compare(node.children[0], node.children[1], "<=");
            case Op::greater:
                return compare(node.children[0], node.children[1], ">");
            case Op::greater_equal:
                return compare(node.children[0], node.children[1], ">=");
            case Op::in:
                return in(node);
            case Op::contains:
                return contains(node);
            case Op::starts_with:
                return position(node, " = 1");
            case Op::is_empty:
                return is_empty(node.children[0], "");
            case Op::is_not_empty:
                return is_empty(node.children[0], "not ");
            case Op::conditional:
                return join({text("case when "), condition(node.children[0]), text(" then ("),
                             condition(node.children[1]), text(") else ("), condition(node.children[2]),
                             text(") end")});
            case Op::call:
                if (node.name == "within") return within(node);
                if (node.name == "under") return under(node);
                break;
            default:
                break;
        }
        const Term truth = value(node);
        return guarded(join({truth.sql, text(" = 1")}), {&truth});
    }

    Sql all_or_any(const Node& node, std::string_view word, const char* when_none) {
        if (node.children.empty()) return text(when_none);
        std::vector<Sql> parts;
        for (const Node& child : node.children) parts.push_back(join({text("("), condition(child), text(")")}));
        return join(parts, word);
    }

    // `test` is null when an operand is; a condition must be false then. Columns are asked for null beside it,
    // because an index still serves `c.stage = ? and c.stage is not null`.
    Sql guarded(Sql test, std::initializer_list<const Term*> operands) const {
        const bool all_short =
            std::ranges::all_of(operands, [](const Term* term) { return !term->nullable || term->is_column; });
        if (!all_short) return join({text("coalesce("), test, text(sqlite_ ? ", 0)" : ", false)")});
        Sql out = join({text("("), test});
        for (const Term* term : operands) {
            if (term->nullable) out += join({text(" and "), term->sql, text(" is not null")});
        }
        out += ")";
        return out;
    }

    Sql compare(const Node& left_node, const Node& right_node, std::string_view sign) {
        return compare(value(left_node), value(right_node), sign);
    }

    Sql compare(Term left, Term right, std::string_view sign) {
        if (left.is_null() || right.is_null()) return text(never);
        if (is_moment(left.type) && left.type != right.type) return compare_days(left, right, sign);
        if (is_amount(left.type)) {
            left = without_trailing_zeros(left);
            right = without_trailing_zeros(right);
            const std::uint8_t scale = std::max(left.scale, right.scale);
            left = at_scale(left, scale);
            right = at_scale(right, scale);
        }
        Sql test = join({left.sql, text(' ' + std::string(sign) + ' '), right.sql});
        if (left.has_currency() && right.has_currency()) {
            test += join({text(" and "), left.currency, text(" = "), right.currency});
            // A stored currency may be null together with its amount; a false comparison must not become null.
            return join({text("coalesce("), test, text(sqlite_ ? ", 0)" : ", false)")});
        }
        return guarded(std::move(test), {&left, &right});
    }

    static std::string_view turned_round(std::string_view sign) {
        if (sign == "<") return ">";
        if (sign == "<=") return ">=";
        if (sign == ">") return "<";
        if (sign == ">=") return "<=";
        return sign;
    }

    // A date beside a timestamp: the local day of the timestamp counts. A known day becomes a span of time.
    Sql compare_days(const Term& left, const Term& right, std::string_view sign) {
        if (left.type == Type::date) return compare_days(right, left, turned_round(sign));
        if (!right.constant) return compare(day_of(left), right, sign);
        const Date day = std::get<Date>(*right.constant);
        const Sql start = integer(start_of(day));
        const Sql end = integer(start_of(day + std::chrono::days(1)));
        if (sign == "<") return guarded(join({left.sql, text(" < "), start}), {&left});
        if (sign == "<=") return guarded(join({left.sql, text(" < "), end}), {&left});
        if (sign == ">") return guarded(join({left.sql, text(" >= "), end}), {&left});
        if (sign == ">=") return guarded(join({left.sql, text(" >= "), start}), {&left});
        if (!left.is_column) return compare(day_of(left), right, sign);
        return guarded(join({left.sql, text(" >= "), start, text(" and "), left.sql, text(" < "), end}), {&left});
    }

    std::int64_t start_of(Date day) const {
        if (context_.zone != nullptr) return context_.zone->start_of(day).time_since_epoch().count();
        return std::int64_t{day.time_since_epoch().count()} * day_milliseconds;
    }

    Sql in(const Node& node) {
        const Term wanted = value(node.children[0]);
        std::vector<Sql> short_list;
        std::vector<Sql> rest;
        for (std::size_t i = 1; i < node.children.size(); ++i) {
            Term item = value(node.children[i]);
            if (item.is_null()) continue;
            const bool plain = item.constant && !item.has_currency() &&
                               (item.type == wanted.type || (is_amount(item.type) && is_amount(wanted.type)));
            if (!plain) {
                rest.push_back(compare(wanted, item, "="));
                continue;
            }
            if (is_amount(item.type)) {
                // What has more decimals than the column is never in it.
                if (!fits_scale(amount_of(*item.constant), wanted.scale)) continue;
                item = constant_amount(item, wanted.scale);
            }
            short_list.push_back(item.sql);
        }
        if (!short_list.empty()) {
            rest.push_back(guarded(join({wanted.sql, text(" in ("), join(short_list, ", "), text(")")}), {&wanted}));
        }
        if (rest.empty()) return text(never);
        return join({text("("), join(rest, " or "), text(")")});
    }

    Sql contains(const Node& node) {
        const Type whole = node.children[0].type;
        if (whole != Type::codes && whole != Type::ids) return position(node, " > 0");
        const Term part = value(node.children[1]);
        if (part.is_null()) return text(never);
        if (node.children[0].op != Op::path) throw not_in_queries();
        const ColumnRef members = context_.column(node.children[0].path);
        return guarded(join({part.sql, text(" in (" + members.column + ")")}), {&part});
    }

    // contains and starts_with of texts, A-Z as a-z.
    Sql position(const Node& node, const char* where) {
        const Term whole = value(node.children[0]);
        const Term part = value(node.children[1]);
        if (whole.is_null() || part.is_null()) return text(never);
        const Sql test = join({text(sqlite_ ? "instr(lower(" : "strpos(lower("), whole.sql, text("), lower("), part.sql,
                               text(std::string("))") + where)});
        return guarded(test, {&whole, &part});
    }

    Sql is_empty(const Node& node, const std::string& word) {
        const std::string& is_null = word.empty() ? " is null" : " is not null";
        if (node.op == Op::path) {
            const ColumnRef ref = context_.column(node.path);
            if (ref.multiple) return text((word.empty() ? "not exists (" : "exists (") + ref.column + ")");
            if (node.type == Type::address && !ref.currency.empty()) {
                return text(word + "(" + ref.column + " is null and " + ref.currency + " is null)");
            }
            return text(ref.column + is_null);
        }
        // A condition is true or false, so a boolean operator is never empty.
        return join({text("("), value(node).sql, text(")" + is_null)});
    }

    Sql within(const Node& node) {
        const Term moment = value(node.children[0]);
        if (moment.is_null()) return text(never);
        const Date today = context_.zone != nullptr ? context_.zone->date_at(context_.now)
                                                    : std::chrono::floor<std::chrono::days>(context_.now);
        const auto period = expr::period(std::get<std::string>(node.children[1].value), today);
        ensure(period.has_value(), "a period that is not known");
        const auto bound = [&](Date day) {
            return integer(moment.type == Type::date ? day.time_since_epoch().count() : start_of(day));
        };
        std::vector<Sql> tests;
        if (period->from) tests.push_back(guarded(join({moment.sql, text(" >= "), bound(*period->from)}), {&moment}));
        if (period->to) tests.push_back(guarded(join({moment.sql, text(" < "), bound(*period->to)}), {&moment}));
        return join({text("("), join(tests, " and "), text(")")});
    }

    Sql under(const Node& node) {
        const Term top = value(node.children[1]);
        if (top.is_null()) return text(never);
        const ColumnRef place = context_.column(node.children[0].path);
        if (place.tree.empty()) return compare(node.children[0], node.children[1], "=");
        Term column = column_term(place, Type::id);
        // `union` drops what was seen, so a circle in the tree ends.
        Sql below = join({text("with recursive below(id) as (select "), top.sql,
                          text(" union select t.id from " + identifier(place.tree) + " t join below b on t." +
                               identifier(place.tree_parent) + " = b.id) select id from below where id is not null")});
        return guarded(join({column.sql, text(" in ("), below, text(")")}), {&column});
    }

    // ── values ──────────────────────────────────────────────────────────────────────────────────────────────────

    Term value_unchecked(const Node& node) {
        if (const auto known = worked_out(node)) return constant(*known, node.type);
        switch (node.op) {
            case Op::path: {
                const ColumnRef ref = context_.column(node.path);
                if (ref.multiple || node.type == Type::address) throw not_in_queries();
                return column_term(ref, node.type);
            }
            case Op::call:
                return call(node);
            case Op::conditional:
                return conditional(node);
            case Op::negate: {
                Term operand = value(node.children[0]);
                if (operand.is_null()) return null_of(node.type);
                operand.sql = join({text("(-"), operand.sql, text(")")});
                operand.is_column = false;
                operand.constant.reset();
                return operand;
            }
            case Op::add:
            case Op::subtract:
                return sum(node);
            case Op::multiply:
            case Op::divide:
                return product(node);
            case Op::literal:
                return constant(node.value, node.type);
            default:
                return truth(condition(node));
        }
    }

    static Term column_term(const ColumnRef& ref, Type type) {
        Term term;
        term.sql = text(ref.column);
        term.type = type;
        term.scale = is_amount(type) ? ref.scale : std::uint8_t{0};
        if (type == Type::money) term.currency = text(ref.currency);
        term.is_column = true;
        return term;
    }

    Term computed(Sql sql, Type type, std::uint8_t scale = 0, Sql currency = {}) const {
        Term term;
        term.sql = std::move(sql);
        term.type = type;
        term.scale = scale;
        term.currency = std::move(currency);
        return term;
    }

    Term truth(const Sql& condition) const {
        Term term = computed(join({text("case when "), condition, text(" then 1 else 0 end")}), Type::boolean);
        if (!sqlite_) term.sql = join({text("cast("), term.sql, text(" as bigint)")});
        term.nullable = false;
        return term;
    }

    // Null unless the currencies of both are the same; an amount without currency goes with any.
    Sql in_one_currency(const Term& left, const Term& right, Sql amount) const {
        if (!left.has_currency() || !right.has_currency()) return amount;
        return join(
            {text("case when "), left.currency, text(" = "), right.currency, text(" then "), amount, text(" end")});
    }

    static const Sql& currency_of(const Term& left, const Term& right) {
        return left.has_currency() ? left.currency : right.currency;
    }

    Term sum(const Node& node) {
        Term left = value(node.children[0]);
        Term right = value(node.children[1]);
        if (left.is_null() || right.is_null()) return null_of(node.type);
        const bool back = node.op == Op::subtract;
        if (is_moment(node.type)) return shift_days(left, right, back);
        const std::uint8_t scale = std::max(left.scale, right.scale);
        left = at_scale(left, scale);
        right = at_scale(right, scale);
        const Sql amount = join({text("("), left.sql, text(back ? " - " : " + "), right.sql, text(")")});
        return computed(in_one_currency(left, right, amount), node.type, scale, currency_of(left, right));
    }

    Term product(const Node& node) {
        const Term left = value(node.children[0]);
        const Term right = value(node.children[1]);
        if (left.is_null() || right.is_null()) return null_of(node.type);
        if (node.op == Op::divide) return quotient(node, left, right);
        const int exact = left.scale + right.scale;
        const int dropped = std::max(0, exact - Decimal::scale_max);
        Sql amount;
        if (sqlite_) {
            amount = join(
                {text("gx_multiply("), left.sql, text(", "), right.sql, text(", " + std::to_string(dropped) + ")")});
        } else if (dropped == 0) {
            amount = join({text("("), left.sql, text(" * "), right.sql, text(")")});
        } else {
            amount = join({text("cast(round(cast("), left.sql, text(" as numeric) * "), right.sql,
                           text(" * " + negative_power_of_ten(dropped) + ") as bigint)")});
        }
        return computed(std::move(amount), node.type, static_cast<std::uint8_t>(exact - dropped),
                        currency_of(left, right));
    }

    Term quotient(const Node& node, const Term& left, const Term& right) {
        const int digits = int{expr::quotient_scale} - left.scale + right.scale;
        Sql amount;
        if (sqlite_) {
            amount =
                join({text("gx_divide("), left.sql, text(", "), right.sql, text(", " + std::to_string(digits) + ")")});
        } else {
            // The zeros make PostgreSQL divide to 22 more digits: no quotient of 64-bit numbers that is not exactly
            // a half is closer to one, so rounding it is rounding the exact quotient.
            const std::string shift = (digits > 0    ? power_of_ten(digits) + '.'
                                       : digits == 0 ? "1."
                                                     : negative_power_of_ten(-digits)) +
                                      std::string(22, '0');
            amount = join({text("cast(round(cast("), left.sql, text(" as numeric) * " + shift + " / nullif("),
                           right.sql, text(", 0)) as bigint)")});
        }
        amount = in_one_currency(left, right, std::move(amount));
        Sql currency = node.type == Type::money ? left.currency : Sql{};
        return computed(std::move(amount), node.type, expr::quotient_scale, std::move(currency));
    }

    Term shift_days(const Term& from, Term by, bool back) {
        if (from.is_null() || by.is_null()) return null_of(from.type);
        by = at_scale(std::move(by), 0);
        const bool is_date = from.type == Type::date;
        const std::string days = sqlite_ ? "" : " as numeric)";
        Sql moved = join({from.sql, text(back ? " - " : " + "), text(sqlite_ ? "" : "cast("), by.sql, text(days),
                          text(is_date ? "" : " * " + std::to_string(day_milliseconds))});
        const std::int64_t least = is_date ? day_least : day_least * day_milliseconds;
        const std::int64_t most = is_date ? day_most : (day_most + 1) * day_milliseconds - 1;
        const std::string bounds = std::to_string(least) + (sqlite_ ? ", " : " and ") + std::to_string(most);
        if (sqlite_) return computed(join({text("gx_in_range("), moved, text(", " + bounds + ")")}), from.type);
        // A subquery, so that the sum is said only once.
        return computed(join({text("(select cast(m.at as bigint) from (select "), moved,
                              text(" as at) m where m.at between " + bounds + ")")}),
                        from.type);
    }

    Term day_of(const Term& moment) {
        if (moment.type == Type::date || moment.is_null()) return moment;
        const Sql zone = parameter(context_.zone != nullptr ? context_.zone->name() : std::string("UTC"), true);
        if (sqlite_)
            return computed(join({text("gx_local_day("), moment.sql, text(", "), zone, text(")")}), Type::date);
        return computed(join({text("cast(cast(to_timestamp(floor("), moment.sql, text(" / 1000.0)) at time zone "),
                              zone, text(" as date) - date '1970-01-01' as bigint)")}),
                        Type::date);
    }

    // All at the largest scale, so that they can stand side by side.
    void to_one_scale(std::vector<Term>& terms) {
        std::uint8_t scale = 0;
        for (const Term& term : terms) scale = std::max(scale, term.scale);
        for (Term& term : terms) {
            if (!term.is_null()) term = at_scale(std::move(term), scale);
        }
    }

    Term conditional(const Node& node) {
        const Sql test = condition(node.children[0]);
        std::vector<Term> terms{value(node.children[1]), value(node.children[2])};
        if (std::ranges::all_of(terms, &Term::is_null)) return null_of(node.type);
        for (Term& term : terms) {
            if (term.is_null()) term = null_of(node.type);
        }
        to_one_scale(terms);
        const auto either = [&](const Sql& yes, const Sql& no) {
            return join({text("case when "), test, text(" then "), yes, text(" else "), no, text(" end")});
        };
        Sql currency;
        if (terms[0].has_currency() && terms[1].has_currency()) {
            currency = either(terms[0].currency, terms[1].currency);
        } else if (node.type == Type::money) {
            currency = currency_of(terms[0], terms[1]);
        }
        return computed(either(terms[0].sql, terms[1].sql), node.type, std::max(terms[0].scale, terms[1].scale),
                        std::move(currency));
    }

    Term call(const Node& node) {
        const std::string& name = node.name;
        if (name == "within" || name == "under") return truth(condition(node));
        const bool of_list = node.children.size() == 1 && (name == "min" || name == "max");
        if (name == "count" || name == "sum" || of_list) return aggregate(node);
        if (name == "coalesce") return coalesce(node);
        if (name == "concat") return concat(node);
        if (name == "min" || name == "max") return extreme(node);

        const Term first = value(node.children[0]);
        if (name == "length") {
            if (first.is_null()) return constant(Decimal{0, 0}, Type::number);
            return computed(join({text(sqlite_ ? "coalesce(length(" : "coalesce(cast(length("), first.sql,
                                  text(sqlite_ ? "), 0)" : ") as bigint), 0)")}),
                            Type::number);
        }
        if (first.is_null()) return null_of(node.type);
        if (name == "lower") return computed(join({text("lower("), first.sql, text(")")}), Type::text);
        if (name == "abs") {
            return computed(join({text("abs("), first.sql, text(")")}), first.type, first.scale, first.currency);
        }
        if (name == "round") return rounded(node, first);
        if (name == "add_days") return shift_days(first, value(node.children[1]), false);
        const Term day = day_of(first);
        if (name == "days_between") {
            const Term to = day_of(value(node.children[1]));
            if (to.is_null()) return null_of(Type::number);
            return computed(join({text("("), to.sql, text(" - "), day.sql, text(")")}), Type::number);
        }
        ensure(name == "year" || name == "month" || name == "quarter", "a function that is not known");
        return part_of_date(day, name);
    }

    Term rounded(const Node& node, const Term& number) {
        std::uint8_t scale = 0;
        if (node.children.size() == 2) {
            scale = static_cast<std::uint8_t>(rescale(std::get<Decimal>(node.children[1].value), 0).unscaled);
        }
        return scale >= number.scale ? number : at_scale(number, scale);
    }

    Term part_of_date(const Term& day, const std::string& name) const {
        if (!sqlite_) {
            return computed(join({text("cast(extract(" + name + " from date '1970-01-01' + cast("), day.sql,
                                  text(" as integer)) as bigint)")}),
                            Type::number);
        }
        const auto part = [&](const char* format) {
            return join({text(std::string("cast(strftime('") + format + "', "), day.sql,
                         text(" * 86400, 'unixepoch') as integer)")});
        };
        if (name == "quarter") return computed(join({text("(("), part("%m"), text(" + 2) / 3)")}), Type::number);
        return computed(part(name == "year" ? "%Y" : "%m"), Type::number);
    }

    Term coalesce(const Node& node) {
        std::vector<Term> terms;
        for (const Node& child : node.children) {
            Term term = value(child);
            if (!term.is_null()) terms.push_back(std::move(term));
        }
        if (terms.empty()) return null_of(node.type);
        to_one_scale(terms);
        std::vector<Sql> values;
        Sql currency{"case", {}};
        bool all_have_currency = true;
        for (const Term& term : terms) {
            values.push_back(term.sql);
            all_have_currency = all_have_currency && term.has_currency();
            currency += join({text(" when "), term.sql, text(" is not null then "), term.currency});
        }
        currency += " end";
        Term out = computed(terms.size() == 1 ? terms[0].sql : join({text("coalesce("), join(values, ", "), text(")")}),
                            node.type, terms[0].scale, all_have_currency ? std::move(currency) : Sql{});
        out.nullable = std::ranges::all_of(terms, &Term::nullable);
        return out;
    }

    Term concat(const Node& node) {
        std::vector<Sql> parts;
        for (const Node& child : node.children) {
            const Term part = value(child);
            if (part.is_null()) continue;
            parts.push_back(part.nullable ? join({text("coalesce("), part.sql, text(", '')")}) : part.sql);
        }
        if (parts.empty()) return null_of(Type::text);
        return computed(join({text("nullif("), join(parts, " || "), text(", '')")}), Type::text);
    }

    // Null as soon as one of them is, or when there are two currencies.
    Term extreme(const Node& node) {
        std::vector<Term> terms;
        for (const Node& child : node.children) terms.push_back(value(child));
        if (std::ranges::any_of(terms, &Term::is_null)) return null_of(node.type);
        to_one_scale(terms);
        std::vector<Sql> values;
        std::vector<Sql> same_currency;
        for (const Term& term : terms) {
            values.push_back(sqlite_ ? term.sql : join({text("("), term.sql, text(")")}));
            if (&term != &terms[0] && term.has_currency() && terms[0].has_currency()) {
                same_currency.push_back(join({text("coalesce("), terms[0].currency, text(" = "), term.currency,
                                              text(sqlite_ ? ", 0)" : ", false)")}));
            }
        }
        // PostgreSQL's greatest() leaves nulls out; an aggregate over values can count them.
        Sql best = sqlite_ ? join({text(node.name + "("), join(values, ", "), text(")")})
                           : join({text("(select case when count(e.x) = " + std::to_string(terms.size()) + " then " +
                                        node.name + "(e.x) end from (values "),
                                   join(values, ", "), text(") e(x))")});
        if (!same_currency.empty()) {
            best = join({text("case when "), join(same_currency, " and "), text(" then "), best, text(" end")});
        }
        return computed(std::move(best), node.type, terms[0].scale, terms[0].currency);
    }

    Term aggregate(const Node& node) {
        const Node& list = node.children[0];
        if (node.name == "count") {
            if (list.type == Type::codes) {
                return computed(text("(select count(*) from (" + context_.column(list.path).column + ") members)"),
                                Type::number);
            }
            return computed(context_.aggregate("count", list.path), Type::number);
        }
        Sql amount = context_.aggregate(node.name, list.path);
        const std::uint8_t scale = is_amount(node.type) ? context_.column(list.path).scale : std::uint8_t{0};
        if (node.name == "sum" && node.type == Type::number) amount = join({text("coalesce("), amount, text(", 0)")});
        if (node.type != Type::money || !context_.aggregate_currency)
            return computed(std::move(amount), node.type, scale);
        Sql currency = (*context_.aggregate_currency)(list.path);
        amount = join({text("case when "), currency, text(" is not null then "), amount, text(" end")});
        return computed(std::move(amount), node.type, scale, std::move(currency));
    }

    const ExpressionContext& context_;
    const bool sqlite_;
};

}  // namespace

Sql condition_sql(const Node& node, const ExpressionContext& context) { return Compiler(context).condition(node); }

Sql value_sql(const Node& node, const ExpressionContext& context, std::uint8_t scale) {
    Compiler compiler(context);
    return compiler.at_scale(compiler.value(node), scale).sql;
}

}  // namespace gx::store
