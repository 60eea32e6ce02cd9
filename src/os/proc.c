#include "os/proc.h"

#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// Reads a small file of /proc or /sys as text; false if there is none.
static bool read_small(const char *path, char *out, size_t capacity)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t got = fread(out, 1, capacity - 1, file);
    out[got] = '\0';
    fclose(file);
    return got > 0;
}

uint64_t proc_rss_bytes(void)
{
    char text[128];
    unsigned long long pages = 0;
    if (!read_small("/proc/self/statm", text, sizeof(text)) || sscanf(text, "%*u %llu", &pages) != 1)
        return 0;
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t proc_peak_rss_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

static int64_t cpu_clock_us(clockid_t id)
{
    struct timespec ts;
    return clock_gettime(id, &ts) == 0 ? (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 : 0;
}

int64_t proc_cpu_us(void)
{
    return cpu_clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t proc_thread_cpu_us(void)
{
    return cpu_clock_us(CLOCK_THREAD_CPUTIME_ID);
}

// The path of this process's control group: in version 2, the line "0::<path>".
static bool own_group(char *out, size_t capacity)
{
    char text[4096];
    if (!read_small("/proc/self/cgroup", text, sizeof(text)))
        return false;
    const char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
    if (line == NULL)
        return false;
    line += *line == '\n' ? 4 : 3;
    snprintf(out, capacity, "%.*s", (int)strcspn(line, "\n"), line);
    return true;
}

// Calls `look` with `file` of this process's group and of each group above it; inside a container the own group often
// is the root.
static void each_group(const char *file, void (*look)(const char *text, void *arg), void *arg)
{
    char group[2048] = "";
    char path[4096];
    char text[256];
    own_group(group, sizeof(group));
    for (;;) {
        snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", strcmp(group, "/") == 0 ? "" : group, file);
        if (read_small(path, text, sizeof(text)))
            look(text, arg);
        char *slash = strrchr(group, '/');
        if (slash == NULL)
            return;
        *slash = '\0';
    }
}

// "max 100000" or "<quota> <period>".
static void look_at_quota(const char *text, void *arg)
{
    int *count = arg;
    long long quota = 0, period = 0;
    if (sscanf(text, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0)
        return;
    long long whole = (quota + period - 1) / period;
    if (whole < *count)
        *count = (int)whole;
}

int proc_cpu_count(void)
{
    cpu_set_t set;
    int count = 0;
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        count = CPU_COUNT(&set);
    if (count < 1)
        count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    each_group("cpu.max", look_at_quota, &count);
    // Version 1 of control groups keeps quota and period apart.
    char quota[64], period[64];
    if (read_small("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota, sizeof(quota)) &&
        read_small("/sys/fs/cgroup/cpu/cpu.cfs_period_us", period, sizeof(period))) {
        char both[160];
        snprintf(both, sizeof(both), "%s %s", quota, period);
        look_at_quota(both, &count);
    }
    return count > 0 ? count : 1;
}

static void look_at_memory(const char *text, void *arg)
{
    uint64_t *limit = arg;
    unsigned long long bytes = 0;
    if (sscanf(text, "%llu", &bytes) == 1 && bytes > 0 && bytes < *limit)
        *limit = bytes;
}

uint64_t proc_memory_limit_bytes(void)
{
    uint64_t limit = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    char text[64];
    each_group("memory.max", look_at_memory, &limit);
    if (read_small("/sys/fs/cgroup/memory/memory.limit_in_bytes", text, sizeof(text)))
        look_at_memory(text, &limit);
    return limit;
}

int proc_open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL)
        return 0;
    int count = 0;
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count - 1; // the folder's own
}

int proc_open_files_max(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (int)limit.rlim_cur : 0;
}

int proc_raise_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        limit = raised;
    return (int)limit.rlim_cur;
}
