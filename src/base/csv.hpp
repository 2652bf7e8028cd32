// One cell of a CSV file as RFC 4180 writes it: quoted when it holds a comma, a quote or a line end, quotes doubled.
#pragma once

#include <string>
#include <string_view>

namespace gx {

void append_csv_cell(std::string& out, std::string_view text);

}  // namespace gx
