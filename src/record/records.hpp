// The one way to business data: list, count, group, search, read, save, act, undo. Every call takes the caller and
// puts that caller's rights into the statement itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "access/access.hpp"
#include "base/failure.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "base/value.hpp"
#include "meta/model.hpp"
#include "store/store.hpp"

namespace gx::record {

using access::Caller;

// ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────

enum class Count { none, capped, exact };  // capped: stops at count_cap and says exact=false
inline constexpr std::int64_t count_cap = 10'000;

struct SortKey {
    std::string field;
    bool descending = false;
};  // "customer.name" through a reference is allowed

struct ListQuery {
    std::string object;
    std::string view;           // code or id of a view; its filter is joined with `filter`, its sort used when none
    json::value filter;         // JSON filter form; null = none
    std::string search;         // words typed into the list's own box
    std::vector<SortKey> sort;  // empty: view, else updated_at descending. id is always the last key
    std::vector<std::string> fields;  // empty: every field the caller may read that is not hidden or long text
    int limit = 50;                   // 1..500
    std::string after;                // cursor of the page before; excludes offset
    std::int64_t offset = 0;          // direct jump
    Count count = Count::none;
    std::optional<Timestamp> as_of;
    bool bin = false;                        // the recycle bin instead of the live records
    access::Verb verb = access::Verb::view;  // rows that this right reaches: exports, bulk edits
};

struct GroupQuery {
    std::string object, view, search;
    json::value filter;
    std::vector<std::string> by;  // fields; "created_at:month" "close_on:quarter" for dates; up to 3
    std::vector<std::string> sum, average, minimum, maximum;  // number and money fields
    std::vector<std::string> also;  // formula expressions of the object by field name, e.g. "weighted"
    std::optional<Timestamp> as_of;
    int limit = 1000;
};

struct Named {
    RecordId id;
    std::string text;    // folded
    bool title = false;  // several records may have one title
};
// Fields that tell one record from others: the title in each language, numbers, unique texts.
std::vector<const meta::Field*> naming_fields(const meta::Object& object);

// ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────────

// In a field of several references one gives way to another, or just goes.
struct Swap {
    std::string field;
    RecordId from, to;
};

// One record to be made or changed. Fields not named stay as they are.
struct Change {
    std::string object;
    RecordId id;                          // none: a new record
    std::optional<std::int64_t> version;  // must still be this one; absent: not checked
    std::vector<std::pair<std::string, Value>> values;
    bool remove = false;   // to the recycle bin
    bool restore = false;  // from the recycle bin
    std::size_t row = 0;   // caller's own index, given back with problems
    std::vector<Swap> swaps = {};
};

// Many records of one object that are all to get the same.
struct Sweep {
    ListQuery which;  // its `verb` is the right by which they are reached and written: change, remove or assign
    std::vector<std::pair<std::string, Value>> values;
    std::vector<Swap> swaps = {};
    // Every such record or none: refused when some of them are out of reach of this right. The filter is the program's
    // own then, and may name what the caller cannot read.
    bool whole = false;
    bool skip_taken = false;  // a record whose new unique value another has already stays as it is
};

struct SaveOptions {
    std::string operation = "save";  // save, bulk, import, undo, action name … kept in history
    std::string note;                // shown in history: file name, action label
    std::string idempotency_key;
    bool dry_run = false;            // decide, tell the problems, write nothing
    bool keep_good = false;          // rows with problems are left out instead of failing all
    bool refuse_duplicates = false;  // one new record, likely there already: conflict "duplicates"
    RecordId batch;                  // continue this batch (import in pieces); none: a new one
    // Called when all is decided and before it is written: pieces of one file are decided side by side, and written in
    // their order. What it throws ends the save.
    std::function<void()> before_write = {};
};

struct RowProblems {
    std::size_t row = 0;
    std::vector<Problem> problems;
};

struct Saved {
    RecordId batch;
    std::vector<RecordId> ids;  // by position of the change; none where left out
    std::vector<std::int64_t> versions;
    std::size_t created = 0, updated = 0, removed = 0, unchanged = 0;
    std::vector<RowProblems> problems;  // only with keep_good or dry_run
};

// A record that could not be changed, and why.
struct Refused {
    std::string object;
    RecordId id;
    std::string title;
    std::vector<Problem> problems;
};

struct Swept {
    RecordId batch;                  // none when nothing was changed
    std::vector<std::size_t> moved;  // by sweep: how many records were changed
    std::vector<std::size_t> taken;  // … and how many stayed because of skip_taken
    std::vector<Refused> refused;    // the first few; then nothing was changed at all
};

// How many records there are, and how many of them the caller reaches.
struct Reach {
    std::int64_t reached = 0, all = 0;
};

struct Undone {
    std::size_t undone = 0, skipped = 0;
    RecordId batch;
};  // skipped: changed by others since

// ── the parts ──────────────────────────────────────────────────────────────────────────────────────────────────────

struct Parts {
    store::Store& store;
    const Clock& clock;
    IdSource& ids;
    std::function<meta::ModelPtr()> model;  // the current one
    std::string zone = "Asia/Shanghai";     // of the company
    Currency currency;
};

// A record opened to an "employee", a "department" (with those below) or a "team".
struct ShareWish {
    std::string kind;
    RecordId grantee;
    bool writes = false;
    std::optional<Timestamp> until;  // none: for good
};

class Behaviours;
struct Operation;
struct RecordChange;

class Records {
public:
    Records(Parts parts, const Behaviours& behaviours);
    ~Records();

    // Writes {"records":[…],"next":…,"count":{…}}.
    void list(const Caller& caller, const ListQuery& query, std::string& out) const;
    // Writes {"groups":[…],"total":{…}}.
    void group(const Caller& caller, const GroupQuery& query, std::string& out) const;
    std::int64_t count(const Caller& caller, const ListQuery& query) const;  // exact

    // Streams every record of a list in its order, for exports: fields in the order of query.fields, limit ignored.
    void each(const Caller& caller, const ListQuery& query,
              FunctionRef<bool(RecordId, std::span<const Value>)> row) const;

    // Writes one record with its actions: {"id","version",…,"actions":["win",…],"rights":{"change":true,…}}. `include`
    // names list fields (first 20 of each as "included":{"contacts":{"records":[…],"count":…}}), "timeline", "history".
    // In the bin nothing can be done with a record but restore it.
    enum class Among { live, bin };
    void read(const Caller& caller, std::string_view object, RecordId id, std::span<const std::string> include,
              std::optional<Timestamp> as_of, std::string& out, Among among = Among::live) const;
    std::vector<std::pair<std::string, Value>> values(const Caller& caller, std::string_view object, RecordId id) const;

    // Writes {"hits":[{"object","id","title","matched"}]}. Empty `objects`: all searchable ones the caller may view.
    void search(const Caller& caller, std::string_view typed, std::span<const std::string> objects, int limit,
                std::string& out) const;
    // References for pickers: [{"id","title","hint"}].
    void options(const Caller& caller, std::string_view object, std::string_view typed, const json::value& filter,
                 int limit, std::string& out) const;
    // Likely duplicates of a draft, for the hint while typing (CUST-21).
    void duplicates(const Caller& caller, std::string_view object,
                    const std::vector<std::pair<std::string, Value>>& draft, std::string& out) const;

    // Records whose title, number or other unique field is one of these texts, compared folded; any number of texts.
    // Only what the caller may see.
    std::vector<Named> named(const Caller& caller, std::string_view object, std::span<const std::string> texts) const;
    // Titles of many references at once, unknown ones are absent; with a caller, only those that references show him.
    std::unordered_map<RecordId, std::string> titles(std::string_view object, std::span<const RecordId> ids,
                                                     const Caller* caller = nullptr) const;

    // All or nothing unless keep_good. Throws Failure: invalid with problems, stale, not_found, forbidden, conflict.
    Saved save(const Caller& caller, std::span<const Change> changes, const SaveOptions& options);

    // Every record of a list gets the same values (bulk edit), or goes to the bin. In one batch.
    Saved change_all(const Caller& caller, const ListQuery& which,
                     const std::vector<std::pair<std::string, Value>>& values, bool remove,
                     FunctionRef<bool(std::size_t done, std::size_t all)> progress);

    // Several such changes in one batch, and all of them or nothing. What cannot be changed is told as `refused`;
    // without the right to it, the whole fails as forbidden.
    Swept sweep(const Caller& caller, std::span<const Sweep> sweeps, const SaveOptions& options,
                FunctionRef<bool(std::size_t done, std::size_t all)> progress);
    // For each query, in one round trip. Its filter is the program's own, as in a whole sweep.
    std::vector<Reach> reach(const Caller& caller, std::span<const ListQuery> queries) const;

    // What keeps records out of the bin: others that refer to them. Writes
    // [{"object","field","label","field_label","count","records":[{"id","title"}]}], of which the records are the first
    // few that the caller may see. Tells nothing about records that are not the caller's to remove, and looks at the
    // first 200 only.
    void blockers(const Caller& caller, std::string_view object, std::span<const RecordId> ids, std::string& out) const;

    // A verb of the business. Answers the records' state after it. `ids` empty for on_object actions.
    Saved act(const Caller& caller, std::string_view object, std::span<const RecordId> ids, std::string_view action,
              const std::vector<std::pair<std::string, Value>>& params, std::optional<std::int64_t> version,
              const SaveOptions& options);

    Undone undo(const Caller& caller, RecordId batch, FunctionRef<bool(std::size_t done, std::size_t all)> progress);

    // Opens records of an owned object that the caller may change; all of them or, with not_found(), none. A share of
    // the same record to the same grantee is replaced. Throws invalid for an unknown grantee or an end in the past.
    void share(const Caller& caller, std::string_view object, std::span<const RecordId> ids, const ShareWish& wish);
    void unshare(const Caller& caller, std::string_view object, RecordId id, RecordId share);
    // Tells (on_commit) of shares whose end has come since it was called last. Called a few times a second.
    void tell_ended_shares();
    // Writes {"shares":[{"id","kind","grantee":{…},"level","until","expired","by":{…},"at"}]}, to whoever sees the
    // record.
    void shares(const Caller& caller, std::string_view object, RecordId id, std::string& out) const;
    // Why `subject` may or may not do `verb` with a record, step by step with the roles and shares that decide; of one
    // field too when `field` is named. Writes {"allowed","steps":[…]}. The record is looked at with the program's own
    // rights: whoever asks has been allowed to (api/rights_routes.cpp).
    void explain(const Caller& subject, std::string_view object, RecordId id, access::Verb verb, std::string_view field,
                 Language language, std::string& out) const;
    // Which of these records the caller reaches with the right to view, the bin included: for events.
    std::vector<RecordId> reached(const Caller& caller, std::string_view object, std::span<const RecordId> ids) const;

    // Writes
    // {"history":[{"version","at","who":{…},"operation","batch","note","changes":[{"field","old","new"}]}],"next"}.
    void history(const Caller& caller, std::string_view object, RecordId id, std::string_view after,
                 std::string& out) const;
    // What happened with a record, newest first: {"items":[{"kind","at","object","id","title","who","record"}],"next"}.
    // Empty `kinds`: all.
    void timeline(const Caller& caller, std::string_view object, RecordId id, std::string_view after,
                  std::span<const std::string> kinds, std::string& out) const;
    // At start: takes back what a bulk edit had done when its process died.
    void recover();
    // Records in a batch that the caller may undo; not_found() otherwise. (Writing side.)
    std::int64_t batch_size(const Caller& caller, RecordId batch) const;
    bool is_undone(RecordId batch) const;
    // Batches of the caller (or all, for administrators): for "undo last".
    void batches(const Caller& caller, int limit, std::string& out) const;
    // Removes for good what has been in the bin for longer than `days`.
    std::size_t purge(int days);
    // Forgets events that everybody has read (7 days), answers that nobody will ask for again (2 days), and shares that
    // ended (90 days, so that it can be seen for a while what had been open).
    void maintain();

    // Makes or changes tables, search indexes and shipped records (dictionaries, roles, stages, regions).
    void prepare();
    void rebuild_search(std::string_view object, FunctionRef<bool(std::size_t, std::size_t)> progress);

    // Called on the committing thread after each commit, with what changed. For caches and the event stream.
    struct Committed {
        std::int64_t event = 0;  // outbox id; rising
        std::string object;
        RecordId batch;
        std::string operation;
        struct Row {
            RecordId id;
            std::int64_t version;
            RecordId owner, department, old_owner, old_department;
            bool removed;
        };
        std::size_t count = 0;
        std::vector<Row> rows;  // at most 500; then empty and `many`
        bool many = false;
        // The grantee to whom these rows were open until now: told once more, so that the rows leave the screens.
        RecordId closed_to;
    };
    void on_commit(std::function<void(const Committed&)> listener);
    // Tells (on_commit) what other processes on this database committed since it was called last. The first call tells
    // nothing: it is from there on. Called a few times a second, by one thread.
    void tell_commits_elsewhere();
    // What was committed after event id `after`, oldest first, at most `limit`.
    std::vector<Committed> committed_after(std::int64_t after, int limit) const;
    // Writes {"changes":[{"object","record":{…},"version","operation","changes":[{"field","old","new"}]}],"next"}:
    // every record of one batch, whoever asks; the route asks only for administrators.
    void changes_of_batch(const Caller& caller, RecordId batch, std::string_view after, std::string& out) const;
    // Old and new values of what one operation did to its records, with titles (record/operations.hpp).
    std::vector<RecordChange> changes_of(store::Connection& connection, const Operation& operation) const;

    const Parts& parts() const;

    struct State;  // record/state.hpp, for the files that implement this class

private:
    std::unique_ptr<State> state_;
};

}  // namespace gx::record
