// Running another program and waiting for it, without a shell.
//
// The child gets exactly the arguments and the environment it is given, /dev/null as standard input, no other open
// file, default signals, and a process group of its own, which is killed as a whole (SIGTERM, then SIGKILL) at the
// deadline, on cancel, or when what it writes exceeds a limit. It also dies with the thread that started it. Safe from
// all threads.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "os/cancel.h"

struct child_spec {
    const char *const *argv; // NULL-terminated; argv[0] is a path, or a name to be found in PATH
    const char *const
        *env_keep; // names of variables that are passed on, NULL-terminated; NULL: PATH, HOME, LANG, TMPDIR
    const char *const *env_set; // "NAME=value", NULL-terminated; may be NULL
    const char *directory;      // to run in; NULL: the caller's
    int64_t timeout_ms;         // > 0
    size_t output_limit_bytes;  // of standard output kept in memory; more is ERR_LIMIT; 0: 1 MiB
    size_t error_tail_bytes;    // how much of the end of standard error is kept; 0: 4 KiB
    const char *watch_path;     // a file or folder whose size is watched; may be NULL
    uint64_t
        watch_limit_bytes; // more is ERR_LIMIT; no single file that the program or its own children write gets larger
    // Called on the caller's thread for each complete line of standard output (then not kept) or error; may be NULL.
    void (*on_output_line)(void *arg, const char *line);
    void (*on_error_line)(void *arg, const char *line);
    void *line_arg;
};

struct child_result {
    int exit_status; // -1 if it was ended by a signal
    int signal;      // which; 0 if it exited
    char *output;    // NUL-terminated, never NULL after success
    size_t output_size;
    char *error_tail; // NUL-terminated, whole lines where possible
    int64_t duration_ms;
};

// Runs to the end. ERR_NONE whatever the exit status. ERR_NOT_FOUND or ERR_DENIED if the program cannot be started,
// ERR_TIMEOUT, ERR_CANCELLED, ERR_LIMIT. `*result` is filled with what there was, on errors too, and is to be released.
enum err_code child_run(
    const struct child_spec *spec, struct cancel *cancel, struct child_result *result, struct err *err) ERR_MUST_CHECK;
// A sentence for a child that ended badly: "yt-dlp ended with status 1: <last line of standard error>"; ERR_NONE if it
// ended with status 0.
enum err_code child_check(const struct child_result *result, const char *name, struct err *err) ERR_MUST_CHECK;
void child_result_release(struct child_result *result);

// The path of a program found in PATH (or `name` itself if it has a slash), to be freed; NULL if there is none.
char *child_find_program(const char *name);
