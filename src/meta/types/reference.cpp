// One other record: ref, user (an employee), department, and an uploaded file. Held by its id.
#include "meta/types/type.hpp"

namespace gx::meta {

std::optional<RecordId> id_from_json(const json::value& in) {
    const json::value* id = &in;
    if (const json::object* object = in.if_object()) id = object->if_contains("id");
    return id && id->is_string() ? parse_record_id(id->get_string()) : std::nullopt;
}

namespace {

class ReferenceFaces final : public TypeFaces {
public:
    explicit ReferenceFaces(std::string_view name) : name_(name) {}
    std::string_view name() const override { return name_; }
    expr::Type expression() const override { return expr::Type::id; }
    Read from_json(const Field& field, const json::value& in, const ReadContext&) const override {
        const std::optional<RecordId> id = id_from_json(in);
        if (!id) return problem(field, "not_an_id");
        return Value(*id);
    }
    Read from_text(const Field&, std::string_view in, const ReadContext&) const override {
        return Value(std::string(in));
    }
    std::optional<Problem> check(const Field&, const Value&) const override { return std::nullopt; }
    void write_json(const Field&, const Value& value, JsonWriter& out) const override {
        out.id(std::get<RecordId>(value));
    }
    Value from_stored(const Field&, const json::value& in) const override {
        const std::optional<RecordId> id = id_from_json(in);
        return id ? Value(*id) : Value();
    }
    std::string to_display(const Field&, const Value& value, const ReadContext&) const override {
        return to_string(std::get<RecordId>(value));
    }
    std::size_t cell_count() const override { return 1; }
    void add_columns(const Field& field, std::vector<Column>& out) const override {
        out.push_back({field.name, false});
    }
    void to_cells(const Field&, const Value& value, std::vector<Cell>& out) const override {
        out.emplace_back(std::get<RecordId>(value).value);
    }
    Value from_cells(const Field&, const Cell* cells) const override {
        return RecordId{std::get<std::int64_t>(cells[0])};
    }

private:
    std::string_view name_;
};

}  // namespace

const TypeFaces& ref_faces() {
    static const ReferenceFaces faces("ref");
    return faces;
}
const TypeFaces& user_faces() {
    static const ReferenceFaces faces("user");
    return faces;
}
const TypeFaces& department_faces() {
    static const ReferenceFaces faces("department");
    return faces;
}
const TypeFaces& file_faces() {
    static const ReferenceFaces faces("file");
    return faces;
}

}  // namespace gx::meta
