// Who may do what, and why: explanations of single records, the rights of one user and of a department with their
// sources, what roles can speak of, and records opened to single people.
#include <algorithm>
#include <map>
#include <set>

#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace gx::api {

namespace {

using access::Verb;
using net::Method;
using net::Response;

constexpr std::string_view explain_right = "role.explain";

void require_explain(const Context& context) {
    if (!context.caller.grants->has_special(explain_right)) throw forbidden(std::string(explain_right));
}

// ── one record ─────────────────────────────────────────────────────────────────────────────────────────────────────

// The names of the roles that the steps call by their codes, behind the other members.
void write_role_titles(const Context& context, const access::Grants& grants, std::string& body) {
    ensure(!body.empty() && body.back() == '}', "an explanation is an object");
    body.pop_back();
    body += ",\"titles\":";
    JsonWriter json(body);
    json.begin_object();
    std::set<std::string> written;
    for (const access::HeldRole& role : grants.roles) {
        if (written.insert(role.code).second)
            json.key(role.code).string(context.services.role_title(role.code, context.caller.language));
    }
    json.end_object();
    body += '}';
}

Response explain(Context& context) {
    const meta::Object& object = context.object();
    const RecordId id = id_param(context.request);
    RecordId user = context.caller.user();
    if (const auto wanted = context.request.query_value("user"); wanted && !wanted->empty()) user = id_of(*wanted);
    const auto verb = access::parse_verb(context.request.query_value("verb").value_or("view"));
    if (!verb) throw bad_request("parameter", {{"name", "verb"}});
    if (user != context.caller.user()) require_explain(context);
    // Whoever may not see the record learns nothing about it here either, not even that it is there.
    const bool everything = context.caller.grants->administrator();
    if (!everything && context.services.records.reached(context.caller, object.name, {&id, 1}).empty())
        throw not_found();
    const access::Caller subject = user == context.caller.user() ? context.caller : context.services.callers.of(user);
    Response response;
    context.services.records.explain(subject, object.name, id, *verb, context.request.query_value("field").value_or(""),
                                     context.caller.language, response.body);
    write_role_titles(context, *subject.grants, response.body);
    return response;
}

record::ShareWish read_wish(const json::object& body) {
    std::vector<Problem> problems;
    record::ShareWish wish;
    const auto text_of = [&](std::string_view name) -> std::string {
        const json::value* value = body.if_contains(name);
        if (value && value->is_string()) return std::string(value->get_string());
        problems.push_back({std::string(name), "required", {}, {}});
        return {};
    };
    for (const auto& [name, value] : body) {
        static constexpr std::array<std::string_view, 5> known{"kind", "grantee", "level", "until", "ids"};
        if (std::find(known.begin(), known.end(), name) == known.end())
            problems.push_back({std::string(name).substr(0, 100), "unknown_field", {{"field", std::string(name)}}, {}});
    }
    wish.kind = text_of("kind");
    wish.grantee = parse_record_id(text_of("grantee")).value_or(RecordId{});
    const std::string level = text_of("level");
    wish.writes = level == "write";
    if (!level.empty() && level != "write" && level != "read")
        problems.push_back({"level", "unknown_choice", {{"value", level.substr(0, 100)}}, {}});
    if (const json::value* until = body.if_contains("until"); until && !until->is_null()) {
        if (until->is_string()) wish.until = parse_timestamp(until->get_string());
        if (!wish.until) problems.push_back({"until", "wrong_type", {{"expected", "time"}}, {}});
    }
    if (!problems.empty()) throw invalid(std::move(problems));
    return wish;
}

json::value share_body(Context& context) {
    return parse_json(context.request.body, {.bytes_max = 512 << 10, .depth_max = 4});
}

Response shares(Context& context) {
    Response response;
    context.services.records.shares(context.caller, context.object().name, id_param(context.request), response.body);
    return response;
}

// `what` is what the request asks for: to whom, how far, until when; or which share ends.
void tell_of_share(Context& context, std::string_view operation, const std::vector<RecordId>& ids,
                   const json::object& what) {
    access::AuditEntry entry = entry_of(access::audit_kind::rights, context.caller);
    entry.object = context.object().name;
    if (ids.size() == 1) entry.record = ids.front();
    const auto titles = context.services.records.titles(entry.object, {ids.data(), 1});
    if (!titles.empty()) entry.subject = titles.begin()->second;
    entry.rows = static_cast<std::int64_t>(ids.size());
    json::object detail = what;
    detail["operation"] = operation;
    entry.detail = json::serialize(detail);
    context.services.audit.append_later(std::move(entry));
}

Response share_one(Context& context) {
    const json::value body = share_body(context);
    const RecordId id = id_param(context.request);
    context.services.records.share(context.caller, context.object().name, {&id, 1}, read_wish(object_body(body)));
    tell_of_share(context, "share", {id}, object_body(body));
    return shares(context);
}

Response share_many(Context& context) {
    const json::value body = share_body(context);
    const json::object& members = object_body(body);
    const json::value* list = members.if_contains("ids");
    if (!list || !list->is_array()) throw invalid({{"ids", "required", {}, {}}});
    std::vector<RecordId> ids;
    for (const json::value& id : list->get_array()) {
        if (!id.is_string()) throw invalid({{"ids", "wrong_type", {{"expected", "text"}}, {}}});
        ids.push_back(id_of(id.get_string()));
    }
    context.services.records.share(context.caller, context.object().name, ids, read_wish(members));
    tell_of_share(context, "share", ids, members);
    Response response;
    response.status = 204;
    return response;
}

Response unshare(Context& context) {
    context.services.records.unshare(context.caller, context.object().name, id_param(context.request),
                                     id_of(context.request.param("share")));
    tell_of_share(context, "unshare", {id_param(context.request)}, {{"share", context.request.param("share")}});
    Response response;
    response.status = 204;
    return response;
}

// ── what roles can speak of ────────────────────────────────────────────────────────────────────────────────────────

void write_label(JsonWriter& json, std::string_view key, const meta::Label& label) {
    json.key(key).begin_object().key("zh").string(label.zh).key("en").string(label.en).end_object();
}

Response rights_model(Context& context) {
    require_explain(context);
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("verbs").begin_array();
    for (const Verb verb : access::all_verbs) json.string(access::name_of(verb));
    json.end_array().key("areas").begin_array();
    for (const meta::Area& area : context.model->areas()) {
        json.begin_object().key("code").string(area.code);
        write_label(json, "label", area.label);
        json.end_object();
    }
    json.end_array().key("objects").begin_array();
    for (const meta::Object& object : context.model->objects()) {
        json.begin_object().key("name").string(object.name).key("area").string(object.area);
        write_label(json, "label", object.plural);
        json.key("owned").boolean(object.owned).key("menu").boolean(object.menu);
        json.key("restricted").boolean(object.restricted);
        json.key("kept_by_platform").boolean(object.kept_by_platform);
        json.key("fields").begin_array();
        for (const meta::Field& field : object.fields) {
            if (field.hidden || field.type == meta::FieldType::list || (field.system && field.name != "owner"))
                continue;
            json.begin_object().key("name").string(field.name);
            write_label(json, "label", field.label);
            json.key("type").string(meta::name_of(field.type));
            if (!field.dictionary.empty()) json.key("dictionary").string(field.dictionary);
            json.key("sensitive").boolean(field.sensitive);
            json.key("always_read").boolean(field.name == object.title || field.name == object.title_en);
            json.key("read_only").boolean(field.read_only || field.formula.has_value());
            json.end_object();
        }
        json.end_array().key("special").begin_array();
        for (const std::string& right : object.special_rights) {
            json.begin_object().key("name").string(object.name + "." + right);
            const auto label = object.special_labels.find(right);
            if (label != object.special_labels.end()) write_label(json, "label", label->second);
            json.end_object();
        }
        json.end_array().end_object();
    }
    json.end_array().end_object();
    return response;
}

// ── one user ───────────────────────────────────────────────────────────────────────────────────────────────────────

void write_through(JsonWriter& json, const access::HeldRole& role, const std::string& title) {
    json.key("role").string(role.code);
    json.key("through").begin_object().key("kind").string(role.through).key("id").id(role.through_id);
    json.key("title").string(title).end_object();
    json.key("until");
    if (role.until) {
        json.timestamp(*role.until);
    } else {
        json.null();
    }
}

// Titles of what roles came through, a query for each kind.
std::map<RecordId, std::string> titles_of(const Context& context, const std::vector<access::HeldRole>& roles) {
    std::map<std::string, std::vector<RecordId>> wanted;
    for (const access::HeldRole& role : roles) wanted[role.through].push_back(role.through_id);
    std::map<RecordId, std::string> titles;
    for (const auto& [kind, ids] : wanted) {
        for (const auto& [id, title] : context.services.records.titles(kind, ids)) titles[id] = title;
    }
    return titles;
}

class UserRights {
public:
    UserRights(Context& context, const access::Grants& grants, JsonWriter& json)
        : context_(context), grants_(grants), json_(json) {}

    void write() {
        const auto titles = titles_of(context_, grants_.roles);
        json_.begin_object();
        write_person();
        json_.key("administrator").boolean(grants_.administrator());
        json_.key("roles").begin_array();
        for (const access::HeldRole& role : grants_.roles) {
            json_.begin_object();
            const auto title = titles.find(role.through_id);
            write_through(json_, role, title == titles.end() ? std::string() : title->second);
            json_.key("title").string(context_.services.role_title(role.code, context_.caller.language));
            json_.end_object();
        }
        json_.end_array();
        json_.key("objects").begin_array();
        for (const meta::Object& object : context_.model->objects()) write_object(object);
        json_.end_array();
        write_special();
        json_.end_object();
    }

private:
    void write_person() {
        const auto title_of = [&](std::string_view object, RecordId id) {
            const auto titles = context_.services.records.titles(object, {&id, 1});
            return titles.empty() ? std::string() : titles.begin()->second;
        };
        json_.key("user").begin_object().key("id").id(grants_.user);
        json_.key("login").string(title_of("user", grants_.user));
        json_.key("name").string(title_of("employee", grants_.employee)).end_object();
    }

    // The roles, by position in "roles", that say so.
    template <class Says>
    void write_from(Says says) {
        json_.key("from").begin_array();
        for (std::size_t i = 0; i < grants_.roles.size(); ++i) {
            if (says(*grants_.roles[i].rights)) json_.integer(static_cast<std::int64_t>(i));
        }
        json_.end_array();
    }

    void write_object(const meta::Object& object) {
        json_.begin_object().key("name").string(object.name);
        json_.key("menu").boolean(access::has_menu(grants_, object));
        json_.key("verbs").begin_object();
        for (const Verb verb : access::all_verbs) {
            json_.key(access::name_of(verb)).begin_object();
            json_.key("allowed").boolean(access::may(grants_, object, verb));
            json_.key("rules").begin_array();
            for (std::size_t i = 0; i < grants_.roles.size(); ++i) {
                const access::RoleRights& role = *grants_.roles[i].rights;
                const auto* by_verb = role.of(object);
                access::VerbRight right;
                if (by_verb && by_verb->contains(verb)) right = by_verb->at(verb);
                if (role.administrator) right = {access::Scope::all, {}};
                if (right.scope == access::Scope::none) continue;
                json_.begin_object().key("from").integer(static_cast<std::int64_t>(i));
                json_.key("scope").string(access::name_of(right.scope));
                if (!right.where.empty()) json_.key("where").string(right.where);
                json_.end_object();
            }
            json_.end_array().end_object();
        }
        json_.end_object();
        write_fields(object);
        json_.end_object();
    }

    // Only fields that are not simply read and written.
    void write_fields(const meta::Object& object) {
        const access::FieldMask mask = access::fields(grants_, object);
        json_.key("fields").begin_array();
        for (const meta::Field& field : object.fields) {
            const std::string name = object.name + "." + field.name;
            const bool spoken_of = std::any_of(grants_.roles.begin(), grants_.roles.end(),
                                               [&](const auto& role) { return role.rights->fields.contains(name); });
            if (field.hidden || field.system || (!field.sensitive && !spoken_of)) continue;
            const access::FieldAccess access = mask.write[field.index]    ? access::FieldAccess::write
                                               : mask.read[field.index]   ? access::FieldAccess::read
                                               : mask.masked[field.index] ? access::FieldAccess::masked
                                                                          : access::FieldAccess::hidden;
            json_.begin_object().key("name").string(field.name);
            json_.key("access").string(access::name_of(access));
            write_from(
                [&](const access::RoleRights& role) { return role.administrator || role.fields.contains(name); });
            json_.end_object();
        }
        json_.end_array();
    }

    void write_special() {
        json_.key("special").begin_array();
        for (const meta::Object& object : context_.model->objects()) {
            for (const std::string& right : object.special_rights) {
                const std::string name = object.name + "." + right;
                if (!grants_.has_special(name)) continue;
                json_.begin_object().key("name").string(name);
                write_from(
                    [&](const access::RoleRights& role) { return role.administrator || role.special.contains(name); });
                json_.end_object();
            }
        }
        json_.end_array();
    }

    Context& context_;
    const access::Grants& grants_;
    JsonWriter& json_;
};

Response user_rights(Context& context) {
    require_explain(context);
    const auto grants = context.services.grants.of(id_param(context.request));
    Response response;
    JsonWriter json(response.body);
    UserRights(context, *grants, json).write();
    return response;
}

// ── one department ─────────────────────────────────────────────────────────────────────────────────────────────────

// People of a department with their roles, set-wise: accounts, assignments, tree and teams are read once each.
class DepartmentRights {
public:
    DepartmentRights(Context& context, RecordId department)
        : context_(context), records_(context.services.records), caller_(context.caller), department_(department) {
        caller_.grants = access::system_grants(context.caller.user(), context.caller.employee());
        read_departments();
        read_teams();
        read_roles();
        read_posts();
        read_people();
        read_assignments();
    }

    void write(JsonWriter& json) const {
        json.begin_object();
        const auto titles = records_.titles("department", {&department_, 1});
        json.key("department").string(titles.empty() ? std::string() : titles.begin()->second);
        write_roles(json);
        json.key("people").begin_array();
        for (const Person& person : people_) {
            json.begin_object().key("user").id(person.user).key("login").string(person.login);
            json.key("employee").begin_object().key("id").id(person.employee).key("title").string(person.name);
            json.end_object().key("roles").begin_array();
            for (const Held& held : person.roles) {
                const auto role = roles_.find(held.role);
                if (role == roles_.end()) continue;
                json.begin_object().key("role").string(role->second.code);
                json.key("title").string(context_.services.role_title(role->second.code, context_.caller.language));
                json.key("through").string(held.through).end_object();
            }
            json.end_array().end_object();
        }
        json.end_array().end_object();
    }

private:
    static constexpr std::size_t people_max = 2000;

    // What each role grants that somebody here holds: the page joins them for each person.
    void write_roles(JsonWriter& json) const {
        std::set<RecordId> held;
        for (const Person& person : people_) {
            for (const Held& one : person.roles) held.insert(one.role);
        }
        json.key("roles").begin_array();
        for (const auto& [id, role] : roles_) {
            if (!held.contains(id)) continue;
            json.begin_object().key("role").string(role.code);
            json.key("title").string(context_.services.role_title(role.code, context_.caller.language));
            // Checked when it was saved, so it is a complete value.
            json.key("grants").raw(role.grants.empty() ? std::string_view("{}") : std::string_view(role.grants));
            json.end_object();
        }
        json.end_array();
    }

    struct Role {
        std::string code, grants;  // JSON
    };
    struct Held {
        RecordId role;
        std::string through;
    };
    // Where somebody has a post today.
    struct Posts {
        std::vector<RecordId> departments, positions;
        bool holds_department(RecordId id) const { return std::ranges::find(departments, id) != departments.end(); }
        bool holds_position(RecordId id) const { return std::ranges::find(positions, id) != positions.end(); }
    };
    struct Person {
        RecordId user, employee, level;
        Posts posts;
        std::string login, name;
        std::vector<Held> roles;
    };

    static RecordId id_in(const Value& value) {
        const auto* id = std::get_if<RecordId>(&value);
        return id ? *id : RecordId{};
    }
    static std::string text_in(const Value& value) {
        const auto* text = std::get_if<std::string>(&value);
        return text ? *text : std::string();
    }

    template <class Take>
    void each(std::string_view object, std::vector<std::string> fields, json::value filter, Take take) {
        if (context_.model->find(object) == nullptr) return;
        record::ListQuery query;
        query.object = object;
        query.fields = std::move(fields);
        query.filter = std::move(filter);
        query.sort = {{"id", false}};
        records_.each(caller_, query, [&](RecordId id, std::span<const Value> row) {
            take(id, row);
            return true;
        });
    }

    void read_departments() {
        each("department", {"parent"}, nullptr,
             [&](RecordId id, std::span<const Value> row) { parents_[id] = id_in(row[0]); });
        if (!parents_.contains(department_)) throw not_found();
    }

    // Does the department stand below this one?
    bool is_below(RecordId department, RecordId above) const {
        std::size_t steps = 0;
        for (auto at = parents_.find(department); at != parents_.end() && steps <= parents_.size(); ++steps) {
            if (at->second == above) return true;
            at = parents_.find(at->second);
        }
        return false;
    }

    // The posts beside the main ones that run today, of everybody: one statement.
    void read_posts() {
        const auto open = [](std::string_view field, std::string_view op) {
            return json::value{{"or", json::array{json::array{field, "empty"}, json::array{field, op, "today"}}}};
        };
        each("employee_post", {"employee", "department", "position"},
             json::value{{"and", json::array{open("from_on", "on_or_before"), open("until_on", "on_or_after")}}},
             [&](RecordId, std::span<const Value> row) {
                 Posts& posts = posts_[id_in(row[0])];
                 posts.departments.push_back(id_in(row[1]));
                 if (const RecordId position = id_in(row[2])) posts.positions.push_back(position);
             });
    }

    void read_teams() {
        each("team", {"members"}, nullptr, [&](RecordId id, std::span<const Value> row) {
            if (const auto* members = std::get_if<Ids>(&row[0])) teams_[id] = *members;
        });
    }

    void read_roles() {
        each("role", {"code", "grants"}, nullptr,
             [&](RecordId id, std::span<const Value> row) { roles_[id] = {text_in(row[0]), text_in(row[1])}; });
    }

    void read_people() {
        json::array elsewhere;  // people whose main post is not here
        for (const auto& [employee, posts] : posts_)
            if (posts.holds_department(department_)) elsewhere.emplace_back(to_string(employee));
        json::array here{json::array{"employee.department", "is", to_string(department_)}};
        if (!elsewhere.empty()) here.push_back(json::array{"employee", "in", std::move(elsewhere)});
        each("user",
             {"login", "employee", "employee.name", "employee.department", "employee.position", "roles",
              "employee.level"},
             json::value{{"or", std::move(here)}}, [&](RecordId id, std::span<const Value> row) {
                 if (people_.size() >= people_max) return;
                 Person& person = people_.emplace_back();
                 person.user = id;
                 person.login = text_in(row[0]);
                 person.employee = id_in(row[1]);
                 person.name = text_in(row[2]);
                 person.posts = posts_[person.employee];
                 if (const RecordId main = id_in(row[3])) person.posts.departments.push_back(main);
                 if (const RecordId main = id_in(row[4])) person.posts.positions.push_back(main);
                 person.level = id_in(row[6]);
                 if (const auto* roles = std::get_if<Ids>(&row[5])) {
                     for (const RecordId role : *roles) person.roles.push_back({role, "user"});
                 }
             });
    }

    void read_assignments() {
        const Timestamp now = context_.services.clock.now();
        each("role_assignment", {"role", "account", "department", "below", "team", "position", "until", "level"},
             nullptr, [&](RecordId, std::span<const Value> row) {
                 const auto* until = std::get_if<Timestamp>(&row[6]);
                 if (until && *until <= now) return;
                 const auto* below = std::get_if<bool>(&row[3]);
                 for (Person& person : people_) {
                     if (const auto through = reaches(person, row, below && *below))
                         person.roles.push_back({id_in(row[0]), *through});
                 }
             });
    }

    std::optional<std::string> reaches(const Person& person, std::span<const Value> row, bool below) const {
        if (const RecordId account = id_in(row[1]); account && account == person.user) return "user";
        if (const RecordId department = id_in(row[2]); department) {
            if (person.posts.holds_department(department)) return "department";
            const auto stands_below = [&](RecordId own) { return is_below(own, department); };
            if (below && std::ranges::any_of(person.posts.departments, stands_below)) return "department";
        }
        if (const RecordId team = id_in(row[4]); team) {
            const auto members = teams_.find(team);
            if (members != teams_.end() &&
                std::find(members->second.begin(), members->second.end(), person.employee) != members->second.end())
                return "team";
        }
        if (const RecordId position = id_in(row[5]); position && person.posts.holds_position(position))
            return "position";
        if (const RecordId level = id_in(row[7]); level && level == person.level) return "employee_level";
        return std::nullopt;
    }

    Context& context_;
    record::Records& records_;
    access::Caller caller_;
    RecordId department_;
    std::map<RecordId, RecordId> parents_;
    std::map<RecordId, Posts> posts_;  // by employee
    std::map<RecordId, Ids> teams_;
    std::map<RecordId, Role> roles_;
    std::vector<Person> people_;
};

Response department_rights(Context& context) {
    require_explain(context);
    Response response;
    JsonWriter json(response.body);
    DepartmentRights(context, id_param(context.request)).write(json);
    return response;
}

}  // namespace

void add_rights_routes(Routes& routes) {
    routes.signed_in(Method::get, "/api/records/{object}/{id}/access",
                     about("rights", "Why a user may or may not do something with a record or a field", "view"),
                     explain);
    routes.signed_in(Method::get, "/api/records/{object}/{id}/shares",
                     about("rights", "To whom a record is opened", "view"), shares);
    routes.signed_in(Method::post, "/api/records/{object}/{id}/shares",
                     about("rights", "Open a record to an employee, department or team", "change", "any"), share_one);
    routes.signed_in(Method::delete_, "/api/records/{object}/{id}/shares/{share}",
                     about("rights", "Close a record again", "change", "", 204), unshare);
    routes.signed_in(Method::post, "/api/records/{object}/shares",
                     about("rights", "Open many records", "change", "any", 204), share_many);
    routes.signed_in(Method::get, "/api/rights/model",
                     about("rights", "Objects, verbs, fields, menus and special rights that roles can name", "special"),
                     rights_model);
    routes.signed_in(Method::get, "/api/rights/users/{id}",
                     about("rights", "Every right of a user and where it comes from", "special"), user_rights);
    routes.signed_in(Method::get, "/api/rights/departments/{id}",
                     about("rights", "People of a department and their roles", "special"), department_rights);
}

}  // namespace gx::api
