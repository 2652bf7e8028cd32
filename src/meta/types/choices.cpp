// Several items of a dictionary, in a link table. Kept sorted: a link table has no order of its own.
#include <algorithm>

#include "base/text.hpp"
#include "meta/types/choice_type.hpp"

namespace gx::meta {

std::vector<std::string_view> split_values(std::string_view in) {
    static constexpr std::string_view separators[] = {",", ";", "|", "\n", "，", "；", "、"};
    std::vector<std::string_view> out;
    std::size_t from = 0;
    const auto add = [&](std::size_t to) {
        if (const std::string_view one = trim(in.substr(from, to - from)); !one.empty()) out.push_back(one);
    };
    for (std::size_t at = 0; at < in.size();) {
        std::size_t length = 0;
        for (const std::string_view separator : separators)
            if (in.substr(at).starts_with(separator)) length = separator.size();
        if (length == 0) {
            ++at;
            continue;
        }
        add(at);
        from = at += length;
    }
    add(in.size());
    return out;
}

namespace {

class ChoicesFaces final : public TypeFaces {
public:
    std::string_view name() const override { return "choices"; }
    expr::Type expression() const override { return expr::Type::codes; }
    Read from_json(const Field& field, const json::value& in, const ReadContext& context) const override {
        if (!in.is_array()) return problem(field, "not_a_list");
        if (in.get_array().size() > values_max) return too_many(field);
        Codes codes;
        for (const json::value& one : in.get_array()) {
            auto code = code_from_json(field, one, context);
            if (auto* bad = std::get_if<Problem>(&code)) return std::move(*bad);
            codes.push_back(std::move(std::get<std::string>(code)));
        }
        return sorted(std::move(codes));
    }
    Read from_text(const Field& field, std::string_view in, const ReadContext& context) const override {
        const std::vector<std::string_view> words = split_values(in);
        if (words.size() > values_max) return too_many(field);
        Codes codes;
        for (const std::string_view word : words) {
            auto code = code_from_text(field, word, context);
            if (auto* bad = std::get_if<Problem>(&code)) return std::move(*bad);
            codes.push_back(std::move(std::get<std::string>(code)));
        }
        return sorted(std::move(codes));
    }
    std::optional<Problem> check(const Field& field, const Value& value) const override {
        if (std::get<Codes>(value).size() > values_max) return too_many(field);
        return std::nullopt;
    }
    void write_json(const Field&, const Value& value, JsonWriter& out) const override {
        out.begin_array();
        for (const std::string& code : std::get<Codes>(value)) out.string(code);
        out.end_array();
    }
    Value from_stored(const Field&, const json::value& in) const override {
        Codes codes;
        if (in.is_array())
            for (const json::value& one : in.get_array())
                if (one.is_string()) codes.emplace_back(one.get_string());
        return codes.empty() ? Value() : Value(std::move(codes));
    }
    std::string to_display(const Field& field, const Value& value, const ReadContext& context) const override {
        std::string out;
        for (const std::string& code : std::get<Codes>(value)) {
            if (!out.empty()) out += context.language == Language::zh ? "、" : ", ";
            out += label_of(field, code, context);
        }
        return out;
    }
    std::size_t cell_count() const override { return 0; }
    void add_columns(const Field&, std::vector<Column>&) const override {}
    void to_cells(const Field&, const Value&, std::vector<Cell>&) const override {}
    Value from_cells(const Field&, const Cell*) const override { return {}; }

private:
    static Problem too_many(const Field& field) {
        return problem(field, "too_many_items", {{"most", std::to_string(values_max)}});
    }
    static Read sorted(Codes codes) {
        std::sort(codes.begin(), codes.end());
        codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
        return codes.empty() ? Value() : Value(std::move(codes));
    }
};

}  // namespace

const TypeFaces& choices_faces() {
    static const ChoicesFaces faces;
    return faces;
}

}  // namespace gx::meta
