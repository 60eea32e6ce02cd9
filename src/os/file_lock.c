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
    bool is_shared;
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

// `how`: LOCK_EX or LOCK_SH.
static enum err_code open_lock(const char *path, int how, struct file_lock **out, struct err *err)
{
    *out = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot open the lock %s", path);
    if (flock(fd, how | LOCK_NB) != 0) {
        int failure = errno;
        char holder[HOLDER_MAX];
        read_holder(fd, holder);
        close(fd);
        if (failure != EWOULDBLOCK)
            return err_set_errno(err, failure, "cannot lock %s", path);
        return err_set(err, ERR_CONFLICT, "%s is held by %s", path, holder[0] != '\0' ? holder : "another process");
    }
    struct file_lock *lock = mem_calloc(1, sizeof(*lock));
    *lock = (struct file_lock){.fd = fd, .is_shared = how == LOCK_SH};
    *out = lock;
    return ERR_NONE;
}

enum err_code file_lock_acquire(const char *path, const char *purpose, struct file_lock **out, struct err *err)
{
    enum err_code code = open_lock(path, LOCK_EX, out, err);
    if (code == ERR_NONE)
        write_holder((*out)->fd, purpose);
    return code;
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

enum err_code file_lock_share(const char *path, struct file_lock **out, struct err *err)
{
    return open_lock(path, LOCK_SH, out, err);
}

bool file_lock_take_alone(struct file_lock *lock, const char *purpose)
{
    if (flock(lock->fd, LOCK_EX | LOCK_NB) == 0) {
        write_holder(lock->fd, purpose);
        lock->is_shared = false;
        return true;
    }
    // What does not become exclusive may have been given up (flock(2)).
    (void)flock(lock->fd, LOCK_SH | LOCK_NB);
    return false;
}

void file_lock_release(struct file_lock *lock)
{
    if (lock == NULL)
        return;
    // Emptied first, so that nobody reads of a holder who is gone.
    if (!lock->is_shared && ftruncate(lock->fd, 0) != 0)
        flock(lock->fd, LOCK_UN);
    close(lock->fd);
    free(lock);
}
