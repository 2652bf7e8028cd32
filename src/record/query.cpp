#include "record/query.hpp"

#include <algorithm>
#include <array>

#include "base/failure.hpp"
#include "record/reach.hpp"
#include "record/schema.hpp"

namespace gx::record {

using meta::Field;
using meta::FieldType;
using meta::Object;

namespace {

constexpr int formulas_deep_max = 16;
constexpr int region_levels_above = 2;  // city, province
constexpr std::size_t sort_keys_max = 5;
constexpr std::size_t cursor_bytes_max = 4000;
constexpr std::size_t dictionary_items_in_order_max = 200;

Failure unknown_field(std::string_view field) { return bad_request("unknown_field", {{"field", std::string(field)}}); }

std::string path_text(const std::vector<std::string>& path) {
    std::string text;
    for (const std::string& step : path) {
        if (!text.empty()) text += '.';
        text += step;
    }
    return text;
}

bool is_computed(const Field& field) { return field.formula.has_value() && !field.formula_stored; }

// A lookup is a formula that is a path: the path it stands for takes its place, at every step.
std::vector<std::string> without_lookups(const meta::Model& model, const Object& object,
                                         std::vector<std::string> path) {
    for (int depth = 0; depth < formulas_deep_max; ++depth) {
        const meta::ResolvedPath resolved = meta::resolve(model, object, path);
        if (resolved.fields.empty()) throw unknown_field(path_text(path));
        std::size_t at = 0;
        while (at < resolved.fields.size() &&
               !(is_computed(*resolved.fields[at]) && resolved.fields[at]->formula->op == expr::Op::path)) {
            ++at;
        }
        if (at == resolved.fields.size()) return path;
        const std::vector<std::string>& instead = resolved.fields[at]->formula->path;
        const auto place = path.erase(path.begin() + static_cast<std::ptrdiff_t>(at));
        path.insert(place, instead.begin(), instead.end());
    }
    throw Failure(Failure::Kind::broken, "broken", {{"why", "lookups go round: " + path_text(path)}});
}

void put_before(const std::vector<std::string>& prefix, expr::Node& node) {
    if (node.op == expr::Op::path) node.path.insert(node.path.begin(), prefix.begin(), prefix.end());
    for (expr::Node& child : node.children) put_before(prefix, child);
}

void write_out(const meta::Model& model, const Object& object, expr::Node& node, int depth) {
    if (depth > formulas_deep_max) throw Failure(Failure::Kind::broken, "broken", {{"why", "formulas go round"}});
    if (node.op != expr::Op::path) {
        for (expr::Node& child : node.children) write_out(model, object, child, depth);
        return;
    }
    const meta::ResolvedPath resolved = meta::resolve(model, object, node.path);
    if (resolved.fields.empty()) throw unknown_field(path_text(node.path));
    if (resolved.through_list) return;  // aggregate() looks at the children's own formulas
    node.path = without_lookups(model, object, std::move(node.path));
    const meta::ResolvedPath plain = meta::resolve(model, object, node.path);
    const Field& last = *plain.fields.back();
    if (!is_computed(last)) return;
    expr::Node formula = *last.formula;
    put_before({node.path.begin(), node.path.end() - 1}, formula);
    write_out(model, object, formula, depth + 1);
    if (formula.type == expr::Type::number) {
        // The field has its own number of decimals wherever it is read.
        expr::Node scale;
        scale.op = expr::Op::literal;
        scale.type = expr::Type::number;
        scale.value = Decimal{last.scale, 0};
        expr::Node round;
        round.op = expr::Op::call;
        round.type = expr::Type::number;
        round.name = "round";
        round.children.push_back(std::move(formula));
        round.children.push_back(std::move(scale));
        node = std::move(round);
    } else {
        node = std::move(formula);
    }
}

std::string quoted_text(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += '\'';
        out += c;
    }
    return out += '\'';
}

}  // namespace

std::string in_quotes(std::string_view identifier) {
    std::string out;
    out.reserve(identifier.size() + 2);
    out += '"';
    out += identifier;
    return out += '"';
}

std::string link_table_sql(const Object& object, const Field& field) {
    return in_quotes(object.name + "_" + field.name);
}

void append_part(Sql& list, const Sql& part, std::string_view separator) {
    if (!list.text.empty()) list += separator;
    list += part;
}

Sql joined_with_and(const std::vector<Sql>& conditions) {
    Sql all;
    for (const Sql& condition : conditions) append_part(all, condition, " and ");
    if (all.text.empty()) all.text = "1 = 1";
    return all;
}

bool shows_title(const Asking& asking, const Object& target) {
    return target.system || target.name == "employee" || target.name == "department" || target.name == "region" ||
           access::may(*asking.caller.grants, target, access::Verb::view);
}

// ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────────

From::From(const Asking& asking, const Object& object, std::string alias)
    : From(asking, object, Sql{in_quotes(object.name), {}}, std::move(alias)) {}

From::From(const Asking& asking, const Object& object, Sql table, std::string alias)
    : asking_(asking), object_(object), table_(std::move(table)), alias_(std::move(alias)) {}

Sql From::sql() const { return sql_on({}); }

Sql From::sql_on(std::string_view on) const {
    Sql out = table_;
    out += " ";
    out += alias_;
    if (!on.empty()) {
        out += " on ";
        out += on;
    }
    for (const Sql& join : joins_) out += join;
    return out;
}

std::string From::links_of(const std::string& alias, const Object& object, const Field& field) const {
    if (alias == alias_) {
        if (const auto found = links_.find(field.name); found != links_.end()) return found->second;
    }
    return link_table_sql(object, field);
}

std::string From::join(const std::string& alias, const Field& reference) {
    return join(alias, reference.name, asking_.model.object(meta::target_of(reference)));
}

std::string From::join(const std::string& alias, std::string_view column, const Object& target) {
    std::string& made = joined_[{alias, std::string(column)}];
    if (made.empty()) {
        made = alias_ + std::to_string(joined_.size());
        joins_.push_back({" left join " + in_quotes(target.name) + " " + made + " on " + made + ".\"id\" = " + alias +
                              "." + in_quotes(column),
                          {}});
    }
    return made;
}

// The same, but nothing where the caller does not see the record.
std::string From::join_seen(const std::string& alias, const Field& reference) {
    const Object& target = asking_.model.object(meta::target_of(reference));
    const access::RowFilter seen = access::rows(*asking_.caller.grants, target, access::Verb::view);
    if (seen.everything) return join(alias, reference);
    std::string& made = joined_[{alias, reference.name + " seen"}];
    if (made.empty()) {
        made = alias_ + std::to_string(joined_.size());
        Sql join{" left join " + in_quotes(target.name) + " " + made + " on " + made + ".\"id\" = " + alias + "." +
                     in_quotes(reference.name) + " and ",
                 {}};
        join += reach_sql(asking_, target, seen, made);
        joins_.push_back(std::move(join));
    }
    return made;
}

From::Place From::place(const std::vector<std::string>& asked, PathOf of) {
    if (of == PathOf::caller) named_.push_back(asked);
    Place at = place_named(asked);
    named_.clear();
    return at;
}

// How many of the references before the last step the caller has named. Where a lookup was written out, the rest of the
// path is declared.
std::size_t From::steps_of_caller(const std::vector<std::string>& path) const {
    std::size_t steps = 0;
    for (const std::vector<std::string>& one : named_) {
        std::size_t same = 0;
        while (same + 1 < std::min(one.size(), path.size()) && one[same] == path[same]) ++same;
        steps = std::max(steps, same);
    }
    return steps;
}

From::Place From::place_named(const std::vector<std::string>& asked) {
    const std::vector<std::string> path = without_lookups(asking_.model, object_, asked);
    const meta::ResolvedPath resolved = meta::resolve(asking_.model, object_, path);
    if (resolved.fields.empty() || resolved.through_list) throw unknown_field(path_text(asked));
    const std::size_t of_caller = steps_of_caller(path);
    std::string alias = alias_;
    for (std::size_t step = 0; step + 1 < resolved.fields.size(); ++step) {
        const Field& reference = *resolved.fields[step];
        if (!reference.is_reference() || is_computed(reference)) throw unknown_field(path_text(asked));
        // The title stands in the reference itself.
        const Object& target = *resolved.objects[step + 1];
        const bool title =
            step + 2 == resolved.fields.size() && (path.back() == target.title || path.back() == target.title_en);
        alias = step < of_caller && !title ? join_seen(alias, reference) : join(alias, reference);
    }
    return {std::move(alias), resolved.objects.back(), resolved.fields.back()};
}

store::ColumnRef From::column(const std::vector<std::string>& path) {
    const meta::ResolvedPath resolved = meta::resolve(asking_.model, object_, path);
    store::ColumnRef ref;
    ref.type = meta::ObjectScope(asking_.model, object_).type_of(path).value_or(expr::Type::null);
    if (!resolved.fields.empty() && resolved.through_list) {
        // Only type and scale are of interest: the value is an aggregate.
        ref.scale = resolved.fields.back()->scale;
        return ref;
    }
    const Place at = place_named(path);
    const Field& field = *at.field;
    ref.scale = field.scale;
    if (field.is_multiple()) {
        ref.multiple = true;
        ref.column =
            "select item from " + links_of(at.alias, *at.object, field) + " where record = " + at.alias + ".\"id\"";
        return ref;
    }
    if (!field.has_column()) throw unknown_field(path_text(path));
    ref.column = at.alias + "." + in_quotes(field.name);
    if (field.type == FieldType::money) ref.currency = at.alias + "." + in_quotes(field.name + "_currency");
    if (field.type == FieldType::address) ref.currency = at.alias + "." + in_quotes(field.name + "_region");
    if (field.is_reference()) {
        const std::string_view target = meta::target_of(field);
        const Object* tree = target.empty() ? nullptr : asking_.model.find(target);
        if (tree && tree->tree) {
            ref.tree = tree->name;
            const auto up =
                std::find_if(tree->fields.begin(), tree->fields.end(), [](const Field& one) { return one.tree; });
            ref.tree_parent = up->name;
        }
    }
    return ref;
}

template <class Use>
Sql From::with_context(Use use) {
    auto find = [this](const std::vector<std::string>& path) { return column(path); };
    auto gather = [this](std::string_view function, const std::vector<std::string>& path) {
        return aggregate(function, path);
    };
    const store::ExpressionContext context{asking_.dialect,
                                           find,
                                           gather,
                                           asking_.now,
                                           &asking_.zone,
                                           asking_.caller.grants->employee,
                                           asking_.caller.grants->department};
    return use(context);
}

Sql From::condition(const expr::Node& node, PathOf of) {
    const expr::Node plain = write_out_formulas(asking_.model, object_, node);
    if (of == PathOf::caller) named_ = expr::paths(node);
    // In brackets: an `or` at the top must never reach over to the scope of the caller beside it.
    Sql condition =
        with_context([&](const store::ExpressionContext& context) { return store::condition_sql(plain, context); });
    named_.clear();
    condition.text = "(" + condition.text + ")";
    return condition;
}

Sql From::value(const expr::Node& node, std::uint8_t scale) {
    const expr::Node plain = write_out_formulas(asking_.model, object_, node);
    return with_context(
        [&](const store::ExpressionContext& context) { return store::value_sql(plain, context, scale); });
}

Sql From::value_of(const std::vector<std::string>& path, PathOf of) {
    const Place at = place(path, of);
    if (at.field->has_column()) return {at.alias + "." + in_quotes(at.field->name), {}};
    if (!is_computed(*at.field)) throw unknown_field(path_text(path));
    expr::Node node;
    node.op = expr::Op::path;
    node.path = path;
    node.type = at.field->formula->type;
    if (of == PathOf::caller) named_.push_back(path);
    Sql computed = value(node, at.field->scale);
    named_.clear();
    return computed;
}

Sql From::aggregate(std::string_view function, const std::vector<std::string>& path) {
    // Up to the list: joins of this statement. Behind it: a statement of its own.
    std::size_t list_at = 0;
    const meta::ResolvedPath resolved = meta::resolve(asking_.model, object_, path);
    while (list_at < resolved.fields.size() && resolved.fields[list_at]->type != FieldType::list) ++list_at;
    if (list_at == resolved.fields.size()) throw unknown_field(path_text(path));
    std::string outer = alias_;
    for (std::size_t step = 0; step < list_at; ++step) outer = join(outer, *resolved.fields[step]);

    const Field& list = *resolved.fields[list_at];
    From children(asking_, asking_.model.object(list.to), alias_ + "n" + std::to_string(++nested_) + "_");
    const std::vector<std::string> rest(path.begin() + static_cast<std::ptrdiff_t>(list_at) + 1, path.end());
    Sql value{"*", {}};
    if (!rest.empty()) value = children.value_of(rest);
    Sql out{"(select ", {}};
    if (function == "count") {
        out += "count(";
        out += value;
        out += ")";
    } else {
        // PostgreSQL's sum of bigint is numeric.
        out += "cast(" + std::string(function) + "(";
        out += value;
        const bool text = !rest.empty() && !resolved.fields.empty() &&
                          (children.place(rest).field->type == FieldType::text ||
                           children.place(rest).field->type == FieldType::choice);
        out += text ? ") as text)" : ") as bigint)";
    }
    out += " from ";
    out += children.sql();
    out +=
        " where " + children.own(list.by) + " = " + outer + ".\"id\" and " + children.own("deleted_at") + " is null)";
    return out;
}

Sql From::title(const std::string& alias, const Object& object) {
    const Field* field = object.find(object.title);
    if (!field || !field->has_column()) return {"cast(" + alias + ".\"id\" as text)", {}};
    if (field->is_reference()) {
        const Object& target = asking_.model.object(meta::target_of(*field));
        if (&target == &object) return {"cast(" + alias + ".\"id\" as text)", {}};
        return title(join(alias, *field), target);
    }
    const std::string plain = alias + "." + in_quotes(field->name);
    switch (field->type) {
        case FieldType::integer:
        case FieldType::decimal:
        case FieldType::money:
        case FieldType::percent:
        case FieldType::date:
        case FieldType::time:
        case FieldType::boolean:
            return {"cast(" + plain + " as text)", {}};
        default:
            break;
    }
    if (asking_.caller.language == Language::en && !object.title_en.empty()) {
        return {"coalesce(" + alias + "." + in_quotes(object.title_en) + ", " + plain + ")", {}};
    }
    return {plain, {}};
}

Sql From::region_path(const std::string& alias) {
    const Object& region = asking_.model.object("region");
    Sql own_title = title(alias, region);
    const Field* parent = region.find("parent");
    if (!parent) return own_title;
    Sql path;
    std::string above = alias;
    std::vector<Sql> titles{std::move(own_title)};
    for (int level = 0; level < region_levels_above; ++level) {
        above = join(above, *parent);
        // The country goes without saying.
        Sql part{region.find("kind") ? "case when " + above + ".\"kind\" <> 'country' then " : "coalesce(", {}};
        part += title(above, region);
        part += region.find("kind") ? " || ' ' else '' end" : " || ' ', '')";
        titles.push_back(std::move(part));
    }
    for (auto part = titles.rbegin(); part != titles.rend(); ++part) append_part(path, *part, " || ");
    return path;
}

std::optional<Sql> From::access(access::Verb verb) const {
    const access::RowFilter filter = access::rows(*asking_.caller.grants, object_, verb);
    if (filter.everything) return std::nullopt;
    return reach_sql(asking_, object_, filter, alias_);
}

expr::Node write_out_formulas(const meta::Model& model, const Object& object, expr::Node node) {
    write_out(model, object, node, 0);
    return node;
}

// ── what the caller may name ───────────────────────────────────────────────────────────────────────────────────────

bool ReadableScope::readable(const meta::ResolvedPath& path) const { return reaches(path, false); }
bool ReadableScope::shown(const meta::ResolvedPath& path) const { return reaches(path, true); }

bool ReadableScope::reaches(const meta::ResolvedPath& path, bool masked_end) const {
    for (std::size_t step = 0; step < path.fields.size(); ++step) {
        const Object& object = *path.objects[step];
        if (&object != &object_ && !shows_title(asking_, object)) return false;
        auto found = masks_.find(&object);
        if (found == masks_.end()) {
            found = masks_.emplace(&object, access::fields(*asking_.caller.grants, object)).first;
        }
        const std::size_t field = path.fields[step]->index;
        const bool end = step + 1 == path.fields.size();
        if (!found->second.read[field] && !(end && masked_end && found->second.masked[field])) return false;
    }
    return !path.fields.empty();
}

std::optional<expr::Type> ReadableScope::type_of(const std::vector<std::string>& path) const {
    if (!readable(meta::resolve(asking_.model, object_, path))) return std::nullopt;
    return meta::ObjectScope(asking_.model, object_).type_of(path);
}

namespace {

json::array ids_as_text(const std::vector<RecordId>& ids) {
    json::array list;
    for (const RecordId id : ids) list.emplace_back(to_string(id));
    return list;
}

// ["owner", "is", "my_subordinates"]: the people are known here, not in the language of expressions.
void fill_in_people(const Asking& asking, json::value& filter, int depth) {
    if (depth > 32) return;  // from_filter refuses it in its own words
    if (auto* object = filter.if_object()) {
        for (auto& [key, inner] : *object) fill_in_people(asking, inner, depth + 1);
        return;
    }
    auto* list = filter.if_array();
    if (!list) return;
    if (list->size() == 3 && (*list)[0].is_string() && (*list)[1].is_string() && (*list)[2].is_string()) {
        const json::string& people = (*list)[2].get_string();
        const access::Grants& grants = *asking.caller.grants;
        const std::vector<RecordId>* ids = nullptr;
        if (people == "my_subordinates") ids = &grants.subordinates;
        if (people == "my_team") ids = &grants.team_members;
        if (!ids) return;
        const json::string& op = (*list)[1].get_string();
        const bool negated = op == "is_not" || op == "not_in";
        if (!negated && op != "is" && op != "in") return;
        if (ids->empty()) {
            // Nobody: no record has the id 2^53-1.
            (*list)[2] = json::array{json::value(std::to_string((std::int64_t{1} << 53) - 1))};
        } else {
            (*list)[2] = ids_as_text(*ids);
        }
        (*list)[1] = negated ? "not_in" : "in";
        return;
    }
    for (json::value& inner : *list) fill_in_people(asking, inner, depth + 1);
}

}  // namespace

std::optional<expr::Node> read_filter(const Asking& asking, const Object& object, const json::value& filter) {
    if (filter.is_null()) return std::nullopt;
    json::value filled = filter;
    fill_in_people(asking, filled, 0);
    return expr::from_filter(filled, ReadableScope(asking, object));
}

std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> steps;
    while (true) {
        const std::size_t dot = path.find('.');
        steps.emplace_back(path.substr(0, dot));
        if (dot == std::string_view::npos) return steps;
        path.remove_prefix(dot + 1);
    }
}

// ── order ──────────────────────────────────────────────────────────────────────────────────────────────────────────

namespace {

// Choices are sorted as their dictionary lists them.
Sql choice_position(const std::string& column, const meta::Dictionary& dictionary) {
    if (dictionary.items.empty() || dictionary.items.size() > dictionary_items_in_order_max) return {column, {}};
    std::string text = "case " + column;
    int position = 0;
    for (const meta::DictionaryItem& item : dictionary.items) {
        text += " when " + quoted_text(item.code) + " then " + std::to_string(position++);
    }
    text += " else case when " + column + " is not null then " + std::to_string(position) + " end end";
    return {std::move(text), {}};
}

bool never_null(std::string_view field) {
    static constexpr std::array<std::string_view, 4> names{"id", "version", "created_at", "updated_at"};
    return std::find(names.begin(), names.end(), field) != names.end();
}

OrderKey order_key(const Asking& asking, From& from, const SortKey& sort) {
    const std::vector<std::string> path = split_path(sort.field);
    const ReadableScope scope(asking, from.object());
    if (!scope.readable(meta::resolve(asking.model, from.object(), path))) throw unknown_field(sort.field);
    OrderKey key;
    key.descending = sort.descending;
    const From::Place at = from.place(path, PathOf::caller);
    const Field& field = *at.field;
    if (field.is_multiple() || field.type == FieldType::list) {
        throw bad_request("field_not_sortable", {{"field", sort.field}});
    }
    const bool here = at.alias == from.alias();
    if (is_computed(field)) {
        key.value = from.value_of(path, PathOf::caller);
        key.text = field.formula->type == expr::Type::text;
        return key;
    }
    if (const std::string sorted = title_sort_column(*at.object); field.name == at.object->title && !sorted.empty()) {
        key.value = {at.alias + "." + in_quotes(sorted), {}};
        key.text = true;
        key.plain = here;
        key.column = field.name;
        return key;
    }
    const std::string column = at.alias + "." + in_quotes(field.name);
    if (field.is_reference() && field.name != "id") {
        const Object& target = asking.model.object(meta::target_of(field));
        if (const std::string sorted = title_sort_column(target); !sorted.empty() && shows_title(asking, target)) {
            key.value = {from.join(at.alias, field) + "." + in_quotes(sorted), {}};
            key.text = true;
            return key;
        }
        key.value = {column, {}};
        return key;
    }
    if (field.type == FieldType::choice) {
        key.value = choice_position(column, asking.model.dictionary(field.dictionary));
        key.text = key.value.text == column;
        return key;
    }
    key.value = {column, {}};
    key.plain = here;
    key.column = field.name;
    key.nullable = !here || !never_null(field.name);
    switch (field.type) {
        case FieldType::text:
        case FieldType::long_text:
        case FieldType::phone:
        case FieldType::email:
        case FieldType::url:
        case FieldType::address:
        case FieldType::number:
        case FieldType::mnemonic:
            key.text = true;
            break;
        default:
            break;
    }
    return key;
}

}  // namespace

std::vector<OrderKey> order_keys(const Asking& asking, From& from, const std::vector<SortKey>& sort) {
    if (sort.size() > sort_keys_max) throw bad_request("too_many_sort_keys", {{"max", std::to_string(sort_keys_max)}});
    std::vector<OrderKey> keys;
    bool descending = true;
    bool ends_with_id = false;
    for (const SortKey& key : sort) {
        keys.push_back(order_key(asking, from, key));
        descending = key.descending;
        if (key.field == "id") {
            ends_with_id = true;
            break;
        }
    }
    if (!ends_with_id) {
        OrderKey id;
        id.value = {from.own("id"), {}};
        id.descending = descending;
        id.nullable = false;
        id.plain = true;
        id.column = "id";
        keys.push_back(std::move(id));
    }
    return keys;
}

Sql order_by(const std::vector<OrderKey>& keys) {
    Sql order;
    for (const OrderKey& key : keys) {
        Sql part = key.value;
        part += key.descending ? " desc nulls last" : " asc nulls first";
        append_part(order, part);
    }
    return order;
}

// ── cursors ────────────────────────────────────────────────────────────────────────────────────────────────────────

namespace {

constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string to_base64url(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 4 / 3 + 3);
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : bytes) {
        bits = (bits << 8) | static_cast<unsigned char>(c);
        held += 8;
        while (held >= 6) {
            held -= 6;
            out += base64_letters[(bits >> held) & 63u];
        }
    }
    if (held > 0) out += base64_letters[(bits << (6 - held)) & 63u];
    return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        const std::size_t value = base64_letters.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out += static_cast<char>((bits >> held) & 0xffu);
        }
    }
    return out;
}

Sql same(const OrderKey& key, const store::Cell& value) {
    Sql condition = key.value;
    if (std::holds_alternative<std::monostate>(value)) {
        condition += " is null";
    } else {
        condition += " = ?";
        condition.bind(value);
    }
    return condition;
}

// Strictly behind in this one key; empty when nothing can be.
std::vector<Sql> behind_in(const OrderKey& key, const store::Cell& value) {
    const bool is_null = std::holds_alternative<std::monostate>(value);
    std::vector<Sql> alternatives;
    if (is_null) {
        if (!key.descending) {
            alternatives.push_back(key.value);
            alternatives.back() += " is not null";
        }
        return alternatives;
    }
    alternatives.push_back(key.value);
    alternatives.back() += key.descending ? " < ?" : " > ?";
    alternatives.back().bind(value);
    if (key.descending && key.nullable) {
        alternatives.push_back(key.value);
        alternatives.back() += " is null";
    }
    return alternatives;
}

}  // namespace

std::string order_signature(const Object& object, const std::vector<SortKey>& sort) {
    std::string whole = object.name;
    for (const SortKey& key : sort) whole += (key.descending ? ":-" : ":+") + key.field;
    std::uint32_t hash = 2166136261u;
    for (const char c : whole) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return std::to_string(hash);
}

std::string write_cursor(std::string_view signature, const std::vector<store::Cell>& values) {
    json::array parts;
    parts.emplace_back(signature);
    for (const store::Cell& value : values) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            parts.emplace_back(*number);
        } else if (const auto* text = std::get_if<std::string>(&value)) {
            parts.emplace_back(*text);
        } else {
            parts.emplace_back(nullptr);
        }
    }
    return to_base64url(json::serialize(parts));
}

std::vector<store::Cell> read_cursor(std::string_view cursor, std::string_view signature,
                                     const std::vector<OrderKey>& keys) {
    const Failure wrong = bad_request("cursor");
    if (cursor.size() > cursor_bytes_max) throw wrong;
    const std::optional<std::string> text = from_base64url(cursor);
    if (!text) throw wrong;
    json::value parsed;
    try {
        parsed = parse_json(*text, {cursor_bytes_max, 2});
    } catch (const Failure&) {
        throw wrong;
    }
    const auto* parts = parsed.if_array();
    if (!parts || parts->size() != keys.size() + 1 || !(*parts)[0].is_string() ||
        (*parts)[0].get_string() != signature) {
        throw wrong;
    }
    std::vector<store::Cell> values;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const json::value& part = (*parts)[i + 1];
        if (part.is_null() && keys[i].nullable) {
            values.emplace_back();
        } else if (part.is_int64() && !keys[i].text) {
            values.emplace_back(part.get_int64());
        } else if (part.is_string() && keys[i].text) {
            values.emplace_back(std::string(part.get_string()));
        } else {
            throw wrong;
        }
    }
    return values;
}

std::vector<Sql> behind(const std::vector<OrderKey>& keys, const std::vector<store::Cell>& values) {
    const bool one_direction = std::all_of(
        keys.begin(), keys.end(), [&](const OrderKey& key) { return key.descending == keys.front().descending; });
    const bool no_nulls = std::none_of(values.begin(), values.end(), [](const store::Cell& value) {
        return std::holds_alternative<std::monostate>(value);
    });
    std::vector<Sql> alternatives;
    std::vector<Sql> prefix;
    if (one_direction && no_nulls) {
        // A comparison of rows walks one index range. Rows with a null in a falling key are behind as well, but
        // compare as unknown: they are alternatives of their own.
        Sql row{"(", {}};
        Sql left, right;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            append_part(left, keys[i].value);
            append_part(right, Sql{"?", {values[i]}});
        }
        row += left;
        row += keys.front().descending ? ") < (" : ") > (";
        row += right;
        row += ")";
        alternatives.push_back(std::move(row));
        for (std::size_t i = 0; i < keys.size() && keys.front().descending; ++i) {
            if (keys[i].nullable) {
                std::vector<Sql> all = prefix;
                all.push_back(keys[i].value);
                all.back() += " is null";
                alternatives.push_back(joined_with_and(all));
            }
            prefix.push_back(same(keys[i], values[i]));
        }
        return alternatives;
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        for (Sql& step : behind_in(keys[i], values[i])) {
            std::vector<Sql> all = prefix;
            all.push_back(std::move(step));
            alternatives.push_back(joined_with_and(all));
        }
        prefix.push_back(same(keys[i], values[i]));
    }
    return alternatives;
}

}  // namespace gx::record
