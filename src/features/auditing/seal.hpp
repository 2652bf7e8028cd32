// What a seal says about the history, as it stands in the detail of an entry of the audit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "base/signature.hpp"
#include "record/history_seal.hpp"

namespace gx::features {

// The digest of rows, one after another.
class Stretch {
public:
    void add(const record::HistoryLeaf& leaf) {
        ++rows_;
        digest_.add(leaf.leaf);
    }
    void add_erased(std::int64_t id, std::string_view leaf) {
        ++rows_;
        digest_.add(std::to_string(id)).add(":").add(leaf).add("\n");
    }
    std::int64_t rows() const { return rows_; }
    std::string digest() { return digest_.hex(); }  // once, at the end

private:
    std::int64_t rows_ = 0;
    Sha256 digest_;
};

struct Sealed {
    std::int64_t rows = 0;
    std::string digest;
};
struct LateRun {
    std::int64_t batch = 0, from = 0, to = 0;
    Sealed sealed;
    bool holds(const record::HistoryLeaf& leaf) const {
        return leaf.batch == batch && leaf.id >= from && leaf.id <= to;
    }
};
struct Seal {
    std::int64_t event = 0;         // commits up to this one
    std::int64_t from = 0, to = 0;  // history rows with from < id <= to, but for late ones of later seals
    Sealed stretch, erased;
    std::vector<LateRun> late;
    std::int64_t strange = 0;  // rows that no commit told of: somebody else wrote them
};

std::string to_json(const Seal& seal);
Seal read_seal(const json::value& in);  // throws when it is none

}  // namespace gx::features
