#include "net/assets.hpp"

#include <algorithm>

#include "base/texts.hpp"

namespace gx::net {

static const Asset* find(std::span<const Asset> assets, std::string_view path) {
    const auto found =
        std::lower_bound(assets.begin(), assets.end(), path,
                         [](const Asset& asset, std::string_view wanted) { return asset.path < wanted; });
    return found != assets.end() && found->path == path ? &*found : nullptr;
}

static Response reply(const Request& request, const Asset& asset) {
    Response response;
    response.content_type = asset.content_type;
    response.static_body = asset.bytes;
    // Names under /assets/ hold a hash of the content: what they name never changes.
    response.set_header("Cache-Control",
                        asset.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
    std::string etag(asset.etag);
    const auto encode = [&](std::string_view bytes, std::string_view coding) {
        response.static_body = bytes;
        response.set_header("Content-Encoding", std::string(coding));
        // Other bytes, other tag.
        etag.insert(etag.size() - 1, "-" + std::string(coding));
    };
    if (!asset.brotli.empty() || !asset.gzip.empty()) response.set_header("Vary", "Accept-Encoding");
    if (!asset.brotli.empty() && request.accepts_encoding("br")) {
        encode(asset.brotli, "br");
    } else if (!asset.gzip.empty() && request.accepts_encoding("gzip")) {
        encode(asset.gzip, "gzip");
    }
    response.set_header("ETag", std::move(etag));
    return response;
}

static bool is_page(const Request& request) {
    for (const std::string_view other : {"/api", "/healthz", "/metrics", "/assets"}) {
        if (request.path == other || (request.path.starts_with(other) && request.path[other.size()] == '/'))
            return false;
    }
    return request.accepts_type("text/html");
}

void serve_assets(Router& router, std::span<const Asset> assets) {
    const auto answer = [&router, assets](Request& request) {
        if (request.method != Method::get && request.method != Method::head)
            return router.problem(request, 404, "not_found");
        if (const Asset* asset = find(assets, request.path)) return reply(request, *asset);
        if (!is_page(request)) return router.problem(request, 404, "not_found");
        if (const Asset* index = find(assets, "/index.html")) return reply(request, *index);
        Response response;
        response.content_type = "text/plain; charset=utf-8";
        const std::string_view languages = request.header("accept-language");
        response.body =
            text(parse_language(languages.substr(0, languages.find(','))).value_or(Language::zh), "web_absent");
        return response;
    };
    router.set_fallback(answer, {.body_max = 64u << 10, .inline_ok = true});
}

}  // namespace gx::net
