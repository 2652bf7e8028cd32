// The JSON form of conditions that the API and saved views speak.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "expr/typing.hpp"

namespace gx::expr {

namespace {

struct FilterMistake {
    std::string pointer;
    std::string why;
    std::string what;
};

std::string short_text(const json::value& value) {
    std::string out = json::serialize(value);
    if (out.size() <= 60) return out;
    // Cut between characters, so that the message stays valid text.
    std::size_t end = 60;
    while ((static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
    return out.substr(0, end) + "…";
}

std::optional<Decimal> read_number(const json::value& in) {
    if (const auto* integer = in.if_int64()) return parse_decimal(std::to_string(*integer));
    if (const auto* integer = in.if_uint64()) return parse_decimal(std::to_string(*integer));
    if (const auto* text = in.if_string()) return parse_decimal(std::string_view(*text));
    if (const auto* number = in.if_double()) {
        // The shortest digits that mean this number are the ones that were sent.
        std::array<char, 64> digits{};
        const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), *number);
        if (error == std::errc{})
            return parse_decimal_leniently({digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    return std::nullopt;
}

const json::value* member(const json::value& in, std::string_view name) {
    const auto* object = in.if_object();
    return object ? object->if_contains(name) : nullptr;
}

class FilterReader {
public:
    FilterReader(const Scope& scope, const Limits& limits) : scope_(scope), limits_(limits) {}

    Node read(const json::value& filter, const std::string& pointer, std::size_t depth) {
        if (depth > limits_.depth_max) throw FilterMistake{pointer, "why.expression_too_deep", {}};
        if (filter.is_null()) return truth(true);
        if (const auto* list = filter.if_array()) return read_condition(*list, pointer);
        const auto* object = filter.if_object();
        if (!object) throw FilterMistake{pointer, "why.filter_shape", short_text(filter)};
        if (object->empty()) return truth(true);
        if (object->size() > 1) throw FilterMistake{pointer, "why.filter_shape", short_text(filter)};
        const std::string_view key = object->begin()->key();
        const json::value& inside = object->begin()->value();
        const std::string below = pointer + "/" + std::string(key);
        if (key == "not") return negated(read(inside, below, depth + 1));
        if (key != "and" && key != "or") throw FilterMistake{pointer, "why.filter_shape", std::string(key)};
        const auto* parts = inside.if_array();
        if (!parts) throw FilterMistake{below, "why.filter_shape", short_text(inside)};
        std::vector<Node> children;
        for (std::size_t i = 0; i < parts->size(); ++i)
            children.push_back(read((*parts)[i], below + "/" + std::to_string(i), depth + 1));
        return joined(key == "and" ? Op::op_and : Op::op_or, std::move(children));
    }

private:
    Node make(Op op, std::vector<Node> children, std::string name = {}) {
        if (++nodes_ > limits_.nodes_max) throw FilterMistake{at_, "why.expression_too_long", {}};
        Node node;
        node.op = op;
        node.children = std::move(children);
        node.name = std::move(name);
        try {
            settle(node, scope_);
        } catch (const Mistake& mistake) {
            throw FilterMistake{at_, mistake.why, mistake.what};
        }
        return node;
    }

    Node make_two(Op op, Node left, Node right) {
        std::vector<Node> children;
        children.push_back(std::move(left));
        children.push_back(std::move(right));
        return make(op, std::move(children));
    }

    Node make_one(Op op, Node child) {
        std::vector<Node> children;
        children.push_back(std::move(child));
        return make(op, std::move(children));
    }

    Node truth(bool value) { return literal(value, 0); }
    Node negated(Node node) { return make_one(Op::op_not, std::move(node)); }

    Node joined(Op op, std::vector<Node> children) {
        if (children.empty()) return truth(op == Op::op_and);
        if (children.size() == 1) return std::move(children.front());
        return make(op, std::move(children));
    }

    Node read_field(const json::value& name) {
        const auto* text = name.if_string();
        if (!text || text->empty() || text->size() > 500)
            throw FilterMistake{at_, "why.filter_shape", short_text(name)};
        Node node;
        node.op = Op::path;
        for (std::string_view rest = *text;;) {
            const std::size_t end = std::min(rest.find('.'), rest.size());
            node.path.emplace_back(rest.substr(0, end));
            if (end == rest.size() || node.path.size() > 8) break;
            rest.remove_prefix(end + 1);
        }
        if (++nodes_ > limits_.nodes_max) throw FilterMistake{at_, "why.expression_too_long", {}};
        try {
            settle(node, scope_);
        } catch (const Mistake& mistake) {
            throw FilterMistake{at_, mistake.why, mistake.what};
        }
        return node;
    }

    Node read_condition(const json::array& list, const std::string& pointer) {
        at_ = pointer;
        if (list.size() < 2 || list.size() > 3) throw FilterMistake{pointer, "why.filter_shape", short_text(list)};
        Node field = read_field(list[0]);
        const auto* word = list[1].if_string();
        if (!word) throw FilterMistake{pointer + "/1", "why.filter_shape", short_text(list[1])};
        const std::string_view op = *word;
        at_ = pointer + "/2";
        if (op == "empty" || op == "not_empty")
            return make_one(op == "empty" ? Op::is_empty : Op::is_not_empty, std::move(field));
        if (list.size() != 3) throw FilterMistake{pointer, "why.filter_needs_value", std::string(op)};
        return read_comparison(std::move(field), op, list[2], pointer);
    }

    Node read_comparison(Node field, std::string_view op, const json::value& in, const std::string& pointer) {
        if (op == "is" || op == "=") return is(std::move(field), in);
        if (op == "is_not" || op == "!=" || op == "not") return is_not(std::move(field), in);
        if (op == "in") return in_list(field, in);
        if (op == "not_in") return negated(in_list(field, in));
        if (op == "contains" || op == "starts_with") {
            Node value = read_value(field.type == Type::ids ? Type::id : Type::text, in);
            if (value.type == Type::null) return truth(false);
            return make_two(op == "contains" ? Op::contains : Op::starts_with, std::move(field), std::move(value));
        }
        if (op == "between") return between(field, in);
        if (op == "within") {
            std::vector<Node> children;
            children.push_back(std::move(field));
            children.push_back(read_value(Type::text, in));
            return make(Op::call, std::move(children), "within");
        }
        if (op == "under") return under(field, in);
        struct Known {
            std::string_view word;
            Op op;
        };
        for (const auto& [known, order] : {Known{"before", Op::less},
                                           {"<", Op::less},
                                           {"on_or_before", Op::less_equal},
                                           {"<=", Op::less_equal},
                                           {"after", Op::greater},
                                           {">", Op::greater},
                                           {"on_or_after", Op::greater_equal},
                                           {">=", Op::greater_equal}}) {
            if (op != known) continue;
            Node value = read_value(field.type, in);
            if (value.type == Type::null) return truth(false);
            return make_two(order, std::move(field), std::move(value));
        }
        throw FilterMistake{pointer + "/1", "why.filter_unknown_operator", std::string(op)};
    }

    static bool is_multiple(const Node& field) { return field.type == Type::codes || field.type == Type::ids; }

    Node is(Node field, const json::value& in) {
        if (in.is_array()) throw FilterMistake{at_, "why.filter_use_in", short_text(in)};
        Node value = read_value(is_multiple(field) ? element_type(field) : field.type, in);
        if (value.type == Type::null) return make_one(Op::is_empty, std::move(field));
        return make_two(is_multiple(field) ? Op::contains : Op::equal, std::move(field), std::move(value));
    }

    Node is_not(Node field, const json::value& in) {
        Node node = is(std::move(field), in);
        if (node.op == Op::is_empty) {
            node.op = Op::is_not_empty;
        } else if (node.op == Op::equal) {
            node.op = Op::not_equal;
        } else {
            node = negated(std::move(node));
        }
        return node;
    }

    static Type element_type(const Node& field) { return field.type == Type::ids ? Type::id : Type::text; }

    Node in_list(const Node& field, const json::value& in) {
        const auto* list = in.if_array();
        if (!list) throw FilterMistake{at_, "why.filter_needs_list", short_text(in)};
        std::vector<Node> alternatives;
        std::vector<Node> members{field};
        const std::string here = at_;
        for (std::size_t i = 0; i < list->size(); ++i) {
            at_ = here + "/" + std::to_string(i);
            if (is_multiple(field) || read_value(field.type, (*list)[i]).type == Type::null) {
                alternatives.push_back(is(field, (*list)[i]));
            } else {
                members.push_back(read_value(field.type, (*list)[i]));
            }
        }
        at_ = here;
        if (members.size() > 1) alternatives.insert(alternatives.begin(), make(Op::in, std::move(members)));
        return joined(Op::op_or, std::move(alternatives));
    }

    Node between(const Node& field, const json::value& in) {
        const auto* bounds = in.if_array();
        if (!bounds || bounds->size() != 2) throw FilterMistake{at_, "why.filter_needs_bounds", short_text(in)};
        std::vector<Node> parts;
        Node least = read_value(field.type, (*bounds)[0]);
        Node most = read_value(field.type, (*bounds)[1]);
        if (least.type != Type::null) parts.push_back(make_two(Op::greater_equal, field, std::move(least)));
        if (most.type != Type::null) parts.push_back(make_two(Op::less_equal, field, std::move(most)));
        return joined(Op::op_and, std::move(parts));
    }

    Node under(const Node& field, const json::value& in) {
        std::vector<Node> parts;
        const auto add = [&](const json::value& item) {
            std::vector<Node> children{field};
            children.push_back(read_value(Type::id, item));
            parts.push_back(make(Op::call, std::move(children), "under"));
        };
        if (const auto* list = in.if_array()) {
            for (const json::value& item : *list) add(item);
        } else {
            add(in);
        }
        return joined(Op::op_or, std::move(parts));
    }

    Node call(std::string name) { return make(Op::call, {}, std::move(name)); }

    // A value as the API writes it, for a field of `type`. Null and "" become the null literal.
    Node read_value(Type type, const json::value& in) {
        if (++nodes_ > limits_.nodes_max) throw FilterMistake{at_, "why.expression_too_long", {}};
        const auto* text = in.if_string();
        if (in.is_null() || (text && text->empty())) return literal({}, 0);
        const std::string_view word = text ? std::string_view(*text) : std::string_view{};
        std::optional<Value> value;
        switch (type) {
            case Type::boolean:
                if (const auto* flag = in.if_bool()) value = *flag;
                break;
            case Type::number:
                if (const auto number = read_number(in)) value = *number;
                break;
            case Type::money:
                value = read_money(in);
                break;
            case Type::date:
            case Type::timestamp:
                if (word == "today" || word == "now") return call(std::string(word));
                if (const auto date = parse_date(word)) {
                    value = *date;
                } else if (const auto at = parse_timestamp(word)) {
                    value = *at;
                }
                break;
            case Type::text:
                if (const auto* code = member(in, "code"); code && code->is_string()) {
                    value = std::string(code->get_string());
                } else if (text) {
                    value = std::string(word);
                }
                break;
            case Type::id:
                if (word == "me" || word == "my_department") return call(std::string(word));
                if (const auto* id = member(in, "id")) return read_value(type, *id);
                if (const auto id = parse_record_id(in.is_int64() ? std::to_string(in.get_int64()) : std::string(word)))
                    value = *id;
                break;
            case Type::null:
            case Type::codes:
            case Type::ids:
            case Type::address:
                break;
        }
        if (!value) throw FilterMistake{at_, "why.filter_value", short_text(in)};
        return literal(std::move(*value), 0);
    }

    static std::optional<Value> read_money(const json::value& in) {
        const auto* amount = member(in, "amount");
        const auto number = read_number(amount ? *amount : in);
        if (!number) return std::nullopt;
        if (!amount) return *number;
        const auto* code = member(in, "currency");
        const auto* text = code ? code->if_string() : nullptr;
        const auto currency = text ? parse_currency(std::string_view(*text)) : std::nullopt;
        if (!currency) return std::nullopt;
        return Money{*number, *currency};
    }

    const Scope& scope_;
    const Limits& limits_;
    std::string at_;  // pointer to what is being read
    std::size_t nodes_ = 0;
};

}  // namespace

Node from_filter(const json::value& filter, const Scope& scope, Limits limits) {
    try {
        return FilterReader(scope, limits).read(filter, "", 1);
    } catch (const FilterMistake& mistake) {
        const std::string at = mistake.pointer.empty() ? "/" : mistake.pointer;
        throw Failure(Failure::Kind::invalid, "expression_at",
                      {{"at", at}, {"position", at}, {"why", mistake.why}, {"what", mistake.what}});
    }
}

}  // namespace gx::expr
