#include "record/saving.hpp"

#include <utility>

#include "base/json.hpp"
#include "base/json_writer.hpp"

namespace gx::record {
namespace {

std::string write_answer(const Saved& saved) {
    std::string text;
    JsonWriter out(text);
    out.begin_object();
    const auto number = [&](std::string_view name, std::int64_t value) { out.key(name).integer(value); };
    number("batch", saved.batch.value);
    number("created", static_cast<std::int64_t>(saved.created));
    number("updated", static_cast<std::int64_t>(saved.updated));
    number("removed", static_cast<std::int64_t>(saved.removed));
    number("unchanged", static_cast<std::int64_t>(saved.unchanged));
    out.key("ids").begin_array();
    for (const RecordId id : saved.ids) out.integer(id.value);
    out.end_array();
    out.key("versions").begin_array();
    for (const std::int64_t version : saved.versions) out.integer(version);
    out.end_array();
    out.end_object();
    return text;
}

Saved read_answer(std::string_view text) {
    const json::value answer = parse_json(text);
    Saved saved;
    saved.batch = RecordId{answer.at("batch").as_int64()};
    saved.created = static_cast<std::size_t>(answer.at("created").as_int64());
    saved.updated = static_cast<std::size_t>(answer.at("updated").as_int64());
    saved.removed = static_cast<std::size_t>(answer.at("removed").as_int64());
    saved.unchanged = static_cast<std::size_t>(answer.at("unchanged").as_int64());
    for (const json::value& id : answer.at("ids").as_array()) saved.ids.push_back(RecordId{id.as_int64()});
    for (const json::value& version : answer.at("versions").as_array()) saved.versions.push_back(version.as_int64());
    return saved;
}

bool is_keyed(const SaveOptions& options) { return !options.idempotency_key.empty() && !options.dry_run; }

}  // namespace

std::optional<Saved> Saving::answered_before(const Caller& caller, const SaveOptions& options) const {
    std::optional<Saved> saved;
    if (!is_keyed(options)) return saved;
    parts.store.read([&](store::Connection& connection) {
        connection.query({"select answer from idempotency where key = ? and user_account = ?",
                          {options.idempotency_key, caller.user().value}},
                         [&](const store::Row& row) {
                             saved = read_answer(row.text(0));
                             return false;
                         });
    });
    return saved;
}

Saved Saving::run(const Caller& caller, const SaveOptions& options, const WorkOptions& how,
                  FunctionRef<void(Work&)> fill) const {
    // From the third attempt on everything happens inside the transaction, where on SQLite nobody else can come
    // between.
    constexpr int attempts_outside = 3;
    constexpr int attempts_max = 40;
    const bool keyed = is_keyed(options);
    if (std::optional<Saved> saved = answered_before(caller, options)) return *saved;

    const std::shared_ptr<const Plans> plans = state.plans.of(parts.model(), behaviours);
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        const bool inside = attempt >= attempts_outside;
        std::optional<Work> work;
        const auto think = [&](store::Connection& connection) {
            work.emplace(parts, zone, *plans, caller, options, how);
            fill(*work);
            work->think(connection);
            work->settle();
            if (!options.dry_run) work->prepare();
        };
        if (!inside) {
            parts.store.read(think);
            if (options.dry_run || (work->writes_nothing() && !keyed)) return work->saved();
        }
        if (options.before_write) options.before_write();
        try {
            parts.store.change([&](store::Connection& connection) {
                if (inside) think(connection);
                work->apply(connection);
                if (keyed)
                    connection.execute(
                        {"insert into idempotency (key, user_account, at, answer) values (?, ?, ?, ?)",
                         {options.idempotency_key, caller.user().value,
                          std::int64_t{parts.clock.now().time_since_epoch().count()}, write_answer(work->saved())}});
            });
        } catch (const Moved&) {
            continue;
        } catch (const store::UniqueViolation&) {
            // Either the same request at the same time, or a value that somebody took meanwhile: the next attempt
            // sees it and tells at which field.
            if (std::optional<Saved> saved = answered_before(caller, options)) return *saved;
            continue;
        }
        state.tell(work->committed());
        return work->saved();
    }
    throw Failure(Failure::Kind::conflict, "changed_meanwhile");
}

void WritingState::tell(std::span<const Records::Committed> committed) {
    std::vector<std::function<void(const Records::Committed&)>> told;
    {
        const std::lock_guard lock(mutex);
        told = listeners;
    }
    for (const Records::Committed& one : committed)
        for (const auto& listener : told) listener(one);
}

Caller system_caller(const TimeZone& zone) {
    Caller caller;
    caller.grants = access::system_grants();
    caller.zone = std::make_shared<const TimeZone>(zone);
    return caller;
}

}  // namespace gx::record
