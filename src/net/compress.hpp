// Fast compression of answers made on the fly. At level 1 it costs less than most queries; higher levels do not.
#pragma once

#include <string>
#include <string_view>

#include "net/http.hpp"

namespace gx::net {

enum class Coding { none, gzip, zstd };
std::string_view name_of(Coding coding);

std::string compress(Coding coding, std::string_view body);

bool is_worth_compressing(std::string_view content_type);

// Compresses the body in place and sets Content-Encoding and Vary, when the client takes it and it is worth it.
void compress_for(const Request& request, Response& response);

}  // namespace gx::net
