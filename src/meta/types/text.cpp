// Text of one line and of many, record numbers and mnemonic codes; and what all types held as text share.
#include "base/text.hpp"
#include "meta/pattern.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {

std::variant<std::string, Problem> clean_text(const Field& field, std::string_view in, Lines lines) {
    if (!is_valid_utf8(in)) return problem(field, "not_utf8");
    std::string out;
    const std::string_view trimmed = trim(in);
    out.reserve(trimmed.size());
    for (std::size_t i = 0; i < trimmed.size(); ++i) {
        const char c = trimmed[i];
        if (c == '\r') {
            if (i + 1 < trimmed.size() && trimmed[i + 1] == '\n') continue;
            out += '\n';
        } else {
            out += c;
        }
    }
    for (const char c : out) {
        const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        if (is_control && (lines == Lines::one || (c != '\n' && c != '\t')))
            return problem(field, lines == Lines::one && c == '\n' ? "one_line" : "control_characters");
    }
    return out;
}

Read TextFaces::from_json(const Field& field, const json::value& in, const ReadContext&) const {
    if (!in.is_string()) return problem(field, "not_text");
    const std::string_view text = in.get_string();
    if (!is_valid_utf8(text)) return problem(field, "not_utf8");
    if (is_blank(text)) return Value();
    return normalise(field, text);
}

std::optional<Problem> TextFaces::check(const Field& field, const Value& value) const {
    const std::string& text = std::get<std::string>(value);
    const std::size_t length = count_code_points(text);
    if (length > field.length_max)
        return problem(field, "too_long",
                       {{"max", std::to_string(field.length_max)}, {"length", std::to_string(length)}});
    if (field.pattern_compiled && !field.pattern_compiled->matches(text)) return problem(field, "pattern");
    return std::nullopt;
}

void TextFaces::write_json(const Field&, const Value& value, JsonWriter& out) const {
    out.string(std::get<std::string>(value));
}

Value TextFaces::from_stored(const Field&, const json::value& in) const {
    return in.is_string() ? Value(std::string(in.get_string())) : Value();
}

std::string TextFaces::to_display(const Field&, const Value& value, const ReadContext&) const {
    return std::get<std::string>(value);
}

void TextFaces::add_columns(const Field& field, std::vector<Column>& out) const { out.push_back({field.name, true}); }

void TextFaces::to_cells(const Field&, const Value& value, std::vector<Cell>& out) const {
    out.emplace_back(std::get<std::string>(value));
}

Value TextFaces::from_cells(const Field&, const Cell* cells) const { return std::get<std::string>(cells[0]); }

namespace {

class PlainFaces : public TextFaces {
public:
    PlainFaces(std::string_view name, Lines lines) : name_(name), lines_(lines) {}
    std::string_view name() const override { return name_; }

    // Cells of spreadsheets hold line ends by accident; in one line they are spaces.
    Read from_text(const Field& field, std::string_view in, const ReadContext&) const override {
        if (lines_ == Lines::many) return normalise(field, in);
        std::string joined(in);
        for (char& c : joined)
            if (c == '\n' || c == '\r' || c == '\t') c = ' ';
        return normalise(field, joined);
    }

protected:
    Read normalise(const Field& field, std::string_view in) const override {
        auto cleaned = clean_text(field, in, lines_);
        if (auto* bad = std::get_if<Problem>(&cleaned)) return std::move(*bad);
        return Value(std::move(std::get<std::string>(cleaned)));
    }

private:
    std::string_view name_;
    Lines lines_;
};

}  // namespace

const TypeFaces& text_faces() {
    static const PlainFaces faces("text", Lines::one);
    return faces;
}
const TypeFaces& long_text_faces() {
    static const PlainFaces faces("long_text", Lines::many);
    return faces;
}
const TypeFaces& number_faces() {
    static const PlainFaces faces("number", Lines::one);
    return faces;
}
const TypeFaces& mnemonic_faces() {
    static const PlainFaces faces("mnemonic", Lines::one);
    return faces;
}

}  // namespace gx::meta
