// What the business does that declarations cannot say: pure functions on drafts. A behaviour reads only what was
// gathered for it and never saves: it sets values, adds problems, or adds drafts to the same change.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "base/failure.hpp"
#include "base/time.hpp"
#include "base/value.hpp"
#include "meta/model.hpp"

namespace gx::record {

// A handle generated from the declaration (modules: "sales/quote/fields.hpp"); a renamed field fails to compile.
// T is the type that the field's values have: std::string, Decimal, Money, Date, Timestamp, bool, RecordId, Codes, Ids.
template <class T>
struct Field {
    const char* name;
};

class Work;  // one save: all drafts of it, gathered rows, clock, caller

class Draft {
public:
    virtual ~Draft() = default;
    virtual const meta::Object& object() const = 0;
    virtual RecordId id() const = 0;
    virtual bool is_new() const = 0;
    virtual bool is_removal() const = 0;
    virtual const Value& value(std::string_view field) const = 0;      // as it will be stored
    virtual const Value& old_value(std::string_view field) const = 0;  // as stored now; null for a new record
    virtual bool changed(std::string_view field) const = 0;
    virtual void set_value(std::string_view field, Value value) = 0;  // behaviour may set read-only and fixed fields
    virtual void add_problem(std::string_view field, std::string_view key, TextParams params = {}) = 0;
    // A value through references that was asked for with Behaviour::needs: "stage.chance".
    virtual const Value& linked(std::string_view path) const = 0;
    // Children as they will be, one value each: ids for "lines", values for "lines.amount". Several paths through one
    // list give them in the same order. Asked for with Behaviour::needs.
    virtual std::vector<Value> children(std::string_view path) const = 0;
    virtual const access::Caller& caller() const = 0;
    virtual Timestamp now() const = 0;
    virtual Date today() const = 0;  // in the caller's zone
    virtual bool may(std::string_view special_right) const = 0;
    // Another record in the same change: a new one, or an existing one by id (its stored row is gathered at apply).
    virtual Draft& add(std::string_view object) = 0;
    virtual Draft& add(std::string_view object, RecordId id) = 0;
    // How many live records refer here through object.field; asked for with Behaviour::needs_count.
    virtual std::int64_t count(std::string_view object, std::string_view field) const = 0;

    template <class T>
    std::optional<T> get(Field<T> field) const {
        const T* held = std::get_if<T>(&value(field.name));
        return held ? std::optional<T>(*held) : std::nullopt;
    }
    template <class T>
    bool changed(Field<T> field) const {
        return changed(std::string_view(field.name));
    }
    template <class T>
    void set(Field<T> field, T v) {
        set_value(field.name, Value(std::move(v)));
    }
    template <class T>
    void clear(Field<T> field) {
        set_value(field.name, Value());
    }
    template <class T>
    void problem(Field<T> field, std::string_view key, TextParams params = {}) {
        add_problem(field.name, key, std::move(params));
    }
};

using Params = std::map<std::string, Value, std::less<>>;

class Behaviour {
public:
    using BeforeSave = std::function<void(Draft&)>;
    using Act = std::function<void(Draft&, const Params&)>;
    using ActOnObject = std::function<void(Draft& anchor, const Params&)>;

    Behaviour& needs(std::string path);                             // "stage.chance", "lines.amount": for every draft
    Behaviour& needs_count(std::string object, std::string field);  // for removals
    Behaviour& before_save(BeforeSave function);
    Behaviour& action(std::string name, Act function);  // declared in the object's "actions"

    std::vector<std::string> paths;
    std::vector<std::pair<std::string, std::string>> counts;
    std::vector<BeforeSave> before_saves;
    std::map<std::string, Act, std::less<>> actions;
};

// All behaviours by object name. `register_modules` (generated) fills it from modules/**/<object>.cpp, each of which
// defines `namespace gx::<object> { void behave(record::Behaviour&); }`.
class Behaviours {
public:
    Behaviour& of(const std::string& object) { return behaviours_[object]; }
    const Behaviour* find(std::string_view object) const;

private:
    std::map<std::string, Behaviour, std::less<>> behaviours_;
};

}  // namespace gx::record

namespace gx::modules {
void register_behaviours(record::Behaviours& behaviours);  // generated
}
