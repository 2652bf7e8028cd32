#include "meta/declarations_test_support.hpp"

#include <stdexcept>

namespace gx::meta::testing {

std::vector<Source> declarations() {
    return {
        {"modules/sales/module.json",
         R"json({ "label": {"zh": "销售", "en": "Sales"}, "icon": "target", "order": 10, "uses": ["people"],
  "objects": ["customer"] }
)json"},
        {"modules/people/module.json", R"json({ "label": {"zh": "人员", "en": "People"} })json"},
        {"modules/people/employee/employee.json", R"json({ "label": {"zh": "员工", "en": "Employee"}, "title": "name",
  "fields": {
    "name": {"type": "text", "label": {"zh": "姓名", "en": "Name"}, "search": "person"},
    "department": {"type": "department", "label": {"zh": "部门", "en": "Department"}} } }
)json"},
        {"modules/people/department/department.json",
         R"json({ "label": {"zh": "部门", "en": "Department"}, "title": "name",
  "fields": {
    "name": {"type": "text", "label": {"zh": "名称", "en": "Name"}},
    "parent": {"type": "department", "tree": true, "label": {"zh": "上级", "en": "Parent"}} } }
)json"},
        {"modules/sales/customer/customer.json", R"json(// A customer.
{ "label": {"zh": "客户", "en": "Customer"}, "plural": {"zh": "客户", "en": "Customers"}, "icon": "building",
  "title": "name", "number": "KH{yyyy}{seq:6}", "owned": true,
  "fields": {
    "number":   {"type": "number", "label": {"zh": "编号", "en": "Number"}},
    "name":     {"type": "text", "max": 20, "required": true, "search": "pinyin", "label": {"zh": "名称", "en": "Name"}},
    "mnemonic": {"type": "mnemonic", "of": "name", "label": {"zh": "助记码", "en": "Mnemonic"}},
    "size":     {"type": "choice", "dictionary": "size", "default": "small", "label": {"zh": "规模", "en": "Size"}},
    "tags":     {"type": "choices", "dictionary": "size", "label": {"zh": "标签", "en": "Tags"}},
    "level":    {"type": "ref", "to": "level", "label": {"zh": "级别", "en": "Level"}},
    "friends":  {"type": "refs", "to": "customer", "label": {"zh": "伙伴", "en": "Friends"}},
    "staff":    {"type": "integer", "least": 0, "label": {"zh": "人数", "en": "Staff"}},
    "weight":   {"type": "decimal", "scale": 3, "label": {"zh": "重量", "en": "Weight"}},
    "credit":   {"type": "money", "scale": 2, "least": "0", "sensitive": true, "label": {"zh": "信用", "en": "Credit"}},
    "discount": {"type": "percent", "most": 1, "default": "=level.discount", "label": {"zh": "折扣", "en": "Discount"}},
    "founded":  {"type": "date", "label": {"zh": "成立", "en": "Founded"}},
    "seen_at":  {"type": "time", "label": {"zh": "拜访时间", "en": "Seen at"}},
    "active":   {"type": "boolean", "default": true, "label": {"zh": "启用", "en": "Active"}},
    "phone":    {"type": "phone", "label": {"zh": "电话", "en": "Phone"}},
    "email":    {"type": "email", "label": {"zh": "邮箱", "en": "E-mail"}},
    "website":  {"type": "url", "label": {"zh": "网址", "en": "Web site"}},
    "code":     {"type": "text", "pattern": "[A-Z]{2}\\d{1,4}", "label": {"zh": "代码", "en": "Code"}},
    "address":  {"type": "address", "group": "reach", "label": {"zh": "地址", "en": "Address"}},
    "note":     {"type": "long_text", "group": "reach", "label": {"zh": "备注", "en": "Note"}},
    "scan":     {"type": "file", "label": {"zh": "扫描件", "en": "Scan"}},
    "backup":   {"type": "user", "label": {"zh": "后备", "en": "Backup"}},
    "branch":   {"type": "department", "label": {"zh": "部门", "en": "Branch"}},
    "grade":    {"type": "decimal", "formula": "staff * 2", "stored": true, "label": {"zh": "评分", "en": "Grade"}},
    "score":    {"type": "decimal", "formula": "grade + 1", "stored": true, "label": {"zh": "得分", "en": "Score"}},
    "rank_of_level": {"type": "integer", "lookup": "level.order", "label": {"zh": "级别序号", "en": "Rank"}},
    "total":    {"type": "money", "formula": "sum(lines.amount)", "label": {"zh": "合计", "en": "Total"}},
    "secret":   {"type": "text", "hidden": true, "label": {"zh": "内部", "en": "Internal"}},
    "lines":    {"type": "list", "of": "line", "by": "customer", "label": {"zh": "明细", "en": "Lines"}} },
  "groups": {"base": {"zh": "基本", "en": "Basics"}, "reach": {"zh": "联系", "en": "Reach"}},
  "indexes": [["owner", "updated_at"], {"fields": ["code"], "unique": true}],
  "rules": [{"when": "staff > 10 and is_empty(level)", "at": "level", "problem": "level_needed"}],
  "actions": {"close": {"label": {"zh": "关闭", "en": "Close"}, "right": "change", "when": "active",
    "params": {"reason": {"type": "text", "required": true, "label": {"zh": "原因", "en": "Reason"}}}},
    "rename": {"label": {"zh": "更名", "en": "Rename"}, "right": "rename"}},
  "duplicates": [{"fields": ["name"], "key": "company"}],
  "special": {"rename": {"zh": "更正名称", "en": "Correct the name"}},
  "problems": {"level_needed": {"zh": "需要级别", "en": "Needs a level"}} }
)json"},
        {"modules/sales/level/level.json", R"json({ "label": {"zh": "级别", "en": "Level"}, "title": "name",
  "fields": {
    "code": {"type": "text", "unique": true, "label": {"zh": "代码", "en": "Code"}},
    "name": {"type": "text", "required": true, "label": {"zh": "名称", "en": "Name"}},
    "order": {"type": "integer", "label": {"zh": "顺序", "en": "Order"}},
    "discount": {"type": "percent", "label": {"zh": "折扣", "en": "Discount"}} } }
)json"},
        {"modules/sales/line/line.json", R"json({ "label": {"zh": "明细", "en": "Line"}, "title": "name",
  "fields": {
    "name": {"type": "text", "label": {"zh": "名称", "en": "Name"}},
    "customer": {"type": "ref", "to": "customer", "label": {"zh": "客户", "en": "Customer"}},
    "amount": {"type": "money", "label": {"zh": "金额", "en": "Amount"}} } }
)json"},
        {"modules/sales/customer/size.dictionary.json", R"json({ "code": "size", "label": {"zh": "规模", "en": "Size"},
  "items": [
    {"code": "small", "zh": "小型", "en": "Small", "color": "gray"},
    {"code": "large", "zh": "大型", "en": "Large"},
    {"code": "old", "zh": "旧", "en": "Old", "active": false}] }
)json"},
        {"modules/sales/customer/customer.layout.json", R"json({
  "compact": ["owner", "size", "credit"],
  "form": {"sections": [{"t": "section", "key": "base", "items": [{"f": "name", "span": 2}, {"f": "credit", "show": "active"}]}]},
  "record": {"left": [{"t": "section", "key": "base", "items": [{"f": "name"}]}], "main": [{"t": "timeline"}],
    "right": [{"t": "related", "field": "lines", "limit": 5}]},
  "path": {"field": "size"},
  "views": [
    {"code": "all", "label": {"zh": "全部", "en": "All"}, "kind": "table", "columns": ["name", "credit", "owner"],
     "filter": null, "sort": [["level.order", "asc"], ["updated_at", "desc"]], "default": true},
    {"code": "rich", "label": {"zh": "大户", "en": "Rich"}, "kind": "table", "columns": ["name"],
     "filter": {"and": [["credit", "not_empty"]]}},
    {"code": "board", "label": {"zh": "看板", "en": "Board"}, "kind": "board", "group": "size", "card": ["name", "credit"], "sum": ["credit"]}] }
)json"},
        {"modules/sales/level/level.records.json", R"json({ "key": "code",
  "records": [
    {"code": "a", "name": "一级", "discount": "0.1", "order": 1},
    {"code": "b", "name": "二级"}] }
)json"},
        {"modules/people/department/department.records.csv", "name,parent\n总部,\n\"华东, 上海\",总部\n"},
        {"modules/people/employee/seller.role.json",
         R"json({ "code": "seller", "label": {"zh": "销售", "en": "Seller"}, "order": 1, "administrator": false,
  "objects": {"*": {"view": "all"}, "customer": {"view": "own", "add": "all"}},
  "special": ["customer.rename"], "fields": ["customer.credit"] }
)json"},
    };
}

std::vector<Source> changed(std::string_view file, std::string_view from, std::string_view to) {
    std::vector<Source> sources = declarations();
    for (Source& source : sources) {
        if (!source.file.ends_with(file)) continue;
        const std::size_t at = source.text.find(from);
        if (at == std::string::npos || source.text.find(from, at + 1) != std::string::npos)
            throw std::logic_error("not there exactly once: " + std::string(from));
        source.text.replace(at, from.size(), to);
        return sources;
    }
    throw std::logic_error("no file " + std::string(file));
}

std::vector<Source> with(std::string file, std::string text) {
    std::vector<Source> sources = declarations();
    sources.push_back({std::move(file), std::move(text)});
    return sources;
}

std::string mistakes_of(const std::vector<Source>& sources) {
    std::string all;
    for (const Mistake& mistake : load(sources).mistakes)
        all += (all.empty() ? "" : "\n") + mistake.file + ':' + std::to_string(mistake.line) + ": " + mistake.what;
    return all;
}

ModelPtr model_of(const std::vector<Source>& sources) {
    Loaded loaded = load(sources);
    if (!loaded.model) throw std::logic_error(mistakes_of(sources));
    return loaded.model;
}

}  // namespace gx::meta::testing
