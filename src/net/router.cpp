#include "net/router.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "net/header_text.hpp"

namespace gx::net {

struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
    std::unique_ptr<Node> parameter;
    std::vector<const Route*> routes;  // at most one a method
};

Router::Router() : root_(std::make_unique<Node>()), fallback_(std::make_unique<Route>()) {
    set_fallback([this](Request& request) { return problem(request, 404, "not_found"); },
                 {.body_max = 64u << 10, .inline_ok = true});
}
Router::~Router() = default;

void Router::set_fallback(Handler handler, RouteInfo info) {
    fallback_->handler = std::move(handler);
    fallback_->info = std::move(info);
}

void Router::set_problem(Problem problem) { problem_ = std::move(problem); }

Response Router::problem(const Request& request, int status, std::string_view code) const {
    Response response = problem_ ? problem_(request, status, code) : plain_problem(request, status, code);
    if (status == 503 && response.header("Retry-After").empty()) response.set_header("Retry-After", "1");
    return response;
}

static bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

void Router::add(Method method, std::string pattern, Handler handler, RouteInfo info) {
    if (pattern.empty() || pattern.front() != '/')
        throw std::logic_error("route pattern without leading slash: " + pattern);
    Node* node = root_.get();
    std::string_view rest = std::string_view(pattern).substr(1);
    while (!rest.empty()) {
        const std::string_view segment = take_until(rest, '/');
        if (segment.empty()) throw std::logic_error("route pattern with an empty segment: " + pattern);
        std::unique_ptr<Node>& next = is_parameter(segment) ? node->parameter : node->fixed[std::string(segment)];
        if (!next) next = std::make_unique<Node>();
        node = next.get();
    }
    for (const Route* route : node->routes)
        if (route->method == method)
            throw std::logic_error("two routes for " + std::string(name_of(method)) + " " + pattern);
    routes_.push_back(std::make_unique<Route>(Route{method, std::move(pattern), std::move(handler), std::move(info)}));
    node->routes.push_back(routes_.back().get());
}

Router::Match Router::match(Request& request) const {
    std::vector<std::string_view> values;
    std::vector<Method> allowed;
    const Route* route = find(*root_, std::string_view(request.path).substr(1), request.method, values, allowed);
    request.params.clear();
    if (route) {
        std::string_view pattern = std::string_view(route->pattern).substr(1);
        for (std::size_t next = 0; !pattern.empty();) {
            const std::string_view segment = take_until(pattern, '/');
            if (is_parameter(segment))
                request.params.emplace_back(segment.substr(1, segment.size() - 2), values[next++]);
        }
        return {route, {}};
    }
    Match result;
    const auto allow = [&](Method method) {
        if (!result.allow.empty()) result.allow += ", ";
        result.allow += name_of(method);
    };
    std::sort(allowed.begin(), allowed.end());
    allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
    for (const Method method : allowed) {
        allow(method);
        if (method == Method::get) allow(Method::head);
    }
    return result;
}

const Route* Router::find(const Node& node, std::string_view rest, Method method, std::vector<std::string_view>& values,
                          std::vector<Method>& allowed) const {
    if (rest.empty()) {
        for (const Route* route : node.routes) {
            if (route->method == method || (method == Method::head && route->method == Method::get)) return route;
            allowed.push_back(route->method);
        }
        return nullptr;
    }
    // A trailing slash is another path: "/a/" never means "/a".
    const std::size_t slash = rest.find('/');
    if (slash == 0 || slash + 1 == rest.size()) return nullptr;
    const std::string_view segment = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (const auto next = node.fixed.find(segment); next != node.fixed.end()) {
        if (const Route* route = find(*next->second, rest, method, values, allowed)) return route;
    }
    if (!node.parameter) return nullptr;
    values.push_back(segment);
    const Route* route = find(*node.parameter, rest, method, values, allowed);
    if (!route) values.pop_back();
    return route;
}

}  // namespace gx::net
