// What a blob store's backend provides. Included by backends and by blob_store.c only.
#pragma once

#include "blob_store/blob_store.h"

// Called after blob_store.c has checked keys and prefixes; the contracts are those of blob_store.h.
struct blob_store_ops {
    const char *name;
    bool is_remote;
    void (*free)(struct blob_store *store);
    enum err_code (*put)(struct blob_store *store, const char *key, const void *bytes, size_t size, struct err *err);
    enum err_code (*put_file)(struct blob_store *store, const char *key, const char *path, bool move, struct err *err);
    enum err_code (*get)(
        struct blob_store *store, const char *key, size_t limit, void **bytes, size_t *size, struct err *err);
    enum err_code (*get_range)(struct blob_store *store, const char *key, int64_t offset, void *buffer, size_t size,
        size_t *got, struct err *err);
    enum err_code (*get_file)(struct blob_store *store, const char *key, const char *temp_dir, struct cancel *cancel,
        struct blob_file *file, struct err *err);
    enum err_code (*stat)(struct blob_store *store, const char *key, struct blob_info *info, struct err *err);
    enum err_code (*remove)(struct blob_store *store, const char *key, struct err *err);
    enum err_code (*remove_prefix)(
        struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err);
    enum err_code (*list)(
        struct blob_store *store, const char *prefix, blob_visit *visit, void *context, struct err *err);
    enum err_code (*flush)(struct blob_store *store, struct err *err);
    enum err_code (*ping)(struct blob_store *store, struct err *err);
    // These may be NULL.
    enum err_code (*link)(
        struct blob_store *store, const char *key, const char *content_type, char **url, struct err *err);
    enum err_code (*list_unfinished)(
        struct blob_store *store, blob_unfinished_visit *visit, void *context, struct err *err);
    enum err_code (*remove_unfinished)(struct blob_store *store, const char *key, const char *id, struct err *err);
    // How far the server's clock is ahead of ours, as its last answer said; false where it said none.
    bool (*clock_ahead)(struct blob_store *store, int64_t *ahead_us);
};

struct blob_store {
    const struct blob_store_ops *ops;
};

// A new temporary file for a copy of the blob, open for writing. Its name ends as the key does, because libraries guess
// formats from it, and says whose it is (blob_file_clean).
enum err_code blob_file_make(
    const char *temp_dir, const char *key, struct blob_file *file, int *fd, struct err *err) ERR_MUST_CHECK;

// The sentences.
enum err_code blob_not_found(const char *key, struct err *err);
enum err_code blob_too_large(const char *key, int64_t size_bytes, size_t limit, struct err *err);
enum err_code blob_folder_conflict(const char *key, struct err *err);
