// Bringing tables in: a file becomes columns, columns are mapped to fields, every row is validated before anything is
// written, rejects can be fixed in place, and the whole import is one batch that can be undone.
// An import is a row of table `import`; its parsed state is rebuilt from the file whenever it is needed, so any process
// can go on with it. The wizard and the command line run the same code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "access/audit.hpp"
#include "base/function_ref.hpp"
#include "base/json.hpp"
#include "features/files/files.hpp"
#include "features/jobs/jobs.hpp"
#include "record/records.hpp"
#include "store/schema.hpp"

namespace gx::features {

struct ImportSummary {
    std::int64_t read = 0, created = 0, updated = 0, skipped = 0, rejected = 0;
    RecordId batch;
};

class Imports {
public:
    struct Parts {
        record::Records& records;
        Files& files;
        Jobs& jobs;
        access::Audit* audit = nullptr;  // told of every import that wrote; may be absent
    };
    explicit Imports(Parts parts);
    ~Imports();

    static std::vector<store::Table> tables();

    // At start: imports whose process died are taken back, so that an import is whole or not there.
    void recover(const access::Caller& program);

    // The shapes of JSON are those of docs/api.md, "Files, import, export, jobs". An import belongs to the caller who
    // started it; for others it is not there.
    RecordId start(const access::Caller& caller, std::string_view object, RecordId file);
    void describe(const access::Caller& caller, RecordId import, std::string& out) const;
    void configure(const access::Caller& caller, RecordId import, const json::object& settings);
    RecordId check(const access::Caller& caller, RecordId import);  // a job
    RecordId run(const access::Caller& caller, RecordId import);    // a job
    void cancel(const access::Caller& caller, RecordId import);
    void rejects(const access::Caller& caller, RecordId import, std::string_view after, std::string_view rule,
                 int limit, std::string& out) const;
    void fix(const access::Caller& caller, RecordId import, const json::object& fixes, std::string& out);
    void rejects_csv(const access::Caller& caller, RecordId import, FunctionRef<bool(std::string_view)> sink) const;

    // The command line: everything in one call. `map` is the mapping file or null; rejects go to `rejects_file`, which
    // is removed when there are none. Throws Failure(invalid) with problems naming columns when the mapping is wrong.
    ImportSummary run_file(const access::Caller& caller, std::string_view object, const std::filesystem::path& file,
                           const json::value& map, bool dry_run, const std::filesystem::path& rejects_file,
                           FunctionRef<bool(std::int64_t done, std::int64_t all)> progress);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gx::features
