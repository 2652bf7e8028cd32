// Writes down every SQLite statement of a program, for bench/run: loaded before the program (LD_PRELOAD) it sits
// between it and sqlite3_open_v2. One record a statement, appended to $GX_TRACE:
//   connection nanoseconds vm_steps rows bytes_of_text bytes_of_expanded_text \n text \n expanded text \n
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <unordered_map>

namespace {

struct Trace {
    std::mutex mutex;
    int file = -1;
    std::unordered_map<void*, std::int64_t> rows;
};

Trace& trace() {
    static Trace one;
    return one;
}

void write_down(void* connection, sqlite3_stmt* statement, std::int64_t nanoseconds) {
    const char* text = sqlite3_sql(statement);
    if (text == nullptr) return;
    char* expanded = sqlite3_expanded_sql(statement);
    const char* whole = expanded == nullptr ? text : expanded;
    Trace& to = trace();
    const std::lock_guard lock(to.mutex);
    const auto found = to.rows.find(statement);
    const std::int64_t rows = found == to.rows.end() ? 0 : found->second;
    if (found != to.rows.end()) to.rows.erase(found);
    char head[200];
    std::snprintf(head, sizeof head, "%p %" PRId64 " %d %" PRId64 " %zu %zu\n", connection, nanoseconds,
                  sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1), rows, std::strlen(text),
                  std::strlen(whole));
    const std::string record = std::string(head) + text + "\n" + whole + "\n";
    std::size_t at = 0;
    while (at < record.size()) {
        const ssize_t written = write(to.file, record.data() + at, record.size() - at);
        if (written <= 0) break;
        at += static_cast<std::size_t>(written);
    }
    sqlite3_free(expanded);
}

int each_event(unsigned event, void* connection, void* statement, void* about) {
    auto* const one = static_cast<sqlite3_stmt*>(statement);
    if (event == SQLITE_TRACE_ROW) {
        const std::lock_guard lock(trace().mutex);
        ++trace().rows[one];
    } else {
        write_down(connection, one, *static_cast<sqlite3_int64*>(about));
    }
    return 0;
}

}  // namespace

extern "C" int sqlite3_open_v2(const char* name, sqlite3** database, int flags, const char* system) {
    using Open = int (*)(const char*, sqlite3**, int, const char*);
    static const Open next = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "sqlite3_open_v2"));
    const int code = next(name, database, flags, system);
    const char* file = std::getenv("GX_TRACE");
    if (code != SQLITE_OK || file == nullptr) return code;
    {
        const std::lock_guard lock(trace().mutex);
        if (trace().file < 0) trace().file = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    sqlite3_trace_v2(*database, SQLITE_TRACE_PROFILE | SQLITE_TRACE_ROW, each_event, *database);
    return code;
}
