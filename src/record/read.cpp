// One record with what belongs to its page: actions that are possible now, rights, children, timeline.
#include <algorithm>
#include <array>

#include "base/failure.hpp"
#include "record/history.hpp"
#include "record/listing.hpp"
#include "record/reach.hpp"

namespace gx::record {

namespace {

constexpr int included_rows = 20;
constexpr int timeline_rows = 20;
constexpr std::size_t includes_max = 12;

// `case when … then 1 else 0 end`, or a constant.
Sql flag(const std::vector<Sql>& conditions) {
    Sql out{"case when ", {}};
    out += joined_with_and(conditions);
    out += " then 1 else 0 end";
    return out;
}

// The scope of a verb on the row at hand; nothing when the caller has no such right at all.
std::optional<std::vector<Sql>> verb_conditions(const Asking& asking, const Selection& selection, access::Verb verb) {
    if (!access::may(*asking.caller.grants, selection.object, verb)) return std::nullopt;
    std::vector<Sql> conditions;
    const access::RowFilter filter = access::rows(*asking.caller.grants, selection.object, verb);
    if (!filter.everything) conditions.push_back(reach_sql(asking, selection.object, filter, "t"));
    return conditions;
}

std::optional<std::vector<Sql>> action_conditions(const Asking& asking, const Selection& selection, From& from,
                                                  const meta::Action& action) {
    const access::Grants& grants = *asking.caller.grants;
    const auto verb = access::parse_verb(action.right);
    if (!verb && !grants.has_special(selection.object.name + "." + action.right)) return std::nullopt;
    // A special right does not make a record one's own to change.
    auto conditions = verb_conditions(asking, selection, verb.value_or(access::Verb::change));
    if (conditions && action.when) conditions->push_back(from.condition(*action.when));
    return conditions;
}

// What a related list shows of each record: its title, its compact fields and the columns of its first table.
std::vector<std::string> related_fields(const Asking& asking, const meta::Object& object) {
    std::vector<std::string> wanted{object.title};
    const ReadableScope scope(asking, object);
    const auto add = [&](std::string_view name) {
        const meta::ResolvedPath path = meta::resolve(asking.model, object, split_path(name));
        if (!scope.shown(path) || path.through_list || path.fields.back()->type == meta::FieldType::list) return;
        if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) wanted.emplace_back(name);
    };
    if (const auto* layout = object.layout.if_object()) {
        if (const json::value* compact = layout->if_contains("compact"); compact && compact->is_array()) {
            for (const json::value& item : compact->get_array()) {
                if (item.is_string()) add(item.get_string());
            }
        }
    }
    for (const meta::View& view : object.views) {
        if (view.kind != "table") continue;
        for (const std::string& column : view.columns) add(column);
        break;
    }
    if (!scope.readable(meta::resolve(asking.model, object, {object.title}))) wanted.erase(wanted.begin());
    return wanted;
}

// Who may not read whose children they are is not told by a list of them.
bool tells_children(const access::Grants& grants, const meta::Model& model, const meta::Field& list) {
    const meta::Object& target = model.object(list.to);
    return access::may(grants, target, access::Verb::view) &&
           access::fields(grants, target).read[target.field(list.by).index];
}

void write_record(const Listing& listing, const store::Row& row, std::string& out) {
    out += "{\"id\":";
    write_id(row.integer(0), out);
    out += ",\"version\":" + std::to_string(row.integer(1));
    listing.columns->write(row, out);
    out += '}';
}

// ── children ───────────────────────────────────────────────────────────────────────────────────────────────────────

struct Included {
    std::string name;
    Listing listing;
    int count_at = 0;
    std::int64_t count = 0;
    int rows = 0;
    std::string records;

    void take(const store::Row& row) {
        count = row.integer(count_at);
        if (rows++ > 0) records += ',';
        write_record(listing, row, records);
    }
    void write(std::string& out) const {
        write_text(name, out);
        out += ":{\"records\":[" + records + "],\"count\":" + std::to_string(count) + '}';
    }
};

Included include_list(const Asking& asking, const meta::Field& list, RecordId parent) {
    const meta::Object& target = asking.model.object(list.to);
    Selection selection(asking, target);
    selection.by = list.by;
    selection.parent = parent;
    const std::vector<std::string> fields = related_fields(asking, target);
    Sql count{"(", {}};
    count += make_count(selection, false);
    count += ")";
    Included included;
    included.name = list.name;
    Paging paging;
    paging.sort.push_back({"updated_at", true});
    paging.limit = included_rows;
    included.listing = make_listing(selection, paging, Columns::For::json, [&](Columns& columns, From&) {
        for (const std::string& field : fields) columns.add(field);
        included.count_at = columns.add_extra(count);
    });
    return included;
}

// ── timeline ───────────────────────────────────────────────────────────────────────────────────────────────────────

struct Event {
    std::int64_t at = 0, id = 0;
    std::string json;                   // finished, or …
    std::optional<HistoryEntry> entry;  // … waiting for titles
};

struct Place {
    std::int64_t at = 0, id = 0;
};

// One source of events: children of one list field.
struct EventSource {
    const meta::Object* object = nullptr;
    const meta::Field* kind = nullptr;
    Listing listing;
    int at = 0, title = 0, who = 0, type = 0;
};

class Timeline {
public:
    Timeline(const Asking& asking, const meta::Object& object, RecordId id, std::span<const std::string> kinds,
             std::string_view after)
        : asking_(asking), object_(object), id_(id), signature_("timeline " + object.name) {
        if (!after.empty()) {
            OrderKey key;
            key.nullable = false;
            const std::vector<store::Cell> values = read_cursor(after, signature_, {key, key});
            place_ = Place{std::get<std::int64_t>(values[0]), std::get<std::int64_t>(values[1])};
        }
        const auto wanted = [&](std::string_view kind) {
            return kinds.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
        };
        for (const meta::Field& list : object.fields) {
            if (list.type == meta::FieldType::list && wanted(list.to)) add_children(list);
        }
        changes_ = wanted("change");
    }

    std::vector<Sql> statements() const {
        std::vector<Sql> all;
        for (const EventSource& source : sources_) all.push_back(source.listing.sql);
        if (changes_) {
            Sql where{"h.object = ? and h.record = ?", {object_.name, id_.value}};
            if (place_) {
                where += " and (+h.at, +h.id) < (?, ?)";
                where.bind(place_->at).bind(place_->id);
            }
            // The plus keeps SQLite from walking the changes of all records in order of time; those of one are few.
            all.push_back(history_sql(asking_, where, "+h.at desc, +h.id desc", timeline_rows + 1));
        }
        return all;
    }

    void take(std::size_t statement, const store::Row& row) {
        Event event;
        if (statement == sources_.size()) {
            event.entry = read_history_row(asking_, object_, row);
            event.at = event.entry->at;
            event.id = event.entry->id;
        } else {
            const EventSource& source = sources_[statement];
            event.at = row.integer(source.at);
            event.id = row.integer(0);
            std::string& out = event.json;
            out += "{\"kind\":";
            write_text(source.object->name, out);
            if (source.kind) {
                out += ",\"type\":";
                const meta::Dictionary* dictionary = dictionary_of(asking_.model, *source.kind);
                if (row.is_null(source.type) || !dictionary) {
                    out += "null";
                } else {
                    write_choice(row.text(source.type), *dictionary, asking_.caller.language, out);
                }
            }
            out += ",\"at\":";
            write_at(event.at, out);
            out += ",\"object\":";
            write_text(source.object->name, out);
            out += ",\"id\":";
            write_id(event.id, out);
            out += ",\"title\":";
            if (row.is_null(source.title)) {
                out += "null";
            } else {
                write_text(row.text(source.title), out);
            }
            out += ",\"who\":";
            write_person(RecordId{row.integer(source.who)}, row.text(source.who + 1), out);
            out += ",\"record\":";
            write_record(source.listing, row, out);
            out += '}';
        }
        events_.push_back(std::move(event));
    }

    void write(store::Connection& connection, std::string& out) {
        std::sort(events_.begin(), events_.end(),
                  [](const Event& a, const Event& b) { return std::pair(a.at, a.id) > std::pair(b.at, b.id); });
        const bool more = events_.size() > timeline_rows;
        if (more) events_.resize(timeline_rows);
        std::vector<HistoryEntry> entries;
        for (Event& event : events_) {
            if (event.entry) entries.push_back(*event.entry);
        }
        Titles titles(asking_);
        want_titles(entries, titles);
        titles.read(connection);
        out += "{\"items\":[";
        bool first = true;
        for (const Event& event : events_) {
            if (!first) out += ',';
            first = false;
            if (event.entry) {
                write_change(*event.entry, titles, out);
            } else {
                out += event.json;
            }
        }
        out += "],\"next\":";
        if (more) {
            write_text(write_cursor(signature_, {events_.back().at, events_.back().id}), out);
        } else {
            out += "null";
        }
        out += '}';
    }

private:
    // A child's moment as milliseconds: a day counts from its start.
    static Sql moment(const From& from, const meta::Field& at) {
        return {at.type == meta::FieldType::date ? "(" + from.own(at.name) + " * 86400000)" : from.own(at.name), {}};
    }

    void add_children(const meta::Field& list) {
        const meta::Object& target = asking_.model.object(list.to);
        const auto* declared = target.timeline.if_object();
        if (!declared || !tells_children(*asking_.caller.grants, asking_.model, list)) return;
        const auto named = [&](std::string_view member) -> const meta::Field* {
            const json::value* name = declared->if_contains(member);
            return name && name->is_string() ? target.find(name->get_string()) : nullptr;
        };
        const meta::Field* at = named("at");
        const meta::Field* title = named("title");
        if (!at || !title) return;
        // When something happened, and that it did, is told only to who may read it.
        const access::FieldMask mask = access::fields(*asking_.caller.grants, target);
        if (!mask.read[at->index] || !mask.read[title->index]) return;
        EventSource source;
        source.object = &target;
        source.kind = named("kind");
        if (source.kind && !mask.read[source.kind->index]) source.kind = nullptr;
        Selection selection(asking_, target);
        selection.by = list.by;
        selection.parent = id_;
        const std::vector<std::string> fields = shown_fields(asking_, target, {}, true);
        Paging paging;
        paging.sort.push_back({at->name, true});
        paging.limit = timeline_rows + 1;
        if (place_) {
            const std::int64_t day = std::chrono::milliseconds(std::chrono::days(1)).count();
            // Behind a moment within a day stands all of what is booked on that day.
            const bool day_only = at->type == meta::FieldType::date;
            const std::int64_t id_before = day_only && place_->at % day != 0 ? std::int64_t{1} << 53 : place_->id;
            paging.after = {day_only ? place_->at / day : place_->at, id_before};
        }
        source.listing = make_listing(selection, paging, Columns::For::json, [&](Columns& columns, From& from) {
            for (const std::string& field : fields) columns.add(field);
            source.at = columns.add_extra(moment(from, *at));
            source.title = columns.add_extra(from.value_of({title->name}));
            const std::string who = target.owned ? "owner" : "created_by";
            source.who = columns.add_extra({from.own(who), {}});
            const meta::Object* employee = asking_.model.find("employee");
            columns.add_extra(employee ? from.title(from.join(from.alias(), who, *employee), *employee)
                                       : Sql{"null", {}});
            if (source.kind) source.type = columns.add_extra(from.value_of({source.kind->name}));
        });
        sources_.push_back(std::move(source));
    }

    void write_change(const HistoryEntry& entry, const Titles& titles, std::string& out) const {
        out += "{\"kind\":\"change\",\"at\":";
        write_at(entry.at, out);
        out += ",\"object\":";
        write_text(object_.name, out);
        out += ",\"id\":";
        write_id(id_.value, out);
        out += ",\"title\":";
        write_text(entry.operation, out);
        out += ",\"who\":";
        write_person(entry.who, entry.who_title, out);
        out += ",\"record\":";
        write_history(entry, titles, out);
        out += '}';
    }

    const Asking& asking_;
    const meta::Object& object_;
    RecordId id_;
    std::string signature_;
    std::optional<Place> place_;
    std::vector<EventSource> sources_;
    bool changes_ = false;
    std::vector<Event> events_;
};

}  // namespace

void Records::read(const Caller& caller, std::string_view object_name, RecordId id,
                   std::span<const std::string> include, std::optional<Timestamp> as_of, std::string& out,
                   Among among) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(object_name);
    require_view(caller, object);
    if (include.size() > includes_max) throw bad_request("too_many_includes", {{"max", std::to_string(includes_max)}});
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        Selection selection(asking, object);
        selection.bin = among == Among::bin;
        if (as_of) look_back(connection, selection, *as_of);

        From from = selection.from();
        Columns columns(asking, from, Columns::For::json);
        columns.add_extra({from.own("id"), {}});
        columns.add_extra({from.own("version"), {}});
        for (const std::string& field : shown_fields(asking, object, {}, true)) columns.add(field);
        if (selection.bin) columns.add("deleted_at");
        struct Flag {
            std::string name;
            int at;
        };
        std::vector<Flag> actions, rights;
        if (!as_of && !selection.bin) {
            for (const meta::Action& action : object.actions) {
                if (action.on_object) continue;
                if (const auto conditions = action_conditions(asking, selection, from, action)) {
                    actions.push_back({action.name, columns.add_extra(flag(*conditions))});
                }
            }
        }
        static constexpr std::array<access::Verb, 3> verbs{access::Verb::change, access::Verb::remove,
                                                           access::Verb::assign};
        for (const access::Verb verb : verbs) {
            const auto conditions = as_of || selection.bin ? std::nullopt : verb_conditions(asking, selection, verb);
            rights.push_back(
                {std::string(access::name_of(verb)), conditions ? columns.add_extra(flag(*conditions)) : -1});
        }
        if (selection.bin) {
            const auto conditions = verb_conditions(asking, selection, access::Verb::remove);
            rights.push_back({"restore", conditions ? columns.add_extra(flag(*conditions)) : -1});
        }
        std::vector<Sql> conditions = selection.conditions(from);
        conditions.push_back({from.own("id") + " = ?", {id.value}});
        if (const access::RowFilter reach = selection.reach(); !reach.everything) {
            conditions.push_back(reach_condition(selection, from));
        }
        Sql record = selection.before;
        record += "select ";
        record += columns.select_list();
        record += " from ";
        record += from.sql();
        record += " where ";
        record += joined_with_and(conditions);

        std::vector<Sql> statements{record};
        std::vector<Included> included;
        std::optional<Timeline> timeline;
        const ReadableScope scope(asking, object);
        for (const std::string& name : include) {
            if (name == "timeline") {
                timeline.emplace(asking, object, id, std::span<const std::string>(), std::string_view());
                continue;
            }
            const meta::ResolvedPath path = meta::resolve(*model, object, {name});
            if (!scope.readable(path) || path.fields.back()->type != meta::FieldType::list) {
                throw bad_request("unknown_field", {{"field", name}});
            }
            const meta::Field& list = *path.fields.back();
            if (tells_children(*caller.grants, *model, list)) included.push_back(include_list(asking, list, id));
        }
        for (const Included& one : included) statements.push_back(one.listing.sql);
        const std::size_t timeline_from = statements.size();
        if (timeline) {
            for (Sql& sql : timeline->statements()) statements.push_back(std::move(sql));
        }

        bool found = false;
        connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
            if (statement >= timeline_from) {
                timeline->take(statement - timeline_from, row);
            } else if (statement > 0) {
                included[statement - 1].take(row);
            } else {
                found = true;
                out += "{\"id\":";
                write_id(row.integer(0), out);
                out += ",\"version\":" + std::to_string(row.integer(1));
                columns.write(row, out);
                out += ",\"actions\":[";
                bool first = true;
                for (const Flag& action : actions) {
                    if (row.integer(action.at) == 0) continue;
                    if (!first) out += ',';
                    first = false;
                    write_text(action.name, out);
                }
                out += "],\"rights\":{";
                for (std::size_t i = 0; i < rights.size(); ++i) {
                    if (i > 0) out += ',';
                    write_text(rights[i].name, out);
                    out += rights[i].at >= 0 && row.integer(rights[i].at) != 0 ? ":true" : ":false";
                }
                out += '}';
            }
            return true;
        });
        if (!found) throw not_found();
        if (!include.empty()) {
            out += ",\"included\":{";
            bool first = true;
            for (const Included& one : included) {
                if (!first) out += ',';
                first = false;
                one.write(out);
            }
            if (timeline) {
                out += first ? "\"timeline\":" : ",\"timeline\":";
                timeline->write(connection, out);
            }
            out += '}';
        }
        out += '}';
    });
}

void Records::timeline(const Caller& caller, std::string_view object_name, RecordId id, std::string_view after,
                       std::span<const std::string> kinds, std::string& out) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(object_name);
    require_view(caller, object);
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        const Selection selection(asking, object);
        const From from = selection.from();
        // What happened with a record in the bin can still be read.
        Sql visible{"select 1 from ", {}};
        visible += from.sql();
        visible += " where " + from.own("id") + " = ? and ";
        visible.bind(id.value);
        visible += reach_condition(selection, from);

        Timeline timeline(asking, object, id, kinds, after);
        std::vector<Sql> statements{visible};
        for (Sql& sql : timeline.statements()) statements.push_back(std::move(sql));
        bool found = false;
        connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
            if (statement == 0) {
                found = true;
            } else {
                timeline.take(statement - 1, row);
            }
            return true;
        });
        if (!found) throw not_found();
        timeline.write(connection, out);
    });
}

std::vector<std::pair<std::string, Value>> Records::values(const Caller& caller, std::string_view object_name,
                                                           RecordId id) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(object_name);
    require_view(caller, object);
    std::vector<std::pair<std::string, Value>> values;
    state_->parts.store.read([&](store::Connection& connection) {
        values.clear();
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        const Selection selection(asking, object);
        From from = selection.from();
        Columns columns(asking, from, Columns::For::values);
        const std::vector<std::string> fields = shown_fields(asking, object, {}, true);
        columns.add_extra({from.own("id"), {}});
        columns.add_extra({from.own("version"), {}});
        for (const std::string& field : fields) columns.add(field);
        std::vector<Sql> conditions = selection.conditions(from);
        conditions.push_back({from.own("id") + " = ?", {id.value}});
        conditions.push_back(reach_condition(selection, from));
        Sql sql{"select ", {}};
        sql += columns.select_list();
        sql += " from ";
        sql += from.sql();
        sql += " where ";
        sql += joined_with_and(conditions);
        connection.query(sql, [&](const store::Row& row) {
            std::vector<Value> read(fields.size());
            columns.read(row, read);
            values.emplace_back("id", RecordId{row.integer(0)});
            values.emplace_back("version", Decimal{row.integer(1), 0});
            for (std::size_t i = 0; i < fields.size(); ++i) values.emplace_back(fields[i], std::move(read[i]));
            return false;
        });
        if (values.empty()) throw not_found();
    });
    return values;
}

std::unordered_map<RecordId, std::string> Records::titles(std::string_view object_name, std::span<const RecordId> ids,
                                                          const Caller* caller) const {
    const meta::ModelPtr model = state_->parts.model();
    model->object(object_name);
    std::unordered_map<RecordId, std::string> found;
    const Caller system{access::system_grants(), Language::zh, nullptr, {}, {}};
    state_->parts.store.read([&](store::Connection& connection) {
        found.clear();
        const Asking asking = asking_for(*state_, *model, caller ? *caller : system, connection.dialect());
        Titles titles(asking);
        for (const RecordId id : ids) titles.want(object_name, id);
        titles.read(connection);
        for (const RecordId id : ids) {
            if (const std::string* title = titles.find(object_name, id)) found.emplace(id, *title);
        }
    });
    return found;
}

}  // namespace gx::record
