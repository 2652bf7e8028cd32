// The children of a record. They are records of their own; here nothing is read, written or stored.
#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

class ListFaces final : public TypeFaces {
public:
    std::string_view name() const override { return "list"; }
    expr::Type expression() const override { return expr::Type::ids; }
    Read from_json(const Field& field, const json::value&, const ReadContext&) const override {
        return problem(field, "read_only");
    }
    Read from_text(const Field& field, std::string_view, const ReadContext&) const override {
        return problem(field, "read_only");
    }
    std::optional<Problem> check(const Field&, const Value&) const override { return std::nullopt; }
    void write_json(const Field&, const Value&, JsonWriter& out) const override { out.null(); }
    Value from_stored(const Field&, const json::value&) const override { return {}; }
    std::string to_display(const Field&, const Value&, const ReadContext&) const override { return {}; }
    std::size_t cell_count() const override { return 0; }
    void add_columns(const Field&, std::vector<Column>&) const override {}
    void to_cells(const Field&, const Value&, std::vector<Cell>&) const override {}
    Value from_cells(const Field&, const Cell*) const override { return {}; }
};

}  // namespace

const TypeFaces& list_faces() {
    static const ListFaces faces;
    return faces;
}

}  // namespace gx::meta
