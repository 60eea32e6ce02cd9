#include "os/held_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/file.h"

#define TRIES_MAX 100

struct held_dir {
    int fd; // has the lock, where there are locks
    char path[FILE_PATH_MAX];
};

static int open_dir(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// Whoever removes what nobody holds may have come between making the folder and holding it.
static bool is_still_there(int fd, const char *path)
{
    struct stat held, there;
    return fstat(fd, &held) == 0 && lstat(path, &there) == 0 && held.st_dev == there.st_dev &&
        held.st_ino == there.st_ino;
}

static bool hold(struct held_dir *dir)
{
    dir->fd = open_dir(dir->path);
    if (dir->fd >= 0 && (flock(dir->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
        is_still_there(dir->fd, dir->path))
        return true;
    if (dir->fd >= 0)
        close(dir->fd);
    return false;
}

enum err_code held_dir_make(const char *parent, const char *prefix, struct held_dir **out, struct err *err)
{
    struct held_dir *dir = mem_calloc(1, sizeof(*dir));
    *out = NULL;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        enum err_code code = dir_make_temporary(parent, prefix, dir->path, err);
        if (code != ERR_NONE) {
            free(dir);
            return code;
        }
        if (hold(dir)) {
            *out = dir;
            return ERR_NONE;
        }
    }
    free(dir);
    return err_set(err, ERR_UNAVAILABLE, "no folder that is made in %s stays there", parent);
}

const char *held_dir_path(const struct held_dir *dir)
{
    return dir->path;
}

void held_dir_free(struct held_dir *dir)
{
    struct err ignored = ERR_INIT;
    if (dir == NULL)
        return;
    // What cannot be removed now is removed by whoever comes next.
    if (dir_remove_tree(dir->path, &ignored) != ERR_NONE)
        err_clear(&ignored);
    close(dir->fd);
    free(dir);
}

bool held_dir_is_left(const char *path)
{
    int fd = open_dir(path);
    bool is_left = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0)
        close(fd);
    return is_left;
}

enum err_code held_dir_remove(const char *path, struct err *err)
{
    int fd = open_dir(path);
    if (fd < 0)
        return errno == ENOENT ? ERR_NONE : err_set_errno(err, errno, "cannot open the folder %s", path);
    enum err_code code = flock(fd, LOCK_EX | LOCK_NB) == 0
        ? dir_remove_tree(path, err)
        : err_set(err, ERR_CONFLICT, "the folder %s is in use, or lies on a file system without locks", path);
    close(fd);
    return code;
}

size_t held_dir_clean(const char *parent, const char *prefix)
{
    size_t removed = 0;
    DIR *dir = opendir(parent);
    if (dir == NULL)
        return 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        struct err ignored = ERR_INIT;
        char *path = mem_sprintf("%s/%s", parent, entry->d_name);
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            removed += held_dir_remove(path, &ignored) == ERR_NONE;
        free(path);
    }
    closedir(dir);
    return removed;
}
