// Yes and no. The words that people write for them are texts: 是 否 有 无 √ × Y N …
#include "base/text.hpp"
#include "base/texts.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

bool is_among(const std::string& word, std::string_view key) {
    for (const Language language : {Language::zh, Language::en}) {
        const std::string words = ' ' + text(language, key) + ' ';
        if (words.find(' ' + word + ' ') != std::string::npos) return true;
    }
    return false;
}

class BooleanFaces final : public TypeFaces {
public:
    std::string_view name() const override { return "boolean"; }
    expr::Type expression() const override { return expr::Type::boolean; }
    Read from_json(const Field& field, const json::value& in, const ReadContext&) const override {
        if (!in.is_bool()) return problem(field, "not_a_boolean");
        return Value(in.get_bool());
    }
    Read from_text(const Field& field, std::string_view in, const ReadContext&) const override {
        const std::string word = fold(in);
        if (word.find(' ') == std::string::npos) {
            if (is_among(word, "yes_words")) return Value(true);
            if (is_among(word, "no_words")) return Value(false);
        }
        return problem(field, "not_a_boolean");
    }
    std::optional<Problem> check(const Field&, const Value&) const override { return std::nullopt; }
    void write_json(const Field&, const Value& value, JsonWriter& out) const override {
        out.boolean(std::get<bool>(value));
    }
    Value from_stored(const Field&, const json::value& in) const override {
        return in.is_bool() ? Value(in.get_bool()) : Value();
    }
    std::string to_display(const Field&, const Value& value, const ReadContext& context) const override {
        return text(context.language, std::get<bool>(value) ? "value_yes" : "value_no");
    }
    std::size_t cell_count() const override { return 1; }
    void add_columns(const Field& field, std::vector<Column>& out) const override {
        out.push_back({field.name, false});
    }
    void to_cells(const Field&, const Value& value, std::vector<Cell>& out) const override {
        out.emplace_back(std::int64_t{std::get<bool>(value) ? 1 : 0});
    }
    Value from_cells(const Field&, const Cell* cells) const override { return std::get<std::int64_t>(cells[0]) != 0; }
};

}  // namespace

const TypeFaces& boolean_faces() {
    static const BooleanFaces faces;
    return faces;
}

}  // namespace gx::meta
