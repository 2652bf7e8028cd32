// The inside of load(): reads files, collects mistakes, builds the model. One .cpp a kind of declaration.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "meta/load.hpp"
#include "meta/model.hpp"

namespace gx::meta {

struct DeclarationFile {
    std::string name;    // modules/sales/quote/quote.layout.json
    std::string area;    // sales
    std::string folder;  // quote; empty for files of the area itself
    std::string stem;    // quote
    std::string text;
    json::value root;
    JsonLines lines;
};

// A place in a file: what stands there, and how to say that it is wrong.
class Place {
public:
    Place(std::vector<Mistake>& mistakes, const DeclarationFile& file)
        : mistakes_(&mistakes), file_(&file), value_(&file.root) {}

    const json::value& value() const { return *value_; }
    const json::object& object() const { return value_->get_object(); }
    bool has(std::string_view key) const { return value_->is_object() && object().contains(key); }
    Place member(std::string_view key) const;  // must exist
    Place element(std::size_t index) const;    // must exist
    Place called(std::string where) const;     // begins its messages with "where: "
    const DeclarationFile& file() const { return *file_; }

    void mistake(std::string what) const;
    void mistake_at(std::string_view key, std::string what) const;  // at the line of a member
    void mistake_in_line(int line, std::string what) const;

    bool is_object(std::string_view what) const;  // with a mistake when not
    void allow(std::initializer_list<std::string_view> keys, std::string_view what = "key") const;
    std::string text(std::string_view key, bool required = false) const;
    bool flag(std::string_view key, bool otherwise = false) const;
    std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t otherwise) const;
    std::vector<std::string> words(std::string_view key) const;
    Label label(std::string_view key, bool required = true) const;
    Label as_label() const;  // this place itself
    void each_member(std::string_view key, const std::function<void(const std::string&, const Place&)>& use) const;
    void each_element(std::string_view key, const std::function<void(const Place&)>& use) const;

private:
    std::vector<Mistake>* mistakes_;
    const DeclarationFile* file_;
    const json::value* value_;
    std::string pointer_;
    std::string where_;
};

class Loader {
public:
    Loaded load(const std::vector<Source>& sources);
    static ModelPtr with_dictionaries(const Model& model, std::map<std::string, Dictionary> stored);

private:
    // load.cpp
    void read_file(const Source& source);
    void read_area(const DeclarationFile& file);
    void read_dictionary(const DeclarationFile& file);
    void read_role(const DeclarationFile& file);
    void add_dictionary_of_objects();
    void check_areas();
    void check_home(const Place& home);
    void check_home_block(const Place& block);
    void check_roles();
    void check_right_condition(const std::string& object, const Place& right);

    // load_object.cpp
    void read_object(const DeclarationFile& file);
    Field read_field(const std::string& name, const Place& place, bool is_param);
    void read_field_attributes(Field& field, const Place& place);
    void read_indexes(Object& object, const Place& root);
    void check_object(Object& object, const Place& root);
    void check_names(const Object& object, const Place& root);
    void check_field_target(const Object& object, const Field& field, const Place& place);
    void add_system_fields(Object& object);
    void check_number(const Object& object, const Place& root);
    void read_expressions(Object& object, const Place& root);
    void read_field_expressions(const Object& object, Field& field, const Place& place);
    void read_rules(Object& object, const Place& root);
    void read_actions(Object& object, const Place& root);
    void check_duplicates(const Object& object, const Place& root);
    void check_timeline(const Object& object, const Place& root);
    void check_kept_by_platform(const Object& object, const Place& root);
    std::optional<expr::Node> read_expression(const Object& object, const Place& place, std::string_view key,
                                              std::string_view source);
    void order_formulas();

    // load_hand_over.cpp
    void read_hand_over(Object& object, const Place& root);
    std::vector<std::pair<std::string, Value>> read_set(const Object& object, const Place& place);

    // load_layout.cpp
    void read_layout(Object& object, const DeclarationFile* file);
    json::object read_roles(const Object& object, const Place& layout, std::string_view key,
                            std::initializer_list<std::string_view> fields,
                            std::initializer_list<std::string_view> actions);
    void check_field_names(const Object& object, const Place& place, std::string_view key);
    void check_filter(const Object& object, const Place& place, std::string_view key);
    void check_event(const Object& object, const Place& event);
    void check_due(const Object& object, const Place& due);
    void check_tree(const Object& object, const Place& tree);
    void check_stands_for(const Object& object, const Place& place);
    json::array read_blocks(const Object& object, const Place& place, std::string_view key, bool is_form);
    json::object read_section(const Object& object, const Place& place, bool is_form);
    void read_view(Object& object, const Place& place);
    json::array derive_compact(const Object& object) const;
    json::array derive_sections(const Object& object, bool is_form) const;
    json::object derive_record(const Object& object) const;
    View derive_view(const Object& object) const;

    // load_records.cpp
    void read_records(const DeclarationFile& file);
    void read_records_table(const DeclarationFile& file);
    void check_shipped(const Object& object, ShippedRecords& shipped, std::size_t row, const Place& place, int line);

    Place place_of(const DeclarationFile& file) { return {mistakes_, file}; }
    Object* find_object(std::string_view name);

    const TimeZone zone_{"UTC"};  // for moments among defaults and shipped records
    std::shared_ptr<Model> model_;
    std::vector<Mistake> mistakes_;
    bool unreadable_ = false;
    std::vector<std::unique_ptr<DeclarationFile>> files_;
    std::map<std::string, const DeclarationFile*> object_files_, layout_files_, dictionary_files_;
    std::map<std::string, const DeclarationFile*> area_files_, role_files_;
    std::map<std::string, std::set<std::string>> shipped_keys_;
};

bool is_snake_case(std::string_view name);
std::string in_quotes(std::string_view name);  // 'name', for messages
inline constexpr std::size_t name_length_max = 40;

}  // namespace gx::meta
