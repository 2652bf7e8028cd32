// One line of JSON a message on standard error: {"at":…,"level":…,"message":…,"request_id":…}. Never personal data.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

namespace gx::log {

enum class Level { debug, info, warning, error };
using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

void set_level(Level least);
void write(Level level, std::string_view message, Fields fields = {});
inline void info(std::string_view message, Fields fields = {}) { write(Level::info, message, fields); }
inline void warning(std::string_view message, Fields fields = {}) { write(Level::warning, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::error, message, fields); }

}  // namespace gx::log
