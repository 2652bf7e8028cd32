#include "expr/typing.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace gx::expr {

namespace {

std::string_view name_of(Type type) {
    switch (type) {
        case Type::null:
            return "null";
        case Type::boolean:
            return "boolean";
        case Type::number:
            return "number";
        case Type::money:
            return "money";
        case Type::date:
            return "date";
        case Type::timestamp:
            return "timestamp";
        case Type::text:
            return "text";
        case Type::id:
            return "id";
        case Type::codes:
            return "codes";
        case Type::ids:
            return "ids";
        case Type::address:
            return "address";
    }
    return "null";
}

[[noreturn]] void mistake(const Node& node, std::string why, std::string_view what) {
    throw Mistake{node.position, std::move(why), std::string(what)};
}

bool is_one_of(Type type, std::initializer_list<Type> types) { return std::ranges::find(types, type) != types.end(); }

void require(const Node& node, std::initializer_list<Type> types) {
    if (node.type != Type::null && !is_one_of(node.type, types))
        mistake(node, "why.expression_wrong_type", name_of(node.type));
}

void require_count(const Node& node, std::size_t least, std::size_t most) {
    if (node.children.size() < least || node.children.size() > most)
        mistake(node, "why.expression_arguments", node.name);
}

bool is_moment(Type type) { return type == Type::date || type == Type::timestamp; }
bool is_amount(Type type) { return type == Type::number || type == Type::money; }

// A literal text or number that stands beside `wanted` is read as one.
void read_literal_as(Node& node, Type wanted) {
    if (node.op != Op::literal) return;
    if (const auto* number = std::get_if<Decimal>(&node.value); number && wanted == Type::id) {
        const auto id = fits_scale(*number, 0) ? parse_record_id(to_string(rescale(*number, 0))) : std::nullopt;
        if (!id) mistake(node, "why.expression_not_an_id", to_string(*number));
        node = literal(*id, node.position);
        return;
    }
    const auto* text = std::get_if<std::string>(&node.value);
    if (!text) return;
    if (is_moment(wanted)) {
        if (const auto date = parse_date(*text)) {
            node = literal(*date, node.position);
        } else if (const auto at = parse_timestamp(*text); at && wanted == Type::timestamp) {
            node = literal(*at, node.position);
        } else {
            mistake(node, "why.expression_not_a_date", *text);
        }
    } else if (wanted == Type::id) {
        const auto id = parse_record_id(*text);
        if (!id) mistake(node, "why.expression_not_an_id", *text);
        node = literal(*id, node.position);
    }
}

void settle_equality(const Node& node, Node& left, Node& right) {
    read_literal_as(left, right.type);
    read_literal_as(right, left.type);
    // Always false, and hardly ever meant: is_empty() asks for null.
    for (const Node* side : {&left, &right}) {
        if (side->type == Type::null) mistake(*side, "why.expression_compare_null", "null");
    }
    if (is_one_of(left.type, {Type::codes, Type::ids}))
        mistake(left, "why.expression_use_contains", name_of(left.type));
    const bool same = left.type == right.type || (is_amount(left.type) && is_amount(right.type)) ||
                      (is_moment(left.type) && is_moment(right.type));
    if (!same || left.type == Type::address)
        mistake(node, "why.expression_types_differ",
                std::string(name_of(left.type)) + ", " + std::string(name_of(right.type)));
}

void settle_order(Node& node) {
    settle_equality(node, node.children[0], node.children[1]);
    require(node.children[0], {Type::number, Type::money, Type::date, Type::timestamp, Type::text});
}

Type common_type(const Node& node, std::size_t first) {
    Type common = Type::null;
    for (std::size_t i = first; i < node.children.size(); ++i) {
        const Type type = node.children[i].type;
        if (type == Type::null || type == common) continue;
        if (common != Type::null)
            mistake(node.children[i], "why.expression_types_differ",
                    std::string(name_of(common)) + ", " + std::string(name_of(type)));
        common = type;
    }
    return common;
}

Type type_of_sum(const Node& node) {
    const Type left = node.children[0].type;
    const Type right = node.children[1].type;
    if (is_moment(left) && (right == Type::number || right == Type::null)) return left;
    if (node.op == Op::subtract && left == Type::date && right == Type::date) return Type::number;
    for (const Node& child : node.children) require(child, {Type::number, Type::money});
    return common_type(node, 0);
}

Type type_of_product(const Node& node) {
    for (const Node& child : node.children) require(child, {Type::number, Type::money});
    const Type left = node.children[0].type;
    const Type right = node.children[1].type;
    if (node.op == Op::multiply) {
        if (left == Type::money && right == Type::money) mistake(node, "why.expression_money_times_money", "*");
        return left == Type::money || right == Type::money ? Type::money : Type::number;
    }
    if (right == Type::money && left != Type::money) mistake(node, "why.expression_types_differ", "number, money");
    return left == Type::money && right != Type::money ? Type::money : Type::number;
}

bool is_whole_literal(const Node& node, std::int64_t least, std::int64_t most) {
    const auto* number = node.op == Op::literal ? std::get_if<Decimal>(&node.value) : nullptr;
    return number && fits_scale(*number, 0) && *number >= Decimal{least, 0} && *number <= Decimal{most, 0};
}

Type type_of_aggregate(const Node& node) {
    const Node& list = node.children[0];
    if (list.op != Op::path) mistake(list, "why.expression_needs_list", node.name);
    if (node.name == "count") return Type::number;
    if (node.name == "sum") {
        require(list, {Type::number, Type::money});
    } else {
        require(list, {Type::number, Type::money, Type::date, Type::timestamp});
    }
    return list.type;
}

Type type_of_call(Node& node) {
    auto& arguments = node.children;
    const std::string& name = node.name;
    if (name == "today" || name == "now" || name == "me" || name == "my_department") {
        require_count(node, 0, 0);
        if (name == "today") return Type::date;
        return name == "now" ? Type::timestamp : Type::id;
    }
    if (name == "sum" || name == "count") {
        require_count(node, 1, 1);
        return type_of_aggregate(node);
    }
    if (name == "min" || name == "max") {
        require_count(node, 1, 100);
        if (arguments.size() == 1) return type_of_aggregate(node);
        for (const Node& argument : arguments)
            require(argument, {Type::number, Type::money, Type::date, Type::timestamp});
        return common_type(node, 0);
    }
    if (name == "coalesce") {
        require_count(node, 1, 100);
        return common_type(node, 0);
    }
    if (name == "concat") {
        require_count(node, 1, 100);
        for (const Node& argument : arguments) require(argument, {Type::text});
        return Type::text;
    }
    if (name == "length" || name == "lower") {
        require_count(node, 1, 1);
        require(arguments[0], {Type::text});
        return name == "length" ? Type::number : Type::text;
    }
    if (name == "abs" || name == "round") {
        require_count(node, 1, name == "round" ? 2 : 1);
        require(arguments[0], {Type::number, Type::money});
        if (arguments.size() == 2 && !is_whole_literal(arguments[1], 0, Decimal::scale_max))
            mistake(arguments[1], "why.expression_decimals", name);
        return arguments[0].type;
    }
    if (name == "year" || name == "month" || name == "quarter") {
        require_count(node, 1, 1);
        read_literal_as(arguments[0], Type::timestamp);
        require(arguments[0], {Type::date, Type::timestamp});
        return Type::number;
    }
    if (name == "days_between") {
        require_count(node, 2, 2);
        for (Node& argument : arguments) {
            read_literal_as(argument, Type::timestamp);
            require(argument, {Type::date, Type::timestamp});
        }
        return Type::number;
    }
    if (name == "add_days") {
        require_count(node, 2, 2);
        read_literal_as(arguments[0], Type::timestamp);
        require(arguments[0], {Type::date, Type::timestamp});
        require(arguments[1], {Type::number});
        return arguments[0].type;
    }
    if (name == "within") {
        require_count(node, 2, 2);
        require(arguments[0], {Type::date, Type::timestamp});
        const auto* text = arguments[1].op == Op::literal ? std::get_if<std::string>(&arguments[1].value) : nullptr;
        if (!text || !period(*text, Date{})) mistake(arguments[1], "why.expression_unknown_period", text ? *text : "");
        return Type::boolean;
    }
    if (name == "under") {
        require_count(node, 2, 2);
        if (arguments[0].op != Op::path) mistake(arguments[0], "why.expression_needs_field", name);
        read_literal_as(arguments[1], Type::id);
        for (const Node& argument : arguments) require(argument, {Type::id});
        return Type::boolean;
    }
    mistake(node, "why.expression_unknown_function", name);
}

}  // namespace

Type type_of(const Value& value) {
    static constexpr std::array<Type, std::variant_size_v<Value>> types = {
        Type::null, Type::boolean, Type::number, Type::money, Type::date,   Type::timestamp,
        Type::text, Type::id,      Type::codes,  Type::ids,   Type::address};
    return types[value.index()];
}

Node literal(Value value, std::uint32_t position) {
    Node node;
    // Empty text is null everywhere else, so it is here.
    if (const auto* text = std::get_if<std::string>(&value); text && text->empty()) value = std::monostate{};
    node.type = type_of(value);
    node.value = std::move(value);
    node.position = position;
    return node;
}

void settle(Node& node, const Scope& scope) {
    auto& children = node.children;
    switch (node.op) {
        case Op::literal:
            node.type = type_of(node.value);
            return;
        case Op::path: {
            const auto type = scope.type_of(node.path);
            if (!type) {
                std::string name;
                for (const std::string& part : node.path) name += (name.empty() ? "" : ".") + part;
                mistake(node, "why.expression_unknown_field", name);
            }
            node.type = *type;
            return;
        }
        case Op::call:
            node.type = type_of_call(node);
            return;
        case Op::op_not:
        case Op::op_and:
        case Op::op_or:
            for (const Node& child : children) require(child, {Type::boolean});
            node.type = Type::boolean;
            return;
        case Op::negate:
            require(children[0], {Type::number, Type::money});
            node.type = children[0].type;
            return;
        case Op::equal:
        case Op::not_equal:
            settle_equality(node, children[0], children[1]);
            node.type = Type::boolean;
            return;
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal:
            settle_order(node);
            node.type = Type::boolean;
            return;
        case Op::in:
            for (std::size_t i = 1; i < children.size(); ++i) settle_equality(node, children[0], children[i]);
            node.type = Type::boolean;
            return;
        case Op::contains:
            require(children[0], {Type::text, Type::codes, Type::ids});
            if (children[0].type == Type::ids) {
                read_literal_as(children[1], Type::id);
                require(children[1], {Type::id});
            } else {
                require(children[1], {Type::text});
            }
            node.type = Type::boolean;
            return;
        case Op::starts_with:
            for (const Node& child : children) require(child, {Type::text});
            node.type = Type::boolean;
            return;
        case Op::is_empty:
        case Op::is_not_empty:
            node.type = Type::boolean;
            return;
        case Op::add:
        case Op::subtract:
            node.type = type_of_sum(node);
            return;
        case Op::multiply:
        case Op::divide:
            node.type = type_of_product(node);
            return;
        case Op::conditional:
            require(children[0], {Type::boolean});
            node.type = common_type(node, 1);
            return;
    }
}

}  // namespace gx::expr
