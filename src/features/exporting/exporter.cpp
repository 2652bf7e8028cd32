#include "features/exporting/exporter.hpp"

#include <unistd.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>

#include "base/csv.hpp"
#include "base/failure.hpp"
#include "base/log.hpp"
#include "meta/expr_scope.hpp"
#include "meta/field_value.hpp"

namespace gx::features {

namespace {

using meta::Field;
using meta::FieldType;

constexpr std::size_t rows_at_once = 1000;  // titles of references are looked up for this many rows together
constexpr std::size_t piece_bytes = 64u << 10;
constexpr std::size_t sheet_rows_max = 1'048'575;  // what one sheet holds below its headings

// A spreadsheet runs a cell that begins like this (OWASP, CSV injection). Numbers and dates are written by us and safe.
bool runs_as_formula(std::string_view text) {
    return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

std::string safe(std::string text) {
    if (runs_as_formula(text)) text.insert(text.begin(), '\'');
    return text;
}

struct Column {
    const Field* field;
    std::string heading;
    bool own_id;                                       // the id of the row itself
    std::string target;                                // of references
    std::unordered_map<RecordId, std::string> titles;  // of the rows at hand
};

using Batch = std::vector<std::vector<Value>>;

// A few batches between who reads and who writes; who reads waits when they are full.
class Ahead {
public:
    bool put(Batch batch) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return batches_.size() < batches_max || stopped_; });
        if (stopped_) return false;
        batches_.push_back(std::move(batch));
        changed_.notify_all();
        return true;
    }
    std::optional<Batch> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !batches_.empty() || ended_; });
        if (batches_.empty()) return std::nullopt;
        Batch batch = std::move(batches_.front());
        batches_.pop_front();
        changed_.notify_all();
        return batch;
    }
    void end(std::exception_ptr failure) {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        failure_ = std::move(failure);
        changed_.notify_all();
    }
    void stop() {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }
    std::exception_ptr failure() const { return failure_; }  // when the reader has been joined

private:
    static constexpr std::size_t batches_max = 3;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Batch> batches_;
    std::exception_ptr failure_;
    bool ended_ = false, stopped_ = false;
};

// Rows as text, a batch at a time, so that references cost one statement a column and batch.
class Rows {
public:
    Rows(record::Records& records, const access::Caller& caller, record::ListQuery query)
        : records_(records), caller_(caller), query_(std::move(query)), model_(records.parts().model()) {
        const meta::Object& object = model_->object(query_.object);
        const access::FieldMask mask = access::fields(*caller.grants, object);
        if (query_.fields.empty()) {
            for (const Field& field : object.fields) {
                if (field.name == "id" || field.name == "version" || field.name == "deleted_at") continue;
                if (mask.shows(field.index) && !field.hidden && field.type != FieldType::list)
                    query_.fields.push_back(field.name);
            }
        }
        // A list gives the id beside the values, and no field twice; what is asked of it must be what it gives.
        std::vector<std::string> asked;
        for (const std::string& name : query_.fields) {
            const Field* field = object.find(name);
            if (field == nullptr || !mask.shows(field->index) || field->type == FieldType::list)
                throw bad_request("unknown_field", {{"field", name}});
            if (name == "version" || std::any_of(columns_.begin(), columns_.end(),
                                                 [&](const Column& column) { return column.field == field; }))
                continue;
            const bool own_id = name == "id";
            const bool reference = !own_id && (field->is_reference() || field->type == FieldType::refs);
            columns_.push_back({field,
                                field->label.in(caller.language),
                                own_id,
                                reference                           ? std::string(meta::target_of(*field))
                                : field->type == FieldType::address ? "region"
                                                                    : "",
                                {}});
            if (!own_id) asked.push_back(name);
        }
        if (columns_.empty()) throw bad_request("parameter", {{"name", "fields"}});
        if (asked.empty()) asked.push_back("updated_at");  // read and not written: no fields would mean all
        query_.fields = std::move(asked);
    }

    const std::vector<Column>& columns() const { return columns_; }

    // Gives each row: the values and what a person reads in each cell. False from `row` stops.
    std::size_t each(FunctionRef<bool(const std::vector<Value>& values, const std::vector<std::string>& texts)> row) {
        // Reading runs ahead on a thread of its own: titles are looked up while the long statement is still open, and
        // one connection holds one open statement only.
        Ahead ahead;
        std::thread reader([&] {
            try {
                Batch batch;
                records_.each(caller_, query_, [&](RecordId id, std::span<const Value> values) {
                    ensure(values.size() == query_.fields.size(), "a value for each field");
                    std::vector<Value>& cells = batch.emplace_back();
                    cells.reserve(columns_.size());
                    auto next = values.begin();
                    for (const Column& column : columns_) cells.push_back(column.own_id ? Value(id) : *next++);
                    if (batch.size() < rows_at_once) return true;
                    const bool wanted = ahead.put(std::move(batch));
                    batch = {};
                    return wanted;
                });
                if (!batch.empty()) ahead.put(std::move(batch));
                ahead.end(nullptr);
            } catch (...) {
                ahead.end(std::current_exception());
            }
        });
        std::size_t written = 0;
        std::exception_ptr failure;
        try {
            for (bool going_on = true; going_on;) {
                const std::optional<Batch> batch = ahead.take();
                if (!batch) break;
                find_titles(*batch);
                for (const auto& values : *batch) {
                    texts_.clear();
                    for (std::size_t i = 0; i < columns_.size(); ++i) texts_.push_back(text_of(columns_[i], values[i]));
                    ++written;
                    going_on = row(values, texts_);
                    if (!going_on) break;
                }
            }
        } catch (...) {
            failure = std::current_exception();
        }
        ahead.stop();
        reader.join();
        if (failure) std::rethrow_exception(failure);
        if (const auto read_failure = ahead.failure()) std::rethrow_exception(read_failure);
        return written;
    }

private:
    void find_titles(const Batch& batch) {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            Column& column = columns_[i];
            if (column.target.empty()) continue;
            std::vector<RecordId> wanted;
            const auto want = [&](RecordId id) {
                if (id && column.titles.emplace(id, std::string()).second) wanted.push_back(id);
            };
            if (column.titles.size() > 50'000) column.titles.clear();
            for (const auto& values : batch) {
                if (const auto* id = std::get_if<RecordId>(&values[i])) want(*id);
                if (const auto* ids = std::get_if<Ids>(&values[i])) {
                    for (const RecordId id : *ids) want(id);
                }
                if (const auto* address = std::get_if<Address>(&values[i])) want(address->region);
            }
            if (wanted.empty()) continue;
            for (auto& [id, title] : records_.titles(column.target, wanted, &caller_))
                column.titles[id] = std::move(title);
        }
    }

    std::string title(const Column& column, RecordId id) const {
        const auto found = column.titles.find(id);
        return found == column.titles.end() ? std::string() : found->second;
    }

    std::string text_of(const Column& column, const Value& value) const {
        if (is_null(value)) return {};
        if (const auto* number = std::get_if<Decimal>(&value);
            number != nullptr && column.field->type != FieldType::percent)
            return to_string(*number);
        if (const auto* money = std::get_if<Money>(&value)) return to_string(money->amount);
        if (const auto* id = std::get_if<RecordId>(&value)) return column.own_id ? to_string(*id) : title(column, *id);
        if (const auto* address = std::get_if<Address>(&value)) {
            const std::string region = title(column, address->region);
            return region.empty() || address->street.empty() ? region + address->street
                                                             : region + " " + address->street;
        }
        if (const auto* ids = std::get_if<Ids>(&value)) {
            std::string joined;
            for (const RecordId id : *ids) joined += (joined.empty() ? "" : ", ") + title(column, id);
            return joined;
        }
        return meta::to_display(*column.field, value,
                                {*model_, *caller_.zone, records_.parts().currency, caller_.language});
    }

    record::Records& records_;
    const access::Caller& caller_;
    record::ListQuery query_;
    meta::ModelPtr model_;
    std::vector<Column> columns_;
    std::vector<std::string> texts_;
};

bool is_text(const Value& value) {
    return !std::holds_alternative<Decimal>(value) && !std::holds_alternative<Money>(value) &&
           !std::holds_alternative<Date>(value) && !std::holds_alternative<Timestamp>(value);
}

std::size_t write_csv(Rows& rows, Exporter::Sink sink) {
    std::string piece = "\xEF\xBB\xBF";
    const auto end_line = [&] {
        if (!piece.empty() && piece.back() == ',') piece.pop_back();
        piece += "\r\n";
    };
    for (const Column& column : rows.columns()) {
        append_csv_cell(piece, column.heading);
        piece += ',';
    }
    end_line();
    // The headings go out at once: a browser shows the download before the first rows are read.
    if (!sink(piece)) return 0;
    piece.clear();
    const std::size_t written = rows.each([&](const std::vector<Value>& values, const std::vector<std::string>& texts) {
        for (std::size_t i = 0; i < texts.size(); ++i) {
            append_csv_cell(piece, is_text(values[i]) ? safe(texts[i]) : texts[i]);
            piece += ',';
        }
        piece.back() = '\r';
        piece += '\n';
        if (piece.size() < piece_bytes) return true;
        const bool taken = sink(piece);
        piece.clear();
        return taken;
    });
    if (!piece.empty()) sink(piece);
    return written;
}

class TemporaryFile {
public:
    TemporaryFile() {
        std::string pattern = "/tmp/guanxi-export-XXXXXX";
        const int descriptor = mkstemp(pattern.data());
        if (descriptor < 0) throw Failure(Failure::Kind::storage_full, "storage_full");
        ::close(descriptor);
        path_ = pattern;
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { ::unlink(path_.c_str()); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// Numbers beyond 15 digits would be rounded by the spreadsheet: they are written as text.
bool is_exact_as_double(Decimal value) {
    return value.unscaled < 1'000'000'000'000'000 && value.unscaled > -1'000'000'000'000'000;
}
double as_double(Decimal value) {
    double divisor = 1;
    for (int i = 0; i < value.scale; ++i) divisor *= 10;
    return static_cast<double>(value.unscaled) / divisor;
}

class Workbook {
public:
    explicit Workbook(const std::string& path) {
        std::string directory = "/tmp";
        lxw_workbook_options options{};
        options.constant_memory = LXW_TRUE;  // a row goes to disk as soon as the next one begins
        options.tmpdir = directory.data();
        book_ = workbook_new_opt(path.c_str(), &options);
        if (book_ == nullptr) throw Failure(Failure::Kind::storage_full, "storage_full");
        heading_ = workbook_add_format(book_);
        format_set_bold(heading_);
        date_ = workbook_add_format(book_);
        format_set_num_format(date_, "yyyy-mm-dd");
        time_ = workbook_add_format(book_);
        format_set_num_format(time_, "yyyy-mm-dd hh:mm:ss");
    }
    Workbook(const Workbook&) = delete;
    Workbook& operator=(const Workbook&) = delete;
    ~Workbook() {
        if (book_ != nullptr) lxw_workbook_free(book_);
    }

    void new_sheet(const std::vector<Column>& columns) {
        sheet_ = workbook_add_worksheet(book_, nullptr);
        worksheet_freeze_panes(sheet_, 1, 1);
        for (std::size_t i = 0; i < columns.size(); ++i)
            worksheet_write_string(sheet_, 0, static_cast<lxw_col_t>(i), columns[i].heading.c_str(), heading_);
        row_ = 0;
    }

    void add(const std::vector<Column>& columns, const std::vector<Value>& values,
             const std::vector<std::string>& texts, const TimeZone& zone) {
        if (sheet_ == nullptr || row_ >= sheet_rows_max) new_sheet(columns);
        ++row_;
        const auto row = static_cast<lxw_row_t>(row_);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto column = static_cast<lxw_col_t>(i);
            const auto* money = std::get_if<Money>(&values[i]);
            const auto* number = money != nullptr ? &money->amount : std::get_if<Decimal>(&values[i]);
            if (number != nullptr && is_exact_as_double(*number)) {
                worksheet_write_number(sheet_, row, column, as_double(*number), nullptr);
            } else if (const auto* date = std::get_if<Date>(&values[i])) {
                worksheet_write_number(sheet_, row, column,
                                       static_cast<double>(date->time_since_epoch().count() + epoch_offset), date_);
            } else if (const auto* at = std::get_if<Timestamp>(&values[i])) {
                const auto local = at->time_since_epoch() + zone.offset_at(*at);
                worksheet_write_number(sheet_, row, column,
                                       std::chrono::duration<double, std::ratio<86'400>>(local).count() + epoch_offset,
                                       time_);
            } else if (!texts[i].empty()) {
                // A string cell is never run as a formula; 32,767 characters are all that a cell holds.
                if (texts[i].size() <= 32'767) {
                    worksheet_write_string(sheet_, row, column, texts[i].c_str(), nullptr);
                } else {
                    worksheet_write_string(sheet_, row, column, cut(texts[i]).c_str(), nullptr);
                }
            }
        }
    }

    void close(const std::vector<Column>& columns) {
        if (sheet_ == nullptr) new_sheet(columns);
        const lxw_error error = workbook_close(book_);
        book_ = nullptr;
        if (error != LXW_NO_ERROR) {
            log::error("workbook could not be written", {{"why", lxw_strerror(error)}});
            throw Failure(Failure::Kind::storage_full, "storage_full");
        }
    }

private:
    static constexpr int epoch_offset = 25'569;  // 1970-01-01 as a serial day of the 1900 system

    static std::string cut(const std::string& text) {
        std::size_t end = 32'767;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        return text.substr(0, end);
    }

    lxw_workbook* book_ = nullptr;
    lxw_worksheet* sheet_ = nullptr;
    lxw_format* heading_ = nullptr;
    lxw_format* date_ = nullptr;
    lxw_format* time_ = nullptr;
    std::size_t row_ = 0;
};

std::size_t write_xlsx(Rows& rows, const TimeZone& zone, Exporter::Sink sink) {
    const TemporaryFile file;
    Workbook book(file.path());
    const std::size_t written = rows.each([&](const std::vector<Value>& values, const std::vector<std::string>& texts) {
        book.add(rows.columns(), values, texts, zone);
        return true;
    });
    book.close(rows.columns());
    std::ifstream in(file.path(), std::ios::binary);
    std::string piece(piece_bytes, '\0');
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
        if (!sink(std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount())))) break;
    }
    return written;
}

}  // namespace

std::size_t Exporter::write(const access::Caller& caller, record::ListQuery query, ExportFormat format,
                            Sink sink) const {
    const meta::ModelPtr model = records_.parts().model();
    const meta::Object& object = model->object(query.object);
    if (!access::may(*caller.grants, object, access::Verb::export_)) throw forbidden("export");
    query.verb = access::Verb::export_;  // rows that may be seen but not exported stay out
    Rows rows(records_, caller, std::move(query));
    return format == ExportFormat::csv ? write_csv(rows, sink) : write_xlsx(rows, *caller.zone, sink);
}

void Exporter::check(const access::Caller& caller, record::ListQuery query) const {
    const meta::ModelPtr model = records_.parts().model();
    const meta::Object* object = model->find(query.object);
    if (object == nullptr) throw not_found();
    if (!access::may(*caller.grants, *object, access::Verb::export_)) throw forbidden("export");
    query.verb = access::Verb::export_;
    query.limit = 1;
    std::string discarded;
    records_.list(caller, query, discarded);
    const Rows rows(records_, caller, std::move(query));
}

std::string Exporter::file_name(const meta::Object& object, Language language, Date today, ExportFormat format) {
    return object.plural.in(language) + " " + format_date(today) + (format == ExportFormat::csv ? ".csv" : ".xlsx");
}

}  // namespace gx::features
