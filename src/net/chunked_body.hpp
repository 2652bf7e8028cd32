// Takes a chunked request body (RFC 9112 section 7.1) apart. Extensions and trailers are read and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gx::net {

class ChunkedBody {
public:
    enum class State { more, done, refused };

    // Takes from the front of `input` and appends the payload to `out`, at most `out_max` bytes a call.
    State feed(std::string_view& input, std::string& out, std::size_t out_max);

private:
    enum class Part {
        size,
        extension,
        size_end,
        data,
        data_return,
        data_end,
        trailer,
        trailer_text,
        trailer_end,
        last_end,
        done
    };

    Part part_ = Part::size;
    std::uint64_t left_ = 0;
    int digits_ = 0;
    std::size_t extra_ = 0;  // bytes of extensions and trailers so far

    static constexpr std::size_t extra_max = 8u << 10;
};

}  // namespace gx::net
