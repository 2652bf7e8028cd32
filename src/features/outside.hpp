// Requests to servers of others, over HTTPS, with bounds of size and time. Addresses inside the own walls are refused
// unless an administrator allows them: otherwise whoever names a server makes this program look around in there.
#pragma once

#include <semaphore>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gx::features {

// Loopback, private, shared and reserved networks: nothing of the public internet lies there.
bool is_inside(std::string_view address);
// Where machines of a cloud find secrets about themselves: never asked.
bool is_link_local(std::string_view address);

using Pairs = std::vector<std::pair<std::string, std::string>>;
// "a=1&b=%20": application/x-www-form-urlencoded.
std::string form_text(const Pairs& pairs);
std::string url_encoded(std::string_view text);
// The address with these parameters behind its own.
std::string with_query(std::string url, const Pairs& pairs);

class Outside {
public:
    enum class Walls { out_only, inside_too };  // inside also without TLS

    struct Answer {
        long status = 0;
        std::string body{};
    };

    // `away` is the text that says which server does not answer, with {why}.
    explicit Outside(std::string_view away) : away_(away) {}

    // `authorization` is the value of that header; empty: none. Redirects are answers like others, and not followed.
    // Throws Failure(unavailable, away, {why}).
    Answer get(const std::string& url, Walls walls, const std::string& authorization = {});
    Answer post(const std::string& url, Walls walls, const std::string& form, const std::string& authorization = {});

private:
    Answer ask(const std::string& url, Walls walls, const std::string* form, const std::string& authorization);

    std::string away_;
    // A server that never answers must not hold every worker.
    static constexpr std::ptrdiff_t at_once_most = 4;
    std::counting_semaphore<at_once_most> places_{at_once_most};
};

}  // namespace gx::features
