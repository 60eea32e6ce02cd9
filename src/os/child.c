#include "os/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "os/file.h"

#define OUTPUT_LIMIT_DEFAULT ((size_t)1 << 20)
#define ERROR_TAIL_DEFAULT ((size_t)4096)
#define LINE_MAX_BYTES ((size_t)65536)
// How often cancel, the deadline and the child are looked at, and how often sizes are.
#define LOOK_MS 50
#define WATCH_MS 250
// From asking to end to ending by force.
#define GRACE_MS 2000
// The descriptor over which a child that cannot start says why.
#define REPORT_FD 3

// One of the child's outputs.
struct output {
    int fd; // -1 at its end
    struct strbuf text;
    void (*on_line)(void *arg, const char *line);
};

struct child {
    const struct child_spec *spec;
    struct child_result *result;
    pid_t pid;
    int pid_fd; // -1 where the system has none
    struct output out;
    struct output error;
    int64_t started_ms;
    int64_t watched_ms;
};

static int64_t now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

char *child_find_program(const char *name)
{
    if (strchr(name, '/') != NULL)
        return access(name, X_OK) == 0 ? mem_strdup(name) : NULL;
    const char *path = getenv("PATH");
    if (path == NULL || name[0] == '\0')
        return NULL;
    for (;;) {
        size_t length = strcspn(path, ":");
        char *candidate = mem_sprintf("%.*s/%s", (int)length, path, name);
        struct stat st;
        if (length > 0 && stat(candidate, &st) == 0 && S_ISREG(st.st_mode) && access(candidate, X_OK) == 0)
            return candidate;
        free(candidate);
        path += length;
        if (*path++ == '\0')
            return NULL;
    }
}

// The child's environment, NULL-terminated.
static char **environment_make(const struct child_spec *spec, struct arena *arena)
{
    static const char *const usual[] = {"PATH", "HOME", "LANG", "TMPDIR", NULL};
    const char *const *keep = spec->env_keep != NULL ? spec->env_keep : usual;
    size_t count = 0;
    for (const char *const *name = keep; *name != NULL; name++)
        count++;
    for (const char *const *pair = spec->env_set; pair != NULL && *pair != NULL; pair++)
        count++;
    char **environment = arena_alloc_array(arena, count + 1, sizeof(*environment));
    size_t n = 0;
    for (; *keep != NULL; keep++) {
        const char *value = getenv(*keep);
        if (value != NULL)
            environment[n++] = arena_sprintf(arena, "%s=%s", *keep, value);
    }
    for (const char *const *pair = spec->env_set; pair != NULL && *pair != NULL; pair++)
        environment[n++] = arena_strdup(arena, *pair);
    return environment;
}

struct start {
    const char *program;
    char *const *argv;
    char *const *environment;
    const char *directory;
    uint64_t file_limit_bytes;
    int out_fd;
    int error_fd;
    int report_fd;
    pid_t parent;
};

// In the child, between fork and exec: only what is safe in a signal handler may be called here.
_Noreturn static void become(const struct start *start)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // What the program starts itself outlives our death, and nobody watches it then: no file of its grows beyond this.
    if (start->file_limit_bytes > 0) {
        const struct rlimit limit = {start->file_limit_bytes + 1, start->file_limit_bytes + 1};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int null_fd = open("/dev/null", O_RDONLY);
    bool ready = null_fd >= 0 && dup2(null_fd, 0) == 0 && dup2(start->out_fd, 1) == 1 &&
        dup2(start->error_fd, 2) == 2 && dup3(start->report_fd, REPORT_FD, O_CLOEXEC) == REPORT_FD;
    if (ready && close_range(REPORT_FD + 1, ~0U, 0) != 0) {
        for (int fd = REPORT_FD + 1; fd < 65536; fd++)
            close(fd);
    }
    // The parent may have died before its death was made to matter.
    if (ready && getppid() == start->parent && (start->directory == NULL || chdir(start->directory) == 0))
        execve(start->program, start->argv, start->environment);
    int failure = errno;
    ssize_t written = write(ready ? REPORT_FD : start->report_fd, &failure, sizeof(failure));
    _exit(written == sizeof(failure) ? 127 : 126);
}

struct pipes {
    int out[2];
    int error[2];
    int report[2];
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

// A pipe whose ends are not among the first descriptors, which the child arranges anew.
static bool pipe_make(int ends[2])
{
    int low[2];
    if (pipe2(low, O_CLOEXEC) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, REPORT_FD + 1);
        close(low[i]);
    }
    return ends[0] >= 0 && ends[1] >= 0;
}

static void pipes_close(struct pipes *pipes)
{
    for (int i = 0; i < 2; i++) {
        close_fd(&pipes->out[i]);
        close_fd(&pipes->error[i]);
        close_fd(&pipes->report[i]);
    }
}

// Forks, and learns whether the program was started.
static enum err_code spawn(struct child *child, const char *program, struct pipes *pipes, struct err *err)
{
    struct arena *arena = arena_new();
    const struct start start = {
        .program = program,
        .argv = (char *const *)child->spec->argv,
        .environment = environment_make(child->spec, arena),
        .directory = child->spec->directory,
        .file_limit_bytes = child->spec->watch_path != NULL ? child->spec->watch_limit_bytes : 0,
        .out_fd = pipes->out[1],
        .error_fd = pipes->error[1],
        .report_fd = pipes->report[1],
        .parent = getpid(),
    };
    // No signal may reach the child while it still has this process's handlers.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    child->pid = fork();
    if (child->pid == 0)
        become(&start);
    int failure = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    arena_free(arena);
    if (child->pid < 0)
        return err_set_errno(err, failure, "cannot start %s", program);
    setpgid(child->pid, child->pid);
    close_fd(&pipes->report[1]);
    ssize_t got;
    while ((got = read(pipes->report[0], &failure, sizeof(failure))) < 0 && errno == EINTR)
        ;
    if (got == 0)
        return ERR_NONE;
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return err_set_errno(err, got == sizeof(failure) ? failure : EIO, "cannot start %s", program);
}

// Hands on complete lines and keeps the rest; a line that never ends is cut.
static void take_lines(struct output *output, void *arg, bool at_end)
{
    size_t start = 0;
    for (size_t i = 0; i < output->text.size; i++) {
        if (output->text.data[i] != '\n' && i - start < LINE_MAX_BYTES)
            continue;
        output->text.data[i] = '\0';
        output->on_line(arg, output->text.data + start);
        start = i + 1;
    }
    if (at_end && start < output->text.size) {
        output->on_line(arg, output->text.data + start);
        start = output->text.size;
    }
    memmove(output->text.data, output->text.data + start, output->text.size - start + 1);
    output->text.size -= start;
}

// Keeps the end of a text, from a line's beginning if one is near.
static void keep_tail(struct strbuf *text, size_t most)
{
    if (text->size <= most)
        return;
    size_t from = text->size - most;
    const char *line = memchr(text->data + from, '\n', most);
    if (line != NULL && (size_t)(line - text->data) + 1 < text->size)
        from = (size_t)(line - text->data) + 1;
    memmove(text->data, text->data + from, text->size - from + 1);
    text->size -= from;
}

// Reads once; false at the end or when there is nothing now.
static bool read_output(struct output *output, struct strbuf *also)
{
    char chunk[16384];
    if (output->fd < 0)
        return false;
    ssize_t got = read(output->fd, chunk, sizeof(chunk));
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got <= 0) {
        close_fd(&output->fd);
        return false;
    }
    if (output->on_line != NULL || also == NULL)
        strbuf_add(&output->text, chunk, (size_t)got);
    if (also != NULL)
        strbuf_add(also, chunk, (size_t)got);
    return true;
}

static enum err_code take_output(struct child *child, struct strbuf *tail, struct err *err)
{
    const struct child_spec *spec = child->spec;
    size_t limit = spec->output_limit_bytes > 0 ? spec->output_limit_bytes : OUTPUT_LIMIT_DEFAULT;
    size_t tail_bytes = spec->error_tail_bytes > 0 ? spec->error_tail_bytes : ERROR_TAIL_DEFAULT;
    read_output(&child->out, NULL);
    read_output(&child->error, tail);
    keep_tail(tail, tail_bytes);
    if (child->error.on_line != NULL)
        take_lines(&child->error, spec->line_arg, child->error.fd < 0);
    if (child->out.on_line != NULL)
        take_lines(&child->out, spec->line_arg, child->out.fd < 0);
    else if (child->out.text.size > limit)
        return err_set(err, ERR_LIMIT, "%s printed more than %zu bytes", spec->argv[0], limit);
    return ERR_NONE;
}

static enum err_code check_size(const struct child_spec *spec, struct err *err)
{
    if (spec->watch_path != NULL && dir_size_bytes(spec->watch_path) > spec->watch_limit_bytes)
        return err_set(err, ERR_LIMIT, "%s wrote more than %llu bytes", spec->argv[0],
            (unsigned long long)spec->watch_limit_bytes);
    return ERR_NONE;
}

static enum err_code check_limits(struct child *child, struct cancel *cancel, struct err *err)
{
    const struct child_spec *spec = child->spec;
    int64_t now = now_ms();
    if (cancel_requested(cancel))
        return err_set(err, ERR_CANCELLED, "%s was cancelled", spec->argv[0]);
    if (now - child->started_ms >= spec->timeout_ms)
        return err_set(err, ERR_TIMEOUT, "%s did not end within %lld s", spec->argv[0],
            (long long)((spec->timeout_ms + 999) / 1000));
    if (now - child->watched_ms < WATCH_MS)
        return ERR_NONE;
    child->watched_ms = now;
    return check_size(spec, err);
}

// Whether the program has ended; its process id stays taken until it is reaped.
static bool has_ended(const struct child *child)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child->pid;
}

static void wait_for_news(const struct child *child, int timeout_ms)
{
    struct pollfd polled[3] = {
        {.fd = child->out.fd, .events = POLLIN},
        {.fd = child->error.fd, .events = POLLIN},
        {.fd = child->pid_fd, .events = POLLIN},
    };
    poll(polled, 3, timeout_ms);
}

static enum err_code follow(struct child *child, struct strbuf *tail, struct cancel *cancel, struct err *err)
{
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && !has_ended(child)) {
        wait_for_news(child, LOOK_MS);
        code = take_output(child, tail, err);
        if (code == ERR_NONE)
            code = check_limits(child, cancel, err);
    }
    return code;
}

// Asks the whole group to end, then ends it.
static void end_group(struct child *child, struct strbuf *tail, bool gently)
{
    if (gently) {
        kill(-child->pid, SIGTERM);
        int64_t end_ms = now_ms() + GRACE_MS;
        while (!has_ended(child) && now_ms() < end_ms) {
            wait_for_news(child, LOOK_MS);
            // What it still prints no longer matters, but it must not get stuck on a full pipe.
            size_t kept = child->out.text.size;
            enum err_code ignored = take_output(child, tail, NULL);
            (void)ignored;
            if (child->out.on_line == NULL && child->out.text.size > kept) {
                child->out.text.size = kept;
                child->out.text.data[kept] = '\0';
            }
        }
    }
    // Also what the program left running behind it.
    kill(-child->pid, SIGKILL);
}

static void reap(struct child *child)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    child->result->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    child->result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    child->result->duration_ms = now_ms() - child->started_ms;
}

static enum err_code run_to_end(struct child *child, struct cancel *cancel, struct err *err)
{
    struct strbuf tail;
    strbuf_init(&tail);
    enum err_code code = follow(child, &tail, cancel, err);
    end_group(child, &tail, code != ERR_NONE);
    reap(child);
    // What is in the pipes still counts; nobody is left who could write more, but for those who left the group.
    while (code == ERR_NONE && (child->out.fd >= 0 || child->error.fd >= 0)) {
        struct pollfd polled[2] = {{.fd = child->out.fd, .events = POLLIN}, {.fd = child->error.fd, .events = POLLIN}};
        if (poll(polled, 2, 0) <= 0)
            break;
        code = take_output(child, &tail, err);
    }
    if (code == ERR_NONE)
        code = check_size(child->spec, err);
    close_fd(&child->out.fd);
    close_fd(&child->error.fd);
    if (child->out.on_line != NULL)
        take_lines(&child->out, child->spec->line_arg, true);
    if (child->error.on_line != NULL)
        take_lines(&child->error, child->spec->line_arg, true);
    child->result->error_tail = strbuf_detach(&tail, NULL);
    strbuf_release(&tail);
    return code;
}

enum err_code child_run(
    const struct child_spec *spec, struct cancel *cancel, struct child_result *result, struct err *err)
{
    *result = (struct child_result){.exit_status = -1};
    struct child child = {.spec = spec, .result = result, .pid_fd = -1, .started_ms = now_ms()};
    struct pipes pipes = {.out = {-1, -1}, .error = {-1, -1}, .report = {-1, -1}};
    char *program = child_find_program(spec->argv[0]);
    if (program == NULL)
        return err_set(err, ERR_NOT_FOUND, "the program %s is not installed or not in PATH", spec->argv[0]);
    strbuf_init(&child.out.text);
    strbuf_init(&child.error.text);
    child.out.fd = child.error.fd = -1;
    child.out.on_line = spec->on_output_line;
    child.error.on_line = spec->on_error_line;
    enum err_code code;
    if (!pipe_make(pipes.out) || !pipe_make(pipes.error) || !pipe_make(pipes.report))
        code = err_set_errno(err, errno, "cannot start %s", program);
    else
        code = spawn(&child, program, &pipes, err);
    if (code == ERR_NONE) {
        child.out.fd = pipes.out[0];
        child.error.fd = pipes.error[0];
        pipes.out[0] = pipes.error[0] = -1;
        pipes_close(&pipes);
        fcntl(child.out.fd, F_SETFL, O_NONBLOCK);
        fcntl(child.error.fd, F_SETFL, O_NONBLOCK);
        child.pid_fd = (int)syscall(SYS_pidfd_open, child.pid, 0);
        code = run_to_end(&child, cancel, err);
        close_fd(&child.pid_fd);
    }
    pipes_close(&pipes);
    result->output = strbuf_detach(&child.out.text, &result->output_size);
    strbuf_release(&child.out.text);
    strbuf_release(&child.error.text);
    free(program);
    return code;
}

enum err_code child_check(const struct child_result *result, const char *name, struct err *err)
{
    if (result->exit_status == 0)
        return ERR_NONE;
    if (result->signal != 0)
        return err_set(
            err, ERR_UNAVAILABLE, "%s was ended by signal %d (%s)", name, result->signal, strsignal(result->signal));
    const char *tail = result->error_tail != NULL ? result->error_tail : "";
    size_t end = strlen(tail);
    while (end > 0 && (tail[end - 1] == '\n' || tail[end - 1] == ' '))
        end--;
    size_t start = end;
    while (start > 0 && tail[start - 1] != '\n')
        start--;
    if (start == end)
        return err_set(err, ERR_UNAVAILABLE, "%s ended with status %d", name, result->exit_status);
    return err_set(err, ERR_UNAVAILABLE, "%s ended with status %d: %.*s", name, result->exit_status, (int)(end - start),
        tail + start);
}

void child_result_release(struct child_result *result)
{
    free(result->output);
    free(result->error_tail);
    *result = (struct child_result){0};
}
