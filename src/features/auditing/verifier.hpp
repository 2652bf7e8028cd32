// Finds out whether the audit and the history are as they were written: every entry of the chain, every stretch of the
// history that was sealed, and every place of the chain that was noted outside of the database.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "access/audit_chain.hpp"
#include "base/failure.hpp"
#include "features/auditing/anchor.hpp"
#include "record/records.hpp"
#include "store/store.hpp"

namespace gx::features {

struct Verdict {
    std::string fault;  // key of a text; empty when all is as it should be
    TextParams params;  // where: {seq}, {from} {to} …
    access::ChainHead head;
    std::int64_t entries = 0;   // of the chain, found right
    std::int64_t history = 0;   // rows of the history, found right
    std::int64_t erased = 0;    // digests of rows that went with their records, found right
    std::int64_t unsealed = 0;  // rows so fresh that no seal covers them yet

    bool is_whole() const { return fault.empty(); }
};

// On one snapshot. Tells the first thing that is wrong. `noted` are places that the chain must hold.
Verdict verify(const record::Records& records, std::span<const Anchor> noted);
void write_verdict(const Verdict& verdict, Language language, JsonWriter& json);  // an object

// Everything that is sealed up to an entry of the chain, as one seal: so that the history can still be verified when
// the seals themselves are archived. The audit must have been verified.
struct Joined {
    std::int64_t to = 0, event = 0;
    std::int64_t rows = 0, erased_rows = 0;
    std::string digest, erased_digest;
};
Joined join_seals(store::Connection& connection, std::int64_t up_to_seq);
std::string to_json(const Joined& joined);

}  // namespace gx::features
