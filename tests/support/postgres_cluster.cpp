#include "support/postgres_cluster.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace gx::test {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view server_account = "postgres";  // PostgreSQL refuses to run as root

fs::path binaries() {
    std::vector<fs::path> versions;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
        if (fs::exists(entry.path() / "bin/initdb")) versions.push_back(entry.path() / "bin");
    }
    const auto number = [](const fs::path& path) { return std::atoi(path.parent_path().filename().c_str()); };
    const auto newest = std::ranges::max_element(versions, {}, number);
    return newest == versions.end() ? fs::path() : *newest;
}

std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

void become_server_account() {
    if (geteuid() != 0) return;
    const passwd* account = getpwnam(server_account.data());
    if (account == nullptr || setgid(account->pw_gid) != 0 || setgroups(0, nullptr) != 0 ||
        setuid(account->pw_uid) != 0) {
        _exit(126);
    }
}

pid_t start(const fs::path& folder, std::vector<std::string> arguments) {
    const pid_t child = fork();
    if (child != 0) return child;
    become_server_account();
    const int log = open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (log < 0 || chdir(folder.c_str()) != 0) _exit(126);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
}

bool ended_well(pid_t child) {
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool wait_until_ready(const fs::path& folder, pid_t server) {
    for (int tries = 0; tries < 600; ++tries) {
        // The last line of postmaster.pid says "ready" when connections are taken.
        if (text_of(folder / "data/postmaster.pid").find("ready") != std::string::npos) return true;
        if (waitpid(server, nullptr, WNOHANG) != 0) return false;
        usleep(50'000);
    }
    return false;
}

// Runs in a process of its own, which notices the end of the test program by the end of the pipe, so the server goes
// and the folder is removed even when the program is killed.
[[noreturn]] void supervise(const fs::path& folder, const fs::path& bin, int program_lives, int ready) {
    // Ctrl-C goes to the whole group; the end of the program is what we wait for.
    signal(SIGINT, SIG_IGN);
    const std::string data = folder / "data";
    bool running = ended_well(start(folder, {bin / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                                             "--locale=C.UTF-8", "--no-sync", "--no-instructions"}));
    pid_t server = -1;
    if (running) {
        server = start(folder, {bin / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c",
                                "shared_buffers=32MB", "-c", "max_connections=300", "-c", "max_wal_size=256MB", "-c",
                                "fsync=off", "-c", "log_min_messages=fatal"});
        running = wait_until_ready(folder, server);
    }
    const char answer = running ? 'y' : 'n';
    [[maybe_unused]] const ssize_t written = write(ready, &answer, 1);
    char byte = 0;
    while (read(program_lives, &byte, 1) < 0) {
    }
    if (server > 0) {
        kill(server, SIGQUIT);
        waitpid(server, nullptr, 0);
    }
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    _exit(0);
}

class Cluster {
public:
    Cluster() {
        std::string pattern = fs::temp_directory_path() / "guanxi-test-XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder for PostgreSQL");
        folder_ = pattern;
        if (geteuid() == 0) {
            const passwd* account = getpwnam(server_account.data());
            if (account == nullptr || chown(folder_.c_str(), account->pw_uid, account->pw_gid) != 0) {
                throw std::runtime_error("no account \"postgres\" to run PostgreSQL as");
            }
        }
        std::array<int, 2> lives{};
        std::array<int, 2> ready{};
        if (pipe2(lives.data(), O_CLOEXEC) != 0 || pipe2(ready.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("pipe");
        supervisor_ = fork();
        if (supervisor_ == 0) {
            close(lives[1]);
            close(ready[0]);
            supervise(folder_, binaries(), lives[0], ready[1]);
        }
        close(lives[0]);
        close(ready[1]);
        lives_ = lives[1];
        char answer = 'n';
        const bool heard = read(ready[0], &answer, 1) == 1;
        close(ready[0]);
        if (!heard || answer != 'y') {
            const std::string log = text_of(folder_ / "log");
            stop();
            throw std::runtime_error("PostgreSQL does not start:\n" + log);
        }
        owner_ = getpid();
    }
    ~Cluster() {
        if (owner_ == getpid()) stop();  // not in a forked child of a test
    }
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    std::string url() const { return "host=" + folder_.string() + " user=postgres dbname=postgres"; }

private:
    void stop() {
        close(lives_);
        waitpid(supervisor_, nullptr, 0);
    }

    fs::path folder_;
    pid_t supervisor_ = -1;
    pid_t owner_ = -1;
    int lives_ = -1;
};

}  // namespace

bool postgres_available() { return std::getenv("GX_TEST_POSTGRES") != nullptr || !binaries().empty(); }

std::string why_no_postgres() {
    return "PostgreSQL's server programs are missing: apt-get install postgresql, or name a server in GX_TEST_POSTGRES";
}

std::string postgres_url() {
    if (const char* running = std::getenv("GX_TEST_POSTGRES")) return running;
    static const Cluster cluster;
    return cluster.url();
}

}  // namespace gx::test
