// Groups with measures. The database groups by the plain column (days stay days): months and quarters in the caller's
// zone are put together here, which costs nothing beside the scan and needs no date arithmetic in SQL. Sums are exact
// in 128 bits. Amounts of two currencies never meet: a group has one figure per currency.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/failure.hpp"
#include "base/pinyin.hpp"
#include "base/text.hpp"
#include "meta/field_value.hpp"
#include "record/listing.hpp"
#include "record/titles.hpp"

namespace gx::record {

namespace {

__extension__ typedef __int128 Wide;

constexpr std::size_t by_max = 3;
constexpr std::size_t measures_max = 20;
constexpr int groups_max = 10'000;
constexpr std::size_t database_groups_max = 200'000;
constexpr std::int64_t split = 1'000'000'000;
constexpr std::int64_t day_milliseconds = 86'400'000;
constexpr std::int64_t quarter_hour = 900'000;

enum class Bucket { none, day, week, month, quarter, year };

struct Key {
    std::string name;
    Bucket bucket = Bucket::none;
    const meta::Field* field = nullptr;
    bool moment = false;
    bool text = false;
    int at = 0;
};

enum class Kind { sum, average, minimum, maximum };

struct Measure {
    std::string name;
    Kind kind = Kind::sum;
    const meta::Field* field = nullptr;
    int at = 0;             // sum: whole or high part, then low part; average: sum parts, then count
    std::string currency;   // stored money: the column that says of which currency
    int currencies_at = 0;  // the first and the last currency of the group
};

struct Figure {
    Wide sum = 0;
    std::int64_t count = 0;
    std::optional<std::int64_t> least, most;
};

// By currency; what is not money has none.
using Sums = std::map<std::string, Figure, std::less<>>;

// How the database is asked: only as hard as the values need.
struct How {
    bool in_halves = false;    // SQLite's sum() refuses to leave 64 bits; two halves cannot
    bool by_currency = false;  // some group holds several currencies
};

struct Group {
    std::int64_t count = 0;
    std::vector<Sums> sums;
};

Bucket parse_bucket(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, Bucket>, 5> names{{{"day", Bucket::day},
                                                                               {"week", Bucket::week},
                                                                               {"month", Bucket::month},
                                                                               {"quarter", Bucket::quarter},
                                                                               {"year", Bucket::year}}};
    for (const auto& [known, bucket] : names) {
        if (known == name) return bucket;
    }
    throw bad_request("unknown_bucket", {{"bucket", std::string(name)}});
}

// First day of the bucket that holds this day.
Date first_day(Date day, Bucket bucket) {
    using namespace std::chrono;
    const year_month_day date(day);
    switch (bucket) {
        case Bucket::week:
            return day - (weekday(day) - Monday);
        case Bucket::month:
            return sys_days(date.year() / date.month() / 1);
        case Bucket::quarter:
            return sys_days(date.year() / month((static_cast<unsigned>(date.month()) - 1) / 3 * 3 + 1) / 1);
        case Bucket::year:
            return sys_days(date.year() / January / 1);
        default:
            return day;
    }
}

std::string bucket_text(Date first, Bucket bucket) {
    std::string text = format_date(first);
    switch (bucket) {
        case Bucket::month:
            return text.substr(0, 7);
        case Bucket::quarter: {
            const unsigned month = static_cast<unsigned>(std::chrono::year_month_day(first).month());
            return text.substr(0, 5) + "Q" + std::to_string((month - 1) / 3 + 1);
        }
        case Bucket::year:
            return text.substr(0, 4);
        default:
            return text;
    }
}

// A zone whose offset has not moved since then and will not for a long time: most of the world outside Europe and
// America, and China since 1992. Its days can be told apart by arithmetic.
struct SteadyZone {
    std::int64_t since = 0;
    std::int64_t offset = 0;
};
std::optional<SteadyZone> steady(const TimeZone& zone) {
    using namespace std::chrono;
    const Timestamp first = sys_days(year(1992) / January / 1);
    const Timestamp last = sys_days(year(2060) / January / 1);
    const minutes offset = zone.offset_at(first);
    for (Timestamp at = first; at < last; at += days(30)) {
        if (zone.offset_at(at) != offset) return std::nullopt;
    }
    return SteadyZone{first.time_since_epoch().count(), duration_cast<milliseconds>(offset).count()};
}

// Moments come as local days (even numbers) where arithmetic knows them, else as quarters of an hour UTC (odd numbers).
Sql moment_key(const Sql& column, const std::optional<SteadyZone>& zone) {
    const auto floored = [&](std::int64_t unit) {
        const std::string u = std::to_string(unit);
        Sql out{"((", {}};
        out += column;
        out += " - ((";
        out += column;
        out += " % " + u + ") + " + u + ") % " + u + ") / " + u + ") * 2 + 1";
        return out;
    };
    if (!zone) return floored(quarter_hour);
    Sql out{"case when ", {}};
    out += column;
    out += " >= " + std::to_string(zone->since) + " then (";
    out += column;
    out += " + " + std::to_string(zone->offset) + ") / " + std::to_string(day_milliseconds) + " * 2 when ";
    out += column;
    out += " is not null then ";
    out += floored(quarter_hour);
    out += " end";
    return out;
}

Date day_of_moment(std::int64_t key, const TimeZone& zone) {
    if (key % 2 == 0) return Date(std::chrono::days(key / 2));
    const std::int64_t quarter = (key - 1) / 2;
    return zone.date_at(Timestamp(std::chrono::milliseconds(quarter * quarter_hour)));
}

Wide parse_wide(std::string_view text) {
    Wide value = 0;
    const bool negative = text.starts_with('-');
    for (const char c : text.substr(negative ? 1 : 0)) {
        if (c < '0' || c > '9') break;
        value = value * 10 + (c - '0');
    }
    return negative ? -value : value;
}

std::string wide_text(Wide value, std::uint8_t scale) {
    const bool negative = value < 0;
    std::string digits;
    for (Wide rest = negative ? -value : value; rest != 0; rest /= 10)
        digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    while (digits.size() <= scale) digits += '0';
    if (scale > 0) digits.insert(scale, 1, '.');
    if (negative) digits += '-';
    std::reverse(digits.begin(), digits.end());
    return digits;
}

// Half away from zero.
Wide divided(Wide sum, std::int64_t count) {
    const Wide half = count / 2;
    return sum < 0 ? (sum - half) / count : (sum + half) / count;
}

void join(Group& into, const Group& more) {
    into.count += more.count;
    into.sums.resize(more.sums.size());
    for (std::size_t i = 0; i < more.sums.size(); ++i) {
        for (const auto& [currency, add] : more.sums[i]) {
            Figure& held = into.sums[i][currency];
            held.sum += add.sum;
            held.count += add.count;
            if (add.least && (!held.least || *add.least < *held.least)) held.least = add.least;
            if (add.most && (!held.most || *add.most > *held.most)) held.most = add.most;
        }
    }
}

class Grouping {
public:
    Grouping(const Asking& asking, const Selection& selection, const GroupQuery& query)
        : asking_(asking), selection_(selection), object_(selection.object) {
        if (query.by.size() > by_max) throw bad_request("too_many_groupings", {{"max", std::to_string(by_max)}});
        if (query.limit < 1 || query.limit > groups_max)
            throw bad_request("limit", {{"max", std::to_string(groups_max)}});
        for (const std::string& by : query.by) keys_.push_back(read_key(by));
        const auto add = [&](const std::vector<std::string>& names, Kind kind) {
            for (const std::string& name : names) measures_.push_back(read_measure(name, kind));
        };
        add(query.sum, Kind::sum);
        add(query.also, Kind::sum);
        add(query.average, Kind::average);
        add(query.minimum, Kind::minimum);
        add(query.maximum, Kind::maximum);
        if (measures_.size() > measures_max)
            throw bad_request("too_many_measures", {{"max", std::to_string(measures_max)}});
        for (const Key& key : keys_) {
            if (key.moment) zone_ = steady(asking.zone);
        }
        limit_ = static_cast<std::size_t>(query.limit);
    }

    void run(store::Connection& connection) {
        How how;
        try {
            how.by_currency = !read(connection, how);
            if (how.by_currency) read(connection, how);
        } catch (const Failure& failure) {
            if (asking_.dialect != Dialect::sqlite || failure.kind() != Failure::Kind::broken || measures_.empty())
                throw;
            how.in_halves = true;
            if (!read(connection, how)) read(connection, {true, true});
        }
    }

    void write(store::Connection& connection, std::string& out) {
        Titles titles(asking_);
        std::vector<std::map<std::int64_t, std::int64_t>> positions(keys_.size());
        name_references(connection, titles, positions);

        using Entry = std::pair<const std::vector<store::Cell>*, const Group*>;
        std::vector<std::pair<std::vector<std::tuple<int, std::int64_t, std::string>>, Entry>> sorted;
        Group total;
        total.sums.resize(measures_.size());
        for (const auto& [key, group] : groups_) {
            join(total, group);
            std::vector<std::tuple<int, std::int64_t, std::string>> place;
            for (std::size_t i = 0; i < keys_.size(); ++i)
                place.push_back(position(keys_[i], key[i], titles, positions[i]));
            sorted.emplace_back(std::move(place), Entry{&key, &group});
        }
        std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        const bool more = sorted.size() > limit_;
        if (more) sorted.resize(limit_);
        tell_disclosed(sorted.size());

        out += "{\"groups\":[";
        if (!keys_.empty()) {
            for (std::size_t i = 0; i < sorted.size(); ++i) {
                const auto& [key, group] = sorted[i].second;
                out += i == 0 ? "{\"key\":" : ",{\"key\":";
                write_keys(*key, out, [&](const Key& one, const store::Cell& cell) { write_key(one, cell, out); });
                out += ",\"title\":";
                write_keys(*key, out,
                           [&](const Key& one, const store::Cell& cell) { write_title(one, cell, titles, out); });
                out += ',';
                write_measures(*group, out);
                out += '}';
            }
        }
        out += "],\"total\":{";
        write_measures(total, out);
        out += more ? "},\"more\":true}" : "}}";
    }

private:
    void tell_disclosed(std::size_t groups) const {
        if (!asking_.caller.disclosed) return;
        const auto tell = [&](const meta::Field* field) {
            if (field && field->sensitive) asking_.caller.disclosed->add(object_.name, field->name, groups);
        };
        for (const Key& key : keys_) tell(key.field);
        for (const Measure& measure : measures_) tell(measure.field);
    }

    Key read_key(const std::string& by) const {
        Key key;
        const std::size_t colon = by.find(':');
        key.name = by.substr(0, colon);
        const meta::Field& field = readable(key.name);
        key.field = &field;
        if (field.is_multiple() || field.type == meta::FieldType::long_text || field.type == meta::FieldType::address) {
            throw bad_request("field_not_groupable", {{"field", key.name}});
        }
        const bool date = field.type == meta::FieldType::date;
        key.moment = field.type == meta::FieldType::time;
        if (colon != std::string::npos) {
            if (!date && !key.moment) throw bad_request("field_not_a_date", {{"field", key.name}});
            key.bucket = parse_bucket(by.substr(colon + 1));
        } else if (date || key.moment) {
            key.bucket = Bucket::day;
        }
        switch (field.type) {
            case meta::FieldType::text:
            case meta::FieldType::choice:
            case meta::FieldType::phone:
            case meta::FieldType::email:
            case meta::FieldType::url:
            case meta::FieldType::number:
            case meta::FieldType::mnemonic:
                key.text = true;
                break;
            default:
                break;
        }
        return key;
    }

    Measure read_measure(const std::string& name, Kind kind) const {
        Measure measure;
        measure.name = name;
        measure.kind = kind;
        measure.field = &readable(name);
        switch (measure.field->type) {
            case meta::FieldType::integer:
            case meta::FieldType::decimal:
            case meta::FieldType::percent:
            case meta::FieldType::money:
                return measure;
            case meta::FieldType::date:
            case meta::FieldType::time:
                if (kind == Kind::minimum || kind == Kind::maximum) return measure;
                break;
            default:
                break;
        }
        throw bad_request("field_not_a_number", {{"field", name}});
    }

    const meta::Field& readable(const std::string& name) const {
        const meta::ResolvedPath path = meta::resolve(asking_.model, object_, split_path(name));
        if (!ReadableScope(asking_, object_).readable(path) || path.through_list ||
            path.fields.back()->type == meta::FieldType::list) {
            throw bad_request("unknown_field", {{"field", name}});
        }
        return *path.fields.back();
    }

    // False when a group holds several currencies that were not asked for apart.
    bool read(store::Connection& connection, How how) {
        groups_.clear();
        From from = selection_.from();
        Sql list;
        int width = 0;
        const auto append = [&](const Sql& part) {
            append_part(list, part);
            return width++;
        };
        Sql group_by;
        for (Key& key : keys_) {
            const Sql column = from.value_of(split_path(key.name), PathOf::caller);
            key.at = append(key.moment ? moment_key(column, zone_) : column);
            append_part(group_by, {std::to_string(key.at + 1), {}});
        }
        const int count_at = append({"count(*)", {}});
        for (Measure& measure : measures_) {
            const Sql value = from.value_of(split_path(measure.name), PathOf::caller);
            const From::Place place = from.place(split_path(measure.name), PathOf::caller);
            if (place.field->type == meta::FieldType::money && place.field->has_column())
                measure.currency = place.alias + "." + in_quotes(place.field->name + "_currency");
            const auto call = [&](const std::string& before, const std::string& after) {
                Sql out{before, {}};
                out += value;
                out += after;
                return append(out);
            };
            switch (measure.kind) {
                case Kind::sum:
                case Kind::average:
                    if (how.in_halves) {
                        measure.at = call("sum((", ") / " + std::to_string(split) + ")");
                        call("sum((", ") % " + std::to_string(split) + ")");
                    } else {
                        measure.at = call("cast(sum(", ") as text)");
                        append({"0", {}});
                    }
                    if (measure.kind == Kind::average) call("count(", ")");
                    break;
                case Kind::minimum:
                    measure.at = call("min(", ")");
                    break;
                case Kind::maximum:
                    measure.at = call("max(", ")");
                    break;
            }
            if (measure.currency.empty()) continue;
            measure.currencies_at = append({"min(" + measure.currency + ")", {}});
            append({"max(" + measure.currency + ")", {}});
            if (how.by_currency) append_part(group_by, {measure.currency, {}});
        }
        std::vector<Sql> conditions = selection_.conditions(from);
        if (!selection_.reach().everything) conditions.push_back(reach_condition(selection_, from));
        Sql sql = selection_.before;
        sql += "select ";
        sql += list;
        sql += " from ";
        sql += from.sql();
        sql += " where ";
        sql += joined_with_and(conditions);
        if (!group_by.text.empty()) {
            sql += " group by ";
            sql += group_by;
        }
        std::size_t rows = 0;
        bool apart = true;
        connection.query(sql, [&](const store::Row& row) {
            if (++rows > database_groups_max)
                throw bad_request("too_many_groups", {{"max", std::to_string(database_groups_max)}});
            Group group;
            group.count = row.integer(count_at);
            for (const Measure& measure : measures_) {
                if (!measure.currency.empty() && row.text(measure.currencies_at) != row.text(measure.currencies_at + 1))
                    apart = false;
                group.sums.push_back(read_sums(measure, row, how));
            }
            std::vector<store::Cell> key;
            for (const Key& one : keys_) key.push_back(read_cell(one, row));
            join(groups_[std::move(key)], group);
            return apart;
        });
        return apart;
    }

    store::Cell read_cell(const Key& key, const store::Row& row) const {
        if (row.is_null(key.at)) return {};
        if (key.text) return std::string(row.text(key.at));
        const std::int64_t value = row.integer(key.at);
        if (key.bucket == Bucket::none) return value;
        const Date day = key.moment ? day_of_moment(value, asking_.zone) : Date(std::chrono::days(value));
        return std::int64_t{first_day(day, key.bucket).time_since_epoch().count()};
    }

    Sums read_sums(const Measure& measure, const store::Row& row, How how) const {
        if (row.is_null(measure.at)) return {};
        Figure figure;
        switch (measure.kind) {
            case Kind::sum:
            case Kind::average:
                figure.sum = how.in_halves ? Wide{row.integer(measure.at)} * split + row.integer(measure.at + 1)
                                           : parse_wide(row.text(measure.at));
                figure.count = measure.kind == Kind::average ? row.integer(measure.at + 2) : 1;
                break;
            case Kind::minimum:
                figure.least = row.integer(measure.at);
                break;
            case Kind::maximum:
                figure.most = row.integer(measure.at);
                break;
        }
        std::string currency;
        if (measure.field->type == meta::FieldType::money) {
            if (!measure.currency.empty()) currency = row.text(measure.currencies_at);
            if (currency.empty()) currency = asking_.currency.text();
        }
        return {{std::move(currency), figure}};
    }

    // Titles of the references among the keys, and the positions of targets that have an order of their own (stages).
    void name_references(store::Connection& connection, Titles& titles,
                         std::vector<std::map<std::int64_t, std::int64_t>>& positions) {
        std::vector<Sql> statements;
        std::vector<std::size_t> key_of;
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            const std::string_view target_name = meta::target_of(*keys_[i].field);
            if (target_name.empty() || !asking_.model.find(target_name)) continue;
            const meta::Object& target = asking_.model.object(target_name);
            std::set<std::int64_t> ids;
            for (const auto& [key, group] : groups_) {
                if (const auto* id = std::get_if<std::int64_t>(&key[i])) ids.insert(*id);
            }
            for (const std::int64_t id : ids) titles.want(target_name, RecordId{id});
            const meta::Field* order = target.find("order");
            if (!order || order->type != meta::FieldType::integer || !order->has_column()) continue;
            for (auto next = ids.begin(); next != ids.end();) {
                Sql sql{"select \"id\", \"order\" from " + in_quotes(target.name) + " where \"id\" in (", {}};
                for (std::size_t held = 0; held < 500 && next != ids.end(); ++held, ++next) {
                    sql += held == 0 ? "?" : ", ?";
                    sql.bind(*next);
                }
                sql += ")";
                statements.push_back(std::move(sql));
                key_of.push_back(i);
            }
        }
        if (!statements.empty()) {
            connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
                positions[key_of[statement]][row.integer(0)] = row.integer(1);
                return true;
            });
        }
        titles.read(connection);
    }

    // Choices as in their dictionary, references by their order and title, the rest by value; what is empty last.
    std::tuple<int, std::int64_t, std::string> position(const Key& key, const store::Cell& cell, const Titles& titles,
                                                        const std::map<std::int64_t, std::int64_t>& positions) const {
        if (const auto* text = std::get_if<std::string>(&cell)) {
            const meta::Dictionary* dictionary = dictionary_of(asking_.model, *key.field);
            const meta::DictionaryItem* item = dictionary ? dictionary->find(*text) : nullptr;
            return {item ? 0 : 1, item ? item - dictionary->items.data() : 0, *text};
        }
        if (const auto* number = std::get_if<std::int64_t>(&cell)) {
            const std::string_view target = meta::target_of(*key.field);
            if (target.empty()) return {0, *number, {}};
            const auto placed = positions.find(*number);
            const std::string* title = titles.find(target, RecordId{*number});
            return {0, placed == positions.end() ? 0 : placed->second,
                    title ? pinyin_full(fold(*title)) : std::string()};
        }
        return {2, 0, {}};
    }

    template <class Write>
    void write_keys(const std::vector<store::Cell>& key, std::string& out, Write write_one) const {
        if (keys_.size() > 1) out += '[';
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            if (i > 0) out += ',';
            write_one(keys_[i], key[i]);
        }
        if (keys_.size() > 1) out += ']';
    }

    void write_key(const Key& key, const store::Cell& cell, std::string& out) const {
        if (const auto* text = std::get_if<std::string>(&cell)) {
            write_text(*text, out);
        } else if (const auto* number = std::get_if<std::int64_t>(&cell)) {
            if (key.bucket != Bucket::none) {
                write_text(bucket_text(Date(std::chrono::days(*number)), key.bucket), out);
            } else if (key.field->is_reference()) {
                write_id(*number, out);
            } else if (key.field->type == meta::FieldType::boolean) {
                out += *number != 0 ? "true" : "false";
            } else if (key.field->type == meta::FieldType::integer) {
                out += std::to_string(*number);
            } else {
                write_decimal(*number, key.field->scale, out);
            }
        } else {
            out += "null";
        }
    }

    void write_title(const Key& key, const store::Cell& cell, const Titles& titles, std::string& out) const {
        const auto* number = std::get_if<std::int64_t>(&cell);
        const auto* text = std::get_if<std::string>(&cell);
        if (number && key.field->is_reference()) {
            const std::string* title = titles.find(meta::target_of(*key.field), RecordId{*number});
            if (title) {
                write_text(*title, out);
            } else {
                out += "null";
            }
        } else if (const meta::Dictionary* dictionary = text ? dictionary_of(asking_.model, *key.field) : nullptr) {
            const meta::DictionaryItem* item = dictionary->find(*text);
            write_text(item ? item->label.in(asking_.caller.language) : *text, out);
        } else if (number && key.field->type == meta::FieldType::integer) {
            write_text(std::to_string(*number), out);
        } else {
            write_key(key, cell, out);
        }
    }

    void write_measures(const Group& group, std::string& out) const {
        out += "\"count\":" + std::to_string(group.count);
        static constexpr std::array<std::pair<Kind, std::string_view>, 4> kinds{
            {{Kind::sum, "sum"}, {Kind::average, "average"}, {Kind::minimum, "minimum"}, {Kind::maximum, "maximum"}}};
        for (const auto& [kind, name] : kinds) {
            bool any = false;
            for (std::size_t i = 0; i < measures_.size(); ++i) {
                const Measure& measure = measures_[i];
                if (measure.kind != kind) continue;
                out += any ? "," : ",\"" + std::string(name) + "\":{";
                any = true;
                write_text(measure.name, out);
                out += ':';
                if (measure.field->type == meta::FieldType::money) {
                    write_amounts(measure, group.sums[i], out);
                } else {
                    write_figure(measure, group.sums[i].empty() ? Figure() : group.sums[i].begin()->second, out);
                }
            }
            if (any) out += '}';
        }
    }

    // One currency: its amount. Several: a list of amounts, that of the company first.
    void write_amounts(const Measure& measure, const Sums& sums, std::string& out) const {
        if (sums.empty() && measure.kind != Kind::sum) {
            out += "null";
            return;
        }
        const std::string home(asking_.currency.text());
        const auto amount = [&](std::string_view currency, const Figure& figure) {
            out += "{\"amount\":";
            write_figure(measure, figure, out);
            out += ",\"currency\":";
            write_text(currency, out);
            out += '}';
        };
        if (sums.size() <= 1) {
            const auto only = sums.begin();
            only == sums.end() ? amount(home, Figure()) : amount(only->first, only->second);
            return;
        }
        char before = '[';
        const auto next = [&](std::string_view currency, const Figure& figure) {
            out += before;
            before = ',';
            amount(currency, figure);
        };
        if (const auto own = sums.find(home); own != sums.end()) next(own->first, own->second);
        for (const auto& [currency, figure] : sums) {
            if (currency != home) next(currency, figure);
        }
        out += ']';
    }

    static void write_figure(const Measure& measure, const Figure& figure, std::string& out) {
        const std::uint8_t scale = measure.field->scale;
        const auto number = [&](Wide value) {
            const std::string text = wide_text(value, scale);
            if (measure.field->type == meta::FieldType::integer && text.size() <= 15) {
                out += text;
            } else {
                out += '"' + text + '"';
            }
        };
        const auto value = [&](std::optional<std::int64_t> held) {
            if (!held) {
                out += "null";
            } else if (measure.field->type == meta::FieldType::date) {
                write_text(format_date(Date(std::chrono::days(*held))), out);
            } else if (measure.field->type == meta::FieldType::time) {
                write_text(format_timestamp(Timestamp(std::chrono::milliseconds(*held))), out);
            } else {
                number(*held);
            }
        };
        switch (measure.kind) {
            case Kind::sum:
                number(figure.sum);
                break;
            case Kind::average:
                if (figure.count == 0) {
                    out += "null";
                } else if (measure.field->type == meta::FieldType::integer) {
                    out += '"' + wide_text(divided(figure.sum * 100, figure.count), 2) + '"';
                } else {
                    number(divided(figure.sum, figure.count));
                }
                break;
            case Kind::minimum:
                value(figure.least);
                break;
            case Kind::maximum:
                value(figure.most);
                break;
        }
    }

    const Asking& asking_;
    const Selection& selection_;
    const meta::Object& object_;
    std::vector<Key> keys_;
    std::vector<Measure> measures_;
    std::optional<SteadyZone> zone_;
    std::size_t limit_ = 0;
    std::map<std::vector<store::Cell>, Group> groups_;
};

}  // namespace

void Records::group(const Caller& caller, const GroupQuery& query, std::string& out) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(query.object);
    require_view(caller, object);
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        ListQuery which;
        which.object = query.object;
        which.view = query.view;
        which.filter = query.filter;
        which.search = query.search;
        std::vector<SortKey> sort;
        Selection selection = select(*state_, connection, asking, object, which, sort);
        if (query.as_of) look_back(connection, selection, *query.as_of);
        Grouping grouping(asking, selection, query);
        grouping.run(connection);
        grouping.write(connection, out);
    });
}

}  // namespace gx::record
