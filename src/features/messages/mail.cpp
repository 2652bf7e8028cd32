#include "features/messages/mail.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/failure.hpp"
#include "base/secret.hpp"

namespace gx::features {

namespace {

constexpr std::string_view line_end = "\r\n";

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

// Encoded words (RFC 2047), cut between characters, short enough for lines of 76 with the name of a header before them.
// Also what is plain: a header that holds what somebody typed must not be able to end early or look like such a word.
std::string encoded_words(std::string_view text) {
    constexpr std::size_t bytes_most = 39;  // 52 characters of base64 and 12 around them
    std::string out;
    while (!text.empty()) {
        std::size_t length = std::min(bytes_most, text.size());
        while (length < text.size() && length > 1 && (static_cast<unsigned char>(text[length]) & 0xc0u) == 0x80u)
            --length;
        if (!out.empty()) out += "\r\n ";
        out += "=?UTF-8?B?" + base64(text.substr(0, length)) + "?=";
        text.remove_prefix(length);
    }
    return out;
}

std::string date_text(Timestamp at) {
    static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(at - day)};
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days.at(std::chrono::weekday{day}.c_encoding()),
                       static_cast<unsigned>(date.day()), months.at(static_cast<unsigned>(date.month()) - 1),
                       static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                       time.seconds().count());
}

// Base64 in lines of 76 characters.
std::string in_lines(const std::string& encoded) {
    constexpr std::size_t width = 76;
    std::string out;
    for (std::size_t at = 0; at < encoded.size(); at += width) {
        out += encoded.substr(at, width);
        out += line_end;
    }
    return out;
}

void check_address(const std::string& address) {
    if (!is_mail_address(address))
        throw Failure(Failure::Kind::invalid, "mail_address", {{"address", address.substr(0, 100)}});
}

}  // namespace

bool is_mail_address(std::string_view address) {
    const std::size_t at = address.find('@');
    return at != std::string_view::npos && at > 0 && at + 1 < address.size() && address.size() <= 254 &&
           is_plain(address) && address.find_first_of(" <>\"(),;:\\[]") == std::string_view::npos;
}

std::string message_text(const Mail& mail, std::string_view id, Timestamp at) {
    check_address(mail.from);
    check_address(mail.to);
    std::string text;
    const auto header = [&](std::string_view name, const std::string& value) {
        text += fmt::format("{}: {}{}", name, value, line_end);
    };
    header("Date", date_text(at));
    header("From",
           (mail.from_name.empty() ? std::string() : encoded_words(mail.from_name) + " ") + "<" + mail.from + ">");
    header("To", "<" + mail.to + ">");
    header("Subject", encoded_words(mail.subject));
    header("Message-ID", "<" + std::string(id) + mail.from.substr(mail.from.find('@')) + ">");
    header("MIME-Version", "1.0");
    header("Content-Type", "text/plain; charset=utf-8");
    header("Content-Transfer-Encoding", "base64");
    // No vacation replies and the like to a program.
    header("Auto-Submitted", "auto-generated");
    text += line_end;
    text += in_lines(base64(mail.text));
    return text;
}

}  // namespace gx::features
