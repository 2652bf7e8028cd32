// A small company for tests of saving: departments with employees, and an object of every kind of field. Declared here
// and not in modules/, so that a change of the business does not change what these tests prove.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "meta/load.hpp"
#include "record/behaviour.hpp"
#include "record/records.hpp"
#include "store/store_test_support.hpp"

namespace gx::record::test {

using Values = std::vector<std::pair<std::string, Value>>;

std::vector<meta::Source> small_company();
meta::ModelPtr small_model();
// Behaviours of the small company: a stage sets the chance, closing a deal adds a note, and the like.
void register_small_behaviours(Behaviours& behaviours);

// Records on one database, with a stopped clock and the people of the small company.
class Office {
public:
    explicit Office(store::Store& store, unsigned node = 0);

    Records& records() { return *records_; }
    FixedClock& clock() { return clock_; }
    store::Store& store() { return store_; }
    const meta::ModelPtr& model() const { return model_; }

    // North: Anna (head), Ben. South: Cora. Made at the first call on an empty database.
    void hire();
    RecordId north, south, anna, ben, cora;

    const Caller& boss() const { return boss_; }  // everything
    Caller person(RecordId employee, RecordId department, access::Scope scope) const;
    // Somebody with these roles, as the JSON that a role keeps.
    Caller holder(RecordId employee, RecordId department, const std::vector<std::string>& roles) const;

    RecordId create(std::string object, Values values);
    RecordId create(const Caller& caller, std::string object, Values values);
    Saved change(const Caller& caller, std::string object, RecordId id, Values values,
                 std::optional<std::int64_t> version = {});
    Saved remove(const Caller& caller, std::string object, RecordId id);

    // One cell of one row, as text; "null" when null, "gone" when there is no such row.
    std::string cell(const std::string& table, RecordId id, const std::string& column);
    std::int64_t number(const std::string& sql);
    // Every row of every table, sorted: two dumps are equal when nothing changed.
    std::string dump(bool with_platform_tables = true);
    // {"field":[old,new]} of the history of a record, oldest first.
    std::vector<std::string> history(const std::string& object, RecordId id);
    std::vector<RecordId> found(const std::string& object, std::string_view typed);

private:
    store::Store& store_;
    FixedClock clock_;
    IdSource ids_;
    meta::ModelPtr model_;
    Behaviours behaviours_;
    std::unique_ptr<Records> records_;
    Caller boss_;
};

// The problems that `work` is refused with, "field:rule" sorted; empty when it is not refused.
std::vector<std::string> problems_of(FunctionRef<void()> work);
// The kind of failure that `work` ends with; empty when it succeeds.
std::optional<Failure::Kind> failure_of(FunctionRef<void()> work);

// Each test on each database, with the people of the small company hired.
class OnOffice : public store::test::OnEachDatabase {
protected:
    void SetUp() override {
        OnEachDatabase::SetUp();
        if (IsSkipped()) return;
        office_ = std::make_unique<Office>(store());
        office_->hire();
    }
    Office& office() { return *office_; }
    Records& records() { return office_->records(); }
    const Caller& boss() { return office_->boss(); }

    std::unique_ptr<Office> office_;
};

}  // namespace gx::record::test
