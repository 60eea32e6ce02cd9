#include "blob_store/blob_store_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "blob_store/blob_dir_internal.h"

#define TEMP_FOLDER ".tmp"
#define FILE_MODE 0600
// How often a put makes a folder anew that others remove as empty in between.
#define PLACE_TRIES_MAX 1000
// How often it makes a temporary file anew that others take for left behind.
#define TEMP_TRIES_MAX 1000
#define COPY_CHUNK ((size_t)256 * 1024)

// ---- writing

// A file may be too large for the file system; or for a limit of the process, which is a quota like others.
static bool is_too_large_for_ever(int error)
{
    struct rlimit limit;
    return error == EFBIG && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

static enum err_code write_failed(const struct blob_dir *self, const char *key, int error, struct err *err)
{
    if (is_too_large_for_ever(error))
        return err_set(
            err, ERR_LIMIT, "cannot store %s in %s: its file system takes no file that large", key, self->path);
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return err_set(err, ERR_FULL, "cannot store %s in %s: " ERR_FULL_WORDS, key, self->path);
    if (error == ENOTDIR || error == EISDIR || error == ENOTEMPTY || error == EEXIST)
        return blob_folder_conflict(key, err);
    return err_set_errno(err, error, "cannot store %s in %s", key, self->path);
}

// Whoever opens the store in another container cannot see whether the process lives that a file is of, but whether
// somebody holds it. Where there are no locks such files stay. That it is still there is told by its name: some file
// systems count no links.
static bool hold_temp(const struct blob_dir *self, int fd, const char *name)
{
    struct stat info;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return false;
    return fstatat(self->temp_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

// A new file in the store's folder for them, held until it is closed. The number is the process's, because it may have
// the store open twice.
static int open_temp(struct blob_dir *self, char name[BLOB_TEMP_NAME_SIZE])
{
    static _Atomic uint64_t last_number;
    for (int i = 0; i < TEMP_TRIES_MAX; i++) {
        uint64_t number = atomic_fetch_add(&last_number, 1) + 1;
        snprintf(name, BLOB_TEMP_NAME_SIZE, "%s-%" PRIu64, self->mark, number);
        int fd = openat(self->temp_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
        if (fd >= 0 && hold_temp(self, fd, name))
            return fd;
        // EEXIST: left by this process before it became another program (exec).
        if (fd < 0 && errno != EEXIST)
            return fd;
        if (fd >= 0) // taken for left behind before it was held
            close(fd);
    }
    errno = EAGAIN;
    return -1;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return true;
}

static void note_put(struct blob_dir *self)
{
    pthread_mutex_lock(&self->flush_mutex);
    self->put_count++;
    pthread_mutex_unlock(&self->flush_mutex);
}

// Gives a file its key's place; 0 or an errno.
static int place(struct blob_dir *self, int from_fd, const char *from, const char *key)
{
    int error = ENOENT;
    for (int i = 0; i < PLACE_TRIES_MAX && error == ENOENT; i++) {
        const char *name;
        int parent = blob_dir_open_parent(self, key, true, &name);
        if (parent < 0) {
            error = errno;
            continue;
        }
        // ENOENT: the folder was empty and somebody removed it between the two calls.
        error = renameat(from_fd, from, parent, name) == 0 ? 0 : errno;
        close(parent);
    }
    if (error == 0)
        note_put(self);
    return error;
}

// Ends a put: places the temporary file, or removes it after an error.
static enum err_code finish_temp(
    struct blob_dir *self, int fd, const char *temp, int error, const char *key, struct err *err)
{
    // Until it has its place; where no descriptor is left it goes without, as it does where there are no locks.
    int held = dup(fd);
    // Some file systems report a full disk only here.
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0)
        error = place(self, self->temp_fd, temp, key);
    if (held >= 0)
        close(held);
    if (error == 0)
        return ERR_NONE;
    unlinkat(self->temp_fd, temp, 0);
    return write_failed(self, key, error, err);
}

static enum err_code dir_put(struct blob_store *store, const char *key, const void *bytes, size_t size, struct err *err)
{
    struct blob_dir *self = blob_dir_of(store);
    char temp[BLOB_TEMP_NAME_SIZE];
    int fd = open_temp(self, temp);
    if (fd < 0)
        return write_failed(self, key, errno, err);
    int error = write_all(fd, bytes, size) ? 0 : errno;
    return finish_temp(self, fd, temp, error, key, err);
}

static int copy_by_hand(int from, int to)
{
    char *chunk = mem_alloc(COPY_CHUNK);
    int error = 0;
    for (;;) {
        ssize_t n = read(from, chunk, COPY_CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || (n > 0 && !write_all(to, chunk, (size_t)n)))
            error = errno;
        if (n <= 0 || error != 0)
            break;
    }
    free(chunk);
    return error;
}

// Copies what is left to read: by sharing blocks, in the kernel, or by hand, whichever the file systems can.
static int copy_content(int from, int to)
{
    if (ioctl(to, FICLONE, from) == 0)
        return 0;
    for (;;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
        if (n == 0)
            return 0;
        if (n > 0 || errno == EINTR)
            continue;
        bool final = errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG;
        return final ? errno : copy_by_hand(from, to);
    }
}

static enum err_code open_regular(const char *path, int *fd, struct err *err)
{
    struct stat info;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return err_set_errno(err, errno, "cannot read %s", path);
    if (fstat(*fd, &info) == 0 && S_ISREG(info.st_mode))
        return ERR_NONE;
    close(*fd);
    return err_set(err, ERR_INVALID, "%s is no regular file", path);
}

static enum err_code copy_file(struct blob_dir *self, int from, const char *key, struct err *err)
{
    char temp[BLOB_TEMP_NAME_SIZE];
    int fd = open_temp(self, temp);
    if (fd < 0)
        return write_failed(self, key, errno, err);
    return finish_temp(self, fd, temp, copy_content(from, fd), key, err);
}

// Renames the file itself into the store; EXDEV where it must be copied: across file systems, and where the path is a
// link or the file has other names, through which it could be changed later.
static int move_file(struct blob_dir *self, int from, const char *path, const char *key)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno;
    if (!S_ISREG(info.st_mode) || info.st_nlink > 1 || fchmod(from, FILE_MODE) != 0)
        return EXDEV;
    return place(self, AT_FDCWD, path, key);
}

static enum err_code dir_put_file(
    struct blob_store *store, const char *key, const char *path, bool move, struct err *err)
{
    struct blob_dir *self = blob_dir_of(store);
    int fd = -1;
    enum err_code code = open_regular(path, &fd, err);
    if (code != ERR_NONE)
        return code;
    int error = move ? move_file(self, fd, path, key) : EXDEV;
    if (error == EXDEV) {
        code = copy_file(self, fd, key, err);
        if (code == ERR_NONE && move && unlink(path) != 0)
            code = err_set_errno(err, errno, "cannot remove %s", path);
    } else if (error != 0) {
        code = write_failed(self, key, error, err);
    }
    close(fd);
    return code;
}

// ---- reading

static enum err_code open_blob(
    const struct blob_dir *self, const char *key, int *fd, struct stat *info, struct err *err)
{
    *fd = blob_dir_open_beneath(self, key, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (*fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return blob_not_found(key, err);
    if (*fd < 0)
        return err_set_errno(err, errno, "cannot read the blob %s/%s", self->path, key);
    if (fstat(*fd, info) == 0 && S_ISREG(info->st_mode))
        return ERR_NONE;
    close(*fd);
    *fd = -1;
    return blob_not_found(key, err);
}

static enum err_code read_up_to(const struct blob_dir *self, int fd, const char *key, int64_t offset, char *buffer,
    size_t size, size_t *got, struct err *err)
{
    *got = 0;
    while (*got < size) {
        ssize_t n = pread(fd, buffer + *got, size - *got, offset + (int64_t)*got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, errno, "cannot read the blob %s/%s", self->path, key);
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return ERR_NONE;
}

static enum err_code dir_get(
    struct blob_store *store, const char *key, size_t limit, void **bytes, size_t *size, struct err *err)
{
    const struct blob_dir *self = blob_dir_of(store);
    struct stat info = {0};
    int fd = -1;
    enum err_code code = open_blob(self, key, &fd, &info, err);
    if (code != ERR_NONE)
        return code;
    char *content = NULL;
    if ((uint64_t)info.st_size > limit) {
        code = blob_too_large(key, info.st_size, limit, err);
    } else {
        content = mem_alloc((size_t)info.st_size + 1);
        code = read_up_to(self, fd, key, 0, content, (size_t)info.st_size, size, err);
    }
    close(fd);
    if (code != ERR_NONE || content == NULL) {
        free(content);
        *size = 0;
        return code;
    }
    content[*size] = '\0';
    *bytes = content;
    return ERR_NONE;
}

static enum err_code dir_get_range(
    struct blob_store *store, const char *key, int64_t offset, void *buffer, size_t size, size_t *got, struct err *err)
{
    const struct blob_dir *self = blob_dir_of(store);
    struct stat info = {0};
    int fd = -1;
    enum err_code code = open_blob(self, key, &fd, &info, err);
    if (code != ERR_NONE)
        return code;
    if (offset < info.st_size)
        code = read_up_to(self, fd, key, offset, buffer, size, got, err);
    close(fd);
    return code;
}

static enum err_code dir_stat(struct blob_store *store, const char *key, struct blob_info *out, struct err *err)
{
    struct stat info = {0};
    int fd = -1;
    enum err_code code = open_blob(blob_dir_of(store), key, &fd, &info, err);
    if (code != ERR_NONE)
        return code;
    close(fd);
    *out = (struct blob_info){
        .size_bytes = info.st_size,
        .modified_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000,
    };
    return ERR_NONE;
}

static enum err_code dir_get_file(struct blob_store *store, const char *key, const char *temp_dir,
    struct cancel *cancel, struct blob_file *file, struct err *err)
{
    (void)temp_dir;
    (void)cancel;
    struct blob_info info;
    enum err_code code = dir_stat(store, key, &info, err);
    if (code == ERR_NONE)
        file->path = mem_sprintf("%s/%s", blob_dir_of(store)->path, key);
    return code;
}

// ---- the rest

static enum err_code dir_remove(struct blob_store *store, const char *key, struct err *err)
{
    const struct blob_dir *self = blob_dir_of(store);
    const char *name;
    int parent = blob_dir_open_parent(self, key, false, &name);
    int error = parent < 0 || unlinkat(parent, name, 0) != 0 ? errno : 0;
    if (parent >= 0)
        close(parent);
    // A folder is no blob, so there is none of this key.
    if (error == ENOENT || error == ENOTDIR || error == EISDIR)
        return ERR_NONE;
    if (error != 0)
        return err_set_errno(err, error, "cannot remove %s/%s", self->path, key);
    blob_dir_remove_empty_parents(self, key);
    return ERR_NONE;
}

static enum err_code dir_flush(struct blob_store *store, struct err *err)
{
    struct blob_dir *self = blob_dir_of(store);
    enum err_code code = ERR_NONE;
    pthread_mutex_lock(&self->flush_mutex);
    uint64_t wanted = self->put_count;
    while (self->flushed < wanted && code == ERR_NONE) {
        if (self->flushing) {
            pthread_cond_wait(&self->flush_done, &self->flush_mutex);
            continue;
        }
        self->flushing = true;
        uint64_t target = self->put_count;
        pthread_mutex_unlock(&self->flush_mutex);
        int error = syncfs(self->root_fd) != 0 ? errno : 0;
        pthread_mutex_lock(&self->flush_mutex);
        self->flushing = false;
        if (error != 0)
            code = err_set_errno(err, error, "cannot flush %s to the disk", self->path);
        else if (self->flushed < target)
            self->flushed = target;
        pthread_cond_broadcast(&self->flush_done);
    }
    pthread_mutex_unlock(&self->flush_mutex);
    return code;
}

static enum err_code dir_ping(struct blob_store *store, struct err *err)
{
    const struct blob_dir *self = blob_dir_of(store);
    return access(self->path, R_OK | W_OK | X_OK) == 0 ? ERR_NONE
                                                       : err_set_errno(err, errno, "cannot use %s", self->path);
}

static void dir_free(struct blob_store *store)
{
    struct blob_dir *self = blob_dir_of(store);
    if (self->temp_fd >= 0)
        close(self->temp_fd);
    if (self->root_fd >= 0)
        close(self->root_fd);
    pthread_cond_destroy(&self->flush_done);
    pthread_mutex_destroy(&self->flush_mutex);
    free(self->path);
    free(self);
}

static const struct blob_store_ops dir_ops = {
    .name = "dir",
    .free = dir_free,
    .put = dir_put,
    .put_file = dir_put_file,
    .get = dir_get,
    .get_range = dir_get_range,
    .get_file = dir_get_file,
    .stat = dir_stat,
    .remove = dir_remove,
    .remove_prefix = blob_dir_remove_prefix,
    .list = blob_dir_list,
    .flush = dir_flush,
    .ping = dir_ping,
};

// Held while it is removed, so that whoever has just made it sees that it is gone, and makes another.
static void remove_unless_held(const struct blob_dir *self, const char *name)
{
    int fd = openat(self->temp_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(self->temp_fd, name, 0);
    close(fd);
}

// Removes what processes that have ended left behind.
static void clean_temp(const struct blob_dir *self)
{
    int fd = openat(self->temp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    const struct dirent *found;
    while ((found = readdir(dir)) != NULL) {
        char mark[PROCESS_MARK_SIZE] = "";
        size_t length = strcspn(found->d_name, "-");
        if (length >= sizeof(mark))
            continue;
        memcpy(mark, found->d_name, length);
        if (process_mark_is_dead(mark))
            unlinkat(self->temp_fd, found->d_name, 0);
        else if (process_mark_is_foreign(mark))
            remove_unless_held(self, found->d_name);
    }
    closedir(dir);
}

static enum err_code open_folders(struct blob_dir *self, const char *path, struct err *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, errno, "cannot make the folder %s", path);
    self->path = realpath(path, NULL);
    if (self->path == NULL)
        return err_set_errno(err, errno, "cannot open the folder %s", path);
    self->root_fd = open(self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->root_fd < 0)
        return err_set_errno(err, errno, "cannot open the folder %s", path);
    if (mkdirat(self->root_fd, TEMP_FOLDER, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, errno, "cannot write to the folder %s", path);
    self->temp_fd = openat(self->root_fd, TEMP_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (self->temp_fd < 0)
        return err_set_errno(err, errno, "cannot open the folder %s/%s", path, TEMP_FOLDER);
    return ERR_NONE;
}

enum err_code blob_store_dir_open(const char *path, struct blob_store **store, struct err *err)
{
    *store = NULL;
    struct blob_dir *self = mem_calloc(1, sizeof(*self));
    self->store.ops = &dir_ops;
    self->root_fd = -1;
    self->temp_fd = -1;
    pthread_mutex_init(&self->flush_mutex, NULL);
    pthread_cond_init(&self->flush_done, NULL);
    process_mark_self(self->mark);
    enum err_code code = open_folders(self, path, err);
    if (code != ERR_NONE) {
        dir_free(&self->store);
        return code;
    }
    clean_temp(self);
    *store = &self->store;
    return ERR_NONE;
}
