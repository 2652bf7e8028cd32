#include "features/messages/mailer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/failure.hpp"
#include "features/curl_handles.hpp"

namespace gx::features {

namespace {

constexpr std::string_view plain_scheme = "smtp+plain://";
constexpr std::array<std::string_view, 3> schemes{"smtp://", "smtps://", plain_scheme};
constexpr long connect_seconds_most = 10;
constexpr long seconds_most = 60;

std::string host_of(const std::string& url) {
    const CurlOwned<CURLU> parsed(curl_url());
    char* host = nullptr;
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
        curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        return {};
    }
    return CurlOwned<char>(host).get();
}

bool is_this_machine(std::string_view host) {
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

struct Reading {
    std::string_view rest;
};

std::size_t give(char* into, std::size_t size, std::size_t count, void* from) {
    auto& reading = *static_cast<Reading*>(from);
    const std::size_t bytes = std::min(size * count, reading.rest.size());
    std::memcpy(into, reading.rest.data(), bytes);
    reading.rest.remove_prefix(bytes);
    return bytes;
}

[[noreturn]] void failed(std::string why) {
    throw Failure(Failure::Kind::unavailable, "mail_failed", {{"why", std::move(why)}});
}

}  // namespace

bool Mailer::can_read(std::string_view url) {
    const auto scheme = std::ranges::find_if(schemes, [&](std::string_view one) { return url.starts_with(one); });
    return scheme != schemes.end() && !host_of("smtp://" + std::string(url.substr(scheme->size()))).empty();
}

Mailer::Mailer(std::string url, const Clock& clock) : url_(std::move(url)), clock_(clock) {
    if (url_.starts_with(plain_scheme)) {
        url_ = "smtp://" + url_.substr(plain_scheme.size());
        return;
    }
    tls_ = url_.starts_with("smtps://") || !is_this_machine(host_of(url_));
}

void Mailer::send(const Mail& mail, std::string_view id) const {
    start_curl();
    const std::string text = message_text(mail, id, clock_.now());
    Reading reading{text};
    const CurlOwned<CURL> handle(curl_easy_init());
    const CurlOwned<curl_slist> to(curl_slist_append(nullptr, ("<" + mail.to + ">").c_str()));
    if (!handle || !to) failed("out of memory");
    std::array<char, CURL_ERROR_SIZE> why{};
    CURL* curl = handle.get();
    const std::string from = "<" + mail.from + ">";
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why.data());
    curl_easy_setopt(curl, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // other threads run
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect_seconds_most);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds_most);
    curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(tls_ ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to.get());
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_READDATA, &reading);
    const CURLcode result = curl_easy_perform(curl);
    if (result != CURLE_OK) failed(why[0] != '\0' ? why.data() : curl_easy_strerror(result));
}

}  // namespace gx::features
