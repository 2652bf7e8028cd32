// Text as people mean it: Unicode through ICU, no hand-made tables. All text is UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gx {

enum class Language { zh, en };
std::string_view code(Language language);                      // "zh", "en"
std::optional<Language> parse_language(std::string_view tag);  // "zh-CN", "en", …

bool is_valid_utf8(std::string_view text);
std::size_t count_code_points(std::string_view text);
std::string_view trim(std::string_view text);  // Unicode white space, full-width space included
bool is_blank(std::string_view text);

// For comparing what people type: NFKC, case folded, runs of white space to one space, trimmed.
// 「ＡＢＣ　公司」 and "abc 公司" are the same.
std::string fold(std::string_view text);

// Key under which two spellings of one company name meet: folded, without brackets, spaces and punctuation,
// without the legal form at the end (有限公司, 股份有限公司, 有限责任公司, 集团, Co., Ltd …).
std::string company_key(std::string_view name);

bool is_han(char32_t c);
std::vector<char32_t> to_code_points(std::string_view text);
void append_utf8(std::string& out, char32_t c);

}  // namespace gx
