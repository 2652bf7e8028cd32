// Records that are likely the same as a draft. The search index narrows the candidates down, so that no field needs an
// index of its own; what one form of a name or a telephone number is, is decided here.
#include "record/duplicates.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "base/tokens.hpp"
#include "meta/field_value.hpp"
#include "record/listing.hpp"
#include "store/search.hpp"

namespace gx::record {

namespace {

constexpr std::size_t duplicates_max = 10;
constexpr std::int64_t candidates_max = 200;
constexpr std::size_t shortest_end = 3, longest_end = 6;  // digits; longer groups are found by their last four

struct Rule {
    std::vector<const meta::Field*> fields;
    bool company_key = false;
};

std::vector<Rule> rules_of(const meta::Object& object) {
    std::vector<Rule> rules;
    const auto* declared = object.duplicate_check.if_array();
    if (!declared) return rules;
    for (const json::value& one : *declared) {
        const auto* parts = one.if_object();
        const json::value* names = parts ? parts->if_contains("fields") : nullptr;
        if (!names || !names->is_array()) continue;
        Rule rule;
        for (const json::value& name : names->get_array()) {
            const meta::Field* field = name.is_string() ? object.find(name.get_string()) : nullptr;
            if (field && field->has_column()) rule.fields.push_back(field);
        }
        const json::value* key = parts->if_contains("key");
        rule.company_key = key && key->is_string() && key->get_string() == "company";
        if (!rule.fields.empty()) rules.push_back(std::move(rule));
    }
    return rules;
}

const Value* drafted(const DraftValues& draft, std::string_view field) {
    for (const auto& [name, value] : draft) {
        if (name == field) return is_null(value) ? nullptr : &value;
    }
    return nullptr;
}

// How a text is compared: as it stands, or by a form that several spellings share.
using KeyOf = std::string (*)(std::string_view);
KeyOf key_of(const Rule& rule, const meta::Field& field) {
    if (field.type == meta::FieldType::phone) return meta::phone_key;
    return rule.company_key ? company_key : nullptr;
}

// People group telephone numbers as they like, and each group is a word of the index. Whatever the grouping, the end
// is there: as the tail of a long group, or as a short group of its own.
QueryWord end_of_number(std::string_view digits) {
    QueryWord word;
    for (std::size_t length = shortest_end; length <= std::min(longest_end, digits.size()); ++length)
        word.alternatives.push_back({{std::string(digits.substr(digits.size() - length)), false}});
    return word;
}

struct Check {
    const Rule* rule;
    struct Compared {
        int at;
        KeyOf key_of;
        std::string key;
    };
    std::vector<Compared> compared;
    Sql sql;
};

class Checks {
public:
    Checks(const Asking& asking, const meta::Object& object, const std::vector<Rule>& rules, const DraftValues& draft)
        : asking_(asking),
          object_(object),
          selection_(asking, object),
          mask_(access::fields(*asking.caller.grants, object)) {
        if (const Value* id = drafted(draft, "id")) {
            if (const auto* held = std::get_if<RecordId>(id)) self_ = *held;
        }
        for (const Rule& rule : rules) add(rule, draft);
    }

    std::vector<Duplicate> run(store::Connection& connection) const {
        std::vector<Duplicate> found;
        if (checks_.empty()) return found;
        std::vector<Sql> statements;
        for (const Check& check : checks_) statements.push_back(check.sql);
        connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
            const Check& check = checks_[statement];
            if (found.size() >= duplicates_max) return false;
            for (const Check::Compared& one : check.compared) {
                if (one.key_of(row.text(one.at)) != one.key) return true;
            }
            const RecordId id{row.integer(0)};
            if (std::any_of(found.begin(), found.end(), [&](const Duplicate& known) { return known.id == id; }))
                return true;
            found.push_back({id, std::string(row.text(1)), check.rule->fields.front()->name, row.integer(2) != 0});
            return true;
        });
        return found;
    }

private:
    void add(const Rule& rule, const DraftValues& draft) {
        From from(asking_, object_);
        std::vector<Sql> conditions{{from.own("deleted_at") + " is null", {}}};
        if (self_) conditions.push_back({from.own("id") + " <> ?", {self_.value}});
        Check check;
        check.rule = &rule;
        std::string read;
        for (const meta::Field* field : rule.fields) {
            const Value* value = drafted(draft, field->name);
            // A field that is kept from the caller must not be found out by trying.
            if (!value || !mask_.read[field->index]) return;
            const auto* text = std::get_if<std::string>(value);
            const KeyOf key_of = text ? record::key_of(rule, *field) : nullptr;
            const std::string key = key_of ? key_of(*text) : std::string();
            if (key_of && key.empty()) return;
            const std::string column = from.own(field->name);
            if (key_of) {
                check.compared.push_back({3 + static_cast<int>(check.compared.size()), key_of, key});
                read += ", " + column;
            }
            std::vector<QueryWord> words;
            if (field->type == meta::FieldType::phone) {
                const std::string digits = key.substr(0, key.find('x')).substr(key.starts_with('+') ? 1 : 0);
                if (digits.size() < shortest_end) return;
                conditions.push_back(
                    {"replace(replace(" + column + ", '-', ''), ' ', '') like ?", {"%" + digits + "%"}});
                words.push_back(end_of_number(digits));
            } else if (key_of) {
                words = query_words(key);
            } else {
                std::vector<meta::Cell> cells;
                meta::to_cells(*field, *value, cells);
                Sql same{column + " = ?", {}};
                same.bind(cells.front());
                conditions.push_back(std::move(same));
                if (text) words = query_words(*text);
            }
            if (field->searchable && !words.empty())
                conditions.push_back(store::search_condition(asking_.dialect, object_.name, from.alias(), words));
        }
        // A duplicate is worth telling even when the caller may not open it; then only its title is told.
        check.sql = {"select " + from.own("id") + ", ", {}};
        check.sql += from.title(from.alias(), object_);
        check.sql += ", case when ";
        check.sql += access::may(*asking_.caller.grants, object_, access::Verb::view)
                         ? reach_condition(selection_, from)
                         : Sql{"1 = 0", {}};
        check.sql += " then 1 else 0 end" + read + " from ";
        check.sql += from.sql();
        check.sql += " where ";
        check.sql += joined_with_and(conditions);
        check.sql += " limit ?";
        check.sql.bind(candidates_max);
        checks_.push_back(std::move(check));
    }

    const Asking& asking_;
    const meta::Object& object_;
    const Selection selection_;
    const access::FieldMask mask_;
    RecordId self_;
    std::vector<Check> checks_;
};

}  // namespace

std::vector<Duplicate> find_duplicates(Records::State& state, const Caller& caller, std::string_view object_name,
                                       const DraftValues& draft) {
    const meta::ModelPtr model = state.parts.model();
    const meta::Object& object = model->object(object_name);
    if (!access::may(*caller.grants, object, access::Verb::add) &&
        !access::may(*caller.grants, object, access::Verb::change)) {
        throw forbidden("add");
    }
    const std::vector<Rule> rules = rules_of(object);
    std::vector<Duplicate> found;
    if (rules.empty()) return found;
    state.parts.store.read([&](store::Connection& connection) {
        const Asking asking = asking_for(state, *model, caller, connection.dialect());
        found = Checks(asking, object, rules, draft).run(connection);
    });
    return found;
}

void Records::duplicates(const Caller& caller, std::string_view object,
                         const std::vector<std::pair<std::string, Value>>& draft, std::string& out) const {
    out += "{\"duplicates\":[";
    bool first = true;
    for (const Duplicate& one : find_duplicates(*state_, caller, object, draft)) {
        out += first ? "{\"id\":" : ",{\"id\":";
        first = false;
        if (one.visible) {
            write_id(one.id.value, out);
        } else {
            out += "null";
        }
        out += ",\"title\":";
        write_text(one.title, out);
        out += ",\"matched\":";
        write_text(one.matched, out);
        out += one.visible ? ",\"visible\":true}" : ",\"visible\":false}";
    }
    out += "]}";
}

}  // namespace gx::record
