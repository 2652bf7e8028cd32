// One item of a dictionary, held by its code.
#include "meta/types/choice_type.hpp"

namespace gx::meta {

std::variant<std::string, Problem> code_from_json(const Field& field, const json::value& in,
                                                  const ReadContext& context) {
    const json::value* code = &in;
    if (const json::object* object = in.if_object()) code = object->if_contains("code");
    if (!code || !code->is_string()) return problem(field, "not_a_choice");
    const DictionaryItem* item = context.model.dictionary(field.dictionary).find(code->get_string());
    if (!item) return problem(field, "unknown_choice", {{"value", std::string(code->get_string())}});
    return item->code;
}

std::variant<std::string, Problem> code_from_text(const Field& field, std::string_view in, const ReadContext& context) {
    const DictionaryItem* item = context.model.dictionary(field.dictionary).find_leniently(in);
    if (!item) return problem(field, "unknown_choice", {{"value", std::string(in)}});
    return item->code;
}

const std::string& label_of(const Field& field, const std::string& code, const ReadContext& context) {
    const DictionaryItem* item = context.model.dictionary(field.dictionary).find(code);
    return item ? item->label.in(context.language) : code;
}

namespace {

class ChoiceFaces final : public TypeFaces {
public:
    std::string_view name() const override { return "choice"; }
    expr::Type expression() const override { return expr::Type::text; }
    Read from_json(const Field& field, const json::value& in, const ReadContext& context) const override {
        return as_read(code_from_json(field, in, context));
    }
    Read from_text(const Field& field, std::string_view in, const ReadContext& context) const override {
        return as_read(code_from_text(field, in, context));
    }
    std::optional<Problem> check(const Field&, const Value&) const override { return std::nullopt; }
    void write_json(const Field&, const Value& value, JsonWriter& out) const override {
        out.string(std::get<std::string>(value));
    }
    Value from_stored(const Field&, const json::value& in) const override {
        return in.is_string() ? Value(std::string(in.get_string())) : Value();
    }
    std::string to_display(const Field& field, const Value& value, const ReadContext& context) const override {
        return label_of(field, std::get<std::string>(value), context);
    }
    std::size_t cell_count() const override { return 1; }
    void add_columns(const Field& field, std::vector<Column>& out) const override { out.push_back({field.name, true}); }
    void to_cells(const Field&, const Value& value, std::vector<Cell>& out) const override {
        out.emplace_back(std::get<std::string>(value));
    }
    Value from_cells(const Field&, const Cell* cells) const override { return std::get<std::string>(cells[0]); }

private:
    static Read as_read(std::variant<std::string, Problem> read) {
        if (auto* bad = std::get_if<Problem>(&read)) return std::move(*bad);
        return Value(std::move(std::get<std::string>(read)));
    }
};

}  // namespace

const TypeFaces& choice_faces() {
    static const ChoiceFaces faces;
    return faces;
}

}  // namespace gx::meta
