#include "net/compress.hpp"

#include <zlib.h>
#include <zstd.h>

#include <memory>
#include <new>

#include "base/failure.hpp"
#include "net/header_text.hpp"

namespace gx::net {

std::string_view name_of(Coding coding) {
    switch (coding) {
        case Coding::none:
            return "";
        case Coding::gzip:
            return "gzip";
        case Coding::zstd:
            return "zstd";
    }
    return "";
}

namespace {

// Kept by each thread: setting up zlib's 256 KiB anew costs as much as compressing a page.
struct GzipStream {
    z_stream stream{};
    GzipStream() {
        if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
    }
    ~GzipStream() { deflateEnd(&stream); }
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;
};

struct FreeZstd {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

std::string gzip(std::string_view body) {
    thread_local GzipStream kept;
    z_stream& stream = kept.stream;
    deflateReset(&stream);
    std::string out(deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream.avail_in = static_cast<uInt>(body.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    ensure(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate ended early");
    out.resize(out.size() - stream.avail_out);
    return out;
}

std::string zstd(std::string_view body) {
    thread_local std::unique_ptr<ZSTD_CCtx, FreeZstd> context(ZSTD_createCCtx());
    if (!context) throw std::bad_alloc();
    std::string out(ZSTD_compressBound(body.size()), '\0');
    const std::size_t size = ZSTD_compressCCtx(context.get(), out.data(), out.size(), body.data(), body.size(), 1);
    ensure(!ZSTD_isError(size), "zstd failed");
    out.resize(size);
    return out;
}

}  // namespace

std::string compress(Coding coding, std::string_view body) {
    switch (coding) {
        case Coding::gzip:
            return gzip(body);
        case Coding::zstd:
            return zstd(body);
        case Coding::none:
            break;
    }
    return std::string(body);
}

bool is_worth_compressing(std::string_view content_type) {
    const std::string_view type = trim_blanks(content_type.substr(0, content_type.find(';')));
    return type.starts_with("text/") || type.ends_with("json") || type.ends_with("javascript") || type.ends_with("xml");
}

static constexpr std::size_t worth_compressing_min = 1024;
static constexpr std::size_t compressible_max = 64u << 20;

void compress_for(const Request& request, Response& response) {
    if (!response.compress || response.body.size() <= worth_compressing_min || response.body.size() > compressible_max)
        return;
    if (!is_worth_compressing(response.content_type) || !response.header("Content-Encoding").empty()) return;
    if (response.header("Vary").empty()) response.set_header("Vary", "Accept-Encoding");
    const Coding coding = request.accepts_encoding("zstd")   ? Coding::zstd
                          : request.accepts_encoding("gzip") ? Coding::gzip
                                                             : Coding::none;
    if (coding == Coding::none) return;
    response.body = compress(coding, response.body);
    response.set_header("Content-Encoding", std::string(name_of(coding)));
}

}  // namespace gx::net
