// What becomes of the drafts: values, defaults, behaviours, formulas, checks and rules. Nothing here reads or writes;
// what is missing is noted, gathered in the next round, and the draft is decided again from its inputs.
#include <algorithm>
#include <utility>

#include "base/pinyin.hpp"
#include "meta/expr_scope.hpp"
#include "record/schema.hpp"
#include "record/sql_pieces.hpp"
#include "record/work.hpp"
#include "store/sql_text.hpp"

namespace gx::record {
namespace {

using store::identifier;

// Whether a value is of the kind that the field holds.
bool fits(const meta::Field& field, const Value& value) {
    using meta::FieldType;
    if (is_null(value)) return true;
    switch (field.type) {
        case FieldType::integer:
        case FieldType::decimal:
        case FieldType::percent:
            return std::holds_alternative<Decimal>(value);
        case FieldType::money:
            return std::holds_alternative<Money>(value);
        case FieldType::date:
            return std::holds_alternative<Date>(value);
        case FieldType::time:
            return std::holds_alternative<Timestamp>(value);
        case FieldType::boolean:
            return std::holds_alternative<bool>(value);
        case FieldType::choices:
            return std::holds_alternative<Codes>(value);
        case FieldType::refs:
            return std::holds_alternative<Ids>(value);
        case FieldType::ref:
        case FieldType::user:
        case FieldType::department:
        case FieldType::file:
            return std::holds_alternative<RecordId>(value);
        case FieldType::address:
            return std::holds_alternative<Address>(value);
        case FieldType::list:
            return false;
        case FieldType::text:
        case FieldType::long_text:
        case FieldType::choice:
        case FieldType::phone:
        case FieldType::email:
        case FieldType::url:
        case FieldType::number:
        case FieldType::mnemonic:
            return std::holds_alternative<std::string>(value);
    }
    return false;
}

template <class T>
void sort_and_deduplicate(std::vector<T>& items) {
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
}

Decimal at_scale(Decimal value, std::uint8_t scale) { return fits_scale(value, scale) ? rescale(value, scale) : value; }

// One form for one meaning: no white space around a text, null for what is empty, numbers at the field's scale.
void normalise(const meta::Field& field, Value& value) {
    if (auto* text = std::get_if<std::string>(&value)) {
        const std::string_view trimmed = trim(*text);
        if (trimmed.empty())
            value = Value();
        else if (trimmed.size() != text->size())
            value = std::string(trimmed);
    } else if (auto* codes = std::get_if<Codes>(&value)) {
        sort_and_deduplicate(*codes);
        if (codes->empty()) value = Value();
    } else if (auto* ids = std::get_if<Ids>(&value)) {
        sort_and_deduplicate(*ids);
        if (ids->empty()) value = Value();
    } else if (auto* number = std::get_if<Decimal>(&value)) {
        *number = at_scale(*number, field.scale);
    } else if (auto* money = std::get_if<Money>(&value)) {
        money->amount = at_scale(money->amount, field.scale);
    } else if (const auto* id = std::get_if<RecordId>(&value)) {
        if (!*id) value = Value();
    } else if (auto* address = std::get_if<Address>(&value)) {
        const std::string_view trimmed = trim(address->street);
        if (trimmed.size() != address->street.size()) address->street = std::string(trimmed);
        if (address->street.empty() && !address->region) value = Value();
    }
}

// A computed value in the shape of the field: rounded to its scale, money in the company's currency when none is known.
Value shaped(const meta::Field& field, Value value, Currency currency) {
    if (const auto* number = std::get_if<Decimal>(&value)) {
        const Decimal rounded = rescale(*number, field.scale);
        if (field.type == meta::FieldType::money) return Money{rounded, currency};
        return rounded;
    }
    if (auto* money = std::get_if<Money>(&value)) {
        money->amount = rescale(money->amount, field.scale);
        if (field.type != meta::FieldType::money) return money->amount;
    }
    if (const auto* at = std::get_if<Timestamp>(&value); at != nullptr && field.type == meta::FieldType::date)
        return std::chrono::floor<std::chrono::days>(*at);
    normalise(field, value);
    return value;
}

bool is_broken_text(const Value& value) {
    const auto broken = [](const std::string& text) {
        return text.find('\0') != std::string::npos || !is_valid_utf8(text);
    };
    if (const auto* text = std::get_if<std::string>(&value)) return broken(*text);
    if (const auto* codes = std::get_if<Codes>(&value)) return std::any_of(codes->begin(), codes->end(), broken);
    if (const auto* address = std::get_if<Address>(&value)) return broken(address->street);
    return false;
}

Value swapped(const Value& held, RecordId from, RecordId to) {
    Ids ids = std::holds_alternative<Ids>(held) ? std::get<Ids>(held) : Ids();
    if (std::erase(ids, from) > 0 && to) ids.push_back(to);
    return ids;
}

}  // namespace

void Work::think(store::Connection& connection) {
    constexpr int rounds_max = 64;
    const auto undecided = [&] {
        return std::any_of(drafts_.begin(), drafts_.end(),
                           [](const WorkDraft& draft) { return !draft.decided_ && !draft.left_out_; });
    };
    for (int round = 0;; ++round) {
        ensure(round < rounds_max, "drafts of " + (drafts_.empty() ? std::string() : drafts_.back().object().name) +
                                       " that are never decided");
        load_stored(connection);
        for (WorkDraft& draft : drafts_)
            if (!draft.decided_ && !draft.left_out_) begin(draft);
        do want_references();
        while (load_linked(connection));
        load_children(connection);
        load_counts(connection);
        // By position: behaviours add drafts while this goes on, and those wait for the next round.
        const std::size_t count = drafts_.size();
        for (std::size_t i = 0; i < count; ++i)
            if (!drafts_[i].decided_ && !drafts_[i].left_out_ && drafts_[i].loaded_) decide(drafts_[i]);
        if (undecided()) continue;
        if (check_removals(connection) || bring_children_back(connection)) continue;
        break;
    }
    check_references(connection);
    check_trees(connection);
    check_uniques(connection);
}

// From the stored row and the inputs, before anything is derived.
void Work::begin(WorkDraft& draft) {
    forget_problems(draft);
    for (const std::string& field : draft.unknown_fields_) problem(draft, field, "unknown_field", {{"field", field}});
    const meta::Object& object = draft.object();
    if (draft.is_new())
        draft.values_.assign(object.fields.size(), Value());
    else
        draft.values_ = draft.old_;
    draft.given_.assign(object.fields.size(), 0);
    take_inputs(draft);
    if (!draft.is_new() || how_.mode == Mode::exact) return;

    for (const ColumnPlan& column : draft.plan().columns)
        if (const meta::Field& field = object.fields[column.field];
            !draft.given_[column.field] && !is_null(field.default_value))
            draft.values_[column.field] = field.default_value;
    for (const LinkPlan& link : draft.plan().links)
        if (const meta::Field& field = object.fields[link.field];
            !draft.given_[link.field] && !is_null(field.default_value)) {
            draft.values_[link.field] = field.default_value;
            normalise(field, draft.values_[link.field]);
        }
    const int owner = draft.plan().owner;
    if (owner >= 0 && is_null(draft.values_[static_cast<std::size_t>(owner)]) && caller_.employee())
        draft.values_[static_cast<std::size_t>(owner)] = caller_.employee();
}

void Work::take_inputs(WorkDraft& draft) {
    const meta::Object& object = draft.object();
    for (const WorkDraft::Input& input : draft.inputs_) {
        const meta::Field& field = object.fields[input.field];
        Value value =
            input.swap ? swapped(draft.values_[input.field], input.swap->first, input.swap->second) : input.value;
        if (!fits(field, value)) {
            problem(draft, field.name, "wrong_type", {{"expected", std::string(meta::name_of(field.type))}});
            continue;
        }
        if (is_broken_text(value)) {
            problem(draft, field.name, "broken_text");
            continue;
        }
        normalise(field, value);
        const bool free = how_.trusted || draft.trusted_ || input.trusted || how_.mode == Mode::exact;
        // What stands in a field that the caller may not read is not found out by writing what one thinks.
        const bool same = draft.values_[input.field] == value && (draft.is_new() || mask(draft.of_).read[input.field]);
        if (!free && !same) {
            const bool formula = field.formula.has_value();
            const bool owner = static_cast<int>(input.field) == draft.plan().owner;
            // Who may assign a record may also book it on another department.
            const bool booked = how_.assigns && static_cast<int>(input.field) == draft.plan().owner_department;
            if (is_bookkeeping(field) || formula || (field.read_only && !booked) ||
                (field.system && !owner && !booked)) {
                problem(draft, field.name, "read_only");
                continue;
            }
            if (!booked && !mask(draft.of_).write[input.field]) {
                problem(draft, field.name, "no_right_to_field");
                continue;
            }
            if (field.fixed && !owner && !draft.is_new() && !caller_.grants->administrator() &&
                (field.fixed_right.empty() || !draft.may(field.fixed_right))) {
                problem(draft, field.name, "fixed");
                continue;
            }
            if (owner && !draft.is_new() && !how_.assigns) {
                if (!draft.may_assign_) throw forbidden("assign");
            }
        }
        if (is_bookkeeping(field) || (field.formula && how_.mode != Mode::exact)) continue;  // the same as stored
        if (!free)
            draft.given_[input.field] = 1;
        else
            draft.given_[input.field] = std::max<std::uint8_t>(draft.given_[input.field], 2);
        draft.values_[input.field] = std::move(value);
    }
}

void Work::decide(WorkDraft& draft) {
    missing_ = false;
    current_ = &draft;
    if (how_.mode == Mode::normal) {
        if (draft.is_new()) fill_defaults(draft);
        if (draft.acted_) run_action(draft);
        run_behaviours(draft);
        if (!draft.is_removal()) {
            fill_mnemonics(draft);
            fill_owner(draft);
            fill_formulas(draft);
        }
    }
    current_ = nullptr;
    if (!draft.is_removal() && !missing_) {
        if (!draft.anchor_) check_fields(draft);
        if (how_.mode == Mode::normal && draft.kind_ != WorkDraft::Kind::restore && !draft.anchor_) check_rules(draft);
    }
    if (!missing_) {
        draft.decided_ = true;
        return;
    }
    // Decided again when what it asked for is here; what it added meanwhile would be there twice.
    for (WorkDraft& added : drafts_) {
        bool of_this = false;
        for (const WorkDraft* up = added.origin_; up != nullptr && !of_this; up = up->origin_) of_this = up == &draft;
        if (!of_this || added.left_out_) continue;
        forget_problems(added);
        added.left_out_ = true;
        added.of_.by_id.erase(added.id_);
        std::erase(added.of_.drafts, &added);
    }
}

void Work::fill_defaults(WorkDraft& draft) {
    for (const ExpressionPlan& plan : draft.plan().defaults)
        if (!draft.given_[plan.field] && is_null(draft.values_[plan.field]))
            draft.values_[plan.field] =
                shaped(draft.object().fields[plan.field], evaluate(draft, *plan.node), parts_.currency);
}

void Work::run_action(WorkDraft& draft) {
    const meta::Action& action = *how_.action;
    bool possible = true;
    if (action.when && !draft.anchor_)
        with_environment(
            draft, [&](const expr::Environment& environment) { possible = expr::holds(*action.when, environment); });
    if (missing_) return;
    if (!possible) {
        problem(draft, "", "action_not_possible", {{"action", action.label.in(caller_.language)}});
        return;
    }
    const Behaviour* behaviour = draft.plan().behaviour;
    ensure(behaviour != nullptr && behaviour->actions.contains(action.name),
           "no behaviour for action " + draft.object().name + "." + action.name);
    behaviour->actions.find(action.name)->second(draft, *how_.params);
}

void Work::run_behaviours(WorkDraft& draft) {
    if (draft.plan().behaviour == nullptr || draft.anchor_) return;
    for (const Behaviour::BeforeSave& before_save : draft.plan().behaviour->before_saves) before_save(draft);
    for (const ColumnPlan& column : draft.plan().columns)
        normalise(draft.object().fields[column.field], draft.values_[column.field]);
    for (const LinkPlan& link : draft.plan().links)
        normalise(draft.object().fields[link.field], draft.values_[link.field]);
}

void Work::fill_mnemonics(WorkDraft& draft) {
    const meta::Object& object = draft.object();
    for (const std::uint32_t index : draft.plan().mnemonics) {
        const meta::Field& field = object.fields[index];
        if (draft.given_[index] && !is_null(draft.values_[index])) continue;
        const meta::Field& of = object.field(field.mnemonic_of);
        const auto code_of = [&](const std::vector<Value>& values) -> Value {
            const auto* text = values.empty() ? nullptr : std::get_if<std::string>(&values[of.index]);
            if (text == nullptr) return {};
            std::string code = mnemonic_code(*text, std::min<std::size_t>(field.length_max, 20),
                                             of.person ? PinyinOf::person : PinyinOf::text);
            return code.empty() ? Value() : Value(std::move(code));
        };
        // One that was typed by hand stays when the name changes.
        const bool own =
            is_null(draft.values_[index]) || (!draft.old_.empty() && draft.values_[index] == code_of(draft.old_));
        if (own && (draft.is_new() || is_null(draft.values_[index]) || draft.changed(of.index)))
            draft.values_[index] = code_of(draft.values_);
    }
}

// The department of a record is that of its owner, so that a department's scope is a plain condition.
void Work::fill_owner(WorkDraft& draft) {
    const ObjectPlan& plan = draft.plan();
    if (plan.owner < 0) return;
    const auto owner = static_cast<std::uint32_t>(plan.owner);
    if (!draft.is_new() && !draft.changed(owner)) return;
    static const std::vector<std::string> path{"owner", "department"};
    const auto known =
        std::find_if(plan.paths.begin(), plan.paths.end(), [](const PathPlan& one) { return one.names == path; });
    if (known == plan.paths.end()) return;
    // Without an owner it stays where it was booked last: that department still finds it.
    if (!draft.is_new() && is_null(draft.values_[owner])) return;
    bool missing = false;
    const Value* department = follow(draft, *known, &missing);
    missing_ = missing_ || missing;
    draft.values_[static_cast<std::size_t>(plan.owner_department)] = department == nullptr ? Value() : *department;

    if (!draft.is_new() || how_.trusted || draft.trusted_ || missing) return;
    const access::RowFilter filter = access::rows(*caller_.grants, draft.object(), access::Verb::add);
    const auto id = [](const Value& value) {
        const auto* held = std::get_if<RecordId>(&value);
        return held == nullptr ? RecordId{} : *held;
    };
    if (!filter.everything &&
        !filter.admits(id(draft.values_[owner]), id(draft.values_[static_cast<std::size_t>(plan.owner_department)])))
        problem(draft, "owner", "owner_outside_scope");
}

void Work::fill_formulas(WorkDraft& draft) {
    for (const std::uint32_t index : draft.plan().formulas)
        draft.values_[index] = shaped(draft.object().fields[index],
                                      evaluate(draft, *draft.object().fields[index].formula), parts_.currency);
}

void Work::check_fields(WorkDraft& draft) {
    const meta::Object& object = draft.object();
    const auto check_one = [&](std::uint32_t index) {
        const meta::Field& field = object.fields[index];
        const Value& value = draft.values_[index];
        const bool changed = draft.changed(index);
        if (is_null(value)) {
            const bool numbered = static_cast<int>(index) == draft.plan().number;
            // A field that became required later must not stand in the way of changing another.
            if (field.required && !numbered && (draft.is_new() || changed) && how_.mode == Mode::normal)
                problem(draft, field.name, "required");
            return;
        }
        if (!changed || how_.mode == Mode::exact) return;
        if (!fits(field, value)) {
            problem(draft, field.name, "wrong_type", {{"expected", std::string(meta::name_of(field.type))}});
            return;
        }
        if (std::optional<Problem> wrong = meta::check(field, value)) {
            problem(draft, field.name, std::move(wrong->rule), std::move(wrong->params), std::move(wrong->object));
            return;
        }
        if (field.rights) check_rights(draft, field, std::get<std::string>(value));
        if (field.dictionary.empty()) return;
        const meta::Dictionary& dictionary = plans_.model->dictionary(field.dictionary);
        const auto check_code = [&](const std::string& code) {
            const meta::DictionaryItem* item = dictionary.find(code);
            if (item == nullptr)
                problem(draft, field.name, "unknown_choice", {{"value", code}});
            else if (!item->active && !draft.trusted_ && !how_.trusted)
                problem(draft, field.name, "no_longer_used", {{"value", item->label.in(caller_.language)}});
        };
        if (const auto* code = std::get_if<std::string>(&value)) check_code(*code);
        if (const auto* codes = std::get_if<Codes>(&value)) {
            const Codes* before = draft.old_.empty() ? nullptr : std::get_if<Codes>(&draft.old_[index]);
            for (const std::string& code : *codes)
                if (before == nullptr || !std::binary_search(before->begin(), before->end(), code)) check_code(code);
        }
    };
    for (const ColumnPlan& column : draft.plan().columns) check_one(column.field);
    for (const LinkPlan& link : draft.plan().links) check_one(link.field);
}

// A role that grants what is not there would grant nothing and say nothing about it.
void Work::check_rights(WorkDraft& draft, const meta::Field& field, const std::string& value) {
    try {
        for (Problem& one : access::check_role_rights(access::parse_role_rights(parse_json(value)), *plans_.model)) {
            one.params.emplace_back("place", one.field);
            problem(draft, field.name, std::move(one.rule), std::move(one.params), std::move(one.object));
        }
    } catch (const Failure& failure) {
        problem(draft, field.name, failure.key(), failure.params());
    }
}

void Work::check_rules(WorkDraft& draft) {
    if (draft.object().rules.empty()) return;
    with_environment(draft, [&](const expr::Environment& environment) {
        for (const meta::Rule& rule : draft.object().rules)
            if (expr::holds(rule.when, environment)) problem(draft, rule.at, rule.problem, {}, draft.object().name);
    });
}

template <class Use>
void Work::with_environment(const WorkDraft& draft, Use use) {
    const auto get = [&](const std::vector<std::string>& path) -> Value {
        if (path.size() == 1) return own_value(draft, path.front());
        const auto& paths = draft.plan().paths;
        const auto found =
            std::find_if(paths.begin(), paths.end(), [&](const PathPlan& plan) { return plan.names == path; });
        if (found == paths.end()) return {};
        bool missing = false;
        const Value* value = follow(draft, *found, &missing);
        missing_ = missing_ || missing;
        return value == nullptr ? Value() : *value;
    };
    const auto list = [&](const std::vector<std::string>& path) { return list_values(draft, path); };
    const TimeZone* zone = caller_.zone ? caller_.zone.get() : &zone_;
    use(expr::Environment{get, list, now_, zone, caller_.employee(), caller_.grants->department});
}

Value Work::evaluate(const WorkDraft& draft, const expr::Node& node) {
    Value value;
    with_environment(draft, [&](const expr::Environment& environment) { value = expr::evaluate(node, environment); });
    return value;
}

Value Work::own_value(const WorkDraft& draft, const std::string& name) {
    const meta::Field* field = draft.object().find(name);
    if (field == nullptr) return {};
    if (field->formula && !field->formula_stored) return evaluate(draft, *field->formula);
    if (!is_bookkeeping(*field)) return draft.values_[field->index];
    const auto moment = [](std::int64_t at) -> Value { return Timestamp(std::chrono::milliseconds(at)); };
    const bool is_new = draft.is_new();
    if (name == "id") return draft.id_;
    if (name == "version") return Decimal{is_new ? 1 : draft.version_, 0};
    if (name == "created_by") return is_new ? Value(caller_.employee()) : Value(draft.created_by_);
    if (name == "created_at") return is_new ? Value(now_) : moment(draft.created_at_);
    if (name == "updated_by") return is_new ? Value(caller_.employee()) : Value(draft.updated_by_);
    if (name == "updated_at") return is_new ? Value(now_) : moment(draft.updated_at_);
    return draft.deleted_at_ ? moment(*draft.deleted_at_) : Value();
}

// The children of a record as they will be: the stored ones, with the drafts of this change in their place.
std::vector<Value> Work::list_values(const WorkDraft& draft, const std::vector<std::string>& path) {
    const auto& lists = draft.plan().lists;
    const auto list =
        std::find_if(lists.begin(), lists.end(), [&](const ListPlan& plan) { return plan.field == path.front(); });
    if (list == lists.end()) return {};
    const ObjectPlan& child = plans_.of(list->child);
    const meta::Field* wanted = path.size() > 1 ? child.object->find(path[1]) : nullptr;
    const auto slot =
        wanted == nullptr ? list->values.end() : std::find(list->values.begin(), list->values.end(), wanted->index);

    const auto known = objects_.find(list->child);
    const ObjectWork* children = known == objects_.end() ? nullptr : &known->second;
    std::vector<Value> values;
    const auto stored = draft.of_.children.find(list->field);
    if (stored != draft.of_.children.end())
        if (const auto of_draft = stored->second.find(draft.id_); of_draft != stored->second.end())
            for (const ObjectWork::Child& one : of_draft->second) {
                if (children != nullptr && children->by_id.contains(one.id)) continue;
                values.push_back(slot == list->values.end()
                                     ? Value(one.id)
                                     : one.values[static_cast<std::size_t>(slot - list->values.begin())]);
            }
    if (children != nullptr) {
        const std::uint32_t by = child.object->field(list->by).index;
        for (const WorkDraft* one : children->drafts)
            if (!one->left_out_ && !one->is_removal() && by < one->values_.size() &&
                one->values_[by] == Value(draft.id_))
                values.push_back(wanted == nullptr ? Value(one->id_) : one->values_[wanted->index]);
    }
    return values;
}

// ── across drafts ──────────────────────────────────────────────────────────────────────────────────────────────────

// What a draft newly refers to must be there, not in the bin, and, when the caller chose it, visible to the caller.
bool Work::check_references(store::Connection& connection) {
    const auto each = [&](auto visit) {
        for (WorkDraft& draft : drafts_) {
            if (draft.left_out_ || draft.anchor_ || draft.is_removal() || draft.values_.empty()) continue;
            const bool all = draft.kind_ == WorkDraft::Kind::restore;
            for (const ReferencePlan& reference : draft.plan().references) {
                if (!all && !draft.changed(reference.field)) continue;
                const Value& value = draft.values_[reference.field];
                if (const auto* id = std::get_if<RecordId>(&value))
                    visit(draft, reference.field, reference.target, *id);
                else if (const auto* address = std::get_if<Address>(&value))
                    visit(draft, reference.field, reference.target, address->region);
            }
            for (const LinkPlan& link : draft.plan().links) {
                if (link.codes || (!all && !draft.changed(link.field))) continue;
                if (const auto* ids = std::get_if<Ids>(&draft.values_[link.field]))
                    for (const RecordId id : *ids) visit(draft, link.field, link.target, id);
            }
        }
    };
    each([&](WorkDraft& draft, std::uint32_t field, const std::string& target, RecordId id) {
        want(target, id);
        // Also of a record that a behaviour changes along it is asked whether the caller may see it.
        ObjectWork& of = object_work(target);
        if (id && draft.given_[field] == 1 && !of.linked.contains(id)) of.wanted.insert(id);
    });
    load_linked(connection);

    bool all_there = true;
    each([&](WorkDraft& draft, std::uint32_t field, const std::string& target, RecordId id) {
        if (!id) return;
        const ObjectWork& of = objects_.find(target)->second;
        const bool chosen = draft.given_[field] == 1;
        bool there = false;
        if (const auto other = of.by_id.find(id); other != of.by_id.end()) {
            const bool by_program = other->second->trusted_ && !other->second->is_new();
            const bool seen = !chosen || !by_program || of.linked.at(id).visible;
            there = seen && !other->second->is_removal() && !other->second->left_out_;
        } else {
            const LinkedRow& row = of.linked.at(id);
            there = row.live && (row.visible || !chosen);
        }
        if (there) return;
        all_there = false;
        problem(draft, draft.object().fields[field].name, "no_such_record");
    });
    return all_there;
}

void Work::check_uniques(store::Connection& connection) {
    released_.clear();
    for (auto& [name, of] : objects_)
        for (const UniquePlan& unique : of.plan->uniques) {
            // What stands in the columns of the key, by draft; the first draft of this change that claims a key has it.
            std::map<std::vector<store::Cell>, WorkDraft*> claims;
            std::vector<std::string> columns;
            std::vector<bool> is_text;
            for (const std::uint32_t field : unique.fields)
                for (const meta::Column& column :
                     of.plan->columns[static_cast<std::size_t>(of.plan->column_of_field[field])].columns) {
                    columns.push_back(column.name);
                    is_text.push_back(column.text);
                }
            const auto tell = [&](WorkDraft& draft, const std::vector<store::Cell>& key) {
                const auto* text = std::get_if<std::string>(&key[0]);
                const auto* number = std::get_if<std::int64_t>(&key[0]);
                problem(draft, of.plan->object->fields[unique.fields[0]].name, "duplicate",
                        {{"value", text != nullptr     ? *text
                                   : number != nullptr ? std::to_string(*number)
                                                       : std::string()}});
            };
            for (WorkDraft* draft : of.drafts) {
                if (draft->left_out_ || draft->anchor_ || draft->is_removal() || is_bad(*draft)) continue;
                bool concerned = draft->is_new() || draft->kind_ == WorkDraft::Kind::restore;
                bool whole = true;
                std::vector<store::Cell> key;
                for (const std::uint32_t field : unique.fields) {
                    concerned = concerned || draft->changed(field);
                    whole = whole && !is_null(draft->values_[field]);
                    meta::to_cells(of.plan->object->fields[field], draft->values_[field], key);
                }
                if (!concerned || !whole) continue;
                const auto [claim, first] = claims.try_emplace(std::move(key), draft);
                if (!first) tell(*draft, claim->first);
            }
            std::vector<const std::vector<store::Cell>*> keys;
            for (const auto& [key, draft] : claims) keys.push_back(&key);
            in_pieces(keys, [&](std::span<const std::vector<store::Cell>* const> piece) {
                store::Sql sql{"select id", {}};
                for (const std::string& column : columns) sql += ", " + column;
                sql += " from " + of.plan->table + " where ";
                if (columns.size() == 1) {
                    std::vector<store::Cell> values;
                    for (const auto* key : piece) values.push_back(key->front());
                    sql += columns[0] + " in ";
                    append_list(sql, values);
                } else {
                    for (std::size_t i = 0; i < piece.size(); ++i) {
                        sql += i == 0 ? "((" : " or (";
                        for (std::size_t c = 0; c < columns.size(); ++c) {
                            sql += (c == 0 ? "" : " and ") + columns[c] + " = ?";
                            sql.bind((*piece[i])[c]);
                        }
                        sql += ")";
                    }
                    sql += ")";
                }
                sql += " and deleted_at is null";
                connection.query(sql, [&](const store::Row& row) {
                    const RecordId holder{row.integer(0)};
                    std::vector<store::Cell> key;
                    for (std::size_t c = 0; c < columns.size(); ++c)
                        key.push_back(row.cell(static_cast<int>(c) + 1, is_text[c]));
                    const auto claim = claims.find(key);
                    if (claim == claims.end() || claim->second->id_ == holder) return true;
                    // The holder may give the key up in this very change.
                    const auto other = of.by_id.find(holder);
                    const bool given_up =
                        other != of.by_id.end() && !other->second->left_out_ && !is_bad(*other->second) &&
                        (other->second->is_removal() ||
                         std::any_of(unique.fields.begin(), unique.fields.end(),
                                     [&](std::uint32_t field) { return other->second->changed(field); }));
                    if (!given_up)
                        tell(*claim->second, claim->first);
                    else if (!other->second->is_removal())
                        released_.emplace_back(other->second, columns[0]);
                    return true;
                });
            });
        }
}

// Nothing may stand below itself. The ancestors of all new parents are read at once.
void Work::check_trees(store::Connection& connection) {
    for (auto& [name, of] : objects_)
        for (const std::uint32_t index : of.plan->trees) {
            const std::string column = identifier(of.plan->object->fields[index].name);
            std::vector<WorkDraft*> moved;
            std::vector<std::int64_t> parents;
            for (WorkDraft* draft : of.drafts) {
                if (draft->left_out_ || draft->is_removal() || draft->is_new() || !draft->changed(index)) continue;
                const auto* parent = std::get_if<RecordId>(&draft->values_[index]);
                if (parent == nullptr) continue;
                moved.push_back(draft);
                parents.push_back(parent->value);
            }
            if (moved.empty()) continue;
            std::sort(parents.begin(), parents.end());
            parents.erase(std::unique(parents.begin(), parents.end()), parents.end());

            std::unordered_map<RecordId, RecordId> parent_of;
            in_pieces(parents, [&, &of = of](std::span<const std::int64_t> piece) {
                store::Sql sql{"with recursive up(id, parent, version) as (select id, " + column + ", version from " +
                                   of.plan->table + " where id in ",
                               {}};
                append_list(sql, piece);
                sql += " union select t.id, t." + column + ", t.version from " + of.plan->table +
                       " t join up on t.id = up.parent) select id, parent, version from up";
                connection.query(sql, [&](const store::Row& row) {
                    const RecordId id{row.integer(0)};
                    parent_of[id] = RecordId{row.integer(1)};
                    if (!of.by_id.contains(id)) ancestors_[id] = {of.plan, row.integer(2)};
                    return true;
                });
            });
            for (const WorkDraft* draft : of.drafts) {
                if (draft->left_out_ || draft->is_removal() || index >= draft->values_.size()) continue;
                const auto* parent = std::get_if<RecordId>(&draft->values_[index]);
                parent_of[draft->id_] = parent == nullptr ? RecordId{} : *parent;
            }
            for (WorkDraft* draft : moved) {
                RecordId up = parent_of[draft->id_];
                for (std::size_t steps = 0; up && up != draft->id_ && steps <= parent_of.size(); ++steps) {
                    const auto next = parent_of.find(up);
                    up = next == parent_of.end() ? RecordId{} : next->second;
                }
                if (up) problem(*draft, of.plan->object->fields[index].name, "below_itself");
            }
        }
}

// What others refer to stays, except that children of a cascading list go along. True when drafts were added.
bool Work::check_removals(store::Connection& connection) {
    bool added = false;
    std::vector<ObjectWork*> concerned;
    for (auto& [name, of] : objects_) concerned.push_back(&of);
    for (ObjectWork* of : concerned) {
        if (how_.mode == Mode::exact) break;  // an undo takes back what its batch did, and nothing else
        std::vector<WorkDraft*> removals;
        for (WorkDraft* draft : of->drafts)
            if (draft->is_removal() && !draft->left_out_) removals.push_back(draft);
        if (removals.empty()) continue;
        std::vector<std::int64_t> ids;
        for (const WorkDraft* draft : removals) ids.push_back(draft->id_.value);
        for (const ReferrerPlan& referrer : of->plan->referrers) {
            if (!referrer.cascade) continue;
            ObjectWork& children = object_work(referrer.object);
            in_pieces(ids, [&](std::span<const std::int64_t> piece) {
                store::Sql sql{
                    "select id, " + referrer.column + " from " + referrer.table + " where " + referrer.column + " in ",
                    {}};
                append_list(sql, piece);
                sql += " and deleted_at is null";
                connection.query(sql, [&](const store::Row& row) {
                    const RecordId id{row.integer(0)};
                    if (children.by_id.contains(id)) return true;
                    WorkDraft& parent = *of->by_id.at(RecordId{row.integer(1)});
                    WorkDraft& child = make(children, WorkDraft::Kind::remove, id);
                    child.trusted_ = true;
                    child.origin_ = &parent;
                    child.row_ = parent.row_;
                    added = true;
                    return true;
                });
            });
        }
    }
    if (added) return true;

    for (ObjectWork* of : concerned) {
        std::vector<WorkDraft*> removals;
        for (WorkDraft* draft : of->drafts)
            if (draft->is_removal() && !draft->left_out_) removals.push_back(draft);
        for (const auto& [referrer, counts] : count_referrers(connection, *of, removals))
            for (const auto& [id, count] : counts) {
                const meta::Object& object = *plans_.of(referrer->object).object;
                problem(*of->by_id.at(id), "", "in_use",
                        {{"count", std::to_string(count)},
                         {"object", object.label.in(caller_.language)},
                         {"object_name", object.name}});
            }
    }
    return false;
}

// What went to the bin with a record comes back with it. True when drafts were added.
bool Work::bring_children_back(store::Connection& connection) {
    if (how_.mode == Mode::exact) return false;
    bool added = false;
    std::vector<ObjectWork*> concerned;
    for (auto& [name, of] : objects_) concerned.push_back(&of);
    for (ObjectWork* of : concerned) {
        std::vector<std::int64_t> ids;
        for (const WorkDraft* draft : of->drafts)
            if (draft->kind_ == WorkDraft::Kind::restore && !draft->left_out_) ids.push_back(draft->id_.value);
        if (ids.empty()) continue;
        for (const ReferrerPlan& referrer : of->plan->referrers) {
            if (!referrer.cascade) continue;
            ObjectWork& children = object_work(referrer.object);
            in_pieces(ids, [&](std::span<const std::int64_t> piece) {
                store::Sql sql{"select id, deleted_at, " + referrer.column + " from " + referrer.table + " where " +
                                   referrer.column + " in ",
                               {}};
                append_list(sql, piece);
                sql += " and deleted_at is not null";
                connection.query(sql, [&](const store::Row& row) {
                    const RecordId id{row.integer(0)};
                    WorkDraft& parent = *of->by_id.at(RecordId{row.integer(2)});
                    if (children.by_id.contains(id) || parent.deleted_at_ != row.integer(1)) return true;
                    WorkDraft& child = make(children, WorkDraft::Kind::restore, id);
                    child.trusted_ = true;
                    child.origin_ = &parent;
                    child.row_ = parent.row_;
                    added = true;
                    return true;
                });
            });
        }
    }
    return added;
}

// How many live records, other than those that go in this very change, refer to each removed one.
std::vector<std::pair<const ReferrerPlan*, std::unordered_map<RecordId, std::int64_t>>> Work::count_referrers(
    store::Connection& connection, ObjectWork& of, std::span<WorkDraft* const> drafts) const {
    std::vector<std::pair<const ReferrerPlan*, std::unordered_map<RecordId, std::int64_t>>> found;
    if (drafts.empty()) return found;
    std::vector<std::int64_t> ids;
    for (const WorkDraft* draft : drafts) ids.push_back(draft->id_.value);
    for (const ReferrerPlan& referrer : of.plan->referrers) {
        const auto known = objects_.find(referrer.object);
        const ObjectWork* others = known == objects_.end() ? nullptr : &known->second;
        std::unordered_map<RecordId, std::int64_t> counts;
        in_pieces(ids, [&](std::span<const std::int64_t> piece) {
            const bool one_by_one = others != nullptr && !others->drafts.empty();
            const std::string target = referrer.link ? "l.item" : "c." + referrer.column;
            store::Sql sql{"select " + target + (one_by_one ? ", c.id from " : ", count(*) from "), {}};
            sql += referrer.link ? referrer.table + " l join " + identifier(referrer.object) + " c on c.id = l.record"
                                 : referrer.table + " c";
            sql += " where " + target + " in ";
            append_list(sql, piece);
            sql += " and c.deleted_at is null";
            if (!one_by_one) sql += " group by " + target;
            connection.query(sql, [&](const store::Row& row) {
                const RecordId target_id{row.integer(0)};
                if (!one_by_one) {
                    counts[target_id] += row.integer(1);
                    return true;
                }
                const auto draft = others->by_id.find(RecordId{row.integer(1)});
                const bool goes =
                    draft != others->by_id.end() && !draft->second->left_out_ &&
                    (draft->second->is_removal() ||
                     draft->second->changed(plans_.of(referrer.object).object->field(referrer.field).index));
                if (!goes) ++counts[target_id];
                return true;
            });
        });
        if (!counts.empty()) found.emplace_back(&referrer, std::move(counts));
    }
    return found;
}

}  // namespace gx::record
