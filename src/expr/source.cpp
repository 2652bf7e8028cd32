// The canonical text of an expression, and what it reads.
#include <algorithm>

#include "base/failure.hpp"
#include "expr/expr.hpp"

namespace gx::expr {

namespace {

// How tightly an operator binds; a child that binds no tighter than it must stands in brackets.
enum Strength { any = 0, either, both, negation, comparison, sum, product, sign, single };

Strength strength_of(const Node& node) {
    switch (node.op) {
        case Op::op_or:
            return either;
        case Op::op_and:
            return both;
        case Op::op_not:
            return negation;
        case Op::equal:
        case Op::not_equal:
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal:
        case Op::in:
            return comparison;
        case Op::add:
        case Op::subtract:
            return sum;
        case Op::multiply:
        case Op::divide:
            return product;
        case Op::negate:
            return sign;
        default:
            return single;
    }
}

std::string_view sign_of(Op op) {
    switch (op) {
        case Op::op_or:
            return " or ";
        case Op::op_and:
            return " and ";
        case Op::equal:
            return " = ";
        case Op::not_equal:
            return " != ";
        case Op::less:
            return " < ";
        case Op::less_equal:
            return " <= ";
        case Op::greater:
            return " > ";
        case Op::greater_equal:
            return " >= ";
        case Op::add:
            return " + ";
        case Op::subtract:
            return " - ";
        case Op::multiply:
            return " * ";
        case Op::divide:
            return " / ";
        default:
            return "";
    }
}

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out.push_back(c);
        if (c == '\'') out.push_back(c);
    }
    out.push_back('\'');
    return out;
}

struct LiteralSource {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(Decimal value) const { return to_string(value); }
    std::string operator()(const Money& value) const {
        return "money('" + to_string(value.amount) + "', '" + std::string(value.currency.text()) + "')";
    }
    std::string operator()(Date value) const { return "date('" + format_date(value) + "')"; }
    std::string operator()(Timestamp value) const { return "time('" + format_timestamp(value) + "')"; }
    std::string operator()(const std::string& value) const { return quoted(value); }
    std::string operator()(RecordId value) const { return "id('" + to_string(value) + "')"; }
    std::string operator()(const Codes&) const { return none(); }
    std::string operator()(const Ids&) const { return none(); }
    std::string operator()(const Address&) const { return none(); }

    static std::string none() {
        ensure(false, "a literal that the language cannot write");
        return {};
    }
};

void write(std::string& out, const Node& node, Strength least);

void write_list(std::string& out, const std::vector<Node>& nodes, std::size_t first) {
    for (std::size_t i = first; i < nodes.size(); ++i) {
        if (i > first) out += ", ";
        write(out, nodes[i], any);
    }
}

std::string_view function_of(const Node& node) {
    switch (node.op) {
        case Op::conditional:
            return "if";
        case Op::is_empty:
            return "is_empty";
        case Op::is_not_empty:
            return "is_not_empty";
        case Op::contains:
            return "contains";
        case Op::starts_with:
            return "starts_with";
        default:
            return node.name;
    }
}

void write_bare(std::string& out, const Node& node) {
    const auto next = [](Strength strength) { return static_cast<Strength>(strength + 1); };
    const Strength strength = strength_of(node);
    switch (node.op) {
        case Op::literal:
            out += std::visit(LiteralSource{}, node.value);
            return;
        case Op::path:
            for (std::size_t i = 0; i < node.path.size(); ++i) {
                if (i > 0) out += '.';
                out += node.path[i];
            }
            return;
        case Op::op_and:
        case Op::op_or:
            for (std::size_t i = 0; i < node.children.size(); ++i) {
                if (i > 0) out += sign_of(node.op);
                write(out, node.children[i], next(strength));
            }
            return;
        case Op::op_not:
            out += "not ";
            write(out, node.children[0], strength);
            return;
        case Op::negate: {
            out += '-';
            // "-5" is a literal; the negation of the literal 5 is "-(5)".
            const bool number = node.children[0].op == Op::literal;
            write(out, node.children[0], number ? next(single) : strength);
            return;
        }
        case Op::in:
            write(out, node.children[0], next(strength));
            out += " in (";
            for (std::size_t i = 1; i < node.children.size(); ++i) {
                if (i > 1) out += ", ";
                write(out, node.children[i], next(strength));
            }
            out += ')';
            return;
        case Op::equal:
        case Op::not_equal:
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal:
            write(out, node.children[0], next(strength));
            out += sign_of(node.op);
            write(out, node.children[1], next(strength));
            return;
        case Op::add:
        case Op::subtract:
        case Op::multiply:
        case Op::divide:
            write(out, node.children[0], strength);
            out += sign_of(node.op);
            write(out, node.children[1], next(strength));
            return;
        default:
            out += function_of(node);
            out += '(';
            write_list(out, node.children, 0);
            out += ')';
            return;
    }
}

void write(std::string& out, const Node& node, Strength least) {
    const bool brackets = strength_of(node) < least;
    if (brackets) out += '(';
    write_bare(out, node);
    if (brackets) out += ')';
}

void gather(const Node& node, std::vector<std::vector<std::string>>& out) {
    if (node.op == Op::path && std::ranges::find(out, node.path) == out.end()) out.push_back(node.path);
    for (const Node& child : node.children) gather(child, out);
}

}  // namespace

std::string to_source(const Node& node) {
    std::string out;
    write(out, node, any);
    return out;
}

std::vector<std::vector<std::string>> paths(const Node& node) {
    std::vector<std::vector<std::string>> out;
    gather(node, out);
    return out;
}

}  // namespace gx::expr
