// Several other records, in a link table. Kept sorted: a link table has no order of its own.
#include <algorithm>

#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

class RefsFaces final : public TypeFaces {
public:
    std::string_view name() const override { return "refs"; }
    expr::Type expression() const override { return expr::Type::ids; }
    Read from_json(const Field& field, const json::value& in, const ReadContext&) const override {
        if (!in.is_array()) return problem(field, "not_a_list");
        if (in.get_array().size() > values_max) return too_many(field);
        Ids ids;
        for (const json::value& one : in.get_array()) {
            const std::optional<RecordId> id = id_from_json(one);
            if (!id) return problem(field, "not_an_id");
            ids.push_back(*id);
        }
        std::sort(ids.begin(), ids.end());
        ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
        return ids.empty() ? Value() : Value(std::move(ids));
    }
    Read from_text(const Field&, std::string_view in, const ReadContext&) const override {
        return Value(std::string(in));
    }
    std::optional<Problem> check(const Field& field, const Value& value) const override {
        if (std::get<Ids>(value).size() > values_max) return too_many(field);
        return std::nullopt;
    }
    void write_json(const Field&, const Value& value, JsonWriter& out) const override {
        out.begin_array();
        for (const RecordId id : std::get<Ids>(value)) out.id(id);
        out.end_array();
    }
    Value from_stored(const Field&, const json::value& in) const override {
        Ids ids;
        if (in.is_array())
            for (const json::value& one : in.get_array())
                if (const std::optional<RecordId> id = id_from_json(one)) ids.push_back(*id);
        return ids.empty() ? Value() : Value(std::move(ids));
    }
    std::string to_display(const Field&, const Value& value, const ReadContext&) const override {
        std::string out;
        for (const RecordId id : std::get<Ids>(value)) out += (out.empty() ? "" : ", ") + to_string(id);
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
};

}  // namespace

const TypeFaces& refs_faces() {
    static const RefsFaces faces;
    return faces;
}

}  // namespace gx::meta
