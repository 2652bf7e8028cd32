#include "features/importing/table_reader.hpp"

#include <array>
#include <fstream>

#include "base/failure.hpp"

namespace gx::features {

std::unique_ptr<TableReader> open_table(const std::filesystem::path& file, const TableOptions& options,
                                        const TableLimits& limits) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw bad_request("file_empty");
    std::array<char, 96> head{};
    in.read(head.data(), head.size());
    const std::string_view start(head.data(), static_cast<std::size_t>(in.gcount()));
    if (start.empty()) throw bad_request("file_empty");
    if (start.starts_with("PK\x03\x04")) {
        // An OpenDocument archive begins with its uncompressed "mimetype" part.
        if (start.find("mimetypeapplication/vnd.oasis") != std::string_view::npos)
            throw bad_request("file_opendocument");
        return open_xlsx(file, options, limits);
    }
    // The compound file of Excel 97–2003; encrypted XLSX files use it too.
    if (start.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) throw bad_request("file_old_excel");
    constexpr std::string_view foreign[] = {"%PDF-",      "\x89PNG", "\xFF\xD8\xFF", "GIF8",           "\x1F\x8B",
                                            "7z\xBC\xAF", "Rar!",    "\177ELF",      "SQLite format 3"};
    for (const std::string_view signature : foreign) {
        if (start.starts_with(signature)) throw bad_request("file_not_a_table");
    }
    return open_csv(file, options, limits);
}

}  // namespace gx::features
