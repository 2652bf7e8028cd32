// For tests of every layer: an empty database of each kind, gone when the test ends.
//
//   class Save : public gx::store::test::OnEachDatabase {};
//   GX_ON_EACH_DATABASE(Save);
//   TEST_P(Save, WritesARow) { store().change(…); }
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace gx::store::test {

// SQLite and PostgreSQL. Where PostgreSQL cannot be had, its tests are skipped and say what to install.
std::vector<Dialect> each_database();
std::string database_name(const ::testing::TestParamInfo<Dialect>& info);
bool available(Dialect dialect);

// An empty SQLite folder or an empty PostgreSQL schema with a store on it.
class FreshStore {
public:
    explicit FreshStore(Dialect dialect);
    ~FreshStore();
    FreshStore(const FreshStore&) = delete;
    FreshStore& operator=(const FreshStore&) = delete;

    Store& operator*() const { return *store_; }
    Store* operator->() const { return store_.get(); }
    Settings& settings() { return settings_; }  // takes effect at reopen()
    void close() { store_.reset(); }
    void reopen();

private:
    Settings settings_;
    std::unique_ptr<Store> store_;
};

class OnEachDatabase : public ::testing::TestWithParam<Dialect> {
protected:
    void SetUp() override;

    Dialect dialect() const { return GetParam(); }
    Store& store() { return **fresh_; }
    FreshStore& fresh() { return *fresh_; }

private:
    std::unique_ptr<FreshStore> fresh_;
};

#define GX_ON_EACH_DATABASE(Suite)                                                             \
    INSTANTIATE_TEST_SUITE_P(, Suite, ::testing::ValuesIn(::gx::store::test::each_database()), \
                             ::gx::store::test::database_name)

}  // namespace gx::store::test
