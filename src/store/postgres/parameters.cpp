#include "store/postgres/parameters.hpp"

#include <libpq-fe.h>

#include <map>
#include <memory>

#include "base/failure.hpp"

namespace gx::store {

namespace {

// The end of what begins at `at` and holds no parameter: a quoted text or name, or a comment. `at` when none does.
std::size_t end_of_quoted(std::string_view sql, std::size_t at) {
    const auto after = [&](std::string_view end) {
        const std::size_t found = sql.find(end, at + 1);
        return found == std::string_view::npos ? sql.size() : found + end.size();
    };
    switch (sql[at]) {
        case '\'':
            return after("'");
        case '"':
            return after("\"");
        case '-':
            return sql.substr(at).starts_with("--") ? after("\n") : at;
        case '/':
            return sql.substr(at).starts_with("/*") ? after("*/") : at;
        default:
            return at;
    }
}

template <class EachParameter>
void walk(std::string_view sql, EachParameter each) {
    for (std::size_t at = 0; at < sql.size();) {
        const std::size_t end = end_of_quoted(sql, at);
        if (end > at) {
            at = end;
            continue;
        }
        if (sql[at] == '?') each(at);
        ++at;
    }
}

}  // namespace

std::size_t count_parameters(std::string_view sql) {
    std::size_t count = 0;
    walk(sql, [&](std::size_t) { ++count; });
    return count;
}

std::string numbered_parameters(std::string_view sql) {
    std::string out;
    out.reserve(sql.size() + 32);
    std::size_t copied = 0;
    std::size_t number = 0;
    walk(sql, [&](std::size_t at) {
        out += sql.substr(copied, at - copied);
        out += '$' + std::to_string(++number);
        copied = at + 1;
    });
    out += sql.substr(copied);
    return out;
}

ConnectionParameters::ConnectionParameters(const std::string& conninfo) {
    char* why = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(conninfo.c_str(), &why),
                                                                               &PQconninfoFree);
    if (options == nullptr) {
        const std::unique_ptr<char, decltype(&PQfreemem)> message(why, &PQfreemem);
        throw Failure(Failure::Kind::unavailable, "database_address_malformed",
                      {{"why", message == nullptr ? "" : message.get()}});
    }
    // Without a connect timeout a hung first host of several blocks for ever.
    std::map<std::string, std::string> chosen{
        {"target_session_attrs", "read-write"}, {"connect_timeout", "2"},  {"keepalives_idle", "10"},
        {"keepalives_interval", "3"},           {"keepalives_count", "3"}, {"tcp_user_timeout", "10000"},
        {"application_name", "guanxi"}};
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) chosen[option->keyword] = option->val;
    }
    chosen["client_encoding"] = "UTF8";
    texts_.reserve(chosen.size() * 2);
    for (const auto& [keyword, value] : chosen) {
        keywords_.push_back(texts_.emplace_back(keyword).c_str());
        values_.push_back(texts_.emplace_back(value).c_str());
    }
    keywords_.push_back(nullptr);
    values_.push_back(nullptr);
}

}  // namespace gx::store
