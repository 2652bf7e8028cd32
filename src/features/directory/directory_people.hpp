// Accounts of people that a directory knows: made, kept up to date, ended. One at a sign-in, or all when the directory
// is synchronised; the same rules for both.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "access/access.hpp"
#include "features/directory/directories.hpp"
#include "record/records.hpp"

namespace gx::features {

struct SyncResult {
    std::int64_t found = 0, made = 0, changed = 0, disabled = 0, enabled = 0;
    std::vector<std::string>
        skipped;  // sign-in names that somebody else has here, or that cannot be one; the first few
    std::int64_t skipped_count = 0;
};
std::string to_json(const SyncResult& result);

// The directory suddenly lacks so many people that it is more likely wrong than right.
struct ManyGone {
    std::size_t count;
};

class DirectoryPeople {
public:
    // `program` gives the program itself as caller.
    DirectoryPeople(Directories& directories, record::Records& records, std::function<access::Caller()> program)
        : directories_(directories), records_(records), program_(std::move(program)) {}

    struct Known {
        DirectoryPerson person;
        std::vector<RecordId> roles;  // by groups; sorted
    };
    // At a sign-in: the account of this person, made when the directory makes accounts. None: there is none, and none
    // is made, or the sign-in name is taken.
    RecordId admit(const Directory& directory, const Known& known);

    // All people. Throws DirectoryTrouble, Failure(conflict, "directory_nobody"), and ManyGone unless `even_many`; then
    // nothing was changed.
    using Progress = std::function<bool(std::int64_t done, std::int64_t all)>;
    SyncResult synchronise(RecordId directory, bool even_many, const Progress& progress);

private:
    struct Account {
        RecordId user, employee;
        std::string key, login, name, email, mobile;
        bool active = false, ended = false;
        std::vector<RecordId> roles, given;  // all, and those that the directory gave; sorted
    };
    // What is behind a change.
    struct Step {
        std::string login;
        RecordId user;
        enum { update, back, gone } what = update;
    };
    struct Plan {
        std::vector<Known> fresh;             // to be made
        std::vector<record::Change> changes;  // of accounts and people
        std::vector<Step> steps;              // by change
        Directories::Given given;             // roles, where they change
        std::size_t active = 0, gone = 0;     // accounts before
        SyncResult result;
    };
    std::vector<Account> accounts_of(const Directory& directory, RecordId only) const;
    static void add_change(Plan& plan, Step step, record::Change change);
    void plan_change(const Directory& directory, const Known& known, const Account& account, Plan& plan) const;
    void plan_people(const Directory& directory, std::vector<Known> everybody, Plan& plan) const;
    void carry_out(const Directory& directory, Plan& plan, const Progress& progress);
    void save(const Directory& directory, std::span<const record::Change> some, Plan& plan);
    void make(const Directory& directory, std::span<const Known> people, Plan& plan);
    std::vector<Known> everybody(const Directory& directory) const;
    std::vector<std::pair<std::string, Value>> person_values(const DirectoryPerson& person) const;
    // What the directory gives to this person.
    static std::vector<RecordId> gifts(const Directory& directory, const Known& known);

    Directories& directories_;
    record::Records& records_;
    std::function<access::Caller()> program_;
};

}  // namespace gx::features
