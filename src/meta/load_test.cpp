#include "meta/load.hpp"

#include <gtest/gtest.h>

#include "base/failure.hpp"
#include "meta/declarations_test_support.hpp"
#include "meta/expr_scope.hpp"

namespace gx::meta {
namespace {

using testing::changed;
using testing::declarations;
using testing::mistakes_of;
using testing::model_of;
using testing::with;

TEST(Load, TurnsDeclarationsIntoAModel) {
    const ModelPtr model = model_of(declarations());

    const Object& customer = model->object("customer");
    EXPECT_EQ(customer.area, "sales");
    EXPECT_EQ(customer.plural.en, "Customers");
    EXPECT_TRUE(customer.owned);
    EXPECT_TRUE(customer.searchable);
    EXPECT_FALSE(customer.tree);
    EXPECT_TRUE(model->object("department").tree);
    EXPECT_EQ(customer.field("name").length_max, 20u);
    EXPECT_TRUE(customer.field("name").pinyin);
    EXPECT_TRUE(model->object("employee").field("name").person);
    EXPECT_EQ(customer.field("size").default_value, Value(std::string("small")));
    EXPECT_TRUE(customer.field("discount").default_expression);
    EXPECT_EQ(customer.field("credit").least, (Decimal{0, 0}));
    EXPECT_EQ(customer.field("lines").to, "line");
    EXPECT_EQ(customer.rules.at(0).problem, "level_needed");
    EXPECT_EQ(customer.action("close")->params.at(0).name, "reason");
    EXPECT_EQ(customer.special_labels.at("rename").en, "Correct the name");
    EXPECT_EQ(customer.views.size(), 3u);
    EXPECT_TRUE(customer.indexes.at(1).unique);
    EXPECT_FALSE(model->find("unheard_of"));
    EXPECT_THROW(model->object("unheard_of"), Failure);
}

TEST(Load, AppendsTheSystemFieldsBehindTheDeclaredOnes) {
    const ModelPtr model = model_of(declarations());

    std::vector<std::string> names;
    for (const Field& field : model->object("customer").fields)
        if (field.system) names.push_back(field.name);
    EXPECT_EQ(names, (std::vector<std::string>{"owner", "owner_department", "id", "version", "created_by", "created_at",
                                               "updated_by", "updated_at", "deleted_at"}));
    EXPECT_EQ(model->object("customer").fields.back().name, "deleted_at");
    EXPECT_FALSE(model->object("level").find("owner"));

    const Field& owner = model->object("customer").field("owner");
    EXPECT_EQ(owner.label.zh, "负责人");
    EXPECT_FALSE(owner.read_only);
    EXPECT_TRUE(owner.fixed);
    ASSERT_TRUE(owner.default_expression);
    EXPECT_EQ(expr::to_source(*owner.default_expression), "me()");
    EXPECT_TRUE(model->object("customer").field("owner_department").read_only);
}

TEST(Load, PutsAFormulaBehindTheFormulasThatItReads) {
    const ModelPtr model = model_of(declarations());
    const Object& customer = model->object("customer");

    EXPECT_EQ(customer.formula_order,
              (std::vector<std::uint32_t>{customer.field("grade").index, customer.field("score").index}));
    EXPECT_TRUE(customer.field("grade").has_column());
    EXPECT_FALSE(customer.field("total").has_column());
    EXPECT_TRUE(customer.field("rank_of_level").read_only);
}

TEST(Load, DerivesLayoutAndViewWhenNoneIsDeclared) {
    const ModelPtr model = model_of(changed("customer.layout.json", R"("compact": ["owner", "size", "credit"],)", ""));
    const json::object& layout = model->object("level").layout.get_object();

    EXPECT_EQ(json::serialize(layout.at("compact")), R"(["code","order","discount"])");
    EXPECT_EQ(json::serialize(layout.at("form")),
              R"({"sections":[{"t":"section","key":"base","label":{"zh":"基本信息","en":"Basics"},"cols":2,)"
              R"("items":[{"f":"name"},{"f":"code"},{"f":"order"},{"f":"discount"}]}]})");
    const json::object& record = layout.at("record").get_object();
    EXPECT_EQ(json::serialize(record.at("main")), R"([{"t":"timeline"}])");
    EXPECT_EQ(record.at("left").get_array().back().get_object().at("key").get_string(), "system");
    const View& view = model->object("level").views.at(0);
    EXPECT_EQ(view.code, "all");
    EXPECT_EQ(view.columns, (std::vector<std::string>{"name", "code", "order", "discount", "updated_at"}));
    EXPECT_EQ(view.sort, (std::vector<std::pair<std::string, bool>>{{"updated_at", true}}));
    EXPECT_EQ(json::serialize(model->object("customer").layout.get_object().at("compact")),
              R"(["owner","number","size","tags","level"])");
    EXPECT_EQ(json::serialize(model->object("department").layout.get_object().at("record").get_object().at("right")),
              "[]");
}

TEST(Load, KeepsShippedRecordsAndRoles) {
    const ModelPtr model = model_of(declarations());

    ASSERT_EQ(model->shipped_records().size(), 2u);
    const ShippedRecords& departments = model->shipped_records().at(0);
    EXPECT_EQ(departments.object, "department");
    EXPECT_EQ(departments.key, "name");
    EXPECT_TRUE(departments.from_text);
    EXPECT_EQ(departments.rows.at(1).at("name").as_string(), "华东, 上海");
    EXPECT_FALSE(departments.rows.at(0).contains("parent"));
    EXPECT_EQ(model->shipped_records().at(1).rows.at(0).at("discount").as_string(), "0.1");
    EXPECT_EQ(model->roles().at("seller").at("objects").at("customer").at("view").as_string(), "own");
}

TEST(Load, ReadsShippedTablesWithMarkLineEndsAndQuotes) {
    std::vector<Source> sources = declarations();
    for (Source& source : sources)
        if (source.file.ends_with(".csv")) source.text = "\xEF\xBB\xBFname,parent\r\n\"a \"\"b\"\"\",\r\n\r\nc,a\r\n";

    const ModelPtr model = model_of(sources);
    const ShippedRecords& departments = model->shipped_records().at(0);
    ASSERT_EQ(departments.rows.size(), 2u);
    EXPECT_EQ(departments.rows.at(0).at("name").as_string(), "a \"b\"");
    EXPECT_EQ(departments.rows.at(1).at("parent").as_string(), "a");

    for (Source& source : sources)
        if (source.file.ends_with(".csv")) source.text = "name,parent\n\"two\nlines\",\nx,y,z\n";
    EXPECT_EQ(mistakes_of(sources),
              "modules/people/department/department.records.csv:4: has 3 cells, the heading has 2");
}

TEST(Load, GivesTheSameVersionForTheSameDeclarationsAndAnotherForOthers) {
    std::vector<Source> backwards = declarations();
    std::reverse(backwards.begin(), backwards.end());

    const std::string version = model_of(declarations())->version();

    EXPECT_EQ(version.size(), 20u);
    EXPECT_EQ(model_of(backwards)->version(), version);
    EXPECT_NE(model_of(changed("level.json", "\"Order\"", "\"Position\""))->version(), version);
}

TEST(Load, PutsStoredDictionariesInPlaceOfTheShippedOnes) {
    const ModelPtr shipped = model_of(declarations());
    Dictionary size = shipped->dictionary("size");
    size.items.push_back({"huge", {"特大", "Huge"}, "red", true, false, nullptr});

    const ModelPtr model = with_dictionaries(shipped, {{"size", size}});

    EXPECT_FALSE(shipped->dictionary("size").find("huge"));
    ASSERT_TRUE(model->dictionary("size").find("huge"));
    EXPECT_EQ(model->dictionary("size").find_leniently("特大")->code, "huge");
    EXPECT_NE(model->version(), shipped->version());
    EXPECT_EQ(with_dictionaries(model, {{"size", size}})->version(), model->version());
    EXPECT_TRUE(model->find("customer"));
}

TEST(Load, KeepsWhatIsDeclaredWithAnOptionWhenItsTextsAreStored) {
    const ModelPtr shipped =
        model_of(changed("size.dictionary.json", R"("color": "gray")", R"("color": "gray", "extra": {"mark": "S"})"));
    Dictionary size = shipped->dictionary("size");
    for (DictionaryItem& item : size.items) item.extra = nullptr;

    const ModelPtr model = with_dictionaries(shipped, {{"size", size}});

    EXPECT_EQ(json::serialize(model->dictionary("size").find("small")->extra), R"({"mark":"S"})");
    EXPECT_TRUE(model->dictionary("size").find("large")->extra.is_null());
}

TEST(Load, ResolvesPathsThroughReferencesAndLists) {
    const ModelPtr model = model_of(declarations());
    const ObjectScope scope(*model, model->object("customer"));

    EXPECT_EQ(scope.type_of({"staff"}), expr::Type::number);
    EXPECT_EQ(scope.type_of({"level", "name"}), expr::Type::text);
    EXPECT_EQ(scope.type_of({"owner", "department", "parent", "name"}), expr::Type::text);
    EXPECT_EQ(scope.type_of({"lines", "amount"}), expr::Type::money);
    EXPECT_EQ(scope.type_of({"created_at"}), expr::Type::timestamp);
    EXPECT_EQ(scope.type_of({"id"}), expr::Type::id);
    EXPECT_EQ(scope.type_of({"tags"}), expr::Type::codes);
    EXPECT_FALSE(scope.type_of({"nothing"}));
    EXPECT_FALSE(scope.type_of({"staff", "name"}));
    EXPECT_FALSE(scope.type_of({"lines", "customer", "lines", "amount"})) << "children of children count twice";
    EXPECT_FALSE(scope.type_of({"id", "id", "id", "id", "id", "id", "name"})) << "longer than a path may be";
    EXPECT_TRUE(resolve(*model, model->object("customer"), {"lines", "amount"}).through_list);
}

TEST(Load, TellsAllMistakesOfAllFilesAtOnceInOrder) {
    std::vector<Source> sources = changed("level.json", R"("type": "text", "unique")", R"("type": "txt", "unique")");
    for (Source& source : sources)
        if (source.file.ends_with("line.json"))
            source.text.replace(source.text.find("\"to\": \"customer\""), 16, "\"to\": \"client\"");

    EXPECT_EQ(mistakes_of(sources),
              "modules/sales/customer/customer.json:33: field lines: field 'customer' of 'line' does not refer to "
              "'customer'\n"
              "modules/sales/level/level.json:3: field code: unknown type 'txt'\n"
              "modules/sales/line/line.json:4: field customer: there is no object 'client'");
}

TEST(Load, KnowsWhatThePlatformKeepsAndWhatARoleMustName) {
    const ModelPtr model = model_of(changed("line.json", R"("title": "name",)",
                                            R"("title": "name", "kept_by_platform": true, "restricted": true,)"));

    EXPECT_TRUE(model->object("line").kept_by_platform);
    EXPECT_TRUE(model->object("line").restricted);
    EXPECT_FALSE(model->object("customer").kept_by_platform);
    EXPECT_FALSE(model->object("customer").restricted);
}

TEST(Load, RefusesWhatOnlyASaveCouldDoWhereNobodySaves) {
    std::vector<Source> sources =
        changed("level.json", R"("title": "name",)", R"("title": "name", "kept_by_platform": true, "actions": {},)");

    EXPECT_EQ(mistakes_of(sources),
              "modules/sales/level/level.json:1: 'actions' has no meaning where 'kept_by_platform' is true: nobody "
              "saves\n"
              "modules/sales/level/level.json:4: field name: 'required' has no meaning where 'kept_by_platform' is "
              "true: nobody saves\n"
              "modules/sales/level/level.records.json:1: the records of 'level' are kept by the platform and cannot be "
              "shipped");
}

// ── one case a kind of mistake ─────────────────────────────────────────────────────────────────────────────────────

struct MistakeCase {
    const char* name;
    const char* file;
    const char* from;
    const char* to;
    const char* mistakes;
};
void PrintTo(const MistakeCase& one, std::ostream* out) { *out << one.name; }

class Mistakes : public ::testing::TestWithParam<MistakeCase> {};

TEST_P(Mistakes, AreToldWithFileAndLine) {
    EXPECT_EQ(mistakes_of(changed(GetParam().file, GetParam().from, GetParam().to)), GetParam().mistakes);
}

#define GX_AT(line) "modules/sales/customer/customer.json:" line ": "
#define GX_LAYOUT(line) "modules/sales/customer/customer.layout.json:" line ": "
#define GX_LEVEL(line) "modules/sales/level/level.json:" line ": "

INSTANTIATE_TEST_SUITE_P(
    Field, Mistakes,
    ::testing::Values(
        MistakeCase{"UnknownType", "customer.json", R"("type": "date")", R"("type": "day")",
                    GX_AT("16") "field founded: unknown type 'day'"},
        MistakeCase{"UnknownAttribute", "customer.json", R"("max": 20)", R"("maximum": 20)",
                    GX_AT("6") "field name: unknown attribute 'maximum'"},
        MistakeCase{"AttributeOfAnotherType", "customer.json", R"("type": "date",)", R"("type": "date", "scale": 2,)",
                    GX_AT("16") "field founded: 'scale' has no meaning for type date"},
        MistakeCase{"NoLabel", "customer.json", R"("type": "date", "label": {"zh": "成立", "en": "Founded"})",
                    R"("type": "date")", GX_AT("16") "field founded: 'label' is missing"},
        MistakeCase{"NoEnglishLabel", "customer.json", R"({"zh": "成立", "en": "Founded"})", R"({"zh": "成立"})",
                    GX_AT("16") "field founded: label: no text in en"},
        MistakeCase{"EmptyChineseLabel", "customer.json", R"({"zh": "成立", "en": "Founded"})",
                    R"({"zh": "", "en": "Founded"})", GX_AT("16") "field founded: label: no text in zh"},
        MistakeCase{"UnknownTarget", "customer.json", R"("to": "level")", R"("to": "grade")",
                    GX_AT("10") "field level: there is no object 'grade'\n" GX_AT(
                        "15") "field discount: 'default': Mistake in the expression at character 1: there is no field "
                              "“level.discount”\n" GX_AT("30") "field rank_of_level: 'lookup': Mistake in the "
                                                               "expression at character 1: there is no field "
                                                               "“level.order”\n" GX_LAYOUT("9") "view all: sort: there "
                                                                                                "is no field "
                                                                                                "'level.order'"},
        MistakeCase{"UnknownDictionary", "customer.json", R"("type": "choices", "dictionary": "size")",
                    R"("type": "choices", "dictionary": "sizes")",
                    GX_AT("9") "field tags: there is no dictionary 'sizes'"},
        MistakeCase{"ListByUnknownField", "customer.json", R"("by": "customer")", R"("by": "client")",
                    GX_AT("33") "field lines: object 'line' has no field 'client'"},
        MistakeCase{"ListByFieldThatRefersElsewhere", "customer.json", R"("of": "line", "by": "customer")",
                    R"("of": "employee", "by": "department")",
                    GX_AT("31") "field total: 'formula': Mistake in the expression at character 5: there is no field "
                                "“lines.amount”\n" GX_AT(
                                    "33") "field lines: field 'department' of 'employee' does not refer to 'customer'"},
        MistakeCase{"NotSnakeCase", "customer.json", R"("founded": )", R"("foundedOn": )",
                    GX_AT("16") "field foundedOn: the name is not snake_case"},
        MistakeCase{
            "NameTooLong", "customer.json", R"("founded": )", R"("founded_on_a_day_that_nobody_can_remember_x": )",
            GX_AT("16") "field founded_on_a_day_that_nobody_can_remember_x: the name is longer than 40 characters"},
        MistakeCase{"ReservedName", "customer.json", R"("founded": )", R"("created_at": )",
                    GX_AT("16") "field created_at: the name is kept by the platform or a database"},
        MistakeCase{"DatabaseColumn", "customer.json", R"("founded": )", R"("rowid": )",
                    GX_AT("16") "field rowid: the name is kept by the platform or a database"},
        MistakeCase{"ExpressionWord", "customer.json", R"("founded": )", R"("not": )",
                    GX_AT("16") "field not: the name is a word of the expression language"},
        MistakeCase{
            "MemberOfTheApi", "customer.json", R"("founded": )", R"("rights": )",
            GX_AT("16") "field rights: the name stands for something else in the API; only a hidden field may have it"},
        MistakeCase{"ClashOfColumns", "customer.json", R"("founded": )", R"("credit_currency": )",
                    GX_AT("14") "field credit: its column 'credit_currency' clashes with field 'credit_currency'"},
        MistakeCase{"ClashOfSortColumn", "customer.json", R"("founded": )", R"("name_sort": )",
                    GX_AT("6") "field name: its column 'name_sort' clashes with field 'name_sort'"},
        MistakeCase{"BadPattern", "customer.json", R"([A-Z]{2}\\d{1,4})", R"([A-Z)",
                    GX_AT("22") "field code: 'pattern' cannot be read: missing ']' at character 5"},
        MistakeCase{"BadBound", "customer.json", R"("least": "0")", R"("least": "zero")",
                    GX_AT("14") "field credit: 'least' must be a number, with decimals as text"},
        MistakeCase{"BadDefault", "customer.json", R"("default": "small")", R"("default": "tiny")",
                    GX_AT("8") "field size: 'default': There is no choice “tiny”"},
        MistakeCase{"DefaultOfWrongType", "customer.json", R"("default": true)", R"("default": "yes")",
                    GX_AT("18") "field active: 'default': Needs yes or no"},
        MistakeCase{"DefaultOfReference", "customer.json", R"("to": "level",)", R"("to": "level", "default": "1",)",
                    GX_AT("10") "field level: the default of a reference must be an expression, beginning with '='"},
        MistakeCase{"FlagNotBoolean", "customer.json", R"("required": true, "search")",
                    R"("required": "yes", "search")", GX_AT("6") "field name: 'required' must be true or false"},
        MistakeCase{"MaxNotANumber", "customer.json", R"("max": 20)", R"("max": 0)",
                    GX_AT("6") "field name: 'max' must be a whole number from 1 to 1000000"},
        MistakeCase{"BadSearch", "customer.json", R"("search": "pinyin")", R"("search": "fuzzy")",
                    GX_AT("6") "field name: 'search' must be true, \"pinyin\" or \"person\""},
        MistakeCase{"MnemonicOfUnknownField", "customer.json", R"("of": "name")", R"("of": "title")",
                    GX_AT("7") "field mnemonic: there is no field 'title'"},
        MistakeCase{"UnknownGroup", "customer.json", R"("type": "long_text", "group": "reach")",
                    R"("type": "long_text", "group": "contact")",
                    GX_AT("24") "field note: there is no group 'contact'"},
        MistakeCase{"TreeToAnotherObject", "customer.json", R"("to": "level",)", R"("to": "level", "tree": true,)",
                    GX_AT("10") "field level: a tree refers to its own object, not to 'level'"},
        MistakeCase{"StoredWithoutFormula", "customer.json", R"("type": "date",)", R"("type": "date", "stored": true,)",
                    GX_AT("16") "field founded: 'stored' is for fields with a formula"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Expression, Mistakes,
    ::testing::Values(
        MistakeCase{"FormulaDoesNotParse", "customer.json", R"("staff * 2")", R"("staff * ")",
                    GX_AT("28") "field grade: 'formula': Mistake in the expression at character 9: it ends too early"},
        MistakeCase{"FormulaOfWrongType", "customer.json", R"("staff * 2")", R"("name")",
                    GX_AT("28") "field grade: 'formula' is of type text, the field is decimal"},
        MistakeCase{
            "FormulaReadsUnknownField", "customer.json", R"("staff * 2")", R"("stuff * 2")",
            GX_AT("28") "field grade: 'formula': Mistake in the expression at character 1: there is no field “stuff”"},
        MistakeCase{
            "FormulaInACircle", "customer.json", R"("staff * 2")", R"("score * 2")",
            GX_AT("28") "field grade: its formula needs itself: customer.grade → customer.score → customer.grade"},
        MistakeCase{"StoredFormulaOfAList", "customer.json", R"x("formula": "sum(lines.amount)",)x",
                    R"x("formula": "sum(lines.amount)", "stored": true,)x",
                    GX_AT("31") "field total: a stored formula cannot read the list 'lines'"},
        MistakeCase{"StoredFormulaOfToday", "customer.json", R"("staff * 2")", R"x("days_between(founded, today())")x",
                    GX_AT("28") "field grade: a stored formula cannot use today()"},
        MistakeCase{
            "LookupWithoutReference", "customer.json", R"("lookup": "level.order")", R"("lookup": "staff")",
            GX_AT("30") "field rank_of_level: 'lookup' must be a path through a reference, as in \"customer.level\""},
        MistakeCase{"DefaultOfWrongExpressionType", "customer.json", R"("=level.discount")", R"("=level.name")",
                    GX_AT("15") "field discount: 'default' is of type text, the field is percent"},
        MistakeCase{"RuleThatIsNoCondition", "customer.json", R"x("staff > 10 and is_empty(level)")x", R"("staff + 1")",
                    GX_AT("36") "rule: 'when' must be a condition"},
        MistakeCase{"RuleAtUnknownField", "customer.json", R"("at": "level")", R"("at": "grades")",
                    GX_AT("36") "rule: there is no field 'grades'"},
        MistakeCase{"RuleWithUnknownProblem", "customer.json", R"("problem": "level_needed")", R"("problem": "needed")",
                    GX_AT("36") "rule: there is no problem 'needed'"},
        MistakeCase{"ActionWithUnknownRight", "customer.json", R"("right": "change")", R"("right": "edit")",
                    GX_AT("37") "action close: there is no right 'edit'"},
        MistakeCase{"ActionWithBadCondition", "customer.json", R"("when": "active")", R"("when": "staff")",
                    GX_AT("37") "action close: 'when' must be a condition"},
        MistakeCase{"ActionOfThePlatform", "customer.json", R"("close": {)", R"("restore": {)",
                    GX_AT("37") "action restore: the name is taken by the platform"},
        MistakeCase{"ActionParameter", "customer.json", R"("reason": {"type": "text")", R"("reason": {"type": "txt")",
                    GX_AT("38") "action close: parameter reason: unknown type 'txt'"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Object, Mistakes,
    ::testing::Values(
        MistakeCase{"UnknownKey", "customer.json", R"("icon": "building")", R"("symbol": "building")",
                    GX_AT("2") "unknown key 'symbol'"},
        MistakeCase{"UnknownTitle", "level.json", R"("title": "name")", R"("title": "names")",
                    GX_LEVEL("1") "'title': there is no field 'names'"},
        MistakeCase{"TitleThatIsNoText", "level.json", R"("title": "name")", R"("title": "order")",
                    GX_LEVEL("1") "'title': field 'order' is not a text"},
        MistakeCase{"UnknownSort", "level.json", R"("title": "name")", R"("title": "name", "sort": "rank")",
                    GX_LEVEL("1") "'sort': there is no field 'rank'"},
        MistakeCase{"SortWithoutColumn", "customer.json", R"("title": "name",)", R"("title": "name", "sort": "tags",)",
                    GX_AT("3") "'sort': nothing can be listed by field 'tags'"},
        MistakeCase{"NoTitle", "level.json", R"(, "title": "name")", "", GX_LEVEL("1") "'title' is missing"},
        MistakeCase{"UnknownIndexField", "customer.json", R"(["owner", "updated_at"])", R"(["owner", "changed_at"])",
                    GX_AT("35") "index: there is no field 'changed_at'"},
        MistakeCase{"IndexWithoutColumn", "customer.json", R"(["owner", "updated_at"])", R"(["owner", "tags"])",
                    GX_AT("35") "index: field 'tags' has no column"},
        MistakeCase{"NumberWithoutRunningPart", "customer.json", R"(KH{yyyy}{seq:6})", R"(KH{yyyy})",
                    GX_AT("3") "'number' needs exactly one {seq:N}"},
        MistakeCase{"NumberWithUnknownPart", "customer.json", R"(KH{yyyy}{seq:6})", R"(KH{year}{seq:6})",
                    GX_AT("3") "'number': unknown part {year}; known are {yyyy} {yy} {MM} {dd} {seq:4}"},
        MistakeCase{"NumberWithoutField", "level.json", R"("title": "name",)",
                    R"("title": "name", "number": "{seq:3}",)",
                    GX_LEVEL("1") "'number' needs exactly one field of type number"},
        MistakeCase{"UnknownDuplicateField", "customer.json", R"([{"fields": ["name"], "key")",
                    R"([{"fields": ["nom"], "key")", GX_AT("40") "duplicates: there is no field 'nom'"},
        MistakeCase{"FixedByAnUnknownRight", "customer.json", R"("name":     {"type": "text")",
                    R"("name":     {"type": "text", "fixed": "renam")",
                    GX_AT("6") "field name: there is no special right 'renam'"},
        MistakeCase{"SpecialRightOfThePlatform", "customer.json", R"({"rename": {"zh": "更正)",
                    R"({"rename": {"zh": "x", "en": "y"}, "delete": {"zh": "更正)",
                    GX_AT("41") "special right delete: the name is taken by the platform"},
        MistakeCase{"TimelineAtUnknownField", "customer.json", R"("special": {"rename")",
                    R"("timeline": {"at": "never", "title": "name"}, "special": {"rename")",
                    GX_AT("41") "timeline: there is no field with a column 'never'"},
        MistakeCase{"TimelineAtText", "customer.json", R"("special": {"rename")",
                    R"("timeline": {"at": "name", "title": "name"}, "special": {"rename")",
                    GX_AT("41") "timeline: field 'name' is no date and no moment"},
        MistakeCase{"TimelineWithUnknownRole", "customer.json", R"("special": {"rename")",
                    R"("timeline": {"at": "seen_at", "title": "name", "colour": "size"}, "special": {"rename")",
                    GX_AT("41") "timeline: unknown 'colour'; known are at, title and kind"},
        MistakeCase{"TimelineWithKindThatIsNoChoice", "customer.json", R"("special": {"rename")",
                    R"("timeline": {"at": "seen_at", "title": "name", "kind": "name"}, "special": {"rename")",
                    GX_AT("41") "timeline: field 'name' is no choice"},
        MistakeCase{"TimelineWithoutTitle", "customer.json", R"("special": {"rename")",
                    R"("timeline": {"at": "seen_at"}, "special": {"rename")",
                    GX_AT("41") "timeline: 'title' is missing"},
        MistakeCase{"CascadeOfAReference", "customer.json", R"("to": "level",)", R"("to": "level", "cascade": true,)",
                    GX_AT("10") "field level: 'cascade' has no meaning for type ref"},
        MistakeCase{"HandOverWithUnknownKey", "customer.json", R"("special": {"rename")",
                    R"("hand_over": {"close": true}, "special": {"rename")",
                    GX_AT("41") "hand_over: unknown key 'close'"},
        MistakeCase{"HandOverOfUnknownField", "customer.json", R"("special": {"rename")",
                    R"("hand_over": {"open": ["stuff", "is", 1]}, "special": {"rename")",
                    GX_AT("41") "hand_over: 'open': Mistake in the condition at /: there is no field “stuff”"},
        MistakeCase{"HandOverSetsAReference", "customer.json", R"("special": {"rename")",
                    R"("hand_over": {"set": {"level": "1"}}, "special": {"rename")",
                    GX_AT("41") "hand_over: set: field 'level' cannot be set by a declaration"},
        MistakeCase{"HandOverSetsAnUnknownChoice", "customer.json", R"("special": {"rename")",
                    R"("hand_over": {"set": {"staff": "many"}}, "special": {"rename")",
                    GX_AT("41") "hand_over: set: Needs a whole number"},
        MistakeCase{"HandOverOfAText", "customer.json", R"("name":     {"type": "text")",
                    R"("name":     {"type": "text", "hand_over": true)",
                    GX_AT("6") "field name: 'hand_over' has no meaning for type text"},
        MistakeCase{"HandOverThatIsNot", "customer.json", R"("to": "level",)", R"("to": "level", "hand_over": false,)",
                    GX_AT("10") "field level: 'hand_over' of a field is true or an object"},
        MistakeCase{"ProblemWithoutEnglish", "customer.json", R"(, "en": "Needs a level")", "",
                    GX_AT("42") "problem level_needed: no text in en"},
        MistakeCase{"BrokenJson", "level.json", R"("title": "name",)", R"("title": "name" "x")",
                    GX_LEVEL("1") "JSON mistake in line 1, column 57: not valid syntax"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Layout, Mistakes,
    ::testing::Values(
        MistakeCase{"TooManyCompactFields", "customer.layout.json", R"(["owner", "size", "credit"])",
                    R"(["owner", "size", "credit", "level", "staff", "phone", "email", "code"])",
                    GX_LAYOUT("2") "'compact' has 8 fields, at most 7 are shown"},
        MistakeCase{"UnknownCompactField", "customer.layout.json", R"(["owner", "size", "credit"])", R"(["boss"])",
                    GX_LAYOUT("2") "compact: there is no field 'boss'"},
        MistakeCase{"UnknownFormField", "customer.layout.json", R"({"f": "name", "span": 2})",
                    R"({"f": "nom", "span": 2})", GX_LAYOUT("3") "form: section base: there is no field 'nom'"},
        MistakeCase{"HiddenFormField", "customer.layout.json", R"({"f": "name", "span": 2})", R"({"f": "secret"})",
                    GX_LAYOUT("3") "form: section base: field 'secret' is hidden"},
        MistakeCase{"BadSpan", "customer.layout.json", R"("span": 2)", R"("span": 9)",
                    GX_LAYOUT("3") "form: section base: 'span' must be a whole number from 1 to 4"},
        MistakeCase{"ConditionThatIsNone", "customer.layout.json", R"("show": "active")", R"("show": "staff")",
                    GX_LAYOUT("3") "form: section base: 'show' must be a condition"},
        MistakeCase{"SectionWithoutLabel", "customer.layout.json",
                    R"("form": {"sections": [{"t": "section", "key": "base",)",
                    R"("form": {"sections": [{"t": "section", "key": "more",)",
                    GX_LAYOUT("3") "form: section more: 'label' is missing"},
        MistakeCase{"UnknownBlock", "customer.layout.json", R"({"t": "timeline"})", R"({"t": "map"})",
                    GX_LAYOUT("4") "record: unknown block 'map'; known are section, timeline, related and slot"},
        MistakeCase{"RelatedThatIsNoList", "customer.layout.json", R"("field": "lines")", R"("field": "name")",
                    GX_LAYOUT("5") "record: field 'name' is neither a list nor several references"},
        MistakeCase{"PathOfANumber", "customer.layout.json", R"("path": {"field": "size"})",
                    R"("path": {"field": "staff"})",
                    GX_LAYOUT("6") "path: field 'staff' is neither a choice nor a reference"},
        MistakeCase{"PathWithUnknownAction", "customer.layout.json", R"("path": {"field": "size"})",
                    R"("path": {"field": "size", "won": "win"})", GX_LAYOUT("6") "path: there is no action 'win'"},
        MistakeCase{"TreeOfAnObjectThatIsNone", "customer.layout.json", R"("path": {"field": "size"})",
                    R"("path": {"field": "size"}, "tree": {"show": ["name"]})",
                    GX_LAYOUT("6") "tree: object 'customer' is no tree"},
        MistakeCase{"PathWithUnknownKey", "customer.layout.json", R"("path": {"field": "size"})",
                    R"("path": {"field": "size", "drawn": "close"})", GX_LAYOUT("6") "path: unknown key 'drawn'"},
        MistakeCase{"TodoOnUnknownField", "customer.layout.json", R"("path": {"field": "size"},)",
                    R"("todo": {"on": "never"},)", GX_LAYOUT("6") "todo: there is no field 'never'"},
        MistakeCase{"DueThatIsNoDate", "customer.layout.json", R"("path": {"field": "size"},)",
                    R"("due": {"name": ""},)", GX_LAYOUT("6") "due: there is no date 'name'"},
        MistakeCase{"DueWithoutCondition", "customer.layout.json", R"("path": {"field": "size"},)",
                    R"("due": {"founded": "staff"},)", GX_LAYOUT("6") "due: 'founded' must be a condition"},
        MistakeCase{"EventWithUnknownFact", "customer.layout.json", R"("path": {"field": "size"},)",
                    R"("event": {"facts": ["mood"]},)", GX_LAYOUT("6") "event: facts: there is no field 'mood'"},
        MistakeCase{"UnknownColumn", "customer.layout.json", R"("columns": ["name", "credit", "owner"])",
                    R"("columns": ["name", "debit"])", GX_LAYOUT("8") "view all: columns: there is no field 'debit'"},
        MistakeCase{"UnknownViewKind", "customer.layout.json", R"("kind": "board")", R"("kind": "kanban")",
                    GX_LAYOUT("12") "view board: unknown kind 'kanban'; known are table and board"},
        MistakeCase{"BoardWithoutGroup", "customer.layout.json", R"("group": "size", )", "",
                    GX_LAYOUT("12") "view board: a board needs 'group'"},
        MistakeCase{"UnknownSort", "customer.layout.json", R"(["level.order", "asc"])", R"(["level.position", "asc"])",
                    GX_LAYOUT("9") "view all: sort: there is no field 'level.position'"},
        MistakeCase{"SortWithoutDirection", "customer.layout.json", R"(["level.order", "asc"])", R"(["level.order"])",
                    GX_LAYOUT("9") "view all: sort: each must be [\"field\", \"asc\"] or [\"field\", \"desc\"]"},
        MistakeCase{"SumOfText", "customer.layout.json", R"("sum": ["credit"])", R"("sum": ["name"])",
                    GX_LAYOUT("12") "view board: sum: field 'name' is not a number"},
        MistakeCase{"ViewDeclaredTwice", "customer.layout.json", R"("code": "rich")", R"("code": "all")",
                    GX_LAYOUT("10") "view all: declared twice"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Other, Mistakes,
    ::testing::Values(
        MistakeCase{"UnknownArea", "sales/module.json", R"(["people"])", R"(["persons"])",
                    "modules/sales/module.json:1: there is no area 'persons'"},
        MistakeCase{"UnknownObjectInTheMenu", "sales/module.json", R"(["customer"])", R"(["client"])",
                    "modules/sales/module.json:2: there is no object 'client'"},
        MistakeCase{"UnknownCardOfTheFirstPage", "sales/module.json", R"("objects": ["customer"])",
                    R"("objects": ["customer"], "home": [{"t": "weather"}])",
                    "modules/sales/module.json:2: unknown card 'weather'; known are figures, agenda, list and funnel"},
        MistakeCase{"CardOfAnUnknownField", "sales/module.json", R"("objects": ["customer"])",
                    R"("objects": ["customer"], "home": [{"t": "funnel", "object": "customer", "by": "stage"}])",
                    "modules/sales/module.json:2: object 'customer' has no field 'stage'"},
        MistakeCase{"DictionaryCodeTwice", "size.dictionary.json", R"("code": "large")", R"("code": "small")",
                    "modules/sales/customer/size.dictionary.json:4: item small: declared twice"},
        MistakeCase{"DictionaryItemWithoutEnglish", "size.dictionary.json", R"("zh": "大型", "en": "Large")",
                    R"("zh": "大型")", "modules/sales/customer/size.dictionary.json:4: item large: 'en' is missing"},
        MistakeCase{"DictionaryCodeUnlikeItsFile", "size.dictionary.json", R"("code": "size")", R"("code": "sizes")",
                    "modules/sales/customer/size.dictionary.json:1: the code 'sizes' is not the name of the file"},
        MistakeCase{"ShippedRecordWithUnknownField", "level.records.json", R"("order": 1)", R"("position": 1)",
                    "modules/sales/level/level.records.json:3: record a: there is no field 'position'"},
        MistakeCase{"ShippedRecordWithBadValue", "level.records.json", R"("discount": "0.1")", R"("discount": 0.1)",
                    "modules/sales/level/level.records.json:3: record a: discount: Write numbers with decimals as "
                    "text, for example \"12.50\""},
        MistakeCase{"ShippedRecordTwice", "level.records.json", R"("code": "b")", R"("code": "a")",
                    "modules/sales/level/level.records.json:4: record a: shipped twice"},
        MistakeCase{"ShippedRecordWithoutRequiredField", "level.records.json", R"(, "name": "二级")", "",
                    "modules/sales/level/level.records.json:4: record b: name: Needs a value"},
        MistakeCase{"ShippedTableWithUnknownHeading", "department.records.csv", "name,parent", "name,above",
                    "modules/people/department/department.records.csv:1: there is no field 'above'"},
        MistakeCase{"ShippedTableWithMissingCell", "department.records.csv", "总部,\n", "总部\n",
                    "modules/people/department/department.records.csv:2: has 1 cells, the heading has 2"},
        MistakeCase{"RoleWithUnknownObject", "seller.role.json", R"("customer": {)", R"("client": {)",
                    "modules/people/employee/seller.role.json:2: there is no object 'client'"},
        MistakeCase{"RoleWithUnknownRight", "seller.role.json", R"("add": "all")", R"("create": "all")",
                    "modules/people/employee/seller.role.json:2: customer: unknown right 'create'"},
        MistakeCase{"RoleWithUnknownScope", "seller.role.json", R"("add": "all")", R"("add": "mine")",
                    "modules/people/employee/seller.role.json:2: customer: add must be none, own, team, department, "
                    "department_and_below or all"},
        MistakeCase{"RoleWithABadCondition", "seller.role.json", R"("add": "all")",
                    R"("add": {"scope": "all", "where": "staff + 1"})",
                    "modules/people/employee/seller.role.json:2: 'where' must be a condition"},
        MistakeCase{"RoleWithAConditionAndNoScope", "seller.role.json", R"("add": "all")",
                    R"("add": {"where": "staff > 1"})",
                    "modules/people/employee/seller.role.json:2: customer: add must be none, own, team, department, "
                    "department_and_below or all"},
        MistakeCase{"RoleWithUnknownSpecialRight", "seller.role.json", "customer.rename", "customer.rename_it",
                    "modules/people/employee/seller.role.json:3: there is no special right 'customer.rename_it'"},
        MistakeCase{"RoleWithUnknownField", "seller.role.json", "customer.credit", "customer.debit",
                    "modules/people/employee/seller.role.json:3: there is no field 'customer.debit'"}),
    [](const auto& test) { return test.param.name; });

TEST(Load, RefusesFilesThatStandInTheWrongPlace) {
    EXPECT_EQ(mistakes_of(with("modules/sales/client/partner.json", "{}")),
              "modules/sales/client/partner.json:1: must stand in a folder 'partner', as the object is called");
    EXPECT_EQ(mistakes_of(with("modules/sales/customer/customer.yaml", "{}")),
              "modules/sales/customer/customer.yaml:1: unknown kind of declaration");
    EXPECT_EQ(mistakes_of(with("elsewhere/x.json", "{}")),
              "elsewhere/x.json:1: declarations stand in modules/<area>/<object>/");
    EXPECT_EQ(
        mistakes_of(with(
            "modules/people/size.dictionary.json",
            R"({"code": "size", "label": {"zh": "大小", "en": "Size"}, "items": [{"code": "small", "zh": "小", "en": "Small"}]})")),
        "modules/sales/customer/size.dictionary.json:1: 'size' is already declared in "
        "modules/people/size.dictionary.json");
    EXPECT_EQ(
        mistakes_of(with(
            "modules/sales/history/history.json",
            R"({"label": {"zh": "史", "en": "H"}, "title": "name", "fields": {"name": {"type": "text", "label": {"zh": "名", "en": "N"}}}})")),
        "modules/sales/history/history.json:1: the object's name 'history' is a table of the platform");
    EXPECT_EQ(
        mistakes_of(with(
            "modules/sales/customer_tags/customer_tags.json",
            R"({"label": {"zh": "标", "en": "T"}, "title": "name", "fields": {"name": {"type": "text", "label": {"zh": "名", "en": "N"}}}})")),
        GX_AT("9") "field tags: its table clashes with object 'customer_tags'");
    EXPECT_EQ(mistakes_of(with("modules/sales/customer/help.zh.md", "# 客户")), "") << "help pages are not read here";
}

}  // namespace
}  // namespace gx::meta
