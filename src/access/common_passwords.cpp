#include "access/common_passwords.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"

namespace gx::access {

namespace {

namespace table = common_passwords_table;

bool is_among(std::span<const std::string_view> sorted, std::string_view text) {
    return std::ranges::binary_search(sorted, text);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }
bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

// Year, month and day in the two orders that people write, with the century or without.
bool is_date(std::string_view text) {
    if (!is_number(text)) return false;
    const auto number = [&](std::size_t at, std::size_t length) {
        int value = 0;
        for (const char c : text.substr(at, length)) value = 10 * value + (c - '0');
        return value;
    };
    const auto day_of_year = [](int month, int day) { return month >= 1 && month <= 12 && day >= 1 && day <= 31; };
    const auto year = [](int value) { return value >= 1900 && value <= 2099; };
    if (text.size() == 6) return day_of_year(number(2, 2), number(4, 2));
    if (text.size() != 8) return false;
    return (year(number(0, 4)) && day_of_year(number(4, 2), number(6, 2))) ||
           (year(number(4, 4)) && (day_of_year(number(0, 2), number(2, 2)) || day_of_year(number(2, 2), number(0, 2))));
}

// What people put behind a word to make it a password.
bool is_tail(std::string_view text) {
    return text.empty() || is_among(table::tails(), text) || (is_number(text) && text.size() <= 4) || is_date(text) ||
           std::ranges::none_of(text, [](char c) { return is_digit(c) || is_letter(c); });
}

bool is_word_with_tail(std::string_view text) {
    for (std::size_t at = 1; at <= text.size(); ++at) {
        if (is_among(table::words(), text.substr(0, at)) && is_tail(text.substr(at))) return true;
        if (is_among(table::words(), text.substr(at)) && is_tail(text.substr(0, at))) return true;
    }
    return false;
}

// "abababab", "aaaaaaaa", "passwordpassword".
bool is_repeated(std::string_view text) {
    for (std::size_t period = 1; period <= text.size() / 2; ++period) {
        const std::string_view piece = text.substr(0, period);
        const bool easy = period <= 3 || is_number(piece) || is_among(table::words(), piece);
        if (easy && text.substr(0, text.size() - period) == text.substr(period)) return true;
    }
    return false;
}

// "abcdefgh", "98765432".
bool is_sequence(std::string_view text) {
    const auto steps_by = [&](int by) {
        return std::ranges::adjacent_find(text, [by](char a, char b) { return b - a != by; }) == text.end();
    };
    return text.size() > 2 && (steps_by(1) || steps_by(-1));
}

bool is_keyboard_walk(std::string_view text) {
    static constexpr std::array<std::string_view, 8> walks{"`1234567890-=",
                                                           "qwertyuiop[]\\",
                                                           "asdfghjkl;'",
                                                           "zxcvbnm,./",
                                                           "qwertzuiopasdfghjklyxcvbnm",
                                                           "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
                                                           "qazwsxedcrfvtgbyhnujmikolp",
                                                           "qwertyuiopasdfghjklzxcvbnm"};
    const std::string backwards(text.rbegin(), text.rend());
    return std::ranges::any_of(walks, [&](std::string_view walk) {
        return walk.find(text) != std::string_view::npos || walk.find(backwards) != std::string_view::npos;
    });
}

// The letters that digits and signs stand for, in the two readings of "1".
std::string without_disguise(std::string_view text, char one) {
    std::string plain(text);
    for (char& c : plain) {
        switch (c) {
            case '0':
                c = 'o';
                break;
            case '1':
            case '!':
                c = one;
                break;
            case '3':
                c = 'e';
                break;
            case '4':
            case '@':
                c = 'a';
                break;
            case '5':
            case '$':
                c = 's';
                break;
            case '7':
                c = 't';
                break;
            default:
                break;
        }
    }
    return plain;
}

// Without the signs at both ends.
std::string_view bare(std::string_view text) {
    const auto is_sign = [](char c) { return !is_digit(c) && !is_letter(c); };
    while (!text.empty() && is_sign(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_sign(text.back())) text.remove_suffix(1);
    return text;
}

bool is_listed(std::string_view text) { return is_among(table::passwords(), text) || is_word_with_tail(text); }

// Eleven digits are also what a telephone number has.
constexpr std::size_t digits_easy = 11;

}  // namespace

bool is_common_password(std::string_view password) {
    const std::string text = fold(password);
    if (is_listed(text) || is_listed(bare(text))) return true;
    if (is_repeated(text) || is_sequence(text) || is_keyboard_walk(text)) return true;
    if (is_number(text) && text.size() <= digits_easy) return true;
    return std::ranges::any_of(std::array{'l', 'i'}, [&](char one) {
        const std::string plain = without_disguise(text, one);
        return is_among(table::passwords(), plain) || is_among(table::words(), plain);
    });
}

bool is_made_of(std::string_view password, std::span<const std::string> words) {
    const std::string text = fold(password);
    for (const std::string& word : words) {
        // One letter is in every password.
        if (count_code_points(word) < 2) continue;
        std::string rest = text;
        std::size_t times = 0;
        for (std::size_t at = 0; (at = rest.find(word, at)) != std::string::npos; ++times) rest.erase(at, word.size());
        if (times > 0 && std::ranges::none_of(rest, is_letter)) return true;
    }
    return false;
}

}  // namespace gx::access
