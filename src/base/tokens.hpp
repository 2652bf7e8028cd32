// The one tokeniser of search, for both databases: what is written into the index and what is asked of it.
//   CJK runs     every two neighbouring characters, and the last character alone: 华信科技 -> 华信 信科 科技 技
//   Latin words  folded to lower case: "Huaxin Tech" -> huaxin tech
//   digits       runs of 7 and more also by every suffix of 4 and more: 13812345678 -> …, 5678 (tail of a phone number)
//   names        full pinyin and initials from every syllable on: huaxinkeji, xinkeji, keji, ji; hxkj, xkj, kj
// Pinyin tokens carry the prefix "py:" or "pi:" so that Latin words never meet them by accident.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/pinyin.hpp"

namespace gx {

struct IndexOptions {
    bool pinyin = false;  // also full pinyin and initials (titles and names)
    PinyinOf reading = PinyinOf::text;
};

// Tokens of one text for the index, in order, duplicates kept out. Valid UTF-8 in; tokens hold no white space.
void index_tokens(std::string_view text, const IndexOptions& options, std::vector<std::string>& out);

// What a person typed, as alternatives of one word each; all words must match.
struct QueryWord {
    struct Term {
        std::string token;
        bool prefix = false;  // token is the start of an indexed token
    };
    // Every term of one alternative must match; any alternative suffices.
    std::vector<std::vector<Term>> alternatives;
    std::string folded;  // the word itself, for the exact recheck (substring of the folded text) of 3+ CJK characters
    bool recheck = false;
};
std::vector<QueryWord> query_words(std::string_view typed);  // at most 8 words, 64 characters each

}  // namespace gx
