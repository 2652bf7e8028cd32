// What libcurl hands out, given back by itself; and its start.
#pragma once

#include <curl/curl.h>

#include <memory>

#include "base/failure.hpp"

namespace gx::features {

struct CurlEnds {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    void operator()(char* text) const { curl_free(text); }
};
template <class T>
using CurlOwned = std::unique_ptr<T, CurlEnds>;

// Once for the process, before the first thread uses the library.
inline void start_curl() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    ensure(started == CURLE_OK, "libcurl does not start");
}

}  // namespace gx::features
