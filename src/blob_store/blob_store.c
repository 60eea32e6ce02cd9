#include "blob_store/blob_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "blob_store/blob_store_backend.h"
#include "os/process_mark.h"

#define TEMP_PREFIX "blob-"
#define TEMP_NAME_END_MAX 64

void blob_store_free(struct blob_store *store)
{
    if (store != NULL)
        store->ops->free(store);
}

static bool is_key_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
        c == '-';
}

bool blob_key_is_valid(const char *key)
{
    size_t length = strnlen(key, BLOB_KEY_MAX + 1);
    if (length == 0 || length > BLOB_KEY_MAX || key[length - 1] == '/')
        return false;
    for (size_t i = 0; i < length; i++) {
        bool starts = i == 0 || key[i - 1] == '/';
        if (starts && (key[i] == '/' || key[i] == '.'))
            return false;
        if (key[i] != '/' && !is_key_char(key[i]))
            return false;
    }
    return true;
}

static enum err_code check_key(const char *key, struct err *err)
{
    return blob_key_is_valid(key) ? ERR_NONE : err_set(err, ERR_INVALID, "'%.80s' is no key of a blob", key);
}

// "" is everything; else a key with a "/" behind it.
static enum err_code check_prefix(const char *prefix, struct err *err)
{
    size_t length = strnlen(prefix, BLOB_KEY_MAX + 2);
    if (length == 0)
        return ERR_NONE;
    char key[BLOB_KEY_MAX + 1];
    bool valid = length <= BLOB_KEY_MAX && prefix[length - 1] == '/';
    if (valid) {
        memcpy(key, prefix, length - 1);
        key[length - 1] = '\0';
        valid = blob_key_is_valid(key);
    }
    return valid ? ERR_NONE : err_set(err, ERR_INVALID, "'%.80s' is no prefix of blobs' keys", prefix);
}

enum err_code blob_store_put(struct blob_store *store, const char *key, const void *bytes, size_t size, struct err *err)
{
    enum err_code code = check_key(key, err);
    return code != ERR_NONE ? code : store->ops->put(store, key, bytes, size, err);
}

enum err_code blob_store_put_file(
    struct blob_store *store, const char *key, const char *path, bool move, struct err *err)
{
    enum err_code code = check_key(key, err);
    return code != ERR_NONE ? code : store->ops->put_file(store, key, path, move, err);
}

enum err_code blob_store_get(
    struct blob_store *store, const char *key, size_t limit, void **bytes, size_t *size, struct err *err)
{
    *bytes = NULL;
    *size = 0;
    enum err_code code = check_key(key, err);
    return code != ERR_NONE ? code : store->ops->get(store, key, limit, bytes, size, err);
}

enum err_code blob_store_get_range(
    struct blob_store *store, const char *key, int64_t offset, void *buffer, size_t size, size_t *got, struct err *err)
{
    *got = 0;
    enum err_code code = check_key(key, err);
    if (code == ERR_NONE && offset < 0)
        code = err_set(err, ERR_INVALID, "a blob has no bytes at offset %" PRId64, offset);
    return code != ERR_NONE ? code : store->ops->get_range(store, key, offset, buffer, size, got, err);
}

enum err_code blob_store_get_file(struct blob_store *store, const char *key, const char *temp_dir,
    struct cancel *cancel, struct blob_file *file, struct err *err)
{
    *file = (struct blob_file){0};
    enum err_code code = check_key(key, err);
    return code != ERR_NONE ? code : store->ops->get_file(store, key, temp_dir, cancel, file, err);
}

enum err_code blob_file_make(const char *temp_dir, const char *key, struct blob_file *file, int *fd, struct err *err)
{
    char mark[PROCESS_MARK_SIZE];
    const char *slash = strrchr(key, '/');
    const char *name = slash != NULL ? slash + 1 : key;
    size_t length = strlen(name);
    if (length > TEMP_NAME_END_MAX)
        name += length - TEMP_NAME_END_MAX;
    process_mark_self(mark);
    char *path = mem_sprintf("%s/" TEMP_PREFIX "%s-XXXXXX-%s", temp_dir, mark, name);
    *fd = mkostemps(path, (int)strlen(name) + 1, O_CLOEXEC);
    if (*fd < 0) {
        enum err_code code = err_set_errno(err, errno, "cannot write to %s", temp_dir);
        free(path);
        return code;
    }
    *file = (struct blob_file){.path = path, .temporary = true};
    return ERR_NONE;
}

void blob_file_clean(const char *temp_dir)
{
    DIR *dir = opendir(temp_dir);
    const struct dirent *found;
    while (dir != NULL && (found = readdir(dir)) != NULL) {
        char mark[PROCESS_MARK_SIZE] = "";
        if (strncmp(found->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) != 0)
            continue;
        const char *text = found->d_name + strlen(TEMP_PREFIX);
        size_t length = strcspn(text, "-");
        if (length >= sizeof(mark))
            continue;
        memcpy(mark, text, length);
        if (process_mark_is_dead(mark))
            unlinkat(dirfd(dir), found->d_name, 0);
    }
    if (dir != NULL)
        closedir(dir);
}

void blob_file_release(struct blob_file *file)
{
    if (file->temporary && file->path != NULL)
        unlink(file->path);
    free(file->path);
    *file = (struct blob_file){0};
}

enum err_code blob_store_stat(struct blob_store *store, const char *key, struct blob_info *info, struct err *err)
{
    enum err_code code = check_key(key, err);
    return code != ERR_NONE ? code : store->ops->stat(store, key, info, err);
}

enum err_code blob_store_remove(struct blob_store *store, const char *key, struct err *err)
{
    enum err_code code = check_key(key, err);
    return code != ERR_NONE ? code : store->ops->remove(store, key, err);
}

enum err_code blob_store_remove_prefix(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err)
{
    enum err_code code = check_prefix(prefix, err);
    return code != ERR_NONE ? code : store->ops->remove_prefix(store, prefix, cancel, err);
}

enum err_code blob_store_list(
    struct blob_store *store, const char *prefix, blob_visit *visit, void *context, struct err *err)
{
    enum err_code code = check_prefix(prefix, err);
    return code != ERR_NONE ? code : store->ops->list(store, prefix, visit, context, err);
}

bool blob_store_is_remote(const struct blob_store *store)
{
    return store->ops->is_remote;
}

bool blob_store_has_links(const struct blob_store *store)
{
    return store->ops->link != NULL;
}

enum err_code blob_store_link(
    struct blob_store *store, const char *key, const char *content_type, char **url, struct err *err)
{
    *url = NULL;
    enum err_code code = check_key(key, err);
    if (code == ERR_NONE && store->ops->link == NULL)
        code = err_set(
            err, ERR_INVALID, "there are no addresses of the blobs in a store of the kind \"%s\"", store->ops->name);
    return code != ERR_NONE ? code : store->ops->link(store, key, content_type, url, err);
}

enum err_code blob_store_list_unfinished(
    struct blob_store *store, blob_unfinished_visit *visit, void *context, struct err *err)
{
    return store->ops->list_unfinished != NULL ? store->ops->list_unfinished(store, visit, context, err) : ERR_NONE;
}

enum err_code blob_store_remove_unfinished(struct blob_store *store, const char *key, const char *id, struct err *err)
{
    enum err_code code = check_key(key, err);
    if (code != ERR_NONE || store->ops->remove_unfinished == NULL)
        return code;
    return store->ops->remove_unfinished(store, key, id, err);
}

enum err_code blob_store_flush(struct blob_store *store, struct err *err)
{
    return store->ops->flush(store, err);
}

enum err_code blob_store_ping(struct blob_store *store, struct err *err)
{
    return store->ops->ping(store, err);
}

enum err_code blob_not_found(const char *key, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no blob %s", key);
}

enum err_code blob_too_large(const char *key, int64_t size_bytes, size_t limit, struct err *err)
{
    return err_set(
        err, ERR_LIMIT, "the blob %s has %" PRId64 " bytes, more than the %zu allowed", key, size_bytes, limit);
}

enum err_code blob_folder_conflict(const char *key, struct err *err)
{
    return err_set(
        err, ERR_CONFLICT, "the blob %s cannot be stored: it is the folder of another one, or lies in one", key);
}
