// What a save needs to know of an object, worked out once a model: columns, statements, paths to gather.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "meta/field_value.hpp"
#include "meta/model.hpp"
#include "record/behaviour.hpp"
#include "record/path.hpp"

namespace gx::record {

// A field that has columns of its own in the object's table.
struct ColumnPlan {
    std::uint32_t field = 0;
    std::size_t cell = 0;               // index of its first cell among the declared columns
    std::vector<meta::Column> columns;  // names in quotes, as in every piece of SQL here: "user", "order"
};
struct LinkPlan {
    std::uint32_t field = 0;
    std::string table;   // without quotes
    bool codes = false;  // items are codes of a dictionary, else ids
    std::string target;  // object of the ids
};
struct ReferencePlan {
    std::uint32_t field = 0;
    std::string target;
};
struct ExpressionPlan {
    std::uint32_t field = 0;
    const expr::Node* node = nullptr;
};
// A path through references, resolved: fields[0] of the object itself, the others of objects[i].
struct PathPlan {
    std::vector<std::string> names;
    std::vector<std::uint32_t> fields;
    std::vector<std::string> objects;
};
// One set of fields that no two live records share.
struct UniquePlan {
    std::vector<std::uint32_t> fields;
};

// Records of other objects that refer to records of this one.
struct ReferrerPlan {
    std::string object;
    std::string field;
    std::string table;   // object's table, or the link table, in quotes
    std::string column;  // that holds the id, in quotes
    bool link = false;
    bool cascade = false;  // removed together with the record
};
struct ListPlan {
    std::string field;                  // list field of this object
    std::string child;                  // object
    std::string by;                     // field of the child
    std::string by_column;              // in quotes
    std::vector<std::uint32_t> values;  // fields of the child that expressions read
};

struct ObjectPlan {
    const meta::Object* object = nullptr;
    const Behaviour* behaviour = nullptr;
    std::string table;  // in quotes

    std::vector<ColumnPlan> columns;   // declared and owner columns, in table order
    std::vector<int> column_of_field;  // field index -> position in `columns`, -1
    std::size_t cells = 0;             // of `columns` together
    std::vector<LinkPlan> links;
    std::vector<ReferencePlan> references;  // single ones; those of links are in `links`
    std::vector<ExpressionPlan> defaults;
    std::vector<std::uint32_t> formulas;  // stored, in order of dependence
    std::vector<std::uint32_t> mnemonics;
    std::vector<UniquePlan> uniques;
    std::vector<ReferrerPlan> referrers;
    std::vector<ListPlan> lists;
    std::vector<std::uint32_t> searchables;
    std::vector<std::uint32_t> trees;  // references that make a tree
    std::vector<PathPlan> paths;       // every path through a reference that save evaluates or behaviours need
    // Fields that other objects read through a reference to this one.
    std::set<std::uint32_t> linked_fields;

    int owner = -1, owner_department = -1, number = -1, title = -1;  // field indexes
    std::string sort_column;

    std::string select;                       // "select id, version, …, columns from object"
    std::vector<std::string> insert_columns;  // without quotes
};

// Cells before the declared columns, in `select` and `insert_columns`.
inline constexpr std::size_t bookkeeping_cells = 7;

struct Plans {
    meta::ModelPtr model;
    std::map<std::string, ObjectPlan, std::less<>> objects;

    const ObjectPlan& of(std::string_view object) const;  // throws not_found()
};

class PlanCache {
public:
    // The plans of `model`, made when it is a new one.
    std::shared_ptr<const Plans> of(const meta::ModelPtr& model, const Behaviours& behaviours);

private:
    std::mutex mutex_;
    std::shared_ptr<const Plans> plans_;
};

}  // namespace gx::record
