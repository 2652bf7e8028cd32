// CSV by RFC 4180, as spreadsheets and people really write it: any line end, quotes doubled inside quotes, line breaks
// inside quotes, a separator and an encoding that nobody names.
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>

#include "base/failure.hpp"
#include "base/text.hpp"
#include "features/importing/table_reader.hpp"

namespace gx::features {

namespace {

constexpr std::size_t sample_bytes = 256u << 10;
constexpr std::size_t piece_bytes = 64u << 10;

struct CloseConverter {
    void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

// A cut sample may end inside a character; up to three bytes of it do not speak against UTF-8.
bool is_utf8_start(std::string_view sample, bool whole) {
    for (std::size_t cut = 0; cut <= 3 && cut <= sample.size(); ++cut) {
        if (is_valid_utf8(sample.substr(0, sample.size() - cut))) return true;
        if (whole) return false;
    }
    return false;
}

// UTF-16 without a mark: nearly every second byte of ordinary text with separators and line ends is zero somewhere.
std::string utf16_by_zeros(std::string_view sample) {
    std::array<std::size_t, 2> zeros{};
    for (std::size_t i = 0; i < sample.size(); ++i) {
        if (sample[i] == '\0') ++zeros[i % 2];
    }
    if (zeros[0] + zeros[1] == 0) return {};
    if (zeros[1] > 4 * zeros[0]) return "UTF-16LE";
    if (zeros[0] > 4 * zeros[1]) return "UTF-16BE";
    return {};
}

// How many bytes pairs are common Chinese characters in each encoding: level-1 characters of GB 2312 and of Big5.
// ICU's detector alone confuses the two on short samples.
std::string chinese_encoding(std::string_view sample) {
    std::size_t gb = 0;
    std::size_t gb_wrong = 0;
    std::size_t big5 = 0;
    std::size_t big5_wrong = 0;
    for (std::size_t i = 0; i + 1 < sample.size();) {
        const auto first = static_cast<unsigned char>(sample[i]);
        const auto second = static_cast<unsigned char>(sample[i + 1]);
        if (first < 0x80) {
            ++i;
            continue;
        }
        if (first >= 0xB0 && first <= 0xD7 && second >= 0xA1) ++gb;
        if (second < 0x40 && !(second >= 0x30 && second <= 0x39)) ++gb_wrong;
        if (first >= 0xA4 && first <= 0xC6 && ((second >= 0x40 && second <= 0x7E) || second >= 0xA1)) ++big5;
        if (second < 0x40 || (second > 0x7E && second < 0xA1)) ++big5_wrong;
        i += 2;
    }
    // Texts in GB 2312 have nearly no second byte below 0xA1; texts in Big5 have about four in ten.
    if (big5_wrong == 0 && big5 > 0 && (gb_wrong > 0 || big5 > gb + gb / 10)) return "Big5";
    return "GB18030";
}

std::string find_encoding(std::string_view sample, bool whole) {
    if (sample.starts_with("\xEF\xBB\xBF")) return "UTF-8";
    if (sample.starts_with("\xFF\xFE")) return "UTF-16LE";
    if (sample.starts_with("\xFE\xFF")) return "UTF-16BE";
    if (std::string wide = utf16_by_zeros(sample); !wide.empty()) return wide;
    if (is_utf8_start(sample, whole)) return "UTF-8";
    return chinese_encoding(sample);
}

// Turns bytes of any encoding into UTF-8, piece by piece.
class Decoder {
public:
    explicit Decoder(const std::string& encoding) : utf8_(encoding == "UTF-8") {
        UErrorCode status = U_ZERO_ERROR;
        if (!utf8_) from_.reset(ucnv_open(encoding.c_str(), &status));
        to_.reset(ucnv_open("UTF-8", &status));
        if (U_FAILURE(status)) throw bad_request("file_encoding", {{"encoding", encoding}});
    }

    void add(std::string_view bytes, bool last, std::string& out) {
        if (utf8_) {
            out.append(bytes);
            return;
        }
        const char* in = bytes.data();
        const char* const in_end = in + bytes.size();
        std::array<char, 8192> piece{};
        for (;;) {
            UErrorCode status = U_ZERO_ERROR;
            char* to = piece.data();
            ucnv_convertEx(to_.get(), from_.get(), &to, piece.data() + piece.size(), &in, in_end, pivot_.data(),
                           &pivot_from_, &pivot_to_, pivot_.data() + pivot_.size(), static_cast<UBool>(first_),
                           static_cast<UBool>(last), &status);
            first_ = false;
            out.append(piece.data(), to);
            if (status == U_BUFFER_OVERFLOW_ERROR) continue;
            if (U_FAILURE(status))
                throw bad_request("file_encoding", {{"encoding", ucnv_getName(from_.get(), &status)}});
            return;
        }
    }

private:
    bool utf8_;
    bool first_ = true;
    Converter from_;
    Converter to_;
    std::array<UChar, 1024> pivot_{};
    UChar* pivot_from_ = pivot_.data();
    UChar* pivot_to_ = pivot_.data();
};

// The separator that divides the first rows most evenly into most columns.
char find_separator(std::string_view text) {
    char best = ',';
    double best_score = 0;
    for (const char candidate : {',', '\t', ';', '|'}) {
        std::map<std::size_t, std::size_t> widths;
        std::size_t width = 1;
        std::size_t rows = 0;
        bool quoted = false;
        for (std::size_t i = 0; i < text.size() && rows < 50; ++i) {
            const char c = text[i];
            if (c == '"') quoted = !quoted;
            if (quoted) continue;
            if (c == candidate) ++width;
            if (c == '\n' || (c == '\r' && !(i + 1 < text.size() && text[i + 1] == '\n'))) {
                ++widths[width];
                ++rows;
                width = 1;
            }
        }
        if (width > 1 || rows == 0) {
            ++widths[width];
            ++rows;
        }
        const auto common = std::max_element(widths.begin(), widths.end(),
                                             [](const auto& a, const auto& b) { return a.second < b.second; });
        if (common == widths.end() || common->first < 2) continue;
        const double score = static_cast<double>(common->second) / static_cast<double>(rows) *
                             (1.0 + 0.01 * static_cast<double>(std::min<std::size_t>(common->first, 50)));
        if (score > best_score) {
            best_score = score;
            best = candidate;
        }
    }
    return best;
}

class CsvReader final : public TableReader {
public:
    CsvReader(std::filesystem::path file, const TableOptions& options, const TableLimits& limits)
        : file_(std::move(file)), limits_(limits) {
        std::ifstream in(file_, std::ios::binary);
        std::string sample(sample_bytes, '\0');
        in.read(sample.data(), static_cast<std::streamsize>(sample.size()));
        sample.resize(static_cast<std::size_t>(in.gcount()));
        if (sample.empty()) throw bad_request("file_empty");
        const bool whole = sample.size() < sample_bytes;
        shape_.format = "csv";
        shape_.encoding = options.encoding.empty() ? find_encoding(sample, whole) : options.encoding;
        std::string text;
        Decoder(shape_.encoding).add(sample, whole, text);
        // Bytes that are no text of any kind: a file that only pretends to be a table.
        const auto controls = std::count_if(text.begin(), text.end(), [](char c) {
            const auto byte = static_cast<unsigned char>(c);
            return byte < 0x20 && c != '\n' && c != '\r' && c != '\t';
        });
        if (controls > 0 && static_cast<std::size_t>(controls) * 100 > text.size())
            throw bad_request("file_not_a_table");
        shape_.separator = options.separator != 0 ? options.separator : find_separator(text);
    }

    const TableShape& shape() const override { return shape_; }

    void read(FunctionRef<bool(TableRow&)> each) override {
        std::ifstream in(file_, std::ios::binary);
        if (!in) throw bad_request("file_empty");
        Decoder decoder(shape_.encoding);
        Parser parser{shape_.separator, limits_, each};
        std::string bytes(piece_bytes, '\0');
        std::string text;
        bool first = true;
        for (bool more = true; more;) {
            in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            const auto got = static_cast<std::size_t>(in.gcount());
            more = static_cast<bool>(in);
            text.clear();
            decoder.add(std::string_view(bytes).substr(0, got), !more, text);
            std::string_view part = text;
            if (first && part.starts_with("\xEF\xBB\xBF")) part.remove_prefix(3);
            first = false;
            if (!parser.add(part)) return;
        }
        parser.finish();
    }

private:
    struct Parser {
        char separator;
        const TableLimits& limits;
        FunctionRef<bool(TableRow&)>& each;
        enum class At { start_of_cell, plain, quoted, quote_in_quoted } at = At::start_of_cell;
        TableRow row{1, {}};
        std::string cell{};
        std::int64_t line = 1;
        std::int64_t rows = 0;
        std::int64_t quote_line = 0;
        bool after_return = false;
        bool anything = false;  // something of the current row was seen
        bool stopped = false;

        bool add(std::string_view text) {
            for (std::size_t i = 0; i < text.size() && !stopped; ++i) {
                const char c = text[i];
                if (after_return) {
                    after_return = false;
                    if (c == '\n') {
                        if (at == At::quoted) cell += c;  // kept as it was written
                        continue;
                    }
                }
                step(c);
                if (cell.size() > limits.cell_bytes_max)
                    throw bad_request("cell_too_long", {{"line", std::to_string(line)}});
            }
            return !stopped;
        }

        void step(char c) {
            switch (at) {
                case At::start_of_cell:
                    if (c == '"') {
                        at = At::quoted;
                        quote_line = line;
                        anything = true;
                        return;
                    }
                    at = At::plain;
                    [[fallthrough]];
                case At::plain:
                    if (c == separator) {
                        end_cell();
                        anything = true;
                    } else if (c == '\n' || c == '\r') {
                        end_of_line(c);
                    } else {
                        cell += c;
                        anything = true;
                    }
                    return;
                case At::quoted:
                    if (c == '"') {
                        at = At::quote_in_quoted;
                    } else {
                        cell += c;
                        if (c == '\n' || c == '\r') {
                            ++line;
                            after_return = c == '\r';
                        }
                    }
                    return;
                case At::quote_in_quoted:
                    if (c == '"') {
                        cell += '"';
                        at = At::quoted;
                    } else if (c == separator) {
                        end_cell();
                    } else if (c == '\n' || c == '\r') {
                        end_of_line(c);
                    } else {
                        // 'ab"c' after a closed quote: taken as it stands, as spreadsheets do.
                        cell += c;
                        at = At::plain;
                    }
                    return;
            }
        }

        void end_cell() {
            if (row.cells.size() >= limits.columns_max) {
                throw bad_request("too_many_columns",
                                  {{"line", std::to_string(line)}, {"max", std::to_string(limits.columns_max)}});
            }
            row.cells.push_back(std::move(cell));
            cell.clear();
            at = At::start_of_cell;
        }

        void end_of_line(char c) {
            after_return = c == '\r';
            end_row();
            ++line;
            row.line = line;
        }

        void end_row() {
            if (anything) {
                end_cell();
                if (++rows > limits.rows_max)
                    throw bad_request("too_many_rows", {{"max", std::to_string(limits.rows_max)}});
                if (!each(row)) stopped = true;
            }
            row.cells.clear();
            cell.clear();
            at = At::start_of_cell;
            anything = false;
        }

        void finish() {
            if (at == At::quoted) throw bad_request("csv_open_quote", {{"line", std::to_string(quote_line)}});
            end_row();
        }
    };

    std::filesystem::path file_;
    TableLimits limits_;
    TableShape shape_;
};

}  // namespace

std::unique_ptr<TableReader> open_csv(const std::filesystem::path& file, const TableOptions& options,
                                      const TableLimits& limits) {
    return std::make_unique<CsvReader>(file, options, limits);
}

}  // namespace gx::features
