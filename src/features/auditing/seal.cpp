#include "features/auditing/seal.hpp"

namespace gx::features {

namespace {

void write(JsonWriter& json, const Sealed& sealed) {
    json.key("rows").integer(sealed.rows).key("digest").string(sealed.digest);
}

Sealed sealed_of(const json::object& in) {
    return {in.at("rows").as_int64(), std::string(in.at("digest").as_string())};
}

}  // namespace

std::string to_json(const Seal& seal) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("event").integer(seal.event).key("from").integer(seal.from).key("to").integer(seal.to);
    write(json, seal.stretch);
    json.key("late").begin_array();
    for (const LateRun& late : seal.late) {
        json.begin_object().key("batch").integer(late.batch).key("from").integer(late.from).key("to").integer(late.to);
        write(json, late.sealed);
        json.end_object();
    }
    json.end_array();
    json.key("erased").begin_object();
    write(json, seal.erased);
    json.end_object();
    if (seal.strange > 0) json.key("strange").integer(seal.strange);
    json.end_object();
    return text;
}

Seal read_seal(const json::value& in) {
    const json::object& members = in.as_object();
    Seal seal;
    seal.event = members.at("event").as_int64();
    seal.from = members.at("from").as_int64();
    seal.to = members.at("to").as_int64();
    seal.stretch = sealed_of(members);
    for (const json::value& one : members.at("late").as_array()) {
        const json::object& late = one.as_object();
        seal.late.push_back(
            {late.at("batch").as_int64(), late.at("from").as_int64(), late.at("to").as_int64(), sealed_of(late)});
    }
    seal.erased = sealed_of(members.at("erased").as_object());
    if (const json::value* strange = members.if_contains("strange")) seal.strange = strange->as_int64();
    return seal;
}

}  // namespace gx::features
