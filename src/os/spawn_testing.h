// Other processes for tests: the test's own program in another role, talked to through its standard input and output.
//
// A role is a function of this program, chosen by the first argument; main() asks spawn_role() before running tests.
// Lines from the child say how far it is, so a test that kills it at some line depends on no timing.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct spawned {
    pid_t pid;
    int in;
    FILE *out;
};

struct spawn_role {
    const char *name;
    int (*run)(char **args); // NULL-terminated, without the role's name; the result is the exit status
};

// Runs the role that argv[1] names and exits; returns if it names none.
void spawn_role(char **argv, const struct spawn_role *roles, size_t count);

// Starts this program in a role, with up to two arguments (NULL: none).
struct spawned spawn(const char *role, const char *first, const char *second);
// The next line without its end; false when the child has closed its output.
bool spawned_line(struct spawned *child, char *line, size_t size);
// Lets a child that waits in spawn_wait_for_go() go on.
void spawned_go(struct spawned *child);
// Ends it with SIGKILL, then as spawned_wait.
void spawned_kill(struct spawned *child);
// Waits for the end; the exit status, or -1 after a signal.
int spawned_wait(struct spawned *child);

// In the child: says a line, at once.
void spawn_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void spawn_wait_for_go(void);
