// Finds the records that texts in a file refer to, many at once: by number, by any unique field, by title in either
// language. Only records that the caller may see are found. Small objects are read once, large ones by what is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "meta/model.hpp"
#include "record/records.hpp"

namespace gx::features {

class References {
public:
    References(record::Records& records, const access::Caller& caller, meta::ModelPtr model)
        : records_(records), caller_(caller), model_(std::move(model)) {}

    // Looks up what is not yet known of `texts`.
    void find(const std::string& object, const std::vector<std::string>& texts);

    enum class Found { one, none, several };
    Found get(const std::string& object, std::string_view text, RecordId& id) const;

    void add(const std::string& object, std::string_view title, RecordId id);
    void forget(const std::string& object);  // after records of it were made

private:
    struct Known {
        bool complete = false;
        std::unordered_map<std::string, RecordId> by_key;                 // numbers and unique fields, folded
        std::unordered_map<std::string, std::vector<RecordId>> by_title;  // at most two: several is several
        std::unordered_set<std::string> asked;
    };
    static void learn(Known& known, record::Named one);
    void read_whole(const meta::Object& object, Known& known);

    record::Records& records_;
    const access::Caller& caller_;
    meta::ModelPtr model_;
    std::unordered_map<std::string, Known> known_;
};

}  // namespace gx::features
