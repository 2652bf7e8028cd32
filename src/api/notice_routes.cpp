// What others have given to the caller, and that it was read.
#include "features/notices/notices.hpp"

#include <map>
#include <set>

#include "api/answer.hpp"
#include "api/read_request.hpp"
#include "api/routes.hpp"
#include "base/json_writer.hpp"

namespace gx::api {

namespace {

using features::Notice;
using features::NoticePage;
using net::Method;
using net::Response;

constexpr std::size_t ids_max = 500;

// Titles of the records that the caller may still see: what has gone on to somebody else has no name here.
std::map<RecordId, std::string> seen_titles(const Context& context, const NoticePage& page) {
    std::map<std::string, json::array> wanted;
    for (const Notice& notice : page.notices)
        if (notice.record) wanted[notice.object].emplace_back(to_string(notice.record));
    std::map<RecordId, std::string> titles;
    for (auto& [name, ids] : wanted) {
        const meta::Object* object = context.model->find(name);
        if (object == nullptr || !access::may(*context.caller.grants, *object, access::Verb::view)) continue;
        record::ListQuery query;
        query.object = name;
        query.filter = json::array{"id", "in", ids};
        query.sort = {{"id", false}};
        query.fields = {object->title};
        context.services.records.each(context.caller, query, [&](RecordId id, std::span<const Value> values) {
            const auto* title = values.empty() ? nullptr : std::get_if<std::string>(&values[0]);
            titles[id] = title == nullptr ? to_string(id) : *title;
            return true;
        });
    }
    return titles;
}

std::unordered_map<RecordId, std::string> names_of(const Context& context, const NoticePage& page) {
    std::set<RecordId> people;
    for (const Notice& notice : page.notices)
        if (notice.who) people.insert(notice.who);
    if (people.empty() || context.model->find("employee") == nullptr) return {};
    return context.services.records.titles("employee", std::vector<RecordId>(people.begin(), people.end()));
}

void write_reference(JsonWriter& json, RecordId id, const std::string* title) {
    if (title == nullptr) {
        json.null();
        return;
    }
    json.begin_object().key("id").id(id).key("title").string(*title).end_object();
}

Response list(Context& context) {
    RecordId before;
    if (const auto after = context.request.query_value("after"); after && !after->empty()) before = id_of(*after);
    const NoticePage page = context.services.notices.of(context.caller.employee(), before,
                                                        integer_query(context.request, "limit", 20, 1, 100));
    const auto titles = seen_titles(context, page);
    const auto names = names_of(context, page);
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("notices").begin_array();
    for (const Notice& notice : page.notices) {
        const auto title = titles.find(notice.record);
        const auto name = names.find(notice.who);
        json.begin_object();
        json.key("id").id(notice.id).key("at").timestamp(notice.at);
        json.key("object").string(notice.object).key("operation").string(notice.operation);
        json.key("count").integer(notice.count);
        json.key("record");
        write_reference(json, notice.record, title == titles.end() ? nullptr : &title->second);
        json.key("who");
        write_reference(json, notice.who, name == names.end() ? nullptr : &name->second);
        json.key("read").boolean(notice.read);
        json.end_object();
    }
    json.end_array();
    json.key("next");
    if (page.next)
        json.id(page.next);
    else
        json.null();
    json.key("unread").integer(page.unread).end_object();
    return response;
}

Response mark_read(Context& context) {
    const json::value body = parse_json(context.request.body, {.bytes_max = 64 << 10, .depth_max = 4});
    const json::object& members = object_body(body);
    const json::value* all = members.if_contains("all");
    const json::value* list = members.if_contains("ids");
    if ((all != nullptr) == (list != nullptr) || members.size() != 1) throw bad_request("parameter", {{"name", "ids"}});
    if (all != nullptr && *all != json::value(true)) throw bad_request("parameter", {{"name", "all"}});
    std::vector<RecordId> ids;
    if (list != nullptr) {
        if (!list->is_array() || list->get_array().empty() || list->get_array().size() > ids_max)
            throw bad_request("parameter", {{"name", "ids"}});
        for (const json::value& id : list->get_array()) {
            if (!id.is_string()) throw bad_request("parameter", {{"name", "ids"}});
            ids.push_back(id_of(std::string_view(id.get_string())));
        }
    }
    const RecordId employee = context.caller.employee();
    if (employee) context.services.notices.mark_read(employee, ids);
    Response response;
    JsonWriter json(response.body);
    json.begin_object().key("unread").integer(employee ? context.services.notices.unread(employee) : 0).end_object();
    return response;
}

}  // namespace

void add_notice_routes(Routes& routes) {
    routes.signed_in(Method::get, "/api/notices", about("notices", "What others have given to the caller", "own"),
                     list);
    routes.signed_in(Method::post, "/api/notices/read", about("notices", "Mark own notices as read", "own", "any"),
                     mark_read);
}

}  // namespace gx::api
