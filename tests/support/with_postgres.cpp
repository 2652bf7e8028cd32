// with_postgres COMMAND ...: runs the command with GX_TEST_POSTGRES naming a private PostgreSQL, so that many test
// programs share one server.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "support/postgres_cluster.hpp"

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: with_postgres COMMAND [ARGUMENT ...]\n", stderr);
        return 2;
    }
    try {
        if (gx::test::postgres_available()) {
            setenv("GX_TEST_POSTGRES", gx::test::postgres_url().c_str(), 1);
        } else {
            std::fprintf(stderr, "%s\n", gx::test::why_no_postgres().c_str());
        }
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 1;
    }
    const pid_t child = fork();
    if (child == 0) {
        execvp(argv[1], argv + 1);
        std::perror(argv[1]);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
