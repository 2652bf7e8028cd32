#include "net/chunked_body.hpp"

#include <algorithm>

namespace gx::net {

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static bool is_line_text(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

ChunkedBody::State ChunkedBody::feed(std::string_view& input, std::string& out, std::size_t out_max) {
    std::size_t taken = 0;
    while (!input.empty()) {
        const char c = input.front();
        switch (part_) {
            case Part::size: {
                if (const int digit = hex_digit(c); digit >= 0) {
                    // 12 digits hold more than any limit and never overflow.
                    if (++digits_ > 12) return State::refused;
                    left_ = left_ * 16 + static_cast<unsigned>(digit);
                } else if (digits_ == 0) {
                    return State::refused;
                } else if (c == '\r') {
                    part_ = Part::size_end;
                } else if (c == ';') {
                    part_ = Part::extension;
                } else {
                    return State::refused;
                }
                break;
            }
            case Part::extension:
                if (c == '\r') {
                    part_ = Part::size_end;
                } else if (!is_line_text(c) || ++extra_ > extra_max) {
                    return State::refused;
                }
                break;
            case Part::size_end:
                if (c != '\n') return State::refused;
                part_ = left_ ? Part::data : Part::trailer;
                digits_ = 0;
                break;
            case Part::data: {
                if (taken == out_max) return State::more;
                const auto piece =
                    static_cast<std::size_t>(std::min<std::uint64_t>({left_, input.size(), out_max - taken}));
                out.append(input.substr(0, piece));
                input.remove_prefix(piece);
                taken += piece;
                left_ -= piece;
                if (left_ == 0) part_ = Part::data_return;
                continue;
            }
            case Part::data_return:
                if (c != '\r') return State::refused;
                part_ = Part::data_end;
                break;
            case Part::data_end:
                if (c != '\n') return State::refused;
                part_ = Part::size;
                break;
            case Part::trailer:
                if (c == '\r') {
                    part_ = Part::last_end;
                    break;
                }
                part_ = Part::trailer_text;
                [[fallthrough]];
            case Part::trailer_text:
                if (c == '\r') {
                    part_ = Part::trailer_end;
                } else if (!is_line_text(c) || ++extra_ > extra_max) {
                    return State::refused;
                }
                break;
            case Part::trailer_end:
                if (c != '\n') return State::refused;
                part_ = Part::trailer;
                break;
            case Part::last_end:
                if (c != '\n') return State::refused;
                input.remove_prefix(1);
                part_ = Part::done;
                return State::done;
            case Part::done:
                return State::done;
        }
        input.remove_prefix(1);
    }
    return part_ == Part::done ? State::done : State::more;
}

}  // namespace gx::net
