// The one tokeniser of search, for both databases: what is written into the index and what is asked of it.
//   CJK runs     every two neighbouring characters, and the last character alone: 华信科技 -> 华信 信科 科技 技
//   Latin words  folded to lower case, also by their first two and three:
//                "Huaxin Tech" -> huaxin >hu >hua tech >te >tec
//
//   digits       by their first three and four (>138 >1381), runs of 7 and more also by every suffix of 4 and more:
//                13812345678 -> …, 5678 (tail of a phone number)
//   names        each syllable (:hua) with its first two letters (<hu), each two syllables ('hua'xin), the initials of
//                each two and three (~hx ~hxk), and the first letter of all (<h)
// A mark that no word begins with stands before the tokens of names, so that typed words never meet them by accident.
// All are pieces of a small vocabulary and asked for whole: what is common is read as one list, newest first, and no
// further than wanted, where the merged lists of a prefix would grow with the number of records.
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

// Tokens of one text for the index, in order, each once; they depend on this text alone. Valid UTF-8 in; tokens hold no
// white space.
void index_tokens(std::string_view text, const IndexOptions& options, std::vector<std::string>& out);

// Made from the reading of a name, with one of the marks.
bool is_pinyin_token(std::string_view token);

// What a person typed, as alternatives of one word each; all words must match.
struct QueryWord {
    struct Term {
        std::string token;
        bool prefix = false;  // token is the start of an indexed token
    };
    // Every term of one alternative must match; any alternative suffices. Terms of one name need not be neighbours in
    // it: of three syllables or four initials on, a name that holds the pieces apart is found too.
    std::vector<std::vector<Term>> alternatives;
    std::string folded;  // the word itself, for the exact recheck (substring of the folded text) of 3+ CJK characters
    bool recheck = false;
    bool literal = false;  // one CJK run: matches exactly where the folded text holds `folded`
};
std::vector<QueryWord> query_words(std::string_view typed);  // at most 8 words, 64 characters each

}  // namespace gx
