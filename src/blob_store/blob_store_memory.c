#include "blob_store/blob_store_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "blob_store/blob_store_backend.h"
#include "os/cancel.h"

struct blob {
    char *key;
    char *bytes; // NUL-terminated behind its end
    size_t size;
    int64_t modified_us;
};

struct memory {
    struct blob_store store;
    const struct clock *clock;
    pthread_mutex_t mutex; // guards all below
    struct blob *blobs;    // ascending by key
    size_t count;
};

static struct memory *lock(struct blob_store *store)
{
    struct memory *self = (struct memory *)store;
    pthread_mutex_lock(&self->mutex);
    return self;
}

static enum err_code unlock(struct memory *self, enum err_code code)
{
    pthread_mutex_unlock(&self->mutex);
    return code;
}

// Where the first key that is not below `key` stands.
static size_t place(const struct memory *self, const char *key)
{
    size_t low = 0;
    size_t high = self->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(self->blobs[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct blob *find(const struct memory *self, const char *key, struct err *err)
{
    size_t at = place(self, key);
    if (at < self->count && strcmp(self->blobs[at].key, key) == 0)
        return &self->blobs[at];
    blob_not_found(key, err);
    return NULL;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool conflicts(const struct memory *self, const char *key)
{
    char text[BLOB_KEY_MAX + 2];
    size_t length = strlen(key);
    memcpy(text, key, length);
    memcpy(text + length, "/", 2);
    size_t at = place(self, text);
    if (at < self->count && starts_with(self->blobs[at].key, text))
        return true;
    for (size_t i = 1; i < length; i++) {
        if (key[i] != '/')
            continue;
        text[i] = '\0';
        if (find(self, text, NULL) != NULL)
            return true;
        text[i] = '/';
    }
    return false;
}

// Takes the bytes over.
static enum err_code put_owned(struct blob_store *store, const char *key, char *bytes, size_t size, struct err *err)
{
    struct memory *self = lock(store);
    struct blob *blob = find(self, key, NULL);
    if (blob == NULL) {
        if (conflicts(self, key)) {
            free(bytes);
            return unlock(self, blob_folder_conflict(key, err));
        }
        size_t at = place(self, key);
        self->blobs = mem_realloc_array(self->blobs, self->count + 1, sizeof(*self->blobs));
        memmove(&self->blobs[at + 1], &self->blobs[at], (self->count++ - at) * sizeof(*self->blobs));
        blob = &self->blobs[at];
        *blob = (struct blob){.key = mem_strdup(key)};
    }
    free(blob->bytes);
    blob->bytes = bytes;
    blob->size = size;
    blob->modified_us = clock_wall_us(self->clock);
    return unlock(self, ERR_NONE);
}

static enum err_code memory_put(
    struct blob_store *store, const char *key, const void *bytes, size_t size, struct err *err)
{
    char *copy = mem_alloc(size + 1);
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return put_owned(store, key, copy, size, err);
}

static enum err_code read_file(const char *path, char **bytes, size_t *size, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot read %s", path);
    struct stat info;
    enum err_code code = ERR_NONE;
    char *read_bytes = NULL;
    size_t got = 0;
    if (fstat(fd, &info) != 0)
        code = err_set_errno(err, errno, "cannot read %s", path);
    else if (!S_ISREG(info.st_mode))
        code = err_set(err, ERR_INVALID, "%s is no regular file", path);
    else
        read_bytes = mem_alloc((size_t)info.st_size + 1);
    while (code == ERR_NONE && got < (size_t)info.st_size) {
        ssize_t n = read(fd, read_bytes + got, (size_t)info.st_size - got);
        if (n < 0 && errno != EINTR)
            code = err_set_errno(err, errno, "cannot read %s", path);
        else if (n == 0)
            break;
        else if (n > 0)
            got += (size_t)n;
    }
    close(fd);
    if (code != ERR_NONE) {
        free(read_bytes);
        return code;
    }
    read_bytes[got] = '\0';
    *bytes = read_bytes;
    *size = got;
    return ERR_NONE;
}

static enum err_code memory_put_file(
    struct blob_store *store, const char *key, const char *path, bool move, struct err *err)
{
    char *bytes = NULL;
    size_t size = 0;
    enum err_code code = read_file(path, &bytes, &size, err);
    if (code == ERR_NONE)
        code = put_owned(store, key, bytes, size, err);
    if (code == ERR_NONE && move && unlink(path) != 0)
        code = err_set_errno(err, errno, "cannot remove %s", path);
    return code;
}

static enum err_code memory_get(
    struct blob_store *store, const char *key, size_t limit, void **bytes, size_t *size, struct err *err)
{
    struct memory *self = lock(store);
    const struct blob *blob = find(self, key, err);
    if (blob == NULL)
        return unlock(self, ERR_NOT_FOUND);
    if (blob->size > limit)
        return unlock(self, blob_too_large(key, (int64_t)blob->size, limit, err));
    *bytes = mem_dup(blob->bytes, blob->size + 1);
    *size = blob->size;
    return unlock(self, ERR_NONE);
}

static enum err_code memory_get_range(
    struct blob_store *store, const char *key, int64_t offset, void *buffer, size_t size, size_t *got, struct err *err)
{
    struct memory *self = lock(store);
    const struct blob *blob = find(self, key, err);
    if (blob == NULL)
        return unlock(self, ERR_NOT_FOUND);
    if ((uint64_t)offset < blob->size) {
        size_t left = blob->size - (size_t)offset;
        *got = size < left ? size : left;
        memcpy(buffer, blob->bytes + offset, *got);
    }
    return unlock(self, ERR_NONE);
}

static enum err_code write_all(int fd, const char *bytes, size_t size, const char *path, struct err *err)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno != EINTR)
            return err_set_errno(err, errno, "cannot write %s", path);
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return ERR_NONE;
}

static enum err_code memory_get_file(struct blob_store *store, const char *key, const char *temp_dir,
    struct cancel *cancel, struct blob_file *file, struct err *err)
{
    void *bytes = NULL;
    size_t size = 0;
    enum err_code code = cancel_check(cancel, err);
    if (code == ERR_NONE)
        code = memory_get(store, key, SIZE_MAX, &bytes, &size, err);
    if (code != ERR_NONE)
        return code;
    int fd = -1;
    code = blob_file_make(temp_dir, key, file, &fd, err);
    if (code == ERR_NONE) {
        code = write_all(fd, bytes, size, file->path, err);
        close(fd);
    }
    free(bytes);
    if (code != ERR_NONE)
        blob_file_release(file);
    return code;
}

static enum err_code memory_stat(struct blob_store *store, const char *key, struct blob_info *info, struct err *err)
{
    struct memory *self = lock(store);
    const struct blob *blob = find(self, key, err);
    if (blob != NULL)
        *info = (struct blob_info){.size_bytes = (int64_t)blob->size, .modified_us = blob->modified_us};
    return unlock(self, blob == NULL ? ERR_NOT_FOUND : ERR_NONE);
}

static void remove_at(struct memory *self, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        free(self->blobs[i].key);
        free(self->blobs[i].bytes);
    }
    self->count -= count;
    memmove(&self->blobs[first], &self->blobs[first + count], (self->count - first) * sizeof(*self->blobs));
}

static enum err_code memory_remove(struct blob_store *store, const char *key, struct err *err)
{
    (void)err;
    struct memory *self = lock(store);
    const struct blob *blob = find(self, key, NULL);
    if (blob != NULL)
        remove_at(self, (size_t)(blob - self->blobs), 1);
    return unlock(self, ERR_NONE);
}

static enum err_code memory_remove_prefix(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err)
{
    enum err_code code = cancel_check(cancel, err);
    if (code != ERR_NONE)
        return code;
    struct memory *self = lock(store);
    size_t first = place(self, prefix);
    size_t end = first;
    while (end < self->count && starts_with(self->blobs[end].key, prefix))
        end++;
    if (end > first)
        remove_at(self, first, end - first);
    return unlock(self, ERR_NONE);
}

// The callback may use the store, so each key is looked up anew behind the one before.
static bool next_blob(
    struct blob_store *store, const char *prefix, const char *after, char key[BLOB_KEY_MAX + 1], struct blob_info *info)
{
    struct memory *self = lock(store);
    size_t at = place(self, after != NULL ? after : prefix);
    if (after != NULL && at < self->count && strcmp(self->blobs[at].key, after) == 0)
        at++;
    bool found = at < self->count && starts_with(self->blobs[at].key, prefix);
    if (found) {
        memcpy(key, self->blobs[at].key, strlen(self->blobs[at].key) + 1);
        *info =
            (struct blob_info){.size_bytes = (int64_t)self->blobs[at].size, .modified_us = self->blobs[at].modified_us};
    }
    unlock(self, ERR_NONE);
    return found;
}

static enum err_code memory_list(
    struct blob_store *store, const char *prefix, blob_visit *visit, void *context, struct err *err)
{
    (void)err;
    char key[BLOB_KEY_MAX + 1];
    char after[BLOB_KEY_MAX + 1];
    struct blob_info info;
    bool more = next_blob(store, prefix, NULL, key, &info);
    while (more && visit(context, key, &info)) {
        memcpy(after, key, sizeof(after));
        more = next_blob(store, prefix, after, key, &info);
    }
    return ERR_NONE;
}

static enum err_code memory_nothing(struct blob_store *store, struct err *err)
{
    (void)store;
    (void)err;
    return ERR_NONE;
}

static void memory_free(struct blob_store *store)
{
    struct memory *self = (struct memory *)store;
    if (self->count > 0)
        remove_at(self, 0, self->count);
    free(self->blobs);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

static const struct blob_store_ops memory_ops = {
    .name = "memory",
    .free = memory_free,
    .put = memory_put,
    .put_file = memory_put_file,
    .get = memory_get,
    .get_range = memory_get_range,
    .get_file = memory_get_file,
    .stat = memory_stat,
    .remove = memory_remove,
    .remove_prefix = memory_remove_prefix,
    .list = memory_list,
    .flush = memory_nothing,
    .ping = memory_nothing,
};

struct blob_store *blob_store_memory_new(const struct clock *clock)
{
    struct memory *self = mem_calloc(1, sizeof(*self));
    self->store.ops = &memory_ops;
    self->clock = clock;
    pthread_mutex_init(&self->mutex, NULL);
    return &self->store;
}
