// XLSX (ECMA-376, transitional and strict) as a stream: libzip unpacks, expat parses, rows come out as they are met.
// Only what a table is made of is read: sheet names and visibility, shared texts, number formats that are dates, cells.
#include <expat.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/failure.hpp"
#include "base/time.hpp"
#include "features/importing/table_reader.hpp"

namespace gx::features {

namespace {

constexpr std::size_t piece_bytes = 64u << 10;
constexpr std::size_t xml_depth_max = 64;

Failure broken(std::string_view why) { return bad_request("xlsx_broken", {{"why", std::string(why)}}); }

// Names with or without a prefix are the same element: some writers prefix everything ("x:row").
std::string_view local_name(const XML_Char* name) {
    const std::string_view whole(name);
    const auto colon = whole.rfind(':');
    return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}

std::string_view attribute(const XML_Char** attributes, std::string_view wanted) {
    for (; *attributes != nullptr; attributes += 2) {
        if (local_name(attributes[0]) == wanted) return attributes[1];
    }
    return {};
}

// "r:id" must not be taken for "id": sheets in workbook.xml have neither in the same place.
std::string_view attribute_exact(const XML_Char** attributes, std::string_view ending) {
    for (; *attributes != nullptr; attributes += 2) {
        const std::string_view name(attributes[0]);
        if (name.size() > ending.size() && name.ends_with(ending) && name[name.size() - ending.size() - 1] == ':')
            return attributes[1];
    }
    return {};
}

std::optional<long> to_long(std::string_view text) {
    long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

class Archive {
public:
    explicit Archive(const std::filesystem::path& file) {
        int error = 0;
        zip_ = zip_open(file.c_str(), ZIP_RDONLY, &error);
        if (zip_ == nullptr) throw broken("not a readable archive");
    }
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;
    ~Archive() { zip_discard(zip_); }

    bool has(const std::string& name) const { return zip_name_locate(zip_, name.c_str(), ZIP_FL_NOCASE) >= 0; }

    // Unpacks one part in pieces. Stops early when `piece` says false.
    void read(const std::string& name, std::uint64_t bytes_max,
              FunctionRef<bool(std::string_view, bool last)> piece) const {
        const zip_int64_t index = zip_name_locate(zip_, name.c_str(), ZIP_FL_NOCASE);
        if (index < 0) throw broken("part " + name + " is missing");
        zip_stat_t about;
        zip_stat_init(&about);
        if (zip_stat_index(zip_, static_cast<zip_uint64_t>(index), 0, &about) == 0 &&
            (about.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && about.encryption_method != ZIP_EM_NONE) {
            throw bad_request("xlsx_encrypted");
        }
        zip_file_t* part = zip_fopen_index(zip_, static_cast<zip_uint64_t>(index), 0);
        if (part == nullptr) throw broken("part " + name + " cannot be unpacked");
        const std::unique_ptr<zip_file_t, void (*)(zip_file_t*)> close(part,
                                                                       [](zip_file_t* open) { zip_fclose(open); });
        std::string buffer(piece_bytes, '\0');
        std::uint64_t total = 0;
        for (;;) {
            const zip_int64_t got = zip_fread(part, buffer.data(), buffer.size());
            if (got < 0) throw broken("part " + name + " is damaged");
            total += static_cast<std::uint64_t>(got);
            // What a small file unpacks to is not believed: it is counted.
            if (total > bytes_max) throw bad_request("xlsx_too_large", {{"max", std::to_string(bytes_max >> 20)}});
            if (!piece(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)), got == 0) || got == 0) return;
        }
    }

private:
    zip_t* zip_;
};

// One XML part through expat, with the guards that every part needs.
class XmlPart {
public:
    virtual ~XmlPart() = default;

    void parse(const Archive& archive, const std::string& name, std::uint64_t bytes_max) {
        const std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> parser(XML_ParserCreate(nullptr), XML_ParserFree);
        parser_ = parser.get();
        XML_SetUserData(parser_, this);
        XML_SetElementHandler(
            parser_,
            [](void* self, const XML_Char* element, const XML_Char** attributes) {
                static_cast<XmlPart*>(self)->enter(element, attributes);
            },
            [](void* self, const XML_Char* element) { static_cast<XmlPart*>(self)->leave(element); });
        XML_SetCharacterDataHandler(parser_, [](void* self, const XML_Char* text, int length) {
            static_cast<XmlPart*>(self)->guarded(
                [&](XmlPart& part) { part.characters({text, static_cast<std::size_t>(length)}); });
        });
        // No workbook needs a document type; with one come entities that blow up.
        XML_SetStartDoctypeDeclHandler(parser_, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
            static_cast<XmlPart*>(self)->fail(broken("it has a document type"));
        });
        archive.read(name, bytes_max, [&](std::string_view piece, bool last) {
            const XML_Status status =
                XML_Parse(parser_, piece.data(), static_cast<int>(piece.size()), last ? XML_TRUE : XML_FALSE);
            if (failure_) throw *failure_;
            if (stopped_) return false;
            if (status != XML_STATUS_OK) {
                throw broken(name + " line " + std::to_string(XML_GetCurrentLineNumber(parser_)) + ": " +
                             XML_ErrorString(XML_GetErrorCode(parser_)));
            }
            return true;
        });
    }

protected:
    virtual void start(std::string_view element, const XML_Char** attributes) = 0;
    virtual void end(std::string_view element) = 0;
    virtual void characters(std::string_view) {}

    void stop() {
        stopped_ = true;
        XML_StopParser(parser_, XML_FALSE);
    }
    void fail(Failure failure) {
        if (!failure_) failure_ = std::move(failure);
        XML_StopParser(parser_, XML_FALSE);
    }

private:
    // expat is C: an exception must not pass through it.
    template <class Work>
    void guarded(Work work) {
        if (failure_ || stopped_) return;
        try {
            work(*this);
        } catch (const Failure& failure) {
            fail(failure);
        } catch (const std::exception& failure) {
            fail(broken(failure.what()));
        }
    }
    void enter(const XML_Char* element, const XML_Char** attributes) {
        if (++depth_ > xml_depth_max) return fail(broken("nested too deeply"));
        guarded([&](XmlPart& part) { part.start(local_name(element), attributes); });
    }
    void leave(const XML_Char* element) {
        --depth_;
        guarded([&](XmlPart& part) { part.end(local_name(element)); });
    }

    XML_Parser parser_ = nullptr;
    std::size_t depth_ = 0;
    bool stopped_ = false;
    std::optional<Failure> failure_;
};

// ── the parts of a workbook ────────────────────────────────────────────────────────────────────────────────────────

struct Sheet {
    std::string name;
    std::string relation;
    bool visible = true;
};

class WorkbookPart final : public XmlPart {
public:
    std::vector<Sheet> sheets;
    bool from_1904 = false;

private:
    void start(std::string_view element, const XML_Char** attributes) override {
        if (element == "sheet") {
            if (sheets.size() >= 1000) throw broken("more than 1000 sheets");
            const std::string_view state = attribute(attributes, "state");
            sheets.push_back({std::string(attribute(attributes, "name")),
                              std::string(attribute_exact(attributes, "id")), state.empty() || state == "visible"});
        } else if (element == "workbookPr") {
            const std::string_view flag = attribute(attributes, "date1904");
            from_1904 = flag == "1" || flag == "true";
        }
    }
    void end(std::string_view) override {}
};

class RelationsPart final : public XmlPart {
public:
    std::map<std::string, std::string, std::less<>> targets;  // id -> target
    std::map<std::string, std::string, std::less<>> by_type;  // last word of the type -> target

private:
    void start(std::string_view element, const XML_Char** attributes) override {
        if (element != "Relationship" || targets.size() > 10'000) return;
        std::string target(attribute(attributes, "Target"));
        const std::string_view type = attribute(attributes, "Type");
        by_type.emplace(std::string(type.substr(type.rfind('/') + 1)), target);
        targets.emplace(std::string(attribute(attributes, "Id")), std::move(target));
    }
    void end(std::string_view) override {}
};

// Which cell formats show a number as a date, a time or both.
enum class Shown : std::uint8_t { number, date, date_time, time };

Shown shown_as(std::string_view format) {
    bool date = false;
    bool time = false;
    bool quoted = false;
    for (std::size_t i = 0; i < format.size(); ++i) {
        const char c = format[i];
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == '\\' || c == '_' || c == '*') {
            ++i;
            continue;
        }
        if (c == '[') {  // colours and conditions; [h] and [mm] are elapsed time
            const auto close = format.find(']', i);
            const std::string_view inside =
                close == std::string_view::npos ? std::string_view() : format.substr(i + 1, close - i - 1);
            if (!inside.empty() && inside.find_first_not_of("hHmMsS") == std::string_view::npos) time = true;
            if (close == std::string_view::npos) break;
            i = close;
            continue;
        }
        if (c == ';') break;  // the form for positive numbers decides
        if (c == 'y' || c == 'Y' || c == 'd' || c == 'D') date = true;
        if (c == 'h' || c == 'H' || c == 's' || c == 'S') time = true;
        if (c == 'E' || c == '#' || c == '?') return Shown::number;
    }
    if (!date && !time && format.find_first_of("mM") != std::string_view::npos &&
        format.find_first_of("0#") == std::string_view::npos && format.find("General") == std::string_view::npos &&
        format.find('"') == std::string_view::npos) {
        date = true;  // "mmmm"
    }
    if (date && time) return Shown::date_time;
    if (date) return Shown::date;
    return time ? Shown::time : Shown::number;
}

Shown shown_by_built_in(long id) {  // ECMA-376 part 1, 18.8.30, with the formats of East Asian editions
    if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 54) || id == 57 || id == 58)
        return Shown::date;
    if (id == 22) return Shown::date_time;
    if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47) || id == 55 || id == 56)
        return Shown::time;
    return Shown::number;
}

class StylesPart final : public XmlPart {
public:
    std::vector<Shown> formats;  // by index of cellXfs

private:
    void start(std::string_view element, const XML_Char** attributes) override {
        if (element == "numFmt") {
            if (const auto id = to_long(attribute(attributes, "numFmtId")))
                codes_[*id] = shown_as(attribute(attributes, "formatCode"));
        } else if (element == "cellXfs") {
            inside_ = true;
        } else if (element == "xf" && inside_ && formats.size() < 100'000) {
            const long id = to_long(attribute(attributes, "numFmtId")).value_or(0);
            const auto code = codes_.find(id);
            formats.push_back(code == codes_.end() ? shown_by_built_in(id) : code->second);
        }
    }
    void end(std::string_view element) override {
        if (element == "cellXfs") inside_ = false;
    }

    std::map<long, Shown> codes_;
    bool inside_ = false;
};

// All texts in one block, by offset: a quarter of the memory of as many strings.
class SharedTexts final : public XmlPart {
public:
    explicit SharedTexts(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    std::string_view at(std::size_t index) const {
        if (index >= ends_.size()) throw broken("a shared text is missing");
        const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
        return std::string_view(all_).substr(begin, ends_[index] - begin);
    }

private:
    void start(std::string_view element, const XML_Char**) override {
        if (element == "rPh") ++phonetic_;
        if (element == "t") inside_ = true;
    }
    void end(std::string_view element) override {
        if (element == "rPh") --phonetic_;
        if (element == "t") inside_ = false;
        if (element == "si") ends_.push_back(static_cast<std::uint32_t>(all_.size()));
    }
    void characters(std::string_view text) override {
        if (!inside_ || phonetic_ > 0) return;  // readings above Japanese characters are no part of the text
        if (all_.size() + text.size() + ends_.size() * sizeof(std::uint32_t) > bytes_max_)
            throw bad_request("xlsx_too_large", {{"max", std::to_string(bytes_max_ >> 20)}});
        all_.append(text);
    }

    std::size_t bytes_max_;
    std::string all_;
    std::vector<std::uint32_t> ends_;
    int phonetic_ = 0;
    bool inside_ = false;
};

// "_x000D_" is how OOXML writes characters that XML cannot hold (ECMA-376 part 1, 22.4.2.4).
std::string unescaped(std::string text) {
    std::size_t at = 0;
    while ((at = text.find("_x", at)) != std::string::npos) {
        unsigned code = 0;
        if (at + 7 <= text.size() && text[at + 6] == '_') {
            const auto [end, error] = std::from_chars(text.data() + at + 2, text.data() + at + 6, code, 16);
            if (error == std::errc() && end == text.data() + at + 6 && code < 0x80) {
                text.replace(at, 7, 1, static_cast<char>(code));
                ++at;
                continue;
            }
        }
        at += 2;
    }
    return text;
}

// The shortest text that is this number again: 0.1 stays 0.1, 12345678901234 keeps all digits.
std::string number_text(std::string_view raw) {
    double value = 0;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    if (error != std::errc() || end != raw.data() + raw.size() || !std::isfinite(value)) return std::string(raw);
    // Sums of a spreadsheet carry binary dust: 15 digits are all that it shows and means.
    std::array<char, 64> text{};
    const auto [last, failed] =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 15);
    std::string shown(text.data(), failed == std::errc() ? last : text.data());
    if (shown.find('e') != std::string::npos) {
        const double magnitude = std::fabs(value);
        if (magnitude < 1e18 && magnitude >= 1e-9) {
            const auto [fixed, wrong] =
                std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
            if (wrong == std::errc()) shown.assign(text.data(), fixed);
        }
    }
    return shown;
}

// Serial day numbers: 1 is 1900-01-01, and 60 is a day that never was (1900-02-29), so later ones are one too high.
std::string date_text(std::string_view raw, Shown shown, bool from_1904) {
    double serial = 0;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), serial);
    if (error != std::errc() || end != raw.data() + raw.size() || serial < 0 || serial >= 2'958'466)
        return number_text(raw);
    const double whole = std::floor(serial);
    auto seconds = static_cast<std::int64_t>(std::llround((serial - whole) * 86'400));
    auto days = static_cast<std::int64_t>(whole);
    if (seconds >= 86'400) {
        seconds -= 86'400;
        ++days;
    }
    std::array<char, 16> clock{};
    std::snprintf(clock.data(), clock.size(), "%02d:%02d:%02d", static_cast<int>(seconds / 3600),
                  static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
    if (shown == Shown::time && days == 0) return clock.data();
    const auto epoch = from_1904 ? std::chrono::year(1904) / 1 / 1 : std::chrono::year(1899) / 12 / 30;
    if (!from_1904 && days < 60) ++days;
    const std::string day = format_date(Date(epoch) + std::chrono::days(days));
    return seconds == 0 && shown != Shown::date_time ? day : day + " " + clock.data();
}

class SheetPart final : public XmlPart {
public:
    SheetPart(const SharedTexts& texts, const std::vector<Shown>& formats, bool from_1904, const TableLimits& limits,
              FunctionRef<bool(TableRow&)>& each)
        : texts_(texts), formats_(formats), from_1904_(from_1904), limits_(limits), each_(each) {}

private:
    void start(std::string_view element, const XML_Char** attributes) override {
        if (element == "c") {
            begin_cell(attributes);
        } else if (element == "row") {
            const auto number = to_long(attribute(attributes, "r"));
            row_.line = number && *number > row_.line ? *number : row_.line + 1;
            row_.cells.clear();
            column_ = 0;
        } else if (element == "v" || element == "t") {
            inside_ = phonetic_ == 0;
        } else if (element == "rPh") {
            ++phonetic_;
        }
    }

    void end(std::string_view element) override {
        if (element == "v" || element == "t") {
            inside_ = false;
        } else if (element == "c") {
            end_cell();
        } else if (element == "rPh") {
            --phonetic_;
        } else if (element == "row") {
            end_row();
        } else if (element == "sheetData") {
            stop();  // what follows describes looks
        }
    }

    void characters(std::string_view text) override {
        if (!inside_) return;
        if (value_.size() + text.size() > limits_.cell_bytes_max)
            throw bad_request("cell_too_long", {{"line", std::to_string(row_.line)}});
        value_.append(text);
    }

    void begin_cell(const XML_Char** attributes) {
        type_ = std::string(attribute(attributes, "t"));
        value_.clear();
        const auto style = to_long(attribute(attributes, "s"));
        shown_ = style && *style >= 0 && static_cast<std::size_t>(*style) < formats_.size()
                     ? formats_[static_cast<std::size_t>(*style)]
                     : Shown::number;
        std::size_t column = 0;
        for (const char c : attribute(attributes, "r")) {
            if (c < 'A' || c > 'Z') break;
            column = column * 26 + static_cast<std::size_t>(c - 'A' + 1);
            if (column > 100'000) break;
        }
        if (column > 0) column_ = column - 1;
    }

    void end_cell() {
        std::string text;
        if (type_ == "s") {
            const auto index = to_long(value_);
            if (!value_.empty() && (!index || *index < 0)) throw broken("a shared text is missing");
            if (index) text = unescaped(std::string(texts_.at(static_cast<std::size_t>(*index))));
        } else if (type_ == "b") {
            text = value_.empty() ? "" : value_ == "1" || value_ == "true" ? "TRUE" : "FALSE";
        } else if (type_ == "d") {
            text = value_.size() >= 10 && value_.find('T') == 10
                       ? value_.substr(0, 10) + (value_.substr(11, 8) == "00:00:00" ? "" : " " + value_.substr(11, 8))
                       : value_;
        } else if (type_ == "str" || type_ == "inlineStr" || type_ == "e") {
            text = unescaped(value_);
        } else if (!value_.empty()) {
            text = shown_ == Shown::number ? number_text(value_) : date_text(value_, shown_, from_1904_);
        }
        if (!text.empty()) {
            if (column_ >= limits_.columns_max) {
                throw bad_request("too_many_columns",
                                  {{"line", std::to_string(row_.line)}, {"max", std::to_string(limits_.columns_max)}});
            }
            if (row_.cells.size() <= column_) row_.cells.resize(column_ + 1);
            row_.cells[column_] = std::move(text);
        }
        ++column_;
    }

    void end_row() {
        if (row_.cells.empty()) return;
        if (++rows_ > limits_.rows_max) throw bad_request("too_many_rows", {{"max", std::to_string(limits_.rows_max)}});
        if (!each_(row_)) stop();
    }

    const SharedTexts& texts_;
    const std::vector<Shown>& formats_;
    bool from_1904_;
    const TableLimits& limits_;
    FunctionRef<bool(TableRow&)>& each_;
    TableRow row_{0, {}};
    std::size_t column_ = 0;
    std::int64_t rows_ = 0;
    std::string type_;
    std::string value_;
    Shown shown_ = Shown::number;
    int phonetic_ = 0;
    bool inside_ = false;
};

std::string part_name(const std::string& folder, const std::string& target) {
    if (!target.empty() && target.front() == '/') return target.substr(1);
    std::string path = folder + target;
    // "xl/../xl/worksheets/sheet1.xml"
    for (std::size_t at = 0; (at = path.find("/../")) != std::string::npos;) {
        const auto before = path.rfind('/', at - 1);
        path.erase(before == std::string::npos ? 0 : before + 1,
                   at + 4 - (before == std::string::npos ? 0 : before + 1));
    }
    return path;
}

class XlsxReader final : public TableReader {
public:
    XlsxReader(std::filesystem::path file, const TableOptions& options, const TableLimits& limits)
        : file_(std::move(file)), limits_(limits), texts_(limits.shared_text_bytes_max) {
        const Archive archive(file_);
        std::string workbook = "xl/workbook.xml";
        if (archive.has("_rels/.rels")) {
            RelationsPart roots;
            roots.parse(archive, "_rels/.rels", small_part_max);
            if (const auto found = roots.by_type.find("officeDocument"); found != roots.by_type.end())
                workbook = part_name("", found->second);
        }
        if (!archive.has(workbook)) throw bad_request("file_not_a_table");
        const auto slash = workbook.rfind('/');
        const std::string folder = slash == std::string::npos ? "" : workbook.substr(0, slash + 1);
        const std::string leaf = slash == std::string::npos ? workbook : workbook.substr(slash + 1);

        WorkbookPart book;
        book.parse(archive, workbook, small_part_max);
        from_1904_ = book.from_1904;
        RelationsPart relations;
        relations.parse(archive, folder + "_rels/" + leaf + ".rels", small_part_max);

        const Sheet* chosen = nullptr;
        for (const Sheet& sheet : book.sheets) {
            const auto target = relations.targets.find(sheet.relation);
            // Charts and dialogs are sheets too; they hold no table.
            if (target == relations.targets.end() || target->second.find("worksheet") == std::string::npos) continue;
            shape_.sheets.push_back(sheet.name);
            const bool wanted = options.sheet.empty() ? sheet.visible : sheet.name == options.sheet;
            if (wanted && chosen == nullptr) chosen = &sheet;
        }
        if (chosen == nullptr && options.sheet.empty() && !shape_.sheets.empty()) {
            for (const Sheet& sheet : book.sheets) {
                if (sheet.name == shape_.sheets.front()) chosen = &sheet;
            }
        }
        if (chosen == nullptr) throw bad_request("xlsx_no_sheet", {{"sheet", options.sheet}});
        shape_.format = "xlsx";
        shape_.encoding = "UTF-8";
        shape_.sheet = chosen->name;
        sheet_part_ = part_name(folder, relations.targets.find(chosen->relation)->second);
        if (const auto styles = relations.by_type.find("styles"); styles != relations.by_type.end()) {
            StylesPart part;
            part.parse(archive, part_name(folder, styles->second), large_part_max);
            formats_ = std::move(part.formats);
        }
        if (const auto texts = relations.by_type.find("sharedStrings"); texts != relations.by_type.end()) {
            const std::string name = part_name(folder, texts->second);
            if (archive.has(name)) texts_.parse(archive, name, limits_.unpacked_bytes_max);
        }
    }

    const TableShape& shape() const override { return shape_; }

    void read(FunctionRef<bool(TableRow&)> each) override {
        const Archive archive(file_);
        SheetPart part(texts_, formats_, from_1904_, limits_, each);
        part.parse(archive, sheet_part_, limits_.unpacked_bytes_max);
    }

private:
    static constexpr std::uint64_t small_part_max = 16u << 20;
    static constexpr std::uint64_t large_part_max = 128u << 20;

    std::filesystem::path file_;
    TableLimits limits_;
    TableShape shape_;
    SharedTexts texts_;
    std::vector<Shown> formats_;
    std::string sheet_part_;
    bool from_1904_ = false;
};

}  // namespace

std::unique_ptr<TableReader> open_xlsx(const std::filesystem::path& file, const TableOptions& options,
                                       const TableLimits& limits) {
    return std::make_unique<XlsxReader>(file, options, limits);
}

}  // namespace gx::features
