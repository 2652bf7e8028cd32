#include "features/handover/handover.hpp"

#include <algorithm>
#include <set>

#include "base/json_writer.hpp"
#include "meta/expr_scope.hpp"
#include "meta/field_value.hpp"
#include "meta/problem_text.hpp"

namespace gx::features {

namespace {

using access::Caller;
using access::Verb;

// A field through which records of `object` belong to the one who gives up.
struct Place {
    const meta::Object* object = nullptr;
    const meta::Field* field = nullptr;
    const meta::HandOver* rule = nullptr;  // null: all of it is open work
    bool owns = false;

    Verb verb() const { return owns ? Verb::assign : Verb::change; }
    bool divided() const { return rule != nullptr && !rule->open.is_null(); }
    bool ends() const { return !owns && !rule->set.empty(); }
};

std::vector<Place> places_of(const meta::Model& model, const meta::Object& of) {
    std::vector<Place> places;
    for (const meta::Object& object : model.objects()) {
        if (object.kept_by_platform) continue;  // what happened stays as it happened
        const meta::HandOver* own = object.hand_over ? &*object.hand_over : nullptr;
        for (const meta::Field& field : object.fields) {
            if (field.formula || field.type == meta::FieldType::list || meta::target_of(field) != of.name) continue;
            if (field.name == "owner" && field.system) {
                if (own == nullptr || !own->stays) places.push_back({&object, &field, own, true});
            } else if (field.name == "owner_department" && field.system) {
                places.push_back({&object, &field, own, true});
            } else if (field.hand_over) {
                places.push_back({&object, &field, field.hand_over.get(), false});
            }
        }
    }
    return places;
}

json::array is(std::string_view field, RecordId id) { return {field, "is", to_string(id)}; }

record::ListQuery query_of(const Place& place, RecordId from, bool open_only) {
    record::ListQuery query;
    query.object = place.object->name;
    query.verb = place.verb();
    json::array parts{is(place.field->name, from)};
    if (open_only && place.divided()) parts.push_back(place.rule->open);
    query.filter = json::value{{"and", std::move(parts)}};
    return query;
}

// The record itself: its own values at the end.
record::ListQuery query_of(const meta::Object& object, RecordId id) {
    record::ListQuery query;
    query.object = object.name;
    query.verb = Verb::change;
    query.filter = is("id", id);
    return query;
}

bool ends_itself(const meta::Object& object) { return object.hand_over && !object.hand_over->set.empty(); }

void require_some_right(const Caller& caller, const std::vector<Place>& places) {
    if (std::ranges::none_of(places, [&](const Place& place) {
            return place.owns && access::may(*caller.grants, *place.object, Verb::assign);
        }))
        throw forbidden("assign");
}

const HandoverChoice* find_choice(const HandoverPlan& plan, const Place& place) {
    const auto found = std::ranges::find_if(plan.choices, [&](const HandoverChoice& choice) {
        return choice.object == place.object->name && choice.field == place.field->name;
    });
    return found == plan.choices.end() ? nullptr : &*found;
}

record::Sweep move_of(const Place& place, const meta::Object& of, RecordId from, RecordId to, HandoverShare share) {
    record::Sweep sweep;
    sweep.which = query_of(place, from, share == HandoverShare::open);
    // Nobody becomes his own superior: the receiver stays below the one who gives up until somebody says otherwise.
    if (place.object == &of && to)
        sweep.which.filter =
            json::value{{"and", json::array{sweep.which.filter, json::array{"id", "is_not", to_string(to)}}}};
    if (place.field->is_multiple())
        sweep.swaps.push_back({place.field->name, from, to});
    else
        sweep.values.emplace_back(place.field->name, to ? Value(to) : Value());
    sweep.whole = true;
    sweep.skip_taken = !place.owns;
    return sweep;
}

record::Sweep ending_of(record::ListQuery query, const std::vector<std::pair<std::string, Value>>& values) {
    record::Sweep sweep;
    sweep.which = std::move(query);
    sweep.values = values;
    sweep.whole = true;
    return sweep;
}

void check_choices(const std::vector<Place>& places, const HandoverPlan& plan) {
    std::vector<Problem> problems;
    for (const HandoverChoice& choice : plan.choices) {
        const auto place = std::ranges::find_if(places, [&](const Place& one) {
            return !one.ends() && one.object->name == choice.object && one.field->name == choice.field;
        });
        const std::string at = choice.object + "." + choice.field;
        if (place == places.end())
            problems.push_back({at, "hand_over_no_such_item", {{"item", at}}, {}});
        else if (choice.share != HandoverShare::none && !choice.to && place->field->required)
            problems.push_back({at, "required", {}, {}});
    }
    if (!problems.empty()) throw invalid(std::move(problems));
}

}  // namespace

HandoverPreview Handover::preview(const Caller& caller, const meta::Object& of, RecordId from) const {
    records_.values(caller, of.name, from);  // not_found() when it may not be seen
    HandoverPreview preview;
    preview.model = records_.parts().model();
    const meta::Object& object = preview.model->object(of.name);
    const std::vector<Place> places = places_of(*preview.model, object);
    require_some_right(caller, places);

    std::vector<record::ListQuery> queries;
    for (const Place& place : places) {
        queries.push_back(query_of(place, from, false));
        if (place.divided()) queries.push_back(query_of(place, from, true));
    }
    if (ends_itself(object)) queries.push_back(query_of(object, from));
    const std::vector<record::Reach> reach = records_.reach(caller, queries);
    std::size_t next = 0;
    for (const Place& place : places) {
        const record::Reach all = reach[next++];
        const record::Reach open = place.divided() ? reach[next++] : all;
        if (all.all == 0) continue;
        const bool beyond = all.reached < all.all;
        if (place.ends())
            preview.endings.push_back({place.object, place.field, &place.rule->set, all.reached, beyond});
        else
            preview.items.push_back({place.object, place.field, all.reached, open.reached, place.divided(), beyond});
    }
    if (ends_itself(object)) {
        const record::Reach itself = reach[next];
        preview.endings.insert(preview.endings.begin(),
                               {&object, nullptr, &object.hand_over->set, itself.reached, itself.reached < itself.all});
    }
    return preview;
}

// Whoever takes over must be there, be seen by the caller, be somebody else, and not be at the end himself.
void Handover::check_receivers(const Caller& caller, const meta::Object& object, RecordId from,
                               const HandoverPlan& plan) const {
    std::set<RecordId> wanted;
    if (plan.to) wanted.insert(plan.to);
    for (const HandoverChoice& choice : plan.choices)
        if (choice.to && choice.share != HandoverShare::none) wanted.insert(choice.to);
    if (wanted.contains(from)) throw invalid({{"to", "hand_over_to_itself", {}, {}}});
    if (wanted.empty()) return;
    record::ListQuery query;
    query.object = object.name;
    query.sort = {{"id", false}};
    query.fields = {"id"};
    json::array ids;
    for (const RecordId id : wanted) ids.emplace_back(to_string(id));
    query.filter = json::array{"id", "in", std::move(ids)};
    std::size_t seen = 0;
    records_.each(caller, query, [&](RecordId, std::span<const Value>) {
        ++seen;
        return true;
    });
    if (seen != wanted.size()) throw invalid({{"to", "no_such_record", {}, {}}});
    if (!ends_itself(object)) return;

    query.fields.clear();
    for (const auto& [field, value] : object.hand_over->set) query.fields.push_back(field);
    Caller program = caller;
    program.grants = access::system_grants();
    bool at_end = false;
    records_.each(program, query, [&](RecordId, std::span<const Value> values) {
        for (std::size_t i = 0; i < values.size(); ++i) at_end = at_end || values[i] == object.hand_over->set[i].second;
        return !at_end;
    });
    if (at_end) throw invalid({{"to", "hand_over_receiver_ended", {}, {}}});
}

struct Handover::Prepared {
    std::vector<record::Sweep> sweeps;
    std::size_t endings = 0;          // so many of them come first
    std::vector<HandoverMove> moves;  // one for each of the others
};

Handover::Prepared Handover::prepare(const Caller& caller, const meta::Object& of, RecordId from,
                                     const HandoverPlan& plan) const {
    records_.values(caller, of.name, from);
    const meta::ModelPtr model = records_.parts().model();
    const meta::Object& object = model->object(of.name);
    const std::vector<Place> places = places_of(*model, object);
    require_some_right(caller, places);
    check_choices(places, plan);
    check_receivers(caller, object, from, plan);

    // The ends come first: whoever has left can make nothing new that would be missed.
    Prepared prepared;
    if (plan.end) {
        if (ends_itself(object)) prepared.sweeps.push_back(ending_of(query_of(object, from), object.hand_over->set));
        for (const Place& place : places)
            if (place.ends()) prepared.sweeps.push_back(ending_of(query_of(place, from, false), place.rule->set));
    }
    prepared.endings = prepared.sweeps.size();
    for (const Place& place : places) {
        if (place.ends()) continue;
        const HandoverChoice* choice = find_choice(plan, place);
        const HandoverShare share = choice != nullptr ? choice->share : HandoverShare::open;
        if (share == HandoverShare::none) continue;
        if (choice == nullptr && !plan.to) throw invalid({{"to", "required", {}, {}}});
        prepared.sweeps.push_back(move_of(place, object, from, choice != nullptr ? choice->to : plan.to, share));
        prepared.moves.push_back({place.object->name, place.field->name, 0, 0});
    }
    return prepared;
}

void Handover::check(const Caller& caller, const meta::Object& object, RecordId from, const HandoverPlan& plan) const {
    const Prepared prepared = prepare(caller, object, from, plan);
    std::vector<record::ListQuery> queries;
    for (const record::Sweep& sweep : prepared.sweeps) queries.push_back(sweep.which);
    const std::vector<record::Reach> reach = records_.reach(caller, queries);
    for (std::size_t i = 0; i < reach.size(); ++i)
        if (reach[i].reached < reach[i].all) throw forbidden(std::string(access::name_of(queries[i].verb)));
}

HandoverResult Handover::run(const Caller& caller, const meta::Object& object, RecordId from, const HandoverPlan& plan,
                             FunctionRef<bool(std::size_t done, std::size_t all)> progress) const {
    Prepared prepared = prepare(caller, object, from, plan);
    record::SaveOptions options;
    options.operation = "hand_over";
    options.note = plan.note;
    record::Swept swept = records_.sweep(caller, prepared.sweeps, options, progress);

    HandoverResult result;
    result.batch = swept.batch;
    result.refused = std::move(swept.refused);
    result.moves = std::move(prepared.moves);
    for (std::size_t i = 0; i < prepared.sweeps.size(); ++i) {
        if (i < prepared.endings) {
            result.ended += swept.moved[i];
            continue;
        }
        HandoverMove& move = result.moves[i - prepared.endings];
        move.moved = swept.moved[i];
        move.taken = swept.taken[i];
    }
    std::erase_if(result.moves, [](const HandoverMove& move) { return move.moved + move.taken == 0; });
    return result;
}

// ── as JSON ────────────────────────────────────────────────────────────────────────────────────────────────────────

namespace {

void write_label(JsonWriter& json, std::string_view key, const meta::Label& label) {
    json.key(key).begin_object().key("zh").string(label.zh).key("en").string(label.en).end_object();
}

void write_place(JsonWriter& json, const meta::Object& object, const meta::Field* field) {
    json.key("object").string(object.name);
    write_label(json, "label", object.label);
    if (field == nullptr) return;
    json.key("field").string(field->name);
    write_label(json, "field_label", field->label);
}

}  // namespace

std::string preview_json(const HandoverPreview& preview, const Caller& caller) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().key("items").begin_array();
    for (const HandoverItem& item : preview.items) {
        json.begin_object();
        write_place(json, *item.object, item.field);
        json.key("all").integer(item.all).key("open").integer(item.open);
        json.key("divided").boolean(item.divided).key("beyond").boolean(item.beyond);
        json.key("required").boolean(item.field->required);
        json.key("owner").boolean(item.field->system);
        json.end_object();
    }
    json.end_array();
    const meta::ReadContext reading{*preview.model, *caller.zone, Currency{}, caller.language};
    json.key("ending").begin_array();
    for (const HandoverEnding& ending : preview.endings) {
        json.begin_object();
        write_place(json, *ending.object, ending.field);
        json.key("count").integer(ending.count).key("beyond").boolean(ending.beyond);
        json.key("values").begin_array();
        for (const auto& [name, value] : *ending.values) {
            const meta::Field& field = ending.object->field(name);
            json.begin_object();
            write_label(json, "label", field.label);
            json.key("value").string(meta::to_display(field, value, reading));
            json.end_object();
        }
        json.end_array();
        json.end_object();
    }
    json.end_array().end_object();
    return out;
}

std::string result_json(const HandoverResult& result, const Caller& caller, const meta::Model& model) {
    std::string out;
    JsonWriter json(out);
    std::size_t moved = 0;
    for (const HandoverMove& move : result.moves) moved += move.moved;
    json.begin_object();
    json.key("batch");
    if (result.batch)
        json.id(result.batch);
    else
        json.null();
    json.key("moved").integer(static_cast<std::int64_t>(moved));
    json.key("ended").integer(static_cast<std::int64_t>(result.ended));
    json.key("items").begin_array();
    for (const HandoverMove& move : result.moves) {
        json.begin_object();
        json.key("object").string(move.object).key("field").string(move.field);
        json.key("moved").integer(static_cast<std::int64_t>(move.moved));
        json.key("taken").integer(static_cast<std::int64_t>(move.taken));
        json.end_object();
    }
    json.end_array();
    json.key("refused").begin_array();
    for (const record::Refused& refused : result.refused) {
        json.begin_object();
        json.key("object").string(refused.object).key("id").id(refused.id).key("title").string(refused.title);
        json.key("messages").begin_array();
        for (const Problem& problem : refused.problems)
            json.string(meta::problem_text(problem, caller.language, &model));
        json.end_array();
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out;
}

}  // namespace gx::features
