#include "record/shipped.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/secret.hpp"
#include "meta/expr_scope.hpp"
#include "record/sql_pieces.hpp"
#include "store/sql_text.hpp"

namespace gx::record {
namespace {

using store::identifier;
using Keys = std::map<std::string, RecordId, std::less<>>;

constexpr std::size_t rows_a_save = 2000;
constexpr std::string_view operation = "shipped";

std::string key_text(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

class Shipping {
public:
    Shipping(const Saving& saving, const meta::ModelPtr& model)
        : saving_(saving), model_(model), caller_(system_caller(saving.zone)) {
        how_.trusted = true;
        saving_.parts.store.read([&](store::Connection& connection) {
            connection.query({"select name from migration", {}}, [&](const store::Row& row) {
                done_.emplace(row.text(0));
                return true;
            });
        });
    }

    void all() {
        if (model_->find("dictionary") != nullptr && model_->find("dictionary_item") != nullptr)
            once("dictionaries", dictionaries_text(), [&] { dictionaries(); });
        if (model_->find("role") != nullptr) once("grants of roles", roles_text(), [&] { roles(); });
        for (const meta::ShippedRecords* shipped : in_order()) {
            std::string text = shipped->key;
            for (const json::object& row : shipped->rows) text += json::serialize(row);
            once("records of " + shipped->object, text, [&] { records(*shipped); });
        }
    }

private:
    // The digest is in the name: a new release that ships more is another name.
    template <class Work>
    void once(const std::string& what, const std::string& content, Work work) {
        const std::string name = "shipped " + what + " " + sha256_hex(content).substr(0, 16);
        if (done_.contains(name)) return;
        work();
        saving_.parts.store.change([&](store::Connection& connection) {
            connection.execute({"insert into migration (name, at) values (?, ?) on conflict (name) do nothing",
                                {name, std::int64_t{saving_.parts.clock.now().time_since_epoch().count()}}});
        });
    }

    std::vector<RecordId> save(const std::vector<Change>& changes) {
        std::vector<RecordId> ids;
        SaveOptions options;
        options.operation = operation;
        for (std::size_t from = 0; from < changes.size(); from += rows_a_save) {
            const std::span<const Change> piece(changes.data() + from, std::min(rows_a_save, changes.size() - from));
            const Saved saved = saving_.run(caller_, options, how_, piece);
            ids.insert(ids.end(), saved.ids.begin(), saved.ids.end());
        }
        return ids;
    }

    // Keys that are taken, records in the bin included: what a company removed does not come back.
    Keys stored_keys(const std::string& object, const std::string& field,
                     const std::string& condition = "1 = 1") const {
        Keys keys;
        saving_.parts.store.read([&](store::Connection& connection) {
            keys.clear();
            connection.query({"select id, " + identifier(field) + " from " + identifier(object) + " where " +
                                  identifier(field) + " is not null and " + condition,
                              {}},
                             [&](const store::Row& row) {
                                 keys.emplace(row.text(1), RecordId{row.integer(0)});
                                 return true;
                             });
        });
        return keys;
    }

    // ── dictionaries ──

    std::string dictionaries_text() const {
        std::string text;
        for (const auto& [code, dictionary] : model_->dictionaries()) {
            if (dictionary.of_objects) continue;
            text += code + '\n';
            for (const meta::DictionaryItem& item : dictionary.items) text += ' ' + item.code;
        }
        return text;
    }

    void dictionaries() {
        Keys known = stored_keys("dictionary", "code");
        std::vector<Change> changes;
        for (const auto& [code, dictionary] : model_->dictionaries()) {
            if (known.contains(code) || dictionary.of_objects) continue;
            Change& change = changes.emplace_back();
            change.object = "dictionary";
            change.values = {
                {"code", code}, {"name", dictionary.label.zh}, {"name_en", dictionary.label.en}, {"system", true}};
        }
        const std::vector<RecordId> ids = save(changes);
        for (std::size_t i = 0; i < changes.size(); ++i)
            known[std::get<std::string>(changes[i].values[0].second)] = ids[i];

        std::set<std::pair<std::int64_t, std::string>> items;
        saving_.parts.store.read([&](store::Connection& connection) {
            items.clear();
            connection.query({"select dictionary, code from dictionary_item", {}}, [&](const store::Row& row) {
                items.emplace(row.integer(0), row.text(1));
                return true;
            });
        });
        changes.clear();
        for (const auto& [code, dictionary] : model_->dictionaries()) {
            if (dictionary.of_objects) continue;
            const RecordId id = known.at(code);
            std::int64_t order = 0;
            for (const meta::DictionaryItem& item : dictionary.items) {
                order += 10;
                if (items.contains({id.value, item.code})) continue;
                Change& change = changes.emplace_back();
                change.object = "dictionary_item";
                change.values = {{"dictionary", id},      {"code", item.code},
                                 {"name", item.label.zh}, {"name_en", item.label.en},
                                 {"color", item.color},   {"order", Decimal{order, 0}},
                                 {"active", item.active}, {"is_default", item.is_default},
                                 {"system", true}};
            }
        }
        save(changes);
    }

    // ── roles ──

    std::string roles_text() const {
        std::string text;
        for (const auto& [code, role] : model_->roles()) text += code + '\n';
        return text;
    }

    void roles() {
        const Keys known = stored_keys("role", "code");
        const Keys empty = stored_keys("role", "code", "grants is null");
        const meta::Object& object = model_->object("role");
        std::vector<Change> changes;
        for (const auto& [code, declared] : model_->roles()) {
            const auto there = known.find(code);
            // A role that grants nothing at all was made before roles were kept so.
            if (there != known.end() && !empty.contains(code)) continue;
            const json::object& role = declared.as_object();
            json::object rights;
            for (const std::string_view part : {"administrator", "objects", "special", "fields", "menus"})
                if (const json::value* value = role.if_contains(part)) rights[part] = *value;
            Change& change = changes.emplace_back();
            change.object = "role";
            change.values = {{"grants", std::string(json::serialize(rights))}};
            if (there != known.end()) {
                change.id = there->second;
                continue;
            }
            change.values.emplace_back("code", code);
            const auto add = [&](std::string_view field, const json::value* value) {
                if (value == nullptr || object.find(field) == nullptr) return;
                if (value->is_string())
                    change.values.emplace_back(field, std::string(value->get_string()));
                else if (value->is_int64())
                    change.values.emplace_back(field, Decimal{value->get_int64(), 0});
            };
            const auto add_label = [&](std::string_view attribute, std::string_view zh, std::string_view en) {
                const json::value* label = role.if_contains(attribute);
                if (label == nullptr || !label->is_object()) return;
                add(zh, label->get_object().if_contains("zh"));
                add(en, label->get_object().if_contains("en"));
            };
            add_label("label", "name", "name_en");
            add_label("description", "description", "description_en");
            add("order", role.if_contains("order"));
        }
        save(changes);
    }

    // ── records ──

    // What others refer to comes first.
    std::vector<const meta::ShippedRecords*> in_order() const {
        std::vector<const meta::ShippedRecords*> rest, ordered;
        for (const meta::ShippedRecords& shipped : model_->shipped_records()) rest.push_back(&shipped);
        while (!rest.empty()) {
            const auto ready = std::find_if(rest.begin(), rest.end(), [&](const meta::ShippedRecords* candidate) {
                return std::none_of(rest.begin(), rest.end(), [&](const meta::ShippedRecords* other) {
                    if (other->object == candidate->object) return false;
                    const meta::Object& object = model_->object(candidate->object);
                    return std::any_of(object.fields.begin(), object.fields.end(), [&](const meta::Field& field) {
                        return !field.system && field.type != meta::FieldType::list &&
                               meta::target_of(field) == other->object;
                    });
                });
            });
            const auto next = ready == rest.end() ? rest.begin() : ready;
            ordered.push_back(*next);
            rest.erase(next);
        }
        return ordered;
    }

    std::string key_field(const meta::Object& object) const {
        for (const meta::ShippedRecords& shipped : model_->shipped_records())
            if (shipped.object == object.name) return shipped.key;
        return object.find("code") != nullptr ? "code" : object.title;
    }

    void records(const meta::ShippedRecords& shipped) {
        const meta::Object& object = model_->object(shipped.object);
        std::map<std::string, Keys, std::less<>> keys_of;  // by object
        for (const meta::Field& field : object.fields) {
            const std::string_view target =
                field.type == meta::FieldType::list || field.system ? std::string_view() : meta::target_of(field);
            if (target.empty() || keys_of.contains(target)) continue;
            keys_of.emplace(target, stored_keys(std::string(target), key_field(model_->object(target))));
        }
        Keys own = stored_keys(object.name, shipped.key);
        std::vector<const json::object*> rest;
        for (const json::object& row : shipped.rows)
            if (!own.contains(key_text(row.at(shipped.key)))) rest.push_back(&row);

        // Records that refer to records of the same set wait until those are there.
        while (!rest.empty()) {
            std::vector<Change> changes;
            std::vector<const json::object*> waiting, written;
            for (const json::object* row : rest) {
                std::optional<Change> change = change_of(object, shipped, *row, keys_of);
                if (!change) {
                    waiting.push_back(row);
                    continue;
                }
                changes.push_back(std::move(*change));
                written.push_back(row);
            }
            ensure(!changes.empty(),
                   "shipped records of " + object.name + " refer to what is not there: " +
                       (waiting.empty() ? std::string() : key_text(waiting.front()->at(shipped.key))));
            const std::vector<RecordId> ids = save(changes);
            const auto self = keys_of.find(object.name);
            for (std::size_t i = 0; i < written.size() && self != keys_of.end(); ++i)
                self->second.insert_or_assign(key_text(written[i]->at(shipped.key)), ids[i]);
            rest = std::move(waiting);
        }
    }

    // Empty when the row refers to a record that is not there yet.
    std::optional<Change> change_of(const meta::Object& object, const meta::ShippedRecords& shipped,
                                    const json::object& row,
                                    const std::map<std::string, Keys, std::less<>>& keys_of) const {
        const meta::ReadContext context{*model_, saving_.zone, saving_.parts.currency, Language::zh};
        Change change;
        change.object = object.name;
        for (const auto& entry : row) {
            const meta::Field& field = object.field(entry.key());
            const std::string_view target = meta::target_of(field);
            if (target.empty()) {
                meta::Read read = shipped.from_text ? meta::from_text(field, key_text(entry.value()), context)
                                                    : meta::from_json(field, entry.value(), context);
                if (const auto* wrong = std::get_if<Problem>(&read)) throw invalid({*wrong});
                change.values.emplace_back(field.name, std::move(std::get<Value>(read)));
                continue;
            }
            if (entry.value().is_null()) continue;
            const Keys& keys = keys_of.find(target)->second;
            const auto find = [&](const json::value& key) {
                const auto found = keys.find(key_text(key));
                return found == keys.end() ? RecordId{} : found->second;
            };
            if (field.type == meta::FieldType::refs) {
                Ids ids;
                const json::array one{entry.value()};
                for (const json::value& key : entry.value().is_array() ? entry.value().get_array() : one) {
                    ids.push_back(find(key));
                    if (!ids.back()) return std::nullopt;
                }
                change.values.emplace_back(field.name, std::move(ids));
            } else {
                const RecordId id = find(entry.value());
                if (!id) return std::nullopt;
                change.values.emplace_back(field.name, id);
            }
        }
        return change;
    }

    const Saving& saving_;
    const meta::ModelPtr& model_;
    Caller caller_;
    WorkOptions how_;
    std::set<std::string> done_;
};

}  // namespace

void write_shipped(const Saving& saving, const meta::ModelPtr& model) { Shipping(saving, model).all(); }

std::map<std::string, meta::Dictionary> stored_dictionaries(store::Connection& connection) {
    std::map<std::string, meta::Dictionary> dictionaries;
    std::unordered_map<std::int64_t, meta::Dictionary*> by_id;
    connection.query({"select id, code, name, name_en, system from dictionary where deleted_at is null", {}},
                     [&](const store::Row& row) {
                         meta::Dictionary& dictionary = dictionaries[std::string(row.text(1))];
                         dictionary.code = row.text(1);
                         dictionary.label = {std::string(row.text(2)), std::string(row.text(3))};
                         dictionary.system = row.integer(4) != 0;
                         by_id[row.integer(0)] = &dictionary;
                         return true;
                     });
    connection.query({"select dictionary, code, name, name_en, color, active, is_default from dictionary_item where "
                      "deleted_at is null "
                      "order by dictionary, \"order\", id",
                      {}},
                     [&](const store::Row& row) {
                         const auto dictionary = by_id.find(row.integer(0));
                         if (dictionary == by_id.end()) return true;
                         meta::DictionaryItem& item = dictionary->second->items.emplace_back();
                         item.code = row.text(1);
                         item.label = {std::string(row.text(2)), std::string(row.text(3))};
                         item.color = row.text(4);
                         item.active = row.integer(5) != 0;
                         item.is_default = row.integer(6) != 0;
                         return true;
                     });
    for (auto& [code, dictionary] : dictionaries) dictionary.index();
    return dictionaries;
}

}  // namespace gx::record
