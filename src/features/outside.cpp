#include "features/outside.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/address_range.hpp"
#include "base/failure.hpp"
#include "features/curl_handles.hpp"

namespace gx::features {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t answer_bytes_most = 512u << 10;
constexpr long connect_seconds_most = 5;
constexpr long seconds_most = 10;
constexpr auto wait_for_place = 3s;

// Why there is no answer; Outside::ask() says whose.
struct Away {
    std::string why;
};

[[noreturn]] void failed(std::string why) { throw Away{std::move(why)}; }

const std::vector<AddressRange>& inside_ranges() {
    static const std::vector<AddressRange> ranges =
        parse_address_ranges(
            "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16 "
            "198.18.0.0/15 224.0.0.0/4 240.0.0.0/4 ::/96 64:ff9b::/96 64:ff9b:1::/48 2002::/16 fc00::/7 fe80::/10 "
            "ff00::/8")
            .ranges;
    return ranges;
}

const std::vector<AddressRange>& link_local_ranges() {
    static const std::vector<AddressRange> ranges = parse_address_ranges("169.254.0.0/16 fe80::/10").ranges;
    return ranges;
}

bool is_in(const std::vector<AddressRange>& ranges, std::string_view address) {
    return std::ranges::any_of(ranges, [&](const AddressRange& range) { return range.contains(address); });
}

std::string text_of(const curl_sockaddr& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* from = nullptr;
    if (address.family == AF_INET)
        from = &reinterpret_cast<const sockaddr_in*>(&address.addr)->sin_addr;
    else if (address.family == AF_INET6)
        from = &reinterpret_cast<const sockaddr_in6*>(&address.addr)->sin6_addr;
    if (from == nullptr || inet_ntop(address.family, from, text.data(), text.size()) == nullptr) return {};
    return text.data();
}

// Looks at the address that is really connected to, behind the name: a name may lead anywhere, and change its mind.
struct Gate {
    Outside::Walls walls;
    bool plain = false;  // without TLS
    bool refused = false;

    bool admits(std::string_view address) const {
        if (address.empty() || is_link_local(address)) return false;
        const bool inside = is_inside(address);
        if (inside) return walls == Outside::Walls::inside_too;
        return !plain;
    }
};

curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
    auto& gate = *static_cast<Gate*>(data);
    if (!gate.admits(text_of(*address))) {
        gate.refused = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t take(char* from, std::size_t size, std::size_t count, void* into) {
    auto& body = *static_cast<std::string*>(into);
    if (body.size() + size * count > answer_bytes_most) return 0;  // ends the transfer
    body.append(from, size * count);
    return size * count;
}

void add_line(CurlOwned<curl_slist>& lines, const std::string& line) {
    curl_slist* longer = curl_slist_append(lines.get(), line.c_str());
    if (longer == nullptr) failed("out of memory");
    if (!lines) lines.reset(longer);  // else it begins where it began
}

struct Place {
    explicit Place(std::counting_semaphore<4>& places) : places_(places) {
        if (!places_.try_acquire_for(wait_for_place)) failed("too many requests at once");
    }
    ~Place() { places_.release(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    std::counting_semaphore<4>& places_;
};

Outside::Answer fetch(const std::string& url, Outside::Walls walls, const std::string* form,
                      const std::string& authorization) {
    const CurlOwned<CURL> handle(curl_easy_init());
    if (!handle) failed("out of memory");
    CURL* curl = handle.get();
    Gate gate{walls, !url.starts_with("https://")};
    Outside::Answer answer;
    std::array<char, CURL_ERROR_SIZE> why{};
    CurlOwned<curl_slist> lines;
    add_line(lines, "Accept: application/json");
    if (!authorization.empty()) add_line(lines, "Authorization: " + authorization);

    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why.data());
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, walls == Outside::Walls::inside_too ? "https,http" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");  // behind a proxy nobody sees the address that is connected to
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect_seconds_most);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds_most);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &gate);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines.get());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    if (form != nullptr) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form->data());
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(form->size()));
    }
    const CURLcode result = curl_easy_perform(curl);
    if (gate.refused && result != CURLE_OK) failed("the address is not allowed");
    if (result == CURLE_WRITE_ERROR) failed("the answer is too long");
    if (result != CURLE_OK) failed(why[0] != '\0' ? why.data() : curl_easy_strerror(result));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

}  // namespace

bool is_inside(std::string_view address) { return is_in(inside_ranges(), address); }
bool is_link_local(std::string_view address) { return is_in(link_local_ranges(), address); }

std::string url_encoded(std::string_view text) {
    if (text.empty()) return {};
    const CurlOwned<char> encoded(curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())));
    ensure(encoded != nullptr, "out of memory");
    return encoded.get();
}

std::string form_text(const Pairs& pairs) {
    std::string form;
    for (const auto& [name, value] : pairs) {
        if (!form.empty()) form += '&';
        form += url_encoded(name) + "=" + url_encoded(value);
    }
    return form;
}

std::string with_query(std::string url, const Pairs& pairs) {
    return url + (url.find('?') == std::string::npos ? '?' : '&') + form_text(pairs);
}

Outside::Answer Outside::get(const std::string& url, Walls walls, const std::string& authorization) {
    return ask(url, walls, nullptr, authorization);
}

Outside::Answer Outside::post(const std::string& url, Walls walls, const std::string& form,
                              const std::string& authorization) {
    return ask(url, walls, &form, authorization);
}

Outside::Answer Outside::ask(const std::string& url, Walls walls, const std::string* form,
                             const std::string& authorization) {
    start_curl();
    try {
        const Place place(places_);
        return fetch(url, walls, form, authorization);
    } catch (const Away& away) {
        throw Failure(Failure::Kind::unavailable, away_, {{"why", away.why}});
    }
}

}  // namespace gx::features
