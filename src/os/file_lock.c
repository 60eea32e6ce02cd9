#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "os/file.h"

#define HOLDER_MAX 256
#define RETRY_MS 20

struct file_lock {
    int fd;
};

static void read_holder(int fd, char out[HOLDER_MAX])
{
    ssize_t got = pread(fd, out, HOLDER_MAX - 1, 0);
    out[got > 0 ? got : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

static void write_holder(int fd, const char *purpose)
{
    char since[CLOCK_TEXT_MAX];
    char line[HOLDER_MAX];
    clock_format_utc(clock_wall_us(clock_system()), since);
    int length = snprintf(line, sizeof(line), "process %d (%.100s), since %s\n", (int)getpid(), purpose, since);
    // Only for the sentence others get: the lock holds without it.
    if (ftruncate(fd, 0) == 0 && pwrite(fd, line, (size_t)length, 0) < 0)
        return;
}

enum err_code file_lock_acquire(const char *path, const char *purpose, struct file_lock **out, struct err *err)
{
    *out = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot open the lock %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int failure = errno;
        char holder[HOLDER_MAX];
        read_holder(fd, holder);
        close(fd);
        if (failure != EWOULDBLOCK)
            return err_set_errno(err, failure, "cannot lock %s", path);
        return err_set(err, ERR_CONFLICT, "%s is held by %s", path, holder[0] != '\0' ? holder : "another process");
    }
    write_holder(fd, purpose);
    struct file_lock *lock = mem_calloc(1, sizeof(*lock));
    lock->fd = fd;
    *out = lock;
    return ERR_NONE;
}

enum err_code file_lock_wait(const char *path, const char *purpose, int64_t timeout_ms, struct cancel *cancel,
    struct file_lock **out, struct err *err)
{
    int64_t end_us = clock_monotonic_us(clock_system()) + timeout_ms * 1000;
    *out = NULL;
    for (;;) {
        enum err_code code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = file_lock_acquire(path, purpose, out, err);
        if (code != ERR_CONFLICT || (timeout_ms >= 0 && clock_monotonic_us(clock_system()) >= end_us))
            return code;
        cancel_wait(cancel, RETRY_MS);
    }
}

void file_lock_release(struct file_lock *lock)
{
    if (lock == NULL)
        return;
    // Emptied first, so that nobody reads of a holder who is gone.
    if (ftruncate(lock->fd, 0) != 0)
        flock(lock->fd, LOCK_UN);
    close(lock->fd);
    free(lock);
}
