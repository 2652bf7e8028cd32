// Everything that a record answers for goes to another in one step: an employee who leaves, a department that is
// closed. Declarations say what goes along ("hand_over", docs/declarations.md): the records that it owns, and those
// that refer to it where the reference is work that somebody must do. One batch, so that one undo takes all of it back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "base/function_ref.hpp"
#include "meta/model.hpp"
#include "record/records.hpp"

namespace gx::features {

// Records of one object that refer to the one who gives up, through one field.
struct HandoverItem {
    const meta::Object* object = nullptr;
    const meta::Field* field = nullptr;
    std::int64_t all = 0, open = 0;  // that the caller reaches with the right it takes
    bool divided = false;            // some of it is done and may stay
    bool beyond = false;             // there are more, out of the caller's reach: together they cannot be handed over
};

// Records that get values at the end: the one who gives up itself, and its account.
struct HandoverEnding {
    const meta::Object* object = nullptr;
    const meta::Field* field = nullptr;  // that refers to the one who gives up; null: that record itself
    const std::vector<std::pair<std::string, Value>>* values = nullptr;
    std::int64_t count = 0;
    bool beyond = false;
};

struct HandoverPreview {
    meta::ModelPtr model;  // that the pointers point into
    std::vector<HandoverItem> items;
    std::vector<HandoverEnding> endings;
};

enum class HandoverShare { none, open, all };

struct HandoverChoice {
    std::string object, field;
    RecordId to;  // none: nobody, as far as the field may be empty
    HandoverShare share = HandoverShare::open;
};

struct HandoverPlan {
    RecordId to;                          // of all that is not chosen otherwise
    std::vector<HandoverChoice> choices;  // by object and field
    bool end = false;                     // the endings too
    std::string note;                     // for the history
};

struct HandoverMove {
    std::string object, field;
    std::size_t moved = 0, taken = 0;  // taken: stayed, because the other one has the same place there already
};

struct HandoverResult {
    RecordId batch;  // none when there was nothing to do, or something was refused
    std::vector<HandoverMove> moves;
    std::size_t ended = 0;
    std::vector<record::Refused> refused;  // then nothing was changed
};

class Handover {
public:
    explicit Handover(record::Records& records) : records_(records) {}

    // What would go. Throws not_found() for a record that the caller may not see, forbidden("assign") for a caller who
    // may give nothing away.
    HandoverPreview preview(const access::Caller& caller, const meta::Object& object, RecordId from) const;

    // Throws Failure(invalid) for a plan that cannot be, and forbidden when one of its records is out of reach: what is
    // told before the work begins.
    void check(const access::Caller& caller, const meta::Object& object, RecordId from, const HandoverPlan& plan) const;

    // Throws the same, and Failure(conflict, "cancelled") when `progress` says no. Then nothing is changed.
    HandoverResult run(const access::Caller& caller, const meta::Object& object, RecordId from,
                       const HandoverPlan& plan, FunctionRef<bool(std::size_t done, std::size_t all)> progress) const;

private:
    struct Prepared;
    Prepared prepare(const access::Caller& caller, const meta::Object& object, RecordId from,
                     const HandoverPlan& plan) const;
    void check_receivers(const access::Caller& caller, const meta::Object& object, RecordId from,
                         const HandoverPlan& plan) const;

    record::Records& records_;
};

// {"items":[…],"ending":[…]} as in docs/api.md, with labels, because the caller may not know the object otherwise.
std::string preview_json(const HandoverPreview& preview, const access::Caller& caller);
std::string result_json(const HandoverResult& result, const access::Caller& caller, const meta::Model& model);

}  // namespace gx::features
