#include "record/save_test_support.hpp"

#include <algorithm>
#include <map>

#include "base/json.hpp"
#include "record/schema.hpp"
#include "store/search.hpp"
#include "store/sql_text.hpp"

namespace gx::record::test {
namespace {

using store::identifier;

constexpr std::string_view people_module = R"json({"label": {"zh": "组织", "en": "Organisation"}, "order": 1,
  "objects": ["department", "employee", "region"]})json";
constexpr std::string_view department_json = R"json({"label": {"zh": "部门", "en": "Department"}, "title": "name",
  "fields": {
    "name":   {"type": "text", "required": true, "label": {"zh": "名称", "en": "Name"}},
    "parent": {"type": "department", "tree": true, "label": {"zh": "上级", "en": "Parent"}},
    "head":   {"type": "user", "label": {"zh": "主管", "en": "Head"}}}})json";
constexpr std::string_view employee_json = R"json({"label": {"zh": "员工", "en": "Employee"}, "title": "name",
  "fields": {
    "name":       {"type": "text", "required": true, "search": "person", "label": {"zh": "姓名", "en": "Name"}},
    "department": {"type": "department", "label": {"zh": "部门", "en": "Department"}},
    "manager":    {"type": "user", "label": {"zh": "上级", "en": "Manager"}}}})json";
constexpr std::string_view region_json = R"json({"label": {"zh": "地区", "en": "Region"}, "title": "name",
  "fields": {
    "code":   {"type": "text", "required": true, "unique": true, "label": {"zh": "代码", "en": "Code"}},
    "name":   {"type": "text", "required": true, "label": {"zh": "名称", "en": "Name"}},
    "parent": {"type": "ref", "to": "region", "tree": true, "label": {"zh": "上级", "en": "Parent"}}}})json";
constexpr std::string_view region_csv = "code,name,parent\nsz,苏州,js\njs,江苏,cn\ncn,中国,\n";

constexpr std::string_view deal_module =
    R"json({"label": {"zh": "生意", "en": "Business"}, "order": 2, "uses": ["people"],
  "objects": ["firm", "phase", "deal", "deal_line", "remark", "visit", "audit_entry"]})json";
constexpr std::string_view firm_json =
    R"json({"label": {"zh": "公司", "en": "Firm"}, "title": "name", "number": "F{yyyy}{seq:5}", "owned": true,
  "fields": {
    "number":   {"type": "number", "unique": true, "search": true, "label": {"zh": "编号", "en": "Number"}},
    "name":     {"type": "text", "max": 60, "required": true, "search": "pinyin", "label": {"zh": "名称", "en": "Name"}},
    "mnemonic": {"type": "mnemonic", "of": "name", "label": {"zh": "助记码", "en": "Code"}},
    "phone":    {"type": "phone", "search": true, "label": {"zh": "电话", "en": "Phone"}},
    "tax_code": {"type": "text", "unique": true, "label": {"zh": "税号", "en": "Tax code"}},
    "level":    {"type": "choice", "dictionary": "firm_level", "default": "b", "label": {"zh": "级别", "en": "Level"}},
    "tags":     {"type": "choices", "dictionary": "firm_tag", "label": {"zh": "标签", "en": "Tags"}},
    "helpers":  {"type": "refs", "to": "employee", "label": {"zh": "协作人", "en": "Helpers"}},
    "parent":   {"type": "ref", "to": "firm", "tree": true, "label": {"zh": "上级公司", "en": "Parent"}},
    "address":  {"type": "address", "label": {"zh": "地址", "en": "Address"}},
    "capital":  {"type": "money", "scale": 2, "least": "0", "label": {"zh": "资本", "en": "Capital"}},
    "staff":    {"type": "integer", "label": {"zh": "人数", "en": "Staff"}},
    "rating":   {"type": "decimal", "scale": 1, "label": {"zh": "评分", "en": "Rating"}},
    "founded":  {"type": "date", "label": {"zh": "成立", "en": "Founded"}},
    "met_at":   {"type": "time", "label": {"zh": "会面", "en": "Met"}},
    "listed":   {"type": "boolean", "default": false, "label": {"zh": "上市", "en": "Listed"}},
    "kind":     {"type": "text", "fixed": "rekind", "label": {"zh": "种类", "en": "Kind"}},
    "score":    {"type": "integer", "read_only": true, "label": {"zh": "分数", "en": "Score"}},
    "note":     {"type": "long_text", "label": {"zh": "备注", "en": "Note"}},
    "deals":    {"type": "list", "of": "deal", "by": "firm", "label": {"zh": "生意", "en": "Deals"}}},
  "duplicates": [{"fields": ["name"], "key": "company"}, {"fields": ["phone"]}],
  "actions": {"audit": {"label": {"zh": "审计", "en": "Audit"}, "right": "audit"}},
  "special": {"rekind": {"zh": "更改种类", "en": "Change the kind"}, "audit": {"zh": "审计", "en": "Audit"}},
  "problems": {"no_self": {"zh": "不能这样", "en": "Not so"}}})json";
constexpr std::string_view phase_json =
    R"json({"label": {"zh": "阶段", "en": "Phase"}, "title": "name", "sort": "chance", "audited": true,
  "fields": {
    "code":   {"type": "text", "required": true, "unique": true, "label": {"zh": "代码", "en": "Code"}},
    "name":   {"type": "text", "required": true, "label": {"zh": "名称", "en": "Name"}},
    "chance": {"type": "percent", "scale": 4, "label": {"zh": "概率", "en": "Chance"}}}})json";
constexpr std::string_view phase_records = R"json({"key": "code", "records": [
    {"code": "lead", "name": "线索", "chance": "0.1"}, {"code": "offer", "name": "报价", "chance": "0.5"},
    {"code": "won", "name": "赢单", "chance": "1"}]})json";
constexpr std::string_view deal_json = R"json({"label": {"zh": "生意", "en": "Deal"}, "title": "name", "owned": true,
  "fields": {
    "name":     {"type": "text", "required": true, "search": "pinyin", "label": {"zh": "名称", "en": "Name"}},
    "firm":     {"type": "ref", "to": "firm", "label": {"zh": "公司", "en": "Firm"}},
    "phase":    {"type": "ref", "to": "phase", "required": true, "label": {"zh": "阶段", "en": "Phase"}},
    "amount":   {"type": "money", "scale": 2, "label": {"zh": "金额", "en": "Amount"}},
    "chance":   {"type": "percent", "scale": 4, "default": "=phase.chance", "label": {"zh": "概率", "en": "Chance"}},
    "weighted": {"type": "money", "scale": 2, "formula": "amount * chance", "stored": true, "label": {"zh": "加权", "en": "Weighted"}},
    "state":    {"type": "choice", "dictionary": "deal_state", "default": "open", "label": {"zh": "状态", "en": "State"}},
    "reason":   {"type": "text", "label": {"zh": "原因", "en": "Reason"}},
    "lines":    {"type": "list", "of": "deal_line", "by": "deal", "cascade": true, "label": {"zh": "明细", "en": "Lines"}},
    "remarks":  {"type": "list", "of": "remark", "by": "deal", "cascade": true, "label": {"zh": "备注", "en": "Remarks"}}},
  "rules": [{"when": "state = 'won' and is_empty(reason)", "at": "reason", "problem": "reason_needed"},
            {"when": "state = 'won' and count(lines) = 0", "at": "lines", "problem": "no_lines"}],
  "actions": {"win": {"label": {"zh": "赢单", "en": "Win"}, "right": "change", "when": "state = 'open'", "bulk": true,
                      "params": {"reason": {"type": "text", "max": 20, "required": true, "label": {"zh": "原因", "en": "Reason"}}}}},
  "problems": {"reason_needed": {"zh": "填写原因", "en": "Give a reason"}, "no_lines": {"zh": "先添加明细", "en": "Add a line first"},
               "bad_luck": {"zh": "不吉利", "en": "Bad luck"}}})json";
constexpr std::string_view deal_line_json = R"json({"label": {"zh": "明细", "en": "Line"}, "title": "name",
  "fields": {
    "name":   {"type": "text", "required": true, "label": {"zh": "名称", "en": "Name"}},
    "deal":   {"type": "ref", "to": "deal", "required": true, "label": {"zh": "生意", "en": "Deal"}},
    "amount": {"type": "money", "scale": 2, "label": {"zh": "金额", "en": "Amount"}}}})json";
constexpr std::string_view remark_json = R"json({"label": {"zh": "备注", "en": "Remark"}, "title": "text",
  "timeline": {"at": "at", "title": "text"},
  "fields": {
    "text": {"type": "text", "required": true, "label": {"zh": "内容", "en": "Text"}},
    "at":   {"type": "time", "label": {"zh": "时间", "en": "Time"}},
    "deal": {"type": "ref", "to": "deal", "label": {"zh": "生意", "en": "Deal"}}}})json";
// The platform writes it: who came to the door.
constexpr std::string_view visit_json =
    R"json({"label": {"zh": "来访", "en": "Visit"}, "title": "name", "kept_by_platform": true,
  "fields": {
    "name": {"type": "text", "label": {"zh": "访客", "en": "Visitor"}},
    "firm": {"type": "ref", "to": "firm", "label": {"zh": "公司", "en": "Firm"}}}})json";
// The columns of the real one.
constexpr std::string_view audit_entry_json =
    R"json({"label": {"zh": "审计", "en": "Audit"}, "title": "subject", "kept_by_platform": true,
  "fields": {
    "subject":      {"type": "text", "label": {"zh": "内容", "en": "Subject"}},
    "at":           {"type": "time", "label": {"zh": "时间", "en": "Time"}},
    "kind":         {"type": "text", "label": {"zh": "类型", "en": "Kind"}},
    "outcome":      {"type": "text", "label": {"zh": "结果", "en": "Outcome"}},
    "login":        {"type": "text", "label": {"zh": "登录名", "en": "Login"}},
    "user_account": {"type": "integer", "label": {"zh": "账号", "en": "Account"}},
    "address":      {"type": "text", "label": {"zh": "地址", "en": "Address"}},
    "object":       {"type": "choice", "dictionary": "object", "label": {"zh": "对象", "en": "Object"}},
    "record":       {"type": "text", "label": {"zh": "记录", "en": "Record"}},
    "rows":         {"type": "integer", "label": {"zh": "数量", "en": "Count"}},
    "detail":       {"type": "long_text", "label": {"zh": "详细", "en": "Details"}},
    "seq":          {"type": "integer", "label": {"zh": "序号", "en": "Place"}},
    "hash":         {"type": "text", "label": {"zh": "校验值", "en": "Digest"}}},
  "indexes": [["seq"]]})json";
constexpr std::string_view firm_level = R"json({"code": "firm_level", "label": {"zh": "级别", "en": "Level"},
  "items": [{"code": "a", "zh": "甲", "en": "A"}, {"code": "b", "zh": "乙", "en": "B"}]})json";
constexpr std::string_view firm_tag = R"json({"code": "firm_tag", "label": {"zh": "标签", "en": "Tag"},
  "items": [{"code": "vip", "zh": "贵宾", "en": "VIP"}, {"code": "new", "zh": "新", "en": "New"}, {"code": "old", "zh": "老", "en": "Old"}]})json";
constexpr std::string_view deal_state = R"json({"code": "deal_state", "label": {"zh": "状态", "en": "State"},
  "items": [{"code": "open", "zh": "进行", "en": "Open"}, {"code": "won", "zh": "赢", "en": "Won"}, {"code": "lost", "zh": "输", "en": "Lost"}]})json";

}  // namespace

std::vector<meta::Source> small_company() {
    const auto source = [](std::string file, std::string_view text) {
        return meta::Source{std::move(file), std::string(text)};
    };
    return {source("modules/people/module.json", people_module),
            source("modules/people/department/department.json", department_json),
            source("modules/people/employee/employee.json", employee_json),
            source("modules/people/region/region.json", region_json),
            source("modules/people/region/region.records.csv", region_csv),
            source("modules/deals/module.json", deal_module),
            source("modules/deals/firm/firm.json", firm_json),
            source("modules/deals/firm/firm_level.dictionary.json", firm_level),
            source("modules/deals/firm/firm_tag.dictionary.json", firm_tag),
            source("modules/deals/phase/phase.json", phase_json),
            source("modules/deals/phase/phase.records.json", phase_records),
            source("modules/deals/deal/deal.json", deal_json),
            source("modules/deals/deal/deal_state.dictionary.json", deal_state),
            source("modules/deals/deal_line/deal_line.json", deal_line_json),
            source("modules/deals/remark/remark.json", remark_json),
            source("modules/deals/visit/visit.json", visit_json),
            source("modules/deals/audit_entry/audit_entry.json", audit_entry_json)};
}

meta::ModelPtr small_model() {
    meta::Loaded loaded = meta::load(small_company());
    for (const meta::Mistake& mistake : loaded.mistakes)
        ADD_FAILURE() << mistake.file << ":" << mistake.line << ": " << mistake.what;
    return loaded.model;
}

void register_small_behaviours(Behaviours& behaviours) {
    behaviours.of("firm").action("audit",
                                 [](Draft& firm, const Params&) { firm.set_value("kind", std::string("audited")); });
    behaviours.of("deal")
        .needs("phase.chance")
        .needs("phase.code")
        .before_save([](Draft& deal) {
            if (deal.is_removal()) return;
            if (!deal.is_new() && deal.changed("phase")) deal.set_value("chance", deal.linked("phase.chance"));
            const auto* name = std::get_if<std::string>(&deal.value("name"));
            if (name != nullptr && name->find("13") != std::string::npos) deal.add_problem("name", "bad_luck");
            // Reaching the last phase leaves a remark, which is a record of its own.
            if (deal.changed("phase") && deal.linked("phase.code") == Value(std::string("won"))) {
                Draft& remark = deal.add("remark");
                remark.set_value("text", std::string("reached the end"));
                remark.set_value("deal", deal.id());
            }
        })
        .action("win", [](Draft& deal, const Params& params) {
            deal.set_value("state", std::string("won"));
            deal.set_value("reason", params.find("reason")->second);
        });
}

Office::Office(store::Store& store, unsigned node)
    : store_(store), clock_(*parse_timestamp("2026-11-24T02:00:00Z")), ids_(clock_, node), model_(small_model()) {
    register_small_behaviours(behaviours_);
    records_ = std::make_unique<Records>(
        Parts{store_, clock_, ids_, [this] { return model_; }, "Asia/Shanghai", Currency{}}, behaviours_);
    records_->prepare();
    boss_.grants = access::system_grants(RecordId{1}, RecordId{}, RecordId{});
    boss_.zone = std::make_shared<const TimeZone>("Asia/Shanghai");
}

void Office::hire() {
    north = create("department", {{"name", std::string("North")}});
    south = create("department", {{"name", std::string("South")}});
    anna = create("employee", {{"name", std::string("Anna")}, {"department", north}});
    ben = create("employee", {{"name", std::string("Ben")}, {"department", north}});
    cora = create("employee", {{"name", std::string("Cora")}, {"department", south}});
    boss_.grants = access::system_grants(RecordId{1}, anna, north);
}

namespace {

std::shared_ptr<access::Grants> grants_at(RecordId employee, RecordId department) {
    auto grants = std::make_shared<access::Grants>();
    grants->user = RecordId{employee.value + 1'000'000};
    grants->employee = employee;
    grants->department = department;
    grants->departments = {department};
    grants->departments_below = {department};
    grants->team_members = {employee};
    return grants;
}

}  // namespace

Caller Office::holder(RecordId employee, RecordId department, const std::vector<std::string>& roles) const {
    std::vector<access::RoleRights> rights;
    for (const std::string& role : roles) rights.push_back(access::parse_role_rights(parse_json(role)));
    std::vector<access::NamedRole> named;
    for (const access::RoleRights& role : rights) named.push_back({"role" + std::to_string(named.size()), &role});
    auto grants = grants_at(employee, department);
    grants->rights = access::join(*model_, named);
    Caller caller = boss_;
    caller.grants = std::move(grants);
    return caller;
}

Caller Office::person(RecordId employee, RecordId department, access::Scope scope) const {
    auto grants = grants_at(employee, department);
    access::RoleRights role;
    for (const meta::Object& object : model_->objects()) {
        using access::Verb;
        const access::VerbRight widest{object.owned ? scope : access::Scope::all, {}};
        role.objects[object.name] = {
            {Verb::view, widest}, {Verb::add, widest}, {Verb::change, widest}, {Verb::remove, widest}};
    }
    grants->rights = access::join(*model_, {{"role", &role}});
    Caller caller = boss_;
    caller.grants = std::move(grants);
    return caller;
}

RecordId Office::create(std::string object, Values values) {
    return create(boss_, std::move(object), std::move(values));
}

RecordId Office::create(const Caller& caller, std::string object, Values values) {
    Change change;
    change.object = std::move(object);
    change.values = std::move(values);
    return records_->save(caller, {&change, 1}, {}).ids.at(0);
}

Saved Office::change(const Caller& caller, std::string object, RecordId id, Values values,
                     std::optional<std::int64_t> version) {
    Change change;
    change.object = std::move(object);
    change.id = id;
    change.version = version;
    change.values = std::move(values);
    return records_->save(caller, {&change, 1}, {});
}

Saved Office::remove(const Caller& caller, std::string object, RecordId id) {
    Change change;
    change.object = std::move(object);
    change.id = id;
    change.remove = true;
    return records_->save(caller, {&change, 1}, {});
}

std::string Office::cell(const std::string& table, RecordId id, const std::string& column) {
    std::string text = "gone";
    store_.read([&](store::Connection& connection) {
        connection.query(
            {"select cast(" + identifier(column) + " as text) from " + identifier(table) + " where id = ?", {id.value}},
            [&](const store::Row& row) {
                text = row.is_null(0) ? "null" : std::string(row.text(0));
                return false;
            });
    });
    return text;
}

std::int64_t Office::number(const std::string& sql) {
    std::int64_t number = 0;
    store_.read([&](store::Connection& connection) {
        connection.query({sql, {}}, [&](const store::Row& row) {
            number = row.integer(0);
            return false;
        });
    });
    return number;
}

std::string Office::dump(bool with_platform_tables) {
    const store::Schema schema = schema_of(*model_);
    std::string all;
    store_.read([&](store::Connection& connection) {
        for (const store::Table& table : schema.tables) {
            const bool platform = model_->find(table.name) == nullptr && table.columns.size() != 2;
            if (platform && !with_platform_tables) continue;
            std::vector<std::string> rows;
            std::string columns;
            for (const store::TableColumn& column : table.columns)
                columns += (columns.empty() ? "" : ", ") + identifier(column.name);
            connection.query({"select " + columns + " from " + identifier(table.name), {}}, [&](const store::Row& row) {
                std::string line;
                for (std::size_t i = 0; i < table.columns.size(); ++i) {
                    const int column = static_cast<int>(i);
                    line += row.is_null(column)     ? "null"
                            : table.columns[i].text ? std::string(row.text(column))
                                                    : std::to_string(row.integer(column));
                    line += '|';
                }
                rows.push_back(std::move(line));
                return true;
            });
            std::sort(rows.begin(), rows.end());
            all += "== " + table.name + '\n';
            for (const std::string& row : rows) all += row + '\n';
        }
    });
    return all;
}

std::vector<std::string> Office::history(const std::string& object, RecordId id) {
    std::vector<std::string> changes;
    store_.read([&](store::Connection& connection) {
        connection.query(
            {"select changes from history where object = ? and record = ? order by version", {object, id.value}},
            [&](const store::Row& row) {
                changes.push_back(row.is_null(0) ? "created" : std::string(row.text(0)));
                return true;
            });
    });
    return changes;
}

std::vector<RecordId> Office::found(const std::string& object, std::string_view typed) {
    std::vector<RecordId> ids;
    const std::vector<QueryWord> words = query_words(typed);
    store_.read([&](store::Connection& connection) {
        store::Sql sql{"select c.id from " + identifier(object) + " c where ", {}};
        sql += store::search_condition(connection.dialect(), object, "c", words);
        sql += " order by c.id";
        connection.query(sql, [&](const store::Row& row) {
            ids.push_back(RecordId{row.integer(0)});
            return true;
        });
    });
    return ids;
}

std::vector<std::string> problems_of(FunctionRef<void()> work) {
    std::vector<std::string> problems;
    try {
        work();
    } catch (const Failure& failure) {
        for (const Problem& problem : failure.problems()) problems.push_back(problem.field + ":" + problem.rule);
        if (problems.empty()) problems.push_back("failure:" + failure.key());
    }
    std::sort(problems.begin(), problems.end());
    return problems;
}

std::optional<Failure::Kind> failure_of(FunctionRef<void()> work) {
    try {
        work();
    } catch (const Failure& failure) {
        return failure.kind();
    }
    return std::nullopt;
}

}  // namespace gx::record::test
