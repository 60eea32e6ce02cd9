#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/file.h"

// What one file must leave of a disk.
#define KEPT_SHARE 50
#define KEPT_BYTES_LEAST ((uint64_t)16 << 20)
#define KEPT_BYTES_MOST ((uint64_t)1 << 30)

#define DIR_MODE 0700
// Deeper trees than this are nobody's here.
#define DIR_DEPTH_MAX 64

enum err_code dir_make(const char *path, struct err *err)
{
    char *copy = mem_strdup(path);
    enum err_code code = ERR_NONE;
    for (char *at = copy + 1; code == ERR_NONE && copy[0] != '\0'; at++) {
        char c = *at;
        if (c != '/' && c != '\0')
            continue;
        *at = '\0';
        struct stat st;
        int failure = mkdir(copy, DIR_MODE) != 0 ? errno : 0;
        // Whatever the reason is, a folder that is there need not be made.
        if (failure != 0 && failure != EEXIST && stat(copy, &st) != 0)
            code = err_set_errno(err, failure, "cannot make the folder %s", copy);
        else if (stat(copy, &st) == 0 && !S_ISDIR(st.st_mode))
            code = err_set(err, ERR_CONFLICT, "%s is not a folder", copy);
        *at = c;
        if (c == '\0')
            break;
    }
    free(copy);
    return code;
}

bool dir_is_open_to_others(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & (S_IRWXO | S_IWGRP)) != 0;
}

enum err_code dir_make_parent(const char *path, struct err *err)
{
    char *copy = mem_strdup(path);
    enum err_code code = dir_make(dirname(copy), err);
    free(copy);
    return code;
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static enum err_code remove_content(int dir_fd, const char *path, int depth, struct err *err);

// Removes `name` in the folder `dir_fd`, whatever it is, without following it if it is a link.
static enum err_code remove_entry(int dir_fd, const char *name, const char *path, int depth, struct err *err)
{
    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
        return ERR_NONE;
    if (errno != EISDIR && errno != EPERM)
        return err_set_errno(err, errno, "cannot remove %s in %s", name, path);
    if (depth >= DIR_DEPTH_MAX)
        return err_set(err, ERR_LIMIT, "%s is nested deeper than %d folders", path, DIR_DEPTH_MAX);
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_NONE : err_set_errno(err, errno, "cannot remove %s in %s", name, path);
    enum err_code code = remove_content(fd, path, depth + 1, err);
    if (code == ERR_NONE && unlinkat(dir_fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        code = err_set_errno(err, errno, "cannot remove %s in %s", name, path);
    return code;
}

// Takes over `dir_fd`.
static enum err_code remove_content(int dir_fd, const char *path, int depth, struct err *err)
{
    DIR *dir = fdopendir(dir_fd);
    if (dir == NULL) {
        enum err_code code = err_set_errno(err, errno, "cannot list %s", path);
        close(dir_fd);
        return code;
    }
    enum err_code code = ERR_NONE;
    const struct dirent *entry;
    while (code == ERR_NONE && (entry = readdir(dir)) != NULL) {
        if (!is_dot(entry->d_name))
            code = remove_entry(dirfd(dir), entry->d_name, path, depth, err);
    }
    closedir(dir);
    return code;
}

enum err_code dir_remove_tree(const char *path, struct err *err)
{
    return remove_entry(AT_FDCWD, path, path, 0, err);
}

void dir_remove_empty_upwards(const char *path, const char *top)
{
    size_t top_length = strlen(top);
    char *at = mem_strdup(path);
    for (;;) {
        size_t length = strlen(at);
        while (length > 1 && at[length - 1] == '/')
            at[--length] = '\0';
        if (length <= top_length || strncmp(at, top, top_length) != 0 || at[top_length] != '/')
            break;
        if (rmdir(at) != 0 && errno != ENOENT)
            break;
        char *slash = strrchr(at, '/');
        *slash = '\0';
    }
    free(at);
}

enum err_code dir_sync(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot open the folder %s", path);
    enum err_code code = ERR_NONE;
    // File systems that cannot flush folders say EINVAL.
    if (fsync(fd) != 0 && errno != EINVAL)
        code = err_set_errno(err, errno, "cannot flush the folder %s", path);
    close(fd);
    return code;
}

enum err_code dir_make_temporary(const char *parent, const char *prefix, char out[FILE_PATH_MAX], struct err *err)
{
    if (parent == NULL)
        parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] == '\0')
        parent = "/tmp";
    int length = snprintf(out, FILE_PATH_MAX, "%s/%sXXXXXX", parent, prefix);
    if (length < 0 || length >= FILE_PATH_MAX)
        return err_set(err, ERR_INVALID, "the path %.100s… is too long", parent);
    if (mkdtemp(out) == NULL)
        return err_set_errno(err, errno, "cannot make a temporary folder in %s", parent);
    return ERR_NONE;
}

// Takes over `dir_fd`.
static uint64_t content_size(int dir_fd, int depth)
{
    DIR *dir = fdopendir(dir_fd);
    if (dir == NULL) {
        close(dir_fd);
        return 0;
    }
    uint64_t size = 0;
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        struct stat st;
        if (is_dot(entry->d_name) || fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (S_ISREG(st.st_mode)) {
            size += (uint64_t)st.st_size;
        } else if (S_ISDIR(st.st_mode) && depth < DIR_DEPTH_MAX) {
            int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            size += fd >= 0 ? content_size(fd, depth + 1) : 0;
        }
    }
    closedir(dir);
    return size;
}

uint64_t dir_size_bytes(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return 0;
    if (S_ISREG(st.st_mode))
        return (uint64_t)st.st_size;
    if (!S_ISDIR(st.st_mode))
        return 0;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 ? content_size(fd, 0) : 0;
}

enum err_code disk_free(const char *path, uint64_t *free_bytes, uint64_t *total_bytes, struct err *err)
{
    struct statvfs st;
    if (statvfs(path, &st) != 0)
        return err_set_errno(err, errno, "cannot tell the free space of %s", path);
    *free_bytes = (uint64_t)st.f_bavail * st.f_frsize;
    if (total_bytes != NULL)
        *total_bytes = (uint64_t)st.f_blocks * st.f_frsize;
    return ERR_NONE;
}

uint64_t disk_usable(const char *path)
{
    uint64_t free_bytes, total_bytes;
    if (disk_free(path, &free_bytes, &total_bytes, NULL) != ERR_NONE)
        return UINT64_MAX;
    uint64_t kept = total_bytes / KEPT_SHARE;
    kept = kept < KEPT_BYTES_LEAST ? KEPT_BYTES_LEAST : kept;
    kept = kept > KEPT_BYTES_MOST ? KEPT_BYTES_MOST : kept;
    return free_bytes > kept ? free_bytes - kept : 0;
}
