#include "store/store_test_support.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "support/postgres_cluster.hpp"

namespace gx::store::test {

namespace {

std::string fresh_schema() {
    static std::atomic<int> count = 0;
    return "test_" + std::to_string(getpid()) + '_' + std::to_string(++count);
}

}  // namespace

std::vector<Dialect> each_database() { return {Dialect::sqlite, Dialect::postgres}; }

std::string database_name(const ::testing::TestParamInfo<Dialect>& info) {
    return info.param == Dialect::sqlite ? "SQLite" : "PostgreSQL";
}

bool available(Dialect dialect) { return dialect == Dialect::sqlite || gx::test::postgres_available(); }

FreshStore::FreshStore(Dialect dialect) {
    std::string pattern = std::filesystem::temp_directory_path() / "guanxi-store-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    settings_.directory = pattern;
    if (dialect == Dialect::postgres) {
        settings_.database = gx::test::postgres_url();
        settings_.schema = fresh_schema();
    }
    reopen();
}

FreshStore::~FreshStore() {
    try {
        if (settings_.database != "sqlite") {
            if (store_ == nullptr) reopen();
            store_->change([&](Connection& connection) {
                connection.execute({"drop schema \"" + settings_.schema + "\" cascade", {}});
            });
        }
    } catch (const std::exception& failure) {
        ADD_FAILURE() << "the test schema could not be dropped: " << failure.what();
    }
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(settings_.directory, ignored);
}

void FreshStore::reopen() {
    store_.reset();
    store_ = open(settings_);
}

void OnEachDatabase::SetUp() {
    if (!available(dialect())) GTEST_SKIP() << gx::test::why_no_postgres();
    fresh_ = std::make_unique<FreshStore>(dialect());
}

}  // namespace gx::store::test
