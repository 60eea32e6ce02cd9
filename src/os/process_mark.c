#include "os/process_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define STAT_LINE_MAX 1024

// A small file of /proc as text; false if it cannot be read.
static bool read_text(const char *path, char *out, size_t out_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, out, out_size - 1);
    close(fd);
    if (got <= 0)
        return false;
    out[got] = '\0';
    return true;
}

static uint64_t own_namespace(void)
{
    struct stat info;
    return stat("/proc/self/ns/pid", &info) == 0 ? (uint64_t)info.st_ino : 0;
}

// Field 22 of /proc/PID/stat, in clock ticks since the machine's start; 0 if unknown. A process that has ended and was
// not yet waited for ('Z') counts as ended: *ended.
static uint64_t start_ticks(int64_t pid, bool *ended)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
    char line[STAT_LINE_MAX];
    *ended = false;
    if (!read_text(path, line, sizeof(line)))
        return 0;
    // The second field is the program's name in brackets, which may itself hold spaces and brackets.
    const char *at = strrchr(line, ')');
    if (at == NULL)
        return 0;
    char status = 0;
    uint64_t ticks = 0;
    int fields = sscanf(at + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64,
        &status, &ticks);
    *ended = status == 'Z' || status == 'X';
    return fields == 2 ? ticks : 0;
}

void process_mark_self(char out[PROCESS_MARK_SIZE])
{
    bool ended;
    int64_t pid = getpid();
    snprintf(
        out, PROCESS_MARK_SIZE, "%" PRIu64 ".%" PRId64 ".%" PRIu64, own_namespace(), pid, start_ticks(pid, &ended));
}

static bool read_mark(const char *mark, uint64_t *namespace, int64_t *pid, uint64_t *ticks)
{
    return sscanf(mark, "%" SCNu64 ".%" SCNd64 ".%" SCNu64, namespace, pid, ticks) == 3 && *pid > 0;
}

bool process_mark_is_foreign(const char *mark)
{
    uint64_t mark_namespace, mark_ticks;
    int64_t pid;
    uint64_t mine = own_namespace();
    return mine != 0 && read_mark(mark, &mark_namespace, &pid, &mark_ticks) && mark_namespace != mine;
}

bool process_mark_is_dead(const char *mark)
{
    uint64_t mark_namespace, mark_ticks;
    int64_t pid;
    if (!read_mark(mark, &mark_namespace, &pid, &mark_ticks))
        return false;
    uint64_t mine = own_namespace();
    if (mine == 0 || mark_namespace != mine)
        return false;
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
        return true;
    bool ended;
    uint64_t ticks = start_ticks(pid, &ended);
    return ended || (ticks != 0 && mark_ticks != 0 && ticks != mark_ticks);
}

void boot_id_read(char out[BOOT_ID_SIZE])
{
    out[0] = '\0';
    if (read_text("/proc/sys/kernel/random/boot_id", out, BOOT_ID_SIZE))
        out[strcspn(out, "\n")] = '\0';
}
