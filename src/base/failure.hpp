// How things go wrong. What a user can correct is a Problem: a value, collected, all shown at once.
// What ends the request is a Failure: thrown, and turned into a reply in one place (api/answer.cpp).
// What must never be is ensure(): it ends the request before anything is committed.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gx {

// Values to fill into a text, by name: {"max", "200"}.
using TextParams = std::vector<std::pair<std::string, std::string>>;

// One thing that is wrong with input, and where.
struct Problem {
    std::string field;  // field name; "lines[3].amount" inside a list; empty when it concerns the whole record
    std::string rule;   // key of the text: "required", "too_long", or a key of the object's own "problems"
    TextParams params;
    std::string object;  // whose "problems" texts to look in; empty for the texts of the platform

    friend bool operator==(const Problem&, const Problem&) = default;
};

class Failure : public std::exception {
public:
    enum class Kind {
        bad_request,      // 400: cannot be read at all
        unauthenticated,  // 401
        forbidden,        // 403
        not_found,        // 404: is not, or may not be seen; the two never differ
        conflict,         // 409: clashes with what is stored (duplicate, still in use)
        stale,            // 412: somebody else changed it first
        too_large,        // 413
        unsupported,      // 415
        invalid,          // 422: problems() says which fields
        too_many,         // 429
        unavailable,      // 503: the database is away; nothing was changed
        storage_full,     // 507
        broken            // 500: a defect of ours
    };

    Failure(Kind kind, std::string key, TextParams params = {}, std::vector<Problem> problems = {})
        : kind_(kind), key_(std::move(key)), params_(std::move(params)), problems_(std::move(problems)) {}

    Kind kind() const noexcept { return kind_; }
    // Key of the text in texts/*.json, for example "stale_version".
    const std::string& key() const noexcept { return key_; }
    const TextParams& params() const noexcept { return params_; }
    const std::vector<Problem>& problems() const noexcept { return problems_; }
    const char* what() const noexcept override { return key_.c_str(); }

private:
    Kind kind_;
    std::string key_;
    TextParams params_;
    std::vector<Problem> problems_;
};

inline Failure not_found() { return {Failure::Kind::not_found, "not_found"}; }
inline Failure forbidden(std::string right) {
    return {Failure::Kind::forbidden, "forbidden", {{"right", std::move(right)}}};
}
inline Failure invalid(std::vector<Problem> problems) {
    return {Failure::Kind::invalid, "invalid", {}, std::move(problems)};
}
inline Failure bad_request(std::string key, TextParams params = {}) {
    return {Failure::Kind::bad_request, std::move(key), std::move(params)};
}

// Throws Failure(broken, "broken", {{"why", what}}) when `holds` is false.
void ensure(bool holds, std::string_view what);

}  // namespace gx
