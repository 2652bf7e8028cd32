// One save, whether of a form, a bulk edit, an import or an undo: all its drafts and what was gathered for them.
//   think()    gathers and decides: reads through the given connection, changes nothing
//   settle()   tells the problems, or leaves the rows with problems out
//   prepare()  makes rows, history and search tokens: no database, so that the one writer is not kept waiting
//   apply()    verifies that what was read still holds, and writes
// think() usually runs on a read snapshot outside the transaction. apply() therefore compares the version of every
// record that was looked at, and throws Moved when one has changed: the caller thinks again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "record/behaviour.hpp"
#include "record/plan.hpp"
#include "record/records.hpp"
#include "store/search.hpp"
#include "store/store.hpp"

namespace gx::record {

class Work;

// Something that was read has changed before it could be written.
class Moved : public std::exception {
public:
    const char* what() const noexcept override { return "changed by others meanwhile"; }
};

enum class Mode {
    normal,
    exact  // undo: values are put back as they were; no defaults, behaviours or rules
};

struct WorkOptions {
    Mode mode = Mode::normal;
    bool trusted = false;                  // shipped records: no rights, read-only fields may be set
    const meta::Action* action = nullptr;  // every change is this verb on a record
    const Params* params = nullptr;
    bool assigns = false;           // the right "assign" is what counts, not "change"
    std::int64_t undone_batch = 0;  // the batch that this one takes back
};

struct ObjectWork;

class WorkDraft final : public Draft {
public:
    enum class Kind { create, change, remove, restore };

    WorkDraft(Work& work, ObjectWork& of, Kind kind, RecordId id) : work_(work), of_(of), kind_(kind), id_(id) {}

    const meta::Object& object() const override;
    RecordId id() const override { return id_; }
    bool is_new() const override { return kind_ == Kind::create; }
    bool is_removal() const override { return kind_ == Kind::remove; }
    const Value& value(std::string_view field) const override;
    const Value& old_value(std::string_view field) const override;
    using Draft::changed;
    bool changed(std::string_view field) const override;
    void set_value(std::string_view field, Value value) override;
    void add_problem(std::string_view field, std::string_view key, TextParams params) override;
    const Value& linked(std::string_view path) const override;
    std::vector<Value> children(std::string_view path) const override;
    const access::Caller& caller() const override;
    Timestamp now() const override;
    Date today() const override;
    bool may(std::string_view special_right) const override;
    Draft& add(std::string_view object) override;
    Draft& add(std::string_view object, RecordId id) override;
    std::int64_t count(std::string_view object, std::string_view field) const override;

private:
    friend class Work;

    struct Input {
        std::uint32_t field = 0;
        Value value;
        bool trusted = false;
        std::optional<std::pair<RecordId, RecordId>> swap = {};  // instead of a value: this one gives way to that
    };

    bool changed(std::uint32_t field) const;
    const ObjectPlan& plan() const;

    Work& work_;
    ObjectWork& of_;
    Kind kind_;
    RecordId id_;
    bool trusted_ = false;  // added by the program: the caller's rights do not matter
    bool anchor_ = false;   // stands for the object in an action without record; never written
    bool loaded_ = false;   // stored row is here (or the draft is new)
    bool decided_ = false;
    bool acted_ = false;  // the action concerns this draft
    bool left_out_ = false;
    bool may_assign_ = false;      // the stored record may be given away
    std::size_t row_ = 0;          // the caller's own index
    WorkDraft* origin_ = nullptr;  // whose behaviour added it
    int depth_ = 0;
    std::optional<std::int64_t> wanted_version_;
    std::vector<Input> inputs_;
    std::vector<std::string> unknown_fields_;

    std::int64_t version_ = 0;
    std::int64_t new_version_ = 0;
    RecordId created_by_, updated_by_;
    std::int64_t created_at_ = 0, updated_at_ = 0;
    std::optional<std::int64_t> deleted_at_;
    std::vector<Value> old_, values_;  // by field index; old_ is empty for a new record
    std::vector<std::uint8_t> given_;  // by field index: 1 named by the caller, 2 by the program
    std::vector<Problem> problems_;
    std::size_t problems_below_ = 0;  // of this draft and of all that were added on its behalf; kept at the root
};

// A record of another object that was looked at.
struct LinkedRow {
    std::int64_t version = 0;
    bool live = false;
    bool visible = true;        // to the caller
    std::vector<Value> values;  // in the order of ObjectPlan::linked_fields
};

// What one save holds of one object.
struct ObjectWork {
    const ObjectPlan* plan = nullptr;
    access::FieldMask mask;
    bool mask_known = false;
    std::vector<WorkDraft*> drafts;
    std::unordered_map<RecordId, WorkDraft*> by_id;
    std::unordered_map<RecordId, LinkedRow> linked;
    std::unordered_set<RecordId> wanted;  // to be looked at in the next round
    // List field -> parent -> children that are stored (id, values in the order of ListPlan::values).
    struct Child {
        RecordId id;
        std::vector<Value> values;
        std::int64_t version = 0;
    };
    std::map<std::string, std::unordered_map<RecordId, std::vector<Child>>, std::less<>> children;
    // (object, field) -> id -> live records that refer to it.
    std::map<std::pair<std::string, std::string>, std::unordered_map<RecordId, std::int64_t>> counts;
};

struct Prepared;

class Work {
public:
    Work(const Parts& parts, const TimeZone& zone, const Plans& plans, const Caller& caller, const SaveOptions& options,
         const WorkOptions& work_options);
    ~Work();
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;

    void take(std::span<const Change> changes);
    Draft& anchor(std::string_view object);

    void think(store::Connection& connection);
    // Throws Failure(invalid) with all problems of all rows; with keep_good or dry_run they are kept in saved().
    void settle();
    void prepare();
    void apply(store::Connection& connection);

    const Saved& saved() const { return saved_; }
    const std::vector<Records::Committed>& committed() const { return committed_; }
    bool writes_nothing() const;

private:
    friend class WorkDraft;
    ObjectWork& object_work(std::string_view object);
    WorkDraft& make(ObjectWork& of, WorkDraft::Kind kind, RecordId id);
    void check_right(ObjectWork& of, access::Verb verb);
    const access::FieldMask& mask(ObjectWork& of);
    access::Verb verb_of(const WorkDraft& draft) const;
    // The rows of the object's own table that the caller reaches with this verb.
    store::Sql reach(const store::Connection& connection, const ObjectPlan& plan, access::Verb verb) const;

    // gather
    void load_stored(store::Connection& connection);
    void load_links(store::Connection& connection, ObjectWork& of, std::span<WorkDraft* const> drafts);
    void want_references();
    bool load_linked(store::Connection& connection);
    void load_children(store::Connection& connection);
    void load_counts(store::Connection& connection);
    void want(std::string_view object, RecordId id);
    const Value* follow(const WorkDraft& draft, const PathPlan& path, bool* missing) const;
    const Value& linked(const WorkDraft& draft, std::string_view path);

    // decide
    void decide(WorkDraft& draft);
    void begin(WorkDraft& draft);
    void take_inputs(WorkDraft& draft);
    void fill_defaults(WorkDraft& draft);
    void run_action(WorkDraft& draft);
    void run_behaviours(WorkDraft& draft);
    void fill_mnemonics(WorkDraft& draft);
    void fill_owner(WorkDraft& draft);
    void fill_formulas(WorkDraft& draft);
    void check_fields(WorkDraft& draft);
    void check_rights(WorkDraft& draft, const meta::Field& field, const std::string& value);
    void check_rules(WorkDraft& draft);
    template <class Use>
    void with_environment(const WorkDraft& draft, Use use);
    Value evaluate(const WorkDraft& draft, const expr::Node& node);
    Value own_value(const WorkDraft& draft, const std::string& name);
    std::vector<Value> list_values(const WorkDraft& draft, const std::vector<std::string>& path);

    // decide, across drafts
    bool check_references(store::Connection& connection);
    void check_uniques(store::Connection& connection);
    void check_trees(store::Connection& connection);
    bool check_removals(store::Connection& connection);
    bool bring_children_back(store::Connection& connection);
    std::vector<std::pair<const ReferrerPlan*, std::unordered_map<RecordId, std::int64_t>>> count_referrers(
        store::Connection& connection, ObjectWork& of, std::span<WorkDraft* const> drafts) const;

    void problem(WorkDraft& draft, std::string field, std::string rule, TextParams params = {},
                 std::string object = {});
    void forget_problems(WorkDraft& draft);
    static WorkDraft& root(WorkDraft& draft);
    static bool is_bad(const WorkDraft& draft);

    // apply
    void prepare_insert(WorkDraft& draft);
    void prepare_change(WorkDraft& draft);
    void prepare_links(WorkDraft& draft);
    void prepare_history(WorkDraft& draft, std::int64_t version, bool creation);
    std::vector<std::string> tokens(const WorkDraft& draft) const;
    void prepare_search(const WorkDraft& draft);
    void verify(store::Connection& connection);
    void verify_children(store::Connection& connection) const;
    void give_numbers(store::Connection& connection);
    void write_rows(store::Connection& connection);
    void mark_shares(store::Connection& connection, const ObjectWork& of);
    void write_batch(store::Connection& connection);
    void write_outbox(store::Connection& connection);
    std::string_view operation_of(const WorkDraft& draft) const;

    const Parts& parts_;
    const TimeZone& zone_;
    const Plans& plans_;
    const Caller& caller_;
    const SaveOptions& options_;
    const WorkOptions& how_;
    Timestamp now_;
    Date today_, company_day_;

    std::map<std::string, ObjectWork, std::less<>> objects_;
    std::deque<WorkDraft> drafts_;
    std::vector<WorkDraft*> positions_;  // draft of every change
    WorkDraft* current_ = nullptr;       // whose behaviour is running
    bool missing_ = false;               // something was asked for that is not gathered yet
    std::unordered_map<RecordId, std::pair<const ObjectPlan*, std::int64_t>>
        ancestors_;  // of trees: versions to verify

    // Records that give up a unique value which another of this change takes over, with its column.
    std::vector<std::pair<const WorkDraft*, std::string>> released_;

    std::unique_ptr<Prepared> prepared_;
    Saved saved_;
    std::vector<Records::Committed> committed_;
};

}  // namespace gx::record
