#include "os/spawn_testing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void spawn_role(char **argv, const struct spawn_role *roles, size_t count)
{
    for (size_t i = 0; argv[1] != NULL && i < count; i++) {
        if (strcmp(argv[1], roles[i].name) == 0) {
            // A test that fails must not leave its children behind.
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            exit(roles[i].run(argv + 2));
        }
    }
}

static void become(const char *role, const char *first, const char *second, int in, int out)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execl("/proc/self/exe", "test", role, first, second, (char *)NULL);
    _exit(127);
}

struct spawned spawn(const char *role, const char *first, const char *second)
{
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        abort();
    pid_t pid = fork();
    if (pid == 0)
        become(role, first, second, in[0], out[1]);
    if (pid < 0)
        abort();
    close(in[0]);
    close(out[1]);
    return (struct spawned){.pid = pid, .in = in[1], .out = fdopen(out[0], "r")};
}

bool spawned_line(struct spawned *child, char *line, size_t size)
{
    if (fgets(line, (int)size, child->out) == NULL)
        return false;
    line[strcspn(line, "\n")] = '\0';
    return true;
}

void spawned_go(struct spawned *child)
{
    if (write(child->in, "g", 1) != 1)
        abort();
}

int spawned_wait(struct spawned *child)
{
    int status = 0;
    close(child->in);
    while (waitpid(child->pid, &status, 0) != child->pid)
        ;
    fclose(child->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void spawned_kill(struct spawned *child)
{
    kill(child->pid, SIGKILL);
    spawned_wait(child);
}

void spawn_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    // The reader may have been told enough and be gone.
    if (fflush(stdout) != 0)
        _exit(0);
}

void spawn_wait_for_go(void)
{
    char byte;
    if (read(STDIN_FILENO, &byte, 1) != 1)
        _exit(1);
}
