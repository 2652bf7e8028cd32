#include "record/numbering.hpp"

#include <algorithm>
#include <charconv>

namespace gx::record {
namespace {

std::string padded(std::int64_t number, int digits) {
    std::string text = std::to_string(number);
    if (text.size() < static_cast<std::size_t>(digits))
        text.insert(0, static_cast<std::size_t>(digits) - text.size(), '0');
    return text;
}

// "yyyy", "yy", "MM", "dd" of a day; empty for a word that is none of them.
std::string calendar_part(std::string_view word, Date day) {
    const std::chrono::year_month_day calendar{day};
    const int year = static_cast<int>(calendar.year());
    if (word == "yyyy") return padded(year, 4);
    if (word == "yy") return padded(year % 100, 2);
    if (word == "MM") return padded(static_cast<int>(static_cast<unsigned>(calendar.month())), 2);
    if (word == "dd") return padded(static_cast<int>(static_cast<unsigned>(calendar.day())), 2);
    return {};
}

}  // namespace

NumberForm number_form(std::string_view pattern, Date day) {
    NumberForm form;
    bool behind = false;
    while (!pattern.empty()) {
        std::string& side = behind ? form.after : form.before;
        const std::size_t open = pattern.find('{');
        side += pattern.substr(0, open);
        if (open == std::string_view::npos) break;
        pattern.remove_prefix(open + 1);
        const std::size_t close = std::min(pattern.find('}'), pattern.size());
        const std::string_view word = pattern.substr(0, close);
        if (word.starts_with("seq")) {
            behind = true;
            if (word.size() > 4) std::from_chars(word.data() + 4, word.data() + word.size(), form.digits);
            form.digits = std::clamp(form.digits, 1, 12);
        } else {
            side += calendar_part(word, day);
        }
        pattern.remove_prefix(std::min(close + 1, pattern.size()));
    }
    return form;
}

std::string NumberForm::number(std::int64_t running) const { return before + padded(running, digits) + after; }

std::optional<std::int64_t> NumberForm::running(std::string_view number) const {
    constexpr std::size_t digits_max = 15;
    if (!number.starts_with(before) || !number.ends_with(after) || number.size() <= before.size() + after.size())
        return std::nullopt;
    const std::string_view middle = number.substr(before.size(), number.size() - before.size() - after.size());
    if (middle.size() < static_cast<std::size_t>(digits) || middle.size() > digits_max) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(middle.data(), middle.data() + middle.size(), value);
    if (error != std::errc() || end != middle.data() + middle.size() || value < 1) return std::nullopt;
    return value;
}

}  // namespace gx::record
