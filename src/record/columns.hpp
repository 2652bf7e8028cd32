// The columns of a reading statement and what becomes of them: JSON written straight from the row, or Values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"
#include "record/query.hpp"

namespace gx::record {

class Columns {
public:
    enum class For { json, values };

    Columns(const Asking& asking, From& from, For purpose) : asking_(asking), from_(from), purpose_(purpose) {}
    ~Columns();  // tells the caller's Disclosed what of sensitive fields was written or read
    Columns(const Columns&) = delete;
    Columns& operator=(const Columns&) = delete;

    // Adds a field by path; its JSON key is the path itself. The caller has checked that it may be read.
    void add(const std::string& path);
    // Something of the caller's own at the end of the row; gives its position.
    int add_extra(const Sql& value);

    Sql select_list() const { return list_; }
    std::size_t size() const { return columns_.size(); }

    // `,"name":"华信","owner":{…}`: every member with a comma before it, so that id and version can stand first.
    void write(const store::Row& row, std::string& out) const;
    void read(const store::Row& row, std::span<Value> values) const;

    const meta::Field& field(std::size_t index) const { return *columns_[index].field; }

private:
    enum class Kind : std::uint8_t {
        text,
        integer,
        decimal,
        money,
        date,
        timestamp,
        boolean,
        choice,
        reference,
        choices,
        references,
        address
    };
    struct Column {
        Kind kind = Kind::text;
        std::uint8_t scale = 0;
        int first = 0;    // position in the row
        std::string key;  // `,"name":`
        const meta::Dictionary* dictionary = nullptr;
        const meta::Field* field = nullptr;
        bool masked = false;
        const meta::Object* sensitive_of = nullptr;  // whose sensitive field it is
        mutable std::size_t given = 0;               // values of it that went out
    };

    int append(const Sql& value);
    static void count_given(const Column& column, const store::Row& row);
    void write_value(const Column& column, const store::Row& row, std::string& out) const;

    const Asking& asking_;
    From& from_;
    For purpose_;
    Sql list_;
    int width_ = 0;
    std::vector<Column> columns_;
};

// Pieces of JSON that other readers of rows need too.
void write_text(std::string_view text, std::string& out);
void write_id(std::int64_t id, std::string& out);
void write_choice(std::string_view code, const meta::Dictionary& dictionary, Language language, std::string& out);
void write_decimal(std::int64_t unscaled, std::uint8_t scale, std::string& out);

// The dictionary of a choice field, through a lookup when it has none of its own.
const meta::Dictionary* dictionary_of(const meta::Model& model, const meta::Field& field);

}  // namespace gx::record
