// What the browser needs to know before it can draw anything: objects, rights, views, dictionaries, in one bundle.
#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"
#include "base/secret.hpp"
#include "meta/describe.hpp"

namespace gx::api {

namespace {

using access::Verb;
using net::Method;
using net::Response;

void write_label(JsonWriter& json, const meta::Label& label) {
    json.begin_object().key("zh").string(label.zh).key("en").string(label.en).end_object();
}

void write_title(JsonWriter& json, RecordId id, std::string_view title) {
    json.begin_object().key("id").id(id).key("title").string(title).end_object();
}

// Of records that a path of references leads to: each object may be viewed, and each field read.
bool may_read_path(const access::Grants& grants, const meta::Model& model, std::string_view of, std::string_view path) {
    const meta::Object* object = model.find(of);
    if (!object || !access::may(grants, *object, Verb::view)) return false;
    const std::size_t dot = path.find('.');
    const meta::Field* field = object->find(path.substr(0, dot));
    if (!field || !access::fields(grants, *object).read[field->index]) return false;
    return dot == std::string_view::npos || may_read_path(grants, model, field->to, path.substr(dot + 1));
}

meta::Masks masks_of(const access::Grants& grants, const meta::Model& model, const meta::Object& object) {
    const access::FieldMask mask = access::fields(grants, object);
    meta::Masks masks;
    masks.read = mask.read;
    masks.write = mask.write;
    masks.masked = mask.masked;
    masks.menu = access::has_menu(grants, object);
    masks.may_read_beyond = [&](std::string_view of, std::string_view path) {
        return may_read_path(grants, model, of, path);
    };
    for (const Verb verb : {Verb::view, Verb::add, Verb::change, Verb::remove, Verb::assign, Verb::approve,
                            Verb::export_, Verb::import_, Verb::print}) {
        masks.rights.emplace_back(std::string(access::name_of(verb)), access::may(grants, object, verb));
    }
    for (const std::string& right : object.special_rights) {
        masks.rights.emplace_back(right, grants.has_special(object.name + "." + right));
    }
    return masks;
}

// Saved views of the caller and shared ones, by object, as the members of "views" in docs/api.md.
struct SavedView {
    std::string object;
    std::string json;
};

std::string raw_or(const json::value& text, std::string_view fallback) {
    if (!text.is_string()) return std::string(fallback);
    try {
        return json::serialize(
            parse_json(std::string_view(text.get_string()), {.bytes_max = 64 << 10, .depth_max = 32}));
    } catch (const Failure&) {
        return std::string(fallback);  // a view that was damaged shows its object without conditions
    }
}

std::vector<SavedView> saved_views(const Context& context) {
    std::vector<SavedView> views;
    if (context.model->find("saved_view") == nullptr) return views;
    // Views are looked up with the program's rights: whether one is the caller's own or shared is the condition itself.
    access::Caller everyone = context.caller;
    everyone.grants =
        access::system_grants(context.caller.user(), context.caller.employee(), context.caller.grants->department);
    record::ListQuery query;
    query.object = "saved_view";
    query.limit = 500;
    query.sort = {{"name", false}};
    query.fields = {"name",  "object",   "kind",   "columns",    "filter", "sort",
                    "group", "settings", "shared", "is_default", "owner"};
    query.filter = json::value{{"or", json::array{json::array{"owner", "is", to_string(context.caller.employee())},
                                                  json::array{"shared", "is", true}}}};
    std::string list;
    context.services.records.list(everyone, query, list);
    const json::value parsed = parse_json(list, {.bytes_max = 64u << 20, .depth_max = 32});
    for (const json::value& record : parsed.as_object().at("records").as_array()) {
        const json::object& view = record.as_object();
        SavedView saved;
        const auto text = [&](std::string_view name) {
            return view.at(name).is_string() ? std::string(view.at(name).get_string()) : std::string();
        };
        const json::value& owner = view.at("owner");
        const bool own =
            owner.is_object() && owner.get_object().at("id") == json::value(to_string(context.caller.employee()));
        const json::value& kind = view.at("kind");
        saved.object = text("object");
        JsonWriter json(saved.json);
        json.begin_object();
        json.key("id").string(text("id"));
        json.key("version").raw(json::serialize(view.at("version")));
        json.key("code").string(text("id"));
        json.key("label");
        write_label(json, {text("name"), text("name")});
        json.key("kind").string(kind.is_object() ? std::string_view(kind.get_object().at("code").as_string())
                                                 : std::string_view("table"));
        json.key("columns").raw(raw_or(view.at("columns"), "[]"));
        json.key("filter").raw(raw_or(view.at("filter"), "null"));
        json.key("sort").raw(raw_or(view.at("sort"), "[]"));
        json.key("group").string(text("group"));
        json.key("settings").raw(raw_or(view.at("settings"), "{}"));
        json.key("shipped").boolean(false);
        json.key("own").boolean(own);
        json.key("shared").boolean(view.at("shared") == json::value(true));
        json.key("default").boolean(own && view.at("is_default") == json::value(true));
        json.key("owner").raw(json::serialize(owner));
        json.end_object();
        views.push_back(std::move(saved));
    }
    return views;
}

std::string saved_views_of(const std::vector<SavedView>& views, std::string_view object) {
    std::string joined;
    for (const SavedView& view : views) {
        if (view.object == object) joined += (joined.empty() ? "" : ",") + view.json;
    }
    return joined;
}

Response meta(Context& context) {
    const meta::Model& model = *context.model;
    const access::Grants& grants = *context.caller.grants;
    const std::vector<SavedView> views = saved_views(context);

    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.key("language").string(code(context.caller.language));
    json.key("user");
    write_user(context, json);
    json.key("company").begin_object();
    json.key("name").string(context.services.company_name());
    json.key("currency").string(context.services.currency.text());
    json.key("time_zone").string(context.services.zone->name());
    json.end_object();

    json.key("areas").begin_array();
    for (const meta::Area& area : model.areas()) {
        json.begin_object();
        json.key("code").string(area.code);
        json.key("label");
        write_label(json, area.label);
        json.key("icon").string(area.icon);
        json.key("objects").begin_array();
        for (const std::string& name : area.objects) {
            const meta::Object* object = model.find(name);
            if (object != nullptr && access::may(grants, *object, Verb::view) && access::has_menu(grants, *object))
                json.string(name);
        }
        json.end_array();
        json.key("home").raw(
            json::serialize(meta::home_of(model, area, [&](const meta::Object& object) -> std::optional<meta::Masks> {
                if (!access::may(grants, object, Verb::view)) return std::nullopt;
                return masks_of(grants, model, object);
            })));
        json.end_object();
    }
    json.end_array();

    json.key("objects").begin_object();
    for (const meta::Object& object : model.objects()) {
        if (!access::may(grants, object, Verb::view)) continue;
        json.key(object.name);
        meta::Masks masks = masks_of(grants, model, object);
        masks.saved_views = saved_views_of(views, object.name);
        meta::describe_object(object, masks, json);
    }
    json.end_object();

    json.key("dictionaries").begin_object();
    for (const auto& [name, dictionary] : model.dictionaries()) {
        json.key(name).begin_array();
        for (const meta::DictionaryItem& item : dictionary.items) {
            if (dictionary.of_objects && !access::may(grants, model.object(item.code), Verb::view)) continue;
            json.begin_object();
            json.key("code").string(item.code);
            json.key("label");
            write_label(json, item.label);
            json.key("color").string(item.color);
            json.key("active").boolean(item.active);
            if (!item.extra.is_null()) json.key("extra").raw(json::serialize(item.extra));
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();

    const std::string version = sha256_hex(body).substr(0, 24);
    json.key("version").string(version);
    json.end_object();

    Response response;
    const std::string tag = "\"" + version + "\"";
    response.headers.emplace_back("ETag", tag);
    response.headers.emplace_back("Cache-Control", "private, no-cache");
    if (context.request.header("if-none-match").find(tag) != std::string_view::npos) {
        response.status = 304;
        return response;
    }
    response.body = std::move(body);
    return response;
}

Response help(Context& context) {
    const std::string name(context.request.param("object"));
    // Pages that belong to no object (the own profile) are for everybody.
    const meta::Object* object = context.model->find(name);
    if (object != nullptr && !access::may(*context.caller.grants, *object, Verb::view)) throw not_found();
    Language language = context.caller.language;
    if (const auto wanted = context.request.query_value("language"))
        language = parse_language(*wanted).value_or(language);
    const auto page = context.services.help(name, language);
    if (!page) throw not_found();
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("markdown").string(*page).end_object();
    return response;
}

}  // namespace

void write_user(const Context& context, JsonWriter& json) {
    const access::Grants& grants = *context.caller.grants;
    const auto titles = [&](std::string_view object, RecordId id) {
        if (!id || context.model->find(object) == nullptr) return std::string();
        const auto found = context.services.records.titles(object, {&id, 1});
        return found.empty() ? std::string() : found.begin()->second;
    };
    const auto reference = [&](std::string_view name, std::string_view object, RecordId id) {
        json.key(name);
        if (id) {
            write_title(json, id, titles(object, id));
        } else {
            json.null();
        }
    };
    // Language and look stay those of the person at the screen; how lists are laid out is part of the view.
    const auto settings = context.services.settings.of(context.session.user);
    const auto preferences = context.caller.viewer ? context.services.settings.of(grants.user) : settings;
    const auto setting = [&](std::string_view name, std::string_view fallback) {
        const auto found = settings.find(std::string(name));
        json.key(name).raw(found == settings.end() ? fallback : std::string_view(found->second));
    };
    json.begin_object();
    json.key("id").id(grants.user);
    json.key("login").string(context.caller.login);
    json.key("name").string(context.caller.name);
    reference("employee", "employee", grants.employee);
    reference("department", "department", grants.department);
    json.key("roles").begin_array();
    for (const std::string& role : grants.rights->roles) {
        json.begin_object()
            .key("code")
            .string(role)
            .key("title")
            .string(context.services.role_title(role, context.caller.language))
            .end_object();
    }
    json.end_array();
    json.key("administrator").boolean(grants.administrator());
    json.key("special").begin_array();
    for (const meta::Object& object : context.model->objects()) {
        for (const std::string& right : object.special_rights) {
            if (grants.has_special(object.name + "." + right)) json.string(object.name + "." + right);
        }
    }
    json.end_array();
    setting("language", context.caller.language == Language::en ? "\"en\"" : "\"zh\"");
    setting("theme", "\"system\"");
    setting("density", "\"default\"");
    json.key("preferences").begin_object();
    constexpr std::string_view prefix = "preferences.";
    for (const auto& [name, value] : preferences) {
        if (name.starts_with(prefix)) json.key(std::string_view(name).substr(prefix.size())).raw(value);
    }
    json.end_object();
    if (context.caller.viewer) {
        json.key("seen_by").begin_object().key("id").id(context.caller.viewer->user);
        json.key("login").string(context.caller.viewer->login).key("name").string(context.caller.viewer->name);
        json.end_object();
    }
    json.end_object();
}

void add_meta_routes(Routes& routes) {
    routes.signed_in(Method::get, "/api/meta",
                     about("meta", "Objects, fields, layouts, views, dictionaries and own rights"), meta);
    routes.signed_in(Method::get, "/api/help/{object}", about("meta", "Help page of a screen", "view"), help);
}

}  // namespace gx::api
