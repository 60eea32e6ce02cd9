#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define COPY_CHUNK (1 << 20)

struct file_writer {
    int fd;
    char *path;
    char *temporary;
};

enum err_code file_write_all(int fd, const void *bytes, size_t size, const char *name, struct err *err)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t written = write(fd, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_set_errno(err, errno, "cannot write %s", name);
        at += written;
        size -= (size_t)written;
    }
    return ERR_NONE;
}

static enum err_code open_to_read(const char *path, int *fd, struct err *err)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return *fd < 0 ? err_set_errno(err, errno, "cannot open %s", path) : ERR_NONE;
}

// Reads to the end and closes `fd`.
static enum err_code read_whole(
    int fd, const char *path, size_t limit_bytes, char **bytes, size_t *size, struct err *err)
{
    struct strbuf text;
    struct stat st;
    enum err_code code = ERR_NONE;
    strbuf_init(&text);
    if (fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size <= limit_bytes)
        strbuf_reserve(&text, (size_t)st.st_size + 1);
    for (;;) {
        char chunk[65536];
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = err_set_errno(err, errno, "cannot read %s", path);
        if (got <= 0)
            break;
        if ((size_t)got > limit_bytes - text.size) {
            code = err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path, limit_bytes);
            break;
        }
        strbuf_add(&text, chunk, (size_t)got);
    }
    close(fd);
    if (code == ERR_NONE)
        *bytes = strbuf_detach(&text, size);
    strbuf_release(&text);
    return code;
}

enum err_code file_read(const char *path, size_t limit_bytes, char **bytes, size_t *size, struct err *err)
{
    int fd;
    *bytes = NULL;
    *size = 0;
    enum err_code code = open_to_read(path, &fd, err);
    return code == ERR_NONE ? read_whole(fd, path, limit_bytes, bytes, size, err) : code;
}

static enum err_code check_private(int fd, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_set_errno(err, errno, "cannot look at %s", path);
    if ((st.st_mode & S_IRWXO) != 0)
        return err_set(
            err, ERR_DENIED, "everybody on this machine may read the file %s: run \"chmod 600 %s\"", path, path);
    mode_t group = st.st_uid == geteuid() ? S_IRGRP | S_IWGRP : S_IWGRP;
    if ((st.st_mode & group) != 0)
        return err_set(err, ERR_DENIED, "others of the group of the file %s may %s it: run \"chmod 600 %s\"", path,
            (st.st_mode & S_IWGRP) != 0 ? "change" : "read", path);
    return ERR_NONE;
}

enum err_code file_read_private(const char *path, size_t limit_bytes, char **bytes, size_t *size, struct err *err)
{
    int fd;
    *bytes = NULL;
    *size = 0;
    enum err_code code = open_to_read(path, &fd, err);
    if (code != ERR_NONE)
        return code;
    code = check_private(fd, path, err);
    if (code == ERR_NONE)
        return read_whole(fd, path, limit_bytes, bytes, size, err);
    close(fd);
    return code;
}

enum err_code file_map(const char *path, struct file_map *map, struct err *err)
{
    *map = (struct file_map){.bytes = ""};
    int fd = -1;
    struct stat st;
    enum err_code code = open_to_read(path, &fd, err);
    if (code != ERR_NONE)
        return code;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &st) != 0)
        code = err_set_errno(err, errno, "cannot read %s", path);
    else if (!S_ISREG(st.st_mode))
        code = err_set(err, ERR_INVALID, "%s is no regular file", path);
    else if (st.st_size > 0)
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (code == ERR_NONE && st.st_size > 0 && bytes == MAP_FAILED)
        code = err_set_errno(err, errno, "cannot map %s", path);
    else if (code == ERR_NONE && st.st_size > 0)
        *map = (struct file_map){.bytes = bytes, .size = (size_t)st.st_size};
    close(fd);
    return code;
}

void file_unmap(struct file_map *map)
{
    if (map->size > 0)
        munmap((void *)(uintptr_t)map->bytes, map->size);
    *map = (struct file_map){.bytes = ""};
}

enum err_code file_writer_open(const char *path, struct file_writer **out, struct err *err)
{
    *out = NULL;
    char *temporary = mem_sprintf("%s.XXXXXX.tmp", path);
    int fd = mkostemps(temporary, 4, O_CLOEXEC);
    if (fd < 0) {
        enum err_code code = err_set_errno(err, errno, "cannot make %s", path);
        free(temporary);
        return code;
    }
    struct file_writer *writer = mem_calloc(1, sizeof(*writer));
    writer->fd = fd;
    writer->path = mem_strdup(path);
    writer->temporary = temporary;
    *out = writer;
    return ERR_NONE;
}

int file_writer_fd(const struct file_writer *writer)
{
    return writer->fd;
}

enum err_code file_writer_write(struct file_writer *writer, const void *bytes, size_t size, struct err *err)
{
    return file_write_all(writer->fd, bytes, size, writer->path, err);
}

static void writer_free(struct file_writer *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    free(writer->path);
    free(writer->temporary);
    free(writer);
}

void file_writer_abort(struct file_writer *writer)
{
    if (writer == NULL)
        return;
    unlink(writer->temporary);
    writer_free(writer);
}

static enum err_code sync_parent(const char *path, struct err *err)
{
    char *copy = mem_strdup(path);
    enum err_code code = dir_sync(dirname(copy), err);
    free(copy);
    return code;
}

enum err_code file_writer_commit(struct file_writer *writer, enum file_sync sync, struct err *err)
{
    enum err_code code = ERR_NONE;
    if (sync == FILE_SYNC_FULL && fdatasync(writer->fd) != 0)
        code = err_set_errno(err, errno, "cannot flush %s", writer->path);
    // Some file systems tell only now that the disk is full.
    if (close(writer->fd) != 0 && code == ERR_NONE)
        code = err_set_errno(err, errno, "cannot write %s", writer->path);
    writer->fd = -1;
    if (code == ERR_NONE && rename(writer->temporary, writer->path) != 0)
        code = err_set_errno(err, errno, "cannot make %s", writer->path);
    if (code != ERR_NONE)
        unlink(writer->temporary);
    else if (sync == FILE_SYNC_FULL)
        code = sync_parent(writer->path, err);
    writer_free(writer);
    return code;
}

enum err_code file_write(const char *path, const void *bytes, size_t size, enum file_sync sync, struct err *err)
{
    struct file_writer *writer = NULL;
    enum err_code code = file_writer_open(path, &writer, err);
    if (code != ERR_NONE)
        return code;
    code = file_writer_write(writer, bytes, size, err);
    if (code != ERR_NONE) {
        file_writer_abort(writer);
        return code;
    }
    return file_writer_commit(writer, sync, err);
}

enum err_code file_stat(const char *path, struct file_info *info, struct err *err)
{
    struct stat st;
    *info = (struct file_info){0};
    if (stat(path, &st) != 0)
        return err_set_errno(err, errno, "%s", path);
    info->size_bytes = (uint64_t)st.st_size;
    info->modified_us = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
    info->is_directory = S_ISDIR(st.st_mode);
    info->is_regular = S_ISREG(st.st_mode);
    return ERR_NONE;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

// Copies from the current position to the end, inside the kernel where that works.
static enum err_code copy_content(int from, int to, const char *name, struct cancel *cancel, struct err *err)
{
    bool in_kernel = true;
    char *chunk = NULL;
    enum err_code code = ERR_NONE;
    for (;;) {
        code = cancel_check(cancel, err);
        if (code != ERR_NONE)
            break;
        ssize_t got = in_kernel ? copy_file_range(from, NULL, to, NULL, COPY_CHUNK, 0) : -1;
        if (in_kernel && got < 0 && errno != ENOSPC && errno != EDQUOT && errno != EIO) {
            in_kernel = false;
            chunk = mem_alloc(COPY_CHUNK);
        }
        if (in_kernel && got < 0)
            code = err_set_errno(err, errno, "cannot write %s", name);
        if (!in_kernel) {
            got = read(from, chunk, COPY_CHUNK);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                code = err_set_errno(err, errno, "cannot read the source of %s", name);
            else
                code = file_write_all(to, chunk, (size_t)got, name, err);
        }
        if (code != ERR_NONE || got == 0)
            break;
    }
    free(chunk);
    return code;
}

enum err_code file_copy(const char *from, const char *to, enum file_sync sync, struct cancel *cancel, struct err *err)
{
    int source;
    enum err_code code = open_to_read(from, &source, err);
    if (code != ERR_NONE)
        return code;
    struct file_writer *writer = NULL;
    code = file_writer_open(to, &writer, err);
    if (code == ERR_NONE && ioctl(writer->fd, FICLONE, source) != 0)
        code = copy_content(source, writer->fd, to, cancel, err);
    close(source);
    if (code != ERR_NONE) {
        file_writer_abort(writer);
        return code;
    }
    return file_writer_commit(writer, sync, err);
}

enum err_code file_link_or_copy(
    const char *from, const char *to, enum file_sync sync, struct cancel *cancel, struct err *err)
{
    // A link cannot replace, so it is made under another name first. A link from a name that is a symbolic link would
    // share the link, not the content.
    char *temporary = mem_sprintf("%s.%d.link.tmp", to, (int)gettid());
    unlink(temporary);
    bool linked = linkat(AT_FDCWD, from, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0;
    if (linked && rename(temporary, to) != 0)
        linked = false;
    // Renaming does nothing when both names already are the same file.
    unlink(temporary);
    free(temporary);
    if (!linked)
        return file_copy(from, to, sync, cancel, err);
    if (sync == FILE_SYNC_NONE)
        return ERR_NONE;
    int fd;
    enum err_code code = open_to_read(to, &fd, err);
    if (code != ERR_NONE)
        return code;
    code = fdatasync(fd) != 0 ? err_set_errno(err, errno, "cannot flush %s", to) : ERR_NONE;
    close(fd);
    return code == ERR_NONE ? sync_parent(to, err) : code;
}

enum err_code file_move(const char *from, const char *to, enum file_sync sync, struct cancel *cancel, struct err *err)
{
    if (sync == FILE_SYNC_FULL) {
        int fd = open(from, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            int failed = fdatasync(fd);
            close(fd);
            if (failed != 0)
                return err_set_errno(err, errno, "cannot flush %s", from);
        }
    }
    if (rename(from, to) == 0)
        return sync == FILE_SYNC_FULL ? sync_parent(to, err) : ERR_NONE;
    if (errno != EXDEV)
        return err_set_errno(err, errno, "cannot move %s to %s", from, to);
    enum err_code code = file_copy(from, to, sync, cancel, err);
    return code == ERR_NONE ? file_remove(from, err) : code;
}

enum err_code file_remove(const char *path, struct err *err)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return err_set_errno(err, errno, "cannot remove %s", path);
    return ERR_NONE;
}

enum err_code file_sha256(
    const char *path, struct cancel *cancel, char hex[SHA256_HEX_SIZE], uint64_t *size_bytes, struct err *err)
{
    int fd;
    enum err_code code = open_to_read(path, &fd, err);
    if (code != ERR_NONE)
        return code;
    struct sha256 hash;
    sha256_init(&hash);
    char *chunk = mem_alloc(COPY_CHUNK);
    uint64_t size = 0;
    ssize_t got = 0;
    do {
        code = cancel_check(cancel, err);
        if (code != ERR_NONE)
            break;
        got = read(fd, chunk, COPY_CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = err_set_errno(err, errno, "cannot read %s", path);
        if (got > 0) {
            sha256_update(&hash, chunk, (size_t)got);
            size += (uint64_t)got;
        }
    } while (code == ERR_NONE && got != 0);
    free(chunk);
    close(fd);
    unsigned char digest[SHA256_SIZE];
    sha256_final(&hash, digest);
    sha256_hex(digest, hex);
    if (size_bytes != NULL)
        *size_bytes = size;
    return code;
}
