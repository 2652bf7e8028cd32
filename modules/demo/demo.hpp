// A believable Chinese company to try things on: departments, people with accounts, customers whose names are put
// together from parts, contacts, two years of opportunities through all stages, and activities. The same size gives
// the same company every time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/records.hpp"

namespace gx::demo {

enum class Size { small, hundred_thousand, million, five_million };  // customers: 600, 100,000, 1,000,000, 5,000,000
std::optional<Size> parse_size(std::string_view text);               // small 100k 1m 5m

struct Person {
    RecordId account;
    std::string login, name, role;
};
struct Made {
    std::string company;
    std::vector<Person> people;  // a few, one of each role, to sign in with
    std::int64_t customers = 0, contacts = 0, opportunities = 0, activities = 0, tasks = 0;
};

// True when there are customers already.
bool is_there(record::Records& records, const record::Caller& caller);
Made make(record::Records& records, const record::Caller& caller, Size size,
          std::function<bool(std::int64_t done, std::int64_t all)> progress);

}  // namespace gx::demo
