// Lists: one statement for the page and one for the count, in one round trip, written as JSON while they are read.
#include <algorithm>

#include "base/failure.hpp"
#include "record/listing.hpp"

namespace gx::record {

namespace {

constexpr int limit_max = 500;
constexpr std::int64_t offset_max = 100'000'000;

void check_limits(const ListQuery& query) {
    if (query.limit < 1 || query.limit > limit_max) throw bad_request("limit", {{"max", std::to_string(limit_max)}});
    if (query.offset < 0 || query.offset > offset_max || (query.offset > 0 && !query.after.empty()))
        throw bad_request("offset");
}

}  // namespace

void Records::list(const Caller& caller, const ListQuery& query, std::string& out) const {
    check_limits(query);
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(query.object);
    require_view(caller, object);
    const std::size_t start = out.size();
    state_->parts.store.read([&](store::Connection& connection) {
        out.resize(start);
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        Paging paging;
        Selection selection = select(*state_, connection, asking, object, query, paging.sort);
        if (query.as_of) look_back(connection, selection, *query.as_of);
        std::vector<std::string> fields = shown_fields(asking, object, query.fields, false);
        if (query.bin && query.fields.empty()) fields.emplace_back("deleted_at");
        const std::string signature = order_signature(object, paging.sort);
        paging.limit = query.limit + 1;
        paging.offset = query.offset;
        paging.by_ids = true;
        if (!query.after.empty()) {
            From scratch = selection.from();
            paging.after = read_cursor(query.after, signature, order_keys(asking, scratch, paging.sort));
        }
        Listing listing = make_listing(selection, paging, Columns::For::json, [&](Columns& columns, From&) {
            for (const std::string& field : fields) columns.add(field);
        });

        std::vector<Sql> statements{listing.ids ? *listing.ids : listing.sql};
        if (query.count != Count::none) statements.push_back(make_count(selection, query.count == Count::capped));
        int rows = 0;
        std::int64_t count = 0;
        if (listing.ids) {
            std::vector<RecordId> page;
            connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
                if (statement == 1)
                    count = row.integer(0);
                else
                    page.push_back({row.integer(0)});
                return true;
            });
            statements.clear();
            if (!page.empty()) statements.push_back(listing.rows_of(page));
        }
        std::vector<store::Cell> last;
        bool more = false;
        out += "{\"records\":[";
        connection.query_many(statements, [&](std::size_t statement, const store::Row& row) {
            if (statement == 1) {
                count = row.integer(0);
                return true;
            }
            if (rows == query.limit) {
                more = true;
                return false;
            }
            out += rows++ == 0 ? "{\"id\":" : ",{\"id\":";
            write_id(row.integer(0), out);
            out += ",\"version\":";
            out += std::to_string(row.integer(1));
            listing.columns->write(row, out);
            out += '}';
            if (rows == query.limit) last = listing.key_values(row);
            return true;
        });
        out += "],\"next\":";
        if (more) {
            write_text(write_cursor(signature, last), out);
        } else {
            out += "null";
        }
        if (query.count != Count::none) {
            const bool exact = query.count == Count::exact || count <= count_cap;
            out += ",\"count\":{\"value\":" + std::to_string(exact ? count : count_cap) +
                   ",\"exact\":" + (exact ? "true}" : "false}");
        }
        out += '}';
    });
}

std::int64_t Records::count(const Caller& caller, const ListQuery& query) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(query.object);
    require_view(caller, object);
    std::int64_t count = 0;
    state_->parts.store.read([&](store::Connection& connection) {
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        std::vector<SortKey> sort;
        Selection selection = select(*state_, connection, asking, object, query, sort);
        if (query.as_of) look_back(connection, selection, *query.as_of);
        connection.query(make_count(selection, false), [&](const store::Row& row) {
            count = row.integer(0);
            return false;
        });
    });
    return count;
}

void Records::each(const Caller& caller, const ListQuery& query,
                   FunctionRef<bool(RecordId, std::span<const Value>)> row_of) const {
    const meta::ModelPtr model = state_->parts.model();
    const meta::Object& object = model->object(query.object);
    require_view(caller, object);
    state_->parts.store.read([&](store::Connection& connection) {
        connection.allow_long_statements();  // as long as whoever takes the rows
        const Asking asking = asking_for(*state_, *model, caller, connection.dialect());
        std::vector<SortKey> sort;
        Selection selection = select(*state_, connection, asking, object, query, sort);
        if (query.as_of) look_back(connection, selection, *query.as_of);
        // Whoever names fields gets exactly these values: id and version too, and twice what is named twice.
        std::vector<std::string> fields = shown_fields(asking, object, query.fields, true);
        if (!query.fields.empty()) fields = query.fields;
        const Stream stream = make_stream(selection, sort, [&](Columns& columns, From&) {
            for (const std::string& field : fields) columns.add(field);
        });
        std::vector<Value> values(fields.size());
        connection.query(stream.sql, [&](const store::Row& row) {
            stream.columns->read(row, values);
            return row_of(RecordId{row.integer(0)}, values);
        });
    });
}

}  // namespace gx::record
