// The table of routes: what answers which method and path, and what the API description says about it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"

namespace gx::net {

// What the server and the API description need to know of a route beside its handler.
struct RouteInfo {
    std::string tag{};                 // group in the API description: "records"
    std::string summary{};             // key of a text
    std::string right{};               // right that the handler checks; empty when there is none
    bool sign_in = true;               // false: open to everybody
    std::vector<std::string> query{};  // names of query parameters
    std::string body_schema{};         // name of the schema of the request body
    std::string response_schema{};
    int status = 200;  // of the usual answer

    std::uint64_t body_max = 8u << 20;
    bool multipart = false;  // multipart/form-data is streamed to temporary files, at most multipart_max bytes
    std::uint64_t multipart_max = 2ull << 30;
    bool inline_ok = false;  // never blocks and takes microseconds: may run on the I/O thread
    // Runs on a worker before a multipart body is read; a Response refuses the upload before it fills the disk.
    std::function<std::optional<Response>(Request&)> before_body{};
};

struct Route {
    Method method = Method::get;
    std::string pattern{};
    Handler handler{};
    RouteInfo info{};
};

// Patterns: "/api/records/{object}/{id}". Fixed segments win over parameters; HEAD is answered by GET.
class Router {
public:
    using Problem = std::function<Response(const Request&, int status, std::string_view code)>;

    Router();
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    // Throws std::logic_error for a malformed pattern or a second handler for the same method and pattern.
    void add(Method method, std::string pattern, Handler handler, RouteInfo info = {});
    // Answers what no pattern matches; runs on the I/O thread when info.inline_ok. Without it: 404.
    void set_fallback(Handler handler, RouteInfo info = {});
    // Words every refusal of the server itself (400, 404, 405, 408, 413, 414, 431, 500, 501, 503, 505). Runs on an
    // I/O thread: it must not block.
    void set_problem(Problem problem);

    const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

    struct Match {
        const Route* route = nullptr;
        std::string allow;  // filled when the path is known but the method is not: "GET, HEAD, POST"
    };
    // Fills request.params.
    Match match(Request& request) const;

    const Route& fallback() const { return *fallback_; }
    Response problem(const Request& request, int status, std::string_view code) const;

private:
    struct Node;

    const Route* find(const Node& node, std::string_view rest, Method method, std::vector<std::string_view>& values,
                      std::vector<Method>& allowed) const;

    std::vector<std::unique_ptr<Route>> routes_;
    std::unique_ptr<Node> root_;
    std::unique_ptr<Route> fallback_;
    Problem problem_;
};

}  // namespace gx::net
