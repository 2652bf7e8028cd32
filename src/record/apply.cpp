// From decided drafts to rows: everything that needs no database is made before the transaction, because SQLite has one
// writer and whatever it does others wait for.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/json_writer.hpp"
#include "base/tokens.hpp"
#include "record/erase.hpp"
#include "record/numbering.hpp"
#include "record/schema.hpp"
#include "record/scope_tokens.hpp"
#include "record/sql_pieces.hpp"
#include "record/work.hpp"
#include "record/writing_state.hpp"
#include "store/sql_text.hpp"

namespace gx::record {
namespace {

using store::Cell;
using store::identifier;
using Rows = std::vector<std::vector<Cell>>;

Cell id_cell(RecordId id) { return id ? Cell(id.value) : Cell(); }

RecordId id_in(const std::vector<Value>& values, int field) {
    const auto* id =
        field < 0 || values.empty() ? nullptr : std::get_if<RecordId>(&values[static_cast<std::size_t>(field)]);
    return id == nullptr ? RecordId{} : *id;
}

}  // namespace

struct Prepared {
    struct Update {
        std::string sql;
        Rows rows;
    };
    struct Link {
        Rows removed, added;  // (record, item)
    };
    struct Numbered {
        WorkDraft* draft = nullptr;
        std::size_t row = 0;     // in `created`
        std::size_t entry = 0;   // in `search`
        std::size_t tokens = 0;  // without those of the number
    };
    struct OfObject {
        const ObjectPlan* plan = nullptr;
        Rows created;
        std::map<std::pair<int, std::vector<std::uint32_t>>, Update> updates;  // by order and changed fields
        std::vector<Link> links;                                               // like ObjectPlan::links
        std::vector<store::SearchEntry> search;
        std::vector<Numbered> numbered;
        std::int64_t number_seen = 0;  // the highest running number that was given by hand
        std::vector<WorkDraft*> removed;
    };
    std::map<std::string, OfObject, std::less<>> objects;
    Rows history;
    bool tried = false;
};

// Here and not in work.cpp, because both need to know what Prepared is.
Work::Work(const Parts& parts, const TimeZone& zone, const Plans& plans, const Caller& caller,
           const SaveOptions& options, const WorkOptions& work_options)
    : parts_(parts),
      zone_(zone),
      plans_(plans),
      caller_(caller),
      options_(options),
      how_(work_options),
      now_(parts.clock.now()),
      today_((caller.zone ? *caller.zone : zone).date_at(now_)),
      company_day_(zone.date_at(now_)) {}

Work::~Work() = default;

bool Work::writes_nothing() const { return !prepared_ || prepared_->history.empty(); }

std::string_view Work::operation_of(const WorkDraft& draft) const {
    if (options_.operation != "save") return options_.operation;
    switch (draft.kind_) {
        case WorkDraft::Kind::create:
            return "create";
        case WorkDraft::Kind::change:
            return "update";
        case WorkDraft::Kind::remove:
            return "delete";
        case WorkDraft::Kind::restore:
            return "restore";
    }
    return "update";
}

namespace {

void append_words(const meta::Field& field, const Value& value, bool pinyin, std::vector<std::string>& tokens) {
    IndexOptions options = index_options(field);
    options.pinyin = options.pinyin && pinyin;
    if (const auto* text = std::get_if<std::string>(&value))
        index_tokens(*text, options, tokens);
    else if (const auto* address = std::get_if<Address>(&value))
        index_tokens(address->street, options, tokens);
}

void append_scope(const ObjectPlan& plan, const std::vector<Value>& values, std::vector<std::string>& tokens) {
    if (plan.owner >= 0) append_scope_tokens(id_in(values, plan.owner), id_in(values, plan.owner_department), tokens);
}

}  // namespace

std::vector<std::string> Work::tokens(const WorkDraft& draft) const {
    std::vector<std::string> tokens;
    append_scope(draft.plan(), draft.values_, tokens);
    for (const std::uint32_t index : draft.plan().searchables)
        append_words(draft.object().fields[index], draft.values_[index], true, tokens);
    return tokens;
}

// Only what changed is read for its words, and what did not once more for those that it has in common with them:
// reading names as pinyin is most of the work.
void Work::prepare_search(const WorkDraft& draft) {
    const ObjectPlan& plan = draft.plan();
    const auto changed = [&](int field) { return field >= 0 && draft.changed(static_cast<std::uint32_t>(field)); };
    store::SearchEntry entry{draft.id_.value, {}, {}, true};
    if (changed(plan.owner) || changed(plan.owner_department)) {
        append_scope(plan, draft.values_, entry.tokens);
        append_scope(plan, draft.old_, entry.old_tokens);
    }
    bool words_go = false;
    for (const std::uint32_t index : plan.searchables) {
        if (!draft.changed(index)) continue;
        append_words(draft.object().fields[index], draft.values_[index], true, entry.tokens);
        append_words(draft.object().fields[index], draft.old_[index], true, entry.old_tokens);
        words_go = true;
    }
    if (entry.tokens == entry.old_tokens) return;
    if (words_go) {
        const bool names_go = std::ranges::any_of(entry.old_tokens, is_pinyin_token);
        std::vector<std::string> kept;
        for (const std::uint32_t index : plan.searchables)
            if (!draft.changed(index)) append_words(draft.object().fields[index], draft.values_[index], names_go, kept);
        const std::unordered_set<std::string_view> others(kept.begin(), kept.end());
        std::erase_if(entry.old_tokens, [&](const std::string& token) { return others.contains(token); });
    }
    prepared_->objects.find(plan.object->name)->second.search.push_back(std::move(entry));
}

void Work::prepare() {
    prepared_ = std::make_unique<Prepared>();
    saved_.batch = options_.batch ? options_.batch : parts_.ids.next();
    for (WorkDraft& draft : drafts_) {
        if (draft.left_out_ || draft.anchor_) continue;
        Prepared::OfObject& of = prepared_->objects[draft.object().name];
        of.plan = &draft.plan();
        of.links.resize(of.plan->links.size());
        if (draft.is_new())
            prepare_insert(draft);
        else
            prepare_change(draft);
    }
    saved_.ids.assign(positions_.size(), {});
    saved_.versions.assign(positions_.size(), 0);
    for (std::size_t i = 0; i < positions_.size(); ++i) {
        const WorkDraft* draft = positions_[i];
        if (draft == nullptr || draft->left_out_) continue;
        saved_.ids[i] = draft->id_;
        saved_.versions[i] = draft->new_version_;
    }
    if (prepared_->history.empty() && !options_.batch) saved_.batch = {};
}

void Work::prepare_insert(WorkDraft& draft) {
    const ObjectPlan& plan = draft.plan();
    Prepared::OfObject& of = prepared_->objects.find(plan.object->name)->second;
    std::vector<Cell> row;
    row.reserve(plan.insert_columns.size());
    row.emplace_back(draft.id_.value);
    row.emplace_back(std::int64_t{1});
    row.push_back(id_cell(caller_.employee()));
    row.emplace_back(stamp(now_));
    row.push_back(id_cell(caller_.employee()));
    row.emplace_back(stamp(now_));
    row.emplace_back();
    for (const ColumnPlan& column : plan.columns)
        meta::to_cells(plan.object->fields[column.field], draft.values_[column.field], row);
    if (!plan.sort_column.empty()) {
        const auto* title = std::get_if<std::string>(&draft.values_[static_cast<std::size_t>(plan.title)]);
        row.push_back(title == nullptr
                          ? Cell()
                          : Cell(title_sort_key(plan.object->fields[static_cast<std::size_t>(plan.title)], *title)));
    }
    if (plan.object->searchable) of.search.push_back({draft.id_.value, tokens(draft), {}});
    if (plan.number >= 0) {
        const auto* given = std::get_if<std::string>(&draft.values_[static_cast<std::size_t>(plan.number)]);
        if (given == nullptr) {
            const std::size_t entry = of.search.empty() ? 0 : of.search.size() - 1;
            of.numbered.push_back(
                {&draft, of.created.size(), entry, of.search.empty() ? 0 : of.search[entry].tokens.size()});
        } else if (const auto running = number_form(plan.object->number_pattern, company_day_).running(*given)) {
            of.number_seen = std::max(of.number_seen, *running);
        }
    }
    of.created.push_back(std::move(row));
    draft.new_version_ = 1;
    ++saved_.created;
    prepare_links(draft);
    prepare_history(draft, 1, true);
}

namespace {

// What goes frees its unique values for what changes, and that for what comes back.
int order_of(bool removal, bool restoral) { return removal ? 0 : restoral ? 2 : 1; }

}  // namespace

void Work::prepare_change(WorkDraft& draft) {
    const ObjectPlan& plan = draft.plan();
    const meta::Object& object = *plan.object;
    Prepared::OfObject& of = prepared_->objects.find(object.name)->second;

    std::vector<std::uint32_t> changed;
    bool links_changed = false, title_changed = false;
    for (const ColumnPlan& column : plan.columns)
        if (draft.changed(column.field)) changed.push_back(column.field);
    for (const LinkPlan& link : plan.links) links_changed = links_changed || draft.changed(link.field);
    if (!plan.sort_column.empty()) title_changed = draft.changed(static_cast<std::uint32_t>(plan.title));
    if (draft.kind_ == WorkDraft::Kind::change && changed.empty() && !links_changed) {
        draft.new_version_ = draft.version_;
        ++saved_.unchanged;
        return;
    }
    draft.new_version_ = draft.version_ + 1;

    Prepared::Update& update =
        of.updates[{order_of(draft.is_removal(), draft.kind_ == WorkDraft::Kind::restore), changed}];
    if (update.sql.empty()) {
        update.sql = "update " + plan.table + " set version = ?, updated_by = ?, updated_at = ?";
        if (draft.kind_ != WorkDraft::Kind::change) update.sql += ", deleted_at = ?";
        for (const std::uint32_t field : changed)
            for (const meta::Column& column :
                 plan.columns[static_cast<std::size_t>(plan.column_of_field[field])].columns)
                update.sql += ", " + column.name + " = ?";
        if (title_changed) update.sql += ", " + identifier(plan.sort_column) + " = ?";
        update.sql += " where id = ? and version = ?";
    }
    std::vector<Cell> row;
    row.reserve(changed.size() + 8);
    row.emplace_back(draft.new_version_);
    row.push_back(id_cell(caller_.employee()));
    row.emplace_back(stamp(now_));
    if (draft.kind_ == WorkDraft::Kind::remove) row.emplace_back(stamp(now_));
    if (draft.kind_ == WorkDraft::Kind::restore) row.emplace_back();
    for (const std::uint32_t field : changed) meta::to_cells(object.fields[field], draft.values_[field], row);
    if (title_changed) {
        const auto* title = std::get_if<std::string>(&draft.values_[static_cast<std::size_t>(plan.title)]);
        row.push_back(title == nullptr
                          ? Cell()
                          : Cell(title_sort_key(object.fields[static_cast<std::size_t>(plan.title)], *title)));
    }
    row.emplace_back(draft.id_.value);
    row.emplace_back(draft.version_);
    update.rows.push_back(std::move(row));

    if (plan.number >= 0 && draft.changed(static_cast<std::uint32_t>(plan.number)))
        if (const auto* given = std::get_if<std::string>(&draft.values_[static_cast<std::size_t>(plan.number)]))
            if (const auto running = number_form(object.number_pattern, company_day_).running(*given))
                of.number_seen = std::max(of.number_seen, *running);
    if (object.searchable) prepare_search(draft);
    switch (draft.kind_) {
        case WorkDraft::Kind::remove:
            of.removed.push_back(&draft);
            ++saved_.removed;
            break;
        case WorkDraft::Kind::restore:
        case WorkDraft::Kind::change:
            ++saved_.updated;
            break;
        case WorkDraft::Kind::create:
            break;
    }
    prepare_links(draft);
    prepare_history(draft, draft.new_version_, false);
}

void Work::prepare_links(WorkDraft& draft) {
    const ObjectPlan& plan = draft.plan();
    Prepared::OfObject& of = prepared_->objects.find(plan.object->name)->second;
    const auto differ = [&](const auto* before, const auto* after, Prepared::Link& link, auto cell) {
        using Items = std::remove_cvref_t<decltype(*after)>;
        static const Items none;
        const Items& from = before == nullptr ? none : *before;
        const Items& to = after == nullptr ? none : *after;
        for (const auto& item : from)
            if (!std::binary_search(to.begin(), to.end(), item)) link.removed.push_back({draft.id_.value, cell(item)});
        for (const auto& item : to)
            if (!std::binary_search(from.begin(), from.end(), item))
                link.added.push_back({draft.id_.value, cell(item)});
    };
    for (std::size_t i = 0; i < plan.links.size(); ++i) {
        const LinkPlan& link = plan.links[i];
        if (!draft.changed(link.field)) continue;
        const Value* before = draft.old_.empty() ? nullptr : &draft.old_[link.field];
        const Value& after = draft.values_[link.field];
        if (link.codes)
            differ(before == nullptr ? nullptr : std::get_if<Codes>(before), std::get_if<Codes>(&after), of.links[i],
                   [](const std::string& code) { return Cell(code); });
        else
            differ(before == nullptr ? nullptr : std::get_if<Ids>(before), std::get_if<Ids>(&after), of.links[i],
                   [](RecordId id) { return Cell(id.value); });
    }
}

// {"field":[old,new]}; nothing for a creation, whose state is today's row with later changes taken back.
void Work::prepare_history(WorkDraft& draft, std::int64_t version, bool creation) {
    Cell changes;
    if (!creation) {
        std::string text;
        JsonWriter out(text);
        out.begin_object();
        const auto write = [&](std::uint32_t index) {
            const meta::Field& field = draft.object().fields[index];
            if (!field.history || !draft.changed(index)) return;
            out.key(field.name).begin_array();
            meta::write_json(field, draft.old_[index], out);
            meta::write_json(field, draft.values_[index], out);
            out.end_array();
        };
        for (const ColumnPlan& column : draft.plan().columns) write(column.field);
        for (const LinkPlan& link : draft.plan().links) write(link.field);
        if (draft.kind_ == WorkDraft::Kind::remove || draft.kind_ == WorkDraft::Kind::restore) {
            const meta::Field& deleted_at = draft.object().field("deleted_at");
            const Value before =
                draft.deleted_at_ ? Value(Timestamp(std::chrono::milliseconds(*draft.deleted_at_))) : Value();
            const Value after = draft.kind_ == WorkDraft::Kind::remove ? Value(now_) : Value();
            out.key("deleted_at").begin_array();
            meta::write_json(deleted_at, before, out);
            meta::write_json(deleted_at, after, out);
            out.end_array();
        }
        out.end_object();
        changes = std::move(text);
    }
    prepared_->history.push_back({std::int64_t{0}, draft.object().name, draft.id_.value, version, saved_.batch.value,
                                  stamp(now_), id_cell(caller_.employee()), std::string(operation_of(draft)),
                                  std::move(changes)});
}

// ── in the transaction ─────────────────────────────────────────────────────────────────────────────────────────────

void Work::apply(store::Connection& connection) {
    if (prepared_->history.empty()) return;
    if (!prepared_->tried) {
        const std::vector<RecordId> ids = parts_.ids.next_many(prepared_->history.size());
        for (std::size_t i = 0; i < ids.size(); ++i) prepared_->history[i][0] = ids[i].value;
    } else {
        // Run again after a lost connection: the commit before may have arrived all the same.
        bool there = false;
        connection.query({"select 1 from history where id = ?", {prepared_->history.front()[0]}},
                         [&](const store::Row&) {
                             there = true;
                             return false;
                         });
        if (there) return;
    }
    prepared_->tried = true;
    verify(connection);
    verify_children(connection);
    write_rows(connection);
    write_batch(connection);
    write_outbox(connection);
}

// Whatever the decision looked at must still be of the version that was seen. Rows that are written are compared by
// their own update.
void Work::verify(store::Connection& connection) {
    std::map<std::string, std::vector<std::pair<std::int64_t, std::int64_t>>, std::less<>> seen;
    for (const auto& [name, of] : objects_)
        for (const auto& [id, row] : of.linked)
            if (row.live) seen[name].emplace_back(id.value, row.version);
    for (const auto& [id, ancestor] : ancestors_)
        seen[ancestor.first->object->name].emplace_back(id.value, ancestor.second);
    for (auto& [name, rows] : seen) {
        std::sort(rows.begin(), rows.end());
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
        in_pieces(rows, [&, &name = name](std::span<const std::pair<std::int64_t, std::int64_t>> piece) {
            std::vector<std::int64_t> ids;
            for (const auto& [id, version] : piece) ids.push_back(id);
            store::Sql sql{"select id, version from " + identifier(name) + " where id in ", {}};
            append_list(sql, ids);
            sql += " and deleted_at is null";
            // Held until the commit, so that no one removes what is being referred to. SQLite has one writer anyway.
            if (connection.dialect() == store::Dialect::postgres) sql += " order by id for share";
            std::size_t same = 0;
            connection.query(sql, [&](const store::Row& row) {
                const auto found = std::lower_bound(piece.begin(), piece.end(),
                                                    std::pair<std::int64_t, std::int64_t>{row.integer(0), 0});
                if (found != piece.end() && found->first == row.integer(0) && found->second == row.integer(1)) ++same;
                return true;
            });
            if (same != piece.size()) throw Moved();
        });
    }
}

void Work::give_numbers(store::Connection& connection) {
    for (auto& [name, of] : prepared_->objects) {
        if (of.numbered.empty() && of.number_seen == 0) continue;
        const ObjectPlan& plan = *of.plan;
        const NumberForm form = number_form(plan.object->number_pattern, company_day_);
        if (of.number_seen > 0)
            connection.execute(
                {"insert into sequence (object, period, next) values (?, ?, ?) on conflict (object, period) "
                 "do update set next = case when excluded.next > sequence.next then excluded.next else sequence.next "
                 "end",
                 {name, form.period(), of.number_seen + 1}});
        if (of.numbered.empty()) continue;
        std::int64_t running = take_numbers(connection, name, form.period(), of.numbered.size());
        const meta::Field& field = plan.object->fields[static_cast<std::size_t>(plan.number)];
        const std::size_t cell =
            bookkeeping_cells + plan.columns[static_cast<std::size_t>(plan.column_of_field[field.index])].cell;
        for (const Prepared::Numbered& numbered : of.numbered) {
            const std::string number = form.number(running++);
            std::vector<Cell>& row = of.created[numbered.row];
            row[cell] = number;
            if (!plan.sort_column.empty() && plan.title == plan.number) row.back() = title_sort_key(field, number);
            if (field.searchable) {
                std::vector<std::string>& tokens = of.search[numbered.entry].tokens;
                tokens.resize(numbered.tokens);
                index_tokens(number, {field.pinyin, PinyinOf::text}, tokens);
            }
        }
    }
}

void Work::write_rows(store::Connection& connection) {
    std::map<std::string, Rows> released;
    for (const auto& [draft, column] : released_)
        if (!draft->left_out_)
            released["update " + draft->plan().table + " set " + column + " = null where id = ?"].push_back(
                {draft->id_.value});
    for (const auto& [sql, rows] : released) connection.execute_many(sql, rows);
    for (auto& [name, of] : prepared_->objects)
        for (auto& [key, update] : of.updates) {
            const std::vector<std::int64_t> counts = connection.execute_many(update.sql, update.rows);
            if (std::any_of(counts.begin(), counts.end(), [](std::int64_t count) { return count != 1; })) throw Moved();
        }
    for (auto& [name, of] : objects_)
        if (of.plan->owner >= 0) mark_shares(connection, of);
    // The lock on the running numbers comes late, because everyone who creates waits for it.
    give_numbers(connection);
    for (auto& [name, of] : prepared_->objects) {
        if (!of.created.empty()) connection.insert_rows(name, of.plan->insert_columns, of.created);
        for (std::size_t i = 0; i < of.links.size(); ++i) {
            const std::string& table = of.plan->links[i].table;
            static const std::vector<std::string> columns{"record", "item"};
            if (!of.links[i].removed.empty())
                connection.execute_many("delete from " + identifier(table) + " where record = ? and item = ?",
                                        of.links[i].removed);
            if (!of.links[i].added.empty()) connection.insert_rows(table, columns, of.links[i].added);
        }
        if (!of.search.empty()) store::write_search(connection, name, of.search);
    }
    for (auto& [name, of] : prepared_->objects)
        if (!of.removed.empty() && !count_referrers(connection, objects_.find(name)->second, of.removed).empty())
            throw Moved();
    static const std::vector<std::string> columns{"id", "object", "record",    "version", "batch",
                                                  "at", "who",    "operation", "changes"};
    connection.insert_rows("history", columns, prepared_->history);
}

// Shares repeat when their record was updated (access/load.hpp).
void Work::mark_shares(store::Connection& connection, const ObjectWork& of) {
    std::vector<std::int64_t> ids;
    for (const WorkDraft* draft : of.drafts)
        if (!draft->is_new() && !draft->left_out_ && !draft->anchor_ && draft->new_version_ != draft->version_)
            ids.push_back(draft->id_.value);
    in_pieces(ids, [&](std::span<const std::int64_t> piece) {
        store::Sql sql{"update share set seen = ? where object = ? and record in ",
                       {stamp(now_), of.plan->object->name}};
        append_list(sql, piece);
        connection.execute(sql);
    });
}

void Work::write_batch(store::Connection& connection) {
    const std::string* object = nullptr;
    bool several = false;
    for (const auto& [name, of] : prepared_->objects) {
        if (of.created.empty() && of.updates.empty()) continue;
        several = several || object != nullptr;
        object = &name;
    }
    connection.execute(
        {"insert into batch (id, at, who, user_account, operation, note, object, count, address, version, created_at, "
         "updated_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) on conflict (id) do update set count = batch.count + "
         "excluded.count",
         {saved_.batch.value, stamp(now_), id_cell(caller_.employee()), id_cell(caller_.user()), options_.operation,
          options_.note.empty() ? Cell() : Cell(options_.note), several || object == nullptr ? Cell() : Cell(*object),
          static_cast<std::int64_t>(prepared_->history.size()),
          caller_.address.empty() ? Cell() : Cell(caller_.address), stamp(now_), stamp(now_)}});
    if (how_.undone_batch != 0)
        connection.execute({"update batch set undone_by = ? where id = ?", {saved_.batch.value, how_.undone_batch}});
}

void Work::write_outbox(store::Connection& connection) {
    committed_.clear();
    std::map<std::pair<std::string_view, std::string_view>, std::vector<const WorkDraft*>> groups;
    for (const WorkDraft& draft : drafts_)
        if (!draft.left_out_ && !draft.anchor_ && draft.new_version_ != draft.version_)
            groups[{draft.object().name, operation_of(draft)}].push_back(&draft);
    for (const auto& [key, drafts] : groups) {
        Records::Committed& committed = committed_.emplace_back();
        committed.object = key.first;
        committed.batch = saved_.batch;
        committed.operation = key.second;
        committed.count = drafts.size();
        committed.many = drafts.size() > event_rows_max;
        if (committed.many) continue;
        for (const WorkDraft* draft : drafts) {
            const ObjectPlan& plan = draft->plan();
            committed.rows.push_back({draft->id_, draft->new_version_, id_in(draft->values_, plan.owner),
                                      id_in(draft->values_, plan.owner_department), id_in(draft->old_, plan.owner),
                                      id_in(draft->old_, plan.owner_department), draft->is_removal()});
        }
    }
    write_events(connection, now_, parts_.ids.process(), committed_,
                 {RecordId{std::get<std::int64_t>(prepared_->history.front().front())},
                  RecordId{std::get<std::int64_t>(prepared_->history.back().front())}});
}

}  // namespace gx::record
