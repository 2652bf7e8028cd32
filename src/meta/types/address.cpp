// A place: a region by its id, and the rest as text. Two columns; what people type is the text, import finds the
// region.
#include "base/text.hpp"
#include "meta/types/type.hpp"

namespace gx::meta {
namespace {

class AddressFaces final : public TypeFaces {
public:
    std::string_view name() const override { return "address"; }
    expr::Type expression() const override { return expr::Type::address; }

    Read from_json(const Field& field, const json::value& in, const ReadContext& context) const override {
        if (in.is_string()) return from_text(field, in.get_string(), context);
        const json::object* object = in.if_object();
        if (!object) return problem(field, "not_an_address");
        Address address;
        for (const auto& member : *object) {
            if (member.value().is_null()) continue;
            if (member.key() == "region") {
                const std::optional<RecordId> id = id_from_json(member.value());
                if (!id) return problem(field, "not_an_id");
                address.region = *id;
            } else if (member.key() == "street" && member.value().is_string()) {
                auto street = clean_text(field, member.value().get_string(), Lines::many);
                if (auto* bad = std::get_if<Problem>(&street)) return std::move(*bad);
                address.street = std::move(std::get<std::string>(street));
            } else {
                return problem(field, "not_an_address");
            }
        }
        if (!address.region && address.street.empty()) return Value();
        return Value(std::move(address));
    }

    Read from_text(const Field& field, std::string_view in, const ReadContext&) const override {
        auto street = clean_text(field, in, Lines::many);
        if (auto* bad = std::get_if<Problem>(&street)) return std::move(*bad);
        if (std::get<std::string>(street).empty()) return Value();
        return Value(Address{{}, std::move(std::get<std::string>(street))});
    }

    std::optional<Problem> check(const Field& field, const Value& value) const override {
        const std::size_t length = count_code_points(std::get<Address>(value).street);
        if (length > field.length_max)
            return problem(field, "too_long",
                           {{"max", std::to_string(field.length_max)}, {"length", std::to_string(length)}});
        return std::nullopt;
    }

    void write_json(const Field&, const Value& value, JsonWriter& out) const override {
        const Address& address = std::get<Address>(value);
        out.begin_object().raw_key("\"region\":");
        if (address.region)
            out.id(address.region);
        else
            out.null();
        out.raw_key("\"street\":");
        if (address.street.empty())
            out.null();
        else
            out.string(address.street);
        out.end_object();
    }

    Value from_stored(const Field&, const json::value& in) const override {
        const json::object* object = in.if_object();
        if (!object) return {};
        Address address;
        if (const json::value* region = object->if_contains("region"))
            address.region = id_from_json(*region).value_or(RecordId{});
        if (const json::value* street = object->if_contains("street"); street && street->is_string())
            address.street = std::string(street->get_string());
        return address;
    }

    std::string to_display(const Field&, const Value& value, const ReadContext&) const override {
        return std::get<Address>(value).street;
    }

    std::size_t cell_count() const override { return 2; }

    void add_columns(const Field& field, std::vector<Column>& out) const override {
        out.push_back({field.name, true});
        out.push_back({field.name + "_region", false});
    }

    void to_cells(const Field&, const Value& value, std::vector<Cell>& out) const override {
        const Address& address = std::get<Address>(value);
        out.push_back(address.street.empty() ? Cell() : Cell(address.street));
        out.push_back(address.region ? Cell(address.region.value) : Cell());
    }

    Value from_cells(const Field&, const Cell* cells) const override {
        Address address;
        if (const std::string* street = std::get_if<std::string>(&cells[0])) address.street = *street;
        if (const std::int64_t* region = std::get_if<std::int64_t>(&cells[1])) address.region = RecordId{*region};
        return address;
    }
};

}  // namespace

const TypeFaces& address_faces() {
    static const AddressFaces faces;
    return faces;
}

}  // namespace gx::meta
