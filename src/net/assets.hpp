// The web interface inside the program: files with copies that were compressed when it was built.
#pragma once

#include <span>
#include <string_view>

#include "net/router.hpp"

namespace gx::net {

struct Asset {
    std::string_view path;  // "/assets/index-3f2a.js"
    std::string_view content_type;
    std::string_view etag;
    std::string_view bytes;
    std::string_view gzip;    // empty when it would not be smaller
    std::string_view brotli;  // likewise
};

// Sorted by path; empty when the program was built without web/dist. Made by tools/embed_assets.py.
std::span<const Asset> web_assets();

// Becomes the fallback of the router: files by path, index.html for any page of the application (a GET that takes
// text/html, outside /api, /healthz and /metrics), 404 for the rest. Borrows both.
void serve_assets(Router& router, std::span<const Asset> assets);

inline void serve_assets(Router& router) { serve_assets(router, web_assets()); }

}  // namespace gx::net
