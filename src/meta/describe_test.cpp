#include "meta/describe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "meta/declarations_test_support.hpp"

namespace gx::meta {
namespace {

class Describe : public ::testing::Test {
protected:
    Describe() {
        masks_.read.assign(customer_.fields.size(), true);
        masks_.write.assign(customer_.fields.size(), true);
        masks_.rights = {{"view", true}, {"change", true}, {"delete", false}, {"rename", false}};
    }

    json::object described() const {
        std::string out;
        JsonWriter writer(out);
        describe_object(customer_, masks_, writer);
        return parse_json(out).as_object();
    }
    static const json::object* named(const json::object& object, std::string_view list, std::string_view key,
                                     std::string_view name) {
        for (const json::value& one : object.at(list).as_array())
            if (one.as_object().at(key).as_string() == name) return &one.as_object();
        return nullptr;
    }
    void hide(std::string_view field) { masks_.read[customer_.field(field).index] = false; }

    ModelPtr model_ = testing::model_of(testing::declarations());
    const Object& customer_ = model_->object("customer");
    Masks masks_;
};

TEST_F(Describe, TellsObjectAndFieldsInTheFormOfTheApi) {
    const json::object object = described();

    EXPECT_EQ(object.at("name").as_string(), "customer");
    EXPECT_EQ(json::serialize(object.at("plural")), R"({"zh":"客户","en":"Customers"})");
    EXPECT_EQ(json::serialize(object.at("rights")), R"({"view":true,"change":true,"delete":false,"rename":false})");
    EXPECT_EQ(
        json::serialize(*named(object, "fields", "name", "credit")),
        R"({"name":"credit","type":"money","label":{"zh":"信用","en":"Credit"},"group":"base","required":false,"unique":false,)"
        R"("read_only":false,"fixed":false,"write":true,"scale":2,"least":"0","searchable":false,"sortable":true})");
    EXPECT_EQ(named(object, "fields", "name", "owner")->at("to").as_string(), "employee");
    EXPECT_EQ(named(object, "fields", "name", "owner")->at("default_expression").as_string(), "me()");
    EXPECT_TRUE(named(object, "fields", "name", "owner")->at("system").as_bool());
    EXPECT_EQ(named(object, "fields", "name", "size")->at("default").as_string(), "small");
    EXPECT_TRUE(named(object, "fields", "name", "total")->at("formula").as_bool());
    EXPECT_FALSE(named(object, "fields", "name", "total")->at("write").as_bool());
    EXPECT_FALSE(named(object, "fields", "name", "total")->at("sortable").as_bool());
    EXPECT_EQ(named(object, "fields", "name", "lines")->at("by").as_string(), "customer");
    EXPECT_EQ(json::serialize(object.at("groups").as_array().at(1)),
              R"({"code":"reach","label":{"zh":"联系","en":"Reach"}})");
}

TEST_F(Describe, TellsViewsAndOnlyTheActionsThatTheCallerMayUse) {
    masks_.saved_views = R"({"id":"9","code":"mine"})";
    const json::object object = described();

    EXPECT_EQ(
        json::serialize(*named(object, "views", "code", "all")),
        R"({"id":"all","code":"all","label":{"zh":"全部","en":"All"},"kind":"table","columns":["name","credit","owner"],"filter":null,)"
        R"("sort":[["level.order","asc"],["updated_at","desc"]],"shipped":true,"own":false,"shared":true,"default":true})");
    EXPECT_EQ(named(object, "views", "code", "board")->at("group").as_string(), "size");
    EXPECT_EQ(named(object, "views", "code", "mine")->at("id").as_string(), "9");
    ASSERT_EQ(object.at("actions").as_array().size(), 1u);
    EXPECT_EQ(named(object, "actions", "name", "close")->at("params").as_array().at(0).at("name").as_string(),
              "reason");
}

TEST_F(Describe, LeavesOutHiddenFieldsEverywhere) {
    EXPECT_FALSE(named(described(), "fields", "name", "secret"));
    EXPECT_TRUE(named(described(), "views", "code", "rich"));

    hide("credit");
    const json::object object = described();

    EXPECT_EQ(json::serialize(object).find("credit"), std::string::npos);
    EXPECT_FALSE(named(object, "views", "code", "rich")) << "its filter would tell who has credit";
    EXPECT_EQ(json::serialize(object.at("layout").at("compact")), R"(["owner","size"])");
    EXPECT_EQ(json::serialize(named(object, "views", "code", "board")->at("card")), R"(["name"])");
}

TEST_F(Describe, LeavesOutWhatAsksForMoreOfAReferenceThanTheCallerMayRead) {
    std::vector<std::string> asked;
    masks_.may_read_beyond = [&](std::string_view object, std::string_view path) {
        asked.push_back(std::string(object) + "/" + std::string(path));
        return false;
    };
    const json::object object = described();

    EXPECT_NE(std::ranges::find(asked, "level/order"), asked.end());
    EXPECT_EQ(json::serialize(named(object, "views", "code", "all")->at("sort")), R"([["updated_at","desc"]])");
    EXPECT_TRUE(named(object, "fields", "name", "level")) << "the reference itself is read";
}

TEST_F(Describe, LeavesOutWhatIsBuiltOnAHiddenField) {
    hide("size");
    hide("lines");
    hide("name");
    const json::object object = described();

    EXPECT_FALSE(named(object, "views", "code", "board"));
    EXPECT_FALSE(object.at("layout").as_object().contains("path"));
    EXPECT_TRUE(object.at("layout").at("record").at("right").as_array().empty());
    EXPECT_TRUE(object.at("layout").at("record").at("left").as_array().empty()) << "an empty section is none";
}

TEST_F(Describe, TellsWhatScreensNeedToKnowWithoutWhatTheCallerMayNotRead) {
    const ModelPtr model =
        testing::model_of(testing::changed("customer.layout.json", R"("path": {"field": "size"},)", R"(
  "path": {"field": "size", "entered": "seen_at", "won": "close"}, "todo": {"on": "founded", "open": ["credit", "not_empty"], "done": "close"},
  "due": {"founded": "active", "seen_at": ""},
  "event": {"text": ["note"], "facts": ["size", "credit"], "write": [
    {"key": "a", "label": {"zh": "甲", "en": "A"}, "hint": {"zh": "甲", "en": "A"}, "save": {"zh": "甲", "en": "A"}, "text": "note", "more": ["credit", "size"]}]},)"));
    const Object& customer = model->object("customer");
    Masks masks = masks_;
    const auto layout = [&] {
        std::string out;
        JsonWriter writer(out);
        describe_object(customer, masks, writer);
        return parse_json(out).at("layout").as_object();
    };
    EXPECT_EQ(json::serialize(layout().at("path")), R"({"field":"size","entered":"seen_at","won":"close"})");
    EXPECT_EQ(json::serialize(layout().at("due")), R"({"founded":"active","seen_at":""})");

    for (const char* field : {"seen_at", "credit"}) masks.read[customer.field(field).index] = false;

    EXPECT_EQ(json::serialize(layout().at("path")), R"({"field":"size","won":"close"})");
    EXPECT_EQ(json::serialize(layout().at("todo")), R"({"on":"founded","done":"close"})")
        << "the filter would tell who has credit";
    EXPECT_EQ(json::serialize(layout().at("due")), R"({"founded":"active"})");
    EXPECT_EQ(json::serialize(layout()).find("credit"), std::string::npos);
}

TEST_F(Describe, LeavesOutCardsOfTheFirstPageThatTellOfHiddenFields) {
    const ModelPtr model = testing::model_of(
        testing::changed("sales/module.json", R"("objects": ["customer"])", R"("objects": ["customer"], "home": [
  {"t": "figures", "items": [{"object": "customer", "sum": "credit"}, {"object": "customer", "filter": ["credit", "not_empty"]}, {"object": "customer"}]},
  {"t": "list", "object": "line"}])"));
    const Area& sales = model->areas().back().code == "sales" ? model->areas().back() : model->areas().front();
    const auto cards = [&] {
        return home_of(*model, sales, [&](const Object& object) -> std::optional<Masks> {
            if (object.name != "customer") return std::nullopt;
            return masks_;
        });
    };
    ASSERT_EQ(cards().size(), 1u) << "lines may not be viewed";
    EXPECT_EQ(cards().at(0).at("items").as_array().size(), 3u);
    hide("credit");
    EXPECT_EQ(json::serialize(cards().at(0).at("items")), R"([{"object":"customer"}])");
}

TEST_F(Describe, TellsFieldsThatMayNotBeWritten) {
    masks_.write[customer_.field("name").index] = false;

    EXPECT_FALSE(named(described(), "fields", "name", "name")->at("write").as_bool());
    EXPECT_TRUE(named(described(), "fields", "name", "phone")->at("write").as_bool());
}

TEST_F(Describe, TellsWhatThePlatformKeeps) {
    const ModelPtr model = testing::model_of(
        testing::changed("line.json", R"("title": "name",)", R"("title": "name", "kept_by_platform": true,)"));
    const auto described_flag = [](const Object& object) {
        std::string out;
        JsonWriter writer(out);
        Masks masks;
        masks.read.assign(object.fields.size(), true);
        describe_object(object, masks, writer);
        return parse_json(out).as_object().contains("kept_by_platform");
    };
    EXPECT_TRUE(described_flag(model->object("line")));
    EXPECT_FALSE(described_flag(model->object("customer")));
}

TEST_F(Describe, WritesASchemaOfTheRecord) {
    std::string out;
    JsonWriter writer(out);
    describe_schema(customer_, writer);
    const json::object properties = parse_json(out).at("properties").as_object();

    EXPECT_EQ(json::serialize(properties.at("name")),
              R"({"title":"Name","allOf":[{"type":["string","null"],"maxLength":20}]})");
    EXPECT_EQ(json::serialize(properties.at("created_at")),
              R"({"title":"Created at","readOnly":true,"allOf":[{"type":["string","null"],"format":"date-time"}]})");
    EXPECT_EQ(properties.at("level").at("x-object").as_string(), "level");
    EXPECT_EQ(properties.at("tags").at("x-dictionary").as_string(), "size");
    EXPECT_FALSE(properties.contains("secret"));
    EXPECT_FALSE(properties.contains("lines"));
    for (const Field& field : customer_.fields)
        EXPECT_EQ(properties.contains(field.name), !field.hidden && field.type != FieldType::list) << field.name;
}

}  // namespace
}  // namespace gx::meta
