// Real Redis servers for tests, each in a folder of its own, on a socket there and on a free port of 127.0.0.1, with an
// append-only file. Tests skip where no server is installed: Debian's package redis-tools has the program, redis-server
// the name.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <hiredis/hiredis.h>

#include "os/file.h"

#define REDIS_TESTING_ARGS_MAX 32

struct redis_testing {
    pid_t pid; // 0: not running
    int port;
    char folder[FILE_PATH_MAX - 64];
    char path[FILE_PATH_MAX];    // of the socket
    char address[FILE_PATH_MAX]; // unix://…
    char program[FILE_PATH_MAX];
    const char *args[REDIS_TESTING_ARGS_MAX]; // further settings, "--name", "value", …
    const char *password;                     // to talk to it with; NULL: none
};

bool redis_testing_is_installed(void);
// `args` is NULL-terminated and outlives the server. Waits until it answers.
void redis_testing_start(struct redis_testing *server, const char *const *args);
// Starts it again, on the same data and port. Without waiting: it may refuse connections for a while.
void redis_testing_restart(struct redis_testing *server);
void redis_testing_restart_without_waiting(struct redis_testing *server);
void redis_testing_kill(struct redis_testing *server);  // SIGKILL
void redis_testing_pause(struct redis_testing *server); // SIGSTOP: takes connections and never answers
void redis_testing_continue(struct redis_testing *server);
// Ends it, if it runs, and removes its folder.
void redis_testing_end(struct redis_testing *server);

// Runs a command; the answer's text, or its number as a text, or "" for none. Errors of the server fail the test.
void redis_testing_ask(const struct redis_testing *server, char *answer, size_t answer_size, const char *format, ...);
void redis_testing_tell(const struct redis_testing *server, const char *format, ...);

// Three servers that are a cluster, ready.
void redis_testing_start_cluster(struct redis_testing servers[3]);
