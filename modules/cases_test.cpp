// Runs every <object>.cases.json of modules/ on both databases: given some records, saving, acting or removing has the
// expected values or problems. The grammar stands in docs/declarations.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "access/access.hpp"
#include "base/json.hpp"
#include "meta/expr_scope.hpp"
#include "meta/field_value.hpp"
#include "meta/load.hpp"
#include "record/behaviour.hpp"
#include "record/records.hpp"
#include "store/sql_text.hpp"
#include "store/store_test_support.hpp"

namespace gx {
namespace {

namespace fs = std::filesystem;
using Values = std::vector<std::pair<std::string, Value>>;

std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

json::value read_json(std::string_view text) {
    boost::json::parse_options options;
    options.allow_comments = true;
    return boost::json::parse(text, {}, options);
}

std::vector<fs::path> case_files() {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(GX_SOURCE_DIR "/modules"))
        if (entry.path().string().ends_with(".cases.json")) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

// The declarations of the product without the thousands of regions, which no case needs.
meta::ModelPtr model() {
    std::vector<meta::Source> sources = meta::embedded_sources();
    std::erase_if(sources, [](const meta::Source& source) { return source.file.ends_with(".csv"); });
    meta::Loaded loaded = meta::load(sources);
    for (const meta::Mistake& mistake : loaded.mistakes)
        ADD_FAILURE() << mistake.file << ":" << mistake.line << ": " << mistake.what;
    return loaded.model;
}

// "opportunity o1" -> {"opportunity", "o1"}; the alias may be absent.
std::pair<std::string, std::string> split(std::string_view name) {
    const std::size_t space = name.find(' ');
    if (space == std::string_view::npos) return {std::string(name), {}};
    return {std::string(name.substr(0, space)), std::string(name.substr(space + 1))};
}

// One company on one database, and the case that is being run on it.
class Company {
public:
    explicit Company(store::Store& store)
        : store_(store),
          clock_(*parse_timestamp("2026-11-24T06:32:08Z")),
          ids_(clock_, 0),
          model_(model()),
          zone_(std::make_shared<const TimeZone>("Asia/Shanghai")) {
        modules::register_behaviours(behaviours_);
        records_ = std::make_unique<record::Records>(
            record::Parts{store_, clock_, ids_, [this] { return model_; }, "Asia/Shanghai", Currency{}}, behaviours_);
        records_->prepare();
        boss_.zone = zone_;
        boss_.grants = access::system_grants(RecordId{1});
        department_ = create("department", {{"name", std::string("华东一部")}});
        employee_ = create("employee", {{"name", std::string("林晓岚")}, {"department", department_}});
        boss_.grants = access::system_grants(RecordId{1}, employee_, department_);
    }

    void run(const json::object& one) {
        aliases_.clear();
        made_.clear();
        std::vector<std::string> problems;
        std::string object;
        RecordId id;
        try {
            if (const json::value* given = one.if_contains("given"))
                for (const auto& entry : given->as_object()) save(boss_, entry.key(), entry.value().as_object());
        } catch (const Failure& failure) {
            ADD_FAILURE() << "given: " << failure.key() << describe(failure);
            return forget();
        }
        const record::Caller caller = one.contains("as") ? in_role(one.at("as").as_string()) : boss_;
        try {
            if (const json::value* save_this = one.if_contains("save")) {
                const auto& entry = *save_this->as_object().begin();
                object = split(entry.key()).first;
                id = save(caller, entry.key(), entry.value().as_object());
            } else if (const json::value* act_so = one.if_contains("act")) {
                const auto& entry = *act_so->as_object().begin();
                const json::value* params = act_so->as_object().if_contains("params");
                object = split(entry.key()).first;
                id = alias(entry.key());
                act(caller, object, id, std::string(entry.value().as_string()),
                    params ? params->as_object() : json::object());
            } else {
                object = split(one.at("remove").as_string()).first;
                id = alias(one.at("remove").as_string());
                remove(caller, object, id);
            }
        } catch (const Failure& failure) {
            for (const Problem& problem : failure.problems()) problems.push_back(problem.field + ": " + problem.rule);
            if (problems.empty()) problems.push_back(failure.key());
            if (failure.kind() == Failure::Kind::broken) ADD_FAILURE() << describe(failure);
        }
        expect(one.at("expect").as_object(), object, id, problems);
        forget();
    }

private:
    RecordId create(std::string object, Values values) {
        record::Change change;
        change.object = std::move(object);
        change.values = std::move(values);
        return records_->save(boss_, {&change, 1}, {}).ids.at(0);
    }

    // The same person, with the rights of a shipped role only.
    record::Caller in_role(std::string_view code) const {
        const access::RoleRights rights = access::parse_role_rights(model_->roles().at(std::string(code)));
        auto grants = std::make_shared<access::Grants>(*access::system_grants(RecordId{2}, employee_, department_));
        grants->rights = access::join(*model_, {{std::string(code), &rights}});
        grants->team_members = {employee_};
        grants->departments = {department_};
        grants->departments_below = {department_};
        record::Caller caller = boss_;
        caller.grants = std::move(grants);
        return caller;
    }

    // What a case made, or a shipped record by its key; none when there is neither.
    RecordId known(const std::string& object, const std::string& called) {
        if (const auto found = aliases_.find(called); found != aliases_.end()) return found->second;
        std::string key = object == "role" ? "code" : "";
        for (const meta::ShippedRecords& shipped : model_->shipped_records())
            if (shipped.object == object) key = shipped.key;
        RecordId id;
        if (key.empty() || called.empty()) return id;
        store_.read([&](store::Connection& connection) {
            connection.query({"select id from " + store::identifier(object) + " where " + store::identifier(key) +
                                  " = ? and deleted_at is null",
                              {called}},
                             [&](const store::Row& row) { return id = {row.integer(0)}, false; });
        });
        return id;
    }

    RecordId alias(std::string_view name) {
        const auto [object, called] = split(name);
        const RecordId id = known(object, called);
        EXPECT_TRUE(id) << "no record is called " << name;
        return id;
    }

    // Aliases and keys in references become the ids that the API would get.
    json::value with_ids(const meta::Field& field, json::value value) {
        const std::string target(meta::target_of(field));
        const auto replace = [&](json::value& one) {
            if (!one.is_string()) return;
            if (const RecordId id = known(target, std::string(one.as_string()))) one = to_string(id);
        };
        if (field.is_reference()) replace(value);
        if (field.type == meta::FieldType::refs && value.is_array())
            for (json::value& one : value.as_array()) replace(one);
        return value;
    }

    Value value_of(const meta::Field& field, const json::value& in) {
        const meta::Read read =
            meta::from_json(field, with_ids(field, in), {*model_, *zone_, Currency{}, Language::zh});
        if (const auto* problem = std::get_if<Problem>(&read)) ADD_FAILURE() << field.name << ": " << problem->rule;
        return std::holds_alternative<Value>(read) ? std::get<Value>(read) : Value();
    }

    RecordId save(const record::Caller& caller, std::string_view name, const json::object& in) {
        const auto [object, called] = split(name);
        record::Change change;
        change.object = object;
        change.id = known(object, called);
        for (const auto& entry : in) {
            const meta::Field* field = model_->object(object).find(entry.key());
            if (field == nullptr)
                ADD_FAILURE() << object << " has no field " << entry.key();
            else
                change.values.emplace_back(field->name, value_of(*field, entry.value()));
        }
        const record::Saved saved = records_->save(caller, {&change, 1}, {});
        if (!change.id) made_.emplace_back(object, saved.ids.at(0));
        if (!called.empty()) aliases_[called] = saved.ids.at(0);
        return saved.ids.at(0);
    }

    void act(const record::Caller& caller, const std::string& object, RecordId id, const std::string& name,
             const json::object& in) {
        const meta::Action* action = model_->object(object).action(name);
        ASSERT_NE(action, nullptr) << object << " has no action " << name;
        Values params;
        for (const meta::Field& param : action->params)
            if (const json::value* value = in.if_contains(param.name))
                params.emplace_back(param.name, value_of(param, *value));
        acted_.push_back(records_->act(caller, object, {&id, 1}, name, params, {}, {}).batch);
    }

    void remove(const record::Caller& caller, const std::string& object, RecordId id) {
        record::Change change;
        change.object = object;
        change.id = id;
        change.remove = true;
        records_->save(caller, {&change, 1}, {});
    }

    // What a verb did is taken back, what a case made goes to the bin, the last first, so that the next one finds the
    // company as it was. What stays as long as another record is there goes with that one.
    void forget() {
        for (const RecordId batch : acted_) records_->undo(boss_, batch, [](std::size_t, std::size_t) { return true; });
        acted_.clear();
        std::vector<std::pair<std::string, RecordId>> left(made_.rbegin(), made_.rend());
        for (bool some = true; some && !left.empty();) {
            const std::size_t before = left.size();
            std::erase_if(left, [&](const auto& made) {
                try {
                    if (is_live(made.first, made.second)) remove(boss_, made.first, made.second);
                    return true;
                } catch (const Failure&) {
                    return false;
                }
            });
            some = left.size() < before;
        }
        EXPECT_TRUE(left.empty()) << "records of the case before are still there, first " << left.front().first;
    }

    bool is_live(const std::string& object, RecordId id) {
        bool live = false;
        store_.read([&](store::Connection& connection) {
            connection.query(
                {"select id from " + store::identifier(object) + " where id = ? and deleted_at is null", {id.value}},
                [&](const store::Row&) { return live = true, false; });
        });
        return live;
    }

    // "stage" counts all live records that a case made; "stage s1" only that one.
    std::int64_t count(std::string_view name) {
        const auto [object, called] = split(name);
        std::int64_t found = 0;
        store_.read([&](store::Connection& connection) {
            store::Sql sql{"select count(*) from " + store::identifier(object) + " where deleted_at is null", {}};
            if (!called.empty()) (sql += " and id = ?").bind(aliases_.at(called).value);
            connection.query(sql, [&](const store::Row& row) { return found = row.integer(0), false; });
        });
        return found;
    }

    // What stands in the database, so that a case proves the table and not only the answer.
    Value stored(const std::string& object, const meta::Field& field, RecordId id) {
        std::vector<meta::Cell> cells;
        Codes codes;
        Ids ids;
        store_.read([&](store::Connection& connection) {
            store::Sql sql;
            const std::vector<meta::Column> columns = meta::columns(field);
            if (field.is_multiple())
                sql = {"select item from " + store::identifier(object + "_" + field.name) + " where record = ?",
                       {id.value}};
            else {
                for (const meta::Column& column : columns)
                    sql.text += (sql.text.empty() ? "select " : ", ") + store::identifier(column.name);
                sql += " from " + store::identifier(object) + " where id = ?";
                sql.bind(id.value);
            }
            connection.query(sql, [&](const store::Row& row) {
                if (field.type == meta::FieldType::choices)
                    codes.emplace_back(row.text(0));
                else if (field.type == meta::FieldType::refs)
                    ids.push_back(RecordId{row.integer(0)});
                else
                    for (std::size_t i = 0; i < columns.size(); ++i)
                        cells.push_back(row.cell(static_cast<int>(i), columns[i].text));
                return true;
            });
        });
        if (!codes.empty()) return codes;
        if (!ids.empty()) return ids;
        return cells.empty() ? Value() : meta::from_cells(field, cells.data());
    }

    void expect_values(const std::string& object, RecordId id, const json::object& expected) {
        for (const auto& entry : expected) {
            const meta::Field& field = model_->object(object).field(entry.key());
            const Value actual = stored(object, field, id);
            EXPECT_EQ(written(field, actual), written(field, value_of(field, entry.value())))
                << object << "." << field.name;
        }
    }

    static std::string written(const meta::Field& field, Value value) {
        if (auto* codes = std::get_if<Codes>(&value)) std::ranges::sort(*codes);
        std::string text;
        JsonWriter out(text);
        meta::write_json(field, value, out);
        return text;
    }

    void expect(const json::object& expected, const std::string& object, RecordId id,
                const std::vector<std::string>& problems) {
        std::vector<std::string> wanted;
        if (const json::value* some = expected.if_contains("problems"))
            for (const auto& entry : some->as_object())
                wanted.push_back(std::string(entry.key()) + ": " + std::string(entry.value().as_string()));
        if (const json::value* key = expected.if_contains("failure")) wanted.emplace_back(key->as_string());
        EXPECT_EQ(problems, wanted);
        if (!problems.empty()) return;
        if (const json::value* values = expected.if_contains("values")) expect_values(object, id, values->as_object());
        if (const json::value* others = expected.if_contains("records"))
            for (const auto& entry : others->as_object())
                expect_values(split(entry.key()).first, alias(entry.key()), entry.value().as_object());
        if (const json::value* counts = expected.if_contains("count"))
            for (const auto& entry : counts->as_object()) {
                EXPECT_EQ(count(entry.key()), entry.value().as_int64()) << entry.key();
            }
    }

    static std::string describe(const Failure& failure) {
        std::string text;
        for (const Problem& problem : failure.problems()) text += " " + problem.field + ": " + problem.rule;
        for (const auto& [name, value] : failure.params()) text += " " + name + ": " + value;
        return text;
    }

    store::Store& store_;
    FixedClock clock_;
    IdSource ids_;
    meta::ModelPtr model_;
    std::shared_ptr<const TimeZone> zone_;
    record::Behaviours behaviours_;
    std::unique_ptr<record::Records> records_;
    record::Caller boss_;
    RecordId department_, employee_;
    std::map<std::string, RecordId, std::less<>> aliases_;
    std::vector<std::pair<std::string, RecordId>> made_;  // in this case, oldest first
    std::vector<RecordId> acted_;                         // batches of verbs in this case
};

class Cases : public store::test::OnEachDatabase {};
GX_ON_EACH_DATABASE(Cases);

TEST_P(Cases, HoldForEveryObject) {
    Company company(store());
    const std::vector<fs::path> files = case_files();
    ASSERT_FALSE(files.empty());
    for (const fs::path& file : files) {
        const json::value cases = read_json(content(file));
        for (const json::value& one : cases.as_array()) {
            SCOPED_TRACE(file.filename().string() + ": " + std::string(one.at("case").as_string()));
            company.run(one.as_object());
        }
    }
}

}  // namespace
}  // namespace gx
